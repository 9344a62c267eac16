"""What a study can collect: names, units and tasks of numbers, and the numbers from the files of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magbayes.compact_models import numbers as device_numbers
from magbayes.system.datasets.settings import DataSettings
from magbayes.system.evaluation import numbers as network_numbers
from magbayes.workflow.configuration import Configuration

if TYPE_CHECKING:
    from magbayes.data.estimate import Estimate


def unit_of(name: str) -> str:
    """Unit of a number that can be collected."""
    if name in device_numbers.NUMBERS:
        return device_numbers.NUMBERS[name].unit
    metric = name.split("/")[1]
    return {unit for task in network_numbers.NUMBERS.values() if (unit := task.get(metric))}.pop()


def collectable(configuration: Configuration) -> list[str]:
    """Names of all that can be collected of a scenario."""
    names = list(device_numbers.NUMBERS)
    for name, network in configuration.networks.selected().items():
        data = network.data or DataSettings.model_validate({"source": name})
        names += [f"{name}/{metric}" for metric in network_numbers.NUMBERS[data.known_task]]
    return names


def task_of(name: str) -> str:
    """Task whose file holds a number."""
    return "compact_models" if name in device_numbers.NUMBERS else f"accelerator/{name.split('/')[0]}"


def tasks_for(names: Iterable[str]) -> list[str]:
    """Tasks whose files hold what is named."""
    return sorted({task_of(name) for name in names})


def collect(names: Iterable[str], path_of: Callable[[str], Path]) -> dict[str, Estimate]:
    """Numbers by name, in SI units and with their 95 % intervals, from the files of a point.

    Raises
    ------
    FileFormatError
        A file is damaged.
    """
    from magbayes.compact_models import store
    from magbayes.system.evaluation.results import read_evaluation

    opened: dict[str, Any] = {}
    for task in tasks_for(names):
        opened[task] = (store.load if task == "compact_models" else read_evaluation)(path_of(task))
    collected = {}
    for name in names:
        contents = opened[task_of(name)]
        if name in device_numbers.NUMBERS:
            collected[name] = device_numbers.NUMBERS[name].of(contents)
        else:
            collected[name] = network_numbers.number_of(contents, name.split("/")[1])
    return collected
