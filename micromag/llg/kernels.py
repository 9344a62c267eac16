"""Demagnetising tensor of a grid as kernels of a cyclic convolution."""

from __future__ import annotations

import numpy as np

from magbayes.micromag.llg.grid import AXES, Grid
from magbayes.micromag.llg.newell import demag_tensor
from magbayes.micromag.llg.periodic import periodic_demag_tensor


def kernels(grid: Grid, padded: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Components by difference of cells, with negative differences at the end.

    Parameters
    ----------
    grid
        Cells, and the directions in which they repeat.
    padded
        Shape (nz, ny, nx) of the kernels: in a direction that repeats the number of cells, in others 2 n - 1 or more.
    """
    n = grid.shape[::-1]
    tensor = periodic_demag_tensor(n, grid.cell, grid.periodic) if any(grid.periodic) else demag_tensor(n, grid.cell)
    starts = [0 if wrap else 1 - count for count, wrap in zip(n, grid.periodic, strict=True)]
    index = [np.arange(start, count) % size for start, count, size in zip(starts, n, padded[::-1], strict=True)]
    found = {}
    for name, values in tensor.items():
        kernel = np.zeros(padded)
        kernel[np.ix_(*index[::-1])] = values.transpose(2, 1, 0)
        found[name] = _symmetric(kernel, name) if any(grid.periodic) else kernel
    return found


def _symmetric(kernel: np.ndarray, name: str) -> np.ndarray:
    """A component that is even, or odd, in every coordinate; sums over images are so to some digits only."""
    for letter, axis in zip("xyz", AXES, strict=True):
        mirrored = np.roll(np.flip(kernel, axis), 1, axis)
        kernel = (kernel - mirrored if name.count(letter) == 1 else kernel + mirrored) / 2
    return kernel
