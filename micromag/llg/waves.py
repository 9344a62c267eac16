"""Cosine waves of a grid, in which exchange is nearly diagonal, as coordinates of states of the list of cells."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import scipy.fft
from jax import Array

from magbayes.micromag.llg.coefficients import on_cells, on_grid
from magbayes.micromag.llg.grid import AXES
from magbayes.micromag.llg.lattice import Lattice


class Waves(NamedTuple):
    """Orthonormal cosine waves of the whole box around the material.

    There are as many as cells of the box, so that on the material they are a frame rather than a basis.
    """

    transforms: tuple[tuple[int, Array], ...]
    """Axis of the grid, and the matrix (waves, cells) along it."""
    shape: tuple[int, int, int]
    cells: Array
    places: Array

    def of(self, vectors: Array) -> Array:
        """Amplitudes (replicas, 3, nz, ny, nx) of vectors (3, cells, replicas)."""
        return self._along(on_grid(vectors, self.places, self.shape), transposed=False)

    def sum(self, amplitudes: Array) -> Array:
        """Vectors (3, cells, replicas) of amplitudes (replicas, 3, nz, ny, nx); the transpose of `of`."""
        return on_cells(self._along(amplitudes, transposed=True), self.cells)

    def _along(self, grid: Array, transposed: bool) -> Array:
        for axis, matrix in self.transforms:
            moved = jnp.moveaxis(grid, axis, -1) @ jnp.asarray(matrix if transposed else matrix.T, grid.dtype)
            grid = jnp.moveaxis(moved, -1, axis)
        return grid


def waves(lattice: Lattice) -> Waves:
    """Waves of the box of a lattice."""
    transforms = tuple(
        (axis, jnp.asarray(scipy.fft.dct(np.eye(count), axis=0, norm="ortho")))
        for axis in AXES
        if (count := lattice.shape[axis]) > 1
    )
    return Waves(transforms, lattice.shape, jnp.asarray(lattice.cells), jnp.asarray(lattice.places))


def wave_matrix(lattice: Lattice) -> np.ndarray:
    """Matrix (cells, nz ny nx) from the amplitudes of one component to the cells."""
    matrix = np.ones((1, 1))
    for count in lattice.shape:
        matrix = np.kron(matrix, scipy.fft.dct(np.eye(count), axis=0, norm="ortho").T)
    return matrix[lattice.cells]
