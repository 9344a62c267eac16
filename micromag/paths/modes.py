"""Curvatures of a stationary state as a partition function counts them, and directions that are flat by symmetry."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigh, lu_factor, lu_solve

from magbayes.micromag.paths.landscape import Landscape

ZERO = 1e-6
"""Curvature over the energy of a cell in the field of anisotropy and shape up to which a direction is flat."""


SOFTEST = 16
"""Lowest curvatures that are computed by themselves: flat directions, those downwards, the softest of the others."""


class Modes:
    """Curvatures of a stationary state: the lowest ones by themselves, of all the determinant.

    Attributes
    ----------
    matrix
        The Hessian, (2 cells, 2 cells) in J a rad^2, in the frame of `Hessian.frame`.
    lowest, mode
        Its lowest curvature, and the direction of that.
    flat
        Number of flat directions.
    logarithm
        Of the square root of the product of all other curvatures, without a sign.
    turn
        Largest turn of a cell in rad by which heat excites one mode.
    """

    def __init__(self, landscape: Landscape, m: np.ndarray, thermal: float, name: str, descents: int) -> None:
        hessian = landscape.hessian(m)
        self.matrix = hessian.matrix()
        values, vectors = eigh(self.matrix, subset_by_index=[0, min(SOFTEST, len(self.matrix)) - 1])
        zero = ZERO * landscape.mean_weight * landscape.scale
        flat = np.abs(values) <= zero
        self.flat = int(flat.sum())
        if int((values < -zero).sum()) != descents:
            raise ValueError(
                f"{name} curves down in {int((values < -zero).sum())} directions, not in {descents}: it is not "
                "what the rate needs; find the path anew with more images"
            )
        self.lowest, self.mode = float(values[0]), vectors[:, 0]
        # Flat directions get a curvature of the size of the others, which is taken off again.
        self._flat, usual = vectors[:, flat], float(np.abs(self.matrix).max())
        self._factors = lu_factor(self.matrix + usual * self._flat @ self._flat.T)
        self.logarithm = 0.5 * float(np.log(np.abs(np.diagonal(self._factors[0]))).sum() - self.flat * math.log(usual))
        if self.flat:
            length = _symmetry(landscape, m, hessian.turns(self._flat.T), thermal, name)
            self.logarithm -= math.log(length) - 0.5 * math.log(2 * math.pi * thermal)
        stable = values > zero
        cells = vectors.reshape(2, -1, len(values))[:, :, stable]
        turns = np.sqrt(thermal / values[stable] * (cells**2).sum(axis=0).max(axis=0))
        self.turn = float(turns.max(initial=0.0))

    def stable_inverse(self, vector: np.ndarray) -> float:
        """Quadratic form v H^-1 v at a saddle, of the part of v in 1/s where the energy curves upwards, 1/(J s^2)."""
        for directions in (self._flat, self.mode[:, None]):
            vector = vector - directions @ (directions.T @ vector)
        return float(vector @ lu_solve(self._factors, vector))


def _symmetry(landscape: Landscape, m: np.ndarray, modes: np.ndarray, thermal: float, name: str) -> float:
    """Length in rad of the closed line of states that a flat mode leads along: the turn of all spins about an axis."""
    refusal = f"{name} has {len(modes)} flat direction(s)"
    remedy = "a rate needs curvature there: hold it by a field, an anisotropy or a notch"
    generators = np.stack([landscape.free * np.cross(axis.reshape(3, 1, 1, 1), m, axis=0) for axis in np.eye(3)])
    if len(modes) > 1:
        raise ValueError(f"{refusal}; accepted: one, the turn of all spins about one axis; {remedy}")
    # The axis whose turn is nearest to the mode.
    flat, mode = generators.reshape(3, -1), modes[0].ravel()
    axis = np.linalg.lstsq(flat.T, mode, rcond=1e-6)[0]
    miss = float(np.linalg.norm(mode - flat.T @ axis))
    axis /= np.linalg.norm(axis)
    angles = np.linspace(0, 2 * math.pi, 7)[:-1]
    energies, _ = landscape(np.stack([_about(axis, angle, m, landscape.free) for angle in angles]))
    if miss > 1e-2 or np.ptp(energies) > 1e-3 * thermal:
        raise ValueError(f"{refusal}, and no turn of all spins about an axis explains it; {remedy}")
    return 2 * math.pi * float(np.linalg.norm(flat.T @ axis))


def _about(axis: np.ndarray, angle: float, m: np.ndarray, free: np.ndarray) -> np.ndarray:
    """A state whose free spins are turned about an axis (Rodrigues)."""
    u = axis.reshape(3, 1, 1, 1)
    along = u * (u * m).sum(axis=0)
    moved = along + math.cos(angle) * (m - along) + math.sin(angle) * np.cross(u, m, axis=0)
    return np.where(free > 0, moved, m)
