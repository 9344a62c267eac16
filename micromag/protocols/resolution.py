"""Width of the stochastic MTJ's fluctuation against cell size and time step: what the discretisation decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.stats import t as student

from magbayes.data.container import Form, Quantity
from magbayes.data.section import Section
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Engine, simulate
from magbayes.micromag.raw import along_reference

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

KIND = "magbayes resolution"
VERSION = 1

FORMS = {
    "voltage": Form("V", ()),
    "cell_size": Form("m", ("points",)),
    "time_step": Form("s", ("points",)),
    "sigma": Form("1", ("points", "3")),
    "moment": Form("1", ("points",)),
}
"""What readers rely on; ``3`` is a value and the ends of its interval."""

CONFIDENCE = 0.95

DISCARDED = 20
"""Samples of the equilibration."""


class Resolution(Section):
    """Section ``resolution``: one gate voltage, in cells of several sizes and with shorter time steps.

    A high damping is used because it forgets faster and leaves the equilibrium as it is.
    """

    voltage: float = Field(-0.6, ge=-5, le=5, description="gate voltage, V")
    cells_across: tuple[Annotated[int, Field(ge=4, le=64)], ...] = Field(
        (8, 10, 16, 20), description="numbers of cells along x, beside the device's own"
    )
    step_fractions: tuple[Annotated[float, Field(ge=0.01, lt=1)], ...] = Field(
        (0.5, 0.25), description="further time steps in the device's own cells, as fractions of the largest one allowed"
    )
    damping: float = Field(0.2, ge=1e-5, le=1, description="in place of the device's own")
    replicas: int = Field(64, ge=4, le=65536, description="independent copies at each point")
    equilibration: float = Field(1e-9, ge=1e-13, le=1e-5, description="simulated time that is thrown away, s")
    duration: float = Field(1.5e-9, gt=0, le=1e-4, description="simulated time that is recorded, s")

    @property
    def interval(self) -> float:
        """Distance of samples, s."""
        return self.equilibration / DISCARDED

    @property
    def samples(self) -> int:
        """Samples of a replica, those that are thrown away included."""
        return DISCARDED + round(self.duration / self.interval)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.samples == DISCARDED:
            raise ValueError(
                f"duration {self.duration:g} s is too short; accepted: {self.interval:g} s (equilibration / "
                f"{DISCARDED}) or more"
            )
        return self

    def run(
        self, device: StochasticJunction, *, temperature: float, seed: int, engine: Engine
    ) -> tuple[dict[str, Quantity], dict[str, Any]]:
        """Simulate all points.

        Returns
        -------
        tuple
            Arrays for `magbayes.data.container.write`, one entry a point: the cell sizes, then the time steps; and what
            the engine says of the run in the device's own cells.
        """
        device = device.changed(damping=self.damping)
        own = round(device.diameter / device.cell_size)
        rows, meta = [], {}
        for count in sorted({own, *self.cells_across}):
            row, said = self._point(device.in_cells(count), temperature, derive(seed, "cells", count), engine)
            rows.append(row)
            if count == own:
                meta = said
        for fraction in self.step_fractions:
            noise, step = derive(seed, "step", f"{fraction:g}"), fraction * meta["time_step"]
            rows.append(self._point(device, temperature, noise, engine, step)[0])
        table = np.array(rows)
        return {
            "voltage": Quantity(self.voltage, "V", "gate voltage"),
            "cell_size": Quantity(table[:, 0], "m", "lateral edge of a cell"),
            "time_step": Quantity(table[:, 1], "s", "step of the integration"),
            "sigma": Quantity(table[:, 2:5], "1", "std of m_x, and the ends of its 95 % interval"),
            "moment": Quantity(table[:, 5], "1", "root mean square of the mean magnetisation over Ms"),
        }, meta

    def _point(
        self, device: StochasticJunction, temperature: float, seed: int, engine: Engine, time_step: float | None = None
    ) -> tuple[tuple[float, ...], dict[str, Any]]:
        """Cell size, time step, sigma with its interval and moment; and what the engine says of the run."""
        ensemble = simulate(
            device.system(voltage=self.voltage, temperature=temperature),
            replicas=self.replicas,
            duration=self.samples * self.interval,
            sample_interval=self.interval,
            seed=seed,
            engine=engine,
            time_step=time_step,
        )
        m = ensemble.magnetisation[:, DISCARDED:].astype(float) / device.bare(temperature).moment
        # Replicas are independent, their samples are not.
        variances = (along_reference(m, device.in_plane_symmetric) ** 2).mean(axis=(1, 2))
        margin = student.ppf((1 + CONFIDENCE) / 2, len(m) - 1) * variances.std(ddof=1) / len(m) ** 0.5
        mean = variances.mean()
        sigma = np.sqrt([mean, max(mean - margin, 0.0), mean + margin])
        moment = float(np.sqrt((m**2).sum(axis=-1).mean()))
        return (device.cell_size, ensemble.meta["time_step"], *sigma, moment), ensemble.meta
