"""Stochastic Heun scheme for the Landau-Lifshitz-Gilbert equation.

Converges to the Stratonovich solution, as a thermal field of short but finite correlation time demands; weak and
strong order 1 for this multiplicative noise, order 2 without noise. Every step ends with a projection onto the
unit sphere. J. L. Garcia-Palacios and F. J. Lazaro, Phys. Rev. B 58, 14937 (1998), section III.

Unchecked assumption: the noise is constant over a step and the same in both stages.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

LIMIT = 0.7
"""Largest (fastest precession x time step) at which the scheme was validated: `tests/physics/test_time_step.py`.
Above it short spin waves gain energy, and nothing in the trajectory tells."""

KICK = 0.1
"""Largest standard deviation in rad of a spin's turn by the noise of one step."""


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
