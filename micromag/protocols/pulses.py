"""Current pulses on the domain-wall MTJ, and its levels at rest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.container import Quantity
from magbayes.data.section import Section
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Engine, Ensemble, simulate
from magbayes.micromag.protocols import check_divides, check_rising
from magbayes.micromag.raw import RawEnsemble

if TYPE_CHECKING:
    import micromagneticmodel as mm

    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack

CurrentDensity = Annotated[float, Field(ge=1e9, le=1e14)]
Width = Annotated[float, Field(ge=1e-11, le=1e-6)]


def wall_positions(device: DomainWallTrack, final: np.ndarray) -> np.ndarray:
    """X of the wall in m for final states (replicas, nx, ny, nz, 3): the edge of the domain along +z.

    The number of columns whose mean m_z points up, which thermal noise within the domains does not touch. A wall
    that left the track is reported at the end through which it left.
    """
    up = final[..., 2].sum(axis=(2, 3)) > 0
    return -device.length / 2 + device.cell_size * up.sum(axis=1)


class Pulses(Section):
    """Section ``pulses``: single pulses of each current density and width from every notch, and a rest at each notch.

    Pulses are positive. A track whose notches are mirror-symmetric answers a negative pulse as the mirrored
    track answers a positive one, so the other direction costs no simulation.
    """

    current_densities: tuple[CurrentDensity, ...] = Field(
        (5.5e11, 6.0e11, 6.5e11, 7.0e11, 7.5e11, 8.0e11),
        min_length=2,
        description="current densities in the heavy metal, A/m^2",
    )
    widths: tuple[Width, ...] = Field((0.5e-9, 1.0e-9), min_length=1, description="lengths of a pulse, s")
    relaxation: float = Field(1.5e-9, ge=0, le=1e-6, description="simulated time after a pulse, s")
    replicas: int = Field(12, ge=2, le=65536, description="pulses of each current density and width at each notch")
    rest_replicas: int = Field(8, ge=2, le=65536, description="copies at each notch at rest")
    rest_equilibration: float = Field(1e-9, ge=0, le=1e-6, description="rest that is thrown away, s")
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

    def _simulate(self, system: mm.System, duration: float, replicas: int, seed: int, engine: Engine) -> Ensemble:
        return simulate(
            system,
            replicas=replicas,
            duration=duration,
            sample_interval=self.sample_interval,
            seed=seed,
            engine=engine,
            readout="reference",
        )

    def _raw(
        self,
        device: DomainWallTrack,
        ensembles: list[Ensemble],
        discard: int,
        bias: dict[str, Quantity],
        temperature: float,
    ) -> RawEnsemble:
        """What was recorded, an ensemble a notch."""
        bare = device.bare(temperature)
        return RawEnsemble(
            device_type="domain_wall_mtj",
            time=ensembles[0].time[discard:],
            magnetisation=(np.stack([e.magnetisation[:, discard:] for e in ensembles]) / bare.moment).astype(
                np.float32
            ),
            snapshot=np.stack([e.final[0] for e in ensembles]).astype(np.float32),
            cell=np.array(device.mesh.cell),
            bias=bias
            | {
                "start_notch": Quantity(np.arange(device.notches), "1", "notch of the wall at the start"),
                "temperature": Quantity(temperature, "K", "temperature of the device"),
            },
            device={
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
                    "cross-section of the heavy metal under the track",
                ),
            },
            further={
                "wall_position": Quantity(
                    np.stack([wall_positions(device, e.final) for e in ensembles]),
                    "m",
                    "x of the wall at the end",
                )
            },
            provenance={"simulation": ensembles[0].meta, "bare": dataclasses.asdict(bare)},
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
        """One pulse of `current_density` in A/m^2 and `width` in s at a temperature in K, from every notch."""
        duration = width + self.relaxation
        ensembles = [
            self._simulate(
                device.system(notch, current_density, width, temperature),
                duration,
                self.replicas,
                derive(seed, "notch", notch),
                engine,
            )
            for notch in range(device.notches)
        ]
        bias = {
            "current_density": Quantity(current_density, "A/m^2", "current density of the pulse in the heavy metal"),
            "pulse_width": Quantity(width, "s", "length of the pulse"),
        }
        return self._raw(device, ensembles, 0, bias, temperature)

    def run_rest(self, device: DomainWallTrack, *, temperature: float, seed: int, engine: Engine) -> RawEnsemble:
        """Every notch in turn without current, at a temperature in K."""
        duration = self.rest_equilibration + self.rest_duration
        ensembles = [
            self._simulate(
                device.system(notch, temperature=temperature),
                duration,
                self.rest_replicas,
                derive(seed, "notch", notch),
                engine,
            )
            for notch in range(device.notches)
        ]
        return self._raw(device, ensembles, round(self.rest_equilibration / self.sample_interval), {}, temperature)
