"""The native calculator beyond ubermag's own suite: drive folders, noise, refusals."""

import json
import warnings
from pathlib import Path

import discretisedfield as df
import micromagneticdata
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

import magbayes.micromag.calculator as nc
from magbayes.micromag.calculator import mindriver, tcl, timedriver
from magbayes.micromag.llg import midpoint
from magbayes.micromag.llg.model import UnsupportedError, translate
from magbayes.micromag.llg.profiles import FunctionError


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def system():
    mesh = df.Mesh(
        p1=(0, 0, 0), p2=(8e-9, 4e-9, 4e-9), n=(4, 2, 1), subregions={"left": df.Region(p1=(0, 0, 0), p2=(4e-9,) * 3)}
    )
    return mm.System(
        name="bar",
        energy=mm.Exchange(A=1e-11) + mm.Zeeman(H=(0, 0, 1e6)) + mm.Demag(),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.2),
        m=df.Field(mesh, nvdim=3, value=(1, 0.2, 0.3), norm=lambda p: 0 if p[0] > 6e-9 and p[1] > 2e-9 else 1e6),
    )


def info(number=0):
    return json.loads(Path(f"bar/drive-{number}/info.json").read_text())


def test_folder_is_read_by_micromagneticdata(system):
    nc.TimeDriver().drive(system, t=4e-12, n=4)
    nc.MinDriver().drive(system)
    data = micromagneticdata.Data("bar")
    assert data.n == 2
    motion, rest = data[0], data[1]
    assert (motion.n, motion.x, rest.n, rest.x) == (4, "t", 1, "iteration")
    assert motion.table.data["t"].to_numpy() == pytest.approx([1e-12, 2e-12, 3e-12, 4e-12], rel=1e-12, abs=0)
    assert motion.m0.mesh.subregions == system.m.mesh.subregions
    assert np.array_equal(rest[0].array, system.m.array)  # bin8 keeps every bit
    assert motion.info["success"]
    assert motion.info["adapter"] == "magbayes.micromag.calculator"
    assert motion.to_xarray().shape == (4, 4, 2, 1, 3)
    table = motion.table
    assert table.units["E_demag"] == "J"
    # Energies are written with all digits, so their sum is exact but for its own rounding.
    parts = table.data[["E_exchange", "E_zeeman", "E_demag"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table.data["E"].to_numpy(), rel=1e-12, abs=0)


@pytest.mark.parametrize(("ovf_format", "digits"), [("bin4", 1e-6), ("txt", 1e-14)])
def test_ovf_format(system, ovf_format, digits):
    nc.MinDriver().drive(system, ovf_format=ovf_format)
    stored = micromagneticdata.Data("bar")[-1][0].array
    assert stored == pytest.approx(system.m.array, abs=digits * 1e6)


@pytest.fixture
def hot(system):
    system.T = 300
    return system


def drive_hot(system, folder, **options):
    start = df.Field(system.m.mesh, nvdim=3, value=system.m, norm=system.m.norm)
    case = mm.System(name="bar", energy=system.energy, dynamics=system.dynamics, m=start, T=300)
    nc.TimeDriver().drive(case, t=2e-12, n=2, dirname=folder, **options)
    return case


def test_noise_repeats_bit_by_bit(hot):
    first, again, other = (drive_hot(hot, name, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert np.array_equal(first.m.array, again.m.array)
    assert first.table.data.equals(again.table.data)
    assert not np.array_equal(first.m.array, other.m.array)


def test_replicas_differ_and_the_first_is_the_drive_without_replicas(hot):
    alone, three = drive_hot(hot, "a", seed=7), drive_hot(hot, "b", seed=7, replicas=3)
    # The same noise in a program of another shape: equal but for rounding in float32.
    assert three.m.array == pytest.approx(alone.m.array, abs=1e-5 * 1e6)
    table = three.table.data
    columns = [table[name].to_numpy() for name in ("mx", "mx_1", "mx_2")]
    assert all((abs(a - b) > 1e-3).all() for a, b in zip(columns, columns[1:] + columns[:1], strict=True))
    stored = df.Field.from_file("b/bar/drive-0/replicas/bar-0002.omf")
    assert stored.orientation.x.array.sum() / 7 == pytest.approx(table["mx_2"].iloc[-1], abs=1e-5)  # float32
    recorded = json.loads(Path("b/bar/drive-0/info.json").read_text())
    assert (recorded["seed"], recorded["replicas"]) == (7, 3)


def test_no_noise_without_a_seed(hot):
    with pytest.raises(RuntimeError, match="seed"):
        nc.TimeDriver().drive(hot, t=1e-12, n=1)
    assert not Path("bar").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "seed is for T > 0"),
        ({"t": -1.0}, "t -1.0 must be"),
        ({"n": 0}, "n 0 must be"),
        ({"ovf_format": "bin2"}, "'bin2' is unknown"),
        ({"t": "1e-12"}, "t '1e-12' must be a finite time"),
        ({"n": 2.0}, r"n 2\.0 must be an integer"),
    ],
)
def test_arguments_are_refused_before_anything_is_written(system, options, message):
    with pytest.raises(ValueError, match=message):
        nc.TimeDriver().drive(system, **{"t": 1e-12, "n": 1, **options})
    assert not Path("bar").exists()


