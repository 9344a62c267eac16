"""How good probabilities are, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import entr, softmax
from scipy.stats import binned_statistic

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.ranking import aurc_of, auroc
from magbayes.system.metrics.resampling import Statistic, bootstrapped, mean_of, share_of

BINS = 15


class Reliability(NamedTuple):
    """A reliability diagram: mean confidence, accuracy (0 in an empty bin) and number of inputs, by bin."""

    confidence: np.ndarray
    accuracy: np.ndarray
    inputs: np.ndarray


class Entropy(NamedTuple):
    """Entropy (inputs,) of the predictive distribution in nat, and its two parts.

    `aleatoric` is the mean entropy of a sample, what the data leave open; `epistemic` the rest, the information that
    the label would give about the weights.
    """

    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the predictive probabilities (inputs, classes) of logits (samples, inputs, classes)."""
    return softmax(logits, axis=-1).mean(axis=0)


def entropy(logits: np.ndarray) -> Entropy:
    """Return the entropy of the predictive distribution of logits (samples, inputs, classes) and its parts."""
    samples = softmax(logits, axis=-1)
    total = entr(samples.mean(axis=0)).sum(axis=-1)
    aleatoric = entr(samples).sum(axis=-1).mean(axis=0)
    return Entropy(total, aleatoric, np.maximum(total - aleatoric, 0.0))


def _confidence(predicted: np.ndarray) -> np.ndarray:
    # Averaging and normalising in floating point can exceed 1 by a rounding error.
    return np.minimum(predicted.max(axis=1), 1.0)


def _correct(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return predicted.argmax(axis=1) == labels


def reliability(predicted: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Reliability:
    """Bin probabilities (inputs, classes) by confidence; the last bin includes confidence 1."""
    confidence, correct = _confidence(predicted), _correct(predicted, labels).astype(float)
    sums, edges, _ = binned_statistic(confidence, [confidence, correct], "sum", bins, (0.0, 1.0))
    count, _ = np.histogram(confidence, edges)
    means = sums / np.maximum(count, 1)
    return Reliability(means[0], means[1], count)


def calibration_error_of(predicted: np.ndarray, labels: np.ndarray, bins: int = BINS, equal: bool = False) -> Statistic:
    """Return the statistic that is the mean gap between confidence and accuracy, weighted by the inputs in a bin.

    The bins are even in confidence, or with `equal` hold equally many inputs (adaptive; Nguyen and O'Connor, EMNLP
    2015), whose edges are those of the inputs at hand.
    """
    return _error_of_bins(_confidence(predicted), _correct(predicted, labels), bins, equal)


def _error_of_bins(confidence: np.ndarray, correct: np.ndarray, bins: int = BINS, equal: bool = False) -> Statistic:
    count = len(correct)
    if equal:
        place = np.empty(count, int)
        place[np.argsort(confidence, kind="stable")] = np.arange(count) * bins // count
    else:
        # As in `reliability`: half-open bins, the last one closed.
        place = np.clip(np.digitize(confidence, np.linspace(0, 1, bins + 1)) - 1, 0, bins - 1)
    gaps = np.zeros((count, bins))
    gaps[np.arange(count), place] = confidence - correct
    return lambda weights: np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)


def expected_calibration_error(predicted: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Return the mean gap between confidence and accuracy, weighted by the inputs in a bin."""
    return float(calibration_error_of(predicted, labels, bins)(np.ones((1, len(labels))))[0])


def mean_confidence_gap(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Return mean confidence less accuracy: below 0 the network is less sure than it should be."""
    return float(predicted.max(axis=1).mean() - np.mean(_correct(predicted, labels)))


def brier_scores(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return squared distances (inputs,) of probabilities from the true class, summed over classes."""
    return np.sum((predicted - np.eye(predicted.shape[1])[labels]) ** 2, axis=1)


def classification_scores(predicted: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return what `classification_of_scores` takes of probabilities: numbers (inputs,), ``nll`` in nat."""
    likelihood = np.maximum(predicted[np.arange(len(labels)), labels], np.finfo(float).tiny)
    return {
        "correct": _correct(predicted, labels).astype(float),
        "confidence": _confidence(predicted),
        "nll": -np.log(likelihood),
        "brier": brier_scores(predicted, labels),
    }


def classification_of_scores(scores: Mapping[str, np.ndarray]) -> dict[str, Statistic]:
    """Return accuracy, nll (nat), brier and ece, as far as `scores` (inputs,) by name are there for them."""
    statistics = {"nll": mean_of(scores["nll"])} if "nll" in scores else {}
    if "brier" in scores:
        statistics["brier"] = mean_of(scores["brier"])
    if "correct" in scores:
        statistics["accuracy"] = mean_of(scores["correct"])
        if "confidence" in scores:
            statistics["ece"] = _error_of_bins(scores["confidence"], scores["correct"])
    return statistics


def classification_statistics(predicted: np.ndarray, labels: np.ndarray) -> dict[str, Statistic]:
    """Return accuracy, nll (nat), brier, ece, adaptive_ece, and aurc (of the error rate) of probabilities."""
    right, uncertainty = _correct(predicted, labels), 1 - _confidence(predicted)
    return classification_of_scores(classification_scores(predicted, labels)) | {
        "adaptive_ece": calibration_error_of(predicted, labels, equal=True),
        "aurc": aurc_of(uncertainty, (~right).astype(float)),
    }


def classification_metrics(predicted: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, Estimate]:
    """Return figures of merit of probabilities (inputs, classes) for labels (inputs,).

    They are those of `classification_statistics`, accuracy with Wilson's interval, and auroc_errors, of 1 less the
    confidence, where there are errors.
    """
    count = len(labels)
    wrong, uncertainty = ~_correct(predicted, labels), 1 - _confidence(predicted)
    statistics = classification_statistics(predicted, labels)
    metrics = {name: bootstrapped(statistic, count, seed) for name, statistic in statistics.items()}
    metrics["accuracy"] = share_of(~wrong)
    errors = auroc(uncertainty, wrong, seed)
    return metrics if errors is None else metrics | {"auroc_errors": errors}
