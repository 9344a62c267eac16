"""What the devices share: their material stack, their mesh and their conductance.

Modules of devices import discretisedfield and micromagneticmodel where a mesh or a system is made: these bring plotting
libraries along that take seconds, and a configuration is read and checked without either.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import ConfigDict, Field, model_validator
from scipy.constants import mu_0

from magbayes.data import cited
from magbayes.data.section import Section, refusal
from magbayes.micromag.devices.bare import Bare, of_film
from magbayes.micromag.devices.film import FilmWaves, film_waves, fixed_point
from magbayes.micromag.llg.newell import demag_tensor

if TYPE_CHECKING:
    import discretisedfield as df

Length = Annotated[float, Field(ge=1e-9, le=1e-5)]
Thickness = Annotated[float, Field(ge=1e-10, le=1e-7)]

LARGEST_MESH = 2**18
"""Cells of a device. An ensemble of so many would take days at each bias point, and the mesh alone half a minute."""

COARSEST = 3.0
"""Exchange lengths in a cell above which its demagnetising field is no more that of a film with spin waves."""

Exponent = Annotated[float, Field(ge=0, le=10)]


class Parameter(Section):
    """One number of a material with where it comes from."""

    value: float
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    note: str = ""


class Stack(Section):
    """A material stack: a file in data/stacks."""

    description: str = ""
    parameters: dict[str, Parameter]


class MagneticTunnelJunction(Section):
    """A free layer with perpendicular anisotropy under a tunnel barrier.

    Numbers of the material stack are keys of the device: left out they come from ``data/stacks/<stack>.yaml``.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    stack: str = Field(description="name of a material stack in data/stacks")
    thickness: Thickness = Field(description="free layer, m")
    cell_size: Length = Field(4e-9, description="lateral edge of a cell, m; must divide the device")
    saturation_magnetisation: float = Field(ge=1e4, le=3e6, description="Ms, A/m")
    interface_anisotropy: float = Field(ge=0, le=1e-2, description="K_i, J/m^2")
    exchange_stiffness: float = Field(ge=1e-13, le=1e-10, description="A, J/m")
    damping: float = Field(ge=1e-5, le=1, description="Gilbert damping")
    tunnel_magnetoresistance: float = Field(ge=1e-3, le=10, description="TMR as a ratio (1.2 is 120 %)")
    resistance_area: float = Field(ge=1e-14, le=1e-6, description="RA of the parallel state, Ohm m^2")
    measured_at: float = Field(ge=0, le=1000, description="temperature at which the film shows these parameters, K")
    measuring_field: float = Field(
        ge=0.01, le=10, description="field, anisotropy field included, that held the film while it was measured, T"
    )
    bloch_temperature: float | None = Field(
        ge=10,
        le=1e4,
        description="T* of Ms(T) = Ms(0) (1 - (T / T*)^1.5), K; what goes with Ms follows. null: nothing depends on T",
    )
    anisotropy_exponent: Exponent = Field(description="K_i goes with this power of Ms(T)")
    exchange_exponent: Exponent = Field(description="A goes with this power of Ms(T)")
    renormalise: Literal["film", "none"] = Field(
        "film",
        description="what a simulation gets: 'film', the parameters with which a film in these cells shows the given "
        "ones at its temperature; 'none', the given ones, whose thermal spin waves then count twice",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_from_stack(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        name = values.get("stack", cls.model_fields["stack"].default)
        try:
            parameters = cited.load_as(Stack, "stacks", str(name)).parameters
        except ValueError as error:
            raise refusal(("stack",), str(error)) from None
        return {key: entry.value for key, entry in parameters.items() if key in cls.model_fields} | values

    def _check_divides(self, **lengths: float) -> None:
        for name, length in lengths.items():
            cells = length / self.cell_size
            if abs(cells - round(cells)) > 1e-6:
                fits = length / max(1, round(cells))
                raise ValueError(
                    f"cell_size {self.cell_size:g} m does not divide {name} {length:g} m; {fits:.10g} m would"
                )

    def _check_mesh(self) -> None:
        """Refuse a mesh that nothing could be simulated on."""
        if self.cells > LARGEST_MESH:
            coarser = self.cell_size * (self.cells / LARGEST_MESH) ** 0.5
            raise ValueError(
                f"cell_size {self.cell_size:g} m makes {self.cells} cells; accepted: {LARGEST_MESH} at most, which is "
                f"{coarser:.2g} m or more"
            )

    @property
    @abstractmethod
    def cells(self) -> int:
        """Cells of the mesh."""

    @property
    def exponents(self) -> dict[str, float]:
        """Power of Ms(T) with which each parameter that depends on the temperature goes."""
        return {
            "saturation_magnetisation": 1.0,
            "interface_anisotropy": self.anisotropy_exponent,
            "exchange_stiffness": self.exchange_exponent,
        }

    def at(self, temperature: float) -> Self:
        """The device with the parameters that its film shows at a temperature in K.

        Raises
        ------
        ValueError
            The temperature is below 0 or too near to T*, or a parameter leaves its bounds.
        """
        if not temperature >= 0:
            raise ValueError(f"temperature {temperature:g} K is not 0 or more")
        if self.bloch_temperature is None:
            return self.changed(measured_at=temperature)
        if temperature == self.measured_at:
            return self
        own, other = (1 - (t / self.bloch_temperature) ** 1.5 for t in (self.measured_at, temperature))
        if not other > 0 < own:
            raise ValueError(
                f"temperature {temperature:g} K or measured_at {self.measured_at:g} K is not below bloch_temperature "
                f"{self.bloch_temperature:g} K, above which there is no Ms"
            )
        changes = {name: getattr(self, name) * (other / own) ** power for name, power in self.exponents.items()}
        return self.changed(**changes, measured_at=temperature)

    def _film(self, cell_size: float) -> tuple[float, float, float, float, float, float]:
        """What `film_waves` is asked; refuses cells (m) that are too large for it."""
        coarsest = COARSEST * self.exchange_length
        if cell_size > coarsest:
            raise ValueError(
                f"cell_size {cell_size:g} m is above {COARSEST:g} exchange lengths, {coarsest:.3g} m, where no bare "
                "parameters are known; accepted: smaller cells, or 'renormalise: none'"
            )
        ms, a = self.saturation_magnetisation, self.exchange_stiffness
        return cell_size, self.thickness, ms, a, self.measured_at, self.measuring_field

    def waves(self, cell_size: float | None = None) -> FilmWaves:
        """Spin waves at `measured_at` of a film of the device's material, in the device's cells or in others (m).

        Raises
        ------
        ValueError
            The cells or the fluctuations are too large.
        """
        return film_waves(*self._film(self.cell_size if cell_size is None else cell_size))

    def check(self, temperature: float) -> None:
        """Refuse a temperature (K) at which the device's film has no bare parameters; raises as `bare` does."""
        device = self.at(temperature)
        if self.renormalise == "film":
            fixed_point(*device._film(self.cell_size))

    def bare(self, temperature: float) -> Bare:
        """What a simulation at a temperature in K is given; see `magbayes.micromag.devices.bare`.

        Raises
        ------
        ValueError
            The temperature or the cells are beyond what spin waves hold for.
        """
        device = self.at(temperature)
        if self.renormalise == "none":
            return Bare(device.saturation_magnetisation, device.exchange_stiffness)
        return device._renormalised()

    def _renormalised(self) -> Bare:
        return of_film(self.waves(), self.saturation_magnetisation, self.exchange_stiffness)

    def changed(self, **changes: Any) -> Self:
        """A device of the same shape with other values of some keys, checked as a new one is."""
        return type(self)(**self.model_dump() | changes)

    @property
    def polarisation_squared(self) -> float:
        """P^2 = TMR / (2 + TMR): relative amplitude of the conductance."""
        return self.tunnel_magnetoresistance / (2 + self.tunnel_magnetoresistance)

    def perpendicular_conductance(self, area: float) -> float:
        """Conductance in S of `area` in m^2 where m is perpendicular to the reference layer."""
        return area / (self.resistance_area * (1 + self.polarisation_squared))

    @property
    def anisotropy(self) -> float:
        """Uniaxial constant of the free layer without voltage, J/m^3."""
        return self.interface_anisotropy / self.thickness

    @property
    def exchange_length(self) -> float:
        """sqrt(2 A / (mu0 Ms^2)), m."""
        return math.sqrt(2 * self.exchange_stiffness / mu_0) / self.saturation_magnetisation

    def warnings(self) -> list[str]:
        """Warnings about the device that can be computed before a simulation."""
        if self.cell_size > self.exchange_length:
            return [
                f"cell_size {self.cell_size:.3g} m is above the exchange length {self.exchange_length:.3g} m; "
                "walls and short spin waves are not resolved"
            ]
        return []


def demagnetising_factors(magnetisation: df.Field) -> np.ndarray:
    """Volume-averaged factors (N_x, N_y, N_z) of a uniformly magnetised shape given by the norm of a field."""
    mesh = magnetisation.mesh
    mask = magnetisation.norm.array[..., 0] > 0
    shape = tuple(2 * n - 1 for n in mask.shape)
    spectrum = np.fft.rfftn(mask, s=shape, axes=(0, 1, 2))
    pairs = np.fft.fftshift(np.fft.irfftn(np.abs(spectrum) ** 2, s=shape, axes=(0, 1, 2)))
    tensor = demag_tensor(mask.shape, tuple(mesh.cell))
    return np.array([np.sum(tensor[name] * pairs) for name in ("xx", "yy", "zz")]) / mask.sum()
