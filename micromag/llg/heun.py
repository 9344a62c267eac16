"""Stochastic Heun scheme for the Landau-Lifshitz-Gilbert equation.

Converges to the Stratonovich solution, as a thermal field of short but finite correlation time demands; weak and
strong order 1 for this multiplicative noise, order 2 without noise. Every step ends with a projection onto the
unit sphere. J. L. Garcia-Palacios and F. J. Lazaro, Phys. Rev. B 58, 14937 (1998), section III.

Unchecked assumption: the noise is constant over a step and the same in both stages.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

HEATING = 1.2
"""Largest bound on the heating of the fastest spin wave, (omega dt)^3 / (8 damping), that was validated.

Without damping the scheme amplifies a precession of frequency omega by (omega dt)^4 / 8 a step, against a damping of
damping * omega dt: the mode gains energy by the ratio of the two. The bound takes every mode for the fastest one
and omega from `Model.fastest_precession`, so the ensemble's mean energy is off by some 5 % of its thermal part at
the limit: `tests/physics/test_time_step.py`. Nothing in a trajectory tells that the limit was passed.
"""

LIMIT = 1.0
"""Largest omega dt whatever the damping, where the deterministic step is still accurate."""

KICK = 0.1
"""Largest standard deviation in rad of a spin's turn by the noise of one step."""


def largest_step(precession: float, diffusion: float, damping: float) -> float:
    """Largest validated time step in s.

    Parameters
    ----------
    precession
        Angular frequency of the fastest spin wave, rad/s.
    diffusion
        Rate of rotation by noise, rad^2/s.
    damping
        Smallest damping; taken for 0.001 below that.
    """
    turn = min(LIMIT, (8 * max(damping, 1e-3) * HEATING) ** (1 / 3))
    return min(turn / precession if precession > 0 else math.inf, KICK**2 / diffusion if diffusion > 0 else math.inf)


def cross(a: Array, b: Array) -> Array:
    """Vector product along the axis -2 of arrays (..., 3, cells)."""
    ax, ay, az = a[..., 0, :], a[..., 1, :], a[..., 2, :]
    bx, by, bz = b[..., 0, :], b[..., 1, :], b[..., 2, :]
    return jnp.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-2)


def slope(m: Array, field: Array, rate: Array, damping: Array) -> Array:
    """dm/dt in explicit form: -rate (m x H + damping m x (m x H)), rate = gamma0 / (1 + damping^2)."""
    torque = cross(m, field)
    return -rate * (torque + damping * cross(m, torque))


def step(
    m: Array, field: Callable[[Array], Array], noise: Array, time_step: Array, rate: Array, damping: Array
) -> Array:
    """Advance unit vectors `m` (replicas, 3, cells) by `time_step` in s.

    `field` gives the deterministic field in A/m, `noise` is the thermal field of the step in A/m. Cells without
    material hold zero vectors and keep them.
    """
    first = slope(m, field(m) + noise, rate, damping)
    predicted = m + time_step * first
    second = slope(predicted, field(predicted) + noise, rate, damping)
    moved = m + (0.5 * time_step) * (first + second)
    length = jnp.sum(moved * moved, axis=-2, keepdims=True)
    return moved * jnp.where(length > 0, length, 1.0) ** -0.5
