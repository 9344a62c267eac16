"""Which chips meet the targets: the yield of a design, chip by chip on the same test inputs.

A chip meets a target if its own figure over the test inputs is no further from that of the same posterior in software
than the limit of `magbayes.system.evaluation.verdict`. Only those targets count that the posterior without its stds
misses, in software and so whatever chips are like: another one says nothing of stochastic devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import metrics_of
from magbayes.system.evaluation.variants import DEVICE_RANGE
from magbayes.system.evaluation.verdict import Target, figure_of, targets_of

if TYPE_CHECKING:
    from magbayes.data.container import Contents


def telling_targets(evaluation: Contents) -> list[Target]:
    """Return the targets that the posterior without stds misses: the 95 % interval of its gap lies beyond the limit."""
    gaps = metrics_of(evaluation, "noiseless")["software"]
    telling = []
    for target in targets_of(evaluation):
        limit = target.margin(figure_of(evaluation, DEVICE_RANGE, target.metric).value)
        gap = gaps[target.metric]
        if gap.low > limit or gap.high < -limit:
            telling.append(target)
    return telling


def meeting(evaluation: Contents, targets: Sequence[Target]) -> np.ndarray:
    """Return which chips (chips,) meet all of some targets."""
    met = []
    for target in targets:
        base = figure_of(evaluation, DEVICE_RANGE, target.metric).value
        met.append(np.abs(evaluation[f"chips/{target.metric}"] - base) <= target.margin(base))
    return np.all(met, axis=0)


def share_with_interval(good: int, of: int) -> Estimate:
    """Return a share with its 95 % interval by Clopper and Pearson, Biometrika 26, 404 (1934)."""
    interval = binomtest(good, of).proportion_ci(0.95, method="exact")
    return Estimate(good / of, float(interval.low), float(interval.high))


def yield_of(evaluation: Contents, metric: str = "") -> Estimate:
    """Return the share of chips that meet every target that tells, or that of one metric, with its 95 % interval.

    Raises
    ------
    ValueError
        No target tells, or that of the metric does not: on this data a chip needs no noise to meet it.
    """
    name, targets = evaluation["name"][0], telling_targets(evaluation)
    chosen = [target for target in targets if metric in ("", target.metric)]
    if not chosen:
        telling = ", ".join(f"yield_{target.metric}" for target in targets)
        raise ValueError(
            f"{name}/yield{metric and '_'}{metric}: this posterior without its stds is not shown to miss the target, "
            "so that chips without noise would count; "
            + (f"accepted: {telling}" if telling else "accepted: more test inputs, or another data set")
        )
    met = meeting(evaluation, chosen)
    return share_with_interval(int(met.sum()), len(met))
