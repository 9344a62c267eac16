"""Compact model of a stochastic MTJ from its measured table of sigma, with the errors that this states."""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.stats import beta, norm, t

from magbayes.compact_models import precession
from magbayes.compact_models.fit.marginal import RESAMPLES, standardised
from magbayes.compact_models.measured.sheet import Measured
from magbayes.compact_models.numbers import NORMAL_95
from magbayes.compact_models.precession import Memory
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data.seeds import generator

TWO_STATES = 0.01
"""Distance of an excess kurtosis from -2, that of two states as long as each other, and from 0, that counts as none."""

LONG = 1e4
"""Memory times after which the variance function is that of white noise."""


def quantiles(kurtosis: np.ndarray) -> np.ndarray:
    """Standardised quantile functions (..., scores) of symmetric distributions with an excess kurtosis (...).

    Those of Pearson's system: type II (a symmetric beta distribution, of two peaks below -1.2) under 0, the Gaussian,
    and type VII (Student's) above. K. Pearson, Philos. Trans. R. Soc. A 216, 429 (1916).
    """
    share = norm.cdf(SCORES)

    def one(excess: float) -> np.ndarray:
        if abs(excess) < TWO_STATES:
            return np.asarray(SCORES)
        if excess > 0:
            return np.asarray(t.ppf(share, 4 + 6 / excess))
        shape = -3 / max(excess, -2 + TWO_STATES) - 1.5
        return np.asarray(2 * beta.ppf(share, shape, shape) - 1)

    rows = [one(float(excess)) for excess in np.ravel(kurtosis)]
    return standardised(np.array(rows)).reshape(*np.shape(kurtosis), len(SCORES))


def _memory(measured: Measured, rng: np.random.Generator) -> tuple[Memory, Memory]:
    """Memory at each gate voltage (V,), and as its errors leave it open (resamples, V)."""
    bias = measured.tables["bias"]
    decay, zero = bias["decay_time"], np.zeros(bias.shape)
    turn = 2 * math.pi
    omega = turn * bias["frequency"] if "frequency" in bias else zero
    error = turn * bias["frequency_error"] if "frequency_error" in bias else zero
    shift = turn * bias["frequency_shift"] if "frequency_shift" in bias else zero
    first, second = rng.standard_normal((2, RESAMPLES, len(decay)))
    return (
        Memory(decay, omega, shift),
        Memory(
            # A time is known by a factor, and stays above 0.
            decay * np.exp(first * bias["decay_time_error"] / decay),
            np.maximum(omega + second * error, 0.0),
            np.broadcast_to(shift, (RESAMPLES, len(decay))).copy(),
        ),
    )


def _variance_functions(times: np.ndarray, memory: Memory) -> np.ndarray:
    """(..., times), variance of reads by the memory's model over that of instants."""
    return np.stack([precession.variance_function(float(time), *memory) for time in times], axis=-1)


