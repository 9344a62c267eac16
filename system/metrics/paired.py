"""How two things that were measured with the same random numbers differ, with intervals of 95 %.

Networks are paired by input and by the number of the chip, ensembles by the number of the replica, energies by the
draws of their coefficients. What the pair shares is gone from the difference; without pairs intervals add in squares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.classification import classification_of_scores
from magbayes.system.metrics.regression import regression_of_scores
from magbayes.system.metrics.resampling import Statistic, resampled

SCORES: dict[str, dict[str, tuple[str, ...]]] = {
    "classification": {
        "accuracy": ("correct",),
        "ece": ("confidence", "correct"),
        "nll": ("nll",),
        "brier": ("brier",),
    },
    "regression": {
        "rmse": ("square",),
        "nll": ("nll",),
        "coverage_50": ("position",),
        "coverage_90": ("position",),
        "coverage_95": ("position",),
    },
}
"""Scores of each input, by task, that each metric is made from."""

RESAMPLES, DRAWS = "resamples", "draws"
"""What a number of devices, and an energy, are paired by."""

POWER = 0.8
"""Probability with which a change that can be seen is seen."""

MOST = 10**9
"""Chips or inputs beyond which nobody looks."""

_TAIL = 0.025


class Measured(NamedTuple):
    """A number, and what pairs it with others of its kind."""

    estimate: Estimate
    pairing: Mapping[str, np.ndarray] = {}
    """Scores (chips, inputs) by name, `RESAMPLES` (resamples,) or `DRAWS` (draws,); empty: it cannot be paired."""


class Spread(NamedTuple):
    """Where the error of a difference of networks comes from."""

    inputs: float
    """Variance that one input adds to the difference, all chips together."""
    chips: float
    """Variance between chips of their differences; not a number where there is one chip."""


def scores_in(pairing: Mapping[str, np.ndarray]) -> bool:
    """Whether a number is paired by input and chip."""
    return bool(pairing) and RESAMPLES not in pairing and DRAWS not in pairing


def _statistics(metric: str, pairing: Mapping[str, np.ndarray], chips: int) -> list[Statistic]:
    found = []
    for chip in range(chips):
        scores = {name: np.asarray(values[chip], float) for name, values in pairing.items()}
        found.append((classification_of_scores(scores) | regression_of_scores(scores))[metric])
    return found


def by_chip(metric: str, pairing: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return a metric of each chip (chips,), from its scores."""
    chips, inputs = shape_of(pairing)
    whole = np.ones((1, inputs))
    return np.array([float(of(whole)[0]) for of in _statistics(metric, pairing, chips)])


