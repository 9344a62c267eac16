"""The energy of a model on the spheres of its cells: batches of energies and gradients, and the Hessian, in float64.

States are unit vectors (..., 3, nz, ny, nx). Turns are tangent vectors in rad of the same shape, and gradients are in
J a rad, without what is along m and without cells that are held. The Hessian is that on the spheres: for tangent
vectors the second derivatives of the energy in space, less the radial derivative, which a turn meets to second order,

    v . Hess u = v . E'' u - sum_i (m_i . dE/dm_i) v_i . u_i

P.-A. Absil, R. Mahony and R. Sepulchre, Optimization Algorithms on Matrix Manifolds (2008), section 5.3; here as in
P. F. Bessarab, V. M. Uzdin and H. Jonsson, Phys. Rev. B 85, 184409 (2012).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft
from jax import Array
from scipy.constants import mu_0

from magbayes.data.memory import require_memory
from magbayes.micromag.llg.curvature import stiffness
from magbayes.micromag.llg.grid import AXES, dot
from magbayes.micromag.llg.model import Model, UnsupportedError
from magbayes.micromag.llg.program import share

BATCH_NUMBERS = 2**21
"""Components of vectors in one call for columns of a Hessian."""


def require_energy(model: Model) -> None:
    """Refuse a model whose motion no energy rules.

    Raises
    ------
    UnsupportedError
        It has a torque, or a field that varies in time.
    """
    for torque in model.torques:
        raise UnsupportedError(f"the torque {torque.name!r} has no energy, and a path needs one; leave the torque out")
    for term in model.zeeman:
        if term.profile is not None:
            raise UnsupportedError(f"the term {term.name!r} varies in time; a path needs a field that is constant")


def norm(vectors: np.ndarray) -> np.ndarray:
    """Length (...,) of turns (..., 3, nz, ny, nx) of a whole system, rad."""
    return np.sqrt((vectors**2).sum(axis=(-1, -2, -3, -4)))


def turned(m: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """States after turns along great circles."""
    angle = np.sqrt(dot(turn, turn))[..., None, :, :, :]
    # numpy's sinc has a factor of pi.
    moved = m * np.cos(angle) + turn * np.sinc(angle / np.pi)
    return moved / np.where(m.any(axis=-4, keepdims=True), np.sqrt(dot(moved, moved))[..., None, :, :, :], 1.0)


def turn_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Turns along great circles that take each cell from `start` to `end`; 0 where these are opposite."""
    chord = end - start
    half = np.clip(np.sqrt(dot(chord, chord)) / 2, 0.0, 1.0)
    across = chord - start * dot(start, chord)[..., None, :, :, :]
    length = np.sqrt(dot(across, across))
    scale = np.divide(2 * np.arcsin(half), length, out=np.zeros_like(length), where=length > 1e-12)
    return across * scale[..., None, :, :, :]


