"""The grid of a system, and what every energy term has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.constants import mu_0

Field = Callable[[Array], Array]
"""From unit vectors m (..., 3, nz, ny, nx), zero outside the material, to a field in A/m of the same shape."""

Density = Callable[[Array], Array]
"""From m likewise to the energy density (..., nz, ny, nx) in J/m^3."""

Neighbour = tuple[int, int]
"""Direction (0, 1, 2 for x, y, z) and sign of the step to a neighbouring cell."""

AXES = (-1, -2, -3)
"""Axis of arrays (..., nz, ny, nx) along x, y, z."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Cells and the material in them, in float64 and SI units; grids are (nz, ny, nx), so that x is contiguous."""

    cell: tuple[float, float, float]
    """Edges along x, y, z, m."""
    mask: np.ndarray
    """(nz, ny, nx), true where there is magnetic material."""
    saturation: np.ndarray
    """(nz, ny, nx), Ms in A/m, 0 outside."""
    periodic: tuple[bool, bool, bool] = (False, False, False)
    """Whether the system repeats along x, y, z."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Grid shape (nz, ny, nx)."""
        return self.mask.shape

    @property
    def cell_volume(self) -> float:
        """Volume of a cell in m^3."""
        return float(np.prod(self.cell))

    @property
    def field_per_energy(self) -> np.ndarray:
        """1 / (mu0 Ms), (nz, ny, nx) in A m^2/J, 0 outside the material."""
        return np.where(self.mask, 1 / (mu_0 * np.where(self.mask, self.saturation, 1.0)), 0.0)

    @property
    def neighbours(self) -> list[Neighbour]:
        """Steps to neighbours, along the directions with more than one cell."""
        return [(d, sign) for d in range(3) if self.shape[AXES[d]] > 1 for sign in (1, -1)]

    def shift(self, values: Any, step: Neighbour) -> Any:
        """Values (..., nz, ny, nx), of numpy or jax, of each cell's neighbour; 0 beyond a mesh that does not repeat."""
        direction, sign = step
        axis, xp = AXES[direction], np if isinstance(values, np.ndarray) else jnp
        if self.periodic[direction]:
            return xp.roll(values, -sign, axis)
        inner = [slice(None)] * values.ndim
        inner[axis] = slice(1, None) if sign > 0 else slice(None, -1)
        pad = [(0, 0)] * values.ndim
        pad[axis] = (0, 1) if sign > 0 else (1, 0)
        return xp.pad(values[tuple(inner)], pad)

    def stencil(self, weights: Mapping[Neighbour, np.ndarray], local: np.ndarray | None = None) -> Field:
        """Sum of weighted neighbours, less `local` times the cell's own vector."""

        def field(m: Array) -> Array:
            total = jnp.zeros_like(m)
            for step, weight in weights.items():
                total = total + jnp.asarray(weight, m.dtype) * self.shift(m, step)
            return total if local is None else total - jnp.asarray(local, m.dtype) * m

        return field


@dataclass(frozen=True, eq=False)
class Term(ABC):
    """A term of the energy without explicit time; energies are in J, fields in A/m."""

    name: str
    """Name in the ubermag system; the parts of one term share it."""

    linear: ClassVar[bool] = True
    """The field is linear in m."""
    local: ClassVar[bool] = False
    """The field depends on the cell's own m only."""
    pairs: ClassVar[bool] = False
    """The term couples nearest neighbours."""
    parameter: ClassVar[str] = ""
    """Parameter of the ubermag term that scales this part, where the term may have several parts."""

    @abstractmethod
    def field(self, grid: Grid) -> Field:
        """Effective field, minus the functional derivative of the energy by mu0 Ms m."""

    @abstractmethod
    def largest(self, grid: Grid) -> float:
        """Bound on the precession frequency that the term causes, as a field in A/m."""

    def pair_field(self, grid: Grid) -> Field:
        """The field without what is proportional to the cell's own m, which exerts no torque."""
        return self.field(grid)

    def density(self, grid: Grid) -> Density:
        """Energy density."""
        field = self.field(grid)
        return lambda m: -0.5 * mu_0 * jnp.asarray(grid.saturation, m.dtype) * dot(m, field(m))


def pair_weights(grid: Grid, strengths: tuple[np.ndarray | float, ...]) -> dict[Neighbour, np.ndarray]:
    """Strength of the pair with each neighbour, from the strengths of the pairs with the next along x, y, z.

    Arrays in any case: a number would be part of the compiled program's text.
    """
    grids = [np.reshape(strength, np.shape(strength) or (1, 1, 1)) for strength in strengths]
    return {(d, sign): grids[d] if sign > 0 else np.roll(grids[d], 1, AXES[d]) for d, sign in grid.neighbours}


def of_neighbours(grid: Grid, weights: Mapping[Neighbour, np.ndarray]) -> np.ndarray:
    """Sum (nz, ny, nx) of weights over the neighbours that each cell has."""
    occupied = grid.mask.astype(float)
    return sum((weight * grid.shift(occupied, step) for step, weight in weights.items()), np.zeros(grid.shape))


def component(vectors: Any, index: int) -> Any:
    """Component x, y, z (0, 1, 2) of vectors (..., 3, nz, ny, nx)."""
    return vectors[..., index, :, :, :]


def dot(a: Any, b: Any) -> Any:
    """Scalar product of vectors (..., 3, nz, ny, nx).

    Written out: XLA's reduction over a strided axis costs ten times as much on a CPU.
    """
    return sum(component(a, c) * component(b, c) for c in range(3))


def cross(a: Any, b: Any) -> Array:
    """Vector product of vectors (..., 3, nz, ny, nx)."""
    (ax, ay, az), (bx, by, bz) = ([component(v, c) for c in range(3)] for v in (a, b))
    return jnp.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-4)


def scaled(vectors: Array, factor: Array) -> Array:
    """Vectors (..., 3, nz, ny, nx) times factors (..., nz, ny, nx)."""
    return factor[..., None, :, :, :] * vectors


def in_double_precision(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """Result, as numpy arrays, of a JAX function in float64."""
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, function(*(jnp.asarray(array, jnp.float64) for array in arrays)))
