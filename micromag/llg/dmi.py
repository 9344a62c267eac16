"""Dzyaloshinskii-Moriya interaction of every crystal class of ubermag, as pairs of neighbours.

The energy density of a pair is D / (2 distance) m_i . (e x m_j). Pairs that are cut by a surface are left out, which
gives the canted edges of S. Rohart and A. Thiaville, Phys. Rev. B 88, 184422 (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.grid import Field, Grid, Term, of_neighbours, pair_weights

X, Y, Z = 0, 1, 2

# For each direction of the neighbour, the axis and the sign of e; minus it for the neighbour behind.
_BULK = {X: (X, 1), Y: (Y, 1), Z: (Z, 1)}
_CLASSES: dict[str, dict[int, tuple[int, int]]] = {
    "T": _BULK,
    "O": _BULK,
    "Cnv_x": {Y: (Z, 1), Z: (Y, -1)},
    "Cnv_y": {Z: (X, 1), X: (Z, -1)},
    "Cnv_z": {X: (Y, 1), Y: (X, -1)},
    "D2d_x": {Y: (Y, -1), Z: (Z, 1)},
    "D2d_y": {Z: (Z, -1), X: (X, 1)},
    "D2d_z": {X: (X, -1), Y: (Y, 1)},
}
DIRECTIONS = _CLASSES | {"Cnv": _CLASSES["Cnv_z"], "D2d": _CLASSES["D2d_z"]}
"""The vectors e by crystal class, those of OOMMF's extensions for DMI."""


def _unit(axis: int, sign: int) -> np.ndarray:
    return sign * np.eye(3)[axis]


@dataclass(frozen=True, eq=False)
class DMI(Term):
    """Bulk (T, O), interfacial (Cnv) and D2d interaction."""

    constant: tuple[np.ndarray | float, ...]
    """D in J/m^2 of the pair of each cell and the next along x, y, z: numbers or grids."""
    crystal_class: str
    """A key of `DIRECTIONS`."""

    pairs = True

    def field(self, grid: Grid) -> Field:
        """-1 / (mu0 Ms) times the sum over neighbours of D e x m_j / distance."""
        vectors, factor = DIRECTIONS[self.crystal_class], grid.field_per_energy
        # Matrices of -e x; one compiled program serves all classes.
        crosses = {
            step: (np.cross(-step[1] * _unit(*vectors.get(step[0], (X, 0))), np.eye(3)).T, weight / grid.cell[step[0]])
            for step, weight in pair_weights(grid, self.constant).items()
        }

        def field(m: Array) -> Array:
            total = jnp.zeros_like(m)
            for step, (matrix, weight) in crosses.items():
                neighbour = jnp.asarray(weight, m.dtype) * grid.shift(m, step)
                total = total + jnp.einsum("ij,...jzyx->...izyx", jnp.asarray(matrix, m.dtype), neighbour)
            return jnp.asarray(factor, m.dtype) * total

        return field

    def largest(self, grid: Grid) -> float:
        """Twice the field of opposite neighbours."""
        weights = {
            step: 2 * np.abs(weight) / grid.cell[step[0]]
            for step, weight in pair_weights(grid, self.constant).items()
            if step[0] in DIRECTIONS[self.crystal_class]
        }
        return float((grid.field_per_energy * of_neighbours(grid, weights)).max())
