"""Fit the compact model of the stochastic MTJ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpyro.diagnostics import split_gelman_rubin
from scipy.constants import k
from scipy.interpolate import make_interp_spline
from scipy.stats import norm, sem, t

from magbayes.compact_models import precession
from magbayes.compact_models.equilibrium import by_parts, drift_p_value, missing_of_start, relaxation_time
from magbayes.compact_models.fit.averages import Averages, averages, variance_function
from magbayes.compact_models.fit.ensembles import expect
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data.seeds import derive, generator, text_of
from magbayes.micromag import raw


@dataclass(frozen=True)
class FluctuationStatistics:
    """Statistics of m·p at one gate voltage; `lags` and `autocorrelation` (lags,) are kept to be looked at."""

    voltage: float
    sigma: float
    sigma_error: float
    effective_samples: float
    convergence: float
    sigma_parts: np.ndarray
    drift_p_value: float
    relaxation_time: float
    start_bias: float
    skewness: float
    skewness_error: float
    integration_time: np.ndarray
    variance_function: np.ndarray
    excess_kurtosis: np.ndarray
    gaussian_p_value: float
    detectable_kurtosis: float
    quantiles: np.ndarray
    decay_time: float
    angular_frequency: float
    frequency_shift: float
    memory_misfit: float
    integrated_time: float
    lags: np.ndarray
    autocorrelation: np.ndarray
    resampled_sigma: np.ndarray
    resampled_decay_time: np.ndarray
    resampled_frequency: np.ndarray
    resampled_shift: np.ndarray
    resampled_variance_function: np.ndarray
    resampled_quantiles: np.ndarray


RESAMPLES = 64
"""Resamples of the replicas, with replacement, in which the uncertainty of a fit travels."""

BINS = 4000
"""Bins of m·p between -1 and 1 in which replicas are summed up for resampling."""


def _standardised(quantiles: np.ndarray) -> np.ndarray:
    """Quantile function at `SCORES` (..., scores), straight beyond them, scaled to variance 1."""
    fine = np.linspace(-6.0, 6.0, 4001)
    weight = norm.pdf(fine) / np.sum(norm.pdf(fine))
    # Linear between the scores and beyond: each value counts with its share of the points.
    share = make_interp_spline(SCORES, np.eye(len(SCORES)), k=1)(fine)
    spread = ((quantiles @ share.T) ** 2) @ weight
    standardised: np.ndarray = quantiles / np.sqrt(spread)[..., None]
    return standardised


def _resample(
    x: np.ndarray, reads: Averages, lags: np.ndarray, covariance: np.ndarray, fitted: precession.Memory, seed: int
) -> dict[str, Any]:
    """What else sigma, averages, memory and quantiles could have been.

    Replicas are drawn with replacement: B. Efron, Ann. Stat. 7, 1 (1979). `x` is (replicas, samples, components),
    `covariance` (replicas, lags).
    """
    rows = generator(seed, "bootstrap").integers(len(x), size=(RESAMPLES, len(x)))
    edges = np.linspace(-1, 1, BINS + 1)
    counts = np.array([np.histogram(replica, edges)[0] for replica in x])
    counts = counts + counts[:, ::-1]  # a symmetric marginal
    # How often each replica was drawn: the replicas' counts themselves, drawn anew, would take 64 times their memory.
    times = np.array([np.bincount(row, minlength=len(x)) for row in rows])
    shares = np.cumsum(times @ counts, axis=1) / (2 * x[0].size * len(x))
    quantiles = np.array([np.interp(norm.cdf(SCORES), share, edges[1:]) for share in shares])
    memory = [precession.fit(lags, covariance[index], fitted) for index in rows]
    square = reads.square[rows].mean(axis=1)
    return {
        "resampled_sigma": np.sqrt(square[:, 0]),
        "resampled_variance_function": np.stack(
            [variance_function(row, reads.time, drawn) for row, drawn in zip(square, memory, strict=True)]
        ),
        **dict(
            zip(("resampled_decay_time", "resampled_frequency", "resampled_shift"), np.transpose(memory), strict=True)
        ),
        "resampled_quantiles": _standardised(quantiles),
    }


def _moment_ratio(moment: np.ndarray, second: np.ndarray, power: float) -> tuple[float, float]:
    """Mean of a moment over that of the second to a power, with its jackknife error; (replicas,) both."""
    n = len(moment)
    leave = ((moment.sum() - moment) / (n - 1)) / ((second.sum() - second) / (n - 1)) ** power
    error = np.sqrt((n - 1) / n * np.sum((leave - leave.mean()) ** 2))
    return float(moment.mean() / second.mean() ** power), float(error)


def analyse_fluctuation(ensemble: raw.RawEnsemble, seed: int) -> FluctuationStatistics:
    """Statistics of m·p of a stochastic MTJ's ensemble; `seed` decides how its replicas are resampled.

    Both x and y count where the device is alike along them, so that either is m·p; of another shape, x alone, which is
    along the reference layer. The mean is 0 by symmetry, and the marginal is symmetrised; the width is taken about 0.
    Errors come from the spread between replicas, which are independent (x and y of one replica are not), and the
    effective sample size from that error: estimators for Markov chains cut the sum of autocorrelations where it first
    turns negative, and precession turns it negative at once. Split R-hat is that of A. Vehtari et al., Bayesian
    Analysis 16, 667 (2021), by NumPyro. Whether the record is in equilibrium is told from the square of m·p, which is 0
    in all replicas at their start, see `magbayes.compact_models.equilibrium`.
    """
    read = raw.along_reference(ensemble.magnetisation[0], ensemble.in_plane_symmetric)
    x = read.astype(np.float64)  # (replicas, samples, components)
    square = x**2
    variance = square.mean()
    sigma = np.sqrt(variance)
    both = square.mean(axis=2)
    parts = by_parts(both)
    interval, duration = ensemble.time[1] - ensemble.time[0], np.ptp(ensemble.time)
    relaxation = relaxation_time(both, duration)
    missing = missing_of_start(relaxation, ensemble.time[0] - interval, duration)
    second, fourth = square.mean(axis=(1, 2)), (x**4).mean(axis=(1, 2))
    variance_error = sem(second)
    kurtosis, kurtosis_error = _moment_ratio(fourth, second, 2)
    # Along the reference layer only: x and y might be skewed in opposite ways.
    skewness, skewness_error = _moment_ratio((x[..., 0] ** 3).mean(axis=1), second, 1.5)
    # Normal scores: the sampler correlates these and maps them to the marginal.
    ranks = x.ravel().argsort().argsort().reshape(x.shape)
    scores = norm.ppf((ranks + 0.5) / x.size)
    lags = ensemble.time - ensemble.time[0]
    window = max(8, len(lags) // 4)
    covariance = precession.measure(scores, window)
    acf, _ = precession.normalise(covariance)
    memory = precession.fit(lags[:window], covariance)
    misfit = acf - precession.autocorrelation(lags[:window], *memory)
    reads = averages(x, interval)
    return FluctuationStatistics(
        voltage=float(ensemble.value("voltage")),
        sigma=float(sigma),
        sigma_error=float(variance_error / (2 * sigma)),
        effective_samples=float(square.var() / variance_error**2),
        convergence=float(split_gelman_rubin(x).max()),
        sigma_parts=np.sqrt(parts.mean(axis=0)),
        drift_p_value=drift_p_value(parts),
        relaxation_time=relaxation,
        start_bias=float(1 - np.sqrt(1 - missing)),
        skewness=skewness,
        skewness_error=skewness_error,
        integration_time=reads.time,
        variance_function=variance_function(reads.square.mean(axis=0), reads.time, memory),
        excess_kurtosis=reads.kurtosis,
        gaussian_p_value=float(2 * norm.sf(abs(kurtosis - 3) / kurtosis_error)),
        detectable_kurtosis=float((norm.isf(0.025) + norm.isf(0.2)) * kurtosis_error),
        quantiles=_standardised(reads.quantiles),
        **memory._asdict(),
        memory_misfit=float(np.abs(misfit).max()),
        integrated_time=float(lags[1] * x.shape[1] * (x.mean(axis=1) ** 2).mean() / variance),
        lags=lags[:window],
        autocorrelation=acf,
        **_resample(x, reads, lags[:window], covariance, memory, seed),
    )


def _mean_response(varied: Mapping[str, Any]) -> float:
    """Mean over the gate voltages of d ln std(m·p) / d ln diameter, weighted by its errors."""
    return float(np.average(varied["diameter_response"], weights=varied["diameter_response_error"] ** -2.0))


def fit_stochastic_mtj(
    ensembles: Sequence[raw.RawEnsemble], varied: Mapping[str, Any], seed: int
) -> tuple[StochasticModel, list[FluctuationStatistics]]:
    """Model of the stochastic MTJ at one temperature, and what it was fitted to.

    Parameters
    ----------
    ensembles
        One a gate voltage.
    varied
        What `raw.read_variation` read for the device.
    seed
        Of the resampling of replicas, in which the uncertainty travels.
    """
    expect(ensembles, "stochastic_mtj")
    ensembles = sorted(ensembles, key=lambda e: float(e.value("voltage")))
    points = [analyse_fluctuation(e, derive(seed, f"{text_of(float(e.value('voltage')), '+')}V")) for e in ensembles]
    first = ensembles[0]
    conductance = float(first.value("perpendicular_conductance"))
    scale = conductance * float(first.value("polarisation_squared"))
    barriers = np.array([float(e.value("macrospin_barrier")) for e in ensembles])
    thermal = k * float(first.value("temperature"))
    column: Any = lambda name: np.array([getattr(p, name) for p in points])  # noqa: E731
    replicas = np.array([e.magnetisation.shape[1] for e in ensembles])
    sigma, error = column("sigma"), t.ppf(0.975, replicas - 1) * column("sigma_error")
    model = StochasticModel(
        voltage=column("voltage"),
        conductance_mean=np.full(len(points), conductance),
        conductance_sigma=scale * sigma,
        sigma_low=scale * np.maximum(sigma - error, 0.0),
        sigma_high=scale * (sigma + error),
        decay_time=column("decay_time"),
        angular_frequency=column("angular_frequency"),
        frequency_shift=column("frequency_shift"),
        memory_misfit=column("memory_misfit"),
        integrated_time=column("integrated_time"),
        integration_time=points[0].integration_time,
        variance_function=column("variance_function"),
        quantiles=column("quantiles"),
        largest_deviation=np.full(len(points), scale),
        effective_samples=column("effective_samples"),
        skewness=column("skewness"),
        skewness_error=column("skewness_error"),
        excess_kurtosis=column("excess_kurtosis"),
        gaussian_p_value=column("gaussian_p_value"),
        detectable_kurtosis=column("detectable_kurtosis"),
        convergence=column("convergence"),
        sigma_parts=scale * column("sigma_parts"),
        drift_p_value=column("drift_p_value"),
        relaxation_time=column("relaxation_time"),
        start_bias=column("start_bias"),
        resampled_sigma=scale * column("resampled_sigma").T,
        resampled_decay_time=column("resampled_decay_time").T,
        resampled_frequency=column("resampled_frequency").T,
        resampled_shift=column("resampled_shift").T,
        resampled_variance_function=np.moveaxis(column("resampled_variance_function"), 0, 1),
        resampled_quantiles=np.moveaxis(column("resampled_quantiles"), 0, 1),
        anisotropy_offset=float(varied["anisotropy_offset"]),
        diameter_spread=float(varied["diameter_spread"]),
        diameter_response=_mean_response(varied),
        macrospin_sigma=scale * np.where(barriers > 0, np.sqrt(thermal / (2 * np.abs(barriers))), 0.0),
    )
    return model, points
