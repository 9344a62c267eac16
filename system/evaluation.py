"""What a trained network does in software and on the accelerator, how well, and what spoils it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

import jax
import numpy as np

from compact_models.estimate import Estimate
from system import metrics
from system.accelerator import Accelerator
from system.datasets import Dataset
from system.devices import DeviceModels
from system.energy import Cost
from system.ensemble import Ensemble, ensemble_predict
from system.metrics import Reliability
from system.posterior import Posterior, TrainedNetworks, software_predict
from system.settings import AcceleratorSettings, Imperfection

QUANTILES = (0.05, 0.5, 0.95)
# The diagnosis adds each alone to an ideal chip, whose noise is white, Gaussian and of the right width.
IMPERFECTIONS: tuple[Imperfection, ...] = tuple(name for name in get_args(Imperfection) if name != "noise")


@dataclass(frozen=True)
class Prediction:
    """What one variant predicts for the test inputs, and how good that is.

    Attributes
    ----------
    values
        ``probability`` (inputs, classes), and the entropies ``aleatoric`` and ``epistemic`` (inputs,) in nat; or
        ``mean``, ``std`` and ``quantiles`` (levels, inputs) of the predictive distribution in original units, and
        ``epistemic_std``, what more data would remove.
    metrics
        By name.
    reliability
        For classification.
    band
        ``mean`` (grid,), and ``quantiles`` (levels, grid), in original units, where the data set has a grid.
    curves
        ``risk_coverage`` with coverage and risk (points,): error rate, or squared error in original units; and for
        regression ``calibration`` with level and observed (levels,).
    """

    values: dict[str, np.ndarray]
    metrics: dict[str, Estimate]
    reliability: Reliability | None = None
    band: dict[str, np.ndarray] = field(default_factory=dict)
    curves: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """All variants of one data set, the accelerator's cost, and the diagnosis if it was asked for."""

    predictions: dict[str, Prediction]
    cost: Cost
    diagnosis: dict[str, dict[str, Estimate]]


def _keys(seed: int) -> jax.Array:
    """Return keys for the chip and for its noise, of a kind that is faster than the default on one core."""
    return jax.random.split(jax.random.key(seed, impl="rbg"))


