"""Bare parameters: what is put into a mesh so that at its temperature it shows the measured ones.

Derivation, conventions and sources: docs/physics.md, "Bare parameters".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scipy.constants import mu_0

from magbayes.micromag.devices.edge import Edge
from magbayes.micromag.devices.film import FilmWaves


@dataclass(frozen=True)
class Bare:
    """Parameters of the cells of one mesh, from those that were measured at one temperature.

    Attributes
    ----------
    saturation_magnetisation
        Ms of a cell, A/m.
    exchange_stiffness
        A, J/m.
    anisotropy_factor, anisotropy_offset
        A measured K in J/m^3 becomes ``anisotropy_factor * K + anisotropy_offset``, at every voltage.
    dmi_factor
        A measured D times it is the bare one.
    moment
        Mean of a cell's m in the saturated film, which the measured Ms, TMR and torque belong to: m over it is in
        their unit.
    """

    saturation_magnetisation: float
    exchange_stiffness: float
    anisotropy_factor: float = 1.0
    anisotropy_offset: float = 0.0
    dmi_factor: float = 1.0
    moment: float = 1.0

    def anisotropy(self, measured: float) -> float:
        """Bare uniaxial constant in J/m^3 for a measured one."""
        return self.anisotropy_factor * measured + self.anisotropy_offset


def of_film(waves: FilmWaves, saturation_magnetisation: float, exchange_stiffness: float) -> Bare:
    """Bare parameters of a film with the Ms (A/m) and A (J/m) that it shows."""
    m = waves.moment
    # Short waves take less off the shape anisotropy with the bare Ms = Ms / m than m^2: the rest is one of K.
    short = mu_0 / 2 * saturation_magnetisation**2 * (1 - waves.demagnetisation / m**2)
    return Bare(
        saturation_magnetisation=saturation_magnetisation / m,
        exchange_stiffness=exchange_stiffness / waves.exchange,
        anisotropy_factor=1 / waves.anisotropy,
        anisotropy_offset=-short / waves.anisotropy,
        dmi_factor=1 / waves.exchange,
        moment=m,
    )


def filled(film: Bare, fill: float, cells: float, shape: float) -> Bare:
    """Bare parameters of a film cut to a shape, with the moment and, of a rigid tilt, the energy of the shape.

    Parameters
    ----------
    film
        Those of the film.
    fill
        Area of the shape over that of its cells.
    cells, shape
        N_z - N_x of the cells and of the shape.
    """
    measured = film.saturation_magnetisation * film.moment
    stairs = mu_0 / 2 * measured**2 * (shape - fill * cells)
    return replace(
        film,
        saturation_magnetisation=fill * film.saturation_magnetisation,
        anisotropy_factor=fill * film.anisotropy_factor,
        anisotropy_offset=fill * (film.anisotropy_offset - stairs * film.anisotropy_factor),
    )


@dataclass(frozen=True)
class Patch:
    """A film cut to a shape, in cells of one size.

    Attributes
    ----------
    film
        Bare parameters of the film in these cells.
    edge
        What the cells make of the shape.
    fill
        Area of the shape over that of its cells.
    volume
        Volume of the shape, m^3.
    """

    film: Bare
    edge: Edge
    fill: float
    volume: float

    def stiffness(self, factor: float, offset: float) -> tuple[float, float]:
        """What K_eff a bare K gives, both as slope (1) and intercept (J/m^3) over the measured K.

        Per volume of the shape, whose moment the cells have.
        """
        dipoles = mu_0 / 2 * self.film.saturation_magnetisation**2 * self.fill * self.edge.demagnetisation
        bend = self.edge.bend / self.volume
        share = self.edge.anisotropy / self.fill
        return factor * share, offset * share - dipoles - bend

    def matched(self, slope: float, intercept: float) -> Bare:
        """Bare parameters that give a K_eff of this slope and intercept over the measured K."""
        share, rest = self.stiffness(1.0, 0.0)
        return replace(
            self.film,
            saturation_magnetisation=self.fill * self.film.saturation_magnetisation,
            anisotropy_factor=slope / share,
            anisotropy_offset=(intercept - rest) / share,
        )
