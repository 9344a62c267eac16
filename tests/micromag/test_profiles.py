"""Functions of time: their means, the steps that they allow, where a step has to end, and what is refused."""

import dataclasses

import micromagneticmodel as mm
import numpy as np
import pytest

from magbayes.micromag import calculator as nc
from magbayes.micromag import simulate
from magbayes.micromag.llg import heun, midpoint, profiles
from magbayes.micromag.llg.ensemble import time_step_for
from magbayes.micromag.llg.model import translate
from magbayes.micromag.llg.profiles import FunctionError, Held, Smooth, wave
from tests.micromag.test_model import PRECESSION, system

NANOSECOND = 1e-9
GAMMA0 = mm.consts.gamma0


def pulse(begin, width):
    return lambda t: 1.0 if begin <= t < begin + width else 0.0


def gauss(t, centre=0.6e-9, width=5e-12):
    return float(np.exp(-(((t - centre) / width) ** 2)))


def single(**term):
    """Macrospins along x without temperature, in a field along z that varies in time."""
    case = system(energy=mm.Zeeman(**{"H": (0, 0, 1e5), **term}), dynamics=PRECESSION)
    case.m.array[...], case.T = (8e5, 0, 0), 0
    return case


def test_means_over_steps_are_exact_however_steps_and_multiples_lie():
    held = Held("zeeman", lambda t: np.sin(7 * t) + (t > 3), 0.5)
    fine = 1e-3
    for step, count in ((0.13, 60), (0.5, 20), (1.7, 5)):
        times = np.arange(0, step * count, fine) + fine / 2
        expected = [held(part).mean() for part in np.array_split(times, count)]
        # The sum over fine steps is off by one of them at each jump.
        assert held.means(step, count)[:, 0] == pytest.approx(expected, abs=2 * fine * 4 / step)


def test_means_of_a_wave_are_its_integrals():
    means = wave("zeeman", "sin", 1.0, 0.2).means(0.3, 40)[:, 0]
    edges = 2 * np.pi * (0.3 * np.arange(41) - 0.2)
    # Gauss's formula of order 4 over 1/32 of a period.
    assert means == pytest.approx(-np.diff(np.cos(edges)) / (0.3 * 2 * np.pi), abs=1e-6)


@pytest.mark.parametrize("scheme", [midpoint, heun])
@pytest.mark.parametrize(
    ("energy", "dynamics"),
    [
        (lambda a: mm.Zeeman(H=(0, 0, 8e5 / a), func=lambda t: a, dt=1e-12), ""),
        (lambda a: mm.Zeeman(H=(0, 0, 8e5 / a), func=lambda t: a if t > 5e-10 else 0, dt=1e-12), ""),
        (lambda a: mm.Zeeman(H=(0, 0, 8e5 / a), func=lambda t: [0, 0, 0, 0, 0, 0, 0, 0, a], dt=1e-12), ""),
        (None, lambda a: mm.Slonczewski(J=1e13 / a, mp=(0, 0, 1), P=0.4, Lambda=1, func=lambda t: a, dt=1e-12)),
        (None, lambda a: mm.ZhangLi(u=1e4 / a, beta=0.1, func=lambda t: a, dt=1e-12)),
    ],
)
def test_the_step_does_not_ask_where_a_factor_stands(scheme, energy, dynamics):
    """A field of 1 A/m that a function multiplies by 8e5 is one of 8e5 A/m."""
    steps = []
    for factor in (1.0, 8e5):
        case = system(
            energy=energy(factor) if energy else mm.Zeeman(H=(0, 0, 1)),
            dynamics=PRECESSION + mm.Damping(alpha=0.1) + (dynamics(factor) if dynamics else mm.ZhangLi(u=0, beta=0)),
        )
        case.T = 0
        steps.append(scheme.largest_step(translate(case), NANOSECOND))
    assert steps[1] == pytest.approx(steps[0], rel=1e-9)
    # At 8e5 A/m a spin turns by 0.4 in 2.3 ps.
    assert steps[1] < 2.4e-12


