"""How long a wall stays at its notch without current: the barrier to the next one, and the rate over it.

The barrier is that of the path of least energy with the parameters that the film shows at its temperature. Those have
all that fluctuates in them. Langer's rate counts fluctuations about both states by itself, so that it takes the bare
parameters of the mesh: with those of the film it would count them twice, in the default track a hundred thousand
times too fast. The attempt rate is that rate over the exponential of the film's barrier.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.constants import k

from magbayes.data.section import Section
from magbayes.micromag.protocols import check_rising
from magbayes.micromag.protocols.barriers import from_edges, from_grains, nearest

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.paths.path import Path
    from magbayes.micromag.protocols.variation import TrackVariation

Temperature = Annotated[float, Field(ge=0.1, le=1000)]

NOTCHES = 2
"""Notches of the track in which the path is looked for: others are too far to be felt."""

BETWEEN = 5
"""Walls on the way from notch to notch that the first path is laid through."""

SLOPE = 0.7
"""Slope half way, in x over y, of the walls that the first path is laid through.

A wall leaves its notch in a wide track at one edge first. Upright walls would keep their symmetry, and end at a saddle
that is too high. Where a wall passes upright, slanted ones straighten."""

CHANGE = 0.02
"""Relative change of the anisotropy, and of a notch's depth, from which their effect on the barrier is told."""


USUAL_ATTEMPTS = 1e12
"""Attempt rate in 1/s where the top of a path is too flat for a saddle: of the size of those that were computed."""


class Retention(Section):
    """Section ``retention``: for how long a level of the domain-wall MTJ has to hold, and where that is looked at."""

    target: float = Field(3.156e8, gt=0, le=1e12, description="time for which a weight has to be held, s")
    cells: float = Field(1e5, ge=1, le=1e15, description="devices of which the worst has to hold it")
    other_temperatures: tuple[Temperature, ...] = Field(
        (358.0,), description="temperatures beside the scenario's own at which barriers are computed, K"
    )
    images: int = Field(15, ge=5, le=101, description="states on the path from notch to notch, both ends included")

    iterations: int = Field(500, ge=1, le=10**6, description="steps after which a path is taken as it is")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("other_temperatures", self.other_temperatures)
        return self

    def temperatures(self, own: float) -> list[float]:
        """All temperatures in rising order, K, with the scenario's `own`."""
        return sorted({own, *self.other_temperatures})

    def run(
        self, track: DomainWallTrack, variation: TrackVariation, *, temperature: float
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Barriers of a track, and how they differ between tracks; the scenario's temperature in K.

        Returns
        -------
        values
            By the names of `magbayes.micromag.raw.RETENTION`.
        meta
            What the paths say of themselves.

        Raises
        ------
        ValueError
            A wall does not hold at a notch, or there is no barrier between two of them.
        """
        # A configuration is read without JAX.
        from magbayes.micromag.paths.langer import rate
        from magbayes.micromag.paths.path import PathWarning

        temperatures = self.temperatures(temperature)
        short = track.changed(notches=NOTCHES)
        films = [short.at(kelvin).changed(renormalise="none") for kelvin in temperatures]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", PathWarning)
            paths: list[Path] = []
            for film, kelvin in zip(films, temperatures, strict=True):
                paths.append(self.between_notches(film, kelvin, near=paths[-1] if paths else None))
            attempts, flat = [], []
            for one, kelvin in zip(paths, temperatures, strict=True):
                try:
                    bare = one if short.renormalise == "none" else self.between_notches(short, kelvin, near=one)
                    over = rate(bare, temperature=kelvin, depopulated=False)
                    attempts.append(over.prefactor * math.exp((one.barrier - bare.barrier) / (k * kelvin)))
                except ValueError as error:
                    attempts.append(USUAL_ATTEMPTS)
                    flat.append(f"{kelvin:g} K: {error}")
            own = temperatures.index(temperature)
            spread = self._spread(films[own], variation, temperature, paths[own])
        barriers = np.array([one.barrier for one in paths])
        values = {
            "temperature": np.array(temperatures),
            "barrier": barriers,
            # Relative to the barrier it is all but the same at all temperatures.
            "barrier_spread": spread * barriers,
            "attempt_rate": np.array(attempts),
            "converged": np.array([one.converged for one in paths]),
            "coordinate": np.array([one.coordinate for one in paths]),
            "path_energy": np.array([one.energies - one.energies[0] for one in paths]),
        }
        notes = {str(one.message) for one in said if issubclass(one.category, PathWarning)}
        return values, {"notes": sorted(notes) + flat}

    def between_notches(self, track: DomainWallTrack, temperature: float, near: Path | None = None) -> Path:
        """The path of least energy between the two notches in the middle of a track, with the parameters at K.

        It is looked for from that of a track which differs little and has as many cells, `near`; without one, from
        slanted walls.

        Raises
        ------
        ValueError
            A wall does not hold at a notch, or there is no barrier between them.
        """
        from magbayes.micromag.paths.path import path

        start = track.notches // 2 - 1
        here, there = (float(x) for x in track.notch_positions[start : start + 2])
        way = np.linspace(here, there, BETWEEN + 2)
        system = track.system(start, temperature=temperature)
        slopes = SLOPE * np.sin(np.linspace(0, np.pi, BETWEEN + 2))
        walls = [track.wall(float(x), float(slope)) for x, slope in zip(way, slopes, strict=True)]
        first, *between, last = walls if near is None else nearest(near.states)
        try:
            return path(system, first, last, images=self.images, initial=between, iterations=self.iterations)
        except ValueError as error:
            raise ValueError(
                f"no wall is held at {temperature:g} K by notches of depth {track.notch_depth:g} m ({error}); "
                "accepted: deeper or narrower notches, or lower retention.other_temperatures"
            ) from None

    def _spread(self, track: DomainWallTrack, variation: TrackVariation, temperature: float, path: Path) -> float:
        """Standard deviation of the barrier between devices over the barrier: to first order in what differs."""
        # Deeper, where the width has room for it.
        deeper = CHANGE if track.notch_depth * (1 + CHANGE) <= track.deepest_notch else -CHANGE
        parts = []
        for key, spread, change in (
            ("notch_depth", variation.notch_depth / track.notch_depth, deeper),
            ("interface_anisotropy", variation.interface_anisotropy, CHANGE),
        ):
            changed = track.changed(**{key: getattr(track, key) * (1 + change)})
            other = self.between_notches(changed, temperature, near=path)
            parts.append(spread / change * (other.barrier / path.barrier - 1))
        variance, apart = sum(part**2 for part in parts), 0.0
        for spread, moments in (
            (variation.grain_anisotropy, lambda: from_grains(track, path, variation.grain_size)),
            (variation.edge_roughness, lambda: from_edges(track, path, variation.edge_correlation, temperature)),
        ):
            if spread > 0:
                own, less = ((spread / path.barrier) ** 2 * moment for moment in moments())
                variance, apart = variance + own, apart + less
        # Of the lower of two normal variables with this variance, of which they do not share `apart`.
        return math.sqrt(variance - apart / math.pi)
