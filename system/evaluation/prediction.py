"""What a network that is unsure predicts for the test inputs, and how good that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system import metrics
from magbayes.system.metrics import Reliability

if TYPE_CHECKING:
    from magbayes.system.datasets import Dataset

QUANTILES = (0.05, 0.5, 0.95)


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


def _summary(draws: np.ndarray, noise_std: metrics.Noise, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return moments and quantiles, in original units, of the mixture at `draws` (samples, inputs)."""
    quantiles = np.stack([metrics.mixture_quantile(draws, noise_std, level) for level in QUANTILES])
    return {
        "mean": draws.mean(axis=0) * dataset.target_scale + dataset.target_mean,
        "std": np.sqrt(draws.var(axis=0) + np.mean(np.square(noise_std))) * dataset.target_scale,
        "epistemic_std": draws.std(axis=0) * dataset.target_scale,
        "quantiles": quantiles * dataset.target_scale + dataset.target_mean,
    }


def _figures(predicted: np.ndarray, parts: metrics.Entropy, labels: np.ndarray, seed: int) -> dict[str, Estimate]:
    figures = metrics.classification_metrics(predicted, labels, seed)
    for name in ("aleatoric", "epistemic"):
        scores = getattr(parts, name)
        figures[name] = metrics.bootstrapped(metrics.mean_of(scores), len(scores), seed)
    return figures


def _classification(outputs: np.ndarray, shifted: Mapping[str, np.ndarray], dataset: Dataset, seed: int) -> Prediction:
    predicted, labels = metrics.probabilities(outputs), dataset.test_targets
    parts = metrics.entropy(outputs)
    figures = _figures(predicted, parts, labels, seed)
    uncertainty = {name: metrics.entropy(values).total for name, values in shifted.items()}
    return Prediction(
        {"probability": predicted, "aleatoric": parts.aleatoric, "epistemic": parts.epistemic},
        figures | metrics.shift_aurocs(parts.total, uncertainty, seed),
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


def every_input(dataset: Dataset) -> np.ndarray:
    """Return the inputs (n, features) that are predicted for: test part, grid, and those from elsewhere."""
    return np.concatenate([dataset.test_inputs, dataset.grid, *dataset.shifted.values()])


def split_inputs(outputs: np.ndarray, dataset: Dataset) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return the parts of outputs (samples, inputs, outputs) of `every_input`: test, grid, and what is shifted."""
    ends = np.cumsum([len(group) for group in (dataset.test_inputs, dataset.grid, *dataset.shifted.values())])
    test, grid, *shifted = np.split(outputs.astype(float), ends[:-1], axis=1)
    return test, grid, dict(zip(dataset.shifted, shifted, strict=True))


def prediction_of(
    predict: Callable[[np.ndarray], np.ndarray], noise_std: metrics.Noise, dataset: Dataset, seed: int
) -> Prediction:
    """Return what `predict` says of the test inputs, and how good that is.

    `predict` maps inputs (n, features) to outputs (samples, n, outputs).
    """
    test, grid, shifted = split_inputs(predict(every_input(dataset)), dataset)
    if dataset.task == "classification":
        return _classification(test, shifted, dataset, seed)
    return _regression(test[..., 0], grid[..., 0], noise_std, dataset, seed)


def figures_of(outputs: np.ndarray, noise_std: metrics.Noise, dataset: Dataset, seed: int) -> dict[str, Estimate]:
    """Return how good outputs (samples, inputs, outputs) for the test inputs are, and no more than that.

    These are the metrics of `prediction_of` but for those of inputs from elsewhere.
    """
    draws = outputs.astype(float)
    if dataset.task == "classification":
        return _figures(metrics.probabilities(draws), metrics.entropy(draws), dataset.test_targets, seed)
    return metrics.regression_metrics(draws[..., 0], noise_std, dataset.test_targets, dataset.target_scale, seed)
