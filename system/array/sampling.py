"""Whether a column may be drawn as one Gaussian instead of device by device, and what error that makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.data.shapes import Pair
from magbayes.system.array.devices import StochasticModel
from magbayes.system.array.electrical import Drive
from magbayes.system.settings import AcceleratorSettings

# Successive reads that are looked at: an oscillating memory may pass through zero at one of them.
_LAGS = range(1, 6)
# Gate voltages at which the memory is looked at.
_GRID = 200
# Largest |x^3 - 3 x| times the normal density, over 4!: what an excess kurtosis of 1 moves a distribution function by,
# to first order (Edgeworth).
_KURTOSIS_STEP = 0.5506 / 24


@dataclass(frozen=True)
class Aggregation:
    """How far the reads of a layer are from independent and Gaussian.

    Attributes
    ----------
    correlation
        Largest absolute correlation of a device's reads with one of the next five.
    distance
        Largest distance, of all columns, between the distribution function of a column's current and the Gaussian's of
        the same std, for inputs that drive the rows as the calibration inputs do.
    """

    correlation: float
    distance: float

    def allowed(self, settings: AcceleratorSettings) -> bool:
        """Return whether columns may be drawn."""
        return max(self.correlation, self.distance) <= settings.sampling_tolerance


def largest_correlation(gate: np.ndarray, model: StochasticModel, interval: float, integration_time: float) -> float:
    """Return the largest absolute correlation of reads of devices at gate voltages (...) in V; times in s."""
    voltage = np.linspace(gate.min(), gate.max(), _GRID)
    return max(float(np.abs(model.autocorrelation(voltage, lag * interval, integration_time)).max()) for lag in _LAGS)


def aggregation(
    gate: Pair,
    model: StochasticModel,
    settings: AcceleratorSettings,
    driven: Drive | None = None,
    held: np.ndarray | None = None,
) -> Aggregation:
    """Judge the reads of devices at gate voltages `gate` (2, rows, columns) in V, of those `held` (rows, columns).

    Cumulants of independent devices add up, those of order n times the nth power of the row voltage. Without `driven`
    a single row is, whichever is worst.
    """
    if held is not None and not held.any():
        return Aggregation(0.0, 0.0)
    kurtosis = np.abs(model.excess_kurtosis_at(gate, settings.read_time))
    square = np.asarray(model.sigma(gate, settings.read_time).value) ** 2
    if held is not None:
        square, gate = square * held, gate[:, held]
    second, fourth = square.sum(axis=0), (square**2 * kurtosis).sum(axis=0)
    if driven is not None:
        second, fourth = (
            (moment[:, None] * cumulant).sum(axis=0)
            for moment, cumulant in ((driven.square, second), (driven.square * driven.typical**2, fourth))
        )
    correlation = largest_correlation(gate, model, settings.sample_interval, settings.read_time)
    # A column without any is as Gaussian as it gets.
    of_column = fourth / np.where(second > 0, second, np.inf) ** 2
    return Aggregation(correlation, float(_KURTOSIS_STEP * of_column.max()))


def by_columns(reads: Aggregation, settings: AcceleratorSettings) -> bool:
    """Return whether to draw columns.

    Raises
    ------
    ValueError
        Columns are asked for, but the reads do not allow it.
    """
    if settings.sampling == "columns" and not reads.allowed(settings):
        raise ValueError(
            f"sampling = columns needs independent, nearly Gaussian reads; at sample_interval = "
            f"{settings.sample_interval:g} s the correlation of successive reads is up to {reads.correlation:.2g} and "
            f"the distance from a Gaussian up to {reads.distance:.2g}, above sampling_tolerance = "
            f"{settings.sampling_tolerance:g}; lengthen the interval, or take sampling = devices"
        )
    return settings.sampling != "devices" and reads.allowed(settings)
