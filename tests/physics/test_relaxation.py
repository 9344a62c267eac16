"""Runge-Kutta integration and energy minimisation against closed forms and standard problems."""

import dataclasses
from functools import partial

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0

from magbayes.micromag.llg import runge_kutta
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import to_grid, translate


def macrospin(field=1e6, damping=0.1, precession=True):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2e-9,) * 3, n=(1, 1, 1))
    dynamics = mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping)
    system = mm.System(
        name="spin", energy=mm.Zeeman(H=(0, 0, field)), dynamics=dynamics if precession else mm.Damping(alpha=damping)
    )
    system.m = df.Field(mesh, nvdim=3, value=(1, 0, 0), norm=1e6)
    return translate(system), to_grid(system.m.orientation.array)


def analytic(time, field=1e6, damping=0.1, turns=True):
    """Spin in a field along z, from x: T. L. Gilbert, IEEE Trans. Magn. 40, 3443 (2004), solved for one spin."""
    rate = mm.consts.gamma0 * field / (1 + damping**2)
    height, angle = np.tanh(damping * rate * time), rate * time * turns
    return np.array(
        [np.cos(angle) / np.cosh(damping * rate * time), np.sin(angle) / np.cosh(damping * rate * time), height]
    )


@pytest.mark.parametrize("method", ["DOP853", "RK45"])
@pytest.mark.parametrize("precession", [True, False])
def test_macrospin_spirals_as_in_closed_form(method, precession):
    model, m = macrospin(precession=precession)
    stages = list(runge_kutta.integrate(model, m, duration=1e-11, stages=20, method=method))
    for stage in stages:
        # A step may be wrong by 1e-6; there are fewer than 100.
        assert stage.m.ravel() == pytest.approx(analytic(stage.time, turns=precession), abs=1e-4)
        assert np.linalg.norm(stage.m) == pytest.approx(1, abs=1e-15)
    wrong = dataclasses.replace(model, damping=model.damping * 1.01)
    *_, end = runge_kutta.integrate(wrong, m, duration=1e-11, stages=20, method=method)
    assert np.abs(end.m.ravel() - analytic(end.time, turns=precession)).max() > 1e-4


@pytest.mark.parametrize("field", [0, 1e6])
def test_spin_torque_acts_without_precession(field):
    """It is a term of its own, as in ubermag and OOMMF: dm_z/dt = rate (1 - m_z^2), and no turn about the field."""
    torque = mm.Slonczewski(J=1e12, mp=(0, 0, 1), P=0.4, Lambda=1)
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2e-9,) * 3, n=(1, 1, 1))
    system = mm.System(name="spin", energy=mm.Zeeman(H=(0, 0, field)), dynamics=torque)
    system.m = df.Field(mesh, nvdim=3, value=(1, 0, 0), norm=1e6)
    rate = mm.consts.gamma0 * hbar * 1e12 / (mu_0 * e * 2e-9 * 1e6) * 0.4 / 2
    for temperature in (0, 300):  # without damping there is no noise
        system.T = temperature
        (end,) = runge_kutta.integrate(translate(system), np.eye(3)[0].reshape(3, 1, 1, 1), duration=2e-11, stages=1)
        expected = np.array([1 / np.cosh(rate * 2e-11), 0, np.tanh(rate * 2e-11)])
        assert end.m.ravel() == pytest.approx(expected, abs=1e-5)
    system.T, system.dynamics = 0, torque + mm.Precession(gamma0=mm.consts.gamma0)
    (turned,) = runge_kutta.integrate(translate(system), np.eye(3)[0].reshape(3, 1, 1, 1), duration=2e-11, stages=1)
    assert (np.abs(turned.m.ravel() - expected).max() > 0.1) == (field > 0)
    assert expected[2] > 0.1


