"""Fit the compact model of the stochastic MTJ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.constants import k
from scipy.interpolate import PchipInterpolator
from scipy.stats import norm, sem, t

from magbayes.compact_models import precession
from magbayes.compact_models.equilibrium import by_parts, drift_p_value, missing_of_start, relaxation_time
from magbayes.compact_models.fit.averages import averages, variance_function
from magbayes.compact_models.fit.controls import mean_squares
from magbayes.compact_models.fit.ensembles import expect
from magbayes.compact_models.fit.marginal import Marginal, marginals, resampled_rows, standardised
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data.seeds import derive, text_of
from magbayes.micromag import raw

TIMES = 4
"""Places for each trajectory where weights decide how often it counts: none is off by more than a quarter of one."""


@dataclass(frozen=True)
class FluctuationStatistics:
    """Statistics of m·p at one gate voltage; `lags` and `autocorrelation` (lags,) are kept to be looked at."""

    voltage: float
    marginal: Marginal
    sigma_parts: np.ndarray
    drift_p_value: float
    relaxation_time: float
    start_bias: float
    record_p_value: float
    integration_time: np.ndarray
    variance_function: np.ndarray
    excess_kurtosis: np.ndarray
    quantiles: np.ndarray
    gaussian_p_value: float
    detectable_kurtosis: float
    decay_time: float
    angular_frequency: float
    frequency_shift: float
    memory_misfit: float
    integrated_time: float
    lags: np.ndarray
    autocorrelation: np.ndarray
    resampled_decay_time: np.ndarray
    resampled_frequency: np.ndarray
    resampled_shift: np.ndarray
    resampled_variance_function: np.ndarray


def longest_read(ensemble: raw.RawEnsemble) -> int:
    """Samples of the longest read of a stochastic MTJ: half of a record, or the whole where some are led to passages.

    These records are half as long, and there are more of them.
    """
    samples = len(ensemble.time)
    return samples if ensemble.magnetisation.shape[1] > ensemble.own else samples // 2


def analyse_fluctuation(
    ensemble: raw.RawEnsemble, seed: int, marginal: Marginal | None = None, longest: int | None = None
) -> FluctuationStatistics:
    """Statistics of m·p of a stochastic MTJ's ensemble; `seed` decides how its replicas are resampled.

    The longest average is over `longest` samples; over `longest_read` of them if left out.

    Both x and y count where the device is alike along them, so that either is m·p; of another shape, x alone, which is
    along the reference layer. The mean is 0 by symmetry, and the marginal is symmetrised; the width is taken about 0.
    Width and shape of instants are those of `marginal`, or of the ensemble alone; memory, and how averages narrow, come
    from the trajectories, the latter with what equilibrium shows at instants (`magbayes.compact_models.fit.controls`).
    Errors come from the spread between replicas, which are independent (x and y of one replica
    are not): estimators for Markov chains cut the sum of autocorrelations where it first turns negative, and precession
    turns it negative at once. Whether the record is in equilibrium is told from the square of m·p, which is 0 in all
    replicas that start along the normal, see `magbayes.compact_models.equilibrium`.
    """
    if marginal is None:
        (marginal,) = marginals([ensemble], [seed])
    read = raw.along_reference(ensemble.magnetisation[0], ensemble.in_plane_symmetric).astype(np.float64)
    x = read[: ensemble.own]  # (replicas, samples, components)
    both = (x**2).mean(axis=2)
    parts = by_parts(both)
    interval, duration = ensemble.time[1] - ensemble.time[0], np.ptp(ensemble.time)
    relaxation = relaxation_time(both, duration)
    started = ensemble.draws is None
    missing = missing_of_start(relaxation, ensemble.time[0] - interval, duration) if started else 0.0
    weights = np.full(len(read), 1 / len(read)) if ensemble.weights is None else ensemble.weights
    # Normal scores: the sampler correlates these and maps them to the marginal.
    scores = normal_scores(read, weights)
    lags = ensemble.time - ensemble.time[0]
    longest = longest or longest_read(ensemble)
    window = max(8, longest // 2)
    covariance = precession.measure(scores, window)
    chosen = covariance[alike(weights)]
    acf, _ = precession.normalise(chosen)
    memory = precession.fit(lags[:window], chosen)
    misfit = acf - precession.autocorrelation(lags[:window], *memory)
    reads = averages(read, interval, ensemble.weights, longest)
    rows = resampled_rows(len(x), seed)
    further = len(x) + resampled_rows(len(read) - len(x), derive(seed, "softer"))
    drawn = np.concatenate([rows, further], axis=1)
    square, resampled_square = mean_squares(
        reads,
        ensemble.magnetisation[0],
        drawn,
        memory,
        marginal,
        ensemble.in_plane_symmetric,
    )
    memories = [precession.fit(lags[:window], covariance[row[alike(weights[row])]], memory) for row in drawn]
    names = ("resampled_decay_time", "resampled_frequency", "resampled_shift")
    kurtosis, error = marginal.excess_kurtosis, marginal.kurtosis_error
    return FluctuationStatistics(
        voltage=float(ensemble.value("voltage")),
        marginal=marginal,
        sigma_parts=np.sqrt(parts.mean(axis=0)),
        drift_p_value=drift_p_value(parts),
        relaxation_time=relaxation,
        start_bias=float(1 - np.sqrt(1 - missing)),
        record_p_value=_record_p_value(both.mean(axis=1), marginal) if ensemble.draws else 1.0,
        integration_time=reads.time,
        variance_function=variance_function(square, reads.time, memory),
        excess_kurtosis=np.append(kurtosis, reads.kurtosis[1:]),
        quantiles=standardised(np.concatenate([marginal.quantiles[None], reads.quantiles[1:]])),
        gaussian_p_value=float(2 * norm.sf(abs(kurtosis) / error)),
        detectable_kurtosis=float((norm.isf(0.025) + norm.isf(0.2)) * error),
        **memory._asdict(),
        memory_misfit=float(np.abs(misfit).max()),
        integrated_time=float(lags[1] * x.shape[1] * (x.mean(axis=1) ** 2).mean() / (x**2).mean()),
        lags=lags[:window],
        autocorrelation=acf,
        resampled_variance_function=np.stack(
            [variance_function(row, reads.time, fit) for row, fit in zip(resampled_square, memories, strict=True)]
        ),
        **dict(zip(names, np.transpose(memories), strict=True)),
    )


def normal_scores(read: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Normal scores of records (replicas, samples, components), of which each counts by its weight (replicas,)."""
    shares = np.broadcast_to(weights[:, None, None], read.shape).ravel()
    order = read.ravel().argsort()
    upper = np.cumsum(shares[order])
    below = np.empty(read.size)
    below[order] = (upper - shares[order] / 2) / upper[-1]
    return np.asarray(norm.ppf(below).reshape(read.shape))


