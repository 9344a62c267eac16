"""Gate voltages by the width that a device shows while it is read.

A read voltage acts on the anisotropy, so that sigma depends on the input. Widths are set as a row's typical voltage
makes them: that whose square is the mean fourth power of the row's voltages over their mean square, since a device adds
to the variance of a column as the square of its voltage. On average over inputs a weight then has its variance, to the
second order in the voltage; what is left is its change with the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.system.array.devices import StochasticModel
from magbayes.system.array.electrical import Drive
from magbayes.system.settings import AcceleratorSettings

_POINTS = 513
"""Gate voltages at which widths are tabulated."""


@dataclass(frozen=True)
class Tuning:
    """Widths of reads at gate voltages, for every row of a layer.

    Attributes
    ----------
    voltage : (points,)
        Gate voltages, rising, V.
    width : (rows or 1, points)
        Std that a device of the row shows at its typical voltage, S; does not fall.
    """

    voltage: np.ndarray
    width: np.ndarray

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest std that devices of all rows can show, S."""
        return float(self.width[:, 0].max()), float(self.width[:, -1].min())

    def sigma(self, gate: np.ndarray) -> np.ndarray:
        """Return the std that devices (..., rows, columns) at gate voltages in V show, S."""
        return self._by_row(gate, self.voltage, self.width)

    def voltage_for(self, sigma: np.ndarray) -> np.ndarray:
        """Return the gate voltages in V of devices (..., rows, columns) that show `sigma` in S; ends are held."""
        return self._by_row(sigma, self.width, self.voltage)

    def within(self, sigma: np.ndarray) -> np.ndarray:
        """Return where some gate voltage makes a device (..., rows, columns) show `sigma` in S."""
        low, high = self.width[:, :1], self.width[:, -1:]
        held: np.ndarray = (sigma >= low) & (sigma <= high)
        return held

    @staticmethod
    def _by_row(at: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        rows = at.shape[-2]
        xs, ys = (np.broadcast_to(values, (rows, values.shape[-1])) for values in (x, y))
        found = [np.interp(at[..., row, :], xs[row], ys[row]) for row in range(rows)]
        return np.stack(found, axis=-2)


def offered_gates(model: StochasticModel, integration_time: float, read_voltage: float) -> tuple[float, float]:
    """Return the gate voltages of the smallest and of the largest sigma that such reads leave to be used, V."""
    ends = model.voltage_for(np.array(model.sigma_range(integration_time, read_voltage)), integration_time)
    return float(ends[0]), float(ends[1])


def tuning(model: StochasticModel, settings: AcceleratorSettings, driven: Drive | None = None) -> Tuning:
    """Return the widths of devices whose rows are driven so; by default as they show without a voltage."""
    time, acting = settings.read_time, settings.acting_voltage
    voltage = np.linspace(*offered_gates(model, time, acting), _POINTS)
    typical, lean = (np.zeros(1),) * 2 if driven is None or not acting else (driven.typical, driven.lean)
    if settings.opposite:
        # The other device of the pair sees the opposite.
        lean = np.zeros_like(typical)
    spread = np.sqrt(np.maximum(typical**2 - lean**2, 0.0))
    low, high = model.voltage_range
    variances = [
        np.asarray(model.sigma(np.clip(voltage + model.read_lever * shift[:, None], low, high), time).value) ** 2
        for shift in (lean - spread, lean + spread)
    ]
    return Tuning(voltage, np.maximum.accumulate(np.sqrt(np.mean(variances, axis=0)), axis=1))
