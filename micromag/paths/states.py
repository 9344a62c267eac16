"""States of a system as a user of ubermag gives them."""

from __future__ import annotations

from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np

from magbayes.micromag.llg.grid import dot
from magbayes.micromag.llg.model import to_grid


def grid_states(system: mm.System, states: dict[str, Any]) -> np.ndarray:
    """Unit vectors (states, 3, nz, ny, nx), zero outside the material, of states by the names they have in messages.

    A state is a field on the cells of the system, or a system that has one, or anything that `discretisedfield.Field`
    takes as ``value``.

    Raises
    ------
    ValueError
        A state lies on other cells, or has a vector that is 0 or not finite in a magnetic cell.
    """
    return np.array([_state(system, name, value) for name, value in states.items()])


def _state(system: mm.System, name: str, value: Any) -> np.ndarray:
    mesh, material = system.m.mesh, to_grid(system.m.norm.array)[0] > 0
    value = value.m if isinstance(value, mm.System) else value
    if isinstance(value, df.Field):
        if value.nvdim != 3 or tuple(value.mesh.n) != tuple(mesh.n):
            raise ValueError(
                f"{name} has {value.nvdim} components on {tuple(map(int, value.mesh.n))} cells; accepted: 3 on "
                f"{tuple(map(int, mesh.n))}, those of system.m"
            )
        array = value.array
    else:
        try:
            array = df.Field(mesh, nvdim=3, value=value).array
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} is no magnetisation of {tuple(map(int, mesh.n))} cells ({error}); accepted: a field, a "
                "vector, an array (nx, ny, nz, 3), a function of a point"
            ) from None
    vectors = to_grid(array)
    lengths = np.sqrt(dot(vectors, vectors))
    wrong = material & ~((lengths > 0) & np.isfinite(lengths))
    if wrong.any():
        z, y, x = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"{name} has no direction in cell {(x, y, z)}; accepted: a vector in every magnetic cell")
    return np.where(material, vectors / np.where(lengths > 0, lengths, 1.0), 0.0)
