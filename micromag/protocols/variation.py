"""Variation between devices: how sigma answers to the diameter, and the levels of tracks that differ."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.stats import sem

from micromag.devices.domain_wall_mtj import DomainWallMTJ
from micromag.devices.stochastic_mtj import StochasticMTJ
from micromag.engines import Engine, simulate
from micromag.protocols import check_rising

INTERVAL = 50e-12
"""Distance of samples, s; averages are all that is kept of them."""


class VariedTrack(DomainWallMTJ):
    """A track whose notches are not quite where, and as deep as, they are meant to be."""

    shifts: tuple[float, ...] = Field(description="displacement of each notch along the track, m")
    deepenings: tuple[float, ...] = Field(description="further depth of each notch, m")

    @property
    def notch_shapes(self) -> tuple[np.ndarray, np.ndarray]:
        """X and depth of each notch as it is made, m."""
        positions, depths = super().notch_shapes
        return positions + self.shifts, np.clip(depths + self.deepenings, 0, self.width / 2 - self.cell_size)


class Variation(BaseModel):
    """Section ``variation``: standard deviations between devices of what is made, and what they do to the devices.

    They are assumptions, not measurements: set them to those of a process. What follows from them is simulated. The
    anisotropy of the stochastic MTJ needs no simulation: a relative change of K_i acts exactly as a change
    of the gate voltage by -K_i t_ox / xi times it. A change of the diameter is simulated either way, in cells that
    grow with it; a high damping forgets faster and leaves the equilibrium as it is. Tracks are drawn, and
    each notch of each of them simulated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    interface_anisotropy: float = Field(0.002, ge=0, le=0.2, description="relative standard deviation of K_i")
    diameter: float = Field(0.5e-9, ge=0, le=1e-7, description="standard deviation of the disk's diameter, m")
    notch_position: float = Field(2e-9, ge=0, le=1e-7, description="the same of a notch's place, m")
    notch_depth: float = Field(2e-9, ge=0, le=1e-7, description="the same of a notch's depth, m")
    diameter_change: float = Field(0.05, gt=0, le=0.2, description="relative change that is simulated either way")
    voltages: tuple[Annotated[float, Field(ge=-5, le=5)], ...] = Field(
        (-0.6, -0.2, 0.2), min_length=1, description="gate voltages at which the diameter is changed, V"
    )
    damping: float = Field(0.2, gt=0, le=1, description="in place of the disk's own")
    replicas: int = Field(64, ge=4, le=65536, description="copies of each disk")
    equilibration: float = Field(1e-9, ge=0, le=1e-5, description="simulated time of a disk that is thrown away, s")
    duration: float = Field(8e-9, gt=0, le=1e-4, description="simulated time of a disk that is recorded, s")
    tracks: int = Field(8, ge=2, le=10_000, description="tracks that are drawn")
    track_replicas: int = Field(2, ge=2, le=4096, description="copies of each track at each notch")
    track_equilibration: float = Field(0.5e-9, ge=0, le=1e-5, description="the same of a track, s")
    track_duration: float = Field(1e-9, gt=0, le=1e-4, description="the same of a track, s")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("voltages", self.voltages)
        return self

    def warnings(self, track: DomainWallMTJ) -> list[str]:
        """Doubts that can be computed before a simulation."""
        return [
            f"{name} {value:g} m is below half a cell of the track ({track.cell_size / 2:g} m): hardly resolved"
            for name, value in (("notch_position", self.notch_position), ("notch_depth", self.notch_depth))
            if 0 < value < track.cell_size / 2
        ]

    def run(
        self, disk: StochasticMTJ, track: DomainWallMTJ, *, temperature: float, seed: int, engine: Engine
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Simulate changed disks and varied tracks at a temperature in K.

        Returns
        -------
        tuple
            Values for `micromag.raw.write_variation`, and what the engine says of the last run.
        """
        settings = disk.model_dump() | {"damping": self.damping}
        widths, levels = [], []
        for factor in (1 - self.diameter_change, 1 + self.diameter_change):
            keys = {"diameter": factor * disk.diameter, "cell_size": factor * disk.cell_size}
            changed = StochasticMTJ(**settings | keys)
            widths.append([self._width(changed, v, temperature, seed, engine) for v in self.voltages])
        rng = np.random.default_rng(seed)
        for _ in range(self.tracks):
            made = self.draw(track, rng)
            each = [self._level(made, n, temperature, int(rng.integers(2**31)), engine) for n in range(made.notches)]
            levels.append([found for found, _ in each])
            meta = each[-1][1]
        low, high = (np.array(w) for w in widths)
        level, error = np.moveaxis(np.array(levels), -1, 0)
        span = np.log1p(self.diameter_change) - np.log1p(-self.diameter_change)
        return {
            # K_u = (K_i - xi V / t_ox) / t
            "smtj/anisotropy_offset": self.interface_anisotropy
            * disk.interface_anisotropy
            * disk.oxide_thickness
            / disk.vcma_coefficient,
            "smtj/diameter_spread": self.diameter / disk.diameter,
            "smtj/voltage": self.voltages,
            "smtj/diameter_response": np.log(high[:, 0] / low[:, 0]) / span,
            "smtj/diameter_response_error": np.hypot(low[:, 1], high[:, 1]) / span,
            "dwmtj/level": level,
            "dwmtj/level_error": error,
        }, meta

    def draw(self, track: DomainWallMTJ, rng: np.random.Generator) -> VariedTrack:
        """A track as it might be made."""
        return VariedTrack(
            **track.model_dump()
            | {
                "interface_anisotropy": track.interface_anisotropy * (1 + self.interface_anisotropy * rng.normal()),
                "shifts": (self.notch_position * rng.normal(size=track.notches)).tolist(),
                "deepenings": (self.notch_depth * rng.normal(size=track.notches)).tolist(),
            }
        )

    def _width(
        self, disk: StochasticMTJ, voltage: float, temperature: float, seed: int, engine: Engine
    ) -> tuple[float, float]:
        """Standard deviation of m·p, and its relative standard error."""
        discard = round(self.equilibration / INTERVAL)
        ensemble = simulate(
            disk.system(voltage=voltage, temperature=temperature),
            replicas=self.replicas,
            duration=(discard + max(1, round(self.duration / INTERVAL))) * INTERVAL,
            sample_interval=INTERVAL,
            seed=seed,
            engine=engine,
        )
        variances = (ensemble.magnetisation[:, discard:, :2].astype(float) ** 2).mean(axis=(1, 2))
        return float(np.sqrt(variances.mean())), float(sem(variances) / (2 * variances.mean()))

    def _level(
        self, track: VariedTrack, notch: int, temperature: float, seed: int, engine: Engine
    ) -> tuple[tuple[float, float], dict[str, Any]]:
        """Mean m_z with the wall at a notch and its standard error between replicas; and the engine's meta."""
        discard = round(self.track_equilibration / INTERVAL)
        ensemble = simulate(
            track.system(notch, temperature=temperature),
            replicas=self.track_replicas,
            duration=(discard + max(1, round(self.track_duration / INTERVAL))) * INTERVAL,
            sample_interval=INTERVAL,
            seed=seed,
            engine=engine,
            readout="reference",
        )
        means = ensemble.magnetisation[:, discard:, 2].astype(float).mean(axis=1)
        return (float(means.mean()), float(sem(means))), ensemble.meta
