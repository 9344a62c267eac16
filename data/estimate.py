"""A number with the interval that its data support."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Estimate(NamedTuple):
    """Point estimate and the ends of its 95 % interval: numbers, or arrays of one shape."""

    value: Any
    low: Any
    high: Any


def binomial_share(hits: ArrayLike, total: ArrayLike) -> Estimate:
    """Share of `hits` in `total` (counts of one shape) with its Wilson interval.

    The interval stays in 0..1 and has a width at both ends.

    Raises
    ------
    ValueError
        There are more hits than tries.
    """
    from scipy.stats import binomtest  # slow, and a configuration is checked without it

    hits, total = np.broadcast_arrays(hits, total)
    if (wrong := hits > total).any():  # not every version of SciPy's binomtest looks
        raise ValueError(f"{hits[wrong][0]} hits in {total[wrong][0]} tries; expected no more hits than tries")
    tests = [binomtest(int(k), int(n)) for k, n in zip(hits.flat, total.flat, strict=True)]
    ends = np.array([test.proportion_ci(method="wilson") for test in tests]).reshape(*hits.shape, 2)
    return Estimate(hits / total, ends[..., 0], ends[..., 1])


class Equality(NamedTuple):
    """Test that several numbers are one.

    Attributes
    ----------
    mean
        The one number that they would be: their mean, weighted by their errors.
    chi_squared
        Sum of the squared distances from it in standard errors; its mean is the number of points less 1.
    p_value
        Probability of a larger one, where they are the same; 1 for a single number.
    """

    mean: float
    chi_squared: float
    p_value: float


def equal_shares(hits: ArrayLike, total: ArrayLike) -> Equality:
    """Test that shares of `hits` in `total` (counts of one shape) are one: Pearson's chi-squared of the counts.

    It is rough where fewer than some five hits or misses are expected of a share. Shares that are all 0, or all 1, are
    one.
    """
    from scipy.stats import chi2  # slow, and a configuration is checked without it

    hits, total = np.broadcast_arrays(hits, total)
    mean = hits.sum() / total.sum()
    if mean in (0, 1):
        return Equality(float(mean), 0.0, 1.0)
    chi_squared = ((hits - total * mean) ** 2 / (total * mean * (1 - mean))).sum()
    p_value = chi2.sf(chi_squared, hits.size - 1) if hits.size > 1 else 1.0
    return Equality(float(mean), float(chi_squared), float(p_value))


def equality(estimates: ArrayLike) -> Equality:
    """Test that numbers (points, 3) with their 95 % intervals are one; they count as independent.

    An interval is taken for that of a normal distribution.
    """
    from scipy.stats import chi2, norm  # slow, and a configuration is checked without it

    value, low, high = np.asarray(estimates, float).T
    errors = (high - low) / 2 / norm.ppf(0.975)
    mean = np.average(value, weights=errors**-2.0)
    chi_squared = (((value - mean) / errors) ** 2).sum()
    p_value = chi2.sf(chi_squared, len(value) - 1) if len(value) > 1 else 1.0
    return Equality(float(mean), float(chi_squared), float(p_value))
