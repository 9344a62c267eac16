"""Reads that average the record over an integration time: their width and marginal, from windows of its samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from magbayes.compact_models import precession
from magbayes.compact_models.reads import SCORES

STEPS = 4
"""Integration times in a factor of 2."""

OVERLAP = 4
"""Windows that begin within the length of one, of those whose distribution is looked at: more tell little else."""


@dataclass(frozen=True)
class Averages:
    """Averages over windows of 0 (an instant) and more samples."""

    time: np.ndarray
    """(times,), lengths of the windows, s."""
    square: np.ndarray
    """(replicas, times), mean square of m·p averaged over each."""
    weights: np.ndarray
    """(replicas,), share of each replica in an average; their sum is 1."""
    kurtosis: np.ndarray
    """(times,), excess kurtosis."""
    quantiles: np.ndarray
    """(times, scores), quantiles at `SCORES` of the symmetric marginal, in units of m·p."""


def windows(longest: int) -> np.ndarray:
    """Lengths (times,) of windows in samples: `STEPS` in a factor of 2, up to the longest."""
    steps = np.arange(STEPS * np.log2(longest) + 1)
    return np.unique(np.rint([*2 ** (steps / STEPS), longest]).clip(max=longest).astype(int))


def averages(x: np.ndarray, interval: float, weights: np.ndarray | None = None, longest: int | None = None) -> Averages:
    """Averages of m·p (replicas, samples, components), whose samples are `interval` (s) apart, over all windows.

    A window of n samples stands for n intervals. `weights` (replicas,) say how much each replica counts; alike without.
    Windows are of up to `longest` samples: half of the record, if left out.
    """
    share = np.full(len(x), 1 / len(x)) if weights is None else weights / weights.sum()
    lengths = windows(x.shape[1] // 2 if longest is None else longest)
    total = np.concatenate([np.zeros_like(x[:, :1]), np.cumsum(x, axis=1)], axis=1)
    rows = [_row(x, share)]
    for length in lengths.tolist():
        mean = (total[:, length:] - total[:, :-length]) / length
        rows.append(_row(mean, share, max(1, length // OVERLAP)))
    square, kurtosis, quantiles = (np.stack(part) for part in zip(*rows, strict=True))
    return Averages(interval * np.array([0, *lengths]), square.T, share, kurtosis, quantiles)


def _row(mean: np.ndarray, share: np.ndarray, every: int = 1) -> tuple[np.ndarray, float, np.ndarray]:
    square, fourth = (mean**2).mean(axis=(1, 2)), (mean**4).mean(axis=(1, 2))
    kurtosis = share @ fourth / (share @ square) ** 2 - 3
    # A symmetric marginal: the size alone has all of it.
    size = np.abs(mean[:, ::every]).reshape(len(mean), -1)
    each = np.repeat(share, size.shape[1])
    wanted = 2 * norm.cdf(SCORES[SCORES >= 0]) - 1
    upper = np.quantile(size.ravel(), wanted, weights=each, method="inverted_cdf")
    return square, float(kurtosis), np.concatenate([-upper[:0:-1], upper])


def variance_function(square: np.ndarray, time: np.ndarray, memory: precession.Memory) -> np.ndarray:
    """Variance of averages (..., times) over that of instants, from mean squares (..., times) over windows of `time`.

    Samples see fluctuations that are faster than them as slow ones, and a sum of samples is no integral. What either
    makes of the model of the memory is divided out: at a quarter of a period a sample it is 6 % of a width.
    """
    interval = time[1]
    rho = precession.autocorrelation(interval * np.arange(round(time[-1] / interval)), *memory)
    exact, summed = np.ones(len(time)), np.ones(len(time))
    for k, length in enumerate(np.rint(time[1:] / interval).astype(int), start=1):
        lags = np.arange(1, length)
        exact[k] = precession.variance_function(time[k], *memory)
        summed[k] = (length + 2 * np.sum((length - lags) * rho[lags])) / length**2
    ratio: np.ndarray = square / square[..., :1] * exact / summed
    return ratio
