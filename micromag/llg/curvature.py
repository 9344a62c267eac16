"""The softest direction of an energy about a stationary state, by Lanczos iteration with full orthogonalisation.

C. Lanczos, J. Res. Natl. Bur. Stand. 45, 255 (1950). Exchange makes short waves stiff by orders of magnitude and says
nothing of long ones: in coordinates that its spectrum on the mesh has scaled (`smoother`), a few dozen steps find the
lowest curvature whatever the cell. A change of coordinates leaves the number of directions that curve downwards as it
is (Sylvester's law of inertia).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from scipy.linalg import eigh_tridiagonal

from magbayes.micromag.llg.grid import AXES
from magbayes.micromag.llg.model import Model

FEWEST, MOST = 20, 60
"""Steps of the iteration. Fewer might take a second mode for the lowest, of which the start may have little."""

RESOLUTION = 1e-3
"""Residual at which an eigenvalue counts as found, in the scaled coordinates, whose largest is of order 1."""

SOFTEST = 1e-3
"""Least stiffness that the scaling assumes, over the largest: where there is exchange and nothing else."""

CLOSED = 1e-7
"""Part of an image outside of the span of all before, over the largest curvature, that is error: the span is closed."""

Linear = Callable[[np.ndarray], np.ndarray]


def stiffness(model: Model) -> np.ndarray:
    """Stiffness (nz, ny, nx) in A/m of the cosine waves of the grid, as far as bounds on all terms tell it.

    Short waves are as stiff as exchange and DMI make them; what else there is counts alike in all cells.
    """
    weak = model.weak_field(0.0)
    pairs = model.largest_field(0.0) - weak
    symbol, total = np.zeros(model.shape), 0.0
    for direction, axis in enumerate(AXES):
        count = model.shape[axis]
        if count > 1:
            wave = (1 - np.cos(np.pi * np.arange(count) / count)) / 2
            symbol = symbol + np.moveaxis(wave.reshape(1, 1, -1), -1, axis) / model.cell[direction] ** 2
            total += 1 / model.cell[direction] ** 2
    return max(weak, SOFTEST * pairs) + pairs * symbol / (total or 1.0)


def smoother(model: Model) -> Linear:
    """Multiplies the cosine waves of grids (3, nz, ny, nx) by the inverse square root of their stiffness in A/m."""
    root = np.sqrt(stiffness(model))

    def smooth(grid: np.ndarray) -> np.ndarray:
        waves = scipy.fft.dctn(grid, axes=AXES, norm="ortho") / root
        return scipy.fft.idctn(waves, axes=AXES, norm="ortho")

    return smooth


def leveller(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """From the field along m of each cell, (nz, ny, nx) in A/m, to the factor that levels the stiffness of the cells.

    It belongs beside `smoother`, and is 1 in all cells where neighbours hold each other stiffer than anything else
    does. Without neighbours a soft cell among stiff ones would be one eigenvalue of many that lie together.
    """
    weak = model.weak_field(0.0)
    pairs = model.largest_field(0.0) - weak

    def factors(along: np.ndarray) -> np.ndarray:
        own = np.clip(np.abs(along), SOFTEST * weak, weak)
        return np.sqrt((weak + pairs) / (own + pairs))

    return factors


def softest(product: Linear, start: np.ndarray) -> np.ndarray:
    """Eigenvector of the lowest eigenvalue of a symmetric operator, as far as it was found.

    Parameters
    ----------
    product
        The operator, on flat arrays.
    start
        A vector that has a part along the one sought; the scalar product of both is positive.
    """
    basis = [start / np.linalg.norm(start)]
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        image = product(basis[-1])
        diagonal.append(float(basis[-1] @ image))
        for vector in basis * 2:  # twice is enough: rounding leaves nothing along the basis
            image = image - (vector @ image) * vector
        rest = float(np.linalg.norm(image))
        (value,), ritz = eigh_tridiagonal(diagonal, beside, select="i", select_range=(0, 0))
        residual = rest * abs(ritz[-1, 0])
        steps, closed = len(basis), rest <= CLOSED * np.abs(diagonal).max() or len(basis) == start.size
        if closed or steps >= MOST or (steps >= FEWEST and residual <= max(RESOLUTION, 0.1 * abs(value))):
            sign = 1.0 if ritz[0, 0] >= 0 else -1.0
            return sum(sign * share * vector for share, vector in zip(ritz[:, 0], basis, strict=True))
        beside.append(rest)
        basis.append(image / rest)
