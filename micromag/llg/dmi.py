"""Dzyaloshinskii-Moriya interaction of every crystal class of ubermag, as pairs of neighbours.

The energy density of a pair is D / (2 distance) m_i . (e x m_j). Pairs that are cut by a surface are left out, which
gives the canted edges of S. Rohart and A. Thiaville, Phys. Rev. B 88, 184422 (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from micromag.llg.grid import Field, Grid, Term, component, pair_weights

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
        terms = [
            (step, vectors[step[0]], step[1] * weight / grid.cell[step[0]])
            for step, weight in pair_weights(grid, self.constant).items()
            if step[0] in vectors
        ]

        def field(m: Array) -> Array:
            parts = [jnp.zeros_like(component(m, 0))] * 3
            for step, (axis, sign), weight in terms:
                neighbour = jnp.asarray(sign * weight, m.dtype) * grid.shift(m, step)
                u, v = (axis + 1) % 3, (axis + 2) % 3
                parts[u] = parts[u] + component(neighbour, v)
                parts[v] = parts[v] - component(neighbour, u)
            return jnp.asarray(factor, m.dtype) * jnp.stack(parts, axis=-4)

        return field

    def largest(self, grid: Grid) -> float:
        """Twice the field of opposite neighbours."""
        largest = [np.abs(d).max() for d in self.constant]
        total = sum(2 * largest[d] / grid.cell[d] for d, _ in grid.neighbours if d in DIRECTIONS[self.crystal_class])
        return float(grid.field_per_energy.max() * total)
