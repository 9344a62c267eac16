"""Whether the accelerator does what its posterior does in software, by how much it misses, and what causes that most.

The targets are two-sided: an accelerator that is much better than its posterior does not compute that posterior
either. On a data set on which no target rejects a chip without noise, they say nothing of the stochastic devices, and
such a verdict is "cannot tell". A target rejects a control if the interval of its gap lies beyond the limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, norm

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import blend_of, metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, IDEAL, NOISE_OFF, ONLY, SOFTWARE
from magbayes.system.metrics.classification import classification_statistics
from magbayes.system.metrics.ranking import auroc_of
from magbayes.system.metrics.resampling import Statistic, bootstrapped, mean_of, share_of


class Target(NamedTuple):
    """How far a figure of the accelerator may be from that of the same posterior in software."""

    metric: str
    short: str
    text: str
    limit: float
    unit: str = "points"
    """Unit of a gap as it is shown: ``points`` and ``%`` are hundredths."""
    relative: bool = False
    """Whether the limit is a share of software's figure."""

    @property
    def scale(self) -> int:
        """What a gap is multiplied with to be shown."""
        return 100 if self.unit in ("points", "%") else 1

    def margin(self, base: float) -> float:
        """How far a figure may be from `base`, in the figure's own unit."""
        return self.limit * (base if self.relative else 1)


TARGETS = {
    "classification": (
        Target("accuracy", "accuracy", "accuracy", 0.005),
        Target("ece", "ECE", "calibration error (ECE)", 0.01),
        Target("nll", "NLL", "NLL", 0.01, "nat"),
    ),
    "regression": (
        Target("rmse", "RMSE", "RMSE", 0.03, "%", relative=True),
        Target("coverage_90", "coverage", "coverage of the 90 % interval", 0.03),
        Target("nll", "NLL", "NLL", 0.05, "nat"),
    ),
}
"""Those that every data set of a task has."""

AUROC_LIMIT = 0.02
BLEND, BLEND_LIMIT = 0.5, 0.02
"""Fraction of other images at which the calibration has a target, and the target."""


def targets_of(evaluation: Contents) -> tuple[Target, ...]:
    """Return the targets of a data set: also how well it tells inputs from elsewhere, and calibration among them."""
    start = f"variants/{ACCELERATOR}/"
    shifts = [path.rpartition("/")[2] for path in evaluation.data if path.startswith(f"{start}shifted/")]
    named = {shift: shift.replace("_", "-") for shift in shifts}
    aurocs = [Target(f"auroc_{s}", f"AUROC ({n})", f"AUROC of {n}", AUROC_LIMIT, "") for s, n in named.items()]
    mixed = evaluation.data.get(f"{start}blend/fraction", np.zeros(0))
    halfway = [Target(f"ece_blend_{BLEND:g}", "ECE half mixed", f"ECE at a blend of {BLEND:g}", BLEND_LIMIT)]
    return (*TARGETS[evaluation["task"][0]], *aurocs, *(halfway if BLEND in mixed else []))


class Cause(NamedTuple):
    """The imperfection that moves a figure most from that of an ideal chip, in the direction of the gap."""

    name: str
    change: float
    """Change of the figure by the imperfection alone, in the unit of the gap."""


def _sides(gap: Estimate, limit: float) -> list[tuple[float, float]]:
    """Return the distances of a gap from the limits that it must not reach, and its half-widths on these sides."""
    value, low, high = gap
    if abs(value) <= limit:
        # Both ends have to stay inside.
        return [(limit - value, high - value), (value + limit, value - low)]
    return [(abs(value) - limit, value - low if value > 0 else high - value)]


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
    """Negative controls that no target of the data set rejects."""
    needed: float | None = None
    """Inputs from which on the interval would not cross the limit, were the gap and the chips as they are.

    Those of the figure: of an AUROC from elsewhere, too. None where it does not cross, or that is not known; infinite
    where the spread between chips alone is too large.
    """

    @property
    def met(self) -> bool:
        """Whether the gap is within the limit."""
        return abs(self.gap.value) <= self.target.limit

    @property
    def blind(self) -> bool:
        """Whether no target rejects a chip whose stochastic MTJs do not fluctuate."""
        return NOISE_OFF in self.passed_by

    @property
    def significant(self) -> bool:
        """Whether the interval of the gap crosses no limit: all of it is on the side of the gap itself."""
        inside = -self.target.limit <= self.gap.low and self.gap.high <= self.target.limit
        outside = self.gap.low > self.target.limit or self.gap.high < -self.target.limit
        return inside if self.met else outside

    @property
    def p_value(self) -> float:
        """Probability of a gap as far from the limit, were it there; a side of its interval is 1.96 standard errors.

        Below 0.025 where it is significant. Of a target that is met, for that limit for which it is larger.
        """
        ratios = [distance / half if half > 0 else np.inf for distance, half in _sides(self.gap, self.target.limit)]
        return float(norm.sf(norm.ppf(0.975) * min(ratios)))


