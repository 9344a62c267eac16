"""What the edge of a small film shows in its cells: stairs, free surfaces, and the bend of a tilted state.

Derivation and sources: docs/physics.md, "Bare parameters".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.constants import mu_0
from scipy.linalg import solve

from magbayes.micromag.devices.film import FilmWaves
from magbayes.micromag.llg.newell import demag_tensor


@dataclass(frozen=True)
class Mask:
    """Magnetic cells of one layer of a mesh.

    Attributes
    ----------
    cells
        For every cell along x, then y, whether it is magnetic; a tuple, so that equal meshes are computed once.
    edges
        Edges of a cell, m.
    """

    cells: tuple[tuple[bool, ...], ...]
    edges: tuple[float, float, float]

    @property
    def volume(self) -> float:
        """Volume of the magnetic cells, m^3."""
        return float(np.sum(self.cells) * np.prod(self.edges))


@dataclass(frozen=True)
class Edge:
    """What cells of one size make of a film with an edge, for a tilt of all m from z towards x.

    Attributes
    ----------
    shape
        N_z - N_x of the cells.
    anisotropy
        Uniaxial anisotropy over that of cells without fluctuations.
    demagnetisation
        N_z - N_x with fluctuations.
    bend
        By how much the stiffness falls because m tilts further at the edge, where the demagnetising field is weaker:
        J, to be taken off K_eff V.
    """

    shape: float
    anisotropy: float
    demagnetisation: float
    bend: float


@lru_cache(maxsize=128)
def edge(mask: Mask, saturation_magnetisation: float, exchange_stiffness: float, waves: FilmWaves) -> Edge:
    """Edge of a film with the Ms (A/m) and A (J/m) that it shows, in cells whose fluctuations are `waves`.

    Dense linear algebra: a second for a thousand cells.

    Raises
    ------
    ValueError
        At the reorientation a tilt is unstable against patterns: the film is no one domain.
    """
    x, y = np.nonzero(np.array(mask.cells))
    count = len(x)
    size = max(np.shape(mask.cells))
    across = x[:, None] - x, y[:, None] - y
    tensor = {
        name: values[across[0] + size - 1, across[1] + size - 1, 0]
        for name, values in demag_tensor((size, size, 1), mask.edges).items()
        if name in ("xx", "yy", "zz", "xy")
    }
    neighbours = (np.abs(across[0]) + np.abs(across[1]) == 1).astype(float)
    laplacian = np.diag(neighbours.sum(axis=1)) - neighbours
    tilt = tensor["zz"] - tensor["xx"]
    # Fluctuations without the uniform mode, which is what is asked for.
    uniform = np.full((count, count), 1 / count)
    g = waves.temperature_scale / waves.bond * (np.linalg.inv(laplacian + uniform) - uniform)
    s = np.diag(g)
    pairs = np.outer(1 - s, 1 - s) + g**2 - g * (1 - (s[:, None] + s) / 2)
    return Edge(
        shape=float(tilt.sum()) / count,
        anisotropy=float(np.mean(1 - 3 * s + 3 * s**2)),
        demagnetisation=float(np.sum(tilt * pairs)) / count,
        bend=_bend(mask, tensor, laplacian, saturation_magnetisation, exchange_stiffness),
    )


def _bend(mask: Mask, tensor: dict[str, np.ndarray], laplacian: np.ndarray, ms: float, a: float) -> float:
    """Energy in J that a tilt gains by bending, over its angle squared.

    At the reorientation, where a uniform tilt costs nothing: it depends on the voltage by a percent of itself there.
    """
    count, volume = len(laplacian), float(np.prod(mask.edges))
    dipoles = mu_0 * ms**2 * volume
    own = 2 * a * mask.edges[2] * laplacian - dipoles * np.diag(tensor["zz"].sum(axis=1))
    mixed = dipoles * tensor["xy"]
    hessian = np.block([[own + dipoles * tensor["xx"], mixed], [mixed, own + dipoles * tensor["yy"]]])
    rigid = np.zeros((2 * count, 2))
    rigid[:count, 0] = rigid[count:, 1] = count**-0.5
    hessian -= np.eye(2 * count) * (rigid[:, 0] @ hessian @ rigid[:, 0])
    torque = hessian @ rigid[:, 0] * count**0.5
    torque -= rigid @ (rigid.T @ torque)
    bent = hessian - rigid @ (rigid.T @ hessian)
    bent -= (bent @ rigid) @ rigid.T
    bent += rigid @ rigid.T * 2 * a * mask.edges[2]
    try:
        return 0.5 * float(torque @ solve(bent, torque, assume_a="pos"))
    except np.linalg.LinAlgError:
        length = mask.edges[0] * len(mask.cells)
        raise ValueError(
            f"a free layer of {length:.3g} m is no single domain where it turns into the plane, and has no known bare "
            "parameters; accepted: a smaller one, a stiffer one, or 'renormalise: none'"
        ) from None
