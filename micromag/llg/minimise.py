"""Local minima of the energy by L-BFGS, in float64.

The state is m = x / |x|, cell by cell, with x = r + y / sqrt(1 + |y|^2 / R^2): any y stands for unit vectors, and none
for one that is further than asin(R) from the reference state r. Energy and gradient come from one evaluation of the
effective field H: the gradient for x is -mu0 Ms V H / |x| without its part along m. The method is `scipy.optimize`'s:
C. Zhu, R. H. Byrd, P. Lu and J. Nocedal, ACM Trans. Math. Softw. 23, 550 (1997), algorithm 778.

Where the torque vanishes, the curvature decides whether the state is a minimum: a maximum or a saddle (a field against
m, m along a hard axis) is left along its softest direction, and the search goes on from there. The Hessian on the unit
spheres is that of the energy for y at 0, as the map to m goes straight on to second order; its products with vectors
are central differences of the gradient, which the evaluation has anyway.

Energies are differences to the reference, integrated along the straight line from r to m by
Simpson's rule. That is exact, as every field is a polynomial in m of degree 3 at most, and it spares the cancellation
of total energies, which hides what a torque of 1e-8 Ms still has to gain.

Unchecked assumption: that the field is the gradient of an energy, so no spin torques.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jax import Array

from magbayes.data.errors import EngineError
from magbayes.data.seeds import generator
from magbayes.micromag.llg.curvature import leveller, smoother, softest
from magbayes.micromag.llg.fields import linear_terms, nonlinear_terms
from magbayes.micromag.llg.grid import dot
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.program import share, stored

MEMORY = 20
"""Steps that the approximate Hessian remembers."""

REACH = 0.7
"""R, which bounds every step, so that no line search jumps from one valley of the landscape to another. A state that
has come as far as |y| = R becomes the new reference."""

ROUNDING = 1e-14
"""Torque over the largest field that rounding leaves, whatever the tolerance."""

TURN = 1e-4
"""Largest turn in rad of a cell in the differences that give the Hessian: fields are off by its square, rounding by
1e-16 over it, both relative to the largest field."""

MARGINAL = 1e-6
"""Curvature over the largest that the mesh carries up to which a mode is neutral: a state that can be shifted or turned
without energy (a wall, a texture in a disk) stays. A hundred times the error of the differences, and still 100 A/m
where exchange over short cells makes the largest 1e8 A/m."""

TORQUE_SHARE = 10
"""Curvature over the largest torque that counts as neutral too: so far from the stationary state the softest curvature
is off by that torque over the distance of a neighbour on the sphere, of order 1."""

NUDGE = 0.1
"""Turn in rad of the cell that turns furthest, where a saddle is left; a quarter of it, and so on, if that is up."""


@dataclass(frozen=True)
class Minimum:
    """What a minimisation returns.

    Attributes
    ----------
    m
        (3, nz, ny, nx), unit vectors; their energy is not above that of the start.
    torque
        Largest |m x H| of a cell that is free to turn, A/m.
    converged
        Whether the torque is below the tolerance, and no direction curves down, unless that was not to be looked at or
        the iterations ended there.
    iterations, evaluations
        Accepted states and evaluations of the field.
    """

    m: np.ndarray
    torque: float
    converged: bool
    iterations: int
    evaluations: int


class Minimiser:
    """The energy landscape of a system, without its temperature and without torques that have no energy."""

    def __init__(self, model: Model) -> None:
        self._shape = (3, *model.shape)
        self._stiffest = model.largest_field(0.0)
        self._largest_step = 2 / max(self._stiffest, np.finfo(float).tiny)
        free = (model.mask & ~model.fixed).astype(float)
        weight = model.saturation / model.saturation.max()
        self._free, self._weight = free, np.where(model.mask, weight, 1.0)
        self._smooth = smoother(model) if self._stiffest > 0 else None
        self._level, self._applied = leveller(model), model.applied
        linear, nonlinear = linear_terms(model).values(), nonlinear_terms(model).values()
        applied = model.applied

        def relative(y: Array, reference: Array, start: Array, uniform: Array) -> tuple[Array, ...]:
            """Energy over mu0 max(Ms) V, gradient in A/m, m, its linear field, and largest torque and field.

            `start` is the linear field of the reference.
            """
            # |x - r| = |y| / sqrt(1 + |y|^2 / R^2) stays below R < 1: x is never 0, and m within asin(R) of r.
            shrink = (1 + dot(y, y) / REACH**2) ** -0.5
            x = reference + shrink * y
            length = jnp.sqrt(dot(x, x))
            m = stored(x / jnp.where(length > 0, length, 1.0))
            middle = 0.5 * (reference + m)
            end = stored(sum((term(m) for term in linear), jnp.zeros_like(m)))
            bent = [sum((term(n) for term in nonlinear), jnp.zeros_like(m)) for n in (reference, middle, m)]
            fixed = applied + uniform[:, None, None, None]
            # E(m) - E(r) = -mu0 Ms V int_0^1 (m - r) . H(r + s (m - r)) ds. Over that line a linear field has the mean
            # of its ends, any other one of degree 3 at most that of Simpson's rule.
            mean = fixed + (start + end) / 2 + (bent[0] + 4 * bent[1] + bent[2]) / 6
            # For unit vectors m - r is orthogonal to m + r; what rounding leaves of that must not meet a large field.
            square = dot(middle, middle)
            turning = mean - middle * dot(middle, mean) / jnp.where(square > 0, square, 1.0)
            energy = -jnp.sum(weight * dot(m - reference, turning))
            field = fixed + end + bent[2]
            across = free * (field - m * dot(m, field))
            # By the chain rule: dm/dx = (1 - m m^T) / |x| takes the part along m off, and
            # dx/dy = shrink (1 - (shrink / R)^2 y y^T), as d shrink / dy = -shrink^3 y / R^2.
            gradient = -weight * across / jnp.where(length > 0, length, 1.0)
            gradient = shrink * (gradient - (shrink / REACH) ** 2 * dot(y, gradient) * y)
            largest = [jnp.sqrt(jnp.max(dot(vector, vector))) for vector in (across, field)]
            return energy, gradient, m, end, jnp.array(largest)

        example = np.zeros(self._shape)
        self._evaluate = share(relative, example, example, example, np.zeros(3))

    def __call__(
        self,
        start: np.ndarray,
        *,
        tolerance: float,
        iterations: int = 100_000,
        uniform: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0),
        on_step: Callable[[Minimum], None] | None = None,
        leave_saddles: bool = True,
    ) -> Minimum:
        """Follow the energy down from a state, and away from maxima and saddles on the way.

        Parameters
        ----------
        start
            (3, nz, ny, nx), unit vectors.
        tolerance
            Largest |m x H| in A/m at which the state counts as a minimum; where fields are so large that rounding
            leaves more, that counts.
        iterations
            Accepted states after which the search is given up.
        uniform
            Field in A/m on top of that of the model.
        on_step
            Called with every accepted state.
        leave_saddles
            Whether to go on from a state without torque that is no minimum. Without it a search keeps the symmetry of
            its start, as the flower state of a cube that would gain by a twist.

        Raises
        ------
        ValueError
            The tolerance or the field is not finite.
        EngineError
            A field on the way is not finite.
        """
        if not 0 <= tolerance < np.inf:
            raise ValueError(f"tolerance {tolerance} A/m: must be a number of at least 0")
        applied = np.asarray(uniform, np.float64)
        if not np.isfinite(applied).all():
            raise ValueError(f"uniform field {applied.tolist()} A/m: must be finite")
        state = Minimum(np.asarray(start, np.float64), np.inf, False, 0, 0)
        while True:
            state, gain = self._descend(state, tolerance, iterations, applied, on_step)
            if state.iterations >= iterations or not (state.converged or gain > 0):
                return state
            if state.converged and not leave_saddles:
                return state
            if state.converged:
                lower = self._lower(state, applied)
                if lower.iterations == state.iterations:
                    return lower
                state = lower
                if on_step is not None:
                    on_step(state)

    def slide(self, start: np.ndarray, *, torque: float, steps: int = 10_000) -> np.ndarray:
        """Go straight down from a state: along the gradient, as the motion with damping and without precession does.

        Explicit steps of half the largest length at which they are stable, so that the path is followed.

        Parameters
        ----------
        start
            (3, nz, ny, nx), unit vectors.
        torque
            |m x H| in A/m below which the walk ends.
        steps
            Steps after which it ends in any case.
        """
        m, zero = np.asarray(start, np.float64), np.zeros(self._shape)
        for _ in range(steps):
            _, gradient, _, _, largest = self._finite(zero, m, zero, zero[:, 0, 0, 0])
            if largest[0] <= torque:
                break
            # An explicit Euler step down a valley is stable up to 2 / (largest curvature); the curvature, in A/m, is at
            # most the fastest precession over gamma0.
            m = m - 0.5 * self._largest_step * gradient
            m /= np.where(m.any(axis=0), np.linalg.norm(m, axis=0), 1.0)
        return m

    def _finite(self, *arguments: np.ndarray) -> tuple[np.ndarray, ...]:
        """What `relative` returns, refused if it is not finite: a search would end where it began, or never."""
        result = self._evaluate(*arguments)
        if not np.isfinite(result[4]).all():
            raise EngineError("the minimiser met a field that is not finite: a value of the system is too large")
        return result

    def _lower(self, state: Minimum, uniform: np.ndarray) -> Minimum:
        """A state of lower energy beside a stationary one, an iteration later; the state itself if it is a minimum."""
        if self._smooth is None or not self._free.any():
            return state
        smooth, nowhere, evaluations = self._smooth, np.zeros(self._shape), state.evaluations + 1
        _, _, _, linear, _ = self._evaluate(nowhere, state.m, nowhere, uniform)

        def at(y: np.ndarray) -> tuple[np.ndarray, ...]:
            nonlocal evaluations
            evaluations += 1
            return self._evaluate(y, state.m, linear, uniform)

        level = self._level(dot(state.m, linear + self._applied + uniform[:, None, None, None]))

        def across(grid: np.ndarray) -> np.ndarray:
            return self._free * (grid - state.m * dot(state.m, grid))

        def hessian(v: np.ndarray) -> np.ndarray:
            turn = TURN / max(np.sqrt(dot(v, v).max()), np.finfo(float).tiny)
            return across(at(turn * v)[1] - at(-turn * v)[1]) / (2 * turn)

        def direction(q: np.ndarray) -> np.ndarray:
            return across(level * smooth(q.reshape(self._shape))) / np.sqrt(self._weight)

        def scaled(v: np.ndarray) -> np.ndarray:
            return smooth(level * across(v / np.sqrt(self._weight))).ravel()

        rng = generator(0, "saddle")
        start = rng.normal(size=self._shape) + rng.normal(size=(3, 1, 1, 1))
        v = direction(softest(lambda q: scaled(hessian(direction(q))), scaled(start)))
        v /= np.sqrt(dot(v, v).max())
        norm = float((self._weight * v * v).sum())
        curvature = float((v * hessian(v)).sum()) / norm
        neutral = max(MARGINAL * self._stiffest, TORQUE_SHARE * state.torque)
        state = replace(state, evaluations=evaluations)
        if curvature > neutral:
            return state
        # A neutral mode is left where a whole nudge gains, by a higher power of the turn, more than curvature would
        # that is not neutral: a spin across the axis of -K2 (m . u)^4 is at a maximum, a wall between cells is not.
        flat = curvature >= -neutral
        for turn in NUDGE * 0.25 ** np.arange(1 if flat else 10):
            side, other = at(turn * v), at(-turn * v)
            # Where both sides are equal by symmetry, rounding is not to choose.
            energy, _, m, _, largest = other if other[0] < side[0] - 1e-6 * abs(side[0]) else side
            if energy < (-0.5 * neutral * norm * turn**2 if flat else 0.0):
                return Minimum(m, float(largest[0]), False, state.iterations + 1, evaluations)
        return replace(state, evaluations=evaluations)

    def _descend(
        self,
        reference: Minimum,
        tolerance: float,
        iterations: int,
        uniform: np.ndarray,
        on_step: Callable[[Minimum], None] | None,
    ) -> tuple[Minimum, float]:
        """One run of L-BFGS within reach of a reference, and by how much it lowered the energy."""
        nowhere = np.zeros(self._shape)
        _, _, _, start, largest = self._finite(nowhere, reference.m, nowhere, uniform)
        limit = max(tolerance, ROUNDING * float(largest[1]))
        torque, evaluations = float(largest[0]), reference.evaluations + 1
        state, gain = replace(reference, torque=torque, converged=torque <= limit, evaluations=evaluations), 0.0
        if state.converged or state.iterations >= iterations:
            return state, gain
        m = reference.m

        def objective(y: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal m, torque, evaluations
            energy, gradient, m, _, largest = self._finite(y.reshape(self._shape), reference.m, start, uniform)
            torque, evaluations = float(largest[0]), evaluations + 1
            return float(energy), gradient.ravel()

        def accept(intermediate_result: scipy.optimize.OptimizeResult) -> None:
            nonlocal state, gain
            state = Minimum(m, torque, torque <= limit, state.iterations + 1, evaluations)
            gain = -float(intermediate_result.fun)
            if on_step is not None:
                on_step(state)
            far = (intermediate_result.x.reshape(3, -1) ** 2).sum(axis=0).max() > REACH**2
            if state.converged or far:
                raise StopIteration

        scipy.optimize.minimize(
            objective,
            nowhere.ravel(),
            method="L-BFGS-B",
            jac=True,
            callback=accept,
            options={
                "maxcor": MEMORY,
                "ftol": 0.0,
                "gtol": 0.0,
                "maxiter": iterations - state.iterations,
                "maxfun": np.inf,
            },
        )
        return state, gain
