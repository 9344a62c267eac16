"""The stochastic MTJ: a disk whose thermal fluctuation a gate voltage widens or narrows."""

from __future__ import annotations

from functools import cached_property
from typing import Self

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
from pydantic import Field, model_validator
from scipy.constants import k, mu_0

from magbayes.micromag.devices.device import Length, MagneticTunnelJunction, Thickness, demagnetising_factors


class StochasticMTJ(MagneticTunnelJunction):
    """A circular free layer with perpendicular anisotropy under an in-plane reference layer along x.

    The anisotropy follows the gate voltage, ``K_u(V) = (K_i - xi V / t_ox) / t_free``, and the conductance the
    magnetisation, ``G = G_perp (1 + P^2 <m_x>)`` (parallel channels). The default thickness puts the disk just on
    the perpendicular side of the spin reorientation at zero voltage, where the voltage has most leverage.
    """

    stack: str = "cofeb-mgo-vcma"
    diameter: Length = Field(40e-9, description="m")
    thickness: Thickness = Field(1.2e-9, description="free layer, m")
    vcma_coefficient: float = Field(ge=0, le=1e-11, description="xi, J/(V m)")
    oxide_thickness: Thickness = Field(description="tunnel oxide, m")

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_divides(diameter=self.diameter)
        return self

    def anisotropy_at(self, voltage: float) -> float:
        """K_u in J/m^3 under a gate voltage in V."""
        return (self.interface_anisotropy - self.vcma_coefficient * voltage / self.oxide_thickness) / self.thickness

    @cached_property
    def magnetisation(self) -> df.Field:
        """Uniform magnetisation along +z, A/m."""
        half, n = self.diameter / 2, round(self.diameter / self.cell_size)
        mesh = df.Mesh(p1=(-half, -half, 0), p2=(half, half, self.thickness), n=(n, n, 1))
        return df.Field(
            mesh,
            nvdim=3,
            value=(0, 0, 1),
            norm=lambda point: self.saturation_magnetisation if np.hypot(point[0], point[1]) < half else 0.0,
        )

    @property
    def area(self) -> float:
        """Area of the magnetic cells, m^2."""
        return float((self.magnetisation.norm.array > 0).sum()) * self.cell_size**2

    @property
    def volume(self) -> float:
        """Volume of the magnetic cells, m^3."""
        return self.area * self.thickness

    def barrier(self, voltage: float) -> float:
        """K_eff V in J of the disk as one rigid spin; negative where it prefers the plane."""
        factors = demagnetising_factors(self.magnetisation)
        shape = mu_0 / 2 * self.saturation_magnetisation**2 * (factors[2] - factors[0])
        return (self.anisotropy_at(voltage) - shape) * self.volume

    def macrospin_sigma(self, voltage: float, temperature: float) -> float:
        """Small-angle limit of std(m_x) of one rigid spin, sqrt(kB T / (2 K_eff V)); infinite where K_eff <= 0."""
        barrier = self.barrier(voltage)
        return float(np.sqrt(k * temperature / (2 * barrier))) if barrier > 0 else float("inf")

    def system(self, voltage: float = 0.0, temperature: float = 300.0) -> mm.System:
        """The free layer under a gate voltage in V at a temperature in K, magnetised along +z."""
        return mm.System(
            name="smtj",
            energy=mm.Exchange(A=self.exchange_stiffness)
            + mm.UniaxialAnisotropy(K=self.anisotropy_at(voltage), u=(0, 0, 1))
            + mm.Demag(),
            dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=self.damping),
            m=df.Field(self.magnetisation.mesh, nvdim=3, value=self.magnetisation),
            T=temperature,
        )
