"""Barrier, depinning and levels of the domain-wall MTJ against the cell size: what its mesh decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.container import Form, Quantity
from magbayes.data.estimate import binomial_share, equal_shares
from magbayes.data.section import Section
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Engine
from magbayes.micromag.protocols import check_divides, check_rising
from magbayes.micromag.protocols.pulses import CurrentDensity, Pulses, Width
from magbayes.micromag.protocols.widths import INTERVAL

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.protocols.retention import Retention
    from magbayes.micromag.raw import RawEnsemble

KIND = "magbayes track resolution"
VERSION = 1

FORMS = {
    "cell_size": Form("m", ("cells",)),
    "barrier": Form("J", ("cells",)),
    "converged": Form("1", ("cells",)),
    "level_spacing": Form("S", ("cells",)),
    "moved": Form("1", ("cells",)),
    "pulses": Form("1", ()),
    "depinning": Form("1", ("cells", "3")),
    "common_depinning": Form("1", ()),
    "chi_squared": Form("1", ()),
    "p_value": Form("1", ()),
    "current_density": Form("A/m^2", ()),
    "pulse_width": Form("s", ()),
    "temperature": Form("K", ()),
}
"""What readers rely on; ``3`` is a value and the ends of its interval."""

NOTCHES = 2
"""Notches of the track that is simulated: where a wall stands, and where it goes to."""


class TrackResolution(Section):
    """Section ``track_resolution``: barrier, depinning and levels of a short domain-wall MTJ in cells of several sizes.

    Barriers are those of section ``retention``, at the scenario's temperature, and pulses heat as section ``pulses``
    has it. A level is that of a wall that lies still. Smaller cells take shorter steps: half the edge costs ten times
    as much.
    """

    finer: tuple[Annotated[float, Field(gt=1, le=10)], ...] = Field(
        (1.5,), description="edge of the device's own cells over that of the cells beside them; an empty list has none"
    )
    current_density: CurrentDensity = Field(
        3.3e11, description="current density of the pulse, of the size that moves half of the walls, A/m^2"
    )
    width: Width = Field(1e-9, description="length of the pulse, s")
    relaxation: float = Field(0.25e-9, ge=0, le=1e-6, description="simulated time after the pulse, s")
    replicas: int = Field(
        8, ge=2, le=65536, multiple_of=2, description="pulses in cells of each size, half of either sign"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("finer", self.finer)
        check_divides(INTERVAL, **{"width + relaxation": self.width + self.relaxation})
        return self

    @property
    def samples(self) -> int:
        """Samples of a pulse."""
        return round((self.width + self.relaxation) / INTERVAL)

    def tracks(self, track: DomainWallTrack) -> list[DomainWallTrack]:
        """Short tracks like another one, in its own cells and in finer ones.

        Raises
        ------
        ValueError
            Cells of a size do not divide the track, or are too many.
        """
        return [in_cells(track, factor) for factor in (1.0, *self.finer)]

    def run(
        self,
        track: DomainWallTrack,
        retention: Retention,
        *,
        heating: bool,
        stages: int,
        temperature: float,
        seed: int,
        engine: Engine,
    ) -> tuple[dict[str, Quantity], dict[str, Any]]:
        """Measure all of it in each mesh, at a temperature in K.

        Parameters
        ----------
        retention
            Says how paths are looked for.
        heating, stages
            Of section ``pulses``.

        Returns
        -------
        tuple
            Arrays for `magbayes.data.container.write`, the cell sizes falling; and what the engine says of the last
            run.

        Raises
        ------
        ValueError
            A wall does not hold at a notch, or there is no barrier between two of them.
        """
        protocol = Pulses(
            widths=(self.width,),
            relaxation=self.relaxation,
            replicas=self.replicas,
            sample_interval=INTERVAL,
            heating=heating,
            stages=stages,
        )
        barriers, spacings, moved, converged, meta = [], [], [], [], {}
        tracks = self.tracks(track)
        for factor, short in zip((1.0, *self.finer), tracks, strict=True):
            film = short.at(temperature).changed(renormalise="none")
            path = retention.between_notches(film, temperature)
            barriers.append(path.barrier)
            converged.append(path.converged)
            spacings.append(_spacing(film, path.states[[0, -1]]))
            noise = derive(seed, "finer", f"{factor:g}")
            ensemble = protocol.run_pulse(
                short, self.current_density, self.width, temperature=temperature, seed=noise, engine=engine
            )
            moved.append(_moved(ensemble, short.notch_pitch))
            meta = ensemble.provenance["simulation"]
        shares = equal_shares(moved, self.replicas)
        return {
            "cell_size": Quantity([short.cell_size for short in tracks], "m", "lateral edge of a cell"),
            "barrier": Quantity(barriers, "J", "energy of the saddle over that of a wall at a notch"),
            "converged": Quantity(converged, "1", "1 where path and saddle meet their tolerances"),
            "level_spacing": Quantity(spacings, "S", "conductance that a still wall changes from notch to notch"),
            "moved": Quantity(moved, "1", "pulses that moved a wall from its notch"),
            "pulses": Quantity(self.replicas, "1", "pulses in cells of each size"),
            "depinning": Quantity(
                np.stack(binomial_share(moved, self.replicas), axis=-1), "1", "share of them, with its Wilson interval"
            ),
            "common_depinning": Quantity(shares.mean, "1", "share of all pulses that moved a wall"),
            "chi_squared": Quantity(shares.chi_squared, "1", "chi-squared of one share for all cell sizes"),
            "p_value": Quantity(shares.p_value, "1", "p-value of one share for all cell sizes"),
            "current_density": Quantity(self.current_density, "A/m^2", "current density of the pulse"),
            "pulse_width": Quantity(self.width, "s", "length of the pulse"),
            "temperature": Quantity(temperature, "K", "temperature of the track before the pulse"),
        }, meta


def in_cells(track: DomainWallTrack, finer: float) -> DomainWallTrack:
    """A short track like another one, whose cells have its edge over `finer`."""
    return track.changed(notches=min(track.notches, NOTCHES), cell_size=track.cell_size / finer)


def _spacing(track: DomainWallTrack, states: np.ndarray) -> float:
    """Conductance in S that a wall changes between two states (2, nx, ny, 1, 3), on its way from notch to notch."""
    ends = round(track.end_length / track.cell_size)
    read = slice(ends, states.shape[1] - ends)
    fill = track.coverage.fill[read]
    first, last = (states[:, read, :, 0, 2] * fill).sum(axis=(1, 2)) / fill.sum()
    # A positive current widens the domain along +z, and moves the wall to the next notch.
    return float(track.perpendicular_conductance(track.area) * track.polarisation_squared * abs(last - first))


def _moved(ensemble: RawEnsemble, pitch: float) -> int:
    """Pulses that took their wall from its notch."""
    start = ensemble.value("notch_positions")[ensemble.value("start_notch").astype(int)]
    return int((np.abs(ensemble.value("wall_position") - start[:, None]) > pitch / 2).sum())
