"""Area and demagnetising factors of shapes as they are drawn, without cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import j1

LONGEST_WAVE, STEP = 1000.0, 0.05
"""End and step of the integral over wave numbers times the half axes; beyond it J_1^2 is its mean, 1 / (pi q)."""

ANGLES = 32
"""Directions of a quarter turn: exact to rounding for a circle, to 1e-9 for an aspect of 4."""


@dataclass(frozen=True)
class Ellipse:
    """A film cut to an ellipse.

    Attributes
    ----------
    along, across
        Axes along x and y, m.
    """

    along: float
    across: float

    @property
    def area(self) -> float:
        """Area, m^2."""
        return np.pi / 4 * self.along * self.across

    def demagnetising_factors(self, thickness: float) -> tuple[float, float, float]:
        """Volume-averaged N_x, N_y, N_z of the uniformly magnetised film, whose thickness is in m.

        As the integral of |shape factor|^2 over wave vectors: M. Beleggia, M. De Graef and Y. T. Millev,
        J. Phys. D 39, 891 (2006).
        """
        return _factors(self.along, self.across, thickness)


@lru_cache(maxsize=256)
def _factors(along: float, across: float, thickness: float) -> tuple[float, float, float]:
    from scipy.integrate import simpson  # slow, and a configuration is checked without it

    q = np.arange(STEP, LONGEST_WAVE, STEP)
    angle = (np.arange(ANGLES) + 0.5) * np.pi / 2 / ANGLES
    kx, ky = 2 * np.cos(angle) / along, 2 * np.sin(angle) / across
    weight = 2 * j1(q) ** 2 / q  # its integral to infinity is 1
    x = y = 0.0
    for kx_, ky_ in zip(kx, ky, strict=True):
        square = kx_**2 + ky_**2
        depth = np.sqrt(square) * thickness
        outside = float(simpson(np.append(0, -weight * np.expm1(-q * depth) / (q * depth)), dx=STEP))
        inside = (1 - outside - 1 / (np.pi * depth * LONGEST_WAVE**2)) / ANGLES
        x += inside * kx_**2 / square
        y += inside * ky_**2 / square
    return float(x), float(y), float(1 - x - y)