def test_a_field_that_grows_counts_with_its_end():
    case = system(energy=mm.Zeeman(H=(0, 0, 1e3), func=lambda t: t / NANOSECOND, dt=1e-11))
    case.T = 0
    model = translate(case)
    assert model.fastest_precession(2 * NANOSECOND) == pytest.approx(GAMMA0 * 2e3)
    assert model.fastest_precession(800 * NANOSECOND) == pytest.approx(GAMMA0 * 8e5)
    assert time_step_for(model, NANOSECOND, samples=800)[0] < time_step_for(model, NANOSECOND)[0]
    with pytest.raises(ValueError, match="duration 0 s of a run with terms that vary"):
        midpoint.largest_step(model)


def test_a_turning_field_counts_about_once():
    turning = mm.Zeeman(
        H=(1e5, 0, 0), func=lambda t: [np.cos(t), -np.sin(t), 0, np.sin(t), np.cos(t), 0, 0, 0, 1], dt=0.1
    )
    bound = translate(system(energy=turning)).fastest_precession(10.0)
    assert GAMMA0 * 1e5 <= bound < 1.5 * GAMMA0 * 1e5


@pytest.mark.parametrize(
    ("function", "step"),
    [
        (lambda t: 3.0, 1.0),
        (pulse(3, 4), 1.0),
        (lambda t: t / 10, 1.0),
        (pulse(3, 0.3), 0.25),
        (lambda t: np.sin(2 * np.pi * t), 0.0625),
        (lambda t: float(round(t / 0.01) % 2), 0.01),
    ],
    ids=["constant", "one switch", "slow", "short pulse", "fast", "faster than dt"],
)
def test_the_step_resolves_the_function(function, step):
    assert Held("zeeman", function, 0.01).resolving_step(10.0, 1.0) == pytest.approx(step)


def test_the_step_resolves_a_wave():
    assert wave("zeeman", "sin", 1.0, 0.0).resolving_step(10.0, 1.0) == pytest.approx(0.0625)


def equilibrium_of(energy, dynamics=None):
    """<m_z> of single cells at 300 K after some relaxation times, from few samples."""
    case = system(energy=energy, dynamics=PRECESSION + mm.Damping(alpha=1.0) + (dynamics or mm.ZhangLi(u=0, beta=0)))
    ensemble = simulate(case, replicas=8, duration=4e-11, sample_interval=2e-11, seed=1)
    return ensemble.magnetisation[:, 1:, 2].mean()


def test_a_field_in_a_function_gives_its_equilibrium():
    """The field of 8e5 A/m as H, and as a function of time, with the same noise."""
    expected = equilibrium_of(mm.Zeeman(H=(0, 0, 8e5)))
    found = equilibrium_of(mm.Zeeman(H=(0, 0, 1), func=lambda t: 8e5, dt=1e-12))
    assert found == pytest.approx(expected, abs=1e-4)


SHORT = pytest.mark.parametrize(
    ("function", "dt", "area"),
    [
        (pulse(0.6e-9, 5e-11), 1e-12, 5e-11),
        (pulse(0.6e-9, 1e-12), 1e-12, 1e-12),
        (gauss, 1e-13, np.sqrt(np.pi) * 5e-12),
        (gauss, 1e-12, np.sqrt(np.pi) * 5e-12),
        (lambda t: gauss(t) + 1e-2 * gauss(t, 0.3e-9), 1e-13, 1.01 * np.sqrt(np.pi) * 5e-12),
        (lambda t: -2 * pulse(0, 3e-11)(t) + pulse(0.5e-9, 2e-12)(t), 1e-12, -2 * 2.95e-11 + 2e-12),
    ],
    ids=["50 ps", "dt", "Gaussian", "coarse Gaussian", "two of different heights", "two"],
)


@SHORT
@pytest.mark.parametrize("n", [1, 7])
def test_a_pulse_on_a_system_at_rest_is_not_stepped_over(function, dt, area, n, tmp_path):
    """Spins turn about the field by gamma0 H times the area of the pulse."""
    case = single(func=function, dt=dt)
    nc.TimeDriver().drive(case, t=NANOSECOND, n=n, dirname=str(tmp_path), verbose=0)
    angle = GAMMA0 * 1e5 * area
    expected = [np.cos(angle), np.sin(angle), 0]
    assert case.m.orientation.array[0, 0, 0] == pytest.approx(expected, abs=1e-5)
    assert case.table.data["iteration"].iloc[-1] < 500


