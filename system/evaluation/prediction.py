"""What a network that is unsure predicts for the test inputs, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system import metrics
from magbayes.system.metrics import Reliability

if TYPE_CHECKING:
    from magbayes.system.array.accelerator import Accelerator
    from magbayes.system.array.correction import Correction
    from magbayes.system.datasets import Dataset

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Prediction:
    """What one variant predicts for the test inputs, and how good that is.

    Attributes
    ----------
    values
        ``probability`` (inputs, classes), and the entropies ``aleatoric`` and ``epistemic`` (inputs,) in nat; or
        ``mean``, ``std`` and ``quantiles`` (levels, inputs) of the predictive distribution in original units,
        ``epistemic_std``, what more data would remove, and ``nll`` of each target in nat.
    metrics
        By name.
    scores
        (chips, inputs) of the test inputs by name, see `magbayes.system.metrics.paired`: what two predictions are
        compared by, chip by chip.
    reliability
        For classification.
    band
        ``mean`` (grid,), and ``quantiles`` (levels, grid), in original units, where the data set has a grid.
    shifted
        How unsure it is of the inputs (inputs,) from elsewhere, by shift: `uncertainty`.
    blended
        Metrics of the test inputs that are mixed with others, by the fraction of the others; the first, 0, has none.
    blended_scores
        Scores (chips, inputs) of these, by fraction and name.
    curves
        ``risk_coverage`` with coverage and risk (points,): error rate, or squared error in original units; and for
        regression ``calibration`` with level and observed (levels,).
    """

    values: dict[str, np.ndarray]
    metrics: dict[str, Estimate]
    scores: dict[str, np.ndarray]
    reliability: Reliability | None = None
    band: dict[str, np.ndarray] = field(default_factory=dict)
    shifted: dict[str, np.ndarray] = field(default_factory=dict)
    blended: dict[float, dict[str, Estimate]] = field(default_factory=dict)
    blended_scores: dict[float, dict[str, np.ndarray]] = field(default_factory=dict)
    curves: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


class Outputs(NamedTuple):
    """Outputs (samples, inputs, outputs) for `every_input` of a data set, by what the inputs are."""

    test: np.ndarray
    grid: np.ndarray
    shifted: dict[str, np.ndarray]
    blended: dict[float, np.ndarray]
    """With the test inputs themselves, as many of them, at 0."""


def _summary(draws: np.ndarray, noise_std: metrics.Noise, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return moments and quantiles, in original units, of the mixture at `draws` (samples, inputs)."""
    quantiles = np.stack([metrics.mixture_quantile(draws, noise_std, level) for level in QUANTILES])
    return {
        "mean": draws.mean(axis=0) * dataset.target_scale + dataset.target_mean,
        "std": np.sqrt(draws.var(axis=0) + metrics.noise_variance(noise_std)) * dataset.target_scale,
        "epistemic_std": draws.std(axis=0) * dataset.target_scale,
        "quantiles": quantiles * dataset.target_scale + dataset.target_mean,
    }