def alike(weights: np.ndarray) -> np.ndarray:
    """Numbers of replicas, each as often as its weight says, so that they count alike; of equal weights, each once.

    Systematic resampling: what is expected is exact, and no number is off by more than one.
    """
    count = len(weights) if np.ptp(weights) == 0 else TIMES * len(weights)
    places = (np.arange(count) + 0.5) / count
    return np.searchsorted(np.cumsum(weights) / weights.sum(), places)


def _record_p_value(square: np.ndarray, marginal: Marginal) -> float:
    """P-value of the test that mean squares (replicas,) of trajectories are those of the states that they started from.

    The latter tell the width far better, and count as independent.
    """
    error = np.hypot(sem(square), 2 * marginal.sigma * marginal.sigma_error)
    return float(2 * t.sf(abs(square.mean() - marginal.sigma**2) / error, len(square) - 1))


def _mean_response(varied: Mapping[str, Any]) -> float:
    """Mean over the gate voltages of d ln std(m·p) / d ln diameter, weighted by its errors."""
    return float(np.average(varied["diameter_response"], weights=varied["diameter_response_error"] ** -2.0))


def _slopes(points: Sequence[FluctuationStatistics]) -> np.ndarray:
    """Slope of sigma over the voltage, 1/V, at each gate, and that of the resamples (1 + resamples, V).

    By reweighting where there are energies; else that of a monotone curve through the widths.
    """
    measured = [
        np.append(p.marginal.slope, p.marginal.resampled_slope)
        for p in points
        if p.marginal.slope is not None and p.marginal.resampled_slope is not None
    ]
    if measured:
        return np.transpose(measured)
    sigma = [np.append(p.marginal.sigma, p.marginal.resampled_sigma) for p in points]
    return np.asarray(PchipInterpolator([p.voltage for p in points], sigma).derivative()([p.voltage for p in points])).T


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
    seeds = [derive(seed, f"{text_of(float(e.value('voltage')), '+')}V") for e in ensembles]
    drawn = marginals(ensembles, seeds)
    longest = min(longest_read(e) for e in ensembles)
    points = [analyse_fluctuation(*point, longest) for point in zip(ensembles, seeds, drawn, strict=True)]
    first = ensembles[0]
    conductance = float(first.value("perpendicular_conductance"))
    scale = conductance * float(first.value("polarisation_squared"))
    barriers = np.array([float(e.value("macrospin_barrier")) for e in ensembles])
    thermal = k * float(first.value("temperature"))
    column: Any = lambda name: np.array([getattr(p, name) for p in points])  # noqa: E731
    replicas = np.array([e.magnetisation.shape[1] for e in ensembles])
    own: Any = lambda name: np.array([getattr(p.marginal, name) for p in points])  # noqa: E731
    sigma, error = own("sigma"), t.ppf(0.975, replicas - 1) * own("sigma_error")
    slope, resampled_sigma = _slopes(points), scale * own("resampled_sigma").T
    sensitivity = [p.marginal.sensitivity for p in points if p.marginal.sensitivity is not None]
    sensitivity_error = [p.marginal.sensitivity_error for p in points if p.marginal.sensitivity_error is not None]
    none = np.zeros((0, len(points)))
    model = StochasticModel(
        voltage=column("voltage"),
        conductance_mean=np.full(len(points), conductance),
        conductance_sigma=scale * sigma,
        sigma_low=scale * np.maximum(sigma - error, 0.0),
        sigma_high=scale * (sigma + error),
        sigma_slope=scale * slope[0],
        sensitivity=np.transpose(sensitivity) if sensitivity else none,
        sensitivity_error=np.transpose(sensitivity_error) if sensitivity_error else none,
        decay_time=column("decay_time"),
        angular_frequency=column("angular_frequency"),
        frequency_shift=column("frequency_shift"),
        memory_misfit=column("memory_misfit"),
        integrated_time=column("integrated_time"),
        integration_time=points[0].integration_time,
        variance_function=column("variance_function"),
        quantiles=column("quantiles"),
        largest_deviation=np.full(len(points), scale),
        effective_samples=own("effective_samples"),
        skewness=own("skewness"),
        skewness_error=own("skewness_error"),
        excess_kurtosis=column("excess_kurtosis"),
        gaussian_p_value=column("gaussian_p_value"),
        detectable_kurtosis=column("detectable_kurtosis"),
        convergence=own("convergence"),
        sigma_parts=scale * column("sigma_parts"),
        drift_p_value=column("drift_p_value"),
        relaxation_time=column("relaxation_time"),
        start_bias=column("start_bias"),
        record_p_value=column("record_p_value"),
        resampled_sigma=resampled_sigma,
        resampled_slope=scale * slope[1:],
        resampled_decay_time=column("resampled_decay_time").T,
        resampled_frequency=column("resampled_frequency").T,
        resampled_shift=column("resampled_shift").T,
        resampled_variance_function=np.moveaxis(column("resampled_variance_function"), 0, 1),
        resampled_quantiles=standardised(np.moveaxis(own("resampled_quantiles"), 0, 1)),
        anisotropy_offset=float(varied["anisotropy_offset"]),
        diameter_spread=float(varied["diameter_spread"]),
        diameter_response=_mean_response(varied),
        read_lever=float(first.value("read_lever")),
        gate_capacitance=float(first.value("gate_capacitance")),
        gate_conductance=np.array([float(e.value("gate_conductance")) for e in ensembles]),
        macrospin_sigma=scale * np.where(barriers > 0, np.sqrt(thermal / (2 * np.abs(barriers))), 0.0),
    )
    return model, points
