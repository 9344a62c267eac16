"""What a study can look at: numbers with their intervals, read from the files of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from configuration import Configuration
from system.datasets.settings import DataSettings


def _device(quantity: str, models: Any) -> Any:
    """A number of a compact model; those without an interval have one of no width."""
    import numpy as np

    from compact_models.estimate import Estimate

    smtj, dwmtj = models.smtj, models.dwmtj
    ends = {"smallest": int(np.argmin(smtj.conductance_sigma)), "largest": int(np.argmax(smtj.conductance_sigma))}
    if quantity.startswith("sigma_") and quantity != "sigma_ratio":
        i = ends[quantity.removeprefix("sigma_")]
        return Estimate(smtj.conductance_sigma[i], smtj.sigma_low[i], smtj.sigma_high[i])
    if quantity == "sigma_ratio":
        top, bottom = ends["largest"], ends["smallest"]
        ratio = smtj.conductance_sigma[top] / smtj.conductance_sigma[bottom]
        # Ensembles at two voltages are independent: relative errors add in squares.
        relative = [(smtj.sigma_high[i] - smtj.sigma_low[i]) / 2 / smtj.conductance_sigma[i] for i in (top, bottom)]
        margin = ratio * float(np.hypot(*relative))
        return Estimate(ratio, ratio - margin, ratio + margin)
    value = {
        "correlation_time": lambda: smtj.correlation_time.max(),
        "level_spacing": lambda: np.diff(dwmtj.level_mean).mean(),
        "level_jitter": lambda: dwmtj.level_std.max(),
    }[quantity]()
    return Estimate(value, value, value)


def _metric(name: str, evaluation: Any) -> Any:
    """A metric of the accelerator on a data set, or its cost."""
    from compact_models.estimate import Estimate
    from system import metrics_of

    if name in ("energy", "latency"):
        parts = [v.sum() for path, v in evaluation.data.items() if path.startswith("cost/energy/")]
        value = float(sum(parts)) if name == "energy" else float(evaluation["cost/latency"])
        return Estimate(value, value, value)
    found = metrics_of(evaluation, "variants")["accelerator"]
    return found[name]


DEVICES: dict[str, str] = {
    "smtj/sigma_smallest": "S",
    "smtj/sigma_largest": "S",
    "smtj/sigma_ratio": "1",
    "smtj/correlation_time": "s",
    "dwmtj/level_spacing": "S",
    "dwmtj/level_jitter": "S",
}
"""Units of the numbers of a compact model."""

COST = {"energy": "J", "latency": "s"}
METRICS = {
    "classification": {"accuracy": "1", "ece": "1", "nll": "nat", "brier": "1"} | COST,
    "regression": {"rmse": "original", "nll": "nat", "coverage_50": "1", "coverage_90": "1", "coverage_95": "1"} | COST,
}
"""Units of the numbers of a network on the accelerator, by its task; their names follow that of the network."""


def unit_of(name: str) -> str:
    """Unit of a number that can be collected."""
    return DEVICES.get(name) or {unit for task in METRICS.values() if (unit := task.get(name.split("/")[1]))}.pop()


def collectable(configuration: Configuration) -> list[str]:
    """Names of all that can be collected of a scenario."""
    found = list(DEVICES)
    for name, network in configuration.networks.chosen().items():
        data = network.data or DataSettings.model_validate({"source": name})
        found += [f"{name}/{metric}" for metric in METRICS[data.known_task]]
    return found


def task_of(name: str) -> str:
    """Task whose file holds a number."""
    return "compact_models" if name in DEVICES else f"accelerator/{name.split('/')[0]}"


def tasks_for(names: Iterable[str]) -> list[str]:
    """Tasks whose files hold what is named."""
    return sorted({task_of(name) for name in names})


def collect(names: Iterable[str], path_of: Callable[[str], Path]) -> dict[str, Any]:
    """What is named, as `compact_models.estimate.Estimate` in SI units, from the files of a point.

    Raises
    ------
    FileFormatError
        A file is damaged.
    """
    import compact_models
    from system import read_evaluation

    opened: dict[str, Any] = {}
    for task in tasks_for(names):
        opened[task] = (compact_models.load if task == "compact_models" else read_evaluation)(path_of(task))
    read = {name: _device if name in DEVICES else _metric for name in names}
    return {name: read[name](name.split("/")[1], opened[task_of(name)]) for name in names}
