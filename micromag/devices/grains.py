"""Grains of a film, each with an interface anisotropy of its own.

The seeds of the grains lie anywhere with the same probability, and a point belongs to the nearest (Poisson-Voronoi
cells: E. N. Gilbert, Ann. Math. Stat. 33, 958 (1962)). A film has no end: it is drawn in tiles, so that neither the
mesh nor the part that is looked at changes it.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from pydantic import Field

from magbayes.data.section import Section
from magbayes.data.seeds import generator

TILE = 8
"""Edge of a tile over the diameter of a grain."""

REACH = 3
"""Distance over the diameter of a grain in which every point has a seed, but for one in 4e15."""

FARTHEST = 2.5
"""Distance over the diameter of a grain up to which two points may be in one: it is 1e-6 there."""

DISTANCES = 101
"""Distances at which the probability is tabulated, with cubic splines between them."""


class Grains(Section):
    """A film as it is made: the relative deviation of K_i at each of its points."""

    size: float = Field(gt=0, description="mean diameter of a grain, that of a circle with its mean area, m")
    spread: float = Field(ge=0, description="relative standard deviation of K_i between grains")
    seed: int = Field(ge=0, description="decides where the grains are, and how each deviates")

    def deviation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Relative deviation of K_i at x (nx,) and y (ny,) in m, which rise: (nx, ny)."""
        from scipy.spatial import cKDTree  # takes half a second to import, and a configuration is read without it

        edge, reach = TILE * self.size, REACH * self.size
        columns, rows = (
            range(math.floor((places[0] - reach) / edge), math.floor((places[-1] + reach) / edge) + 1)
            for places in (x, y)
        )
        tiles = [self._tile(column, row) for column in columns for row in rows]
        seeds, deviations = (np.concatenate(parts) for parts in zip(*tiles, strict=True))
        points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
        _, nearest = cKDTree(seeds).query(points)
        values: np.ndarray = deviations[nearest]
        return values

    def _tile(self, column: int, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Seeds (n, 2) in m and deviations (n,) of the grains whose seeds lie in a tile."""
        rng = generator(self.seed, "tile", column, row)
        number = rng.poisson(4 / np.pi * TILE**2)
        seeds = (np.array([column, row]) + rng.random((number, 2))) * (TILE * self.size)
        return seeds, self.spread * rng.normal(size=number)


@cache
def _probabilities() -> np.ndarray:
    """Probability that two points are in one grain, at distances from 0 to `FARTHEST` grains.

    Of a seed at x both are in its grain if no other lies in the circles about them through x.
    """
    density = 4 / np.pi
    radius = (np.arange(400) + 0.5) / 400 * 3.5
    angle = ((np.arange(200) + 0.5) / 200 * np.pi)[:, None]
    element = 2 * density * radius * (3.5 / 400) * (np.pi / 200)
    table = []
    for distance in np.linspace(0, FARTHEST, DISTANCES):
        along, across = distance - radius * np.cos(angle), radius * np.sin(angle)
        other, far = np.arctan2(across, along), np.hypot(across, along)
        shared = radius**2 * (angle - np.sin(angle) * np.cos(angle)) + far**2 * (other - np.sin(other) * np.cos(other))
        table.append((element * np.exp(-density * (np.pi * (radius**2 + far**2) - shared))).sum())
    return np.array(table)


def same_grain(distance: np.ndarray) -> np.ndarray:
    """Probability that two points are in one grain, by their distance over the diameter of a grain."""
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(np.linspace(0, FARTHEST, DISTANCES), _probabilities())
    values: np.ndarray = np.where(distance < FARTHEST, spline(np.minimum(distance, FARTHEST)), 0.0)
    return values


def covariance(one: np.ndarray, other: np.ndarray, spacing: float, size: float) -> float:
    """Covariance of two weighted sums over a film, over the variance of K_i between grains.

    Parameters
    ----------
    one, other
        (nx, ny), what the deviation of K_i at each point of a square grid is multiplied with.
    spacing, size
        Of the grid, and mean diameter of a grain, m.
    """
    shape = (2 * one.shape[0], 2 * one.shape[1])
    pairs = np.fft.irfft2(np.fft.rfft2(one, shape) * np.fft.rfft2(other, shape).conj(), shape)
    lags = [np.fft.fftfreq(n, 1 / n) * spacing / size for n in shape]
    return float((pairs * same_grain(np.hypot(lags[0][:, None], lags[1]))).sum())
