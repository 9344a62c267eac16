"""The accelerator as a system: networks, arrays of devices, predictions, their quality and their cost.

Names are imported when they are first used, since JAX and numpyro take seconds to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from system.accelerator import Accelerator
    from system.datasets import DATASETS, Dataset, load_dataset
    from system.energy import Cost, load_table
    from system.evaluation import Evaluation, diagnose, evaluate
    from system.posterior import Posterior, TrainedNetworks, read_networks, software_predict, write_networks
    from system.results import metrics_of, read_evaluation, reliability_of, write_evaluation
    from system.settings import AcceleratorSettings, Networks, NetworkSettings
    from system.training import train, train_posterior

_HOMES = {
    "accelerator": ("Accelerator",),
    "datasets": ("DATASETS", "Dataset", "load_dataset"),
    "energy": ("Cost", "load_table"),
    "evaluation": ("Evaluation", "diagnose", "evaluate"),
    "posterior": ("Posterior", "TrainedNetworks", "read_networks", "software_predict", "write_networks"),
    "results": ("metrics_of", "read_evaluation", "reliability_of", "write_evaluation"),
    "settings": ("AcceleratorSettings", "Networks", "NetworkSettings"),
    "training": ("train", "train_posterior"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "DATASETS",
    "Accelerator",
    "AcceleratorSettings",
    "Cost",
    "Dataset",
    "Evaluation",
    "NetworkSettings",
    "Networks",
    "Posterior",
    "TrainedNetworks",
    "diagnose",
    "evaluate",
    "load_dataset",
    "load_table",
    "metrics_of",
    "read_evaluation",
    "read_networks",
    "reliability_of",
    "software_predict",
    "train",
    "train_posterior",
    "write_evaluation",
    "write_networks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
