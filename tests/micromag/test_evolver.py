"""Scripts that name OOMMF's evolvers: the native equal, or a refusal that names the attribute."""

import json
from pathlib import Path

import discretisedfield as df
import micromagneticdata
import micromagneticmodel as mm
import numpy as np
import oommfc
import pytest

import magbayes.micromag.calculator as nc
from magbayes.micromag.calculator.evolver import NOISY, QUIET, solver_options
from magbayes.micromag.llg.ensemble import TimeStepError
from magbayes.micromag.llg.model import UnsupportedError
from magbayes.micromag.llg.runge_kutta import TOLERANCE


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bar(T=0.0, extra=None):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(8e-9, 4e-9, 4e-9), n=(4, 2, 1))
    dynamics = mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.2)
    return mm.System(
        name="bar",
        energy=mm.Exchange(A=1e-11) + mm.Zeeman(H=(0, 0, 1e6)),
        dynamics=dynamics if extra is None else dynamics + extra,
        m=df.Field(mesh, nvdim=3, value=(1, 0.2, 0.3), norm=1e6),
        T=T,
    )


TORQUES = {
    "SpinTEvolver": mm.ZhangLi(u=100.0, beta=0.1),
    "SpinXferEvolver": mm.Slonczewski(J=1e12, mp=(0, 1, 0), P=0.4, Lambda=2),
}


def test_every_evolver_of_oommfc_is_offered():
    names = {name for name in dir(oommfc) if name.endswith("Evolver")}
    assert names <= set(nc.__all__)
    assert {cls.__name__ for cls in (*QUIET, *NOISY, oommfc.CGEvolver)} == names


@pytest.mark.parametrize("evolver", [cls.__name__ for cls in QUIET])
def test_evolvers_without_noise_give_the_native_motion(evolver):
    ends = []
    for given in ({}, {"evolver": getattr(oommfc, evolver)()}):
        system = bar(extra=TORQUES.get(evolver))
        nc.TimeDriver(**given).drive(system, t=1e-11, n=2, verbose=0)
        ends.append(system.m.array)
    start = bar().m.array
    # Two schemes that may each be wrong by 1e-6 a step, in some tens of steps; the spins turn by far more.
    assert ends[1] == pytest.approx(ends[0], abs=1e-4 * 1e6)
    assert np.abs(ends[0] - start).max() > 0.1 * 1e6


def test_what_they_say_of_accuracy_is_kept():
    def options(**settings):
        return solver_options(oommfc.RungeKuttaEvolver(**settings), bar())

    assert options() == {"method": "RK45", "tolerance": TOLERANCE, "largest_step": np.inf}
    assert options(absolute_step_error=1e-6)["tolerance"] == pytest.approx(np.deg2rad(1e-6))  # degrees
    assert options(absolute_step_error=0.2)["tolerance"] == TOLERANCE  # never looser than the native one
    assert options(absolute_step_error=0)["tolerance"] == TOLERANCE  # no limit
    assert options(method="rk4", max_timestep=1e-13, start_dm=0.01)["largest_step"] == 1e-13
    native = solver_options(nc.RungeKuttaEvolver(absolute_step_error=0.2), bar())
    assert native == {"method": "DOP853", "tolerance": 0.2}
    assert solver_options(nc.RungeKuttaEvolver(method="rk4", start_dt=1e-15), bar()) == {"method": "RK45"}


@pytest.mark.parametrize("cls", NOISY, ids=lambda cls: cls.__name__)
def test_evolvers_with_noise_give_the_seeded_ensemble(cls):
    given, asked = bar(T=300), bar(T=300)
    nc.TimeDriver(evolver=cls(uniform_seed=7)).drive(given, t=2e-12, n=2, verbose=0)
    nc.TimeDriver().drive(asked, t=2e-12, n=2, seed=7, verbose=0)
    assert np.array_equal(given.m.array, asked.m.array)
    other = bar(T=300)
    nc.TimeDriver(evolver=cls(uniform_seed=8)).drive(other, t=2e-12, n=2, verbose=0)
    assert not np.array_equal(given.m.array, other.m.array)


def test_a_seed_that_is_drawn_is_recorded_and_repeats_the_noise():
    first, again = bar(T=300), bar(T=300)
    with pytest.warns(UserWarning, match="the seed is"):
        nc.TimeDriver(evolver=oommfc.Xf_ThermHeunEvolver()).drive(first, t=1e-12, n=1, verbose=0)
    seed = json.loads(Path("bar/drive-0/info.json").read_text())["seed"]
    nc.TimeDriver().drive(again, t=1e-12, n=1, seed=seed, verbose=0)
    assert np.array_equal(first.m.array, again.m.array)


def test_time_step_of_noise_is_kept_or_refused():
    system = bar(T=300)
    nc.TimeDriver(evolver=oommfc.UHH_ThetaEvolver(fixed_timestep=1e-15, uniform_seed=1)).drive(
        system, t=2e-14, n=2, verbose=0
    )
    assert system.table.data["last_time_step"].iloc[0] == pytest.approx(1e-15)
    with pytest.raises(TimeStepError, match="largest step allowed"):
        nc.TimeDriver(evolver=oommfc.UHH_ThetaEvolver(fixed_timestep=1e-12, uniform_seed=1)).drive(
            system, t=2e-12, n=2, verbose=0
        )


