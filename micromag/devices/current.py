"""The current in a sheet of metal with the outline of a strip: where it flows, and what the sheet resists.

In a sheet the field obeys Laplace's equation with no current across the outline. Current crowds where the sheet is
narrow: there it is denser than the mean over the full width says.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class SheetCurrent(NamedTuple):
    """Current along x through a sheet, over the mean over the height of its mesh.

    Attributes
    ----------
    density
        (2, nx, ny), x and y component of the mean density in each cell, its empty part included.
    squares
        Resistance between the ends, over that of a square of the sheet.
    """

    density: np.ndarray
    squares: float


def sheet_current(fill: np.ndarray) -> SheetCurrent:
    """Solve for the potential in a sheet, of which cells (nx, ny) hold a share `fill` from 0 to 1 of material.

    Two neighbours are joined by both their halves in series: of shares a and b, 2 a b / (a + b) of a full joint. Both
    ends of the sheet are held at one potential each, so the current there is that of a sheet that goes on straight.

    Raises
    ------
    ValueError
        No material leads from end to end.
    """
    from scipy.sparse import coo_array, csgraph
    from scipy.sparse.linalg import spsolve  # takes half a second to import, and a configuration is read without it

    nx, ny = fill.shape
    along, across = _joint(fill[:-1], fill[1:]), _joint(fill[:, :-1], fill[:, 1:])
    number = np.arange(nx * ny).reshape(nx, ny)
    one = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    two = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    joint = np.concatenate([along.ravel(), across.ravel()])
    # Half a cell to each end.
    ends = np.zeros((nx, ny))
    ends[0] += 2 * fill[0]
    ends[-1] += 2 * fill[-1]
    source = np.zeros((nx, ny))
    source[0] = 2 * fill[0]
    joined = coo_array((joint, (one, two)), shape=(nx * ny, nx * ny)).tocsr()
    joined.eliminate_zeros()
    _, label = csgraph.connected_components(joined, directed=False)
    through = np.intersect1d(label[number[0][fill[0] > 0]], label[number[-1][fill[-1] > 0]])
    inside = np.isin(label, through)
    if not inside.any():
        raise ValueError("no material leads from end to end of the sheet; accepted: notches that leave a neck")
    laplacian = csgraph.laplacian(joined + joined.T) + coo_array(
        (ends.ravel(), (number.ravel(), number.ravel())), shape=joined.shape
    )
    potential = np.zeros(nx * ny)
    potential[inside] = spsolve(laplacian.tocsr()[inside][:, inside].tocsc(), source.ravel()[inside])
    potential = np.where(inside, potential, 0.0).reshape(nx, ny)
    live = inside.reshape(nx, ny)
    flow_x = along * (potential[:-1] - potential[1:]) * (live[:-1] & live[1:])
    flow_y = across * (potential[:, :-1] - potential[:, 1:]) * (live[:, :-1] & live[:, 1:])
    entering = 2 * fill[0] * (1 - potential[0]) * live[0]
    leaving = 2 * fill[-1] * potential[-1] * live[-1]
    total = float(entering.sum())
    # The mean of what flows through both of a cell's faces.
    x = (np.concatenate([entering[None], flow_x]) + np.concatenate([flow_x, leaving[None]])) / 2
    y = np.zeros((nx, ny))
    y[:, 1:] += flow_y / 2
    y[:, :-1] += flow_y / 2
    return SheetCurrent(np.stack([x, y]) * (ny / total), 1 / total)


def _joint(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    both = one + two
    joint: np.ndarray = np.where(both > 0, 2 * one * two / np.where(both > 0, both, 1.0), 0.0)
    return joint
