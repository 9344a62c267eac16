"""Exact answers for one spin in a heat bath, and the level at which a test raises an alarm."""

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.integrate import cumulative_trapezoid
from scipy.linalg import expm

P_VALUE = 1e-4
"""One false alarm in ten thousand runs of a test, two-sided; seeds are fixed, so a test that passes keeps passing."""

Energy = Callable[[np.ndarray], np.ndarray]
"""Energy in kT of unit vectors (3, ...)."""


def p_value_of_mean(values: np.ndarray, expected: float) -> float:
    """p-value of independent `values` having the mean `expected`."""
    return stats.ttest_1samp(values, expected).pvalue


def p_value_of_variances(ratios: np.ndarray, freedom: int) -> float:
    """Smallest p-value, each and all together, of mean squares of `freedom` normal variables over their expectation."""
    ratios = np.append(ratios, np.mean(ratios))
    counts = np.full(ratios.size, freedom)
    counts[-1] *= ratios.size - 1
    law = stats.chi2(counts)
    return ratios.size * 2 * np.minimum(law.cdf(counts * ratios), law.sf(counts * ratios)).min()


def _rings(component: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of a component, and unit vectors (3, values, azimuths) that have them."""
    along = np.linspace(-1, 1, 2001)
    azimuth = 2 * np.pi * np.arange(64) / 64
    radius = np.sqrt(1 - along**2)[:, None]
    ring = np.stack([np.broadcast_to(along[:, None], (2001, 64)), radius * np.cos(azimuth), radius * np.sin(azimuth)])
    return along, np.roll(ring, component, axis=0)


def marginal(energy: Energy, component: int) -> Callable[[np.ndarray], np.ndarray]:
    """Boltzmann's distribution function of one component."""
    along, ring = _rings(component)
    levels = energy(ring)
    density = np.exp(levels.min() - levels).mean(axis=1)
    cumulative = cumulative_trapezoid(density, along, initial=0)
    return lambda x: np.interp(x, along, cumulative / cumulative[-1])


def mean(energy: Energy, quantity: Callable[[np.ndarray], np.ndarray]) -> float:
    """Boltzmann's mean of a quantity of unit vectors."""
    _, ring = _rings(2)
    levels = energy(ring)
    return float(np.average(quantity(ring), weights=np.exp(levels.min() - levels)))


def generator(barrier: float, field: float = 0.0, size: int = 64) -> np.ndarray:
    """Backward Fokker-Planck operator of an axially symmetric spin, in units of the rotational diffusion.

    (1 - z^2) f'' - 2 z f' + (2 barrier z + field) (1 - z^2) f', in Legendre polynomials, for the energy
    -barrier m_z^2 - field m_z in kT: W. F. Brown, Phys. Rev. 130, 1677 (1963).
    """
    degree = np.arange(size)
    shape = 2 * degree + 1
    z = np.diag((degree / shape)[1:], 1) + np.diag(((degree + 1) / shape)[:-1], -1)
    turn = degree * (degree + 1) / shape  # (1 - z^2) P_l' = turn (P_l-1 - P_l+1)
    slope = np.diag(turn[1:], 1) - np.diag(turn[:-1], -1)
    return -np.diag(degree * (degree + 1.0)) + (2 * barrier * z + field * np.eye(size)) @ slope


def decay_rates(barrier: float) -> np.ndarray:
    """Rates in units of the rotational diffusion; the first is that of the escape over the barrier."""
    return np.sort(-np.linalg.eigvals(generator(barrier)).real)[1:]


def mean_mz(barrier: float, field: float, start: float, time: float) -> float:
    """<m_z> at a time in units of the inverse rotational diffusion, from m_z = `start`."""
    size = 32
    coefficients = expm(time * generator(barrier, field, size))[:, 1]
    return float(np.polynomial.legendre.legval(start, coefficients))
