"""Fluctuation of the stochastic MTJ at rest, at each gate voltage."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from micromag.devices.stochastic_mtj import StochasticMTJ
from micromag.engines import Engine, simulate
from micromag.fileformat import Quantity
from micromag.protocols import check_divides, check_rising
from micromag.raw import RawEnsemble

Voltage = Annotated[float, Field(ge=-5, le=5)]


class Fluctuation(BaseModel):
    """Section ``fluctuation``: replicas start along +z, forget it during `equilibration`, and are then sampled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    voltages: tuple[Voltage, ...] = Field(
        (-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6),
        min_length=4,
        description="gate voltages in rising order, V",
    )
    replicas: int = Field(96, ge=4, le=65536, description="independent copies at each voltage")
    equilibration: float = Field(10e-9, ge=0, le=1e-5, description="simulated time that is thrown away, s")
    duration: float = Field(40e-9, gt=1e-10, le=1e-4, description="simulated time that is recorded, s")
    sample_interval: float = Field(50e-12, ge=1e-14, le=1e-8, description="distance of recorded samples, s")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("voltages", self.voltages)
        check_divides(self.sample_interval, duration=self.duration, equilibration=self.equilibration)
        return self

    def run(
        self, device: StochasticMTJ, voltage: float, *, temperature: float, seed: int, engine: Engine
    ) -> RawEnsemble:
        """Simulate one gate voltage (V) at a temperature (K)."""
        ensemble = simulate(
            device.system(voltage=voltage, temperature=temperature),
            replicas=self.replicas,
            duration=self.equilibration + self.duration,
            sample_interval=self.sample_interval,
            seed=seed,
            engine=engine,
        )
        discard = round(self.equilibration / self.sample_interval)
        return RawEnsemble(
            device_type="stochastic_mtj",
            time=ensemble.time[discard:],
            magnetisation=ensemble.magnetisation[None, :, discard:].astype(np.float32),
            snapshot=ensemble.final[:1].astype(np.float32),
            cell=np.array(device.magnetisation.mesh.cell),
            bias={
                "voltage": Quantity(voltage, "V", "gate voltage"),
                "temperature": Quantity(temperature, "K"),
            },
            device={
                "perpendicular_conductance": Quantity(device.perpendicular_conductance(device.area), "S"),
                "polarisation_squared": Quantity(device.polarisation_squared, "1", "P^2"),
                "macrospin_barrier": Quantity(device.barrier(voltage), "J", "K_eff V of one rigid spin"),
                "area": Quantity(device.area, "m^2", "of the free layer"),
                "oxide_thickness": Quantity(device.oxide_thickness, "m"),
            },
            provenance={"simulation": ensemble.meta},
        )
