"""The magnetic cells of a model as a list, sorted by colour, and the couplings between neighbours on that list.

States of the list have the shape (3, cells, replicas): the replicas, which all do the same, lie together in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.micromag.llg.fields import pair_terms
from magbayes.micromag.llg.grid import AXES
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.program import share


@dataclass(frozen=True)
class Lattice:
    """Order of the magnetic cells.

    Attributes
    ----------
    cells
        (cells,), index of each cell on the flattened grid (nz, ny, nx).
    colours
        Start and end of each colour in the list; no two neighbours have the same.
    shape
        The grid (nz, ny, nx).
    """

    cells: np.ndarray
    colours: tuple[tuple[int, int], ...]
    shape: tuple[int, int, int]

    def pick(self, grid: np.ndarray) -> np.ndarray:
        """Values (..., cells) of the list from a grid (..., nz, ny, nx)."""
        return grid.reshape(*grid.shape[:-3], -1)[..., self.cells]

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Grid (..., nz, ny, nx) from values (..., cells) of the list; 0 outside the material."""
        grid = np.zeros((*values.shape[:-1], np.prod(self.shape)), values.dtype)
        grid[..., self.cells] = values
        return grid.reshape(*values.shape[:-1], *self.shape)

    @property
    def places(self) -> np.ndarray:
        """(nz ny nx,), place in the list of each cell of the grid; the length of the list outside the material."""
        places = np.full(np.prod(self.shape), len(self.cells))
        places[self.cells] = np.arange(len(self.cells))
        return places


def lattice(model: Model) -> Lattice:
    """Cells of a model, coloured like a checkerboard.

    Exchange and DMI couple nearest neighbours only, and those have the other colour. So the field of these terms on one
    colour does not depend on that colour's own state: a scheme that turns one colour after the other about its field
    is explicit, and yet as stable as an implicit one (`magbayes.micromag.llg.midpoint`).

    A checkerboard on a ring closes only where the number of cells is even: the last and the first one of an odd ring
    would have one colour. Where a direction repeats after an odd number of cells, the last ones need two more colours.
    """
    index = np.indices(model.shape)
    colour = index.sum(axis=0) % 2
    for direction, repeats in enumerate(model.periodic):
        count = model.shape[AXES[direction]]
        if repeats and count % 2:
            colour = colour + 2 * (index[AXES[direction]] == count - 1)
    cells = np.flatnonzero(model.mask)
    order = np.argsort(colour.ravel()[cells], kind="stable")
    ends = np.cumsum(np.unique(colour.ravel()[cells], return_counts=True)[1])
    starts = [0, *ends[:-1]]
    places = tuple((int(start), int(end)) for start, end in zip(starts, ends, strict=True))
    return Lattice(cells[order], places, model.shape)


def couplings(model: Model, lattice: Lattice) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Fields of the terms that couple nearest neighbours, as sparse matrices.

    Returns
    -------
    tuple
        For each colour the columns (3 cells of the colour, k) and the entries, in A/m, of the rows of a matrix from
        the state (3 cells,) to the field on that colour; rows with fewer than k entries are filled with zeros.
    """
    terms = list(pair_terms(model).values())
    count = len(lattice.cells)
    if not terms:
        empty = [3 * (end - start) for start, end in lattice.colours]
        return tuple((np.zeros((size, 0), int), np.zeros((size, 0))) for size in empty)
    # The matrix is found by probing: the field of a state with one component of one cell is a column of it. Cells three
    # apart share no neighbour, so one evaluation gives a column of the matrix for every third cell in each direction:
    # 27 states (times 3 components) in place of one a cell. A response belongs to the one probed cell beside it. What
    # is left over of a direction that repeats, where 0 and n - 1 are neighbours, has its own probes: numbers 3 and 4.
    thirds = [_thirds(count) for count in model.shape]
    probe = thirds[0][:, None, None] + 5 * (thirds[1][:, None] + 5 * thirds[2])
    rows, columns, entries = [], [], []
    # Models of one shape share the program, whatever their temperature.
    total = share(lambda m: sum((term(m) for term in terms[1:]), start=terms[0](m)), np.zeros((3, *model.shape)))
    for number in np.unique(probe[model.mask]):
        probed = lattice.pick((probe == number) & model.mask)
        near = _nearest(model, lattice, np.flatnonzero(probed))
        for component in range(3):
            state = np.zeros((3, count))
            state[component] = probed
            response = lattice.pick(total(lattice.spread(state)))
            axis, cell = np.nonzero(response)
            rows.append(axis * count + cell)
            columns.append(component * count + near[cell])
            entries.append(response[axis, cell])
    row, column, entry = (np.concatenate(parts) for parts in (rows, columns, entries))
    return tuple(_padded(row, column, entry, count, start, end) for start, end in lattice.colours)


def _thirds(count: int) -> np.ndarray:
    """Numbers 0, 1, 2, 0, 1, 2, ... , and 3, 4 for what is left over."""
    index = np.arange(count)
    covered = count - count % 3
    return np.where(index < covered, index % 3, 3 + index - covered)


def _nearest(model: Model, lattice: Lattice, sources: np.ndarray) -> np.ndarray:
    """(cells,), which of the `sources` (places in the list) is next to each cell; 0 where none is."""
    grid = lattice.spread(np.isin(np.arange(len(lattice.cells)), sources) * (1.0 + np.arange(len(lattice.cells))))
    # The largest and not the sum: along a direction that repeats after two cells both steps lead to one cell.
    beside = np.max([np.zeros(model.shape), *(model.shift(grid, step) for step in model.neighbours)], axis=0)
    return np.maximum(np.rint(lattice.pick(beside)).astype(int) - 1, 0)


def _padded(
    row: np.ndarray, column: np.ndarray, entry: np.ndarray, count: int, start: int, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one colour with equal numbers of entries (the ELLPACK format), which is a gather for XLA and no loop."""
    size = end - start
    own = (row % count >= start) & (row % count < end)
    row, column, entry = row[own], column[own], entry[own]
    local = (row // count) * size + row % count - start
    order = np.argsort(local, kind="stable")
    local, column, entry = local[order], column[order], entry[order]
    # Which entry of its row each one is, as rows lie together.
    rank = np.arange(len(local)) - np.searchsorted(local, local)
    width = int(rank.max(initial=-1)) + 1
    columns, entries = np.zeros((3 * size, width), int), np.zeros((3 * size, width))
    columns[local, rank], entries[local, rank] = column, entry
    return columns, entries
