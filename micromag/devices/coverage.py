"""Cells that the outline of a strip cuts: how much of them is material, what couples them, and their own stray field.

Derivation and sources: docs/physics.md, "The mesh of a track".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.signal import fftconvolve

from magbayes.micromag.llg.newell import demag_tensor

HalfWidth = Callable[[np.ndarray], np.ndarray]
"""From x in m to half of the width of a strip along x there, m."""

PIECES = 16
"""Pieces of a cell's edge on which the outline is taken for straight. One that is straight is exact; of an arc with the
radius of a cell the area is off by 1e-3 of the cell."""

FINER = 4
"""Parts of a cell's edge in which its material is resolved for stray fields; divides `PIECES`."""

LARGEST_FINE = 2**21
"""Parts of all cells above which cells are resolved in fewer: some seconds and some hundred MB."""

LEAST = 0.3
"""Share of a cell below which its material is counted to a neighbour.

The noise of a cell goes with one over the root of its moment, the exchange field with one over the moment: cells smaller
than this would need shorter steps than the film's, and fluctuate as nothing in the film does."""

ROUNDING = 9
"""Decimals of shares, so that cells that are shifted or mirrored onto each other are treated alike."""

SAME = 1e-6
"""Difference up to which two shares are the same."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """A strip along x in square cells of one layer, symmetric about y = 0.

    Attributes
    ----------
    cell
        Edges of a cell, m.
    fill
        (nx, ny), material counted to each cell, over what the cell holds: 0, or from `LEAST` to little more than 1.
    along, across
        (nx - 1, ny) and (nx, ny - 1), covered share of the face between a cell and the next along x and along y.
    fine
        (n nx, n ny), covered share of each of n x n parts of the cells.
    owner
        (nx, ny), number of the cell to which the material in each cell is counted.
    """

    cell: tuple[float, float, float]
    fill: np.ndarray
    along: np.ndarray
    across: np.ndarray
    fine: np.ndarray
    owner: np.ndarray

    @property
    def area(self) -> float:
        """Area of the strip, m^2."""
        return float(self.fill.sum()) * self.cell[0] * self.cell[1]

    @property
    def widths(self) -> np.ndarray:
        """Mean width of the strip in each column of cells, (nx,) in m."""
        mean: np.ndarray = self.fill.sum(axis=1) * self.cell[1]
        return mean

    @cached_property
    def demagnetisation(self) -> dict[str, np.ndarray]:
        """What the demagnetising tensor of the material in each cell is above that of equally filled cells.

        Components xx, yy, zz, xy (nx, ny). For a uniform unit vector m the energy that is missing in a cell is
        mu0 Ms^2 / 2 times m N m, per volume of the cell.
        """
        parts = len(self.fine) // len(self.fill)
        smooth, rough = _own_factors(self.fine, self.cell, parts), _own_factors(self.fill, self.cell, 1)
        nx, ny = self.fill.shape
        missing = {}
        for name, values in smooth.items():
            cells = values.reshape(nx, parts, ny, parts).mean(axis=(1, 3))
            own = np.bincount(self.owner.ravel(), cells.ravel(), minlength=nx * ny).reshape(nx, ny)
            missing[name] = np.round(own - rough[name], ROUNDING)
        return missing


def _own_factors(fill: np.ndarray, cell: tuple[float, float, float], parts: int) -> dict[str, np.ndarray]:
    """Share of each cell times its demagnetising tensor for a uniform m, of cells that are `parts` times finer."""
    tensor = demag_tensor((*fill.shape, 1), (cell[0] / parts, cell[1] / parts, cell[2]))
    return {name: fill * fftconvolve(tensor[name][:, :, 0], fill, mode="valid") for name in ("xx", "yy", "zz", "xy")}


def covered(
    half_width: HalfWidth, breaks: np.ndarray, cells: tuple[int, int], edge: float, thickness: float
) -> Coverage:
    """Cut a strip out of square cells, whose middle is that of the mesh.

    Parameters
    ----------
    half_width
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
    while parts > 1 and nx * ny * parts**2 > LARGEST_FINE:
        parts //= 2
    # In units of the cell, from the left end.
    inner = np.asarray(breaks) / edge + nx / 2
    points = np.unique(np.concatenate([np.arange(nx * PIECES + 1) / PIECES, inner[(inner > 0) & (inner < nx)]]))
    start, length = points[:-1], np.diff(points)
    kept = length > 10.0**-ROUNDING
    start, length = start[kept], length[kept]
    # Of two points inside, as the outline may jump at both ends.
    near, far = (half_width((start + share * length - nx / 2) * edge) / edge for share in (0.25, 0.75))
    left, right = 1.5 * near - 0.5 * far, 1.5 * far - 0.5 * near

    fine = _mirrored(_area(left, right, start, length, nx * parts, ny * parts, parts), odd=False)
    fill = np.round(fine.reshape(nx, parts, ny, parts).mean(axis=(1, 3)), ROUNDING)
    column = np.minimum(start + length / 2, nx - 0.5).astype(int)
    first = np.searchsorted(column, np.arange(1, nx))
    # A face is covered as far as the material on both sides of it is.
    at_face = np.minimum(right[first - 1], left[first])
    low, height = _rows(ny)
    along = _mirrored(np.clip((at_face[:, None] - low) / height, 0, 1), odd=ny % 2 == 1)
    across = np.zeros((nx, len(low) - 1))
    for index, line in enumerate(low[1:]):
        across[:, index] = np.bincount(column, length * _share_above(left - line, right - line), minlength=nx)
    if ny % 2:
        across = np.concatenate([across[:, ::-1], across], axis=1)
    else:
        across = np.concatenate([across[:, ::-1], np.ones((nx, 1)), across], axis=1)
    along, across = np.round(along, ROUNDING), np.round(across, ROUNDING)
    fill, along, across, owner = _merged(fill, along, across)
    return Coverage((edge, edge, thickness), fill, along, across, fine, owner)


