"""Stochastic Heun scheme for the Landau-Lifshitz-Gilbert equation.

Converges to the Stratonovich solution, as a thermal field of short but finite correlation time demands. Weak order 1;
strong order 1/2, or 1 where noise acts along one axis: turns about different axes do not commute. Order 2 without
noise. Every step ends with a projection onto the unit sphere. J. L. Garcia-Palacios and F. J. Lazaro, Phys. Rev. B 58,
14937 (1998), section III.

Unchecked assumption: the noise is constant over a step and the same in both stages.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from magbayes.data.shapes import OfCells, Vectors
from magbayes.micromag.llg import limits
from magbayes.micromag.llg.model import Model

HEATING = 1.2
"""Largest bound on the heating of the fastest spin wave, (omega dt)^3 / (8 damping), that was validated.

Without damping the scheme amplifies a precession of frequency omega by (omega dt)^4 / 8 a step, against a damping of
damping * omega dt: the mode gains energy by the ratio of the two. The bound takes every mode for the fastest one
and omega from `Model.fastest_precession`, so the ensemble's mean energy is off by some 5 % of its thermal part at
the limit: `tests/physics/test_time_step.py`. Nothing in a trajectory tells that the limit was passed.
"""

GENTLE = 0.05
"""Largest bound on the heating by all that is not exchange or DMI, (omega dt)^3 / (8 damping): of a spin without
neighbours no other modes share the error. At this limit the mean of m_z^2 in an easy axis is 1 % too small."""

LIMIT = 1.0
"""Largest omega dt whatever the damping, where the deterministic step is still accurate."""

KICK = limits.KICK / math.sqrt(2)
"""Largest turn by the noise of one step, rad: that of half the midpoint scheme's step. The limit is also OOMMF's, whose
Heun scheme projects the first stage onto the sphere too; at the whole step that makes the sigma of a soft disk 4 % too
large (0.6 V, damping 0.25)."""


def largest_step(model: Model, duration: float = 0.0) -> float:
    """Largest validated time step in s of a run of `duration` s, which matters where something varies in time."""
    fast, weak = (min(LIMIT, limits.largest_turn(model, heating)) for heating in (HEATING, GENTLE))
    return limits.largest_step(model, duration, fast, weak, KICK)


def cross(a: Array, b: Array) -> Array:
    """Vector product along the first axis."""
    (ax, ay, az), (bx, by, bz) = a, b
    return jnp.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def slope(m: Vectors, field: Vectors, rate: OfCells | float, damping: OfCells | float) -> Vectors:
    """dm/dt in explicit form: -rate (m x H + damping m x (m x H)), rate = gamma0 / (1 + damping^2)."""
    torque = cross(m, field)
    return -rate * (torque + damping * cross(m, torque))


def step(
    m: Vectors,
    field: Callable[[Array], Array],
    noise: Vectors,
    time_step: Array | float,
    rate: OfCells | float,
    damping: OfCells | float,
) -> Vectors:
    """Advance unit vectors `m` (3, cells, replicas) by `time_step` in s.

    `field` gives the deterministic field in A/m, `noise` is the thermal field of the step in A/m; `rate` and `damping`
    are those of the cells, (cells, 1).
    """
    first = slope(m, field(m) + noise, rate, damping)
    predicted = m + time_step * first
    second = slope(predicted, field(predicted) + noise, rate, damping)
    moved = m + (0.5 * time_step) * (first + second)
    x, y, z = moved
    return moved * (x * x + y * y + z * z) ** -0.5
