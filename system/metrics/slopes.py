"""d ln of a number by d ln of a parameter, from points that share random numbers."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.paired import Measured, difference

_TAIL = 0.025


def between(metric: str, ours: Measured, theirs: Measured, parameters: tuple[float, float], seed: int) -> Estimate:
    """Return the mean slope between two points, whose logarithms differ by what the paired difference says.

    Parameters
    ----------
    metric
        See `magbayes.system.metrics.paired.difference`.
    ours, theirs
        A number above 0 at either point.
    parameters
        Values of the parameter there, of one sign.
    seed
        Of the bootstrap over inputs.
    """
    step = float(np.log(parameters[0] / parameters[1]))
    one, other = ours.estimate.value, theirs.estimate.value
    slope = float(np.log(one / other)) / step
    gap = difference(metric, ours, theirs, seed)
    ends = sorted(slope + (end - gap.value) / np.sqrt(one * other) / step for end in (gap.low, gap.high))
    return Estimate(slope, float(ends[0]), float(ends[1]))


def over_points(points: np.ndarray, values: np.ndarray) -> list[Estimate]:
    """Return the slopes of a plane through the logarithms of points (points, parameters) and of values (points,).

    All numbers are of one sign. The intervals have what is not on the plane in them: errors by HC3, J. G. MacKinnon and
    H. White, J. Econom. 29, 305 (1985).
    """
    logs = np.log(np.abs(points))
    design = np.column_stack([np.ones(len(logs)), logs - logs.mean(axis=0)])
    inverse = np.linalg.pinv(design)
    response = np.log(np.abs(values))
    slopes = inverse @ response
    leverage = np.einsum("ij,ji->i", design, inverse)
    missed = (response - design @ slopes) / np.maximum(1 - leverage, 1e-6)
    errors = np.sqrt((inverse**2) @ missed**2)
    free = len(values) - design.shape[1]
    margins = student.ppf(1 - _TAIL, free) * errors
    pairs = list(zip(slopes, margins, strict=True))[1:]
    return [Estimate(float(slope), float(slope - margin), float(slope + margin)) for slope, margin in pairs]
