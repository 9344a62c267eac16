"""Numbers of a network on the accelerator, with their intervals: what a study can collect from an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magbayes.data.estimate import Estimate

if TYPE_CHECKING:
    from magbayes.data.container import Contents

_COSTS = {"energy": "J", "latency": "s"}
NUMBERS = {
    "classification": {"accuracy": "1", "ece": "1", "nll": "nat", "brier": "1"} | _COSTS,
    "regression": {"rmse": "original", "nll": "nat", "coverage_50": "1", "coverage_90": "1", "coverage_95": "1"}
    | _COSTS,
}
"""Units of the numbers of a network on the accelerator, by its task."""


def number_of(evaluation: Contents, name: str) -> Estimate:
    """Return a metric of the accelerator, or the energy or the latency of one prediction; the latter is exact."""
    from magbayes.system.evaluation.costs import energy_of
    from magbayes.system.evaluation.results import metrics_of
    from magbayes.system.evaluation.variants import ACCELERATOR

    if name == "energy":
        return energy_of(evaluation)
    if name == "latency":
        value = float(evaluation["cost/latency"])
        return Estimate(value, value, value)
    return metrics_of(evaluation, "variants")[ACCELERATOR][name]
