"""Exchange between two facing surfaces (RKKY), as OOMMF's `Oxs_TwoSurfaceExchange` counts it.

A link of two cells has the energy density w (1 - m_i . m_j) in both of them, w being sigma over the thickness of a
cell: the energy per area is 2 sigma (1 - m_i . m_j). The biquadratic part likewise, with 1 - (m_i . m_j)^2.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.grid import Density, Field, Grid, Term


@dataclass(frozen=True, eq=False)
class _SurfaceExchange(Term):
    first: np.ndarray
    """(links,), flat index into (nz, ny, nx) of the cell in one surface."""
    second: np.ndarray
    """(links,), index of the cell in the other surface; both cells hold material."""
    strength: np.ndarray
    """(links,), w in J/m^3."""

    @staticmethod
    @abstractmethod
    def link(opening: Array) -> Array:
        """Energy of a link over w, from the opening 1 - m_i . m_j."""

    @staticmethod
    @abstractmethod
    def slope(opening: Array) -> Array:
        """Derivative of `link`."""

    def field(self, grid: Grid) -> Field:
        """2 w / (mu0 Ms) slope (m_j - m)."""
        factor = 2 * grid.field_per_energy

        def field(m: Array) -> Array:
            flat, difference, opening = self._links(m)
            force = (jnp.asarray(self.strength, m.dtype) * self.slope(opening))[..., None, :] * difference
            total = jnp.zeros_like(flat).at[..., self.first].add(-force).at[..., self.second].add(force)
            return jnp.asarray(factor, m.dtype) * total.reshape(m.shape)

        return field

    def density(self, grid: Grid) -> Density:
        """The whole density of a link in both cells."""

        def density(m: Array) -> Array:
            flat, _, opening = self._links(m)
            energy = jnp.asarray(self.strength, m.dtype) * self.link(opening)
            total = jnp.zeros_like(flat[..., 0, :]).at[..., self.first].add(energy).at[..., self.second].add(energy)
            return total.reshape(*m.shape[:-4], *m.shape[-3:])

        return density

    def largest(self, grid: Grid) -> float:
        """Both cells antiparallel, in every link of a cell."""
        links = np.bincount(np.concatenate([self.first, self.second])).max(initial=0)
        return float(8 * grid.field_per_energy.max() * np.abs(self.strength).max(initial=0.0) * links)

    def _links(self, m: Array) -> tuple[Array, Array, Array]:
        flat = m.reshape(*m.shape[:-3], -1)
        difference = flat[..., self.first] - flat[..., self.second]
        return flat, difference, 0.5 * jnp.sum(difference**2, axis=-2)


@dataclass(frozen=True, eq=False)
class BilinearCoupling(_SurfaceExchange):
    """sigma (1 - m_i . m_j)."""

    parameter = "sigma"

    @staticmethod
    def link(opening: Array) -> Array:
        """1 - m_i . m_j."""
        return opening

    @staticmethod
    def slope(opening: Array) -> Array:
        """1, whatever the opening."""
        return jnp.ones_like(opening)


@dataclass(frozen=True, eq=False)
class BiquadraticCoupling(_SurfaceExchange):
    """sigma2 (1 - (m_i . m_j)^2)."""

    linear = False
    parameter = "sigma2"

    @staticmethod
    def link(opening: Array) -> Array:
        """1 - (m_i . m_j)^2."""
        return opening * (2 - opening)

    @staticmethod
    def slope(opening: Array) -> Array:
        """2 m_i . m_j."""
        return 2 - 2 * opening
