"""Raw ensembles beside the compact model that was fitted to them: what the fit leaves over, and what it averages."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.precession import autocorrelation
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.stochastic_mtj import StochasticModel, rising_curve
from magbayes.data.estimate import Estimate
from magbayes.micromag.raw import RawEnsemble, along_reference


def left_out(voltage: np.ndarray, sigma: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Sigma at each inner gate voltage (V - 2,), interpolated from all others as the model interpolates."""
    others = [np.arange(len(voltage)) != i for i in range(1, len(voltage) - 1)]
    return np.array([rising_curve(voltage[o], sigma[o], slope[o])(voltage[~o])[0] for o in others])


def sigma_residual(model: StochasticModel) -> Estimate:
    """Sigma over its interpolation from the other gate voltages, less 1, at each inner voltage (V - 2,).

    The interval is that of sigma; the interpolation counts as exact.
    """
    inner, expected = slice(1, -1), left_out(model.voltage, model.conductance_sigma, model.sigma_slope)
    ends = (model.conductance_sigma, model.sigma_low, model.sigma_high)
    return Estimate(*(end[inner] / expected - 1 for end in ends))


def offered_ratios(model: StochasticModel, times: np.ndarray) -> np.ndarray:
    """Largest over smallest sigma that gate voltages can set, of reads over times (times,) in s; 1 where none can."""
    ratios = []
    for time in times.tolist():
        try:
            low, high = model.sigma_range(time)
        except ValueError:
            low = high = 1.0
        ratios.append(high / low)
    return np.array(ratios)


def modelled_autocorrelation(model: StochasticModel, index: int, lags: np.ndarray) -> np.ndarray:
    """Autocorrelation (lags,) of the model at a characterised gate voltage, by its index; lags in s."""
    return autocorrelation(lags, model.decay_time[index], model.angular_frequency[index], model.frequency_shift[index])


def marginal_residual(ensemble: RawEnsemble, quantiles: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Share of reads below `at` (points,) standard deviations in an ensemble, less that of the model's marginal."""
    reads = np.sort(ensemble.equilibrium[..., 0].ravel().astype(float))
    reads /= np.sqrt((reads**2).mean())
    measured = np.searchsorted(reads, at) / len(reads)
    return np.asarray(measured - norm.cdf(np.interp(at, quantiles, SCORES)))


def gaussian_density(reads: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Density at `at` (points,) of the Gaussian around 0 that is as wide as `reads`."""
    return np.asarray(norm.pdf(at, scale=np.sqrt((reads**2).mean())))


def width(ensemble: RawEnsemble) -> float:
    """Standard deviation of m·p about 0."""
    reads = along_reference(ensemble.equilibrium.astype(float), ensemble.in_plane_symmetric)
    return float(np.sqrt((reads**2).mean()))


def shown_start(pulse: RawEnsemble) -> int:
    """Notch of the wall at the start of the pulses that are shown: the ensemble's first group, of positive ones."""
    return int(pulse.value("start_notch")[0])


def notch_of_wall(ensemble: RawEnsemble, group: int, replica: int = 0) -> int | None:
    """Notch at whose place the wall of a domain-wall MTJ ended, or None if it left the track."""
    notches = ensemble.value("notch_positions")
    pitch = notches[1] - notches[0]
    notch = int(np.rint((ensemble.value("wall_position")[group, replica] - notches[0]) / pitch))
    return notch if 0 <= notch < len(notches) else None


def moment_loss(ensemble: RawEnsemble) -> float:
    """Share by which thermal fluctuation shortens the mean moment of the free layer."""
    return 1 - float((ensemble.magnetisation.astype(float) ** 2).sum(axis=-1).mean() ** 0.5)


def traces(pulse: RawEnsemble, replicas: int) -> np.ndarray:
    """Conductance (replicas, samples) of domain-wall MTJs in the pulses that are shown, S; see `shown_start`."""
    conductance = float(pulse.value("perpendicular_conductance"))
    contrast = float(pulse.value("polarisation_squared"))
    return conductance * (1 + contrast * pulse.magnetisation[0, :replicas, :, 2])


def likeliest_single_move(model: DomainWallModel) -> int:
    """Index of the current density whose shortest pulse moves most walls by one notch."""
    return int(model.move_probabilities.value[0][:, model.moves == 1].sum(axis=1).argmax())
