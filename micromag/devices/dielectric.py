"""The dielectric of a gate: its capacitance, and what leaks through it.

Electrons tunnel through a trapezoid: without voltage a barrier as high as `height` everywhere, which a voltage tilts.
By Wentzel, Kramers and Brillouin (J. G. Simmons, J. Appl. Phys. 34, 1793 (1963)) the exponent of the transmission is

    S(V) = (t / length) (2 height / 3 eV) [1 - (1 - eV / height)^1.5],

without the last term where eV is above the height (Fowler and Nordheim). At V = 0 it is t / length, so that a
resistance measured at one thickness gives all others. Only the exponent follows the voltage here; prefactors stay.

Unchecked assumptions: no traps, no roughness, which both let more through; one barrier at either electrode.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import epsilon_0


@dataclass(frozen=True)
class Dielectric:
    """A layer between two plates.

    Attributes
    ----------
    thickness
        m.
    permittivity
        Relative.
    resistance_area, measured_thickness
        RA in Ohm m^2 at small voltage of a layer of that thickness in m.
    decay_length
        Thickness by which RA grows by a factor of e, m.
    height
        Of the barrier without voltage, eV.
    """

    thickness: float
    permittivity: float
    resistance_area: float
    measured_thickness: float
    decay_length: float
    height: float

    def capacitance(self, area: float) -> float:
        """Capacitance in F of plates of an area in m^2."""
        return epsilon_0 * self.permittivity * area / self.thickness

    def conductance(self, voltage: ArrayLike, area: float) -> np.ndarray:
        """Current over voltage in S through an area in m^2 at voltages in V (any shape)."""
        size = np.abs(np.asarray(voltage, float))
        steps = self.thickness / self.decay_length
        # 1 - (1 - x)^1.5 over 1.5 x is 1 at x = 0; in this form without a difference of equal numbers.
        x = np.maximum(size / self.height, 1e-9)
        gained = steps * (1 + np.expm1(1.5 * np.log1p(-np.minimum(x, 1 - 1e-15))) / (1.5 * x))
        gained = np.where(x < 1, gained, steps * (1 - 1 / (1.5 * x)))
        wider = (self.thickness - self.measured_thickness) / self.decay_length
        return np.asarray(area / self.resistance_area * np.exp(gained - wider))