def test_a_pulse_is_missed_where_no_step_has_to_end(monkeypatch, tmp_path):
    """The control of the test above."""
    course = Held.course
    monkeypatch.setattr(Held, "course", lambda *args: dataclasses.replace(course(*args), ends=np.zeros(0)))
    case = single(func=pulse(0.3e-9, 5e-11), dt=1e-12)
    nc.TimeDriver().drive(case, t=NANOSECOND, n=1, dirname=str(tmp_path), verbose=0)
    assert case.m.orientation.array[0, 0, 0] == pytest.approx([1, 0, 0], abs=1e-9)


@SHORT
def test_a_short_pulse_acts_in_an_ensemble_too(function, dt, area):
    case = single(H=(0, 0, 1e4), func=function, dt=dt)
    ensemble = simulate(case, replicas=1, duration=NANOSECOND, sample_interval=NANOSECOND, seed=0)
    angle = GAMMA0 * 1e4 * area
    # Single precision; and a step of the scheme turns by x - x^3 / 12 for x, which is 0.1 at most here.
    assert ensemble.magnetisation[0, -1] == pytest.approx(
        [np.cos(angle), np.sin(angle), 0], abs=1e-5 + 1e-3 * abs(angle)
    )


def test_an_ensemble_misses_a_pulse_between_the_middles_of_its_steps(monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr(Held, "means", lambda held, step, count: held(step * (np.arange(count) + 0.5)))
    monkeypatch.setattr(Held, "resolving_step", lambda held, duration, step: step)
    case = single(H=(0, 0, 1e4), func=pulse(0.6e-9, 1e-12), dt=1e-12)
    ensemble = simulate(case, replicas=1, duration=NANOSECOND, sample_interval=NANOSECOND, seed=0)
    assert ensemble.magnetisation[0, -1] == pytest.approx([1, 0, 0], abs=1e-5)


def test_stages_that_end_where_a_pulse_does_cost_no_steps(tmp_path):
    """Half multiples of dt and multiples of the stage round to one side or the other of each other."""
    case = single(func=lambda t: float(round(t / 1e-12) % 2), dt=1e-12)
    nc.TimeDriver().drive(case, t=3e-11, n=60, dirname=str(tmp_path), verbose=0)
    angle = GAMMA0 * 1e5 * 1.5e-11
    assert case.m.orientation.array[0, 0, 0] == pytest.approx([np.cos(angle), np.sin(angle), 0], abs=1e-5)
    assert case.table.data["iteration"].iloc[-1] <= 2 * 60


def test_a_wave_that_begins_with_nothing_is_followed(tmp_path):
    """The integral of sinc over its main part, on a system at rest."""
    case = single(func="sinc", f=1e11, t0=0.61e-9)
    nc.TimeDriver().drive(case, t=NANOSECOND, n=1, dirname=str(tmp_path), verbose=0)
    angle = np.arctan2(*case.m.orientation.array[0, 0, 0, 1::-1])
    assert angle == pytest.approx(GAMMA0 * 1e5 * 0.5e-11, rel=0.01)


def test_smooth_functions_take_few_steps():
    """A wave of one period, as a function with a short dt and as ubermag's."""
    strength = lambda factors: 2e10 * np.abs(factors[:, 0])  # noqa: E731
    for profile in (Held("zeeman", lambda t: np.sin(6e9 * t), 1e-13), wave("zeeman", "sin", 1e9, 0)):
        course = profile.course(1e-9, strength, 1e-6)
        assert 1 <= len(course.ends) <= 16
        assert course.value(0.3e-9) == pytest.approx(profile(np.array([0.3e-9]))[0], abs=1e-4)


def test_a_held_function_is_held_where_it_counts():
    held = Held("zeeman", lambda t: t, 1.0)
    course = held.course(3.0, lambda factors: np.abs(factors[:, 0]), 1e-6)
    assert course.ends.tolist() == [0.5, 1.5, 2.5]
    assert [course.value(t)[0] for t in (0.1, 0.499, 0.501, 1.499, 1.501, 2.9)] == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 2.0, 3.0], r"'zeeman' gives \[1.0, 2.0, 3.0\] at t = 0 s; accepted: one number or a list of nine"),
        ([1.0] * 6, "accepted: one number or a list of nine"),
        ([1.0], r"gives \[1.0\] at t = 0 s"),
        (np.eye(3), r"gives 9 numbers of shape \(3, 3\) at t = 0 s"),
        (1j, "gives 1j at"),
        ("1", "gives '1' at"),
        (None, "gives None at"),
        (np.nan, "gives nan at t = 0 s; accepted: finite numbers"),
        ([np.inf] * 9, "accepted: finite numbers"),
    ],
)
def test_what_a_function_may_give_is_said_by_name(values, message):
    with pytest.raises(FunctionError, match=message) as caught:
        translate(system(energy=mm.Zeeman(H=(0, 0, 1e5), func=lambda t: values, dt=1e-12)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("term", [mm.Slonczewski(J=1, mp=(0, 0, 1), P=1, Lambda=1), mm.ZhangLi(u=1, beta=0)])
def test_a_current_takes_one_number(term):
    term.func, term.dt = (lambda t: [1.0] * 9), 1e-12
    with pytest.raises(FunctionError, match=f"'{term.name}' gives .* accepted: one number$"):
        translate(system(dynamics=PRECESSION + term))


@pytest.mark.parametrize("value", [np.array(2.0), np.float32(2), 2, True])
def test_one_number_of_any_type_is_taken(value):
    model = translate(system(energy=mm.Zeeman(H=(0, 0, 1e5), func=lambda t: value, dt=1e-12)))
    assert model.factors(np.zeros(1)).tolist() == [[float(value)]]


def hand_written_sinc(t):
    with np.errstate(invalid="ignore"):
        return np.sin(1e12 * (t - 3e-12)) / (1e12 * np.float64(t - 3e-12))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (hand_written_sinc, "'zeeman' gives .*nan.* at t = 3e-12 s; accepted: finite numbers"),
        (lambda t: 1 / (t - 3e-12), "'zeeman' fails at t = 3e-12 s: ZeroDivisionError: float division by zero"),
        (lambda t: 1.0 if t < 3e-12 else [1.0] * 9, "at t = 3e-12 s; accepted: one number or .* the same at all times"),
    ],
)
@pytest.mark.parametrize("temperature", [0.0, 300.0])
def test_a_value_in_the_midst_of_a_run_is_refused_before_it(function, message, temperature, tmp_path):
    case = system(energy=mm.Zeeman(H=(0, 0, 1e5), func=function, dt=1e-12))
    case.T = temperature
    options = {"seed": 1} if temperature else {}
    with pytest.raises(FunctionError, match=message):
        nc.TimeDriver().drive(case, t=1e-11, n=1, dirname=str(tmp_path), verbose=0, **options)


