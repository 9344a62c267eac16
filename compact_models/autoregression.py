"""Gaussian series with a given autocorrelation, one number after another: the memory of reads at a fixed interval.

An autoregression of order p has the first p correlations exactly, and what follows has the largest entropy that they
allow (J. P. Burg, 1967): it exists for every autocorrelation that a process can have. In the form of partial
correlations, all within -1 and 1, autoregressions can be interpolated. Solved by the recursion of N. Levinson,
J. Math. Phys. 25, 261 (1946), and J. Durbin, Rev. Int. Stat. Inst. 28, 233 (1960).
"""

from __future__ import annotations

import numpy as np

ORDERS = (2, 4, 6, 8, 12, 16, 24, 32, 48)
"""Orders that are tried; the last is taken where none is good enough: reads many times in a period of precession.

A program is compiled for each, and the lowest serves all reads that hardly remember: one more than is needed takes
a multiplication."""

ACCURACY = 0.01
"""Largest difference of the autocorrelation beyond the order from that which was asked for."""

LAGS = 200
"""Lags up to which it is looked at."""


def partial_correlations(correlation: np.ndarray) -> np.ndarray:
    """Partial correlations (order,) + S of a series with correlations (order + 1,) + S at lags from 0."""
    order = len(correlation) - 1
    found = np.zeros((order, *correlation.shape[1:]))
    left = np.ones(correlation.shape[1:])
    weights = np.zeros((0, *correlation.shape[1:]))
    for k in range(order):
        rest = correlation[k + 1] - (weights * correlation[k:0:-1]).sum(axis=0)
        # Rounding must not lead out of what a process can have, where nothing is left to be told.
        found[k] = np.clip(rest / np.maximum(left, 1e-12), -1 + 1e-9, 1 - 1e-9)
        weights = _grown(weights, found[k : k + 1])
        left = left * (1 - found[k] ** 2)
    return found


def _grown(weights: np.ndarray, partial: np.ndarray) -> np.ndarray:
    """Weights of the next order, from those of one and the next partial correlation (1,) + S."""
    return np.concatenate([weights - partial * weights[::-1], partial])


def predictors(partial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each number follows with from those before it, for partial correlations (order,) + S.

    Returns
    -------
    weights : (order, order) + S
        Row k: those of the k + 1 numbers before, the latest first, and zeros.
    widths : (order + 1,) + S
        Standard deviation of what is new, behind none to `order` numbers.
    """
    order = len(partial)
    weights = np.zeros((order, order, *partial.shape[1:]))
    row = np.zeros((0, *partial.shape[1:]))
    for k in range(order):
        row = _grown(row, partial[k : k + 1])
        weights[k, : k + 1] = row
    left = np.cumprod(1 - partial**2, axis=0)
    return weights, np.sqrt(np.concatenate([np.ones((1, *partial.shape[1:])), left]))


def continued(correlation: np.ndarray, weights: np.ndarray, lags: int) -> np.ndarray:
    """Correlations (lags + 1,) + S of an autoregression with `weights` (order,) + S, from those up to its order."""
    found = list(correlation)
    for _ in range(lags - len(weights)):
        latest = np.stack(found[: -len(weights) - 1 : -1])
        found.append((weights * latest).sum(axis=0))
    return np.stack(found)


def memory(correlation: np.ndarray) -> np.ndarray:
    """Partial correlations (order,) + S of the shortest autoregression that is right to `ACCURACY`.

    Parameters
    ----------
    correlation : (`LAGS` + 1,) + S
        At lags of 0 and more numbers.
    """
    partial = partial_correlations(correlation[: ORDERS[-1] + 1])
    for order in ORDERS:
        weights = predictors(partial[:order])[0][-1]
        misfit = continued(correlation[: order + 1], weights, LAGS) - correlation
        if np.abs(misfit).max() <= ACCURACY:
            break
    return partial[:order]
