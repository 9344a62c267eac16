"""How good predictions are, and how far to trust their uncertainty; each figure with a 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import elementwise
from scipy.special import logsumexp, softmax
from scipy.stats import binned_statistic, bootstrap, norm

from compact_models.estimate import Estimate, share

BINS = 15
COVERAGE_LEVELS = (0.5, 0.8, 0.9, 0.95)
_RESAMPLES = 500
_CONFIDENCE = 0.95


class Reliability(NamedTuple):
    """A reliability diagram: mean confidence, accuracy (0 in an empty bin) and number of inputs, by bin."""

    confidence: np.ndarray
    accuracy: np.ndarray
    inputs: np.ndarray


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the predictive probabilities (inputs, classes) of logits (samples, inputs, classes)."""
    return softmax(logits, axis=-1).mean(axis=0)


def reliability(predicted: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Reliability:
    """Bin probabilities (inputs, classes) by confidence; the last bin includes confidence 1."""
    # Averaging and normalising in floating point can exceed 1 by a rounding error.
    confidence = np.minimum(predicted.max(axis=1), 1.0)
    correct = (predicted.argmax(axis=1) == labels).astype(float)
    sums, edges, _ = binned_statistic(confidence, [confidence, correct], "sum", bins, (0.0, 1.0))
    count, _ = np.histogram(confidence, edges)
    means = sums / np.maximum(count, 1)
    return Reliability(means[0], means[1], count)


def expected_calibration_error(predicted: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Return the mean gap between confidence and accuracy, weighted by the inputs in a bin."""
    diagram = reliability(predicted, labels, bins)
    return float(np.sum(diagram.inputs * np.abs(diagram.confidence - diagram.accuracy)) / len(labels))


def brier_scores(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return squared distances (inputs,) of probabilities from the true class, summed over classes."""
    return np.sum((predicted - np.eye(predicted.shape[1])[labels]) ** 2, axis=1)


def _mean_of(scores: np.ndarray, indices: np.ndarray) -> float:
    return float(scores[indices].mean())


def _bootstrapped(statistic: Callable[[np.ndarray], float], count: int, seed: int) -> Estimate:
    """Bootstrap `statistic`, a function of indices of test inputs.

    The spread of the resampled values is taken about their own mean: a resampled calibration error is biased
    upwards, and the plain percentile interval would miss the value itself.
    """
    indices = np.arange(count)
    value = statistic(indices)
    result = bootstrap(
        (indices,), statistic, n_resamples=_RESAMPLES, vectorized=False, method="percentile",
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    spread = result.bootstrap_distribution - result.bootstrap_distribution.mean()
    tail = (1 - _CONFIDENCE) / 2
    low, high = value + np.quantile(spread, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def _share(hits: np.ndarray) -> Estimate:
    """Return the share of true `hits`."""
    return Estimate(*(float(number) for number in share(hits.sum(), hits.size)))


def classification_metrics(predicted: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, Estimate]:
    """Return accuracy, nll (nat), brier and ece of probabilities (inputs, classes) for labels (inputs,)."""
    inputs = np.arange(len(labels))
    # Averages over inputs are resampled as such; only the calibration error must be binned again each time.
    each = {
        "nll": -np.log(np.maximum(predicted[inputs, labels], np.finfo(float).tiny)),
        "brier": brier_scores(predicted, labels),
    }
    metrics = {"accuracy": _share(predicted.argmax(axis=1) == labels)}
    metrics |= {name: _bootstrapped(partial(_mean_of, scores), len(labels), seed) for name, scores in each.items()}
    metrics["ece"] = _bootstrapped(lambda i: expected_calibration_error(predicted[i], labels[i]), len(labels), seed)
    return metrics


def regression_metrics(
    draws: np.ndarray, noise_std: float, targets: np.ndarray, scale: float, seed: int
) -> dict[str, Estimate]:
    """Return rmse and nll in original units, and the coverage of central intervals.

    Parameters
    ----------
    draws : (samples, inputs)
        Scaled means; the predictive density is the mixture of their Gaussians.
    noise_std
        Of each Gaussian, scaled.
    targets : (inputs,)
        Scaled.
    scale
        Original units in one scaled unit.
    seed
        Of the bootstrap.
    """
    mean = draws.mean(axis=0)
    log_density = logsumexp(norm.logpdf(targets, draws, noise_std), axis=0) - np.log(len(draws) * scale)
    # The probability integral transform: where in its predictive distribution a target lies.
    position = norm.cdf(targets, draws, noise_std).mean(axis=0)
    metrics = {
        "rmse": _bootstrapped(
            lambda i: scale * float(np.sqrt(np.mean((targets[i] - mean[i]) ** 2))), len(targets), seed
        ),
        "nll": _bootstrapped(partial(_mean_of, -log_density), len(targets), seed),
    }
    for level in COVERAGE_LEVELS:
        metrics[f"coverage_{round(100 * level)}"] = _share(np.abs(position - 0.5) <= level / 2)
    return metrics


def mixture_quantile(draws: np.ndarray, noise_std: float, level: float) -> np.ndarray:
    """Return the quantile (inputs,) at `level` of the mixture of Gaussians at `draws` (samples, inputs)."""
    reach = noise_std * norm.ppf(1 - 1e-9)
    inputs = np.arange(draws.shape[1])

    def excess(x: np.ndarray, index: np.ndarray) -> np.ndarray:
        return norm.cdf(x, draws[:, index.astype(int)], noise_std).mean(axis=0) - level

    bracket = (draws.min(axis=0) - reach, draws.max(axis=0) + reach)
    return elementwise.find_root(excess, bracket, args=(inputs,)).x