def shape_of(pairing: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """Return chips and inputs of scores."""
    chips, inputs = next(iter(pairing.values())).shape
    return chips, inputs


def difference(metric: str, ours: Measured, theirs: Measured, seed: int) -> Estimate:
    """Return a metric of `ours` less that of `theirs`.

    Parameters
    ----------
    metric
        Its name in `SCORES`, where the two have scores.
    ours, theirs
        The two; other shapes than each other's cannot be paired, but for the number of chips, of which the first count.
    seed
        Of the bootstrap over inputs.
    """
    if _same(ours, theirs):
        return Estimate(0.0, 0.0, 0.0)
    one, other = ours.pairing, theirs.pairing
    paired = one.keys() == other.keys() and all(one[name].shape[-1:] == other[name].shape[-1:] for name in one)
    if not paired or not one:
        return independent(ours.estimate, theirs.estimate)
    if DRAWS in one:
        low, high = np.quantile(one[DRAWS] - other[DRAWS], (_TAIL, 1 - _TAIL))
        value = ours.estimate.value - theirs.estimate.value
        return Estimate(value, min(float(low), value), max(float(high), value))
    if RESAMPLES in one:
        return independent(ours.estimate, theirs.estimate, _share(one[RESAMPLES], other[RESAMPLES]))
    return over_pairs(*_chips(metric, one, other), shape_of(one)[1], seed)[0]


def _share(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Standard deviation of the difference of paired resamples over that which it would have without pairs.

    Resamples without a value, 0, on either side are left out.
    """
    there = (ours != 0) & (theirs != 0)
    apart = np.hypot(ours[there].std(), theirs[there].std())
    return float((ours[there] - theirs[there]).std() / apart) if apart > 0 else 1.0


def spread_of(metric: str, ours: Measured, theirs: Measured, seed: int) -> Spread:
    """Return where the error of the difference of two networks that can be paired comes from."""
    return over_pairs(*_chips(metric, ours.pairing, theirs.pairing), shape_of(ours.pairing)[1], seed)[1]


def spread_alone(metric: str, ours: Measured, seed: int) -> Spread:
    """Return what `spread_of` would be for another such network that shares nothing but its kind."""
    statistics = _statistics(metric, ours.pairing, shape_of(ours.pairing)[0])
    nothing: Statistic = lambda weights: np.zeros(len(weights))  # noqa: E731
    spread = over_pairs(statistics, [nothing] * len(statistics), shape_of(ours.pairing)[1], seed)[1]
    return Spread(2 * spread.inputs, 2 * spread.chips)


def _same(ours: Measured, theirs: Measured) -> bool:
    """Whether both are one measurement, as of a device that two points share."""
    arrays = zip(ours.pairing.values(), theirs.pairing.values(), strict=False)
    return (
        ours.estimate == theirs.estimate
        and ours.pairing.keys() == theirs.pairing.keys()
        and all(np.array_equal(one, other) for one, other in arrays)
    )


def _chips(
    metric: str, one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]
) -> tuple[list[Statistic], list[Statistic]]:
    chips = min(shape_of(one)[0], shape_of(other)[0])
    return _statistics(metric, one, chips), _statistics(metric, other, chips)


def independent(ours: Estimate, theirs: Estimate, share: float = 1.0) -> Estimate:
    """Return the difference of independent numbers, whose half-widths add in squares; of these a `share` counts."""
    value = ours.value - theirs.value
    below = share * np.hypot(ours.value - ours.low, theirs.high - theirs.value)
    above = share * np.hypot(ours.high - ours.value, theirs.value - theirs.low)
    return Estimate(float(value), float(value - below), float(value + above))


def over_pairs(
    ours: Sequence[Statistic], theirs: Sequence[Statistic], inputs: int, seed: int
) -> tuple[Estimate, Spread]:
    """Return the mean over chips of the difference of statistics of the same inputs, and where its error comes from.

    Inputs are resampled for all chips at once, which they share; that of the chips is Student's. What an input does on
    one chip alone counts in both, so that intervals are rather too wide.
    """
    pairs = list(zip(ours, theirs, strict=True))

    def mean(weights: np.ndarray) -> np.ndarray:
        return np.mean([one(weights) - other(weights) for one, other in pairs], axis=0)

    whole = np.ones((1, inputs))
    by_chip = np.array([float(one(whole)[0] - other(whole)[0]) for one, other in pairs])
    changes = resampled(mean, inputs, seed)
    between = float(by_chip.var(ddof=1)) if len(pairs) > 1 else float("nan")
    half = _chips_half(between, len(pairs))
    value = float(by_chip.mean())
    low, high = np.quantile(changes, (_TAIL, 1 - _TAIL))
    return (
        Estimate(value, value - float(np.hypot(low, half)), value + float(np.hypot(high, half))),
        Spread(inputs * float(changes.var()), between),
    )


def _chips_half(variance: float, chips: int) -> float:
    return float(student.ppf(1 - _TAIL, chips - 1) * np.sqrt(variance / chips)) if chips > 1 else 0.0


def visible(spread: Spread, inputs: int, chips: int) -> float:
    """Return the change whose interval leaves out 0 with a probability of `POWER`."""
    by_input = np.sqrt(spread.inputs / inputs)
    half = np.hypot(norm.ppf(1 - _TAIL) * by_input, _chips_half(spread.chips, chips))
    between = spread.chips / chips if chips > 1 else 0.0
    return float(half + norm.ppf(POWER) * np.hypot(by_input, np.sqrt(between)))


def visible_of(half: float) -> float:
    """Return the same of a normal difference whose 95 % interval has a half-width of `half`."""
    return float(half * (1 + norm.ppf(POWER) / norm.ppf(1 - _TAIL)))


def chips_for(change: float, spread: Spread, inputs: int) -> int | None:
    """Return how many chips it takes to see a change; None if no number of them does."""
    return _fewest(lambda chips: visible(spread, inputs, chips) <= change)


def inputs_for(change: float, spread: Spread, chips: int) -> int | None:
    """Return how many inputs it takes to see a change; None if no number of them does."""
    return _fewest(lambda inputs: visible(spread, inputs, chips) <= change)


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Return the least number from 2 on that is enough, where every larger one is; None if `MOST` is not."""
    if not enough(MOST):
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
