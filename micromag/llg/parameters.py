"""Reads the parameters of ubermag terms: numbers, dictionaries by region, fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import discretisedfield as df
import numpy as np
import ubermagutil.typesystem as ts

from magbayes.micromag.llg.grid import AXES


class UnsupportedError(NotImplementedError):
    """The engine cannot honour a term of the system; the message names the term."""


def to_grid(array: np.ndarray) -> np.ndarray:
    """Reorder (nx, ny, nz, components) to (components, nz, ny, nx)."""
    return np.ascontiguousarray(np.asarray(array, dtype=np.float64).transpose(3, 2, 1, 0))


def from_grid(array: np.ndarray) -> np.ndarray:
    """Reorder (..., components, nz, ny, nx) to (..., nx, ny, nz, components)."""
    return np.moveaxis(np.swapaxes(array, -1, -3), -4, -1)


def attributes(term: Any, understood: Iterable[str]) -> dict[str, Any]:
    """Attributes that are set on a term.

    Raises
    ------
    UnsupportedError
        One of them is not among those that the engine understands.
    """
    # An attribute that was never set still iterates, as the descriptor of its type.
    values = {key: value for key, value in term if not isinstance(value, ts.Descriptor)}
    unknown = sorted(set(values) - set(understood) - {"name"})
    if unknown:
        raise UnsupportedError(f"the native engine does not honour {unknown[0]!r} of the term {term.name!r}")
    return values


def regions(mesh: df.Mesh) -> np.ndarray:
    """Index (nz, ny, nx) of each cell's subregion, the first where they overlap; their number where there is none."""
    index = np.full(mesh.n, len(mesh.subregions))
    # A mesh accepts subregions of whole cells alone; `Mesh.region2slices` takes a tenth of a millisecond for each of
    # the hundreds of a track.
    corners = np.array([(region.pmin, region.pmax) for region in mesh.subregions.values()]).reshape(-1, 2, 3)
    whole = np.rint((corners - mesh.region.pmin) / mesh.cell).astype(int)
    for number, (low, high) in reversed(list(enumerate(whole))):
        index[tuple(map(slice, low, high))] = number
    return index.transpose(2, 1, 0)


def cells(mesh: df.Mesh, value: Any, components: int, default: float = 0.0) -> np.ndarray:
    """A parameter on the grid, (components, nz, ny, nx); `default` where a dictionary says nothing."""
    if not isinstance(value, dict):
        return to_grid(df.Field(mesh, nvdim=components, value=value).array)
    _check_regions(mesh, value)
    rest = value.get("default", np.full(components, default))
    table = np.array([np.broadcast_to(value.get(name, rest), components) for name in (*mesh.subregions, "default")])
    return np.moveaxis(table[regions(mesh)].astype(float), -1, 0)


def scalars(mesh: df.Mesh, value: Any, default: float = 0.0) -> np.ndarray:
    """A parameter of one component on the grid, (nz, ny, nx)."""
    return cells(mesh, value, 1, default)[0]


def units(vectors: np.ndarray) -> np.ndarray:
    """Vectors (3, ...) at unit length; zero vectors stay."""
    lengths = np.linalg.norm(vectors, axis=0)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def pairs(mesh: df.Mesh, value: Any) -> tuple[np.ndarray | float, ...]:
    """A parameter of the pairs of each cell and the next along x, y, z: numbers or (nz, ny, nx).

    As in OOMMF, a dictionary holds the pairs inside a region, those between two as ``"a:b"``, and ``"default"`` or
    0 for all others; a field holds cells, whose pairs have the harmonic mean.
    """
    if isinstance(value, dict):
        _check_regions(mesh, {name: None for key in value for name in key.split(":")})
        names = list(mesh.subregions)
        matrix = np.full((len(names) + 1,) * 2, float(value.get("default", 0.0)))
        for key in value.keys() - {"default"}:
            first, second = (names.index(name) for name in (key.split(":") * 2)[:2])
            matrix[first, second] = matrix[second, first] = value[key]
        index = regions(mesh)
        return tuple(matrix[index, np.roll(index, -1, axis)] for axis in AXES)
    if isinstance(value, df.Field):
        own = scalars(mesh, value)
        return tuple(_harmonic_mean(own, np.roll(own, -1, axis)) for axis in AXES)
    return (float(value),) * 3


def _harmonic_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a + b == 0, 0.0, 2 * a * b / np.where(a + b == 0, 1.0, a + b))


def _check_regions(mesh: df.Mesh, value: dict[str, Any]) -> None:
    unknown = sorted(set(value) - set(mesh.subregions) - {"default"})
    if unknown:
        raise UnsupportedError(f"the mesh has no subregion {unknown[0]!r}; there are: {sorted(mesh.subregions)}")
