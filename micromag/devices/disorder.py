"""Tracks as they are made: notches displaced and deepened, rough edges, and a film of grains."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from magbayes.data.section import Section
from magbayes.micromag.devices.grains import Grains
from magbayes.micromag.devices.roughness import Roughness

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack

LOOKED_AT = 1e-9
"""Distance of the places where rough edges are asked how far they reach, m. Between them they go no further by more
than a hundredth of their standard deviation, for the shortest correlation length that can be asked for."""


class Disorder(Section):
    """Mixed into the class of a track: how it is made, where that is not as it is meant to be."""

    shifts: tuple[float, ...] = Field(description="displacement of each notch along the track, m")
    deepenings: tuple[float, ...] = Field(description="further depth of each notch, m")
    roughness: Roughness | None = Field(None, description="displacement of the edges; null: none")
    grains: Grains | None = Field(None, description="grains of the film; null: K_i is the same everywhere")

    @property
    def notch_shapes(self) -> tuple[np.ndarray, np.ndarray]:
        """X and depth of each notch as it is made, m."""
        track: Any = self  # the class that this one is mixed into
        positions, depths = super().notch_shapes  # type: ignore[misc]
        return positions + self.shifts, np.clip(depths + self.deepenings, 0, track.deepest_notch)

    @property
    def margin(self) -> float:
        """Height of the mesh beyond the track's width at either edge, m: the cells that rough edges reach."""
        if self.roughness is None:
            return 0.0
        track: Any = self
        x = np.linspace(-track.length / 2, track.length / 2, 1 + round(track.length / LOOKED_AT))
        return math.ceil(max(0.0, self.roughness.displacement(x).max()) / track.cell_size) * track.cell_size

    def edges(self, x: np.ndarray) -> np.ndarray:
        """Distances (2, n) of both edges from y = 0 at x (n,) in m, m; a cell of the track is left on either side."""
        track: Any = self
        drawn: np.ndarray = super().edges(x)  # type: ignore[misc]
        return drawn if self.roughness is None else np.maximum(drawn + self.roughness.displacement(x), track.cell_size)

    def deviation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Relative deviation (nx, ny) of K_i at x and y in m."""
        uniform: np.ndarray = super().deviation(x, y)  # type: ignore[misc]
        return uniform if self.grains is None else self.grains.deviation(x, y)


@cache
def varied_track(shape: type[DomainWallTrack]) -> type[Any]:
    """Class of the tracks of a shape as they are made: a subclass of it with the keys of `Disorder`."""
    return type(f"Varied{shape.__name__}", (Disorder, shape), {"__module__": __name__})
