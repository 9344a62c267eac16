"""A ubermag system as the engine integrates it: the grid, its energy terms and its dynamics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import micromagneticmodel as mm
import numpy as np
from scipy.constants import k, mu_0

from magbayes.micromag.llg.grid import Grid, Term
from magbayes.micromag.llg.inputs import check, in_metres
from magbayes.micromag.llg.parameters import UnsupportedError, attributes, from_grid, regions, scalars, to_grid
from magbayes.micromag.llg.profiles import Profile, Strength, largest
from magbayes.micromag.llg.terms import energy_terms, torque, zeeman
from magbayes.micromag.llg.torques import Slonczewski, ZhangLi
from magbayes.micromag.llg.zeeman import Zeeman

__all__ = ["Model", "UnsupportedError", "from_grid", "to_grid", "translate"]


class Driven(NamedTuple):
    """A torque, or a Zeeman term that varies in time."""

    profile: Profile | None
    """Factors in time; None for one factor of 1."""
    strength: Strength
    """Bound on the field in A/m for factors."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Grid):
    """A system on a grid, in float64 and SI units."""

    damping: np.ndarray
    """(nz, ny, nx), Gilbert damping."""
    gamma0: float | np.ndarray
    """mu0 times the gyromagnetic ratio, m/(A s): a number or (nz, ny, nx)."""
    precession: bool = True
    """False leaves the damping torque -gamma0 damping / (1 + damping^2) m x (m x H), and the spin torques."""
    temperature: float
    """K; without damping, temperature has no effect: there is no noise, and energy is conserved."""
    fixed: np.ndarray
    """(nz, ny, nx), true where the magnetisation does not move."""
    terms: tuple[Term, ...] = ()
    """Energy terms but Zeeman; parts of one ubermag term share its name."""
    zeeman: tuple[Zeeman, ...] = ()
    torques: tuple[Slonczewski | ZhangLi, ...] = ()

    @property
    def applied(self) -> np.ndarray:
        """Field (3, nz, ny, nx) in A/m of the Zeeman terms that are constant in time."""
        return sum((z.patterns[0] for z in self.zeeman if z.profile is None), np.zeros((3, *self.shape)))

    @property
    def driven(self) -> list[Driven]:
        """All torques, then the Zeeman terms that vary in time."""
        strengths = [_strength(torque, self) for torque in self.torques]
        strengths += [z.strength for z in self.zeeman if z.profile is not None]
        return [Driven(*pair) for pair in zip(self._profiles, strengths, strict=True)]

    @property
    def _profiles(self) -> list[Profile | None]:
        torques = [torque.profile for torque in self.torques]
        return torques + [z.profile for z in self.zeeman if z.profile is not None]

    @property
    def profiles(self) -> list[Profile]:
        """Factors in time of all that varies."""
        return [profile for profile in self._profiles if profile is not None]

    def factors(self, times: np.ndarray) -> np.ndarray:
        """Factors (times, n) of `driven` at times (times,) in s."""
        columns = [profile(times) if profile else np.ones((len(times), 1)) for profile in self._profiles]
        return np.concatenate([np.zeros((len(times), 0)), *columns], axis=1)

    def mean_factors(self, step: float, count: int) -> np.ndarray:
        """Means (count, n) of the factors of `driven` over steps of `step` s from time 0."""
        columns = [profile.means(step, count) if profile else np.ones((count, 1)) for profile in self._profiles]
        return np.concatenate([np.zeros((count, 0)), *columns], axis=1)

    def fastest_precession(self, duration: float) -> float:
        """Bound on the angular frequency of any spin wave that the mesh carries, rad/s.

        The sum of every term's bound; what varies in time counts with its largest factor from 0 to `duration` s.
        """
        return float(np.max(self.gamma0) * self.largest_field(duration))

    def weak_precession(self, duration: float) -> float:
        """Bound on the angular frequency without the terms that couple neighbours, exchange and DMI, rad/s."""
        return float(np.max(self.gamma0) * self.weak_field(duration))

    def largest_field(self, duration: float) -> float:
        """`fastest_precession` as a field in A/m."""
        return self._bound(self.terms, duration)

    def weak_field(self, duration: float) -> float:
        """`weak_precession` as a field in A/m."""
        return self._bound([term for term in self.terms if not term.pairs], duration)

    def _bound(self, terms: Sequence[Term], duration: float) -> float:
        bound = np.linalg.norm(self.applied, axis=0).max() + sum(term.largest(self) for term in terms)
        for profile, strength in self.driven:
            bound += largest(profile, strength, duration) if profile else strength(np.ones((1, 1)))[0]
        return float(bound)

    @property
    def fastest_diffusion(self) -> float:
        """Largest rate at which thermal noise alone turns a cell's spin, rad^2/s for each axis."""
        return float(np.max(self.gamma0 * self.thermal_field(1.0)) ** 2)

    def thermal_field(self, time_step: float) -> np.ndarray:
        """Standard deviation of each component of the thermal field, (nz, ny, nx) in A/m.

        W. F. Brown, Phys. Rev. 130, 1677 (1963); constant over a step of length `time_step` in s.
        """
        energy = mu_0 * np.where(self.mask, self.saturation, 1.0) * self.cell_volume
        moves = self.mask & (np.asarray(self.gamma0) > 0)  # where gamma0 is 0 no field turns a spin
        variance = 2 * self.damping * k * self.temperature / (np.where(moves, self.gamma0, 1.0) * energy * time_step)
        return np.where(moves, np.sqrt(variance), 0.0)


