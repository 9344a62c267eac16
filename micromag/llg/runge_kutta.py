"""Adaptive Runge-Kutta integration of the Landau-Lifshitz-Gilbert equation without noise, in float64.

Ordinary calculus: this is for T = 0. The default is DOP853, order 8 with error estimates of order 5 and 3, from
E. Hairer, S. P. Norsett and G. Wanner, Solving Ordinary Differential Equations I (1993), section II.10, as it stands in
`scipy.integrate`.

The equation is continued off the unit sphere as a function homogeneous of degree 1, so that the small drift of the
length that every such scheme has acts on no direction; unit length is restored at the end of each stage.

Where something varies in time, steps end at its jumps and are no longer than what their stages see of it; what is held
over an interval is held, but for steps so small that they do not count (`magbayes.micromag.llg.profiles`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.integrate import DOP853, RK45

from magbayes.micromag.llg.fields import effective_field
from magbayes.micromag.llg.grid import cross, dot
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.profiles import Course, Profile, Strength
from magbayes.micromag.llg.program import share, stored

METHODS = {"DOP853": DOP853, "RK45": RK45}

TOLERANCE = 1e-6
"""Error of a component of the unit vectors allowed in one step, root mean square over the mesh."""


MOST_TURN = 1e10
"""Angle in rad by which the fastest spin wave may turn in a run that does not stop at rest: an explicit scheme has to
follow it by a few rad a step, whatever its amplitude, which takes days for one cell."""

ROUNDING = 1e-12
"""Shortest segment between two ends of steps, over the length of the run."""


class IntegrationError(RuntimeError):
    """The step size that the tolerance needs fell below the resolution of time."""


@dataclass(frozen=True)
class Stage:
    """The solution at the end of a stage.

    Attributes
    ----------
    time
        s, since the start of the first stage.
    m
        (3, nz, ny, nx), unit vectors.
    fastest
        Largest rate of rotation of any cell, rad/s.
    last_step
        s.
    steps
        Steps taken in this stage.
    evaluations
        Evaluations of the field so far.
    """

    time: float
    m: np.ndarray
    fastest: float
    last_step: float
    steps: int
    evaluations: int


def integrate(
    model: Model,
    start: np.ndarray,
    *,
    duration: float,
    stages: int,
    stopping_rate: float = 0.0,
    method: str = "DOP853",
    tolerance: float = TOLERANCE,
    largest_step: float = math.inf,
) -> Iterator[Stage]:
    """Integrate in stages of equal length and yield the end of each.

    Parameters
    ----------
    model
        The system; its temperature is not looked at.
    start
        (3, nz, ny, nx), unit vectors.
    duration, stages
        Length of a stage in s, and their number.
    stopping_rate
        rad/s; a stage ends early once no cell turns faster. 0 for never.
    method
        A key of `METHODS`.
    tolerance
        See `TOLERANCE`.
    largest_step
        s.

    Raises
    ------
    IntegrationError
        The solution cannot be followed to the tolerance, or a field is not finite.
    FunctionError
        A function of time gives no finite number at some time of the run.
    ValueError
        A number that would leave the integration without an end, or with one after more than `MOST_TURN`.
    """
    for name, value in (("duration", duration), ("tolerance", tolerance)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} {value} must be a positive number")
    if not (largest_step > 0 and stopping_rate >= 0):
        raise ValueError(
            f"largest step {largest_step} s must be above 0, stopping rate {stopping_rate} rad/s not below"
        )
    damping = model.damping
    rate = (model.mask & ~model.fixed) * model.gamma0 / (1 + damping**2)
    field = effective_field(model)
    # Without precession the energy's field damps only; a spin torque is a term of its own, and stays.
    torque = field if model.precession else effective_field(replace(model, terms=(), zeeman=()))
    turning = model.precession or bool(model.torques)

    def slope(y: Array, factors: Array) -> Array:
        m = y.reshape(3, *model.shape)
        length = jnp.sqrt(dot(m, m))
        unit = stored(m / jnp.where(length > 0, length, 1.0))
        h = stored(field(unit, factors))
        turn = damping * (dot(unit, h) * unit - h)
        if turning:
            turn = turn + cross(unit, h if model.precession else stored(torque(unit, factors)))
        return (-rate * length * turn).reshape(-1)

    total = stages * duration
    turn = total * model.fastest_precession(total) / math.sqrt(1 + damping[model.mask].min() ** 2)
    if turn > MOST_TURN and not stopping_rate:
        raise ValueError(
            f"a run of {total:g} s, in which the fastest spin wave turns by {turn:.2g} rad, would not end; accepted: "
            f"up to {MOST_TURN:g} rad, {total * MOST_TURN / turn:.2g} s of this system"
        )
    y = (start * model.mask).reshape(-1).astype(np.float64)
    program = share(slope, y, model.factors(np.zeros(1))[0])
    courses = _courses(model, total, tolerance)
    ends = np.unique(np.concatenate([[total], *(course.ends for course in courses)]))
    rounding = ROUNDING * total

    def segment(begin: float, end: float) -> Callable[[float, np.ndarray], np.ndarray]:
        """The right-hand side between two times, at which it may jump: they count as just inside."""
        behind, before = (ends[np.abs(ends - time) <= rounding] for time in (begin, end))
        first, last = np.nextafter(max([begin, *behind]), math.inf), np.nextafter(min([end, *before]), -math.inf)

        def right_hand_side(time: float, y: np.ndarray) -> np.ndarray:
            moment = min(max(time, first), last)
            derivative = program(y, np.concatenate([np.zeros(0), *(course.value(moment) for course in courses)]))
            if not np.isfinite(derivative).all():  # the step of a solver would be nan, and its loop without an end
                raise IntegrationError(f"time {time:.4g} s: the field is not finite; a value is too large")
            return derivative

        return right_hand_side

    time, step, evaluations = 0.0, math.inf, 0
    for _ in range(stages):
        finish, steps, rests = time + duration, 0, False
        while True:
            # What is left by rounding is no segment.
            following = ends[np.searchsorted(ends, time + rounding, side="right") :]
            end = float(following[0]) if len(following) and following[0] < finish - rounding else finish
            solver = METHODS[method](
                segment(time, end),
                time,
                y,
                end,
                first_step=min(step, end - time) if step < math.inf else None,
                max_step=largest_step,
                rtol=1e-12,
                atol=tolerance,
            )
            while solver.status == "running":
                rests = bool(stopping_rate) and _fastest(solver.f) <= stopping_rate
                if rests:
                    break
                message = solver.step()
                steps += 1
                if solver.status == "failed":
                    raise IntegrationError(f"time {solver.t:g} s: {message}")
            time, y, step = solver.t, solver.y, solver.h_abs
            evaluations += solver.nfev
            if rests or end == finish:
                break
        m = y.reshape(3, -1)
        length = np.sqrt((m * m).sum(axis=0))
        y = (m / np.where(length > 0, length, 1.0)).reshape(-1)
        yield Stage(time, y.reshape(start.shape), _fastest(solver.f), solver.step_size or 0.0, steps, evaluations)


def _courses(model: Model, duration: float, tolerance: float) -> list[Course]:
    """What varies in time, in the order of `Model.factors`."""

    def course(profile: Profile | None, strength: Strength) -> Course:
        if profile is None:
            return Course(np.zeros(0), lambda time: np.ones(1))
        return profile.course(duration, lambda factors: np.max(model.gamma0) * strength(factors), tolerance)

    return [course(*part) for part in model.driven]


def _fastest(slope: np.ndarray) -> float:
    return float(np.sqrt((slope.reshape(3, -1) ** 2).sum(axis=0).max()))
