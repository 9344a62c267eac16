"""Linear terms of a model as arrays that act on states of the list, which need no grid.

States have the shape (3, cells, replicas), fields likewise and in A/m; see `magbayes.micromag.llg.lattice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.demag import Demag
from magbayes.micromag.llg.folded import Folded, Numbers, fold, foldable, folded_field
from magbayes.micromag.llg.grid import Field, Grid, Term, in_double_precision
from magbayes.micromag.llg.lattice import Lattice
from magbayes.micromag.llg.program import share

DENSE_LIMIT = 256
"""Cells up to which one dense matrix for anisotropy and demagnetisation beats all else on a CPU."""


class Linear(NamedTuple):
    """Arrays in float64; in that of m after `magbayes.micromag.llg.folded.in_precision`."""

    matrices: tuple[Numbers, ...] = ()
    """`dense_matrices` of all linear terms, for a small mesh."""
    own: tuple[Numbers, ...] = ()
    """Field of a cell's own m for a larger mesh, (3, 3, cells, 1), to and from, if there is any."""
    folded: tuple[Folded, ...] = ()
    """Demagnetising field of a larger mesh, if it is best folded."""


def linear(grid: Grid, lattice: Lattice, terms: Sequence[Term], states: int) -> tuple[Linear, tuple[Term, ...]]:
    """Arrays for those of the terms that have any, for so many states at once, and the terms left to the grid."""
    straight = [term for term in terms if term.linear]
    others = [term for term in terms if not term.linear]
    if not straight:
        return Linear(), tuple(others)
    if len(lattice.cells) <= DENSE_LIMIT:
        return Linear(matrices=dense_matrices(total(straight, grid), lattice)), tuple(others)
    own = [term for term in straight if term.local]
    demag = [term for term in straight if isinstance(term, Demag) and foldable(grid, states)]
    arrays = Linear(
        own=(_own(total(own, grid), lattice),) if own else (),
        folded=tuple(fold(grid, lattice.cells) for _ in demag),
    )
    return arrays, tuple(term for term in terms if term not in own and term not in demag)


def linear_field(parts: Linear, m: Array) -> Array:
    """Field of the state m by the arrays, in the precision of m."""
    if parts.matrices:
        return dense_field(parts.matrices, m)
    fields = [folded_field(f, m) for f in parts.folded]
    fields += [jnp.stack([row[0] * m[0] + row[1] * m[1] + row[2] * m[2] for row in matrix]) for matrix in parts.own]
    return sum(fields[1:], start=fields[0]) if fields else jnp.zeros_like(m)


def total(terms: Sequence[Term], grid: Grid) -> Field:
    """Field on the grid of some terms, one at least."""
    fields = [term.field(grid) for term in terms]
    return lambda m: sum((field(m) for field in fields[1:]), start=fields[0](m))


def _own(field: Field, lattice: Lattice) -> np.ndarray:
    """Matrix (3, 3, cells, 1) of a field that depends on the cell's own m only."""
    basis = np.broadcast_to(np.eye(3)[..., None, None, None], (3, 3, *lattice.shape))
    return lattice.pick(in_double_precision(field, basis)).swapaxes(0, 1)[..., None]


def dense_matrices(field: Field, lattice: Lattice) -> tuple[np.ndarray, ...]:
    """Matrices of a field on the grid that is linear in m, for states of the list: to and from, component before cell.

    One matrix (3 cells, 3 cells); two, (2 cells, 2 cells) and (cells, cells), where in-plane and out-of-plane
    components do not mix.
    """
    count = len(lattice.cells)
    matrix = np.zeros((3, count, 3, count))
    program = share(field, np.zeros((count, 3, *lattice.shape)))
    for component in range(3):
        basis = np.zeros((count, 3, count))
        basis[np.arange(count), component, np.arange(count)] = 1.0
        response = lattice.pick(program(lattice.spread(basis)))
        matrix[:, :, component] = response.transpose(1, 2, 0)
    if not matrix[:2, :, 2].any() and not matrix[2, :, :2].any():  # one layer
        return matrix[:2, :, :2].reshape(2 * count, -1), matrix[2, :, 2]
    return (matrix.reshape(3 * count, -1),)


def dense_field(matrices: tuple[Numbers, ...], m: Array) -> Array:
    """Field of the state m by `dense_matrices`."""
    _, cells, replicas = m.shape
    if len(matrices) == 1:
        return jnp.matmul(matrices[0], m.reshape(-1, replicas)).reshape(m.shape)
    inplane, axial = matrices
    plane = (inplane @ m[:2].reshape(-1, replicas)).reshape(2, cells, replicas)
    return jnp.concatenate([plane, (axial @ m[2])[None]])
