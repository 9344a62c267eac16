"""Variation between devices: how sigma answers to the diameter, and the levels of tracks that differ.

The standard deviations of what is made are assumptions, not measurements: set them to those of a process. What follows
from them is simulated.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.section import Section
from magbayes.data.seeds import LARGEST, derive, generator
from magbayes.micromag.devices.device import LARGEST_MESH
from magbayes.micromag.devices.disorder import varied_track
from magbayes.micromag.devices.grains import Grains
from magbayes.micromag.devices.roughness import Roughness
from magbayes.micromag.engines import Engine
from magbayes.micromag.protocols import check_rising
from magbayes.micromag.protocols.notches import at_notches
from magbayes.micromag.protocols.widths import INTERVAL, InEquilibrium

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

LARGEST_SPREAD = 0.1
"""Relative standard deviation of diameters up to which what follows from them is in proportion."""

USUAL = 3.0
"""Standard deviations that are usual among the grains, or along the edges, of a track."""


class DiskVariation(InEquilibrium):
    """Stochastic MTJs: their size is simulated either way, in cells that grow with it.

    The anisotropy needs no simulation: a relative change of K_i acts exactly as a change of the gate voltage by
    -K_i t_ox / xi times it.
    """

    interface_anisotropy: float = Field(0.002, ge=0, le=0.2, description="relative standard deviation of K_i")
    diameter: float = Field(0.5e-9, ge=0, le=1e-7, description="standard deviation of the diameter, m")
    change: float = Field(0.05, ge=1e-3, le=0.2, description="relative change of the diameter that is simulated")
    voltages: tuple[Annotated[float, Field(ge=-5, le=5)], ...] = Field(
        (-2.4, -0.8, 0.8), min_length=1, description="gate voltages at which it is, V"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("voltages", self.voltages)
        return self

    def warnings(self, device: StochasticJunction) -> list[str]:
        """Warnings that can be computed before a simulation."""
        if self.diameter <= LARGEST_SPREAD * device.diameter:
            return []
        return [
            f"diameter {self.diameter:g} m is above {100 * LARGEST_SPREAD:g} % of the device's {device.diameter:g} m: "
            "the array takes the spread of sizes to be small"
        ]

    def run(
        self, device: StochasticJunction, *, temperature: float, seed: int, engine: Engine
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Simulate devices of other sizes at a temperature in K.

        Returns
        -------
        tuple
            Values for `magbayes.micromag.raw.write_variation`, and what the engine says of the last run.
        """
        sigma, errors, meta = np.empty((2, len(self.voltages))), np.empty((2, len(self.voltages))), {}
        for row, (name, factor) in enumerate((("small", 1 - self.change), ("large", 1 + self.change))):
            changed = device.scaled(factor)
            for column, voltage in enumerate(self.voltages):
                noise = derive(seed, name, f"{voltage:+g}V")
                width = self.width(changed, voltage, temperature=temperature, seed=noise, engine=engine)
                sigma[row, column], errors[row, column], meta = width.sigma, width.relative_error, width.meta
        span = np.log1p(self.change) - np.log1p(-self.change)
        # K_u = (K_i - xi V / t_gate) / t
        per_volt = device.vcma_coefficient / device.gate_thickness
        return {
            "anisotropy_offset": self.interface_anisotropy * device.interface_anisotropy / per_volt,
            "diameter_spread": self.diameter / device.diameter,
            "voltage": self.voltages,
            "diameter_response": np.log(sigma[1] / sigma[0]) / span,
            "diameter_response_error": np.hypot(*errors) / span,
        }, meta


