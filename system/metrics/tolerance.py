"""How large a spread may be for a yield: where a curve of yields falls below what is wanted."""

from __future__ import annotations

import numpy as np

from magbayes.data.estimate import Estimate


def falling(yields: np.ndarray) -> np.ndarray:
    """Return the falling curve (points,) nearest to `yields` (points,) in least squares, of equal weights.

    By pooling what rises (R. E. Barlow et al., Statistical Inference under Order Restrictions, 1972): a larger spread
    makes no chip better on average.
    """
    pools: list[tuple[float, int]] = []
    for value in np.asarray(yields, float):
        mean, count = float(value), 1
        while pools and pools[-1][0] < mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    return np.concatenate([np.full(count, mean) for mean, count in pools])


def _crossing(spread: np.ndarray, curve: np.ndarray, wanted: float) -> float:
    """Return the largest spread up to which a falling curve reaches `wanted`, between its points on a straight line.

    0 where not even the smallest spread does, infinite where the largest still does.
    """
    enough = curve >= wanted
    if not enough[0]:
        return 0.0
    if enough.all():
        return float("inf")
    last = int(np.flatnonzero(enough)[-1])
    part = (curve[last] - wanted) / (curve[last] - curve[last + 1])
    return float(spread[last] + part * (spread[last + 1] - spread[last]))


def tolerance(spread: np.ndarray, yields: np.ndarray, wanted: float) -> Estimate:
    """Return the spread up to which a yield is reached, with the interval that those of the yields leave.

    Parameters
    ----------
    spread : (points,)
        Rising.
    yields : (points, 3)
        Share, low and high end. The ends are those of every point alone, and the interval of the spread about as sure.
    wanted
        Yield, above 0 and below 1.

    Returns
    -------
    Estimate
        0 stands for less than the smallest spread, infinity for more than the largest.
    """
    value, low, high = (_crossing(spread, falling(of), wanted) for of in np.asarray(yields, float).T)
    return Estimate(value, low, high)
