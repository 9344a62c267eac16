"""The accelerator as a system: networks, arrays of devices, predictions, their quality and their cost.

Names are imported when they are first used, since JAX and numpyro take seconds to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from system.accelerator import Accelerator
    from system.baselines import train_baselines
    from system.cost_table import load_table
    from system.datasets import DATASETS, Dataset, DataSettings, load_dataset
    from system.energy import Cost
    from system.ensemble import Ensemble, read_baselines, write_baselines
    from system.evaluation import Evaluation, evaluate
    from system.imported import adopted, read_posterior
    from system.network_file import read_networks, write_networks
    from system.network_settings import Networks, NetworkSettings
    from system.posterior import Posterior, TrainedNetworks, software_predict
    from system.results import curve_of, metrics_of, read_evaluation, reliability_of, write_evaluation
    from system.settings import AcceleratorSettings, EvaluationSettings
    from system.training import train, train_posterior

_HOMES = {
    "accelerator": ("Accelerator",),
    "baselines": ("train_baselines",),
    "datasets": ("DATASETS", "DataSettings", "Dataset", "load_dataset"),
    "cost_table": ("load_table",),
    "energy": ("Cost",),
    "ensemble": ("Ensemble", "read_baselines", "write_baselines"),
    "evaluation": ("Evaluation", "evaluate"),
    "imported": ("adopted", "read_posterior"),
    "network_file": ("read_networks", "write_networks"),
    "posterior": ("Posterior", "TrainedNetworks", "software_predict"),
    "results": ("curve_of", "metrics_of", "read_evaluation", "reliability_of", "write_evaluation"),
    "network_settings": ("NetworkSettings", "Networks"),
    "settings": ("AcceleratorSettings", "EvaluationSettings"),
    "training": ("train", "train_posterior"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "DATASETS",
    "Accelerator",
    "AcceleratorSettings",
    "Cost",
    "DataSettings",
    "Dataset",
    "Ensemble",
    "Evaluation",
    "EvaluationSettings",
    "NetworkSettings",
    "Networks",
    "Posterior",
    "TrainedNetworks",
    "adopted",
    "curve_of",
    "evaluate",
    "load_dataset",
    "load_table",
    "metrics_of",
    "read_baselines",
    "read_evaluation",
    "read_networks",
    "read_posterior",
    "reliability_of",
    "software_predict",
    "train",
    "train_baselines",
    "train_posterior",
    "write_baselines",
    "write_evaluation",
    "write_networks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
