"""Memory of the stochastic MTJ: thermal precession whose frequency depends on its amplitude.

Small deviations of m from the easy axis are a damped rotation that noise drives. Larger ones precess slower, because
the field of a perpendicular anisotropy goes with m_z; so devices that are in step drift apart by more than damping and
noise explain. As a complex amplitude a, whose real part is the normal score of m·p,

    da = (-1 / tau + i (omega + shift |a|^2 / 2)) a dt + sqrt(2 / tau) dW,    <|a|^2> = 2.

The rotation leaves the density as it is: real and imaginary part are Gaussian with variance 1 at any `shift`. The
autocorrelation is known in closed form: M. I. Dykman and M. A. Krivoglaz, Phys. Status Solidi B 48, 497 (1971).

That form is a sum of damped exponentials, so that averages over an integration time T have closed forms too. Their
variance over that of an instant is 2 / T times the integral of (1 - t / T) rho(t) from 0 to T, the variance function
of E. Vanmarcke, Random Fields (1983), chapter 5.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares
from scipy.signal import fftconvolve
from scipy.stats import sem

from magbayes.data.shapes import Autocovariance, OfLags

FLOOR = 0.003
"""Least error that a measured autocorrelation counts with: the shortest lags, known to 0.001, would outweigh all."""

NEGLECTED = 1e-7
"""Largest relative size of the exponentials that are left out of the sum."""


class Memory(NamedTuple):
    """Parameters of the process: numbers, arrays of them, or estimates."""

    decay_time: Any
    """tau, decay time of the amplitude, s."""
    angular_frequency: Any
    """omega, that of a small amplitude, rad/s."""
    frequency_shift: Any
    """Change of the frequency at the mean square amplitude, rad/s; 0 or less."""


def autocorrelation(
    time: ArrayLike, tau: float | np.ndarray, omega: float | np.ndarray, shift: float | np.ndarray
) -> np.ndarray:
    """Autocorrelation of the normal scores after `time` (s); exp(-t/tau) cos(omega t) without shift."""
    time = np.asarray(time, dtype=float)
    rate = 1 / tau
    root = np.sqrt(rate**2 - 2j * shift * rate)
    # exp(rate t) / (cosh(root t) + (rate - i shift) / root sinh(root t))^2 without its overflow.
    decayed = np.exp(-2 * root * time)
    bracket = (1 + decayed) / 2 + (rate - 1j * shift) / root * (1 - decayed) / 2
    return np.asarray((np.exp((rate - 2 * root + 1j * omega) * time) / bracket**2).real)


def _slopes(time: np.ndarray, tau: float, omega: float, shift: float) -> np.ndarray:
    """Derivatives (3, times) of `autocorrelation` by its parameters."""
    rate = 1 / tau
    whole, root = rate - 1j * shift, np.sqrt(rate**2 - 2j * shift * rate)
    decayed, ratio = np.exp(-2 * root * time), whole / root
    bracket = (1 + decayed) / 2 + ratio * (1 - decayed) / 2
    value = np.exp((rate - 2 * root + 1j * omega) * time) / bracket**2

    def by(rates: float, shifts: float) -> np.ndarray:
        """Derivative along a direction of rate and shift."""
        of_root = (whole * rates - 1j * rate * shifts) / root
        of_ratio = (rates - 1j * shifts - ratio * of_root) / root
        of_bracket = -time * decayed * of_root * (1 - ratio) + of_ratio * (1 - decayed) / 2
        return np.asarray(value * ((rates - 2 * of_root) * time - 2 * of_bracket / bracket))

    return np.asarray(np.stack([by(-(rate**2), 0.0), 1j * time * value, by(0.0, 1.0)]).real)


def _exponentials(
    tau: float | np.ndarray, omega: float | np.ndarray, shift: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes and rates in 1/s, (terms,) + S, of the exponentials whose sum has `autocorrelation` as its real part.

    Its denominator is the sum of a geometric series in exp(-2 root t).
    """
    rate = 1 / np.asarray(tau, dtype=float)
    root = np.sqrt(rate**2 - 2j * shift * rate)
    grown, decayed = (1 + (rate - 1j * shift) / root) / 2, (1 - (rate - 1j * shift) / root) / 2
    ratio = -decayed / grown
    largest = float(np.abs(ratio).max(initial=0.0))
    terms = 1 + (math.ceil(math.log(NEGLECTED) / math.log(largest)) if largest > NEGLECTED else 0)
    index = np.arange(terms).reshape(-1, *[1] * np.ndim(ratio))
    return (index + 1) * ratio**index / grown**2, rate - 2 * root * (index + 1) + 1j * omega