REFUSED = {
    "error_rate": (oommfc.RungeKuttaEvolver(error_rate=1), 0, "error_rate 1 of RungeKuttaEvolver; accepted: \\['abs"),
    "relative": (oommfc.EulerEvolver(relative_step_error=0.2), 0, "relative_step_error 0.2 of EulerEvolver"),
    "method": (oommfc.SpinTEvolver(method="rk5"), 0, "the method 'rk5' of SpinTEvolver; accepted"),
    "no precession": (oommfc.RungeKuttaEvolver(do_precess=0), 0, "do_precess 0 of RungeKuttaEvolver"),
    "fixed": (oommfc.RungeKuttaEvolver(fixed_spins="x"), 0, "fixed_subregions=\\[...\\]"),
    "profile": (oommfc.SpinXferEvolver(J_profile="f"), 0, "J_profile 'f' of SpinXferEvolver"),
    "script": (oommfc.Xf_ThermHeunEvolver(tempscript="f"), 300, "tempscript 'f' of Xf_ThermHeunEvolver"),
    "Ito": (oommfc.UHH_ThetaEvolver(ito_calculus=1), 300, "ito_calculus 1 of UHH_ThetaEvolver"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_honoured_is_refused_by_name(name):
    evolver, temperature, message = REFUSED[name]
    with pytest.raises(UnsupportedError, match=message) as refused:
        nc.TimeDriver(evolver=evolver).drive(bar(T=temperature), t=1e-12, n=1)
    assert "\n" not in str(refused.value)
    assert not list(Path().glob("bar/drive-0/*.odt"))


def test_what_the_native_evolver_does_not_take_is_refused_by_name():
    with pytest.raises(AttributeError, match="takes no 'error_rate'; accepted: \\['method', "):
        nc.RungeKuttaEvolver(error_rate=1)
    with pytest.raises(ValueError, match="method 'rk5' is unknown; accepted"):
        nc.RungeKuttaEvolver(method="rk5")


def test_wrong_kinds_of_evolver_are_refused_by_name():
    with pytest.raises(TypeError, match="CGEvolver does not drive in time; accepted: none, or RungeKuttaEvolver"):
        nc.TimeDriver(evolver=oommfc.CGEvolver()).drive(bar(), t=1e-12, n=1)
    with pytest.raises(TypeError, match="RungeKuttaEvolver does not minimise; accepted: none, or CGEvolver"):
        nc.MinDriver(evolver=oommfc.RungeKuttaEvolver()).drive(bar())
    with pytest.raises(UnsupportedError, match="fixed_spins 'x' of CGEvolver"):
        nc.HysteresisDriver(evolver=oommfc.CGEvolver(fixed_spins="x")).drive(
            bar(), Hmin=(0, 0, 1e5), Hmax=(0, 0, 2e5), n=2
        )
    with pytest.raises(ValueError, match="evolver is for T = 0, and T is 300 K"):
        nc.TimeDriver(evolver=oommfc.EulerEvolver()).drive(bar(T=300), t=1e-12, n=1, seed=1)


def test_conjugate_gradients_find_the_native_minimum():
    given, native = bar(), bar()
    nc.MinDriver(evolver=oommfc.CGEvolver(method="Polak-Ribiere", line_minimum_angle_precision=1)).drive(given)
    nc.MinDriver().drive(native)
    assert np.array_equal(given.m.array, native.m.array)


@pytest.mark.parametrize(
    ("drive", "words"),
    [
        (lambda system: nc.TimeDriver().drive(system, t=1e-12, n=2), ["Oxs_RungeKuttaEvolve", "stage_count 2"]),
        (
            lambda system: nc.TimeDriver(evolver=oommfc.EulerEvolver(start_dm=0.02)).drive(system, t=1e-12, n=2),
            ["Oxs_EulerEvolve", "start_dm 0.02"],
        ),
        (lambda system: nc.MinDriver(stopping_mxHxm=0.5).drive(system), ["Oxs_CGEvolve", "stopping_mxHxm 0.5"]),
        (
            lambda system: nc.HysteresisDriver().drive(system, Hmin=(0, 0, 1e5), Hmax=(0, 0, 2e5), n=2),
            ["Oxs_UZeeman:hysteresis", "{ 0 0 100000.0 0 0 200000.0 1 }"],
        ),
    ],
)
def test_the_folder_holds_what_oommf_would_be_given(drive, words):
    drive(bar())
    script = micromagneticdata.Data("bar")[0].calculator_script
    for word in [*words, "Oxs_UniformExchange", "cellsize { 2e-09 2e-09 4e-09 }"]:
        assert word in script


def test_no_such_file_where_oommf_has_no_equal():
    nc.RelaxDriver().drive(bar())
    nc.TimeDriver().drive(bar(T=300), t=1e-13, n=1, seed=1)
    timed = bar()
    timed.energy.zeeman.func, timed.energy.zeeman.dt = np.cos, 1e-13
    nc.TimeDriver().drive(timed, t=1e-13, n=1)
    assert not list(Path("bar").glob("*/*.mif"))
    assert len(list(Path("bar").glob("*/*.odt"))) == 3


def test_evolver_is_left_as_it_was():
    evolver = oommfc.RungeKuttaEvolver(method="rkf54s")
    nc.TimeDriver(evolver=evolver).drive(bar(), t=1e-12, n=1)
    assert dict(evolver) == {"method": "rkf54s"}


def test_evolver_that_oommfc_has_used_is_taken():
    evolver = oommfc.RungeKuttaEvolver(method="rkf54s")
    oommfc.TimeDriver(evolver=evolver).write_mif(bar(), t=1e-12, n=1)
    assert "gamma_G" in dict(evolver)
    nc.TimeDriver(evolver=evolver).drive(bar(), t=1e-12, n=1)
