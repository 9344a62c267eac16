"""A saddle to all digits, by Newton's method from a state beside it, and the number of its downward directions.

The Newton equation is solved by MINRES, which takes matrices that are not definite: C. C. Paige and M. A. Saunders,
SIAM J. Numer. Anal. 12, 617 (1975). It and the Lanczos iteration for the lowest curvatures work in coordinates that the
mesh's stiffness has scaled; that leaves the number of negative ones as it is (Sylvester's law of inertia).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh, minres

from magbayes.data.seeds import generator
from magbayes.micromag.llg.grid import dot
from magbayes.micromag.paths.landscape import Landscape, turned

FURTHEST = 0.3
"""Largest turn in rad of a cell in one of Newton's steps."""

NEUTRAL = 1e-6
"""Curvature in scaled coordinates, whose largest is of order 1, up to which a direction is flat."""

DENSE = 60
"""Numbers of a state up to which all curvatures are computed, as Lanczos' iteration needs more than it looks for."""

LOOKED_FOR = 3
"""Lowest curvatures that are computed."""


@dataclass(frozen=True)
class Saddle:
    """A state without torque on a path.

    Attributes
    ----------
    m
        (3, nz, ny, nx), unit vectors.
    energy
        J.
    torque
        Largest |m x H| that is left, A/m.
    descents
        Directions in which the energy curves downwards, as far as looked for: 1 at a saddle between two minima.
    mode
        Turn (3, nz, ny, nx) of the lowest curvature, of length 1.
    curvature
        Second derivative of the energy along `mode`, J a rad^2.
    second
        Turn of the second lowest one.
    """

    m: np.ndarray
    energy: float
    torque: float
    descents: int
    mode: np.ndarray
    curvature: float
    second: np.ndarray


def refine(landscape: Landscape, m: np.ndarray, *, torque: float, steps: int = 40) -> tuple[np.ndarray, float]:
    """The stationary state beside a state, and its largest |m x H| in A/m."""
    shape = m.shape
    best, smallest = m, np.inf
    for _ in range(steps):
        _, gradient = landscape(m[None])
        rest = landscape.torque(gradient)
        if rest < smallest:
            best, smallest = m, rest
        if rest <= torque:
            break
        scaled = _scaled(landscape, m)
        right = -landscape.smooth(gradient[0], 0.5).ravel()
        solution, _ = minres(scaled, right, rtol=1e-9, maxiter=2 * min(m.size, 1000))
        turn = landscape.across(m, landscape.smooth(solution.reshape(shape), 0.5))
        furthest = float(np.sqrt(dot(turn, turn).max()))
        m = turned(m, turn * min(1.0, FURTHEST / max(furthest, np.finfo(float).tiny)))
    return best, smallest


def look(landscape: Landscape, m: np.ndarray) -> Saddle:
    """What a stationary state is."""
    energy, gradient = landscape(m[None])
    scaled, size = _scaled(landscape, m), m.size
    if size <= DENSE:
        values, vectors = np.linalg.eigh(scaled @ np.eye(size))
    else:
        start = generator(0, "curvature").normal(size=size)
        values, vectors = eigsh(scaled, k=LOOKED_FOR, which="SA", v0=start, tol=1e-6, ncv=40)
    # Directions along m and cells without material are flat for this operator, and say nothing.
    modes = [landscape.across(m, landscape.smooth(vector.reshape(m.shape), 0.5)) for vector in vectors.T[:2]]
    modes = [mode / max(float(np.sqrt((mode**2).sum())), np.finfo(float).tiny) for mode in modes]
    curvature = float((modes[0] * landscape.hessian(m)(modes[0][None])[0]).sum())
    descents = int((values < -NEUTRAL).sum())
    return Saddle(m, float(energy[0]), landscape.torque(gradient), descents, modes[0], curvature, modes[1])


def _scaled(landscape: Landscape, m: np.ndarray) -> LinearOperator:
    """The Hessian between cosine waves over the root of their stiffness, on flat arrays."""
    hessian, shape = landscape.hessian(m), m.shape

    def product(flat: np.ndarray) -> np.ndarray:
        turn = landscape.across(m, landscape.smooth(flat.reshape(shape), 0.5))
        return landscape.smooth(hessian(turn[None])[0], 0.5).ravel()

    return LinearOperator((m.size, m.size), matvec=product, dtype=float)