def test_a_dt_far_too_small_is_refused():
    model = translate(system(energy=mm.Zeeman(H=(0, 0, 1e5), func=lambda t: 1.0, dt=1e-18)))
    with pytest.raises(
        FunctionError, match=r"dt 1e-18 s of the term 'zeeman' asks for 1e\+09 values.*dt of 1e-16 s or"
    ):
        time_step_for(model, NANOSECOND)


@pytest.mark.parametrize(
    ("keys", "message"), [({"func": "sin", "f": 1e9}, "'sin' and no 't0'"), ({"func": np.cos}, "and no 'dt'")]
)
def test_a_function_without_what_it_needs_is_refused(keys, message):
    with pytest.raises(FunctionError, match=message):
        translate(system(energy=mm.Zeeman(H=(0, 0, 1e5), **keys)))


def test_a_long_run_of_a_script_costs_no_more_than_its_samples(monkeypatch):
    monkeypatch.setattr(profiles, "MOST_SAMPLES", 1000)
    calls = []

    def function(times):
        calls.extend(times)
        return np.ones((len(times), 1))

    script = Smooth("zeeman", function, 1e-13)
    with pytest.warns(
        profiles.CoarseFunctionWarning, match="'zeeman' is looked at every 1e-09 s, as the run is 1e-06 s"
    ):
        script.resolving_step(1e-6, 1e-12)
    assert len(calls) == 1001


def test_a_wave_of_many_periods_is_none_of_few():
    """A million periods: samples as far apart as a script's would all show the same phase."""
    fast = wave("zeeman", "sin", 1e12, 0.1e-12)
    step = fast.resolving_step(1e-7, 2e-13)
    assert step < 1 / (4 * 1e12)
    assert np.abs(fast.means(2e-12, 1000)).max() < 1e-6
    with pytest.raises(
        FunctionError, match=r"wave of the term 'zeeman' has 1e\+06 periods in 1e-06 s; accepted: 312500"
    ):
        fast.resolving_step(1e-6, 2e-13)
