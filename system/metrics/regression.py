"""How good predictive densities of numbers are: mixtures of Gaussians, one for every sample of the network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import elementwise
from scipy.special import logsumexp, ndtr
from scipy.stats import norm

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.ranking import aurc_of
from magbayes.system.metrics.resampling import Statistic, bootstrapped, mean_of, share_of

COVERAGE_LEVELS = (0.5, 0.8, 0.9, 0.95)
CURVE_LEVELS = np.linspace(0.05, 0.95, 19)

Noise = float | np.ndarray
"""Std of every Gaussian; (samples, 1), or where it differs from input to input (1, inputs) or (samples, inputs)."""


def noise_variance(noise_std: Noise) -> float | np.ndarray:
    """Return the mean over samples of the variance of the Gaussians: one number, or that of each input (inputs,)."""
    square = np.square(noise_std)
    return float(np.mean(square)) if np.shape(square)[1:] in ((), (1,)) else square.mean(axis=0)


def positions(draws: np.ndarray, noise_std: Noise, targets: np.ndarray) -> np.ndarray:
    """Return where in its predictive distribution each target lies (inputs,): the probability integral transform."""
    return ndtr((targets - draws) / noise_std).mean(axis=0)


def calibration_curve(draws: np.ndarray, noise_std: Noise, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return `level` and `observed`, the share of targets below that quantile (Kuleshov et al., ICML 2018)."""
    below = positions(draws, noise_std, targets) <= CURVE_LEVELS[:, None]
    return {"level": CURVE_LEVELS, "observed": below.mean(axis=1)}


def coverage_distance(coverage: np.ndarray, nominal: float) -> np.ndarray:
    """Return how far coverages are from `nominal`: (points, 3) of value, low and high end, as the argument."""
    distance = np.abs(coverage - nominal)
    return np.column_stack([distance[:, 0], distance.min(axis=1), distance.max(axis=1)])


def _mean_distance(shift: np.ndarray, std: Noise) -> np.ndarray:
    """Return E|X| of X ~ N(shift, std^2)."""
    # By hand, as `norm` has them: its checks of arguments take as long again.
    ratio = shift / std
    density = np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi)
    return 2 * std * density + shift * (2 * ndtr(ratio) - 1)


def crps_scores(draws: np.ndarray, noise_std: Noise, targets: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score (inputs,) of mixtures of Gaussians at `draws` (samples, inputs).

    E|X - y| - E|X - X'| / 2 in closed form (Grimit et al., Q. J. R. Meteorol. Soc. 132, 2925 (2006)).
    """
    wide = np.atleast_2d(np.asarray(noise_std, float))
    noise = np.broadcast_to(wide, (len(draws), wide.shape[1]))
    spread = np.zeros(draws.shape[1])
    for draw, std in zip(draws, noise, strict=True):
        spread += _mean_distance(draws - draw, np.hypot(noise, std)).mean(axis=0)
    return _mean_distance(draws - targets, noise).mean(axis=0) - spread / (2 * len(draws))


def nll_scores(draws: np.ndarray, noise_std: Noise, targets: np.ndarray, scale: float) -> np.ndarray:
    """Return the negative log predictive density (inputs,) in nat, of targets in original units."""
    density: np.ndarray = logsumexp(norm.logpdf(targets, draws, noise_std), axis=0)
    return np.log(len(draws) * scale) - density


def regression_statistics(
    draws: np.ndarray, noise_std: Noise, targets: np.ndarray, scale: float
) -> dict[str, Statistic]:
    """Return the statistics of `regression_metrics`: rmse, crps, nll, aurc and the coverage of central intervals."""
    scores = regression_scores(draws, noise_std, targets, scale)
    variance = draws.var(axis=0) + noise_variance(noise_std)
    return regression_of_scores(scores) | {
        "crps": mean_of(scale * crps_scores(draws, noise_std, targets)),
        "aurc": aurc_of(variance, scores["square"]),
    }


def regression_scores(draws: np.ndarray, noise_std: Noise, targets: np.ndarray, scale: float) -> dict[str, np.ndarray]:
    """Return what `regression_of_scores` takes: numbers (inputs,), ``nll`` in nat, ``square`` in original units."""
    return {
        "square": scale**2 * (targets - draws.mean(axis=0)) ** 2,
        "nll": nll_scores(draws, noise_std, targets, scale),
        "position": positions(draws, noise_std, targets),
    }


def regression_of_scores(scores: Mapping[str, np.ndarray]) -> dict[str, Statistic]:
    """Return rmse, nll (nat) and coverage_<level>, as far as `scores` (inputs,) by name are there for them."""
    statistics = {"nll": mean_of(scores["nll"])} if "nll" in scores else {}
    if "square" in scores:
        mean_square = mean_of(scores["square"])
        statistics["rmse"] = lambda weights: np.sqrt(mean_square(weights))
    if "position" in scores:
        statistics |= {name: mean_of(hits.astype(float)) for name, hits in _held(scores["position"]).items()}
    return statistics


def regression_metrics(
    draws: np.ndarray, noise_std: Noise, targets: np.ndarray, scale: float, seed: int
) -> dict[str, Estimate]:
    """Return rmse, crps, nll (nat), aurc (of the squared error), and coverage_<level>, with Wilson's interval.

    Parameters
    ----------
    draws : (samples, inputs)
        Scaled means; the predictive density is the mixture of their Gaussians.
    noise_std
        Of each Gaussian, scaled; see `Noise`.
    targets : (inputs,)
        Scaled.
    scale
        Original units in one scaled unit.
    seed
        Of the bootstrap.
    """
    statistics = regression_statistics(draws, noise_std, targets, scale)
    shares = {name: share_of(hits) for name, hits in _held(positions(draws, noise_std, targets)).items()}
    others = {name: statistic for name, statistic in statistics.items() if name not in shares}
    return {name: bootstrapped(statistic, len(targets), seed) for name, statistic in others.items()} | shares


def _held(position: np.ndarray) -> dict[str, np.ndarray]:
    """Return which targets (inputs,), by their positions, lie within each central interval."""
    off = np.abs(position - 0.5)
    return {f"coverage_{round(100 * level)}": off <= level / 2 for level in COVERAGE_LEVELS}


def mixture_quantile(draws: np.ndarray, noise_std: Noise, level: float) -> np.ndarray:
    """Return the quantile (inputs,) at `level` of the mixture of Gaussians at `draws` (samples, inputs)."""
    reach = np.max(noise_std) * norm.ppf(1 - 1e-9)
    inputs, varies = np.arange(draws.shape[1]), np.shape(noise_std)[1:] not in ((), (1,))

    def excess(x: np.ndarray, index: np.ndarray) -> np.ndarray:
        of = index.astype(int)
        std = np.take(noise_std, of, axis=1) if varies else noise_std
        return ndtr((x - draws.take(of, axis=1)) / std).mean(axis=0) - level

    bracket = (draws.min(axis=0) - reach, draws.max(axis=0) + reach)
    return elementwise.find_root(excess, bracket, args=(inputs,)).x