class TrackVariation(Section):
    """Domain-wall MTJs: tracks are drawn, and each notch of each of them simulated."""

    interface_anisotropy: float = Field(0.002, ge=0, le=0.2, description="relative standard deviation of K_i")
    notch_position: float = Field(0.8e-9, ge=0, le=1e-7, description="standard deviation of a notch's place, m")
    notch_depth: float = Field(0.5e-9, ge=0, le=1e-7, description="standard deviation of a notch's depth, m")
    grain_anisotropy: float = Field(
        0.02, ge=0, le=0.2, description="relative standard deviation of K_i between the grains of a film"
    )
    grain_size: float = Field(
        15e-9, ge=2e-9, le=1e-6, description="mean diameter of a grain, that of a circle with its mean area, m"
    )
    edge_roughness: float = Field(1.5e-9, ge=0, le=1e-7, description="standard deviation of an edge's place, m")
    edge_correlation: float = Field(
        25e-9, ge=5e-9, le=1e-6, description="distance along an edge over which its correlation falls to 1/e, m"
    )
    tracks: int = Field(8, ge=2, le=10_000, description="tracks that are drawn")
    replicas: int = Field(2, ge=2, le=4096, description="copies of each track at each notch")
    equilibration: float = Field(0.25e-9, ge=0, le=1e-5, description="simulated time that is thrown away, s")
    duration: float = Field(0.25e-9, gt=0, le=1e-4, description="simulated time that is recorded, s")

    @property
    def discarded(self) -> int:
        """Samples of a replica that are thrown away."""
        return round(self.equilibration / INTERVAL)

    @property
    def samples(self) -> int:
        """Samples of a replica, those that are thrown away included."""
        return self.discarded + max(1, round(self.duration / INTERVAL))

    def warnings(self, track: DomainWallTrack) -> list[str]:
        """Warnings that can be computed before a simulation."""
        warnings = []
        if self.notch_position > track.notch_pitch / 2:
            warnings.append(
                f"notch_position {self.notch_position:g} m is above half of notch_pitch ({track.notch_pitch / 2:g} m): "
                "notches change places"
            )
        if self.grain_anisotropy > 0 and self.grain_size < track.cell_size:
            warnings.append(
                f"grain_size {self.grain_size:g} m is below dwmtj.cell_size ({track.cell_size:g} m): each cell has the "
                "mean of several grains, and a wall sees none of them"
            )
        if USUAL * self.grain_anisotropy * track.anisotropy > max(track.film_stiffness, 0.0):
            warnings.append(
                f"grain_anisotropy {self.grain_anisotropy:g}: grains {USUAL:g} standard deviations softer than the "
                "film lie in its plane"
            )
        if USUAL * self.edge_roughness > track.notch_depth:
            warnings.append(
                f"edge_roughness {self.edge_roughness:g} m: {USUAL:g} standard deviations are above dwmtj.notch_depth "
                f"({track.notch_depth:g} m), and walls are held by edges as by notches"
            )
        return warnings

    def check(self, track: DomainWallTrack) -> None:
        """Refuse edges that leave nothing of a track, or of its notches, and meshes that they make too large.

        Raises
        ------
        ValueError
            What is wrong with `edge_roughness`, and what would be accepted.
        """
        largest = min(track.width / 2 - track.notch_depth, track.notch_depth)
        if self.edge_roughness > largest:
            raise ValueError(
                f"{self.edge_roughness:g} m is above half of the neck between notches, "
                f"{track.width / 2 - track.notch_depth:g} m, or above dwmtj.notch_depth, {track.notch_depth:g} m; "
                f"accepted: up to {largest:g} m"
            )
        if self.largest_mesh(track) > LARGEST_MESH:
            raise ValueError(
                f"{self.edge_roughness:g} m makes up to {self.largest_mesh(track)} cells of dwmtj.cell_size "
                f"{track.cell_size:g} m; accepted: {LARGEST_MESH} at most, so smoother edges or larger cells"
            )

    def largest_mesh(self, track: DomainWallTrack) -> int:
        """Cells of a track whose edges reach six standard deviations outwards, further than any that is drawn."""
        further = math.ceil(6 * self.edge_roughness / track.cell_size)
        return track.cells + 2 * further * round(track.length / track.cell_size)

    def draw(self, track: DomainWallTrack, rng: np.random.Generator) -> Any:
        """A track of the same shape as it might be made, with `Disorder`."""
        made: dict[str, Any] = {
            "interface_anisotropy": track.interface_anisotropy * (1 + self.interface_anisotropy * rng.normal()),
            "shifts": (self.notch_position * rng.normal(size=track.notches)).tolist(),
            "deepenings": (self.notch_depth * rng.normal(size=track.notches)).tolist(),
        }
        if self.edge_roughness > 0:
            made["roughness"] = Roughness.drawn(track.length, self.edge_roughness, self.edge_correlation, rng)
        if self.grain_anisotropy > 0:
            seed = int(rng.integers(LARGEST))
            made["grains"] = Grains(size=self.grain_size, spread=self.grain_anisotropy, seed=seed)
        return varied_track(type(track))(**track.model_dump() | made)

    def run(
        self, track: DomainWallTrack, *, temperature: float, seed: int, engine: Engine
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Simulate varied tracks at a temperature in K; returns as `DiskVariation.run` does."""
        from scipy.stats import sem  # slow, and a configuration is checked without it

        levels, meta = [], {}
        for index in range(self.tracks):
            varied = self.draw(track, generator(seed, "track", index))
            moment = varied.bare(temperature).moment
            ensembles = at_notches(
                varied,
                self.replicas,
                duration=self.samples * INTERVAL,
                sample_interval=INTERVAL,
                temperature=temperature,
                seed=derive(seed, "track", index),
                engine=engine,
            )
            for ensemble in ensembles:
                means = ensemble.magnetisation[:, self.discarded :, 2].astype(float).mean(axis=1) / moment
                levels.append((means.mean(), sem(means)))
                meta = ensemble.meta
        level, error = np.array(levels).reshape(self.tracks, track.notches, 2).transpose(2, 0, 1)
        return {"level": level, "level_error": error}, meta


class Variation(Section):
    """Section ``variation``: how devices of either kind differ."""

    smtj: DiskVariation = Field(default_factory=DiskVariation, description="between stochastic MTJs")
    dwmtj: TrackVariation = Field(default_factory=TrackVariation, description="between domain-wall MTJs")