_ONE_SIDED = 0.025
"""Share outside of a 95 % interval on one side."""

PROMISED = 0.9
"""Nominal coverage of the interval that `miscoverage` looks at."""
WORST_COVERAGE = 0.05
"""Distance from it above which an interval is called wrong."""


def statistic_of(evaluation: Contents, variant: str, metric: str) -> tuple[Statistic, np.ndarray | int]:
    """Return a figure as a function of weights (resamples, inputs), and its hits (inputs,) if it is a share.

    Else the number of inputs.
    """
    group, targets = f"variants/{variant}/test/", evaluation["test/target"]
    if metric.startswith("auroc_"):
        if evaluation["task"][0] == "regression":
            inside = evaluation[f"{group}epistemic_std"]
        else:
            inside = evaluation[f"{group}aleatoric"] + evaluation[f"{group}epistemic"]
        scores = np.concatenate([inside, evaluation[f"variants/{variant}/shifted/{metric.removeprefix('auroc_')}"]])
        return auroc_of(scores, np.arange(len(scores)) >= len(inside)), len(scores)
    if evaluation["task"][0] == "classification":
        probability, labels = evaluation[f"{group}probability"], targets.astype(int)
        right = probability.argmax(axis=1) == labels
        return classification_statistics(probability, labels)[metric], right if metric == "accuracy" else len(targets)
    if metric == "rmse":
        mean_square = mean_of((evaluation[f"{group}mean"] - targets) ** 2)
        return lambda weights: np.sqrt(mean_square(weights)), len(targets)
    if metric == "nll":
        return mean_of(evaluation[f"{group}nll"]), len(targets)
    low, _, high = evaluation[f"{group}quantiles"]
    held = (low <= targets) & (targets <= high)
    return mean_of(held.astype(float)), held


def figure_of(evaluation: Contents, variant: str, metric: str) -> Estimate:
    """Return a figure of a variant, of inputs that are mixed with others too."""
    name, mixed, fraction = metric.partition("_blend_")
    if not mixed:
        return metrics_of(evaluation, "variants")[variant][name]
    ladder = blend_of(evaluation, variant)
    place = [f"{known:g}" for known in ladder["fraction"]].index(fraction)
    return Estimate(*(float(end) for end in ladder[name][place]))


def _between_chips(several: Estimate, one: Estimate) -> float:
    """Return the half-width that the spread between chips adds to an interval: over several, and of one chip alone.

    The larger of both sides, since the interval of a share ends at 0 and 1.
    """
    sides = (
        (several.value - several.low, one.value - one.low),
        (several.high - several.value, one.high - one.value),
    )
    return max(float(np.sqrt(max(both**2 - inputs**2, 0.0))) for both, inputs in sides)


class _Gap(NamedTuple):
    """A gap, the half-width that chips have in its interval, and how many inputs it is known from; None: not said."""

    estimate: Estimate
    chips: float
    inputs: int | None

    def needed(self, limit: float) -> float | None:
        """Return `Judgement.needed` for a limit."""
        crossing = [(distance, half) for distance, half in _sides(self.estimate, limit) if half > distance > 0]
        if self.inputs is None or not crossing:
            return None
        if min(distance for distance, _ in crossing) <= self.chips:
            return float("inf")
        own = self.chips**2
        return max(float(self.inputs * (half**2 - own) / (distance**2 - own)) for distance, half in crossing)


