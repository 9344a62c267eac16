"""Demagnetising tensor between the cells of a regular mesh, exact for uniformly magnetised cuboids.

A. J. Newell, W. Williams and D. J. Dunlop, J. Geophys. Res. 98, 9551 (1993), equations 15 and following.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

KEPT_CELLS = 200_000
"""Cells of a mesh up to which its tensor is kept, some 400 bytes each: devices that differ in shape share a mesh."""

# The formula is a 27-point second difference of functions that grow with distance, so cancellation eats about
# six digits at 100 cells. Where the platform has them, the 64 bits of mantissa of an extended double pay for it.
_FLOAT = np.longdouble


def _f(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Newell's f for the diagonal components; an even function of every coordinate."""
    x, y, z = np.abs(x), np.abs(y), np.abs(z)
    r = np.sqrt(x * x + y * y + z * z)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(x * x + z * z > 0, y * (z * z - x * x) / 2 * np.arcsinh(y / np.sqrt(x * x + z * z)), 0)
        b = np.where(x * x + y * y > 0, z * (y * y - x * x) / 2 * np.arcsinh(z / np.sqrt(x * x + y * y)), 0)
        c = np.where(x * r > 0, x * y * z * np.arctan(y * z / (x * r)), 0)
    return a + b - c + (2 * x * x - y * y - z * z) * r / 6


def _g(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Newell's g for the xy component; odd in x and y, even in z."""
    z = np.abs(z)
    r = np.sqrt(x * x + y * y + z * z)
    xy, yz, xz = (np.sqrt(s) for s in (x * x + y * y, y * y + z * z, x * x + z * z))
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(xy > 0, x * y * z * np.arcsinh(z / xy), 0)
        b = np.where(yz > 0, y / 6 * (3 * z * z - y * y) * np.arcsinh(x / yz), 0)
        c = np.where(xz > 0, x / 6 * (3 * z * z - x * x) * np.arcsinh(y / xz), 0)
        d = np.where(z * r > 0, z**3 / 6 * np.arctan(x * y / (z * r)), 0)
        e = np.where(np.abs(y) * r > 0, z * y * y / 2 * np.arctan(x * z / (y * r)), 0)
        f = np.where(np.abs(x) * r > 0, z * x * x / 2 * np.arctan(y * z / (x * r)), 0)
    return a + b + c - d - e - f - x * y * r / 3


def _second_differences(values: np.ndarray) -> np.ndarray:
    """Minus the second difference along each of three axes."""
    for _ in range(3):
        values = np.moveaxis(2 * values[1:-1] - values[:-2] - values[2:], 0, -1)
    return values


def _mirrored(values: np.ndarray, name: str) -> np.ndarray:
    """A component for all differences, from those that are not negative."""
    for axis, letter in enumerate("xyz"):
        sign = -1 if name.count(letter) == 1 else 1
        others = np.flip(np.delete(values, 0, axis), axis)
        values = np.concatenate([sign * others, values], axis)
    return values


def demag_tensor(n: tuple[int, int, int], cell: tuple[float, float, float]) -> dict[str, np.ndarray]:
    """Tensor components for every difference of cell indices.

    Parameters
    ----------
    n
        Number of cells along x, y, z.
    cell
        Cell edges along x, y, z in m.

    Returns
    -------
    dict
        ``"xx"``, ``"yy"``, ``"zz"``, ``"xy"``, ``"xz"``, ``"yz"``, each of shape
        ``(2 nx - 1, 2 ny - 1, 2 nz - 1)`` and without unit; the zero difference is in the middle. The field is
        ``H = -sum N M`` and the trace is 1 for the cell itself, 0 elsewhere. The arrays may be shared: they cannot be
        written to.
    """
    shape, edges = tuple(int(count) for count in n), tuple(float(edge) for edge in cell)
    few = np.prod(shape) <= KEPT_CELLS
    return dict((_kept if few else _components)(shape, edges))


def _components(n: tuple[int, ...], cell: tuple[float, ...]) -> dict[str, np.ndarray]:
    scale = max(cell)
    edges = [_FLOAT(length / scale) for length in cell]
    # Every component is even in a coordinate or odd, so that differences from 0 on say all.
    points = [np.arange(-1, count + 1, dtype=_FLOAT) * edge for count, edge in zip(n, edges, strict=True)]
    x, y, z = np.meshgrid(*points, indexing="ij", sparse=True)
    factor = 1 / (4 * _FLOAT(np.pi) * edges[0] * edges[1] * edges[2])
    grids = {
        "xx": _f(x, y, z),
        "yy": _f(y, x, z),
        "zz": _f(z, y, x),
        "xy": _g(x, y, z),
        "xz": _g(x, z, y),
        "yz": _g(y, z, x),
    }
    found = {
        name: _mirrored((factor * _second_differences(grid)).astype(np.float64), name) for name, grid in grids.items()
    }
    for component in found.values():
        component.setflags(write=False)
    return found


_kept = lru_cache(maxsize=4)(_components)