@pytest.mark.parametrize(("method", "order"), [("DOP853", 7), ("RK45", 4)])
def test_tighter_tolerance_is_closer(method, order):
    """A step's error estimate goes with tolerance, so the end's error does, to a power of order / (order + 1)."""
    model, m = macrospin()
    errors = []
    for tolerance in (1e-4, 1e-8):
        (end,) = runge_kutta.integrate(model, m, duration=1e-10, stages=1, method=method, tolerance=tolerance)
        errors.append(np.abs(end.m.ravel() - analytic(end.time)).max())
    assert errors[1] < errors[0] * 1e-4 ** (order / (order + 1)) * 10


def test_length_that_drifts_turns_nothing():
    """The equation is homogeneous off the sphere: one long stage with loose steps has the right phase."""
    model, m = macrospin(damping=0.0)
    (end,) = runge_kutta.integrate(model, m, duration=1e-9, stages=1, tolerance=1e-6)
    expected = analytic(1e-9, damping=0.0)
    assert end.m.ravel() == pytest.approx(expected, abs=1e-4)  # 35 turns, some 200 steps of 1e-6 each


def test_stage_ends_when_nothing_moves():
    model, m = macrospin()
    stop = 1e-3 * mm.consts.gamma0 * 1e6
    (end,) = runge_kutta.integrate(model, m, duration=1e-7, stages=1, stopping_rate=stop)
    assert end.fastest <= stop
    assert end.time < 1e-8


def film():
    """muMAG standard problem 4, https://www.ctcms.nist.gov/~rdm/std4/spec4.html, on cells of 5 nm."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(500e-9, 125e-9, 3e-9), cell=(5e-9, 5e-9, 3e-9))
    system = mm.System(name="film", energy=mm.Exchange(A=1.3e-11) + mm.Demag())
    system.dynamics = mm.Precession(gamma0=2.211e5) + mm.Damping(alpha=0.02)
    system.m = df.Field(mesh, nvdim=3, value=(1, 0.25, 0.1), norm=8e5)
    return system


@pytest.mark.slow
def test_standard_problem_4():
    """Fields of 25 mT at 170 degrees; first zero crossing of <m_x> as in the reports on the problem's page."""
    system = film()
    rest = Minimiser(translate(system))(to_grid(system.m.orientation.array), tolerance=1e-3)
    assert rest.converged
    system.energy += mm.Zeeman(H=(-24.6e-3 / mu_0, 4.3e-3 / mu_0, 0))
    run = partial(runge_kutta.integrate, translate(system), rest.m, duration=1e-11, stages=30)
    coarse, fine = (np.array([stage.m.mean(axis=(1, 2, 3)) for stage in run(tolerance=t)]) for t in (1e-6, 1e-9))
    assert coarse == pytest.approx(fine, abs=1e-6)
    crossing = 1e-11 * (1 + np.interp(0, -coarse[:, 0], np.arange(30)))
    # Reports: 0.135 to 0.140 ns; the cells here, as large as the exchange length, may add as much again.
    assert crossing == pytest.approx(0.1375e-9, abs=5e-12)


