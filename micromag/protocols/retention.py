"""How long a wall stays at its notch without current: the barrier to the next one, and the rate over it.

The path of least energy has no thermal fluctuation in it, so that it takes the parameters that the film shows at its
temperature, and not the bare ones of simulations that have. Langer's rate counts the fluctuations about both states.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.constants import k

from magbayes.data.section import Section
from magbayes.micromag.paths.langer import rate
from magbayes.micromag.paths.path import Path, PathWarning, path
from magbayes.micromag.protocols import check_rising

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.protocols.variation import TrackVariation

Temperature = Annotated[float, Field(ge=0.1, le=1000)]

NOTCHES = 4
"""Notches of the track in which the path is looked for, or all of fewer: others are too far to be felt."""

BETWEEN = 5
"""Walls on the way from notch to notch that the first path is laid through."""

CHANGE = 0.02
"""Relative change of the anisotropy, and of a notch's depth, from which their effect on the barrier is told."""


class Retention(Section):
    """Section ``retention``: for how long a level of the domain-wall MTJ has to hold, and where that is looked at."""

    target: float = Field(3.156e8, gt=0, le=1e12, description="time for which a weight has to be held, s")
    cells: float = Field(1e5, ge=1, le=1e15, description="devices of which the worst has to hold it")
    other_temperatures: tuple[Temperature, ...] = Field(
        (358.0,), description="temperatures beside the scenario's own at which barriers are computed, K"
    )
    images: int = Field(15, ge=5, le=101, description="states on the path from notch to notch, both ends included")

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
        temperatures = self.temperatures(temperature)
        rows, notes, saddles = [], set[str](), 0
        for kelvin in temperatures:
            film = track.at(kelvin).changed(renormalise="none", notches=min(track.notches, NOTCHES))
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always", PathWarning)
                found = self._path(film, kelvin)
                over = rate(found, temperature=kelvin)
                notes.update(str(one.message) for one in said if issubclass(one.category, PathWarning))
            saddles += found.converged
            rows.append(
                (
                    found.barrier,
                    self._spread(film, variation, kelvin, found.barrier),
                    over.prefactor * over.depopulation,
                    found.coordinate,
                    found.energies - found.energies[0],
                )
            )
        names = ("barrier", "barrier_spread", "attempt_rate", "coordinate", "path_energy")
        values = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
        meta = {"converged": saddles == len(rows), "notes": sorted(notes)}
        return {"temperature": np.array(temperatures), **values}, meta

    def _path(self, track: DomainWallTrack, temperature: float) -> Path:
        start = track.notches // 2 - 1
        here, there = track.notch_positions[start : start + 2]
        way = np.linspace(here, there, BETWEEN + 2)
        system = track.system(start, temperature=temperature)
        between = [track.wall(x) for x in way[1:-1]]
        return path(system, track.wall(here), track.wall(there), images=self.images, initial=between)

    def _spread(
        self, track: DomainWallTrack, variation: TrackVariation, temperature: float, barrier: float
    ) -> float:
        """Standard deviation of the barrier between devices, J: to first order in what they differ by."""
        deeper = {"notch_depth": track.notch_depth * (1 - CHANGE)}
        weaker = {"interface_anisotropy": track.interface_anisotropy * (1 - CHANGE)}
        shares = (
            variation.notch_depth / (track.notch_depth * CHANGE),
            variation.interface_anisotropy / CHANGE,
        )
        changes = [
            share * (self._path(track.changed(**changed), temperature).barrier - barrier)
            for share, changed in zip(shares, (deeper, weaker), strict=True)
        ]
        return float(np.hypot(*changes))


def in_kt(energy: float, temperature: float) -> float:
    """An energy in J in units of kT at a temperature in K."""
    return energy / (k * temperature)
