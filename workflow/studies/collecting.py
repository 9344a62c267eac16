"""What a study can collect: names, units and tasks of numbers, and the numbers from the files of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from magbayes.compact_models import numbers as device_numbers
from magbayes.system.datasets.settings import DataSettings
from magbayes.system.evaluation import numbers as network_numbers
from magbayes.workflow.configuration import Configuration

if TYPE_CHECKING:
    import numpy as np

    from magbayes.compact_models.store import CompactModels
    from magbayes.data.container import Contents
    from magbayes.data.estimate import Estimate


def unit_of(name: str) -> str:
    """Unit of a number that can be collected."""
    if name in device_numbers.NUMBERS:
        return device_numbers.NUMBERS[name].unit
    return network_numbers.unit_of(name.split("/")[1])


def collectable(configuration: Configuration) -> list[str]:
    """Names of all that can be collected of a scenario."""
    names = list(device_numbers.NUMBERS)
    for name, network in configuration.networks.selected().items():
        data = network.data or DataSettings.model_validate({"source": name})
        names += [f"{name}/{metric}" for metric in network_numbers.collectable(data)]
    return names


def task_of(name: str) -> str:
    """Task whose file holds a number."""
    return "compact_models" if name in device_numbers.NUMBERS else f"accelerator/{name.split('/')[0]}"


def tasks_for(names: Iterable[str]) -> list[str]:
    """Tasks whose files hold what is named, and what makes it doubtful: all of it depends on the compact models."""
    return sorted({"compact_models", *map(task_of, names)})


class Collected(NamedTuple):
    """What the files of a point say."""

    numbers: dict[str, Estimate]
    """By name, in SI units and with their 95 % intervals."""
    pairing: dict[str, dict[str, np.ndarray]]
    """What pairs each of them with that of other points, see `magbayes.system.metrics.paired`."""
    cells: dict[str, device_numbers.OfCells]
    """How widths follow the parameters of the cells, where one of them is collected, or their ratio."""
    doubts: list[str]
    """What makes them less sure."""


def collect(names: Iterable[str], path_of: Callable[[str], Path]) -> Collected:
    """Numbers by name, and the doubts of devices and chips, from the files of a point.

    Raises
    ------
    FileFormatError
        A file is damaged.
    """
    from magbayes.compact_models import store
    from magbayes.system.evaluation.results import read_evaluation

    names = list(names)
    models = store.load(path_of("compact_models"))
    evaluations = {task: read_evaluation(path_of(task)) for task in tasks_for(names) if task != "compact_models"}
    doubts = models.warnings()
    for task, evaluation in evaluations.items():
        doubts += [f"{task.removeprefix('accelerator/')}: {warning}" for warning in evaluation["warnings"]]
    collected, pairing = {}, {}
    for name in names:
        if name in device_numbers.NUMBERS:
            collected[name], pairing[name] = of_devices(name, models)
        else:
            collected[name], pairing[name] = of_network(name, evaluations[task_of(name)])
    widths = {"smtj/sigma_smallest", "smtj/sigma_largest", "smtj/sigma_ratio"}
    cells = device_numbers.of_cells(models) if widths & set(names) else {}
    return Collected(collected, pairing, cells, doubts)


def of_devices(name: str, models: CompactModels) -> tuple[Estimate, dict[str, np.ndarray]]:
    """A number of devices, and what pairs it."""
    from magbayes.system.metrics.paired import RESAMPLES

    number = device_numbers.NUMBERS[name]
    return number.of(models), {RESAMPLES: number.resampled(models)} if number.resampled else {}


def of_network(name: str, evaluation: Contents) -> tuple[Estimate, dict[str, np.ndarray]]:
    """A number of a network, and what pairs it."""
    metric = name.split("/")[1]
    return network_numbers.number_of(evaluation, metric), network_numbers.pairing_of(evaluation, metric)
