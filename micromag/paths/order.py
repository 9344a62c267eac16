"""Order parameters: numbers of a state that tell how far it has come from one end to the other."""

from __future__ import annotations

from collections.abc import Callable

import micromagneticmodel as mm
import numpy as np

Order = Callable[[np.ndarray], np.ndarray]
"""From unit vectors (replicas, nx, ny, nz, 3) to numbers (replicas,)."""

SATURATED = 0.6
"""Component of m beyond which a cell belongs to a domain, and not to the wall."""

AXES = {"x": 0, "y": 1, "z": 2}


def wall_position(system: mm.System, *, axis: str = "x", component: str = "z") -> Order:
    """Order parameter of a system with one wall: its place from the mean of one component of m.

    A straight wall at that place between domains along + and - would give the same mean. Cells that are missing, as in
    notches, count as such. Beyond `SATURATED` a cell counts as fully magnetised, so that the heat of the domains, which
    does not move the wall, does not move the place either.

    Parameters
    ----------
    system
        The system; its magnetisation says which domain lies at the lower end of the axis.
    axis
        Direction in which the wall moves.
    component
        Component of m along the domains.

    Returns
    -------
    callable
        From unit vectors (replicas, nx, ny, nz, 3) to coordinates (replicas,) in the units of the mesh.

    Raises
    ------
    ValueError
        A name is none of x, y, z, or the domains at both ends are alike.
    """
    for name, value in (("axis", axis), ("component", component)):
        if value not in AXES:
            raise ValueError(f"{name} {value!r} is none of x, y, z")
    along, index = AXES[axis], AXES[component]
    material = system.m.norm.array[..., 0] > 0
    columns = np.moveaxis(material, along, 0).reshape(material.shape[along], -1).sum(axis=1)
    area = np.concatenate([[0.0], np.cumsum(columns)])
    mesh = system.m.mesh
    edges = np.linspace(mesh.region.pmin[along], mesh.region.pmax[along], len(area))
    values = (
        np.moveaxis(system.m.orientation.array[..., index] * material, along, 0).reshape(len(columns), -1).sum(axis=1)
    )
    half = area[-1] / 2
    lower, upper = values[area[1:] <= half].sum() / half, values[area[1:] > half].sum() / half
    if abs(lower - upper) < 0.1:
        raise ValueError(
            f"m_{component} is {lower:.2g} and {upper:.2g} in the lower and the upper half along {axis}: there is no "
            "wall between; set system.m to a state with one, or name another axis"
        )
    sign = 1.0 if lower > upper else -1.0

    def position(m: np.ndarray) -> np.ndarray:
        mean = np.clip(m[..., index] / SATURATED, -1, 1).sum(axis=(-1, -2, -3)) / area[-1]
        return np.interp((1 + sign * mean) / 2 * area[-1], area, edges)

    return position
