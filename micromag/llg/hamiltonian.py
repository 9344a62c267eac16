"""Hamiltonian Monte Carlo of unit vectors, whose momenta turn all spins of a wave together.

Every cell has an angular velocity w, and all of them are w = B p, with a constant matrix B and as many normal variables
p as it has columns. From a state with fresh p,

    dm/dt = w x m,        dp/dt = B^T (m x h),        h = -dE/dm,

with E in kT keeps E + p^2 / 2, as dE/dt = -w . (m x h); it keeps the volume, as each line is a rotation of spheres or a
shift by something that does not depend on what it shifts; and it runs backwards with -p. So a splitting into turns
and kicks, which has the last two properties exactly, is a proposal for a Metropolis test on E + p^2 / 2, and the states
that remain follow exp(-E) whatever B and the step are. Note that no Hamiltonian on the spheres with their area needs
to belong to this motion, and for a B that couples cells none does: there is no determinant of a metric.

B is chosen such that all waves turn equally fast, B B^T being near to the inverse of the stiffness. Without that the
shortest spin wave would set the step, and the uniform motion the length of a trajectory.

S. Duane, A. D. Kennedy, B. J. Pendleton and D. Roweth, Phys. Lett. B 195, 216 (1987) for the method;
G. G. Batrouni et al., Phys. Rev. D 32, 2736 (1985) for equal speeds of all waves; Y. Fang, J. M. Sanz-Serna and
R. D. Skeel, J. Chem. Phys. 140, 174108 (2014) for reversible maps that keep the volume and come from no Hamiltonian.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from magbayes.data.shapes import RandomKey, Vectors
from magbayes.micromag.llg.heun import cross
from magbayes.micromag.llg.midpoint import rotate
from magbayes.micromag.llg.waves import Waves


class Speeds(Protocol):
    """The matrix B of a momentum of some shape."""

    def shape(self, m: Vectors) -> tuple[int, ...]:
        """Shape of the momentum of a state (3, cells, replicas); one axis is that of the replicas."""

    def replicas(self, squares: Array) -> Array:
        """Sum (replicas,) of values of the momentum's shape."""

    def turn(self, momentum: Array) -> Vectors:
        """B p."""

    def kick(self, torques: Vectors) -> Vectors:
        """B B^T of torques, the change of angular velocities."""

    def momentum(self, torques: Vectors) -> Array:
        """B^T of torques."""


class DenseSpeeds(NamedTuple):
    """B as a symmetric matrix (cells, cells) and its square."""

    root: Array
    square: Array

    def shape(self, m: Vectors) -> tuple[int, ...]:
        """Shape of the momentum: the state's own."""
        return m.shape

    def replicas(self, squares: Array) -> Array:
        """Over components and cells."""
        return jnp.sum(squares, axis=(0, 1))

    def turn(self, momentum: Array) -> Vectors:
        """One matrix product."""
        return jnp.einsum("ij,cjr->cir", self.root, momentum)

    def kick(self, torques: Vectors) -> Vectors:
        """One matrix product."""
        return jnp.einsum("ij,cjr->cir", self.square, torques)

    def momentum(self, torques: Vectors) -> Array:
        """One matrix product."""
        return self.turn(torques)


class WaveSpeeds(NamedTuple):
    """B as the sum of cosine waves, each with its speed; the momentum is (replicas, 3, nz, ny, nx)."""

    waves: Waves
    speeds: Array
    """(nz, ny, nx)."""
    free: Array
    """(cells, 1), 0 where the magnetisation is fixed, else 1."""

    def shape(self, m: Vectors) -> tuple[int, ...]:
        """Shape of the momentum: every wave of the grid."""
        return (m.shape[-1], 3, *self.waves.shape)

    def replicas(self, squares: Array) -> Array:
        """Over components and waves."""
        return jnp.sum(squares, axis=(1, 2, 3, 4))

    def turn(self, momentum: Array) -> Vectors:
        """A transform along each axis."""
        return self.free * self.waves.sum(self.speeds * momentum)

    def kick(self, torques: Vectors) -> Vectors:
        """A transform and its transpose."""
        return self.turn(self.momentum(torques))

    def momentum(self, torques: Vectors) -> Array:
        """A transform along each axis."""
        return self.speeds * self.waves.of(self.free * torques)


def propose(
    m: Vectors,
    field: Vectors,
    momentum: Array,
    speeds: Speeds,
    force: Callable[[Array], Array],
    step: Array,
    count: Array,
) -> tuple[Vectors, Vectors, Array]:
    """Follow the motion for `count` steps.

    Parameters
    ----------
    m
        Unit vectors (3, cells, replicas).
    field
        `force(m)`.
    momentum
        Normal variables of the shape that `speeds` says.
    speeds
        The matrix B.
    force
        h = -dE/dm in kT, (3, cells, replicas).
    step, count
        Length of a step, in units in which a wave of frequency 1 turns by 1 rad in 1; number of steps.

    Returns
    -------
    tuple
        The new m, its field, and the difference to the old momentum.
    """
    kick = 0.5 * step * cross(m, field)

    def advance(_: Array | int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        m, _, turn, kick, total = state
        turn = turn + speeds.kick(kick)
        # By 2 arctan(step w / 2): of the scheme's order, and as reversible and area-preserving as by step w.
        m = rotate(m, 0.5 * step * turn)
        field = force(m)
        kick = step * cross(m, field)
        return m, field, turn, kick, total + kick

    state = (m, field, speeds.turn(momentum), kick, kick)
    m, field, _, kick, total = jax.lax.fori_loop(0, count, advance, state)
    return m, field, speeds.momentum(total - 0.5 * kick)


def accepted(energy: Array, kinetic: Array, key: RandomKey) -> tuple[Array, Array]:
    """Metropolis' test of changes (replicas,) in kT: whether each passes, and with which probability it would."""
    change = energy + kinetic
    probability = jnp.where(jnp.isfinite(change), jnp.exp(-jnp.maximum(change, 0)), 0)
    return jax.random.uniform(key, change.shape, change.dtype) < probability, probability