def test_numbers_of_numpy_are_numbers(system):
    nc.TimeDriver().drive(system, t=np.float32(2e-12), n=np.int64(2))
    assert info()["n"] == 2
    assert info()["success"]
    assert len(system.table.data) == 2
    nc.HysteresisDriver().drive(system, Hmin=np.array([0, 0, 1e5]), Hmax=(0, 0, -1e5), n=np.int32(2))
    assert info(1)["Hmin"] == [0, 0, 1e5]


@pytest.mark.parametrize("value", ["1", [0.1], -1, np.nan])
def test_limits_that_are_no_numbers_are_refused_by_name(system, value):
    with pytest.raises(ValueError, match=r"stopping_mxHxm .* must be a number of at least 0 A/m"):
        nc.MinDriver(stopping_mxHxm=value).drive(system)
    with pytest.raises(ValueError, match=r"stopping_dm_dt .* must be a number of at least 0 deg/ns"):
        nc.TimeDriver(stopping_dm_dt=value).drive(system, t=1e-12, n=1)
    assert not Path("bar").exists()


def test_a_rest_before_a_pulse_is_said(system):
    system.m.array = system.m.norm.array * (0, 0, 1)
    system.energy = mm.Zeeman(H=(0, 0, 1e6)) + mm.Zeeman(
        H=(1e6, 0, 0), func=lambda t: t > 1e-12, dt=1e-13, name="pulse"
    )
    with pytest.warns(timedriver.EarlyRestWarning, match=r"ended at 0 s of 2e-12 s"):
        nc.TimeDriver(stopping_dm_dt=0.01).drive(system, t=2e-12, n=1)
    assert system.m.orientation.array[0, 0, 0].tolist() == [0, 0, 1]
    with warnings.catch_warnings():  # the controls
        warnings.simplefilter("error", timedriver.EarlyRestWarning)
        nc.TimeDriver().drive(system, t=2e-12, n=1)
        assert system.m.orientation.array[0, 0, 0, 0] != 0
        system.energy = mm.Zeeman(H=(0, 0, 1e6))
        nc.TimeDriver(stopping_dm_dt=1e9).drive(system, t=2e-12, n=1)


def test_misspelt_argument_is_refused(system):
    with pytest.raises(TypeError, match="takes no 'fixed_subregion'"):
        nc.MinDriver().drive(system, fixed_subregion=["left"])


def test_failed_drive_says_so_and_leaves_the_system_alone(system, monkeypatch):
    before = system.m.array.copy()
    states = nc.TimeDriver._states

    def failing(*args, **kwargs):
        yield next(iter(states(*args, **kwargs)))
        raise FloatingPointError("halfway")

    with monkeypatch.context() as patch:
        patch.setattr(nc.TimeDriver, "_states", failing)
        with pytest.raises(FloatingPointError):
            nc.TimeDriver().drive(system, t=2e-12, n=2)
    assert info()["success"] is False
    assert np.array_equal(system.m.array, before)
    nc.TimeDriver().drive(system, t=2e-12, n=2)
    assert info(1)["success"] is True


def test_unsupported_term_fails_by_name(system):
    system.dynamics += mm.ZhangLi(
        u=1.0, beta=0.1, tcl_strings={"script": "", "script_args": "stage", "script_name": ""}
    )
    with pytest.raises(UnsupportedError, match="'zhangli'"):
        nc.TimeDriver().drive(system, t=1e-12, n=1)
    assert info()["success"] is False


