"""The fall of TMR with the voltage over a junction, and what a row's voltage counts for where currents are subtracted.

TMR halves at V_h and goes as a Lorentzian, TMR(v) = TMR / (1 + (v / V_h)^2), while the parallel state conducts alike at
all voltages, as compact models of CoFeB/MgO have it (``data/junctions/bias.yaml``). A conductance G then lies below the
parallel one, G_P, by

    G_P - G(v) = (G_P - G) / (1 + (v / V_c)^2),    V_c = V_h sqrt(1 + TMR),

whatever the direction of m, or the place of a wall. The devices of a pair have G_P in common, so that of both under one
voltage, or under opposite ones, the difference of the currents is that of (G+ - G-) under v / (1 + (v / V_c)^2): one
number a row and input, for means, walls and fluctuation alike.

One V_c serves both kinds of devices, by the ratio of the last level to the first: no more than 1 + TMR of the track.
Left out: that the mean conductance of a stochastic MTJ rises, by P^2 times 1 - 1 / (1 + (v / V_c)^2), in the offset of
a pair whose areas differ, in noise of junctions and in energy; and that wires take a part of the voltage.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data import cited
from magbayes.data.section import Section
from magbayes.data.shapes import Same
from magbayes.system.array.devices import DeviceModels
from magbayes.system.cost.table import Coefficient
from magbayes.system.settings import AcceleratorSettings


class Bias(Section):
    """What the voltage over a junction does: ``data/junctions/bias.yaml``."""

    half_voltage: Coefficient


def half_voltage(settings: AcceleratorSettings) -> float:
    """Return the voltage at which TMR is half of that without a voltage, V."""
    if settings.tmr_half_voltage is not None:
        return settings.tmr_half_voltage
    bias: Bias = cited.load_as(Bias, "junctions", "bias")
    return bias.half_voltage.value


def fall_of(models: DeviceModels, settings: AcceleratorSettings) -> float:
    """Return 1 / V_c^2 in 1/V^2; 0 where TMR does not fall.

    Raises
    ------
    ValueError
        The read voltage is V_c or more, from where on a larger one drives less current in a pair.
    """
    if "tmr" in settings.ideal:
        return 0.0
    levels, half = np.asarray(models.dwmtj.levels.mean, float), half_voltage(settings)
    largest = half * float(np.sqrt(levels[-1] / levels[0]))
    if settings.read_voltage >= largest:
        raise ValueError(
            f"read_voltage = {settings.read_voltage:g} V: with a TMR that halves at {half:g} V (tmr_half_voltage) a "
            f"pair drives less current from {largest:.3g} V on; accepted: less"
        )
    return 1 / largest**2


def predistorted(inputs: Same, input_range: jax.Array, read_voltage: jax.Array, fall: jax.Array) -> Same:
    """Return the inputs whose voltages, in proportion to them, count for what `inputs` ask for: steps of a DAC.

    A full-scale input, `input_range`, has the read voltage in V as before; larger ones, at most, the largest signal.
    """
    left = 1 / (1 + fall * read_voltage**2)
    bent = 4 * fall * (left * read_voltage * inputs / input_range) ** 2
    wanted: Same = inputs * (2 * left / (1 + jnp.sqrt(jnp.maximum(1 - bent, 0.0))))
    return wanted


def signal(voltages: Same, fall: jax.Array | float) -> Same:
    """Return what voltages in V over a pair count for, V; `fall` in 1/V^2."""
    counted: Same = voltages / (1 + fall * voltages**2)
    return counted