def _summary(draws: np.ndarray, noise_std: metrics.Noise, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return moments and quantiles, in original units, of the mixture at `draws` (samples, inputs)."""
    quantiles = np.stack([metrics.mixture_quantile(draws, noise_std, level) for level in QUANTILES])
    return {
        "mean": draws.mean(axis=0) * dataset.target_scale + dataset.target_mean,
        "std": np.sqrt(draws.var(axis=0) + np.mean(np.square(noise_std))) * dataset.target_scale,
        "epistemic_std": draws.std(axis=0) * dataset.target_scale,
        "quantiles": quantiles * dataset.target_scale + dataset.target_mean,
    }


def _classification(outputs: np.ndarray, shifted: Mapping[str, np.ndarray], dataset: Dataset, seed: int) -> Prediction:
    predicted, labels = metrics.probabilities(outputs), dataset.test_targets
    parts = metrics.entropy(outputs)
    found = metrics.classification_metrics(predicted, labels, seed)
    for name in ("aleatoric", "epistemic"):
        scores = getattr(parts, name)
        found[name] = metrics.bootstrapped(metrics.mean_of(scores), len(scores), seed)
    doubts = {name: metrics.entropy(values).total for name, values in shifted.items()}
    return Prediction(
        {"probability": predicted, "aleatoric": parts.aleatoric, "epistemic": parts.epistemic},
        found | metrics.shift_aurocs(parts.total, doubts, seed),
        metrics.reliability(predicted, labels),
        curves={"risk_coverage": metrics.risk_coverage(1 - predicted.max(axis=1), predicted.argmax(axis=1) != labels)},
    )


def _regression(
    draws: np.ndarray, band: np.ndarray, noise_std: metrics.Noise, dataset: Dataset, seed: int
) -> Prediction:
    targets, values = dataset.test_targets, _summary(draws, noise_std, dataset)
    squares = (targets * dataset.target_scale + dataset.target_mean - values["mean"]) ** 2
    return Prediction(
        values,
        metrics.regression_metrics(draws, noise_std, targets, dataset.target_scale, seed),
        band=_summary(band, noise_std, dataset) if len(dataset.grid) else {},
        curves={
            "risk_coverage": metrics.risk_coverage(values["std"], squares),
            "calibration": metrics.calibration_curve(draws, noise_std, targets),
        },
    )


def _judged(
    predict: Callable[[np.ndarray], np.ndarray], noise_std: metrics.Noise, dataset: Dataset, seed: int
) -> Prediction:
    """Judge `predict`, which maps inputs (n, features) to outputs (samples, n, outputs)."""
    groups = [dataset.test_inputs, dataset.grid, *dataset.shifted.values()]
    ends = np.cumsum([len(group) for group in groups])
    test, grid, *shifted = np.split(predict(np.concatenate(groups)).astype(float), ends[:-1], axis=1)
    if dataset.task == "classification":
        return _classification(test, dict(zip(dataset.shifted, shifted, strict=True)), dataset, seed)
    return _regression(test[..., 0], grid[..., 0], noise_std, dataset, seed)


def _software(posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array, seed: int) -> Prediction:
    return _judged(lambda x: software_predict(posterior, key, x, samples), posterior.noise_std, dataset, seed)


def _baseline(
    ensemble: Ensemble, posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array, seed: int
) -> Prediction:
    kernels = [layer.kernel for layer in posterior.layers]
    return _judged(
        lambda x: ensemble_predict(ensemble, kernels, key, x, samples),
        # One network with dropout has one noise, however often it is sampled.
        ensemble.noise_std[:, None] if len(ensemble.noise_std) > 1 else float(ensemble.noise_std[0]),
        dataset,
        seed,
    )


def _hardware(accelerator: Accelerator, dataset: Dataset, key: jax.Array, seed: int) -> Prediction:
    return _judged(lambda x: accelerator.predict(key, x), accelerator.posterior.noise_std, dataset, seed)


def _over_chips(chips: list[Prediction]) -> Prediction:
    """Return the first chip's predictions; figures that every chip has are means with intervals over all `chips`."""
    found = dict(chips[0].metrics)
    for name in found:
        if all(name in chip.metrics for chip in chips):
            largest = 1.0 if name.startswith(metrics.SHARES) else np.inf
            found[name] = metrics.over_chips([chip.metrics[name] for chip in chips], largest)
    return replace(chips[0], metrics=found)


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
    alone = replace(dataset, shifted={})
    return {
        name: _hardware(Accelerator(posterior, models, chosen, chip_key), alone, noise_key, seed).metrics
        for name, chosen in _diagnosed(settings)
    }


def evaluate(
    dataset: Dataset,
    trained: TrainedNetworks,
    models: DeviceModels,
    settings: AcceleratorSettings,
    seed: int,
    diagnosis: bool = False,
    baselines: Mapping[str, Ensemble] | None = None,
    chips: int = 1,
) -> Evaluation:
    """Compare the software baselines with the accelerator on the test part of `dataset`.

    The variants: ``deterministic``; those of `baselines` (``dropout``, ``ensemble``, ``nuts``); ``software``, the
    posterior that knows no devices; ``software (device range)``, the one that fits the devices, in floating point; and
    ``accelerator``, the same on the devices. The accelerator's figures are means over `chips`, each with devices and
    noise of its own, and their intervals hold the spread between chips beside that over inputs; what it predicts is
    that of the first chip.

    Raises
    ------
    NotImplementedError
        The network has convolutions, which the array does not run yet.
    """
    if any(layer.kernel is not None for layer in trained.posterior.layers):
        raise NotImplementedError(f"{dataset.name}: the array runs dense layers only; accepted: convolutions = []")
    chip_key, noise_key = _keys(seed)
    samples = settings.samples
    predictions = {"deterministic": _software(trained.deterministic, dataset, 1, noise_key, seed)}
    for name, ensemble in (baselines or {}).items():
        predictions[name] = _baseline(ensemble, trained.posterior, dataset, samples, noise_key, seed)
    predictions["software"] = _software(trained.unconstrained, dataset, samples, noise_key, seed)
    predictions["software (device range)"] = _software(trained.posterior, dataset, samples, noise_key, seed)
    accelerator = Accelerator(trained.posterior, models, settings, chip_key)
    made = [_hardware(accelerator, dataset, noise_key, seed)]
    # Shifts are told apart on the first chip only: they would double the work on every further one.
    alone = replace(dataset, shifted={})
    for index in range(1, chips):
        keys = (jax.random.fold_in(key, index) for key in (chip_key, noise_key))
        made.append(_hardware(Accelerator(trained.posterior, models, settings, next(keys)), alone, next(keys), seed))
    predictions["accelerator"] = _over_chips(made)
    return Evaluation(
        predictions,
        accelerator.cost(),
        diagnose(dataset, trained.posterior, models, settings, seed) if diagnosis else {},
    )