def gap(evaluation: Contents, target: Target, variant: str = ACCELERATOR, reference: str = DEVICE_RANGE) -> Estimate:
    """Return the figure of one variant less that of another, or their ratio less 1, with its 95 % interval."""
    return _gap(evaluation, target, variant, reference).estimate


def _gap(evaluation: Contents, target: Target, variant: str, reference: str) -> _Gap:
    """Return the figure of `variant` less that of `reference`, or their ratio less 1, with its 95 % interval.

    Both predicted the same inputs, so the interval over inputs is that of the difference, input by input. Predictions
    are those of the first chip; the spread between chips, if `variant` has any, is added in squares. Of inputs that are
    mixed with others no predictions are kept: both intervals are added in squares.
    """
    figure, base = (figure_of(evaluation, of, target.metric) for of in (variant, reference))
    scale = 1 / base.value if target.relative else 1.0
    value = scale * (figure.value - base.value)
    if "_blend_" in target.metric:
        below = np.hypot(figure.value - figure.low, base.high - base.value)
        above = np.hypot(figure.high - figure.value, base.value - base.low)
        return _Gap(Estimate(float(value), float(value - scale * below), float(value + scale * above)), 0.0, None)
    (ours, kind), (theirs, _) = (statistic_of(evaluation, v, target.metric) for v in (variant, reference))
    # The resamples of the file's own intervals, so that these differ from one chip's by the chips and not by luck.
    count = kind if isinstance(kind, int) else len(kind)
    seed = evaluation.provenance["seed"]
    one = bootstrapped(ours, count, seed) if isinstance(kind, int) else share_of(kind)

    def difference(weights: np.ndarray) -> np.ndarray:
        return ours(weights) / theirs(weights) - 1 if target.relative else ours(weights) - theirs(weights)

    paired = bootstrapped(difference, count, seed)
    chips = scale * _between_chips(figure, one) if variant == ACCELERATOR else 0.0
    low, high = value - np.hypot(paired.value - paired.low, chips), value + np.hypot(paired.high - paired.value, chips)
    return _Gap(Estimate(float(value), float(low), float(high)), chips, count)


def main_cause(ablation: Mapping[str, Mapping[str, Estimate]], target: Target, sign: float) -> Cause | None:
    """Return the imperfection that alone moves the figure most in the direction `sign`; None where none does."""
    if target.metric not in ablation.get(IDEAL, {}):
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
    """Return the negative controls that no target rejects: with no figure whose interval lies beyond its limit."""
    base = metrics_of(evaluation, "variants")[DEVICE_RANGE]
    limits = {t.metric: t.margin(base[t.metric].value if t.relative else 1) for t in targets_of(evaluation)}
    return tuple(
        name
        for name, gaps in metrics_of(evaluation, "control_gaps").items()
        if not any(gaps[metric].low > limit or gaps[metric].high < -limit for metric, limit in limits.items())
    )


def judge(evaluation: Contents) -> list[Judgement]:
    """Return a judgement of every target of the data set."""
    ablation = metrics_of(evaluation, "ablation")
    judgements, passed_by = [], passing(evaluation)
    for target in targets_of(evaluation):
        software, hardware = (figure_of(evaluation, variant, target.metric) for variant in (DEVICE_RANGE, ACCELERATOR))
        found = _gap(evaluation, target, ACCELERATOR, DEVICE_RANGE)
        miss = found.estimate
        missed = abs(miss.value) > target.limit
        worst = main_cause(ablation, target, np.sign(miss.value)) if missed else None
        needed = found.needed(target.limit)
        judgements.append(Judgement(target, software, hardware, miss, worst, passed_by, needed))
    return judgements


def jointly(judgements: Sequence[Judgement]) -> list[bool]:
    """Return which of several judgements are significant together: at most 2.5 % of those are expected to be wrong.

    By Benjamini and Yekutieli's procedure (Ann. Stat. 29, 1165 (2001)), whatever they have in common.
    """
    adjusted = false_discovery_control([judgement.p_value for judgement in judgements], method="by")
    return [bool(p < _ONE_SIDED) for p in adjusted]


def restriction(evaluation: Contents) -> list[tuple[Target, Estimate]]:
    """Return what the device range costs before any device computes: the gap of two posteriors in software."""
    return [(target, gap(evaluation, target, DEVICE_RANGE, SOFTWARE)) for target in targets_of(evaluation)]


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
