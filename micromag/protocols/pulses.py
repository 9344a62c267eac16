"""Current pulses on the domain-wall MTJ, and its levels at rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.container import Quantity
from magbayes.data.section import Section
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Engine, Ensemble, simulate
from magbayes.micromag.protocols import check_divides, check_rising
from magbayes.micromag.protocols.notches import at_notches
from magbayes.micromag.protocols.stages import Stage, stages
from magbayes.micromag.raw import PULSED_NOTCHES, RawEnsemble

if TYPE_CHECKING:
    import micromagneticmodel as mm

    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.devices.heat import Pulse

DIRECTIONS = {"positive": 1, "negative": -1}
"""Signs of a pulse by name."""

CurrentDensity = Annotated[float, Field(ge=1e9, le=1e14)]
Width = Annotated[float, Field(ge=1e-11, le=1e-6)]

HOTTEST = 450.0
"""Temperature in K above which a pulse is warned of: half as much again as that at which parameters were measured."""


def wall_positions(device: DomainWallTrack, final: np.ndarray) -> np.ndarray:
    """X of the wall in m for final states (replicas, nx, ny, nz, 3): the edge of the domain along +z.

    The number of columns whose mean m_z points up, which thermal noise within the domains does not touch. A wall
    that left the track is reported at the end through which it left.
    """
    up = final[..., 2].sum(axis=(2, 3)) > 0
    return -device.length / 2 + device.cell_size * up.sum(axis=1)


class Pulses(Section):
    """Section ``pulses``: single pulses of each current density and width from inner notches, a rest at every notch.

    Half of the pulses are positive and start at the second notch of a short track, half are negative and start at the
    second to last: mirror images, whose answers are alike and count together.
    """

    current_densities: tuple[CurrentDensity, ...] = Field(
        (2.6e11, 3.0e11, 3.4e11),
        min_length=2,
        description="current densities in the heavy metal, A/m^2",
    )
    widths: tuple[Width, ...] = Field((1e-9, 2e-9), min_length=1, description="lengths of a pulse, s")
    heating: bool = Field(True, description="whether the heat of a pulse warms the track while it is simulated")
    stages: int = Field(
        3,
        ge=1,
        le=20,
        description="stages of constant temperature in a pulse that heats, and again after it; they end at samples",
    )
    relaxation: float = Field(1.5e-9, ge=0, le=1e-6, description="simulated time after a pulse, s")
    replicas: int = Field(
        32, ge=2, le=65536, multiple_of=2, description="pulses of each current density and width, half of either sign"
    )
    rest_replicas: int = Field(4, ge=2, le=65536, description="copies at each notch at rest")
    rest_equilibration: float = Field(0.5e-9, ge=0, le=1e-6, description="rest that is thrown away, s")
    rest_duration: float = Field(2e-9, gt=1e-11, le=1e-5, description="rest that is recorded, s")
    sample_interval: float = Field(50e-12, ge=1e-14, le=1e-9, description="distance of recorded samples, s")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("current_densities", self.current_densities)
        check_rising("widths", self.widths)
        check_divides(
            self.sample_interval,
            **{f"widths[{i}] + relaxation": width + self.relaxation for i, width in enumerate(self.widths)},
            rest_equilibration=self.rest_equilibration,
            rest_duration=self.rest_duration,
        )
        return self

    def warming(self, device: DomainWallTrack, current_density: float, width: float) -> Pulse | None:
        """Warming by a pulse of `current_density` in A/m^2 and `width` in s; None without `heating`."""
        return device.heating(current_density, width) if self.heating else None

    def pulse_stages(self, device: DomainWallTrack, current_density: float, width: float) -> list[Stage]:
        """Stages of a pulse of `current_density` in A/m^2 and `width` in s, and of the rest after it."""
        samples = round((width + self.relaxation) / self.sample_interval)
        return stages(self.warming(device, current_density, width), samples, self.sample_interval, self.stages)

    def warnings(self, device: DomainWallTrack, temperature: float) -> list[str]:
        """Warnings about the pulses on a device at a temperature in K that can be computed before a simulation."""
        current, width = self.current_densities[-1], self.widths[-1]
        heat = self.warming(device, current, width)
        if heat is None or temperature + heat.peak <= HOTTEST:
            return []
        return [
            f"a pulse of {current:g} A/m^2 and {width:g} s heats the track from {temperature:g} to "
            f"{temperature + heat.peak:.0f} K, above {HOTTEST:g} K: its parameters are far from those that were "
            "measured; shorten pulses.widths or lower pulses.current_densities"
        ]

    def _simulate(
        self,
        systems: Callable[[float, float], mm.System],
        parts: Sequence[Stage],
        replicas: int,
        seed: int,
        engine: Engine,
    ) -> list[Ensemble]:
        """Run stages one after the other, each from the last states of the one before.

        `systems` gives the system from a start in s, at a rise of the temperature in K.
        """
        ensembles: list[Ensemble] = []
        for index, part in enumerate(parts):
            ensembles.append(
                simulate(
                    systems(part.start, part.rise),
                    replicas=replicas,
                    duration=part.samples * self.sample_interval,
                    sample_interval=self.sample_interval,
                    seed=derive(seed, "stage", index) if index else seed,
                    engine=engine,
                    readout="reference",
                    start=ensembles[-1].final if ensembles else None,
                )
            )
        return ensembles

    def _raw(
        self,
        device: DomainWallTrack,
        runs: Sequence[Sequence[Ensemble]],
        parts: Sequence[Stage],
        discard: int,
        bias: dict[str, Quantity],
        temperature: float,
    ) -> RawEnsemble:
        """What was recorded of a track, a run of stages a group."""
        kelvins = [temperature + part.rise for part in parts]
        # Of each stage in units of what its film shows.
        units = [device.bare(kelvin).moment for kelvin in kelvins]
        magnetisation = np.stack(
            [
                np.concatenate([e.magnetisation / unit for e, unit in zip(run, units, strict=True)], axis=1)
                for run in runs
            ]
        )
        return RawEnsemble(
            device_type="domain_wall_mtj",
            time=self.sample_interval * np.arange(discard + 1, magnetisation.shape[2] + 1),
            magnetisation=magnetisation[:, :, discard:].astype(np.float32),
            snapshot=np.stack([run[-1].final[0] for run in runs]).astype(np.float32),
            cell=np.array(device.mesh.cell),
            bias=bias | {"temperature": Quantity(temperature, "K", "temperature of the device")},
            device=_of_device(device),
            further={
                "wall_position": Quantity(
                    np.stack([wall_positions(device, run[-1].final) for run in runs]),
                    "m",
                    "x of the wall at the end",
                )
            },
            provenance={
                "simulation": runs[0][0].meta,
                "bare": dataclasses.asdict(device.bare(temperature)),
                "stages": [dataclasses.asdict(part) for part in parts],
            },
        )

    def run_pulse(
        self,
        device: DomainWallTrack,
        current_density: float,
        width: float,
        *,
        temperature: float,
        seed: int,
        engine: Engine,
    ) -> RawEnsemble:
        """Pulses of `current_density` in A/m^2 and `width` in s of both signs, at a temperature in K.

        Only a part of the track is simulated, `magbayes.micromag.raw.PULSED_NOTCHES` of it: others are too far to be
        felt. They are counted in as they are, all on one side of the wall.
        """
        short = device.changed(notches=min(device.notches, PULSED_NOTCHES))
        inner = min(1, short.notches // 2 - 1)
        parts = self.pulse_stages(short, current_density, width)

        def system(direction: int, start: float, rise: float) -> mm.System:
            notch = inner if direction > 0 else short.notches - 1 - inner
            remaining = width - start
            if remaining < 1e-6 * self.sample_interval:
                return short.system(notch, temperature=temperature + rise)
            return short.system(notch, direction * current_density, remaining, temperature + rise)

        runs = [
            self._simulate(partial(system, direction), parts, self.replicas // 2, derive(seed, "pulse", name), engine)
            for name, direction in DIRECTIONS.items()
        ]
        heat = self.warming(short, current_density, width)
        peak = temperature + (heat.peak if heat else 0.0)
        directions = np.array(list(DIRECTIONS.values()))
        bias = {
            "current_density": Quantity(current_density, "A/m^2", "current density of the pulse in the heavy metal"),
            "direction": Quantity(directions, "1", "sign of the current"),
            "start_notch": Quantity(
                np.where(directions > 0, inner, device.notches - 1 - inner), "1", "notch of the wall at the start"
            ),
            "pulse_width": Quantity(width, "s", "length of the pulse"),
            "peak_temperature": Quantity(peak, "K", "temperature of the track at the end of the pulse"),
        }
        return _lengthened(self._raw(short, runs, parts, 0, bias, temperature), device, short.notches)

    def run_rest(self, device: DomainWallTrack, *, temperature: float, seed: int, engine: Engine) -> RawEnsemble:
        """Every notch in turn without current, at a temperature in K."""
        discard = round(self.rest_equilibration / self.sample_interval)
        parts = [Stage(0.0, discard + round(self.rest_duration / self.sample_interval), 0.0)]
        ensembles = at_notches(
            device,
            self.rest_replicas,
            duration=parts[0].samples * self.sample_interval,
            sample_interval=self.sample_interval,
            temperature=temperature,
            seed=derive(seed, "notches"),
            engine=engine,
        )
        bias = {"start_notch": Quantity(np.arange(device.notches), "1", "notch of the wall at the start")}
        return self._raw(device, [[each] for each in ensembles], parts, discard, bias, temperature)


def _lengthened(short: RawEnsemble, device: DomainWallTrack, notches: int) -> RawEnsemble:
    """What the whole device shows, of whose `notches` at one end an ensemble tells: the others are in one domain."""
    directions = short.value("direction")
    share = notches / device.notches
    # Domains point up in front of the wall and down behind it; a negative pulse is simulated at the far end.
    others = (1 - share) * np.where(directions > 0, -1.0, 1.0)
    magnetisation = share * short.magnetisation
    magnetisation[..., 2] += others[:, None, None]
    shift = (notches - device.notches) * device.notch_pitch / 2 * directions
    position = short.further["wall_position"]
    return dataclasses.replace(
        short,
        magnetisation=magnetisation.astype(np.float32),
        device=_of_device(device),
        further={"wall_position": dataclasses.replace(position, value=position.value + shift[:, None])},
    )


def _of_device(device: DomainWallTrack) -> dict[str, Quantity]:
    """What a raw ensemble says of its device."""
    return {
        "perpendicular_conductance": Quantity(
            device.perpendicular_conductance(device.area),
            "S",
            "conductance with m perpendicular to the reference layer",
        ),
        "polarisation_squared": Quantity(device.polarisation_squared, "1", "spin polarisation squared, P^2"),
        "notch_positions": Quantity(device.notch_positions, "m", "x of the notches"),
        "metal_resistance": Quantity(device.resistance, "Ohm", "resistance of the heavy metal under the track"),
        "metal_cross_section": Quantity(
            device.width * device.heavy_metal_thickness,
            "m^2",
            "cross-section of the heavy metal under the track, at its full width",
        ),
    }
