"""Free energies of several ensembles from what each of them drew: of two by one equation, of more by pymbar."""

from __future__ import annotations

import logging

import numpy as np

SOLVER = ({"method": "adaptive", "options": {"min_sc_iter": 0, "maxiter": 1000}},)
"""Steps by which pymbar solves: self-consistent ones or Newton's. Its default tries one of SciPy's solvers before."""


def free_energies(reduced: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Free energies (ensembles,) in kT, that of the first 0: M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129, 124105.

    Parameters
    ----------
    reduced
        (ensembles, n), energy in kT of every state in every ensemble.
    counts
        (ensembles,), how many of the states each has drawn; its own follow those of the one before.
    """
    if len(counts) == 1:
        return np.zeros(1)
    if len(counts) == 2:
        return np.array([0.0, _difference(reduced[1] - reduced[0], counts)])
    # A configuration is read without JAX.
    import jax

    quiet = logging.getLogger("pymbar")
    level = quiet.level
    quiet.setLevel(logging.ERROR)  # advice on modules that are not used here, at every import
    try:
        # Within 64 bits, or pymbar turns the whole process to them.
        with jax.enable_x64(True):
            from pymbar import MBAR

            shift = reduced.min(axis=0)
            return np.asarray(MBAR(reduced - shift, counts, solver_protocol=SOLVER).f_k, float)
    finally:
        quiet.setLevel(level)


def _difference(work: np.ndarray, counts: np.ndarray) -> float:
    """Free energy in kT of the second of two ensembles over that of the first, from `work` in kT of all states.

    The weights of the states in the first sum to 1, which they do between the least and the most work: C. H. Bennett,
    J. Comput. Phys. 22, 245 (1976). pymbar, with its programs, would take three seconds for it.
    """
    from scipy.optimize import brentq  # slow, and a configuration is checked without it
    from scipy.special import expit

    ratio = np.log(counts[1] / counts[0])

    def excess(difference: float) -> float:
        return float(expit(work - difference - ratio).sum() / counts[0] - 1)

    low, high = float(work.min()), float(work.max())
    return low if low == high else float(brentq(excess, low, high, xtol=1e-12, rtol=1e-14))
