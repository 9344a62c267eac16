"""Exchange between neighbouring cells."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from magbayes.micromag.llg.grid import Field, Grid, Term, of_neighbours, pair_weights


@dataclass(frozen=True, eq=False)
class Exchange(Term):
    """Six-neighbour exchange with free surfaces; second order in the cell size."""

    stiffness: tuple[np.ndarray | float, ...]
    """A in J/m of the pair of each cell and the next along x, y, z: numbers or grids."""

    pairs = True

    def field(self, grid: Grid) -> Field:
        """2 / (mu0 Ms) times the sum over neighbours of A (m_j - m) / distance^2."""
        return self._field(grid, local=True)

    def pair_field(self, grid: Grid) -> Field:
        """The field without what is along the cell's own m."""
        return self._field(grid, local=False)

    def _field(self, grid: Grid, local: bool) -> Field:
        weights = {step: a / grid.cell[step[0]] ** 2 for step, a in pair_weights(grid, self.stiffness).items()}
        factor = 2 * grid.field_per_energy
        neighbours = grid.stencil(weights, of_neighbours(grid, weights) if local else None)
        return lambda m: jnp.asarray(factor, m.dtype) * neighbours(m)

    def largest(self, grid: Grid) -> float:
        """All neighbours that a cell has antiparallel."""
        weights = {s: 2 * np.abs(a) / grid.cell[s[0]] ** 2 for s, a in pair_weights(grid, self.stiffness).items()}
        return float((2 * grid.field_per_energy * of_neighbours(grid, weights)).max())