def _rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lower ends and heights of the rows above y = 0; of an odd number the middle one counts by its upper half."""
    if count % 2:
        low = np.concatenate([[0.0], np.arange(1, count // 2 + 1) - 0.5])
        return low, np.concatenate([[0.5], np.ones(count // 2)])
    return np.arange(count // 2, dtype=float), np.ones(count // 2)


def _mirrored(upper: np.ndarray, odd: bool) -> np.ndarray:
    return np.concatenate([upper[:, :0:-1] if odd else upper[:, ::-1], upper], axis=1)


def _area(
    left: np.ndarray, right: np.ndarray, start: np.ndarray, length: np.ndarray, nx: int, ny: int, parts: int
) -> np.ndarray:
    """Covered share (nx, ny / 2) of parts of cells above y = 0, from the outline on pieces, in units of the cell."""
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


def _share_above(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Share of the way from start to end that is above 0."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    flat = high - low < SAME
    return np.where(flat, high > 0, np.clip(high, 0, high - low) / np.where(flat, 1.0, high - low))


Cell = tuple[int, int]


def _merged(
    fill: np.ndarray, along: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Count cells with less than `LEAST` to the neighbour behind their most open face, and their faces to its faces.

    A face moves with its cell to the parallel one, so that a cross-section has the width that it had. Where two
    faces are as open as each other, the one across decides, which keeps the width of each column.
    """
    fill, along, across = fill.copy(), along.copy(), across.copy()
    target: dict[Cell, Cell] = {}
    for x, y in zip(*np.nonzero((fill > 0) & (fill < LEAST - SAME)), strict=True):
        before, after = _face(along, x - 1, y), _face(along, x, y)
        beside = [((x - 1, y), before), ((x + 1, y), after)] if abs(before - after) > SAME else []
        best, most = None, 0.0
        for cell, share in [((x, y - 1), _face(across, x, y - 1)), ((x, y + 1), _face(across, x, y)), *beside]:
            if share > most + SAME and fill[cell] > fill[x, y] + SAME:
                best, most = (int(cell[0]), int(cell[1])), share
        if best is not None:
            target[int(x), int(y)] = best
    owner = np.arange(fill.size).reshape(fill.shape)
    moves: dict[Cell, Cell] = {}
    for small in target:
        end = small
        while end in target:  # each has more than the one before
            end = target[end]
        owner[small] = owner[end]
        moves[small] = end[0] - small[0], end[1] - small[1]
    moved = np.bincount(owner.ravel(), fill.ravel(), minlength=fill.size).reshape(fill.shape)
    for faces, (dx, dy) in ((along, (1, 0)), (across, (0, 1))):
        for small, (mx, my) in moves.items():
            for one in (small, (small[0] - dx, small[1] - dy)):
                share = _face(faces, *one)
                if share == 0:
                    continue
                faces[one] = 0.0
                two = one[0] + dx, one[1] + dy
                end = small[0] + mx, small[1] + my
                if end in (one, two):
                    continue  # the face between the cell and its new owner
                new = one[0] + mx, one[1] + my
                if moved[new] > 0 and moved[two[0] + mx, two[1] + my] > 0:
                    faces[new] += share
    return moved, along, across, owner


def _face(faces: np.ndarray, x: int, y: int) -> float:
    """Share of a face; 0 at the end of the mesh."""
    inside = 0 <= x < faces.shape[0] and 0 <= y < faces.shape[1]
    return float(faces[x, y]) if inside else 0.0
