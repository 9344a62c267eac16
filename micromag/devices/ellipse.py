"""An elliptic stochastic MTJ, whose fluctuation is wider along its long axis than along its short one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from magbayes.micromag.devices.outline import Ellipse
from magbayes.micromag.devices.stochastic_mtj import StochasticJunction


class EllipticMTJ(StochasticJunction):
    """An ellipse with the axes `diameter` along x, as the reference layer, and `diameter` / `aspect` along y.

    The demagnetising factors obey N_x < N_y where `aspect` is above 1, so that m tilts more easily towards x than
    towards y: std(m_x) is the larger one, and the width of the conductance.
    """

    type: Literal["ellipse"] = Field("ellipse", description="shape of the free layer")
    aspect: float = Field(1.25, ge=0.25, le=4, description="diameter along x over that along y")

    @property
    def extent(self) -> tuple[float, float]:
        """Axes along x and y, m."""
        return self.diameter, self.diameter / self.aspect

    def contains(self, x: float, y: float) -> bool:
        """Whether a point (m) is in the ellipse."""
        return bool(np.hypot(x, y * self.aspect) < self.diameter / 2)

    @property
    def outline(self) -> Ellipse:
        """The ellipse."""
        return Ellipse(*self.extent)

    @property
    def in_plane_symmetric(self) -> bool:
        """Only a circle looks the same after a turn by 90 degrees."""
        return self.aspect == 1
