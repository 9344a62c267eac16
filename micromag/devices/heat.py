"""Heat of a current in a strip of metal on an oxide: how far the layers warm up, and how they cool.

Cross-section of a long strip: layers that are of one temperature across their thickness, on an oxide over a sink that
stays cold. Heat spreads down and sideways in the oxide; none leaves through the top. All coefficients are constant, so
that the rise is proportional to the power, and a pulse is a step and a later one taken off.

Method of lines: finite volumes in space (second order where cells are alike), the exponential of their matrix in time,
which has no error of its own. Derivation and sources: docs/physics.md, "Heat of a pulse".

Unchecked assumptions: Fourier's law, also below the mean free path of heat carriers; no power within the oxide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import eigh

FINEST, SHARE = 1e-9, 1 / 12
"""First cell at the strip and its edges: m, which heat in an oxide passes in some picoseconds, and at most this share
of half of the strip's width and of the oxide."""

GROWTH = 1.25
"""Size of a cell over that of its neighbour nearer to the strip. With both, the rise of the default track is 0.2 % too
large."""

SIDE = 6.0
"""Thicknesses of oxide beside the strip: heat that the sink takes falls off as exp(-pi x / 2 d), to 1e-4 here."""


@dataclass(frozen=True)
class StepResponse:
    """Rise of the strip's mean temperature under a constant power that is switched on at time 0.

    Attributes
    ----------
    rates : (modes,)
        Rates at which the modes of the cross-section decay, 1/s.
    weights : (modes,)
        What each adds to the speed of the rise at time 0, for a power per area of 1: K m^2/J.
    """

    rates: np.ndarray
    weights: np.ndarray

    def rise(self, time: np.ndarray | float) -> np.ndarray:
        """Rise for a power per area of 1 W/m^2 since `time` (...) in s, K m^2/W; 0 before it is on."""
        t = np.maximum(np.asarray(time, float), 0.0)[..., None]
        grown: np.ndarray = -np.expm1(-self.rates * t) / self.rates @ self.weights
        return grown

    def integral(self, time: np.ndarray | float) -> np.ndarray:
        """Integral of `rise` from 0 to `time` (...) in s, K m^2 s/W."""
        t = np.maximum(np.asarray(time, float), 0.0)[..., None]
        total: np.ndarray = (t + np.expm1(-self.rates * t) / self.rates) / self.rates @ self.weights
        return total


@dataclass(frozen=True)
class Pulse:
    """Warming by a rectangular pulse from time 0.

    Attributes
    ----------
    response
        Of the strip.
    power
        Joule heat per area of the strip, W/m^2.
    width
        Length of the pulse, s.
    """

    response: StepResponse
    power: float
    width: float

    def rise(self, time: np.ndarray | float) -> np.ndarray:
        """Rise of the mean temperature at `time` (...) in s, K."""
        t = np.asarray(time, float)
        return self.power * (self.response.rise(t) - self.response.rise(t - self.width))

    def mean_rise(self, start: float, end: float) -> float:
        """Mean of the rise between two times in s, K."""
        ends = np.array([start, end])
        total = self.response.integral(ends) - self.response.integral(ends - self.width)
        return float(self.power * (total[1] - total[0]) / (end - start))

    @property
    def peak(self) -> float:
        """Largest rise, at the end of the pulse, K."""
        return float(self.rise(self.width))


def _graded(length: float, first: float) -> np.ndarray:
    """Sizes of cells that fill a length in m and grow from about `first` m."""
    count = max(1, round(math.log1p((GROWTH - 1) * length / first) / math.log(GROWTH)))
    sizes = GROWTH ** np.arange(count)
    graded: np.ndarray = sizes * (length / sizes.sum())
    return graded


def _coupled(conductances: np.ndarray, one: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Matrix (count, count) of heat flows between pairs of nodes, W/(m K)."""
    matrix = np.zeros((count, count))
    for pairs, sign in (((one, one), 1), ((other, other), 1), ((one, other), -1), ((other, one), -1)):
        np.add.at(matrix, pairs, sign * conductances)
    return matrix


@lru_cache(maxsize=64)
def strip(
    width: float,
    *,
    layers: float,
    interface: float,
    conductivity: float,
    capacity: float,
    thickness: float,
) -> StepResponse:
    """Response of a strip to a power that is the same everywhere on it.

    Parameters
    ----------
    width
        Of the strip, m; ``math.inf`` is a film, in which heat goes down only.
    layers
        Heat capacity per area of all layers of the strip, J/(m^2 K).
    interface
        Thermal resistance between strip and oxide, m^2 K/W.
    conductivity, capacity, thickness
        Of the oxide: W/(m K), J/(m^3 K), m.
    """
    film = math.isinf(width)
    half = 0.5 if film else width / 2
    finest = min(FINEST, SHARE * thickness, math.inf if film else SHARE * half)
    # By symmetry half of the cross-section; cells are small at the strip's edge on both sides, and below it.
    under = np.ones(1) * half if film else _graded(half, finest)[::-1]
    beside = np.zeros(0) if film else _graded(SIDE * thickness, finest)
    dx, dz = np.concatenate([under, beside]), _graded(thickness, finest)
    metal, columns, rows = len(under), len(dx), len(dz)
    count = metal + columns * rows
    strip_nodes = np.arange(metal)
    oxide = metal + np.arange(columns * rows).reshape(columns, rows)
    # Flows per length of the strip; what the thin layers carry sideways is left out.
    sideways = conductivity * dz / ((dx[1:] + dx[:-1]) / 2)[:, None]
    down = conductivity * dx[:, None] / ((dz[1:] + dz[:-1]) / 2)
    matrix = (
        _coupled(under / (interface + dz[0] / 2 / conductivity), strip_nodes, oxide[:metal, 0], count)
        + _coupled(sideways, oxide[:-1], oxide[1:], count)
        + _coupled(down, oxide[:, :-1], oxide[:, 1:], count)
    )
    matrix[oxide[:, -1], oxide[:, -1]] += conductivity * dx / (dz[-1] / 2)
    root = np.sqrt(np.concatenate([layers * under, (capacity * np.outer(dx, dz)).ravel()]))
    rates, modes = eigh(matrix / np.outer(root, root))
    # The power enters where the mean is taken.
    shares = (under / root[:metal]) @ modes[:metal]
    return StepResponse(rates, shares**2 / half)