def variance_function(
    time: float, tau: float | np.ndarray, omega: float | np.ndarray, shift: float | np.ndarray
) -> np.ndarray:
    """Variance of an average over `time` (s) over that of an instant; 1 for an instant."""
    if time == 0:
        return np.ones(np.broadcast_shapes(np.shape(tau), np.shape(omega), np.shape(shift)))
    amplitudes, rates = _exponentials(tau, omega, shift)
    grown = rates * time
    return np.asarray(2 * (amplitudes * (np.expm1(grown) - grown) / grown**2).real.sum(axis=0))


def read_autocorrelation(
    lag: ArrayLike,
    time: float,
    tau: float | np.ndarray,
    omega: float | np.ndarray,
    shift: float | np.ndarray,
) -> np.ndarray:
    """Correlation of two averages over `time` that begin `lag` apart; both in s, the lag not the shorter.

    Lags broadcast to the parameters.
    """
    if time == 0:
        return autocorrelation(lag, tau, omega, shift)
    amplitudes, rates = _exponentials(tau, omega, shift)
    # Each exponential of an average over the first window and the second: that between them, from the end of one on.
    averaged = amplitudes * (np.expm1(rates * time) / (rates * time)) ** 2
    between = np.asarray(lag, dtype=float) - time
    total = sum(part * np.exp(rate * between) for part, rate in zip(averaged, rates, strict=True))
    return np.asarray(np.real(total) / variance_function(time, tau, omega, shift))


def measure(scores: np.ndarray, lags: int) -> Autocovariance:
    """Autocovariance (replicas, lags) of series (replicas, samples, components) of mean 0 and variance 1.

    No mean is taken off: a record that is not much longer than its memory would lose its slow part with it.
    """
    samples = scores.shape[1]
    products: np.ndarray = fftconvolve(scores, scores[:, ::-1], axes=1)[:, samples - 1 : samples - 1 + lags]
    covariance: np.ndarray = (products / (samples - np.arange(lags))[:, None]).mean(axis=2)
    return covariance


def normalise(covariance: Autocovariance) -> tuple[OfLags, OfLags]:
    """Autocorrelation (lags,) of replicas with autocovariances (replicas, lags), and its standard error."""
    mean = covariance.mean(axis=0)
    acf = mean / mean[0]
    return acf, sem(covariance - acf * covariance[:, :1]) / mean[0]


def fit(lags: OfLags, covariance: Autocovariance, start: Memory | None = None) -> Memory:
    """Memory of replicas with autocovariances (replicas, lags) at `lags` (s).

    Weighted least squares: short lags are known far better than long ones. The best of several fits, or that from
    `start`.
    """
    acf, error = normalise(covariance)
    error = np.maximum(error, FLOOR)
    unit = lags[1]
    below = np.flatnonzero(acf < 0)
    quarter = (lags[below[0]] if below.size else lags[-1]) / unit
    mean = np.array([0.25, 1.0, 1.5]) * np.pi / (2 * quarter)
    # A shift s moves the mean frequency by 2 s: large amplitudes count for more.
    guesses = [(2 * quarter, (1 + 2 * part) * m, -part * m) for m in mean for part in (0.02, 0.2)]
    if start is not None:
        guesses = [(start.decay_time / unit, start.angular_frequency * unit, start.frequency_shift * unit)]
    bounds = ([1e-2, 0.0, -np.pi], [1e6, np.pi, 0.0])

    def residual(parameters: np.ndarray) -> np.ndarray:
        return np.asarray((autocorrelation(lags / unit, *parameters) - acf) / error)

    def slopes(parameters: np.ndarray) -> np.ndarray:
        return np.asarray(_slopes(lags / unit, *parameters).T / error[:, None])

    fits = [
        least_squares(residual, np.clip(guess, *bounds), jac=slopes, bounds=bounds, x_scale="jac") for guess in guesses
    ]
    tau, omega, shift = min(fits, key=lambda fit: fit.cost).x
    return Memory(float(tau * unit), float(omega / unit), float(shift / unit))
