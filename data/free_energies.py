"""Free energies of several ensembles from what each of them drew, by pymbar."""

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
