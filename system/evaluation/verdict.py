"""Whether the accelerator does what its posterior does in software, by how much it misses, and what causes that most.

The targets are two-sided: an accelerator that is much better than its posterior does not compute that posterior
either. On a data set on which a chip without noise meets all targets too, they say nothing of the stochastic devices,
and such a verdict is "cannot tell".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, IDEAL, NOISE_OFF, ONLY, SOFTWARE
from magbayes.system.metrics.classification import calibration_error_of
from magbayes.system.metrics.resampling import Statistic, bootstrapped, mean_of, share_of


class Target(NamedTuple):
    """How far a figure of the accelerator may be from that of the same posterior in software."""

    metric: str
    short: str
    text: str
    limit: float
    relative: bool = False
    """Whether the limit is a share of software's figure."""

    @property
    def unit(self) -> str:
        """Unit of the gap as it is shown, a hundred times its value."""
        return "%" if self.relative else "points"

    def margin(self, base: float) -> float:
        """How far a figure may be from `base`, in the figure's own unit."""
        return self.limit * (base if self.relative else 1)


TARGETS = {
    "classification": (
        Target("accuracy", "accuracy", "accuracy", 0.005),
        Target("ece", "ECE", "calibration error (ECE)", 0.01),
    ),
    "regression": (
        Target("rmse", "RMSE", "RMSE", 0.03, relative=True),
        Target("coverage_90", "coverage", "coverage of the 90 % interval", 0.03),
    ),
}


class Cause(NamedTuple):
    """The imperfection that moves a figure most from that of an ideal chip, in the direction of the gap."""

    name: str
    change: float
    """Change of the figure by the imperfection alone, in the unit of the gap."""


class Judgement(NamedTuple):
    """One target on one data set."""

    target: Target
    software: Estimate
    accelerator: Estimate
    gap: Estimate
    """Accelerator less software, or their ratio less 1, with its 95 % interval."""
    cause: Cause | None
    """Where the target is missed and the ablation finds one."""
    passed_by: tuple[str, ...] = ()
    """Negative controls that meet all targets of the data set."""

    @property
    def met(self) -> bool:
        """Whether the gap is within the limit."""
        return abs(self.gap.value) <= self.target.limit

    @property
    def blind(self) -> bool:
        """Whether a chip whose stochastic MTJs do not fluctuate meets the targets too."""
        return NOISE_OFF in self.passed_by

    @property
    def significant(self) -> bool:
        """Whether the interval of the gap crosses no limit: all of it is on the side of the gap itself."""
        inside = -self.target.limit <= self.gap.low and self.gap.high <= self.target.limit
        outside = self.gap.low > self.target.limit or self.gap.high < -self.target.limit
        return inside if self.met else outside


PROMISED = 0.9
"""Nominal coverage of the interval that `miscoverage` looks at."""
WORST_COVERAGE = 0.05
"""Distance from it above which an interval is called wrong."""


def _statistic(evaluation: Contents, variant: str, metric: str) -> tuple[Statistic, np.ndarray | None]:
    """Return a figure as a function of weights (resamples, inputs), and its hits (inputs,) if it is a share."""
    group, targets = f"variants/{variant}/test/", evaluation["test/target"]
    if metric in ("accuracy", "ece"):
        probability = evaluation[f"{group}probability"]
        right = probability.argmax(axis=1) == targets
        return (
            (mean_of(right.astype(float)), right)
            if metric == "accuracy"
            else (calibration_error_of(probability, targets.astype(int)), None)
        )
    if metric == "rmse":
        mean_square = mean_of((evaluation[f"{group}mean"] - targets) ** 2)
        return lambda weights: np.sqrt(mean_square(weights)), None
    low, _, high = evaluation[f"{group}quantiles"]
    held = (low <= targets) & (targets <= high)
    return mean_of(held.astype(float)), held


def _between_chips(several: Estimate, one: Estimate) -> float:
    """Return the half-width that the spread between chips adds to an interval: over several, and of one chip alone.

    The larger of both sides, since the interval of a share ends at 0 and 1.
    """
    sides = (
        (several.value - several.low, one.value - one.low),
        (several.high - several.value, one.high - one.value),
    )
    return max(float(np.sqrt(max(both**2 - inputs**2, 0.0))) for both, inputs in sides)


