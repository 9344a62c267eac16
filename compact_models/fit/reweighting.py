"""One pool of states drawn at several gate voltages, and the weights that make of it what any gate voltage shows.

The energy is ``a x + rest`` with a parameter ``a`` that the gate sets and its conjugate ``x``, so that what was drawn
at one gate tells of the others: the multistate Bennett acceptance ratio, M. R. Shirts and J. D. Chodera, J. Chem.
Phys. 129, 124105 (2008), solved by pymbar. Its error formula takes draws for independent. Here whole chains are what is
independent: an average is linearised in the weight of each chain, the free energies' own response included, and the
spread of these terms between chains is its error (the infinitesimal jackknife: L. A. Jaeckel, 1972; B. Efron, The
Jackknife, the Bootstrap and Other Resampling Plans, 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.data.free_energies import free_energies

UNSOLVED = 1e-6
"""Largest error of a gate's sum of weights; solved, it is rounding."""


@dataclass(frozen=True)
class Pool:
    """States (n,) of all gates, one gate after another, and of each gate chain by chain.

    Attributes
    ----------
    chain
        (n,), number of the chain of each state, from 0 on over all gates.
    gate
        (chains,), number of the gate at which each chain was drawn.
    conjugate
        (n,), x in kT over the unit of `parameters`.
    parameters
        (gates,), a of each gate.
    response
        (n, gates), weight of each state at each gate: the sums of the columns are 1.
    mixture
        (n,), logarithm of the density in which the states lie, but for what all gates share.
    inverse
        (gates, gates), pseudoinverse of the derivative of the free energies' equations.
    """

    chain: np.ndarray
    gate: np.ndarray
    conjugate: np.ndarray
    parameters: np.ndarray
    response: np.ndarray
    mixture: np.ndarray
    inverse: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """States of each gate."""
        return np.bincount(self.gate[self.chain])

    @property
    def overlap(self) -> np.ndarray:
        """(gates, gates), share of what is known of the first gate that comes from draws of the second."""
        shared: np.ndarray = self.response.T @ self.response * self.counts
        return shared

    def weights(self, parameter: float) -> np.ndarray:
        """Weights (n,) of the states at a value of the parameter; their sum is 1."""
        exponent = -parameter * self.conjugate - self.mixture
        weights = np.exp(exponent - exponent.max())
        return np.asarray(weights / weights.sum())

    def mean(self, weights: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of values (n, m), and what each chain adds to it: (m,) and (chains, m).

        The second sums to 0 over the chains of a gate; to count a chain twice adds its row to the mean.
        """
        mean = weights @ values
        part = weights[:, None] * (values - mean)
        # A chain changes the free energies, too, and with them all weights.
        shared = (self.response * self.counts).T @ part
        part = part + self.response @ (self.inverse.T @ shared)
        chains = np.add.reduceat(part, np.flatnonzero(np.diff(self.chain, prepend=-1)), axis=0)
        for gate in range(len(self.parameters)):
            own = self.gate == gate
            chains[own] -= chains[own].mean(axis=0)
        return mean, chains

    def error(self, parts: np.ndarray) -> np.ndarray:
        """Standard error (...) of an average to which each chain adds `parts` (chains, ...), see `mean`."""
        number = np.bincount(self.gate)
        scale = (number / (number - 1))[self.gate]
        return np.asarray(np.sqrt(np.tensordot(scale, parts**2, axes=1)))


def pool(conjugates: list[np.ndarray], parameters: np.ndarray) -> Pool:
    """Pool the draws of several gates.

    Parameters
    ----------
    conjugates
        (chains, draws) of each gate, x in kT over the unit of `parameters`.
    parameters
        (gates,), a.
    """
    flat = np.concatenate([x.ravel() for x in conjugates])
    sizes = [x.shape for x in conjugates]
    counts = np.array([chains * draws for chains, draws in sizes])
    lengths = np.concatenate([np.full(chains, draws) for chains, draws in sizes])
    reduced = np.asarray(parameters)[:, None] * flat
    free = free_energies(reduced, counts)
    exponents = free[:, None] - reduced
    top = exponents.max(axis=0)
    mixture = top + np.log(counts @ np.exp(exponents - top))
    response = np.exp(exponents - mixture).T
    if (worst := np.abs(response.sum(axis=0) - 1).max()) > UNSOLVED:
        raise RuntimeError(f"free energies of {len(counts)} gates are not solved: a sum of weights is {worst:.1g} off")
    return Pool(
        chain=np.repeat(np.arange(len(lengths)), lengths),
        gate=np.repeat(np.arange(len(sizes)), [chains for chains, _ in sizes]),
        conjugate=flat,
        parameters=np.asarray(parameters),
        response=response,
        mixture=mixture,
        inverse=np.linalg.pinv(np.eye(len(counts)) - response.T @ response * counts),
    )
