"""Cells that the outline of a strip cuts: how much of them is material, what couples them, and their own stray field.

Derivation and sources: docs/physics.md, "The mesh of a track".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from magbayes.micromag.llg.newell import demag_tensor

Edges = Callable[[np.ndarray], np.ndarray]
"""From x (n,) in m to the distances (2, n) in m of the upper and of the lower edge of a strip along x from y = 0."""

PIECES = 16
"""Pieces of a cell's edge on which the outline is taken for straight. One that is straight is exact; of an arc with the
radius of a cell the area is off by 1e-3 of the cell."""

FINER = 4
"""Parts of a cell's edge, an even number, in which its material is resolved for couplings and stray fields."""

Lent = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Material of a cell that is counted to another: numbers of both cells, and the share of the first one's."""

LARGEST_FINE = 2**21
"""Parts of all cells above which cells are resolved in fewer: some seconds and some hundred MB."""

SMALLEST = 0.01
"""Share of a cell below which it is none, and its material counts to the next one inwards."""

LEAST = 0.3
"""Share of a cell that it gets at least, from a neighbour that has more.

Noise turns a cell by one over the root of its moment, exchange with one over the moment: cells smaller than this would
need shorter steps than the film's do. Their faces stay, as a wall bends along a slant edge through its smallest cells:
counted to a neighbour altogether, they cost a wall at a notch 3 % of its energy."""

FAR = 0.2
"""How much stronger a coupling along x has to be than one across for a cell to borrow there: beside an upright edge."""

ROUNDING = 9
"""Decimals of shares, so that cells that are shifted or mirrored onto each other are treated alike."""

SAME = 1e-6
"""Difference up to which two shares are the same."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """A strip along x in square cells of one layer; y = 0 is in it everywhere.

    Attributes
    ----------
    cell
        Edges of a cell, m.
    fill
        (nx, ny), material counted to each cell, over what the cell holds: 0, or from `LEAST` to little more than 1.
    along, across
        (nx - 1, ny) and (nx, ny - 1), covered share between the middle of a cell and that of the next along x and y:
        the strength of their coupling.
    fine
        (n nx, n ny), covered share of each of n x n parts of the cells.
    lent
        What is counted to another cell than the one that holds it.
    """

    cell: tuple[float, float, float]
    fill: np.ndarray
    along: np.ndarray
    across: np.ndarray
    fine: np.ndarray
    lent: Lent

    @property
    def area(self) -> float:
        """Area of the strip, m^2."""
        return float(self.fill.sum()) * self.cell[0] * self.cell[1]

    @property
    def widths(self) -> np.ndarray:
        """Mean width of the strip in each column of cells, (nx,) in m."""
        mean: np.ndarray = self.fill.sum(axis=1) * self.cell[1]
        return mean

    def of_cells(self, values: np.ndarray) -> np.ndarray:
        """Sum up what belongs to the material of the parts (n nx, n ny), as a mean over each cell (nx, ny)."""
        parts = len(self.fine) // len(self.fill)
        return _counted(_means(values, parts, parts), self.lent)

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """X (n nx,) and y (n ny,) of the middles of the parts of the cells, m; the middle of the mesh is 0."""
        edge = self.cell[0] * len(self.fill) / len(self.fine)
        x, y = ((np.arange(n) - (n - 1) / 2) * edge for n in self.fine.shape)
        return x, y

    def of_material(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (n nx, n ny) of parts over the material counted to each cell, over what the cell holds."""
        return self.of_cells(self.fine * values)

    def of_parts(self, values: np.ndarray) -> np.ndarray:
        """Weights (n nx, n ny) of parts in the sum over cells of `of_material`, weighted with values (nx, ny)."""
        parts = len(self.fine) // len(self.fill)
        giver, taker, share = self.lent
        flat = values.ravel()
        weights = flat + np.bincount(giver, share * (flat[taker] - flat[giver]), minlength=flat.size)
        return self.fine * np.kron(weights.reshape(values.shape), np.ones((parts, parts))) / parts**2

    @cached_property
    def demagnetisation(self) -> dict[str, np.ndarray]:
        """What the demagnetising tensor of the material in each cell is above that of equally filled cells.

        Components xx, yy, zz, xy (nx, ny). For a uniform unit vector m the energy that is missing in a cell is
        mu0 Ms^2 / 2 times m N m, per volume of the cell.
        """
        parts = len(self.fine) // len(self.fill)
        smooth, rough = _own_factors(self.fine, self.cell, parts), _own_factors(self.fill, self.cell, 1)
        missing = {}
        for name, values in smooth.items():
            missing[name] = np.round(self.of_cells(values) - rough[name], ROUNDING)
        return missing


def _own_factors(fill: np.ndarray, cell: tuple[float, float, float], parts: int) -> dict[str, np.ndarray]:
    """Share of each cell times its demagnetising tensor for a uniform m, of cells that are `parts` times finer."""
    from scipy.signal import fftconvolve  # takes a second to import, and a configuration is read without it

    tensor = demag_tensor((*fill.shape, 1), (cell[0] / parts, cell[1] / parts, cell[2]))
    return {name: fill * fftconvolve(tensor[name][:, :, 0], fill, mode="valid") for name in ("xx", "yy", "zz", "xy")}


