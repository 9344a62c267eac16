"""Order of convergence of the stochastic schemes and, separately, what they converge to.

In units of the thermal field kT / (mu0 Ms V): gamma0 = 1, thermal field of variance 2 damping / time step. Arrays of
unit vectors are (3, cells, paths), as the schemes take them, with one cell.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.polynomial import hermite_e, legendre
from scipy.integrate import solve_ivp

from magbayes.micromag.llg import heun, limits, midpoint
from tests.physics.theory import generator, mean_mz

DAMPING, BARRIER, FIELD = 0.5, 2.0, 2.0
DIFFUSION = DAMPING / (1 + DAMPING**2)
RATE = 1 / (1 + DAMPING**2)
START = np.array([0.6, 0.0, 0.8])
# Slopes between neighbouring steps still bend with the next order of the error.
SLOPE = 0.15


def heun_step(m, field, noise, time_step):
    return heun.step(m, field, noise, time_step, RATE, DAMPING)


def midpoint_step(m, field, noise, time_step):
    """As its first step: no field of an earlier one, and no neighbours."""
    alone = (slice(0, 1), jnp.zeros_like)
    per_cell = jnp.ones((1, 1))
    return midpoint.step(m, field(m), [alone], field, noise, time_step / 2 * per_cell, DAMPING * per_cell)[0]


class Scheme(NamedTuple):
    """A step (m, field, noise, time step) -> m, and its orders.

    Without iterated integrals of the noise, no scheme is better than strong order 1/2 where noise along different axes
    does not commute: J. M. C. Clark and R. J. Cameron, in Stochastic Differential Systems (1980), p. 162.
    """

    step: Callable
    deterministic: float
    weak: float
    strong: float
    strong_along_one_axis: float


SCHEMES = {
    "heun": Scheme(heun_step, deterministic=2, weak=1, strong=0.5, strong_along_one_axis=1),
    "midpoint": Scheme(midpoint_step, deterministic=2, weak=1, strong=0.5, strong_along_one_axis=1),
}


@pytest.fixture(params=SCHEMES)
def scheme(request):
    with jax.enable_x64(True):
        yield SCHEMES[request.param]


def field(m):
    """Easy axis and field along z."""
    return jnp.array([0.0, 0.0, 1.0])[:, None, None] * (2 * BARRIER * m[2] + FIELD)


def euler(m, field, noise, time_step):
    """Negative control: the Ito solution, without the drift that makes it Stratonovich's.

    It isn't projected: for noise alike along all axes that drift is radial, and a projection would bring it back.
    """
    return m + time_step * heun.slope(m, field(m) + noise, RATE, DAMPING)


def propagate(step, start, noise, time):
    """End states (3, 1, paths) of constant steps through thermal fields (steps, 3, 1, paths)."""
    time_step = time / len(noise)
    start = jnp.broadcast_to(jnp.asarray(start)[:, None, None], noise.shape[1:])
    return jax.jit(lambda m, n: jax.lax.scan(lambda m, n: (step(m, field, n, time_step), None), m, n)[0])(start, noise)


def slopes(errors):
    """Orders from errors at steps that are halved each time."""
    return np.log2(errors[:-1] / errors[1:])


def test_deterministic_order(scheme):
    @jax.jit
    def torque(_, m):
        return heun.slope(m[:, None, None], field(m[:, None, None]), RATE, DAMPING).ravel()

    exact = solve_ivp(torque, (0, 2), START, "DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    ends = [propagate(scheme.step, START, np.zeros((n, 3, 1, 1)), 2.0) for n in (80, 160, 320)]
    errors = np.array([np.abs(end.ravel() - exact).max() for end in ends])
    assert slopes(errors) == pytest.approx(np.full(2, scheme.deterministic), abs=SLOPE)


def transition(step, time_step, size=24):
    """What one step does to functions of m_z, in Legendre polynomials: column l is E[P_l(m_z)] after a step.

    Exact but for rounding: noise of three values an axis, as the engine's, is a sum over 27 cases.
    """
    values, weights = hermite_e.hermegauss(3)
    cases = np.stack(np.meshgrid(values, values, values)).reshape(3, -1)
    weights = np.prod(np.stack(np.meshgrid(*[weights / weights.sum()] * 3)), axis=0).ravel()
    nodes = legendre.leggauss(size)[0]
    spins = np.stack([np.sqrt(1 - nodes**2), 0 * nodes, nodes])
    m = np.repeat(spins, len(weights), axis=1)[:, None]
    noise = np.sqrt(2 * DAMPING / time_step) * np.tile(cases, len(nodes))[:, None]
    after = np.asarray(step(jnp.asarray(m), field, jnp.asarray(noise), time_step))[2]
    mean = np.einsum("nwl,w->nl", legendre.legvander(after.reshape(size, -1), size - 1), weights)
    return np.linalg.solve(legendre.legvander(nodes, size - 1), mean)


def mean_after(step, time, count):
    """<m_z> at a time in `count` steps."""
    return legendre.legval(START[2], np.linalg.matrix_power(transition(step, time / count), count)[:, 1])


def test_weak_order(scheme):
    """Error of <m_z> at a fixed time against the exact solution of the Fokker-Planck equation."""
    time = 1.0
    exact = mean_mz(BARRIER, FIELD, START[2], DIFFUSION * time)
    errors = np.array([mean_after(scheme.step, time, count) - exact for count in (32, 64, 128, 256)])
    assert slopes(np.abs(errors)) == pytest.approx(np.full(3, scheme.weak), abs=SLOPE)


def test_limit_is_stratonovichs(scheme):
    """As the step goes to zero, the mean change of any function of m_z is the one of Brown's operator.

    Its rate is off by (time step)^weak; Ito's is off by what does not vanish.
    """
    size = 8

    def error(step, time_step):
        expected = DIFFUSION * generator(BARRIER, FIELD)[:size, :size]
        rate = (transition(step, time_step)[:size, :size] - np.eye(size)) / time_step
        return np.abs(rate - expected).max() / np.abs(expected).max()

    coarse, fine = error(scheme.step, 1e-4), error(scheme.step, 1e-5)
    assert fine < 1e-3
    assert fine == pytest.approx(coarse * 10**-scheme.weak, rel=0.1)
    assert error(euler, 1e-5) > 0.1


def test_equilibrium_and_slowest_rate_at_the_largest_kick(scheme):
    """At the largest step that the noise allows the error is small, and at eight times of it is not.

    The tolerances are twice the errors of the Heun scheme, 0.0011 and 0.4 %; the midpoint rule has 0.0001 and 0.2 %.
    """
    long = 20 / DIFFUSION
    equilibrium = mean_mz(BARRIER, FIELD, START[2], DIFFUSION * long)
    slowest = np.sort(-np.linalg.eigvals(generator(BARRIER, FIELD)).real)[1]

    def errors(time_step):
        rates = np.sort(-np.log(np.abs(np.linalg.eigvals(transition(scheme.step, time_step))))) / time_step
        return mean_after(scheme.step, long, round(long / time_step)) - equilibrium, rates[1] / DIFFUSION / slowest - 1

    largest = limits.KICK**2 / (2 * DAMPING)
    assert errors(largest) == (pytest.approx(0, abs=0.0022), pytest.approx(0, abs=0.008))
    assert abs(errors(8 * largest)[1]) > 0.008


@pytest.mark.parametrize("axes", [(1.0, 1.0, 1.0), (1.0, 0.0, 0.0)], ids=["three axes", "one axis"])
def test_strong_order(scheme, axes):
    """Distance of paths through the same noise, seen by a step and by two halves of it."""
    time, paths, counts = 0.5, 2000, [64, 128, 256, 512]
    deviation = np.sqrt(2 * DAMPING * counts[-1] / time)
    normal = np.random.default_rng(0).standard_normal((counts[-1], 3, 1, paths))
    fine = deviation * np.array(axes)[:, None, None] * normal
    ends = [propagate(scheme.step, START, fine.reshape(n, -1, 3, 1, paths).mean(axis=1), time) for n in counts]
    errors = np.array([np.linalg.norm(a - b, axis=0).mean() for a, b in pairwise(ends)])
    expected = scheme.strong if all(axes) else scheme.strong_along_one_axis
    assert slopes(errors) == pytest.approx(np.full(2, expected), abs=SLOPE)
