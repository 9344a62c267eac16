"""Demagnetising tensor of a mesh that repeats: near images one by one, the others smeared out.

The images beyond a box are dipoles spread over their periods, which leaves integrals of the second derivatives of
1/r over a half line (one periodic direction) or over the plane around a rectangle (two). The sizes of cell and
period enter to second order, as c d^2/dx^2 with c = cell^2 / 12 - period^2 / 24 (the midpoint rule).
"""

from __future__ import annotations

import math

import numpy as np

from magbayes.micromag.llg.newell import demag_tensor

Tensor = dict[str, np.ndarray]

REACH = 30.0
"""Distance up to which images are summed one by one in one periodic direction, in largest cell edges and, for n cells
in a period, in cells over sqrt(n); half of that in two directions. What is smeared out is wrong by less than 1e-9 of
the tensor's trace in one direction, 1e-8 in two."""


def periodic_demag_tensor(
    n: tuple[int, int, int], cell: tuple[float, float, float], periodic: tuple[bool, bool, bool]
) -> Tensor:
    """Tensor components for every difference of cell indices.

    Parameters
    ----------
    n, cell
        Number and edges (m) of cells along x, y, z.
    periodic
        Directions in which the mesh repeats, one or two.

    Returns
    -------
    dict
        As `magbayes.micromag.llg.newell.demag_tensor`, but with the differences 0 to n - 1 in a periodic direction.
    """
    wrapped = [d for d in range(3) if periodic[d]]
    reach = REACH / len(wrapped) * max(*cell, *(cell[d] * math.sqrt(n[d]) for d in wrapped))
    images = [max(1, math.ceil(reach / (n[d] * cell[d]) - 0.5)) if periodic[d] else 0 for d in range(3)]
    extended = tuple(count * (k + 1) for count, k in zip(n, images, strict=True))
    tensor = demag_tensor(extended, cell)  # type: ignore[arg-type]
    # In a periodic state all images of a cell have its moment, and act as one source: the tensor of a difference r is
    # the sum over whole numbers k of N(r + k L), where L = n cell is the period.
    for d in wrapped:
        # The differences from -images periods to the last one before images + 1 periods.
        tensor = {name: _fold(values, d, n[d]) for name, values in tensor.items()}
    far = _tail(n, cell, periodic, images)
    return {name: values + far[name] for name, values in tensor.items()}


def _fold(values: np.ndarray, axis: int, count: int) -> np.ndarray:
    """Sum over the images along an axis: entries a period of `count` cells apart act on one and the same cell.

    The first `count` - 1 differences belong to an image that is not complete, and which the tail covers.
    """
    values = np.moveaxis(values, axis, 0)[count - 1 :]
    return np.moveaxis(values.reshape(-1, count, *values.shape[1:]).sum(axis=0), 0, axis)


def _tail(
    n: tuple[int, int, int], cell: tuple[float, float, float], periodic: tuple[bool, bool, bool], images: list[int]
) -> Tensor:
    """Field of the images further than `images` periods, as that of dipoles smeared over their periods.

    A dipole's tensor is -1/(4 pi) d_i d_j (1/r) times its volume. Spread over a length L along x, the images beyond
    X = (images + 1/2) L become the integral of d_i d_j (1/r) over |x'| > X, divided by L, which `_line` has in closed
    form; `_plane` has the integral over two directions.

    Both steps are midpoint rules, and their errors of second order are known. The mean of f over a cell of edge c is
    f + c^2/24 f''; source and target are both cells, whence c^2/12. And the sum over points a period L apart is the
    integral of f - L^2/24 f'', as the integral over a period is the midpoint's value plus L^2/24 f''. The
    second derivatives are taken by differences; what is left is of fourth order in edges over the distance X.
    """
    wrapped = [d for d in range(3) if periodic[d]]
    # The directions that repeat come first, as `_line` and `_plane` expect.
    order = wrapped + [d for d in range(3) if not periodic[d]]
    half = [(images[d] + 0.5) * n[d] * cell[d] for d in wrapped]
    ranges = [np.arange(n[d]) if periodic[d] else np.arange(1 - n[d], n[d]) for d in range(3)]
    points = [grid * edge for grid, edge in zip(np.meshgrid(*ranges, indexing="ij"), cell, strict=True)]

    def smeared(shift: np.ndarray) -> np.ndarray:
        coordinates = [points[d] + shift[d] for d in order]
        return _line(coordinates, half[0]) if len(wrapped) == 1 else _plane(coordinates, half[0], half[1])

    # Near enough for the differences' error of second order, far enough for what rounding leaves of a difference.
    step = 0.003 * min(half)
    middle = smeared(np.zeros(3))
    total = middle.copy()
    for d in range(3):
        second = sum(smeared(sign * step * np.eye(3)[d]) for sign in (1, -1)) - 2 * middle
        spread = cell[d] ** 2 / 12 - (n[d] * cell[d]) ** 2 / 24 * periodic[d]
        total = total + spread / step**2 * second
    density = np.prod(cell) / np.prod([n[d] * cell[d] for d in wrapped])
    return {
        "".join(sorted("xyz"[order[i]] + "xyz"[order[j]])): -density / (4 * np.pi) * total[i, j]
        for i in range(3)
        for j in range(i, 3)
    }


def _line(point: list[np.ndarray], half: float) -> np.ndarray:
    """Integral of the second derivatives (3, 3, ...) of 1/r along the first axis, outside of -half to half.

    With s the distance along the axis from an end, the integral of 1/r^3 from s to infinity is 1 / (r (r + s)), and
    that of 3/r^5 is `second` below. Written so, no two large numbers are subtracted, as they would be in
    (1 - s / r) / rho^2, which is 0 / 0 on the axis. Derivatives along the axis integrate to a value at the end.
    """
    x, y, z = point
    total = np.zeros((3, 3, *x.shape))
    for side in (1, -1):
        s = half + side * x
        r = np.sqrt(s * s + y * y + z * z)
        first = 1 / (r * (s + r))
        second = first / r**2 + first**2
        total += [
            [s / r**3, side * y / r**3, side * z / r**3],
            [side * y / r**3, y * y * second - first, y * z * second],
            [side * z / r**3, y * z * second, z * z * second - first],
        ]
    return total


def _plane(point: list[np.ndarray], half_x: float, half_y: float) -> np.ndarray:
    """Integral of the second derivatives (3, 3, ...) of 1/r over the plane around a rectangle.

    Over the whole plane it is 0 (a uniform sheet of dipoles has no field away from it), so that it is minus that
    over the rectangle: an antiderivative, summed over the corners with alternating signs. The zz part follows from
    Laplace's equation: the trace is 0.
    """
    z = point[2]
    total = np.zeros((3, 3, *z.shape))
    for side_x in (1, -1):
        for side_y in (1, -1):
            x, y = point[0] + side_x * half_x, point[1] + side_y * half_y
            r = np.sqrt(x * x + y * y + z * z)
            along_x, along_y = x * y / ((x * x + z * z) * r), x * y / ((y * y + z * z) * r)
            xz, yz = z * y / ((x * x + z * z) * r), z * x / ((y * y + z * z) * r)
            corner = [[along_x, -1 / r, xz], [-1 / r, along_y, yz], [xz, yz, -along_x - along_y]]
            total += side_x * side_y * np.array(corner)
    return total