def _strength(torque: Slonczewski | ZhangLi, grid: Grid) -> Strength:
    field = torque.largest(grid)
    return lambda factors: field * np.abs(factors[:, 0])


def translate(system: mm.System, fixed_subregions: Sequence[str] | None = None) -> Model:
    """Model of a system, whose magnetisation in `fixed_subregions` does not move.

    Without a `Precession` term the damping torque takes ubermag's gamma0; without a `Damping` term there is none.

    Raises
    ------
    UnsupportedError
        A term of the system, an attribute of a term, a unit or a boundary condition that the engine cannot honour.
    FunctionError
        A function of time that is of no use, such as one that gives three numbers.
    ValueError
        A value that `magbayes.micromag.llg.inputs.check` refuses.
    """
    system = in_metres(system)
    check(system)
    mesh = system.m.mesh
    # The norm of a field carries the rounding of its values; equal materials must stay equal.
    saturation = np.round(to_grid(system.m.norm.array)[0], 6)
    grid = Grid(
        cell=tuple(float(edge) for edge in mesh.cell),  # type: ignore[arg-type]
        mask=saturation > 0,
        saturation=saturation,
        periodic=_periodic(system),
    )
    names = list(mesh.subregions)
    if unknown := [name for name in fixed_subregions or () if name not in names]:
        raise UnsupportedError(f"the mesh has no subregion {unknown[0]!r} to be fixed; there are: {names}")
    gamma0: float | np.ndarray = mm.consts.gamma0
    damping = np.zeros(grid.shape)
    for term in system.dynamics.get(type=mm.Precession):
        gamma0 = scalars(mesh, attributes(term, ("gamma0",))["gamma0"])
        gamma0 = float(gamma0.flat[0]) if np.ptp(gamma0) == 0 else gamma0
    for term in system.dynamics.get(type=mm.Damping):
        damping = scalars(mesh, attributes(term, ("alpha",))["alpha"])
    others = [term for term in system.dynamics if not isinstance(term, mm.Precession | mm.Damping)]
    precession = bool(system.dynamics.get(type=mm.Precession))
    if system.T > 0 and not precession and damping.any():
        raise UnsupportedError("the native engine needs a Precession term in the dynamics at a temperature above 0")
    return Model(
        cell=grid.cell,
        mask=grid.mask,
        saturation=grid.saturation,
        periodic=grid.periodic,
        damping=damping,
        gamma0=gamma0,
        precession=precession,
        temperature=float(system.T),
        fixed=np.isin(regions(mesh), [names.index(name) for name in fixed_subregions or ()]),
        terms=tuple(
            part for term in system.energy if not isinstance(term, mm.Zeeman) for part in energy_terms(term, mesh, grid)
        ),
        zeeman=tuple(zeeman(term, mesh) for term in system.energy if isinstance(term, mm.Zeeman)),
        torques=tuple(torque(term, mesh, grid, gamma0) for term in others),
    )


def _periodic(system: mm.System) -> tuple[bool, bool, bool]:
    condition = system.m.mesh.bc
    local = not system.energy.get(type=mm.DMI) and not system.dynamics.get(type=mm.ZhangLi)
    if condition == "dirichlet" or (condition == "neumann" and not local):
        raise UnsupportedError(
            f"the native engine does not honour the boundary condition {condition!r} of the mesh; it knows '', "
            "periodic directions such as 'xy', and 'neumann' where there is neither DMI nor Zhang-Li torque"
        )
    return ("x" in condition, "y" in condition, "z" in condition) if condition != "neumann" else (False,) * 3