def _slope(voltage: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Slope (..., V) of monotone curves through sigma (..., V), S/V."""
    return np.asarray(PchipInterpolator(voltage, sigma, axis=-1).derivative()(voltage))


def _gate_conductance(voltage: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Current through the gate over its voltage (V,), S; without a voltage that of the neighbours."""
    known = voltage != 0
    conductance = np.abs(current[known] / voltage[known])
    return np.asarray(np.interp(voltage, voltage[known], conductance))


def stochastic_model(measured: Measured, seed: int) -> StochasticModel:
    """The model; what was not measured is 0, or 1 of p-values of tests that were not made.

    Errors of sigma are normal on a logarithmic scale. Those at one voltage are of one record, and move all its
    integration times together; those at other voltages are independent, but for the common error. Where no instants
    were measured, sigma of an instant is what the memory makes of that over the shortest time.

    Parameters
    ----------
    measured
        The sheet and its tables.
    seed
        Of the draws in which errors travel.

    Raises
    ------
    ValueError
        Sigma of instants does not rise with the voltage, or hardly ever does within its errors.
    """
    sheet, bias, table = measured.sheet, measured.tables["bias"], measured.tables["sigma"]
    voltage, times = table.axes
    sigma, relative = table["sigma"], table["sigma_error"] / table["sigma"]
    kurtosis = table["excess_kurtosis"] if "excess_kurtosis" in table else np.zeros(table.shape)
    rng = generator(seed, "measured", "smtj")
    own, common = rng.standard_normal((RESAMPLES, len(voltage), 1)), rng.standard_normal((RESAMPLES, 1, 1))
    drawn = sigma * np.exp(own * relative + common * sheet.number("common_error"))
    memory, memories = _memory(measured, rng)
    shares, drawn_shares = (_variance_functions(times[:1], one)[..., 0] for one in (memory, memories))
    instant, drawn_instant = sigma[:, 0] / np.sqrt(shares), drawn[..., 0] / np.sqrt(drawn_shares)
    if times[0] > 0:
        times = np.insert(times, 0, 0.0)
        sigma, kurtosis = np.column_stack([instant, sigma]), np.column_stack([kurtosis[:, 0], kurtosis])
        drawn = np.concatenate([drawn_instant[..., None], drawn], axis=-1)
    _require_rising(measured, voltage, instant, drawn_instant)
    error = NORMAL_95 * np.log(drawn_instant).std(axis=0, ddof=1)
    shape = quantiles(kurtosis)
    count = len(voltage)
    independent = 1 / (2 * np.hypot(relative[:, 0], sheet.number("common_error")) ** 2)
    ones, zeros, none = np.ones(count), np.zeros(count), np.zeros((0, count))
    top = sheet.parallel_conductance
    return StochasticModel(
        voltage=voltage,
        conductance_mean=bias["mean"],
        conductance_sigma=instant,
        sigma_low=instant * np.exp(-error),
        sigma_high=instant * np.exp(error),
        sigma_slope=_slope(voltage, instant),
        sensitivity=none,
        sensitivity_error=none,
        sigma_parts=none.T,
        drift_p_value=ones,
        relaxation_time=zeros,
        start_bias=zeros,
        record_p_value=ones,
        decay_time=memory.decay_time,
        angular_frequency=memory.angular_frequency,
        frequency_shift=memory.frequency_shift,
        memory_misfit=zeros,
        integrated_time=_integrated(memory),
        integration_time=times,
        variance_function=(sigma / instant[:, None]) ** 2,
        quantiles=shape,
        # Without a parallel state that is known, a conductance is only not below 0.
        largest_deviation=bias["mean"] if top is None else top.value - bias["mean"],
        effective_samples=independent,
        skewness=zeros,
        skewness_error=zeros,
        excess_kurtosis=kurtosis,
        gaussian_p_value=ones,
        detectable_kurtosis=zeros,
        convergence=ones,
        anisotropy_offset=sheet.number("offset_spread"),
        diameter_spread=sheet.number("scale_spread") / 2,
        diameter_response=0.0,
        macrospin_sigma=zeros,
        read_lever=sheet.number("read_lever"),
        gate_capacitance=sheet.number("gate_capacitance"),
        gate_conductance=_gate_conductance(voltage, bias["gate_current"]) if "gate_current" in bias else zeros,
        resampled_sigma=drawn_instant,
        resampled_slope=_slope(voltage, drawn_instant),
        resampled_decay_time=memories.decay_time,
        resampled_frequency=memories.angular_frequency,
        resampled_shift=memories.frequency_shift,
        resampled_variance_function=(drawn / drawn_instant[..., None]) ** 2,
        resampled_quantiles=np.broadcast_to(shape[:, 0], (RESAMPLES, count, len(SCORES))).copy(),
    )


def _integrated(memory: Memory) -> np.ndarray:
    """Integral of the autocorrelation over all lags (V,), s: what a long read narrows by."""
    time = LONG * float(np.max(memory.decay_time))
    return np.asarray(time * precession.variance_function(time, *memory))


def _require_rising(measured: Measured, voltage: np.ndarray, sigma: np.ndarray, drawn: np.ndarray) -> None:
    path = measured.tables["sigma"].table.path
    for i in np.flatnonzero(np.diff(sigma) <= 0):
        raise ValueError(
            f"{path}: sigma of an instant, by the decay times of {measured.tables['bias'].table.path}, does not rise "
            f"from {voltage[i]:g} V ({sigma[i]:.4g} S) to {voltage[i + 1]:g} V ({sigma[i + 1]:.4g} S); leave "
            "a voltage out"
        )
    if not (np.diff(drawn, axis=-1) > 0).all(axis=-1).any():
        raise ValueError(
            f"{path}: sigma rises in none of {len(drawn)} draws from its errors: the voltages are too close for them; "
            "leave voltages out, or state what errors have in common as common_error"
        )
