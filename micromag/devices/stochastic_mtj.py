"""Stochastic MTJs: a small free layer whose thermal fluctuation a gate voltage widens or narrows."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.constants import k, mu_0
from scipy.special import ive

from magbayes.micromag.devices.bare import Bare, Patch, filled, of_film
from magbayes.micromag.devices.device import (
    Exponent,
    Length,
    MagneticTunnelJunction,
    Thickness,
    demagnetising_factors,
)
from magbayes.micromag.devices.dielectric import Dielectric
from magbayes.micromag.devices.edge import Mask, edge
from magbayes.micromag.devices.outline import Ellipse

if TYPE_CHECKING:
    import discretisedfield as df
    import micromagneticmodel as mm

REFERENCE = 32
"""Cells along the longer axis whose edge stands for the shape's: with 48, K_eff of the default disk is within 1 %."""

LARGEST_UNASKED = 9
"""Exchange lengths across up to which a free layer no thicker than one is a single domain where it turns in the plane.
Of others the edge is computed before the first job, which takes a second."""

ANGLES = 20_001
"""Angles at which a rigid spin is integrated: a barrier of a million kT makes peaks of ten of their steps."""


class StochasticJunction(MagneticTunnelJunction):
    """A free layer with perpendicular anisotropy under an in-plane reference layer along x, of any shape.

    Three terminals: a thin tunnel barrier reads the free layer, and a thick dielectric on its other face is the gate.
    The anisotropy follows the gate voltage, ``K_u(V) = (K_i - xi V / t_gate) / t_free``, and the conductance the
    magnetisation, ``G = G_perp (1 + P^2 <m_x>)`` (parallel channels). A voltage that reads acts through the barrier on
    the other interface, as much as `read_lever` times that voltage at the gate. The default thickness puts a disk of 40
    nm just on the perpendicular side of the spin reorientation at zero voltage, where the voltage has most leverage.

    A shape must look the same from above when it is turned by 180 degrees: then <m_x> is 0, and its distribution even.
    """

    stack: str = "cofeb-mgo-vcma"
    diameter: Length = Field(40e-9, description="m")
    thickness: Thickness = Field(1.2e-9, description="free layer, m")
    vcma_coefficient: float = Field(ge=1e-18, le=1e-11, description="xi of the gate's interface, J/(V m)")
    vcma_exponent: Exponent = Field(description="xi goes with this power of Ms(T)")
    gate_thickness: Thickness = Field(description="dielectric of the gate, m")
    gate_permittivity: float = Field(ge=1, le=1000, description="relative permittivity of the gate's dielectric")
    gate_resistance_area: float = Field(
        ge=1e-15,
        le=1e6,
        description="RA of the gate's dielectric at gate_measured_thickness and small voltage, Ohm m^2",
    )
    gate_measured_thickness: Thickness = Field(description="thickness at which gate_resistance_area was measured, m")
    gate_decay_length: float = Field(
        ge=1e-11, le=1e-8, description="thickness by which RA of the gate's dielectric grows by a factor of e, m"
    )
    gate_barrier_height: float = Field(
        ge=0.1, le=10, description="barrier of the gate's dielectric for electrons without voltage, eV"
    )
    barrier_thickness: Thickness = Field(description="tunnel barrier that reads, m")
    barrier_vcma_coefficient: float = Field(
        ge=0, le=1e-11, description="xi of the tunnel barrier's interface, at which the read voltage acts, J/(V m)"
    )

    @property
    @abstractmethod
    def extent(self) -> tuple[float, float]:
        """Diameters along x and y, m; the mesh has these edges."""

    @abstractmethod
    def contains(self, x: float, y: float) -> bool:
        """Whether a point (m) is in the free layer, whose middle is the origin."""

    @property
    def outline(self) -> Ellipse | None:
        """The shape without cells; None where there is no formula for it, and the shape is taken as its cells are."""
        return None

    @property
    def exponents(self) -> dict[str, float]:
        """Power of Ms(T) with which each parameter that depends on the temperature goes."""
        return super().exponents | {
            "vcma_coefficient": self.vcma_exponent,
            "barrier_vcma_coefficient": self.vcma_exponent,
        }

    @property
    def in_plane_symmetric(self) -> bool:
        """Whether a turn by 90 degrees changes nothing, so that m_x and m_y have one distribution."""
        return False

    @model_validator(mode="after")
    def _check(self) -> Self:
        along, across = self.extent
        self._check_divides(diameter=along)
        cells = max(1, round(across / self.cell_size))
        if abs(across / self.cell_size - cells) > 1e-6:
            fits = cells * self.cell_size
            raise ValueError(
                f"cell_size {self.cell_size:g} m divides diameter {along:g} m but not {across:.6g} m, that along y; "
                f"{fits:.6g} m (diameter / {along / fits:.6g}) would do"
            )
        self._check_mesh()
        return self

    @property
    def cells(self) -> int:
        """Cells of the mesh, those outside the free layer included."""
        along, across = self.extent
        return round(along / self.cell_size) * max(1, round(across / self.cell_size))

    def scaled(self, factor: float) -> Self:
        """Device whose lateral lengths, those of its cells included, are this one's times a factor."""
        return self.changed(diameter=factor * self.diameter, cell_size=factor * self.cell_size)

    def in_cells(self, count: int) -> Self:
        """Device of the same shape with a number of cells along x."""
        return self.changed(cell_size=self.diameter / count)

    def anisotropy_at(self, voltage: float) -> float:
        """K_u in J/m^3 under a gate voltage in V."""
        return (self.interface_anisotropy - self.vcma_coefficient * voltage / self.gate_thickness) / self.thickness

    @property
    def read_lever(self) -> float:
        """Gate voltage that does to the anisotropy what 1 V over the tunnel barrier does."""
        barrier = self.barrier_vcma_coefficient / self.barrier_thickness
        return barrier / (self.vcma_coefficient / self.gate_thickness)

    @property
    def gate(self) -> Dielectric:
        """The dielectric between gate and free layer."""
        return Dielectric(
            self.gate_thickness,
            self.gate_permittivity,
            self.gate_resistance_area,
            self.gate_measured_thickness,
            self.gate_decay_length,
            self.gate_barrier_height,
        )

    @cached_property
    def magnetisation(self) -> df.Field:
        """Uniform magnetisation along +z, A/m."""
        import discretisedfield as df

        (x, y), cell = self.extent, self.cell_size
        mesh = df.Mesh(
            p1=(-x / 2, -y / 2, 0), p2=(x / 2, y / 2, self.thickness), n=(round(x / cell), round(y / cell), 1)
        )
        return df.Field(
            mesh,
            nvdim=3,
            value=(0, 0, 1),
            norm=lambda point: self.saturation_magnetisation if self.contains(point[0], point[1]) else 0.0,
        )

    @property
    def area(self) -> float:
        """Area of the free layer, m^2: of its outline, or of its cells where those are simulated as they are."""
        if self.outline is not None and self.renormalise == "film":
            return self.outline.area
        return self._cells_along(round(self.diameter / self.cell_size)).volume / self.thickness

    @property
    def volume(self) -> float:
        """Volume of the free layer, m^3."""
        return self.area * self.thickness

    def barriers(self, voltage: float, temperature: float | None = None) -> tuple[float, float]:
        """Energies in J to tilt one rigid spin from z to x and from z to y; negative where it prefers that axis.

        With the parameters at a temperature in K, or at `measured_at`. The axes of the shape are taken to be x and y.
        """
        device = self if temperature is None else self.at(temperature)
        if self.outline is not None and self.renormalise == "film":
            factors = self.outline.demagnetising_factors(self.thickness)
        else:
            factors = tuple(demagnetising_factors(self.magnetisation))
        scale = mu_0 / 2 * device.saturation_magnetisation**2
        anisotropy = device.anisotropy_at(voltage)
        along, across = ((anisotropy - scale * (factors[2] - factor)) * self.volume for factor in factors[:2])
        return along, across

    def barrier(self, voltage: float, temperature: float | None = None) -> float:
        """The first of `barriers`: K_eff V of one rigid spin that tilts from z to x, J."""
        return self.barriers(voltage, temperature)[0]

    def rigid_spin_sigma(self, voltage: float, temperature: float) -> float:
        """std(m_x) of one rigid spin at a temperature in K, for any angle, by integration over the sphere.

        Over the angle around x the Boltzmann factor gives a Bessel function of the rest, 1 - m_x^2.
        """
        from scipy.integrate import simpson  # slow, and a configuration is checked without it

        along, across = (barrier / (k * temperature) for barrier in self.barriers(voltage, temperature))
        # In the angle from x, where both a narrow peak around x and one across are as wide as the root of kT / K.
        angle = np.linspace(0, np.pi / 2, ANGLES)
        half = across * np.sin(angle) ** 2 / 2
        exponent = -along * np.cos(angle) ** 2 - half + np.abs(half)
        weight = np.exp(exponent - exponent.max()) * ive(0, half) * np.sin(angle)
        return float(np.sqrt(simpson(weight * np.cos(angle) ** 2, angle) / simpson(weight, angle)))

    def macrospin_sigma(self, voltage: float, temperature: float) -> float:
        """Small-angle limit of std(m_x) of one rigid spin, sqrt(kB T / (2 K_eff V)); infinite where K_eff <= 0."""
        barrier = self.barrier(voltage, temperature)
        return float(np.sqrt(k * temperature / (2 * barrier))) if barrier > 0 else float("inf")

    def _cells_along(self, count: int) -> Mask:
        """The shape in square cells, `count` of them along x."""
        size = self.diameter / count
        x = (np.arange(count) - (count - 1) / 2) * size
        rows = round(self.extent[1] / size)
        y = (np.arange(rows) - (rows - 1) / 2) * size
        cells = tuple(tuple(self.contains(float(a), float(b)) for b in y) for a in x)
        return Mask(cells, (size, size, self.thickness))

    def _patch(self, count: int, outline: Ellipse) -> Patch:
        """The outline in `count` cells along x."""
        mask, waves = self._cells_along(count), self.waves(self.diameter / count)
        volume = outline.area * self.thickness
        fill = volume / mask.volume
        ms, a = self.saturation_magnetisation, self.exchange_stiffness
        return Patch(of_film(waves, ms, a), edge(mask, fill * ms, a, waves), fill, volume)

    def _renormalised(self) -> Bare:
        """The film's, corrected so that the edge is that of the outline and not that of the cells."""
        outline, film = self.outline, super()._renormalised()
        if outline is None:
            return film
        factors = outline.demagnetising_factors(self.thickness)
        shape = factors[2] - factors[0]
        longest = max(self.extent)
        if longest < REFERENCE * self.cell_size:
            own = self._patch(round(self.diameter / self.cell_size), outline)
            # Whatever the device's cells are, so that one device has one reference.
            fine = self._patch(round(REFERENCE * self.diameter / longest), outline)
            smooth = filled(fine.film, fine.fill, fine.edge.shape, shape)
            return own.matched(*fine.stiffness(smooth.anisotropy_factor, smooth.anisotropy_offset))
        cells = demagnetising_factors(self.magnetisation)
        mask = self._cells_along(round(self.diameter / self.cell_size))
        return filled(film, outline.area * self.thickness / mask.volume, cells[2] - cells[0], shape)

    def check(self, temperature: float) -> None:
        """Refuse a temperature (K) at which the device has no bare parameters; raises as `bare` does."""
        super().check(temperature)
        device = self.at(temperature)
        if max(max(self.extent) / LARGEST_UNASKED, self.thickness) > device.exchange_length:
            device.bare(temperature)

    def coefficients(self, voltage: float, temperature: float) -> dict[str, float]:
        """What the energy of each term of `system` is proportional to: A in J/m, K in J/m^3, Ms^2 in A^2/m^2."""
        bare = self.bare(temperature)
        return {
            "exchange": bare.exchange_stiffness,
            "uniaxialanisotropy": bare.anisotropy(self.at(temperature).anisotropy_at(voltage)),
            "demag": bare.saturation_magnetisation**2,
        }

    def system(self, voltage: float = 0.0, temperature: float = 300.0) -> mm.System:
        """The free layer under a gate voltage in V at a temperature in K, magnetised along +z."""
        import micromagneticmodel as mm

        coefficients = self.coefficients(voltage, temperature)
        return mm.System(
            name="smtj",
            energy=mm.Exchange(A=coefficients["exchange"])
            + mm.UniaxialAnisotropy(K=coefficients["uniaxialanisotropy"], u=(0, 0, 1))
            + mm.Demag(),
            dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=self.damping),
            m=self.magnetisation * (coefficients["demag"] ** 0.5 / self.saturation_magnetisation),
            T=temperature,
        )


class StochasticMTJ(StochasticJunction):
    """A disk under an in-plane reference layer; sigma of a weight follows from its gate voltage."""

    type: Literal["disk"] = Field("disk", description="shape of the free layer")

    @property
    def extent(self) -> tuple[float, float]:
        """The diameter along x and y, m."""
        return self.diameter, self.diameter

    def contains(self, x: float, y: float) -> bool:
        """Whether a point (m) is in the disk."""
        return bool(np.hypot(x, y) < self.diameter / 2)

    @property
    def outline(self) -> Ellipse:
        """A circle."""
        return Ellipse(self.diameter, self.diameter)

    @property
    def in_plane_symmetric(self) -> bool:
        """A disk in square cells looks the same after a turn by 90 degrees."""
        return True
