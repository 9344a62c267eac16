"""Numbers of a network with their intervals: what a study can collect from an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, SOFTWARE

if TYPE_CHECKING:
    import numpy as np

    from magbayes.data.container import Contents

_COSTS = {"energy": "J", "latency": "s"}
_YIELD = "yield_"
TARGETS = {
    "classification": ("accuracy", "ece", "nll", "auroc_rotation", "auroc_noise"),
    "regression": ("rmse", "coverage_90", "nll", "auroc_outside", "auroc_noise"),
}
"""Targets by task, of which a share of chips can be collected each; those of shifts where the data set has them."""
_METRICS = {
    "classification": {"accuracy": "1", "ece": "1", "nll": "nat", "brier": "1"},
    "regression": {"rmse": "original", "nll": "nat", "coverage_50": "1", "coverage_90": "1", "coverage_95": "1"},
}
IN_SOFTWARE = {"software_": SOFTWARE, "range_": DEVICE_RANGE}
"""Variants by what the name of a metric begins with; without it the accelerator's is meant."""

NUMBERS = {
    task: metrics
    | _COSTS
    | dict.fromkeys(("yield", *(f"{_YIELD}{target}" for target in TARGETS[task])), "1")
    | {f"{start}{name}": unit for start in IN_SOFTWARE for name, unit in metrics.items()}
    for task, metrics in _METRICS.items()
}
"""Units of the numbers of a network by its task: on the accelerator, in software, and in the range of the devices."""


def _variant_of(name: str) -> tuple[str, str]:
    """Variant that a number is of, and its metric."""
    start = next((start for start in IN_SOFTWARE if name.startswith(start)), "")
    return IN_SOFTWARE.get(start, ACCELERATOR), name.removeprefix(start)


def metric_of(name: str) -> str:
    """Return the metric that a number is, of whatever variant."""
    return _variant_of(name)[1]


def pairing_of(evaluation: Contents, name: str) -> dict[str, np.ndarray]:
    """Return what pairs a number with that of another evaluation, see `magbayes.system.metrics.paired`."""
    from magbayes.system.evaluation.results import scores_of
    from magbayes.system.metrics.paired import DRAWS, SCORES

    variant, metric = _variant_of(name)
    if metric in _COSTS:
        return {DRAWS: evaluation["cost/drawn"]} if metric == "energy" else {}
    scores = scores_of(evaluation, variant)
    return {score: scores[score] for score in SCORES[str(evaluation["task"][0])][metric]}


def number_of(evaluation: Contents, name: str) -> Estimate:
    """Return a metric of a variant, the share of chips that meet the targets, or energy or latency of one prediction.

    The latency is exact.

    Raises
    ------
    ValueError
        A yield is asked for, and no target, or not this one, can tell it.
    """
    from magbayes.system.evaluation.costs import energy_of
    from magbayes.system.evaluation.results import metrics_of

    if name == "energy":
        return energy_of(evaluation)
    if name == "yield" or name.startswith(_YIELD):
        from magbayes.system.evaluation.yields import yield_of

        return yield_of(evaluation, name.removeprefix("yield").removeprefix("_"))
    if name == "latency":
        value = float(evaluation["cost/latency"])
        return Estimate(value, value, value)
    variant, metric = _variant_of(name)
    return metrics_of(evaluation, "variants")[variant][metric]
