from .array.accelerator import Accelerator
from .array.electrical import offered_ratio
from .cost.energy import Cost
from .cost.table import load_table
from .datasets import DATASETS, Dataset, DataSettings, load_dataset
from .evaluation.evaluate import Evaluation, evaluate
from .evaluation.results import curve_of, metrics_of, read_evaluation, reliability_of, write_evaluation
from .evaluation.settings import EvaluationSettings
from .evaluation.verdict import Judgement, judge, passing
from .network.baselines import train_baselines
from .network.ensemble import NetworkEnsemble, read_baselines, write_baselines
from .network.file import read_networks, write_networks
from .network.guide import Offer
from .network.imported import moved_for, read_posterior, restricted_to_devices
from .network.posterior import Posterior, TrainedNetworks, software_predict
from .network.settings import Networks, NetworkSettings
from .network.training import train, train_posterior
from .settings import AcceleratorSettings

__all__ = [
    "DATASETS",
    "Accelerator",
    "AcceleratorSettings",
    "Cost",
    "DataSettings",
    "Dataset",
    "Evaluation",
    "EvaluationSettings",
    "Judgement",
    "NetworkEnsemble",
    "NetworkSettings",
    "Networks",
    "Offer",
    "Posterior",
    "TrainedNetworks",
    "curve_of",
    "evaluate",
    "judge",
    "load_dataset",
    "load_table",
    "metrics_of",
    "moved_for",
    "offered_ratio",
    "passing",
    "read_baselines",
    "read_evaluation",
    "read_networks",
    "read_posterior",
    "reliability_of",
    "restricted_to_devices",
    "software_predict",
    "train",
    "train_baselines",
    "train_posterior",
    "write_baselines",
    "write_evaluation",
    "write_networks",
]