def covered(edges: Edges, breaks: np.ndarray, cells: tuple[int, int], edge: float, thickness: float) -> Coverage:
    """Cut a strip out of square cells, whose middle is that of the mesh.

    Parameters
    ----------
    edges
        The outline; straight between breaks, or taken for it on a sixteenth of a cell. A break may be a jump.
    breaks
        X where it bends or jumps, m.
    cells
        Along x and y.
    edge, thickness
        Of a cell, m.
    """
    nx, ny = cells
    parts = FINER
    while parts > 2 and nx * ny * parts**2 > LARGEST_FINE:
        parts //= 2
    # In units of the cell, from the left end.
    inner = np.asarray(breaks) / edge + nx / 2
    points = np.unique(np.concatenate([np.arange(nx * PIECES + 1) / PIECES, inner[(inner > 0) & (inner < nx)]]))
    start, length = points[:-1], np.diff(points)
    kept = length > 10.0**-ROUNDING
    start, length = start[kept], length[kept]
    # Of two points inside, as the outline may jump at both ends.
    near, far = (edges((start + share * length - nx / 2) * edge) / edge for share in (0.25, 0.75))
    sides = zip(1.5 * near - 0.5 * far, 1.5 * far - 0.5 * near, strict=True)

    upper, lower = (_area(left, right, start, length, nx * parts, ny * parts, parts) for left, right in sides)
    fine = np.concatenate([lower[:, ::-1], upper], axis=1)
    fill = np.round(_means(fine, parts, parts), ROUNDING)
    # Half a cell further, between the middles of neighbours.
    half = parts // 2
    along = np.round(_means(fine[half:-half], parts, parts), ROUNDING)
    across = np.round(_means(fine[:, half:-half], parts, parts), ROUNDING)
    fill, along, across, lent = _counted_cells(fill, along, across)
    return Coverage((edge, edge, thickness), fill, along, across, fine, lent)


def _means(values: np.ndarray, along: int, across: int) -> np.ndarray:
    """Means over blocks."""
    nx, ny = values.shape
    blocks: np.ndarray = values.reshape(nx // along, along, ny // across, across).mean(axis=(1, 3))
    return blocks


def _area(
    left: np.ndarray, right: np.ndarray, start: np.ndarray, length: np.ndarray, nx: int, ny: int, parts: int
) -> np.ndarray:
    """Covered share (nx, ny / 2) of parts of cells on one side of y = 0, by its edge on pieces, in cells."""
    column = np.minimum((start + length / 2) * parts, nx - 0.5).astype(int)
    share = np.zeros((nx, ny // 2))
    for index in range(ny // 2):
        mean = _mean_clipped(left * parts - index, right * parts - index)
        share[:, index] = np.bincount(column, length * parts * mean, minlength=nx)
    return share


def _mean_clipped(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Mean of min(max(u, 0), 1) while u goes straight from start to end."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    bottom, top = np.clip(low, 0, 1), np.clip(high, 0, 1)
    flat = high - low < SAME
    area = (top - bottom) * (top + bottom) / 2 + np.maximum(high - np.maximum(low, 1), 0)
    return np.where(flat, (bottom + top) / 2, area / np.where(flat, 1.0, high - low))


def _counted(values: np.ndarray, lent: Lent) -> np.ndarray:
    """What belongs to the material in each cell (nx, ny), by the cells to which it is counted."""
    giver, taker, share = lent
    parts = share * values.ravel()[giver]
    counted = values.ravel() - np.bincount(giver, parts, minlength=values.size)
    return (counted + np.bincount(taker, parts, minlength=values.size)).reshape(values.shape)


def _counted_cells(
    fill: np.ndarray, along: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Lent]:
    """Cells large enough, the couplings between them, and what is counted to another cell.

    A coupling along x with a cell that is none goes to the next two cells inwards, so that what a wall across the
    strip costs does not depend on where the cells end; one along y is none.
    """
    ny = fill.shape[1]
    along, across = along.copy(), np.where((fill[:, 1:] < SMALLEST) | (fill[:, :-1] < SMALLEST), 0.0, across)
    inwards = np.where(np.arange(ny) < (ny - 1) / 2, 1, -1)
    lent: list[tuple[int, int, float]] = []
    for x, y in np.argwhere((fill > 0) & (fill < SMALLEST)).tolist():
        to = y
        while fill[x, to] < SMALLEST:
            to += inwards[to]
        lent.append((x * ny + y, x * ny + to, 1.0))
    empty = fill < SMALLEST
    for x, y in np.argwhere((along > 0) & (empty[:-1] | empty[1:])).tolist():
        to = y
        while empty[x, to] or empty[x + 1, to]:
            to += inwards[to]
        along[x, to] += along[x, y]
        along[x, y] = 0.0
    needs: dict[int, list[tuple[int, float]]] = {}
    for x, y in np.argwhere(~empty & (fill < LEAST - SAME)).tolist():
        before, after = _at(along, x - 1, y), _at(along, x, y)
        beside = [(x - 1, y, before), (x + 1, y, after)] if abs(before - after) > SAME else []
        giver, most = None, 0.0
        # Across first, which keeps the width of a column: along x through what is far more open.
        for i, j, share in [(x, y - 1, _at(across, x, y - 1)), (x, y + 1, _at(across, x, y)), *beside]:
            if share > most + (FAR if i != x else SAME) and fill[i, j] > LEAST:
                giver, most = i * ny + j, share
        if giver is not None:
            needs.setdefault(giver, []).append((x * ny + y, LEAST - fill[x, y]))
    for giver, takers in needs.items():
        own = fill.flat[giver]
        share = min(1.0, (own - LEAST) / sum(need for _, need in takers)) / own
        lent += [(giver, taker, share * need) for taker, need in takers]
    numbers = np.array(lent).reshape(-1, 3).T
    parts = numbers[0].astype(int), numbers[1].astype(int), numbers[2]
    return _counted(fill, parts), along, across, parts


def _at(shares: np.ndarray, x: int, y: int) -> float:
    """Share between two cells; 0 at the end of the mesh."""
    inside = 0 <= x < shares.shape[0] and 0 <= y < shares.shape[1]
    return float(shares[x, y]) if inside else 0.0