def test_fixed_subregion_is_fixed(system):
    before = system.m["left"].array.copy()
    nc.TimeDriver().drive(system, t=2e-12, n=1, fixed_subregions=["left"])
    assert system.m["left"].array == pytest.approx(before, abs=1e-9 * 1e6)
    assert (
        abs(system.m.array - df.Field(system.m.mesh, nvdim=3, value=(1, 0.2, 0.3), norm=system.m.norm).array).max()
        > 1e4
    )


@pytest.mark.parametrize("keys", [{"func": np.cos, "dt": 1e-13}, {"func": "sin"}, {"wave": "sin"}])
def test_time_dependent_field_needs_a_time_driver(system, keys):
    for key, value in keys.items():
        setattr(system.energy.zeeman, key, value)
    with pytest.raises(RuntimeError, match="'zeeman' depends on time"):
        nc.MinDriver().drive(system)


def test_minimisation_that_is_given_up_warns(system):
    with pytest.warns(mindriver.NotConvergedWarning, match="after 1 iterations"):
        nc.MinDriver(total_iteration_limit=1).drive(system)


def test_energies_and_fields_add_up(system):
    terms = [nc.compute(term.energy, system) for term in system.energy]
    assert sum(terms) == pytest.approx(nc.compute(system.energy.energy, system), rel=1e-12)
    density = nc.compute(system.energy.density, system)
    volume = np.prod(system.m.mesh.cell)
    assert float(density.array.sum() * volume) == pytest.approx(sum(terms), rel=1e-12)
    # The field of the whole energy is that of its quadratic and linear parts: E = -mu0 M . (H_lin / 2 + H_zeeman).
    linear = nc.compute(system.energy.exchange.effective_field, system) + nc.compute(
        system.energy.demag.effective_field, system
    )
    half = -0.5 * mu_0 * volume * float((system.m.array * linear.array).sum())
    assert half == pytest.approx(terms[0] + terms[2], rel=1e-12)


def test_hysteresis_of_a_macrospin_switches_at_its_anisotropy_field():
    """Stoner and Wohlfarth: along the easy axis at 2 K / (mu0 Ms)."""
    switching = 2 * 1e5 / (mu_0 * 1e6)
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2e-9,) * 3, n=(1, 1, 1))
    spin = mm.System(
        name="bar",
        energy=mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)),
        m=df.Field(mesh, nvdim=3, value=(0.01, 0, 1), norm=1e6),
    )
    ends = [tuple(np.array([1e-4, 0, sign]) * 2 * switching) for sign in (1, -1)]
    nc.HysteresisDriver().drive(spin, Hmin=ends[0], Hmax=ends[1], n=41)
    table = spin.table.data
    field = table["Bz_hysteresis"].to_numpy() * 1e-3 / mu_0 / switching
    assert len(table) == 81
    for side, sign in ((slice(0, 41), 1), (slice(40, 81), -1)):
        jump = np.argmax(sign * table["mz"].to_numpy()[side] < 0)
        # The tilt of 1e-4 lowers the switching field by 1.5 (1e-4)^(2/3) = 0.3 %; the steps are 10 %.
        assert -sign * field[side][jump] == pytest.approx(1.05, abs=0.0501)


def tcl_pulse(scale):
    return {
        "script": f"proc Pulse {{ t }} {{ return [expr {{$t > 3e-10 && $t < 3.5e-10 ? {scale} : 0.0}}] }}",
        "script_name": "Pulse",
        "script_args": "total_time",
    }


def spin_in(**terms):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2e-9,) * 3, n=(1, 1, 1))
    spin = mm.System(name="bar", energy=mm.Zeeman(H=(0, 0, 0), name="none"), dynamics=mm.Precession(gamma0=2e5))
    spin.energy += terms.get("energy", mm.Zeeman(H=(0, 0, 0)))
    spin.dynamics += terms.get("dynamics", mm.Damping(alpha=0.1))
    spin.m = df.Field(mesh, nvdim=3, value=(1, 0, 0), norm=1e6)
    return spin


