"""Terms that depend on a cell's own m only: uniaxial and cubic anisotropy, and static strain."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.grid import Density, Field, Grid, Term, dot, scaled


@dataclass(frozen=True, eq=False)
class _Uniaxial(Term):
    strength: np.ndarray
    """(nz, ny, nx), J/m^3."""
    axis: np.ndarray
    """(3, nz, ny, nx), unit vectors u."""

    local = True


@dataclass(frozen=True, eq=False)
class UniaxialAnisotropy(_Uniaxial):
    """-K (m . u)^2."""

    parameter = "K1"

    def field(self, grid: Grid) -> Field:
        """2 K / (mu0 Ms) (m . u) u."""
        factor = 2 * self.strength * grid.field_per_energy

        def field(m: Array) -> Array:
            easy = jnp.asarray(self.axis, m.dtype)
            return scaled(easy, jnp.asarray(factor, m.dtype) * dot(m, easy))

        return field

    def largest(self, grid: Grid) -> float:
        """Field of a spin along the axis, A/m."""
        return float(np.abs(2 * self.strength * grid.field_per_energy).max())


@dataclass(frozen=True, eq=False)
class QuarticAnisotropy(_Uniaxial):
    """-K2 (m . u)^4."""

    linear = False
    parameter = "K2"

    def field(self, grid: Grid) -> Field:
        """4 K2 / (mu0 Ms) (m . u)^3 u."""
        factor = 4 * self.strength * grid.field_per_energy

        def field(m: Array) -> Array:
            easy = jnp.asarray(self.axis, m.dtype)
            return scaled(easy, jnp.asarray(factor, m.dtype) * dot(m, easy) ** 3)

        return field

    def density(self, grid: Grid) -> Density:
        """Energy density."""
        return lambda m: -jnp.asarray(self.strength * grid.mask, m.dtype) * dot(m, jnp.asarray(self.axis, m.dtype)) ** 4

    def largest(self, grid: Grid) -> float:
        """Field of a spin along the axis, A/m."""
        return float(np.abs(4 * self.strength * grid.field_per_energy).max())


@dataclass(frozen=True, eq=False)
class CubicAnisotropy(Term):
    """K (a1^2 a2^2 + a2^2 a3^2 + a3^2 a1^2), a_i = m . u_i, with OOMMF's sign: K > 0 makes the axes easy."""

    strength: np.ndarray
    """(nz, ny, nx), K in J/m^3."""
    axes: np.ndarray
    """(3, 3, nz, ny, nx), orthonormal u1, u2, u3."""

    linear = False
    local = True

    def field(self, grid: Grid) -> Field:
        """-2 K / (mu0 Ms) times the sum of a_i (1 - a_i^2) u_i, with |m|^2 for 1."""
        factor = -2 * self.strength * grid.field_per_energy

        def field(m: Array) -> Array:
            axes = jnp.asarray(self.axes, m.dtype)
            cosines = [dot(m, axis) for axis in axes]
            square = sum(a * a for a in cosines)
            total = sum(scaled(axis, a * (square - a * a)) for a, axis in zip(cosines, axes, strict=True))
            return jnp.asarray(factor, m.dtype) * total

        return field

    def density(self, grid: Grid) -> Density:
        """Energy density."""

        def density(m: Array) -> Array:
            a, b, c = (dot(m, axis) ** 2 for axis in jnp.asarray(self.axes, m.dtype))
            return jnp.asarray(self.strength * grid.mask, m.dtype) * (a * b + b * c + c * a)

        return density

    def largest(self, grid: Grid) -> float:
        """Field of a spin along one of the axes, A/m."""
        return float(np.abs(2 * self.strength * grid.field_per_energy).max())


@dataclass(frozen=True, eq=False)
class StrainAnisotropy(Term):
    """Magnetoelastic energy of a static strain: m . S m, S_ii = B1 e_ii, S_ij = B2 e_ij."""

    matrix: np.ndarray
    """(3, 3, nz, ny, nx), S in J/m^3, symmetric."""

    local = True

    def field(self, grid: Grid) -> Field:
        """-2 / (mu0 Ms) S m."""
        matrix = -2 * self.matrix * grid.field_per_energy

        def field(m: Array) -> Array:
            return jnp.stack([dot(jnp.asarray(row, m.dtype), m) for row in matrix], axis=-4)

        return field

    def largest(self, grid: Grid) -> float:
        """Largest sum of a row of the matrix."""
        return float((2 * np.abs(self.matrix).sum(axis=0) * grid.field_per_energy).max())
