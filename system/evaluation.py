"""What a trained network does in software and on the accelerator, how well, and what spoils it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import jax
import numpy as np

from compact_models.estimate import Estimate
from system import metrics
from system.accelerator import Accelerator
from system.datasets import Dataset
from system.devices import DeviceModels
from system.energy import Cost
from system.metrics import Reliability
from system.posterior import Posterior, TrainedNetworks, software_predict
from system.settings import AcceleratorSettings, Imperfection

QUANTILES = (0.05, 0.5, 0.95)
# The diagnosis adds each alone to an ideal chip, whose noise is white, Gaussian and of the right width.
IMPERFECTIONS: tuple[Imperfection, ...] = ("levels", "spread", "dac", "adc", "reads")


@dataclass(frozen=True)
class Prediction:
    """What one variant predicts for the test inputs, and how good that is.

    Attributes
    ----------
    values
        ``probability`` (inputs, classes); or ``mean``, ``std`` and ``quantiles`` (levels, inputs) of the
        predictive distribution in original units, and ``epistemic_std``, what more data would remove.
    metrics
        By name.
    reliability
        For classification.
    band
        ``mean`` (grid,), and ``quantiles`` (levels, grid), in original units, where the data set has a grid.
    """

    values: dict[str, np.ndarray]
    metrics: dict[str, Estimate]
    reliability: Reliability | None = None
    band: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """All variants of one data set, the accelerator's cost, and the diagnosis if it was asked for."""

    predictions: dict[str, Prediction]
    cost: Cost
    diagnosis: dict[str, dict[str, Estimate]]


def _keys(seed: int) -> jax.Array:
    """Return keys for the chip and for its noise, of a kind that is faster than the default on one core."""
    return jax.random.split(jax.random.key(seed, impl="rbg"))


def _summary(draws: np.ndarray, noise_std: float, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return moments and quantiles, in original units, of the mixture at `draws` (samples, inputs)."""
    quantiles = np.stack([metrics.mixture_quantile(draws, noise_std, level) for level in QUANTILES])
    return {
        "mean": draws.mean(axis=0) * dataset.target_scale + dataset.target_mean,
        "std": np.sqrt(draws.var(axis=0) + noise_std**2) * dataset.target_scale,
        "epistemic_std": draws.std(axis=0) * dataset.target_scale,
        "quantiles": quantiles * dataset.target_scale + dataset.target_mean,
    }


def _judge(outputs: np.ndarray, band: np.ndarray, posterior: Posterior, dataset: Dataset, seed: int) -> Prediction:
    """Judge outputs (samples, inputs, outputs) on the test inputs; `band` holds those on the grid."""
    if dataset.task == "classification":
        predicted = metrics.probabilities(outputs)
        return Prediction(
            {"probability": predicted},
            metrics.classification_metrics(predicted, dataset.test_targets, seed),
            metrics.reliability(predicted, dataset.test_targets),
        )
    draws, noise_std = outputs[..., 0].astype(float), posterior.noise_std
    return Prediction(
        _summary(draws, noise_std, dataset),
        metrics.regression_metrics(draws, noise_std, dataset.test_targets, dataset.target_scale, seed),
        band=_summary(band[..., 0].astype(float), noise_std, dataset) if len(dataset.grid) else {},
    )


def _software(posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array, seed: int) -> Prediction:
    inputs = np.concatenate([dataset.test_inputs, dataset.grid])
    outputs = software_predict(posterior, key, inputs, samples)
    count = len(dataset.test_inputs)
    return _judge(outputs[:, :count], outputs[:, count:], posterior, dataset, seed)


def _hardware(accelerator: Accelerator, dataset: Dataset, key: jax.Array, seed: int) -> Prediction:
    outputs = accelerator.predict(key, np.concatenate([dataset.test_inputs, dataset.grid]))
    count = len(dataset.test_inputs)
    return _judge(outputs[:, :count], outputs[:, count:], accelerator.posterior, dataset, seed)


def _diagnosed(settings: AcceleratorSettings) -> Iterator[tuple[str, AcceleratorSettings]]:
    ideal = frozenset(IMPERFECTIONS)
    yield "ideal", settings.model_copy(update={"ideal": ideal})
    for name in IMPERFECTIONS:
        yield f"only {name}", settings.model_copy(update={"ideal": ideal - {name}})


def diagnose(
    dataset: Dataset, posterior: Posterior, models: DeviceModels, settings: AcceleratorSettings, seed: int
) -> dict[str, dict[str, Estimate]]:
    """Return the metrics of an ideal chip, and of one with each imperfection alone.

    All chips share their keys, so that they differ by the imperfection and not by luck.
    """
    chip_key, noise_key = _keys(seed)
    return {
        name: _hardware(Accelerator(posterior, models, chosen, chip_key), dataset, noise_key, seed).metrics
        for name, chosen in _diagnosed(settings)
    }


def evaluate(
    dataset: Dataset,
    trained: TrainedNetworks,
    models: DeviceModels,
    settings: AcceleratorSettings,
    seed: int,
    diagnosis: bool = False,
) -> Evaluation:
    """Compare the software baselines with the accelerator on the test part of `dataset`.

    The variants: ``deterministic``; ``software``, the posterior that knows no devices; ``software (device
    range)``, the one that fits the devices, in floating point; and ``accelerator``, the same on the devices.
    """
    chip_key, noise_key = _keys(seed)
    accelerator = Accelerator(trained.posterior, models, settings, chip_key)
    software = {
        "deterministic": (trained.deterministic, 1),
        "software": (trained.unconstrained, settings.samples),
        "software (device range)": (trained.posterior, settings.samples),
    }
    predictions = {
        name: _software(posterior, dataset, samples, noise_key, seed) for name, (posterior, samples) in software.items()
    }
    predictions["accelerator"] = _hardware(accelerator, dataset, noise_key, seed)
    return Evaluation(
        predictions,
        accelerator.cost(),
        diagnose(dataset, trained.posterior, models, settings, seed) if diagnosis else {},
    )