class Landscape:
    """Energies, gradients and curvatures of a model without torques and without what varies in time."""

    def __init__(self, model: Model) -> None:
        require_energy(model)
        self.model = model
        self.free = (model.mask & ~model.fixed).astype(float)
        self.weight = mu_0 * model.saturation * model.cell_volume
        """(nz, ny, nx), J in A/m: energy of a cell's moment against its field."""
        self.mean_weight = float(self.weight[model.mask].mean())
        self.cells = np.flatnonzero(self.free)
        self._stiffness = stiffness(model)
        self._programs: dict[tuple[str, int], Callable[..., Any]] = {}

    @cached_property
    def scale(self) -> float:
        """Field in A/m of all that is not exchange or DMI, or of these where there is nothing else."""
        return self.model.weak_field(0.0) or self.model.largest_field(0.0)

    def across(self, m: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Vectors without what is along m, of free cells."""
        return self.free * (vectors - m * dot(m, vectors)[..., None, :, :, :])

    def smooth(self, vectors: np.ndarray, power: float = 1.0) -> np.ndarray:
        """Vectors whose cosine waves are divided by their stiffness in J to a power."""
        waves = scipy.fft.dctn(vectors, axes=AXES, norm="ortho") / (self.mean_weight * self._stiffness) ** power
        return scipy.fft.idctn(waves, axes=AXES, norm="ortho")

    def torque(self, vectors: np.ndarray) -> float:
        """Largest length in A/m of gradients in J a rad."""
        return float(np.sqrt(dot(vectors, vectors) / np.where(self.weight > 0, self.weight, 1.0) ** 2).max())

    def _field(self, m: Array) -> Array:
        total = jnp.broadcast_to(jnp.asarray(self.model.applied, m.dtype), m.shape)
        for term in self.model.terms:
            total = total + term.field(self.model)(m)
        return total

    def _energy(self, m: Array) -> Array:
        fixed = dot(m, jnp.asarray(-mu_0 * self.model.saturation * self.model.applied))
        density = sum((term.density(self.model)(m) for term in self.model.terms), fixed)
        return self.model.cell_volume * jnp.sum(density, axis=(-1, -2, -3))

    def _program(self, name: str, function: Callable[..., Any], *examples: np.ndarray) -> Callable[..., Any]:
        key = name, len(examples[-1])
        if key not in self._programs:
            self._programs[key] = share(function, *examples)
        return self._programs[key]

    def __call__(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energies (n,) in J and gradients of states (n, 3, nz, ny, nx)."""

        def evaluate(m: Array) -> tuple[Array, Array]:
            return self._energy(m), self._field(m)

        energy, field = self._program("energy", evaluate, states)(states)
        return energy, -self.across(states, self.weight * field)

    def hessian(self, m: np.ndarray) -> Hessian:
        """Second derivatives at a state (3, nz, ny, nx)."""
        return Hessian(self, m)


class Hessian:
    """Second derivatives of the energy at a state, J a rad^2."""

    def __init__(self, landscape: Landscape, m: np.ndarray) -> None:
        self.landscape, self.m = landscape, m
        field = landscape._program("field", landscape._field, m[None])(m[None])
        self._along = landscape.weight * dot(m, np.asarray(field)[0])

    def _change(self, vectors: np.ndarray) -> np.ndarray:
        """Change of the field in A/m by turns (n, 3, nz, ny, nx)."""

        def derivative(m: Array, v: Array) -> Array:
            return jax.vmap(lambda one: jax.jvp(self.landscape._field, (m,), (one,))[1])(v)

        return self.landscape._program("derivative", derivative, self.m, vectors)(self.m, vectors)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Products with turns (n, 3, nz, ny, nx), in J a rad."""
        change = self.landscape.weight * self._change(vectors)
        return self.landscape.across(self.m, self._along[None, None] * vectors - change)

    def frame(self) -> np.ndarray:
        """Two unit vectors (2, 3, cells) across m of every free cell; the second is m x the first."""
        m = self.m.reshape(3, -1)[:, self.landscape.cells]
        axis = np.eye(3)[np.abs(m).argmin(axis=0)].T
        first = np.cross(m, axis, axis=0)
        first /= np.linalg.norm(first, axis=0)
        return np.stack([first, np.cross(m, first, axis=0)])

    def turns(self, amplitudes: np.ndarray) -> np.ndarray:
        """Turns (n, 3, nz, ny, nx) of amplitudes (n, 2 cells) in the frame: all first ones, then all second ones."""
        grid = np.zeros((len(amplitudes), 3, self.m[0].size))
        parts = amplitudes.reshape(len(amplitudes), 2, 1, -1)
        grid[..., self.landscape.cells] = (parts * self.frame()).sum(axis=1)
        return grid.reshape(-1, *self.m.shape)

    def amplitudes(self, turns: np.ndarray) -> np.ndarray:
        """Amplitudes (n, 2 cells) of turns (n, 3, nz, ny, nx)."""
        cells = turns.reshape(len(turns), 1, 3, -1)[..., self.landscape.cells]
        return (cells * self.frame()).sum(axis=2).reshape(len(turns), -1)

    def matrix(self) -> np.ndarray:
        """The Hessian in the frame, symmetric (2 cells, 2 cells).

        Raises
        ------
        MemoryShortageError
            It does not fit into memory.
        """
        size = 2 * len(self.landscape.cells)
        # The matrix, its eigenvectors, and what LAPACK works in.
        require_memory(f"the Hessian of {size // 2} cells", 5 * 8 * size**2, share=0.5, instead="take larger cells")
        count = min(size, max(1, BATCH_NUMBERS // self.m.size))
        rows = []
        for first in range(0, size, count):
            block = np.zeros((count, size))  # of one length, so that there is one program
            block[np.arange(count), np.minimum(np.arange(first, first + count), size - 1)] = 1.0
            rows.append(self.amplitudes(self(self.turns(block)))[: size - first])
        matrix = np.concatenate(rows)
        return (matrix + matrix.T) / 2