def wall():
    """A chain with a domain wall, and the exchange and anisotropy that give it its width of 5 cells."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(100e-9, 1e-9, 1e-9), n=(100, 1, 1))
    system = mm.System(name="wall", energy=mm.Exchange(A=1.25e-11) + mm.UniaxialAnisotropy(K=5e5, u=(0, 0, 1)))
    system.m = df.Field(mesh, nvdim=3, value=lambda p: (0.3, 0.1, 1 if p[0] < 50e-9 else -1), norm=1e6)
    return system


def test_wall_has_the_energy_and_profile_of_bloch_and_landau():
    """Energy 4 sqrt(A K) an area, m_z = tanh(x / sqrt(A / K)): A. Hubert and R. Schaefer, Magnetic Domains (1998)."""
    system = wall()
    model = translate(system)
    minimum = Minimiser(model)(to_grid(system.m.orientation.array), tolerance=1e-4)
    assert minimum.converged
    total = sum(energies(model, minimum.m).values()) + 5e5 * 100e-27  # from K sin^2 to -K cos^2
    # Six-neighbour exchange is off by (cell / width)^2 / 24 times a factor of order 1: 0.2 %.
    assert total == pytest.approx(4 * np.sqrt(1.25e-11 * 5e5) * 1e-18, rel=4e-3)
    x = (np.arange(100) - 49.5) * 1e-9
    assert minimum.m[2, 0, 0] == pytest.approx(-np.tanh(x / 5e-9), abs=5e-3)
    assert np.abs(minimum.m[2, 0, 0] + np.tanh(x / 5.2e-9)).max() > 5e-3  # 4 % wider is seen


def mixed():
    """Every kind of field at once, of unequal saturation and with an empty cell."""
    mesh = df.Mesh(
        p1=(0, 0, 0),
        p2=(8e-9, 6e-9, 4e-9),
        n=(4, 3, 2),
        subregions={"soft": df.Region(p1=(0, 0, 0), p2=(4e-9, 6e-9, 4e-9))},
    )
    system = mm.System(
        name="mixed",
        energy=mm.Exchange(A=1e-11)
        + mm.DMI(D=2e-3, crystalclass="Cnv_z")
        + mm.UniaxialAnisotropy(K1=2e5, K2=3e5, u=(1, 1, 0))
        + mm.CubicAnisotropy(K=4e5, u1=(1, 0, 0), u2=(0, 0.6, 0.8))
        + mm.Demag()
        + mm.Zeeman(H=(1e5, 2e5, 3e4)),
    )
    values = np.random.default_rng(3).normal(size=(4, 3, 2, 3))
    system.m = df.Field(mesh, nvdim=3, value=values, norm=lambda p: 0 if max(p) < 2e-9 else 4e5 if p[0] < 4e-9 else 1e6)
    return system


def test_minimum_is_below_the_start_and_flat():
    system = mixed()
    model = translate(system)
    start = to_grid(system.m.orientation.array)
    minimum = Minimiser(model)(start, tolerance=1e-6)
    assert minimum.converged
    assert minimum.torque <= 1e-6
    lowest = sum(energies(model, minimum.m).values())
    assert lowest < sum(energies(model, start).values())
    rng = np.random.default_rng(4)
    for _ in range(20):
        moved = minimum.m + 1e-3 * rng.normal(size=minimum.m.shape) * model.mask
        moved /= np.where(model.mask, np.linalg.norm(moved, axis=0), 1)
        assert sum(energies(model, moved).values()) > lowest


def test_every_step_goes_down():
    system = mixed()
    model = translate(system)
    states = []
    Minimiser(model)(to_grid(system.m.orientation.array), tolerance=1e-3, on_step=states.append)
    heights = np.array([sum(energies(model, state.m).values()) for state in states])
    # Total energies carry a rounding of some 1e-16 of their parts.
    assert (np.diff(heights) < 1e-14 * np.abs(heights).max()).all()


def test_giving_up_is_not_converging():
    system = mixed()
    minimum = Minimiser(translate(system))(to_grid(system.m.orientation.array), tolerance=1e-6, iterations=3)
    assert not minimum.converged
    assert minimum.iterations == 3


def test_fixed_cells_stay():
    system = mixed()
    start = to_grid(system.m.orientation.array)
    model = translate(system, fixed_subregions=["soft"])
    minimum = Minimiser(model)(start, tolerance=1e-3)
    assert minimum.converged
    assert minimum.m[:, model.fixed] == pytest.approx(start[:, model.fixed], abs=1e-15)
    assert np.abs(minimum.m - start).max() > 0.1


def test_slide_follows_the_motion_without_precession():
    """Down the gradient from a state between two valleys, where a quasi-Newton step may go anywhere."""
    system = wall()
    model = translate(system)
    start = to_grid(system.m.orientation.array)
    end = Minimiser(model).slide(start, torque=1e3)
    damped = dataclasses.replace(model, precession=False, damping=np.ones(model.shape))
    stop = 0.5 * mm.consts.gamma0 * 1e3
    (motion,) = runge_kutta.integrate(damped, start, duration=1e-7, stages=1, stopping_rate=stop)
    # Explicit Euler at half its largest step; both walks end on the same slow path.
    assert end == pytest.approx(motion.m, abs=0.02)
