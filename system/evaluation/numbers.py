"""Numbers of a network with their intervals: what a study can collect from an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, SOFTWARE

if TYPE_CHECKING:
    import numpy as np

    from magbayes.data.container import Contents
    from magbayes.system.datasets.settings import DataSettings

_COSTS = {"energy": "J", "latency": "s", "area": "m^2"}
_DRAWN = {"energy": "cost/drawn", "area": "cost/area_drawn"}
"""Draws of costs that are not exact."""
_AUROC, _RATIO, _BLEND = "auroc_", "epistemic_ratio_", "_blend_"
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


def collectable(data: DataSettings) -> dict[str, str]:
    """Return units of all numbers of a network with such data by name: of its task, and of inputs from elsewhere.

    ``auroc_<shift>`` of each shift, of a regression ``epistemic_ratio_<shift>`` too, and
    ``<metric>_blend_<fraction>`` of test inputs that are mixed with others.
    """
    task = data.known_task
    starts = (_AUROC, _RATIO) if task == "regression" else (_AUROC,)
    further = {f"{start}{shift}": "1" for start in starts for shift in data.possible_shifts}
    for fraction in data.blend.fractions if data.blend else ():
        further |= {f"{metric}{_BLEND}{fraction:g}": unit for metric, unit in _METRICS[task].items()}
    every = {f"{start}{name}": unit for start in ("", *IN_SOFTWARE) for name, unit in further.items()}
    return NUMBERS[task] | every


def unit_of(name: str) -> str:
    """Return the unit of a number of a network, whatever its task."""
    metric = metric_of(name)
    if metric.startswith((_AUROC, _RATIO)):
        return "1"
    return next(task[metric] for task in NUMBERS.values() if metric in task)


def _variant_of(name: str) -> tuple[str, str]:
    """Variant that a number is of, and its metric."""
    start = next((start for start in IN_SOFTWARE if name.startswith(start)), "")
    return IN_SOFTWARE.get(start, ACCELERATOR), name.removeprefix(start)


def metric_of(name: str) -> str:
    """Return the metric that a number is, of whatever variant and inputs."""
    return _variant_of(name)[1].partition(_BLEND)[0]


def pairing_of(evaluation: Contents, name: str) -> dict[str, np.ndarray]:
    """Return what pairs a number with that of another evaluation, see `magbayes.system.metrics.paired`."""
    from magbayes.system.evaluation.results import scores_of
    from magbayes.system.metrics.paired import DRAWS, SCORES

    variant, metric = _variant_of(name)
    if metric in _COSTS:
        return {DRAWS: evaluation[_DRAWN[metric]]} if metric in _DRAWN else {}
    metric, _, fraction = metric.partition(_BLEND)
    scores = scores_of(evaluation, variant, fraction)
    # Of an AUROC no score of single inputs is kept.
    return {score: scores[score] for score in SCORES[str(evaluation["task"][0])].get(metric, ())}


def number_of(evaluation: Contents, name: str) -> Estimate:
    """Return a metric of a variant, the share of chips that meet the targets, or a cost: energy, latency or area.

    The latency is exact.

    Raises
    ------
    ValueError
        A yield is asked for, and no target, or not this one, can tell it; or the data have no such inputs.
    """
    from magbayes.system.evaluation.costs import area_of, energy_of
    from magbayes.system.evaluation.results import metrics_of
    from magbayes.system.evaluation.verdict import figure_of

    if name in _DRAWN:
        return energy_of(evaluation) if name == "energy" else area_of(evaluation)
    if name == "yield" or name.startswith(_YIELD):
        from magbayes.system.evaluation.yields import yield_of

        return yield_of(evaluation, name.removeprefix("yield").removeprefix("_"))
    if name == "latency":
        value = float(evaluation["cost/latency"])
        return Estimate(value, value, value)
    variant, metric = _variant_of(name)
    known = metrics_of(evaluation, "variants")[variant]
    if metric.startswith((_AUROC, _RATIO)) and metric not in known:
        others = ", ".join(one for one in known if one.startswith(_AUROC) and one != "auroc_errors")
        of = f"{evaluation['name'][0]}/{name}"
        raise ValueError(f"{of}: these data have no such inputs; accepted: {others or 'none'}")
    return figure_of(evaluation, variant, metric)