def gap(evaluation: Contents, target: Target, variant: str = ACCELERATOR, reference: str = DEVICE_RANGE) -> Estimate:
    """Return the figure of `variant` less that of `reference`, or their ratio less 1, with its 95 % interval.

    Both predicted the same inputs, so the interval over inputs is that of the difference, input by input. Predictions
    are those of the first chip; the spread between chips, if `variant` has any, is added in squares.
    """
    metrics = metrics_of(evaluation, "variants")
    figure, base = metrics[variant][target.metric], metrics[reference][target.metric].value
    (ours, hits), (theirs, _) = (_statistic(evaluation, v, target.metric) for v in (variant, reference))
    # The resamples of the file's own intervals, so that these differ from one chip's by the chips and not by luck.
    count, seed = len(evaluation["test/target"]), evaluation.provenance["seed"]
    one = bootstrapped(ours, count, seed) if hits is None else share_of(hits)
    scale = 1 / base if target.relative else 1.0

    def difference(weights: np.ndarray) -> np.ndarray:
        return ours(weights) / theirs(weights) - 1 if target.relative else ours(weights) - theirs(weights)

    paired = bootstrapped(difference, count, seed)
    chips = scale * _between_chips(figure, one) if variant == ACCELERATOR else 0.0
    value = scale * (figure.value - base)
    low, high = value - np.hypot(paired.value - paired.low, chips), value + np.hypot(paired.high - paired.value, chips)
    return Estimate(float(value), float(low), float(high))


def main_cause(ablation: Mapping[str, Mapping[str, Estimate]], target: Target, sign: float) -> Cause | None:
    """Return the imperfection that alone moves the figure most in the direction `sign`; None where none does."""
    if IDEAL not in ablation:
        return None
    base = ablation[IDEAL][target.metric].value
    scale = 1 / base if target.relative else 1.0
    changes = {
        name.removeprefix(ONLY): scale * (metrics[target.metric].value - base)
        for name, metrics in ablation.items()
        if name.startswith(ONLY)
    }
    worst = max(changes, key=lambda name: sign * changes[name], default=None)
    return None if worst is None or sign * changes[worst] <= 0 else Cause(worst, changes[worst])


def passing(evaluation: Contents) -> tuple[str, ...]:
    """Return the negative controls that meet every target of the data set's task, by their figures as they stand."""
    targets, software = TARGETS[evaluation["task"][0]], metrics_of(evaluation, "variants")[DEVICE_RANGE]
    return tuple(
        name
        for name, figures in metrics_of(evaluation, "controls").items()
        if all(
            abs(figures[t.metric].value - software[t.metric].value) <= t.margin(software[t.metric].value)
            for t in targets
        )
    )


def judge(evaluation: Contents) -> list[Judgement]:
    """Return a judgement of every target of the data set's task."""
    metrics, ablation = metrics_of(evaluation, "variants"), metrics_of(evaluation, "ablation")
    judgements, passed_by = [], passing(evaluation)
    for target in TARGETS[evaluation["task"][0]]:
        software, hardware = (metrics[variant][target.metric] for variant in (DEVICE_RANGE, ACCELERATOR))
        miss = gap(evaluation, target)
        missed = abs(miss.value) > target.limit
        worst = main_cause(ablation, target, np.sign(miss.value)) if missed else None
        judgements.append(Judgement(target, software, hardware, miss, worst, passed_by))
    return judgements


def restriction(evaluation: Contents) -> list[tuple[Target, Estimate]]:
    """Return what the device range costs before any device computes: the gap of two posteriors in software."""
    return [(target, gap(evaluation, target, DEVICE_RANGE, SOFTWARE)) for target in TARGETS[evaluation["task"][0]]]


class Miscoverage(NamedTuple):
    """Coverage of the 90 % interval where that of the accelerator is far from it."""

    accelerator: float
    software: float
    """Coverage of the unconstrained posterior, in software."""


def miscoverage(evaluation: Contents) -> Miscoverage | None:
    """Return the coverage of the accelerator's 90 % interval if it is wrong; None if it is right or there is none."""
    metrics = metrics_of(evaluation, "variants")
    if "coverage_90" not in metrics[ACCELERATOR]:
        return None
    coverage = Miscoverage(*(metrics[variant]["coverage_90"].value for variant in (ACCELERATOR, SOFTWARE)))
    return coverage if abs(coverage.accelerator - PROMISED) > WORST_COVERAGE else None
