"""How two evaluations of one data set differ: each figure of the second less that of the first, with 95 % intervals.

Figures of the same test inputs are paired, input by input and by the number of the chip, as the points of a study are
(`magbayes.system.metrics.paired`); other inputs tell no more than their own intervals do. Neither do other draws of the
weights, which all inputs share, unless there are chips whose spread holds what these draws change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, norm

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.numbers import number_of, pairing_of
from magbayes.system.evaluation.results import metrics_of, scores_of
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, SOFTWARE
from magbayes.system.evaluation.verdict import figure_of, statistic_of, targets_of
from magbayes.system.metrics.paired import SCORES, Measured, difference, independent
from magbayes.system.metrics.resampling import bootstrapped, over_chips

VARIANTS = (ACCELERATOR, DEVICE_RANGE, SOFTWARE)
"""Variants that are compared; the others are the same software networks beside them."""

EXACT = ("latency",)
"""Numbers that have no interval since they are known exactly."""

FALSE_DISCOVERIES = 0.05
"""Share of differences that are called significant together, and are none."""


class Difference(NamedTuple):
    """One number of two runs."""

    name: str
    unit: str
    first: Estimate
    second: Estimate
    change: Estimate
    """Second less first, with its 95 % interval."""
    exact: bool = False
    """Whether the two are known exactly."""

    @property
    def known(self) -> bool:
        """Whether the change has an interval, or needs none."""
        return self.exact or self.change.low < self.change.high or self.change.value == 0

    @property
    def significant(self) -> bool:
        """Whether the interval of the change leaves out 0."""
        return self.known and (self.change.low > 0 or self.change.high < 0)

    @property
    def p_value(self) -> float:
        """Probability of a change as far from 0 on either side, were there none; a half-width is 1.96 of its std."""
        value, low, high = self.change
        half = value - low if value > 0 else high - value
        return float(2 * norm.sf(norm.ppf(0.975) * abs(value) / half)) if half > 0 else 1.0


def jointly(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences that are significant when all that have intervals are tested together.

    By Benjamini and Yekutieli's procedure (Ann. Stat. 29, 1165 (2001)), whatever they have in common.
    """
    tested = [each for each in differences if each.change.low < each.change.high]
    if not tested:
        return []
    adjusted = false_discovery_control([each.p_value for each in tested], method="by")
    return [each for each, p in zip(tested, adjusted, strict=True) if p < FALSE_DISCOVERIES]


def same_inputs(first: Contents, second: Contents) -> bool:
    """Whether two evaluations are of the same test inputs, by the targets of all of them in their order."""
    return np.array_equal(first["test/target"], second["test/target"])


def chips_of(evaluation: Contents, variant: str = ACCELERATOR) -> int:
    """Return how many chips a variant ran on; software counts as one."""
    return len(evaluation[f"variants/{variant}/scores/nll"])


def pairs(first: Contents, second: Contents, variant: str) -> bool:
    """Whether a variant is paired: the same test inputs, and the same draws, or several chips with their own."""
    seeds = {of.provenance["seed"] for of in (first, second)}
    chips = min(chips_of(of, variant) for of in (first, second))
    return same_inputs(first, second) and (len(seeds) == 1 or chips > 1)


def of_variant(first: Contents, second: Contents, variant: str) -> list[Difference]:
    """Return the differences of a variant's figures.

    Those of `SCORES`, the AUROC of inputs from elsewhere, and the calibration of inputs that are mixed with others.

    Raises
    ------
    ValueError
        One is a classification, the other a regression.
    """
    task, other = (str(of["task"][0]) for of in (first, second))
    if task != other:
        raise ValueError(f"{first.path} is of a {task}, {second.path} of a {other}; nothing of them can be compared")
    both = (first, second)
    units = {"nll": "nat", "rmse": "original"}
    found, paired = [], pairs(*both, variant)
    for name in SCORES[task]:
        ours, theirs = (metrics_of(of, "variants")[variant][name] for of in both)
        scores = [{score: scores_of(of, variant)[score] for score in SCORES[task][name]} for of in both]
        if paired:
            change = difference(name, Measured(theirs, scores[1]), Measured(ours, scores[0]), first.provenance["seed"])
        else:
            change = independent(theirs, ours)
        found.append(Difference(name, units.get(name, "1"), ours, theirs, change))
    shifts = [{t.metric for t in targets_of(of)} - set(SCORES[task]) for of in both]
    for name in sorted(shifts[0] & shifts[1]):
        ours, theirs = (figure_of(of, variant, name) for of in both)
        kept = paired and name.startswith("auroc_")
        change = _of_shift(first, second, variant, name) if kept else independent(theirs, ours)
        found.append(Difference(name, "1", ours, theirs, change))
    return found


def _of_shift(first: Contents, second: Contents, variant: str, name: str) -> Estimate:
    """Return the change of an AUROC of the same inputs, whose predictions are kept of the first chip alone.

    The interval over inputs is that of this chip's change, input by input; that over chips is of the change from chip
    to chip, of which each chip of one run has the number of one of the other.
    """
    (ours, count), (theirs, others) = (statistic_of(of, variant, name) for of in (second, first))
    if count != others:
        return independent(figure_of(second, variant, name), figure_of(first, variant, name))
    paired = bootstrapped(lambda weights: ours(weights) - theirs(weights), int(count), first.provenance["seed"])
    values = [paired.value]
    if variant == ACCELERATOR and f"chips/{name}" in first.data and f"chips/{name}" in second.data:
        by_chip = zip(second[f"chips/{name}"], first[f"chips/{name}"], strict=False)
        values = [float(one - other) for one, other in by_chip]
    below, above = paired.value - paired.low, paired.high - paired.value
    return over_chips([Estimate(value, value - below, value + above) for value in values])


def of_costs(first: Contents, second: Contents) -> Iterator[Difference]:
    """Return the differences of energy and latency of a prediction; energies share the errors of their coefficients."""
    for name, unit in (("energy", "J"), ("latency", "s")):
        ours, theirs = (Measured(number_of(of, name), pairing_of(of, name)) for of in (first, second))
        change = difference(name, theirs, ours, 1)
        yield Difference(name, unit, ours.estimate, theirs.estimate, change, name in EXACT)
