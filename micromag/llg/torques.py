"""Spin torques, as effective fields h [A/m] whose -gamma0 m x h is the torque."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.grid import AXES, Field, Grid, Neighbour, cross, dot, scaled
from magbayes.micromag.llg.profiles import Profile


def efficiency(alignment: Array, P: Array, Lambda: Array) -> Array:
    """Slonczewski's epsilon for m . mp, the spin polarisation P and Lambda."""
    square = Lambda**2
    return P * square / ((square + 1) + (square - 1) * alignment)


@dataclass(frozen=True, eq=False)
class Slonczewski:
    """``beta (epsilon m x mp + eps_prime mp)``, its parameters named as those of `micromagneticmodel.Slonczewski`.

    J. Xiao, A. Zangwill and M. D. Stiles, Phys. Rev. B 70, 172405 (2004), in OOMMF's terms:
    epsilon = P Lambda^2 / ((Lambda^2 + 1) + (Lambda^2 - 1) m . mp).
    """

    name: str
    beta: np.ndarray
    """(nz, ny, nx), A/m: hbar J / (mu0 e d Ms), d the cell's thickness as in OOMMF."""
    mp: np.ndarray
    """(3, nz, ny, nx), unit vectors along which the current is polarised."""
    P: np.ndarray
    """(nz, ny, nx), spin polarisation; the spin Hall angle for a spin-orbit torque."""
    Lambda: np.ndarray
    """(nz, ny, nx), how far epsilon depends on the angle between m and mp; 1 where it does not."""
    eps_prime: np.ndarray
    """(nz, ny, nx), strength of the field-like torque beside epsilon."""
    profile: Profile | None
    """Factor of J in time; None for 1."""

    def field(self, grid: Grid) -> Field:
        """The field at the full current."""

        def field(m: Array) -> Array:
            beta, mp, P, Lambda, field_like = (
                jnp.asarray(values, m.dtype)
                for values in (self.beta, self.mp, self.P, self.Lambda, self.beta * self.eps_prime)
            )
            epsilon = efficiency(dot(m, mp), P, Lambda)
            return scaled(cross(m, mp), beta * epsilon) + field_like * mp

        return field

    def largest(self, grid: Grid) -> float:
        """Largest beta."""
        return float(np.abs(self.beta).max())


@dataclass(frozen=True, eq=False)
class ZhangLi:
    """``-(m x d + beta d) / gamma0`` with d = (u . grad) m, and beta the non-adiabaticity.

    S. Zhang and Z. Li, Phys. Rev. Lett. 93, 127204 (2004), with the sign and the derivative of OOMMF's
    `Anv_SpinTEvolve`: central in the material; half of a one-sided difference beside an empty cell, the whole of it
    at the ends of the mesh. In a direction that repeats, the derivative does too (OOMMF ends it at the mesh).
    """

    name: str
    velocity: np.ndarray
    """(3, nz, ny, nx), u in m/s."""
    nonadiabaticity: float
    """beta."""
    gamma0: np.ndarray
    """(nz, ny, nx), m/(A s)."""
    profile: Profile | None
    """Factor of u in time; None for 1."""

    def field(self, grid: Grid) -> Field:
        """The field at the full current."""
        weights = self._weights(grid)
        slope = grid.stencil(weights, sum(weights.values(), np.zeros(grid.shape)))
        beta = np.reshape(self.nonadiabaticity, (1, 1, 1))  # an array, so that the program is the same for all

        def field(m: Array) -> Array:
            along = slope(m)
            return -(cross(m, along) + jnp.asarray(beta, m.dtype) * along)

        return field

    def largest(self, grid: Grid) -> float:
        """Neighbours opposite to the cell."""
        steepest = 2 * sum(np.abs(weight).max() for weight in self._weights(grid).values())
        return float((1 + abs(self.nonadiabaticity)) * steepest)

    def _weights(self, grid: Grid) -> dict[Neighbour, np.ndarray]:
        """Factors (nz, ny, nx) of m_j - m in d / gamma0."""
        occupied = grid.mask.astype(float)
        weights = {}
        for d, sign in grid.neighbours:
            count = grid.shape[AXES[d]]
            share = np.full(count, 0.5)
            if count > 2 and not grid.periodic[d]:
                share[0 if sign > 0 else -1] = 1.0
            along = np.moveaxis(np.broadcast_to(share, (1, 1, count)), -1, AXES[d])
            rate = grid.mask * self.velocity[d] / (self.gamma0 * grid.cell[d])
            weights[d, sign] = sign * along * rate * grid.shift(occupied, (d, sign))
        return weights
