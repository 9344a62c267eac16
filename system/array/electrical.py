"""Electrical noise of a read: of its junctions, and of the amplifier and the integrator behind each column.

A junction of conductance G under a voltage v has the current noise 2 q G v coth(q v / 2 k T), one-sided, in A^2/Hz (D.
Rogovin, D. J. Scalapino, Ann. Phys. 86, 1 (1974)): Johnson's 4 k T G at v = 0, and shot noise 2 q I far above k T / q.
The mean over a read of time t varies by S / 2 t. Not checked: that the noise is white up to 1 / t, and that electrons
tunnel one by one; a Fano factor below 1, as of barriers with defects, would make shot noise less.

Where wires have a resistance, what a device counts for at the end of its column stands for its own conductance. By the
theorem of fluctuation and dissipation this is exact for Johnson noise, that of the wires among it, if only columns have
any.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.constants import Boltzmann, elementary_charge

from magbayes.data.shapes import Same
from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.slices import slice_gains
from magbayes.system.settings import AcceleratorSettings, Reading

# Below this v / (2 k T / q) the first two terms of the series are exact in single precision.
_SMALL = 0.02
# Largest relative error of the variance of shot noise that a polynomial may make.
_SHOT_ERROR = 3e-3
# Root mean square of the row voltages for which networks are trained, in units of that of a full-scale input: 0.12 to
# 0.50 in layers of the networks that come with the package.
TYPICAL = 0.2


def shot_factor(voltage: Same, thermal_voltage: jax.Array | float) -> Same:
    """Return the noise of a junction over its Johnson noise, x coth x with x = v / 2 V_T; voltages in V."""
    x = voltage / (2 * thermal_voltage)
    large = jnp.where(jnp.abs(x) > _SMALL, x, 1.0)
    factor: jax.Array = jnp.where(jnp.abs(x) > _SMALL, large / jnp.tanh(large), 1 + x**2 / 3)
    return factor


def shot_polynomial(voltage: float, thermal_voltage: float, fall: float = 0.0) -> np.ndarray | None:
    """Return c in `shot_factor` = c0 + s^2 (c1 + c2 v + c3 v^2) for v of 0 to `voltage`, both in V.

    s is what v counts for where TMR falls by `fall` in 1/V^2 (module `tmr`), as in the other variances of a column. It
    is a fit of least relative squares; None where it is not right to `_SHOT_ERROR`, as above 0.2 V at 300 K.
    """
    share = (1 - np.cos(np.linspace(0, np.pi, 200))) / 2
    factor = np.asarray(shot_factor(jnp.asarray(share * voltage), thermal_voltage), float)
    powers = np.array([0, 2, 3, 4])
    counted = np.where(powers > 0, 1 / (1 + fall * (share[:, None] * voltage) ** 2) ** 2, 1)
    terms = counted * share[:, None] ** powers / factor[:, None]
    fitted = np.linalg.lstsq(terms, np.ones(len(share)), rcond=None)[0]
    return fitted / voltage**powers if np.abs(terms @ fitted - 1).max() <= _SHOT_ERROR else None


class Drive(NamedTuple):
    """How the rows of a layer are driven, on average over inputs and rows.

    Attributes
    ----------
    square : (rows,) or (1,)
        Mean square of the voltage of each row, V^2.
    factor
        Mean of `shot_factor`.
    rows
        Of a tile; times what the bits of an input weigh, where they follow each other.
    typical, lean : (rows,) or (1,)
        Voltage of each row at which widths are set, and the mean of its voltages, both as their squares weigh them, V.
    """

    square: np.ndarray
    factor: float
    rows: float
    typical: np.ndarray
    lean: np.ndarray


class Floor(NamedTuple):
    """Variance of a read that electrical noise adds to one device, S^2: what would show as much in its column.

    Attributes
    ----------
    sigma
        To a stochastic MTJ, behind the mirror that amplifies both.
    wall
        To a domain-wall MTJ.
    """

    sigma: float
    wall: float


def thermal_voltage(temperature: float) -> float:
    """Return k T / q at a temperature in K, V."""
    return float(Boltzmann * temperature / elementary_charge)


def typical_drive(reading: Reading, temperature: float, share: float = TYPICAL) -> Drive:
    """Return the drive of rows whose root mean square voltage is `share` of a full-scale input's; temperature in K."""
    voltage = share * reading.voltage
    factor = float(shot_factor(jnp.asarray(voltage), thermal_voltage(temperature)))
    return Drive(np.array([voltage**2]), factor, reading.rows, np.array([voltage]), np.zeros(1))


def floor(reading: Reading, models: DeviceModels, drive: Drive) -> Floor:
    """Return what Johnson noise, shot noise and amplifiers add to the devices of a layer.

    This is noise of outputs and not of weights: it is there at 0 V. What stands for it here has the right variance
    summed over a column, on average over inputs.
    """
    temperature = models.temperature if reading.temperature is None else reading.temperature
    thermal = 4 * Boltzmann * temperature / (2 * reading.time) * drive.factor if reading.thermal else 0.0
    amplifier = reading.amplifier_noise**2 / (2 * reading.time) * drive.rows * reading.meeting
    gates = np.linspace(*models.smtj.voltage_range, 20)
    levels = np.asarray(models.dwmtj.levels.mean)
    conductances = np.asarray(models.smtj.mean(gates)).mean(), levels.mean()
    sigma, wall = (float(thermal * g + amplifier * g**2) / drive.square.mean() for g in conductances)
    # Further slices of a mean have noise of their own.
    return Floor(sigma, wall * float((slice_gains(len(levels), reading.slices) ** 2).sum()))


def ratio_with(models: DeviceModels, reading: Reading, drive: Drive) -> float:
    """Return largest over smallest std that a read of one stochastic MTJ shows, with the noise of its column."""
    lowest, highest = (float(value) for value in models.smtj.sigma_range(reading.time, reading.acting))
    noise = floor(reading, models, drive).sigma
    return float(np.sqrt((highest**2 + noise) / (lowest**2 + noise)))


def offered_ratio(models: DeviceModels, reading: Reading) -> float:
    """Return the ratio of stds that a layer can hold, of rows that are driven as they typically are."""
    return ratio_with(models, reading, typical_drive(reading, models.temperature))


def line_squares(conductance: np.ndarray, settings: AcceleratorSettings) -> np.ndarray:
    """Return (tiles, columns): squares of what a pair (2, rows, columns) makes of its column line, or summed of two."""
    lines = conductance.sum(axis=0, keepdims=True) if settings.opposite else conductance
    starts = np.arange(0, conductance.shape[1], settings.rows)
    squares: np.ndarray = (np.add.reduceat(lines, starts, axis=1) ** 2).sum(axis=0)
    return squares
