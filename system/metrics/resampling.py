"""Intervals of 95 %: over the inputs that happened to be tested, and over the chips that happened to be made.

A statistic is a function of how often every input counts: weights (resamples, inputs) to values (resamples,). With all
weights 1 it is the statistic itself, and with multinomial ones its bootstrap, whole in a few matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from scipy.stats import t as student

from magbayes.data.estimate import Estimate, binomial_share
from magbayes.data.seeds import generator

RESAMPLES = 500
SHARES = ("accuracy", "ece", "adaptive_ece", "auroc", "coverage")
"""What the names of figures that lie between 0 and 1 start with."""
_TAIL = 0.025

Statistic = Callable[[np.ndarray], np.ndarray]


@lru_cache(maxsize=2)
def _weights(count: int, seed: int) -> np.ndarray:
    """Return the bootstrap's weights (resamples, inputs), not to be written to.

    Every figure of every network is resampled alike, so that the last ones are kept: those of the test inputs, and
    those of the test inputs with a shift.
    """
    drawn = generator(seed, "bootstrap").multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(np.float32)
    drawn.flags.writeable = False
    return drawn


def bootstrapped(statistic: Statistic, count: int, seed: int) -> Estimate:
    """Bootstrap `statistic` of `count` inputs.

    The spread of the resampled values is taken about their own mean: a resampled calibration error is biased
    upwards, and the plain percentile interval would miss the value itself. Resamples without a value (no errors
    among them, for instance) are left out.
    """
    value = float(statistic(np.ones((1, count)))[0])
    low, high = value + np.quantile(resampled(statistic, count, seed), [_TAIL, 1 - _TAIL])
    return Estimate(value, float(low), float(high))


def resampled(statistic: Statistic, count: int, seed: int) -> np.ndarray:
    """Return what resamples of the inputs change `statistic` of `count` inputs by, about the mean of these changes."""
    values = statistic(_weights(count, seed))
    spread = values[np.isfinite(values)]
    changes: np.ndarray = spread - spread.mean()
    return changes


def differences(
    ours: Mapping[str, Statistic], theirs: Mapping[str, Statistic], count: int, seed: int
) -> dict[str, Estimate]:
    """Bootstrap the differences of statistics of the same `count` inputs, by the names that both have."""

    def difference(one: Statistic, other: Statistic) -> Statistic:
        return lambda weights: one(weights) - other(weights)

    return {name: bootstrapped(difference(ours[name], theirs[name]), count, seed) for name in ours if name in theirs}


def mean_of(scores: np.ndarray) -> Statistic:
    """Return the statistic that is the mean of `scores` (inputs,)."""
    return lambda weights: weights @ scores / weights.sum(axis=1)


def share_of(hits: np.ndarray) -> Estimate:
    """Return the share of true `hits`, with Wilson's interval."""
    return Estimate(*(float(number) for number in binomial_share(hits.sum(), hits.size)))


def over_chips(estimates: Sequence[Estimate], largest: float = np.inf) -> Estimate:
    """Return the mean of one figure over chips, each with its interval over the same inputs.

    A share's interval ends at 0 and at its `largest` value.

    The two sources of error are independent, so their half-widths add in squares. That of the chips is Student's: they
    are few, and a bootstrap of few is too narrow.
    """
    values, lows, highs = np.array(estimates, float).T
    middle, count = values.mean(), len(values)
    chips = student.ppf(1 - _TAIL, count - 1) * values.std(ddof=1) / np.sqrt(count) if count > 1 else 0.0
    below, above = (np.hypot(half.mean(), chips) for half in (values - lows, highs - values))
    low = middle - below if largest == np.inf else max(middle - below, 0.0)
    return Estimate(float(middle), float(low), float(min(middle + above, largest)))
