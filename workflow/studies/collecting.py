"""What a study can look at: numbers with their intervals, read from the files of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from magbayes.system.datasets.settings import DataSettings
from magbayes.workflow.configuration import Configuration


class Number(NamedTuple):
    """A number of the compact models: its unit, and how it is found as value, low and high end of its 95 % interval."""

    unit: str
    of: Callable[[Any], tuple[float, float, float]]


def _sigma(models: Any, place: Callable[[Any], Any]) -> tuple[float, float, float]:
    smtj = models.smtj
    i = place(smtj.conductance_sigma)
    return smtj.conductance_sigma[i], smtj.sigma_low[i], smtj.sigma_high[i]


def _sigma_ratio(models: Any) -> tuple[float, float, float]:
    bottom, top = _sigma(models, np.argmin), _sigma(models, np.argmax)
    ratio = top[0] / bottom[0]
    # Ensembles at two voltages are independent: relative errors add in squares.
    margin = ratio * float(np.hypot(*((high - low) / 2 / value for value, low, high in (bottom, top))))
    return ratio, ratio - margin, ratio + margin


def _decay_time(models: Any) -> tuple[float, float, float]:
    i = models.smtj.decay_time.argmax()
    return models.smtj.decay_time[i], *np.percentile(models.smtj.resampled_decay_time[:, i], [2.5, 97.5])


def _level_spacing(models: Any) -> tuple[float, float, float]:
    mean, error = models.dwmtj.level_mean, models.dwmtj.level_error
    gaps = len(mean) - 1
    spacing, margin = (mean[-1] - mean[0]) / gaps, NORMAL_95 * np.hypot(error[0], error[-1]) / gaps
    return spacing, spacing - margin, spacing + margin


def _depinning(models: Any, place: int) -> tuple[float, float, float]:
    return tuple(end[-1, place] for end in models.dwmtj.depinning_probability)


def _plain(value: float) -> tuple[float, float, float]:
    return value, value, value


NORMAL_95 = 1.96
"""Standard errors from the middle of a 95 % interval to its ends."""

DEVICES = {
    "smtj/sigma_smallest": Number("S", lambda models: _sigma(models, np.argmin)),
    "smtj/sigma_largest": Number("S", lambda models: _sigma(models, np.argmax)),
    "smtj/sigma_ratio": Number("1", _sigma_ratio),
    "smtj/decay_time": Number("s", _decay_time),
    "dwmtj/level_spacing": Number("S", _level_spacing),
    "dwmtj/level_jitter": Number("S", lambda models: _plain(models.dwmtj.level_std.max())),
    "dwmtj/level_spread": Number("S", lambda models: _plain(models.dwmtj.level_spread.max())),
    "dwmtj/depinning_weakest": Number("1", lambda models: _depinning(models, 0)),
    "dwmtj/depinning_strongest": Number("1", lambda models: _depinning(models, -1)),
}
"""Numbers of the compact models. Of several, levels or voltages for instance, the largest; depinning by the longest
pulse of the weakest or strongest current. Where low and high end are the value, the interval is not known."""


def _metric(name: str, evaluation: Any) -> Any:
    """A metric of the accelerator on a data set, or its cost."""
    from magbayes.data.estimate import Estimate
    from magbayes.system.evaluation.results import metrics_of

    if name in ("energy", "latency"):
        parts = [v.sum() for path, v in evaluation.data.items() if path.startswith("cost/energy/")]
        value = float(sum(parts)) if name == "energy" else float(evaluation["cost/latency"])
        return Estimate(value, value, value)
    found = metrics_of(evaluation, "variants")["accelerator"]
    return found[name]


COST = {"energy": "J", "latency": "s"}
METRICS = {
    "classification": {"accuracy": "1", "ece": "1", "nll": "nat", "brier": "1"} | COST,
    "regression": {"rmse": "original", "nll": "nat", "coverage_50": "1", "coverage_90": "1", "coverage_95": "1"} | COST,
}
"""Units of the numbers of a network on the accelerator, by its task; their names follow that of the network."""


def unit_of(name: str) -> str:
    """Unit of a number that can be collected."""
    if name in DEVICES:
        return DEVICES[name].unit
    return {unit for task in METRICS.values() if (unit := task.get(name.split("/")[1]))}.pop()


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
    """What is named, as `magbayes.data.estimate.Estimate` in SI units, from the files of a point.

    Raises
    ------
    FileFormatError
        A file is damaged.
    """
    from magbayes.compact_models import store as model_store
    from magbayes.data.estimate import Estimate
    from magbayes.system.evaluation.results import read_evaluation

    opened: dict[str, Any] = {}
    for task in tasks_for(names):
        opened[task] = (model_store.load if task == "compact_models" else read_evaluation)(path_of(task))
    found = {}
    for name in names:
        source = opened[task_of(name)]
        if name in DEVICES:
            found[name] = Estimate(*map(float, DEVICES[name].of(source)))
        else:
            found[name] = _metric(name.split("/")[1], source)
    return found