def uncertainty(outputs: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Return how unsure outputs (samples, inputs, outputs) are of each input.

    The entropy of the predictive distribution in nat; of a regression, whose noise is known, the std of its draws in
    original units.
    """
    if dataset.task == "classification":
        return metrics.entropy(outputs).total
    spread: np.ndarray = outputs[..., 0].std(axis=0) * dataset.target_scale
    return spread


def _of_one_chip(scores: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return scores (1, inputs) of scores (inputs,)."""
    return {name: values[None] for name, values in scores.items()}


def _figures(predicted: np.ndarray, parts: metrics.Entropy, labels: np.ndarray, seed: int) -> dict[str, Estimate]:
    figures = metrics.classification_metrics(predicted, labels, seed)
    for name in ("aleatoric", "epistemic"):
        scores = getattr(parts, name)
        figures[name] = metrics.bootstrapped(metrics.mean_of(scores), len(scores), seed)
    return figures


def _classification(outputs: Outputs, dataset: Dataset, seed: int) -> Prediction:
    predicted, labels = metrics.probabilities(outputs.test), dataset.test_targets
    parts = metrics.entropy(outputs.test)
    figures = _figures(predicted, parts, labels, seed)
    elsewhere = {name: uncertainty(values, dataset) for name, values in outputs.shifted.items()}
    blended, blended_scores = {}, {}
    for fraction, of in outputs.blended.items():
        mixed, own = metrics.probabilities(of), labels[: of.shape[1]]
        blended[fraction] = _figures(mixed, metrics.entropy(of), own, seed)
        blended_scores[fraction] = _of_one_chip(metrics.classification_scores(mixed, own))
    return Prediction(
        {"probability": predicted, "aleatoric": parts.aleatoric, "epistemic": parts.epistemic},
        figures | metrics.shift_aurocs(parts.total, elsewhere, seed),
        _of_one_chip(metrics.classification_scores(predicted, labels)),
        metrics.reliability(predicted, labels),
        shifted=elsewhere,
        blended=blended,
        blended_scores=blended_scores,
        curves={"risk_coverage": metrics.risk_coverage(1 - predicted.max(axis=1), predicted.argmax(axis=1) != labels)},
    )


def _regression(outputs: Outputs, noise_std: metrics.Noise, dataset: Dataset, seed: int) -> Prediction:
    draws, band = outputs.test[..., 0], outputs.grid[..., 0]
    along, noise_std = (dataset.noise_of(noise_std, inputs) for inputs in (dataset.grid, dataset.test_inputs))
    targets, values = dataset.test_targets, _summary(draws, noise_std, dataset)
    elsewhere = {name: uncertainty(values, dataset) for name, values in outputs.shifted.items()}
    figures = metrics.regression_metrics(draws, noise_std, targets, dataset.target_scale, seed)
    squares = (targets * dataset.target_scale + dataset.target_mean - values["mean"]) ** 2
    scores = metrics.regression_scores(draws, noise_std, targets, dataset.target_scale)
    values["nll"] = scores["nll"]
    return Prediction(
        values,
        figures
        | metrics.shift_aurocs(values["epistemic_std"], elsewhere, seed)
        | metrics.shift_ratios(values["epistemic_std"], elsewhere, seed),
        _of_one_chip(scores),
        shifted=elsewhere,
        band=_summary(band, along, dataset) if len(dataset.grid) else {},
        curves={
            "risk_coverage": metrics.risk_coverage(values["std"], squares),
            "calibration": metrics.calibration_curve(draws, noise_std, targets),
        },
    )


def every_input(dataset: Dataset) -> np.ndarray:
    """Return the inputs (n, features) that are predicted for: test part, grid, from elsewhere, and mixed."""
    return np.concatenate(_groups(dataset))


def _groups(dataset: Dataset) -> list[np.ndarray]:
    return [dataset.test_inputs, dataset.grid, *dataset.shifted.values(), *dataset.blended.values()]


def split_inputs(outputs: np.ndarray, dataset: Dataset) -> Outputs:
    """Return the parts of outputs (samples, inputs, outputs) of `every_input`."""
    ends = np.cumsum([len(group) for group in _groups(dataset)])
    test, grid, *others = np.split(outputs.astype(float), ends[:-1], axis=1)
    shifted = dict(zip(dataset.shifted, others, strict=False))
    mixed = others[len(shifted) :]
    clean = {0.0: test[:, : mixed[0].shape[1]]} if mixed else {}
    return Outputs(test, grid, shifted, clean | dict(zip(dataset.blended, mixed, strict=True)))


def prediction_of(outputs: np.ndarray, noise_std: metrics.Noise, dataset: Dataset, seed: int) -> Prediction:
    """Return what outputs (samples, inputs, outputs) for `every_input` predict, and how good that is."""
    parts = split_inputs(outputs, dataset)
    if dataset.task == "classification":
        return _classification(parts, dataset, seed)
    return _regression(parts, noise_std, dataset, seed)


def paired(
    ours: Outputs, theirs: Outputs, noise_stds: tuple[metrics.Noise, metrics.Noise], dataset: Dataset, seed: int
) -> dict[str, Estimate]:
    """Return figures of one network or chip less those of another, with intervals over the inputs that both share.

    `noise_stds` are those of the targets by either. Beside the metrics of the test inputs, auroc_<shift> of inputs from
    elsewhere, and <metric>_blend_<fraction> of those that are mixed with others.
    """
    targets = dataset.test_targets
    found: dict[str, Estimate] = {}
    if dataset.task == "regression":
        at = dataset.test_inputs
        one, other = (
            metrics.regression_statistics(
                of.test[..., 0], dataset.noise_of(noise_std, at), targets, dataset.target_scale
            )
            for of, noise_std in zip((ours, theirs), noise_stds, strict=True)
        )
        found |= metrics.differences(one, other, len(targets), seed)
    for fraction in (None, *ours.blended) if dataset.task == "classification" else ():
        outputs = [of.test if fraction is None else of.blended[fraction] for of in (ours, theirs)]
        labels = targets[: outputs[0].shape[1]]
        one, other = (metrics.classification_statistics(metrics.probabilities(of), labels) for of in outputs)
        ending = "" if fraction is None else f"_blend_{fraction:g}"
        gaps = metrics.differences(one, other, len(labels), seed)
        found |= {f"{name}{ending}": gap for name, gap in gaps.items()}
    for name in ours.shifted:
        scores = [
            np.concatenate([uncertainty(of.test, dataset), uncertainty(of.shifted[name], dataset)])
            for of in (ours, theirs)
        ]
        outside = np.arange(len(scores[0])) >= len(targets)
        one, other = ({f"auroc_{name}": metrics.auroc_of(score, outside)} for score in scores)
        found |= metrics.differences(one, other, len(outside), seed)
    return found


def correction_of(chip: Accelerator, dataset: Dataset) -> Correction:
    """Return what is done to a chip's outputs before they are predictions, as its training inputs tell it."""
    return chip.correction(dataset.train_inputs, dataset.noise_unit)


def figures_of(outputs: np.ndarray, noise_std: metrics.Noise, dataset: Dataset, seed: int) -> dict[str, Estimate]:
    """Return how good outputs (samples, inputs, outputs) for the test inputs are, and no more than that.

    These are the metrics of `prediction_of` but for those of inputs from elsewhere.
    """
    draws = outputs.astype(float)
    if dataset.task == "classification":
        return _figures(metrics.probabilities(draws), metrics.entropy(draws), dataset.test_targets, seed)
    noise_std = dataset.noise_of(noise_std, dataset.test_inputs)
    return metrics.regression_metrics(draws[..., 0], noise_std, dataset.test_targets, dataset.target_scale, seed)