def test_a_tcl_pulse_on_a_system_at_rest_is_not_stepped_over():
    """At 2e5 * 1e5 rad/s the spin turns by 1 rad in 50 ps; a pulse of current likewise moves the spin."""
    pytest.importorskip("tkinter")
    script = "proc Pulse { t } { return [list 0 0 [expr {$t > 3e-10 && $t < 3.5e-10 ? 1e5 : 0.0}] 0 0 0] }"
    strings = tcl_pulse(1.0) | {"energy": "Oxs_ScriptUZeeman", "script": script}
    field = spin_in(energy=mm.Zeeman(H=(0, 0, 0), tcl_strings=strings), dynamics=mm.Damping(alpha=0))
    nc.TimeDriver().drive(field, t=1e-9, n=1)
    assert field.m.orientation.array[0, 0, 0] == pytest.approx([np.cos(1), np.sin(1), 0], abs=1e-4)
    current = spin_in(dynamics=mm.Slonczewski(J=1e11, mp=(0, 0, 1), P=0.4, Lambda=1, tcl_strings=tcl_pulse(1.0)))
    nc.TimeDriver().drive(current, t=1e-9, n=1)
    assert abs(current.m.orientation.array[0, 0, 0, 2]) > 0.01


def test_a_tcl_current_counts_in_the_time_step():
    pytest.importorskip("tkinter")
    models = []
    for scale in (1.0, 1e12):
        torque = mm.Slonczewski(J=1e13 / scale, mp=(0, 0, 1), P=0.4, Lambda=1, tcl_strings=tcl_pulse(scale))
        models.append(translate(tcl.resolve(spin_in(dynamics=torque))))
    steps = [midpoint.largest_step(model, 1e-9) for model in models]
    assert steps[0] == pytest.approx(steps[1], rel=1e-9)
    assert steps[0] < 1e-12


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("proc Pulse { t } { return NaN }", "'slonczewski' gives nan at t = 0 s; accepted: finite"),
        ("proc Pulse { t } { return [list 1 2] }", r"'slonczewski' gives \[1.0, 2.0\] at t = 0 s; accepted: one"),
        ("proc Push { t } { return 1 }", "'slonczewski' fails at t = 0 s: TclError: invalid command name"),
        ("proc Pulse { t", "script of the term 'slonczewski' is no Tcl: missing close-brace"),
    ],
)
def test_a_tcl_script_that_gives_no_number_is_refused(script, message):
    pytest.importorskip("tkinter")
    strings = tcl_pulse(1.0) | {"script": script}
    case = spin_in(dynamics=mm.Slonczewski(J=1e12, mp=(0, 0, 1), P=0.4, Lambda=1, tcl_strings=strings))
    with pytest.raises(FunctionError, match=message):
        nc.TimeDriver().drive(case, t=1e-11, n=1)


@pytest.mark.parametrize("key", ["script", "script_name"])
def test_tcl_without_what_it_needs_is_refused(key):
    strings = {name: text for name, text in tcl_pulse(1.0).items() if name != key}
    case = spin_in(dynamics=mm.Slonczewski(J=1e12, mp=(0, 0, 1), P=0.4, Lambda=1, tcl_strings=strings))
    with pytest.raises(UnsupportedError, match=f"tcl_strings of the term 'slonczewski' have no '{key}'"):
        nc.TimeDriver().drive(case, t=1e-11, n=1)


@pytest.mark.slow
def test_tcl_and_python_give_the_same_motion(system):
    pytest.importorskip("tkinter")
    script = "proc Ramp { total_time } { return [list [expr {1e6 * $total_time / 1e-12}] 0 0 0 0 0] }"
    strings = {"script": script, "script_name": "Ramp", "script_args": "total_time", "energy": "Oxs_ScriptUZeeman"}
    ways = {
        "tcl": mm.Zeeman(H=(0, 0, 0), tcl_strings=strings, name="ramp"),
        "python": mm.Zeeman(H=(1e6, 0, 0), func=lambda t: t / 1e-12, dt=1e-18, name="ramp"),
    }
    ends = {}
    for way, ramp in ways.items():
        start = df.Field(system.m.mesh, nvdim=3, value=system.m, norm=system.m.norm)
        case = mm.System(name=way, energy=system.energy + ramp, dynamics=system.dynamics, m=start)
        nc.TimeDriver().drive(case, t=1e-12, n=1)
        ends[way] = case.m.array
        assert case.table.data["Bx_ramp"].iloc[-1] == pytest.approx(1e3 * mu_0 * 1e6, rel=1e-6)
    assert ends["tcl"] == pytest.approx(ends["python"], abs=1e-9 * 1e6)
