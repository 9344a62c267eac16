"""Width of the stochastic MTJ's fluctuation against cell size and time step: what the discretisation decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.container import Form, Quantity
from magbayes.data.estimate import equality
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Engine
from magbayes.micromag.protocols import check_rising
from magbayes.micromag.protocols.widths import InEquilibrium, Width

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

KIND = "magbayes resolution"
VERSION = 2

FORMS = {
    "voltage": Form("V", ("voltages",)),
    "cell_size": Form("m", ("cells",)),
    "sigma": Form("1", ("voltages", "cells", "3")),
    "moment": Form("1", ("voltages", "cells")),
    "common_sigma": Form("1", ("voltages",)),
    "chi_squared": Form("1", ("voltages",)),
    "p_value": Form("1", ("voltages",)),
    "rigid_spin_sigma": Form("1", ("voltages",)),
    "time_step": Form("s", ("steps",)),
    "sigma_of_step": Form("1", ("steps", "3")),
}
"""What readers rely on; ``3`` is a value and the ends of its interval."""


class Resolution(InEquilibrium):
    """Section ``resolution``: widths in cells of several sizes and, at the first voltage, with several time steps.

    Widths in cells are drawn from equilibrium where the engine has a sampler. Time steps need trajectories, which start
    from states in equilibrium.
    """

    voltages: tuple[Annotated[float, Field(ge=-5, le=5)], ...] = Field(
        (-2.4, 0.0, 1.6), min_length=1, description="gate voltages, V"
    )
    cells_across: tuple[Annotated[int, Field(ge=4, le=64)], ...] = Field(
        (8, 10, 16, 20), description="numbers of cells along x, beside the device's own"
    )
    step_fractions: tuple[Annotated[float, Field(ge=0.01, lt=1)], ...] = Field(
        (0.5, 0.25),
        description="time steps in the device's own cells, as fractions of the largest one allowed, which is run too; "
        "an empty list runs none",
    )
    duration: float = Field(2.5e-9, gt=0, le=1e-4, description="time recorded of trajectories, s")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("voltages", self.voltages)
        return self

    def run(
        self, device: StochasticJunction, *, temperature: float, seed: int, engine: Engine
    ) -> tuple[dict[str, Quantity], dict[str, Any]]:
        """Measure all widths at a temperature in K.

        Returns
        -------
        tuple
            Arrays for `magbayes.data.container.write`, the cell sizes falling and the time steps too; and what the
            engine says of the run in the device's own cells at the first voltage.
        """
        own = round(device.diameter / device.cell_size)
        counts = sorted({own, *self.cells_across})
        widths = [
            [
                self.width(
                    device.in_cells(count),
                    voltage,
                    temperature=temperature,
                    seed=derive(seed, "cells", count, f"{voltage:+g}V"),
                    engine=engine,
                )
                for count in counts
            ]
            for voltage in self.voltages
        ]
        first = widths[0][counts.index(own)]
        steps = self._steps(device, first, temperature, seed, engine)
        sigma = np.array([[width.estimate for width in row] for row in widths])
        common = np.array([equality(row) for row in sigma])
        rigid = [device.rigid_spin_sigma(voltage, temperature) for voltage in self.voltages]
        return {
            "voltage": Quantity(self.voltages, "V", "gate voltage"),
            "cell_size": Quantity(
                [device.in_cells(count).cell_size for count in counts], "m", "lateral edge of a cell"
            ),
            "sigma": Quantity(sigma, "1", "std of m_x, and the ends of its 95 % interval"),
            "moment": Quantity(
                [[width.moment for width in row] for row in widths], "1", "root mean square of m over that of the film"
            ),
            "common_sigma": Quantity(common[:, 0], "1", "weighted mean of sigma over the cell sizes"),
            "chi_squared": Quantity(common[:, 1], "1", "chi-squared of one sigma for all cell sizes"),
            "p_value": Quantity(common[:, 2], "1", "p-value of one sigma for all cell sizes"),
            "rigid_spin_sigma": Quantity(rigid, "1", "std of m_x of one rigid spin of the outline, at any angle"),
            "time_step": Quantity(
                [width.meta["time_step"] for width in steps], "s", "step of trajectories at the first voltage"
            ),
            "sigma_of_step": Quantity(
                np.array([width.estimate for width in steps]).reshape(-1, 3), "1", "sigma with each of these steps"
            ),
        }, first.meta

    def _steps(
        self, device: StochasticJunction, first: Width, temperature: float, seed: int, engine: Engine
    ) -> list[Width]:
        """Widths at the first voltage from trajectories with the largest step and with fractions of it."""
        found: list[Width] = []
        for fraction in (1.0, *self.step_fractions) if self.step_fractions else ():
            found.append(
                self.trajectories(
                    device,
                    self.voltages[0],
                    temperature=temperature,
                    seed=derive(seed, "step", f"{fraction:g}"),
                    engine=engine,
                    time_step=fraction * found[0].meta["time_step"] if found else None,
                    start=first.final,
                )
            )
        return found
