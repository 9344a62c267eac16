"""Values that no engine can take: not finite, in another unit, on other cells; each refused by name, in one line."""

import dataclasses
import math

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest

import magbayes.micromag.calculator as nc
from magbayes.data.errors import EngineError
from magbayes.micromag import simulate
from magbayes.micromag.llg import ensemble, runge_kutta
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import UnsupportedError, to_grid, translate

N, EDGES = (3, 2, 1), (12e-9, 8e-9, 2e-9)
LEFT = df.Region(p1=(0, 0, 0), p2=(4e-9, 8e-9, 2e-9))
MESH = df.Mesh(p1=(0, 0, 0), p2=EDGES, n=N, subregions={"left": LEFT})
DYNAMICS = mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1)
NAN, INF = math.nan, math.inf


def system(energy=None, extra=None, T=0.0, m=None):
    return mm.System(
        name="small",
        energy=mm.Zeeman(H=(0, 0, 1e5)) if energy is None else energy,
        dynamics=DYNAMICS if extra is None else DYNAMICS + extra,
        m=df.Field(MESH, nvdim=3, value=(0, 0.6, 0.8), norm=8e5) if m is None else m,
        T=T,
    )


def field(value=1.0, components=1, mesh=MESH, wrong=None, unit=None):
    """A uniform field, with another value in cell (1, 0, 0)."""
    result = df.Field(mesh, nvdim=components, value=(value,) * components if components > 1 else value, unit=unit)
    if wrong is not None:
        result.array[1, 0, 0] = wrong
    return result


def spoilt_m():
    m = system().m
    m.array[1, 0, 0, 2] = NAN
    return m


def large_m():
    m = system().m
    m.array[1, 0, 0] = 1e200  # its square is infinite
    return m


NOT_FINITE = {
    "m": (lambda: system(m=spoilt_m()), r"m is \[.*nan\] in cell \(1, 0, 0\), at \(6e-09, 2e-09, 1e-09\) m"),
    "norm": (lambda: system(m=large_m()), r"the norm of m is \[inf\] in cell \(1, 0, 0\)"),
    "T": (lambda: system(T=NAN), "T is nan K"),
    "H": (lambda: system(mm.Zeeman(H=(0, INF, 0))), r"'H' of the term 'zeeman' is \(0, inf, 0\)"),
    "H, field": (lambda: system(mm.Zeeman(H=field(1.0, 3, wrong=NAN))), r"'H' of the term 'zeeman' is .* \(1, 0, 0\)"),
    "H, region": (lambda: system(mm.Zeeman(H={"left": (NAN, 0, 0)})), "'H' .* in the region 'left' is"),
    "f": (lambda: system(mm.Zeeman(H=(0, 0, 1), func="sin", f=INF, t0=0)), "'f' of the term 'zeeman' is inf"),
    "K": (lambda: system(mm.UniaxialAnisotropy(K=NAN, u=(0, 0, 1))), "'K' of the term 'uniaxialanisotropy' is nan"),
    "u": (lambda: system(mm.UniaxialAnisotropy(K=1e5, u=(0, NAN, 1))), "'u' of the term 'uniaxialanisotropy'"),
    "K1": (lambda: system(mm.UniaxialAnisotropy(K1=1e5, K2=INF, u=(0, 0, 1))), "'K2' of the term 'uniaxialanisotropy'"),
    "u1": (lambda: system(mm.CubicAnisotropy(K=1e4, u1=(INF, 0, 0), u2=(0, 1, 0))), "'u1' of the term"),
    "A": (lambda: system(mm.Exchange(A=field(1e-11, wrong=INF))), r"'A' of the term 'exchange' is \[inf\] in cell"),
    "A, regions": (lambda: system(mm.Exchange(A={"left": 1e-11, "default": NAN})), "'A' .* in the region 'default'"),
    "D": (lambda: system(mm.DMI(D=NAN, crystalclass="T")), "'D' of the term 'dmi'"),
    "strain": (
        lambda: system(mm.MagnetoElastic(B1=1e6, B2=1e6, e_diag=(1, NAN, 1), e_offdiag=(0, 0, 0))),
        "'e_diag' of the term 'magnetoelastic'",
    ),
    "alpha": (lambda: system(extra=mm.Damping(alpha=NAN, name="other")), "'alpha' of the term 'other' is nan"),
    "gamma0": (lambda: system(extra=mm.Precession(gamma0=INF, name="other")), "'gamma0' of the term 'other' is inf"),
    "J": (lambda: system(extra=mm.Slonczewski(J=NAN, mp=(0, 0, 1), P=0.4, Lambda=1)), "'J' of the term 'slonczewski'"),
    "mp": (lambda: system(extra=mm.Slonczewski(J=1, mp=(0, 0, INF), P=0.4, Lambda=1)), "'mp' of the term"),
    "beta": (lambda: system(extra=mm.ZhangLi(u=1, beta=NAN)), "'beta' of the term 'zhangli'"),
    "drift": (lambda: system(extra=mm.ZhangLi(u=(1, INF, 0), beta=0.1)), "'u' of the term 'zhangli'"),
}


@pytest.mark.parametrize("name", NOT_FINITE)
def test_what_is_not_finite_is_refused_by_name(name):
    make, message = NOT_FINITE[name]
    with pytest.raises(ValueError, match=message) as refused:
        translate(make())
    assert "must be finite" in str(refused.value)
    assert "\n" not in str(refused.value)


MAGNETIC = (lambda p: p[0] < 8e-9, {True: 8e5, False: 0})


def half_filled(energy=None, extra=None):
    """The small system without material in its last third along x."""
    inside, norms = MAGNETIC
    start = df.Field(MESH, nvdim=3, value=(0, 0, 1), norm=lambda p: norms[inside(p)])
    return system(energy, extra, m=start)


def values(inside, outside=None, components=1):
    """A field with one value where the half-filled system is magnetic, and another where it is not."""
    chosen = MAGNETIC[0]
    return df.Field(MESH, nvdim=components, value=lambda p: inside if chosen(p) or outside is None else outside)


def slonczewski(**keys):
    return mm.Slonczewski(**{"J": 1e12, "mp": (0, 0, 1), "P": 0.4, "Lambda": 2, **keys})


SPINS = {"alpha": lambda value: mm.Precession(gamma0=2e5) + mm.Damping(alpha=value)}
SPINS["gamma0"] = lambda value: mm.Precession(gamma0=value) + mm.Damping(alpha=0.1)


def with_dynamics(dynamics):
    case = half_filled()
    case.dynamics = dynamics
    return case


MEANINGLESS = {
    "alpha": (lambda v: with_dynamics(SPINS["alpha"](values(-0.1, v))), r"'alpha' .* is -0.1 in cell \(0, 0, 0\)", 0.1),
    "gamma0": (lambda v: with_dynamics(SPINS["gamma0"](values(-2e5, v))), "'gamma0' .* must not be below 0", 0.0),
    "Lambda": (lambda v: half_filled(extra=slonczewski(Lambda=values(0.0, v))), "'Lambda' .* must be above 0", 0.0),
    "P": (lambda v: half_filled(extra=slonczewski(P=values(-0.4, v))), "'P' .* must be above 0", 0.0),
    "mp": (
        lambda v: half_filled(extra=slonczewski(mp=values((0, 0, 0), v, 3))),
        "'mp' .* must be a direction",
        (0, 0, 0),
    ),
    "u": (
        lambda v: half_filled(mm.UniaxialAnisotropy(K=1e5, u=values((0, 0, 0), v, 3))),
        r"'u' .* is \(0, 0, 0\) in cell \(0, 0, 0\): it must be a direction",
        (0, 0, 0),
    ),
    "u of K2": (lambda v: half_filled(mm.UniaxialAnisotropy(K1=0, K2=1e5, u=(0, 0, 0))), "'u' .* direction", None),
    "u1": (lambda v: half_filled(mm.CubicAnisotropy(K=1e5, u1=(0, 0, 0), u2=(0, 1, 0))), "'u1' .* direction", None),
    "complex H": (lambda v: half_filled(mm.Zeeman(H=field(1j, 3))), "'H' .* is complex", None),
    "complex K": (lambda v: half_filled(mm.UniaxialAnisotropy(K=field(1j), u=(0, 0, 1))), "'K' .* is complex", None),
    "complex m": (lambda v: system(m=field(1j, 3)), "m is complex", None),
    "no m": (lambda v: mm.System(name="small", energy=mm.Demag()), "no magnetisation", None),
    "m of one component": (lambda v: system(m=field(8e5)), r"m has 1 component\(s\); it must have 3", None),
    "no material": (lambda v: system(m=field(0.0, 3)), "m is 0 in every cell", None),
    "two dampings": (
        lambda v: system(extra=mm.Damping(alpha=0.5, name="other")),
        r"terms \['damping', 'other'\], all Damping; accepted: one",
        None,
    ),
    "other directions": (
        lambda v: system(m=df.Field(renamed(("z", "y", "x"), "z"), nvdim=3, value=(0, 0, 8e5))),
        r"directions of the mesh are called \('z', 'y', 'x'\); accepted: \('x', 'y', 'z'\)",
        None,
    ),
}


def renamed(dims, bc):
    return df.Mesh(region=df.Region(p1=(0, 0, 0), p2=EDGES, dims=dims), n=N, bc=bc)


@pytest.mark.parametrize("name", MEANINGLESS)
def test_what_means_nothing_is_refused_by_name(name):
    make, message, _ = MEANINGLESS[name]
    with pytest.raises((ValueError, UnsupportedError), match=message) as refused:
        translate(make(None))
    assert "\n" not in str(refused.value)


GOOD = {"alpha": 0.2, "gamma0": 2e5, "Lambda": 1.5, "P": 0.3, "mp": (1, 0, 0), "u": (1, 0, 0)}


@pytest.mark.parametrize("name", GOOD)
def test_it_is_no_matter_outside_the_material(name):
    """The control of the test above: the same values in cells without material."""
    outside = MEANINGLESS[name][2]
    inside, components = GOOD[name], np.size(GOOD[name])
    parameter = values(inside, outside, components)
    if name in SPINS:
        translate(with_dynamics(SPINS[name](parameter)))
    elif name == "u":
        translate(half_filled(mm.UniaxialAnisotropy(K=1e5, u=parameter)))
    else:
        translate(half_filled(extra=slonczewski(**{name: parameter})))


def test_where_gamma0_is_0_nothing_turns():
    case = system(T=300.0)
    case.dynamics = mm.Precession(gamma0={"left": 0, "default": 2e5}) + mm.Damping(alpha=0.1)
    ensemble = simulate(case, replicas=2, duration=1e-12, sample_interval=1e-12, seed=1)
    assert ensemble.final[:, 0] == pytest.approx(np.broadcast_to((0, 0.6, 0.8), (2, 2, 1, 3)), abs=1e-6)
    assert np.abs(ensemble.final[:, 1:] - (0, 0.6, 0.8)).max() > 1e-3
    still = system(mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)))
    still.dynamics = mm.Precession(gamma0=0) + mm.Damping(alpha=0.1)
    found = Minimiser(translate(still))(to_grid(still.m.orientation.array), tolerance=1e-3)
    assert found.converged
    assert found.m[2] == pytest.approx(1)


def overdamped():
    case = system()
    case.dynamics = mm.Precession(gamma0=2e5) + mm.Damping(alpha=1e12)
    return case


NEVER = {
    "field": (lambda: system(mm.Zeeman(H=(0, 0, 1e25))), [0.0, 300.0]),
    "anisotropy": (lambda: system(mm.UniaxialAnisotropy(K=1e25, u=(0, 1, 1))), [0.0, 300.0]),
    "huge anisotropy": (lambda: system(mm.UniaxialAnisotropy(K=1e300, u=(0, 1, 1))), [0.0, 300.0]),
    "wave": (lambda: system(mm.Zeeman(H=(0, 0, 1e5), func="sin", f=1e30, t0=0)), [0.0, 300.0]),
    "damping": (overdamped, [300.0]),
    "temperature": (system, [1e15]),
}


@pytest.mark.parametrize(("name", "temperature"), [(name, T) for name, (_, Ts) in NEVER.items() for T in Ts])
def test_a_run_that_would_never_end_is_refused(name, temperature, tmp_path):
    case = NEVER[name][0]()
    case.T = temperature
    options = {"seed": 1} if temperature else {}
    with pytest.raises(ValueError, match=r"too many steps|would not end|periods in 1e-11 s"):
        nc.TimeDriver().drive(case, t=1e-11, n=1, dirname=str(tmp_path), verbose=0, **options)


def test_seconds_in_place_of_nanoseconds_are_refused(tmp_path):
    for options in ({}, {"seed": 1}):
        case = system(T=300.0 if options else 0.0)
        with pytest.raises(ValueError, match=r"10 s are too many steps|a run of 10 s"):
            nc.TimeDriver().drive(case, t=10, n=1, dirname=str(tmp_path), verbose=0, **options)
    # With a rest to wait for, the run ends there.
    case = system()
    nc.TimeDriver(stopping_dm_dt=0.01).drive(case, t=10, n=1, dirname=str(tmp_path), verbose=0)
    assert case.m.orientation.array[..., 2] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70, 1.5, True, "1"])
def test_a_seed_that_would_be_another_one_is_refused(seed, tmp_path):
    hot = system(T=300.0)
    with pytest.raises(ValueError, match=r"seed .* must be an integer from 0 to 4294967295"):
        simulate(hot, replicas=1, duration=1e-12, sample_interval=1e-12, seed=seed)
    with pytest.raises(ValueError, match="must be an integer from 0"):
        nc.TimeDriver().drive(hot, t=1e-12, n=1, seed=seed, dirname=str(tmp_path), verbose=0)
    with pytest.raises(ValueError, match=r"replicas 1\.5 must be an integer"):
        simulate(hot, replicas=1.5, duration=1e-12, sample_interval=1e-12, seed=1)


def test_drives_and_ensembles_refuse_it_before_they_begin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong, hot = mm.Zeeman(H=(0, NAN, 0)), {"replicas": 1, "duration": 1e-12, "sample_interval": 1e-12, "seed": 1}
    calls = [
        lambda: nc.MinDriver().drive(system(wrong)),
        lambda: nc.TimeDriver().drive(system(wrong), t=1e-12, n=1),
        lambda: nc.TimeDriver().drive(system(), t=INF, n=1),
        lambda: nc.TimeDriver().drive(system(wrong, T=300), t=1e-12, n=1, seed=1),
        lambda: nc.HysteresisDriver().drive(system(), Hmin=(0, 0, NAN), Hmax=(0, 0, 1), n=2),
        lambda: nc.compute((case := system(wrong)).energy.energy, case),
        lambda: simulate(system(wrong, T=300), **hot),
        lambda: simulate(system(T=300), **hot | {"duration": INF}),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"finite|positive number"):
            call()
    assert not any(tmp_path.iterdir())


def test_results_are_finite_or_an_error_says_where():
    case = system()
    m = to_grid(case.m.orientation.array)
    spoilt = dataclasses.replace(translate(case), damping=np.full((1, 2, 3), NAN))
    with pytest.raises(runge_kutta.IntegrationError, match="time 0 s: the field is not finite"):
        list(runge_kutta.integrate(spoilt, m, duration=1e-12, stages=3))
    with pytest.raises(EngineError, match="replica 0 is not finite at 1e-12 s"):
        ensemble.run(spoilt, m, replicas=2, samples=3, interval=1e-12, seed=1, time_step=1e-13)
    huge = system(mm.Zeeman(H=(1e308, 1e308, 0)) + mm.Zeeman(H=(1e308, 0, 0), name="more"))
    with pytest.raises(EngineError, match="minimiser met a field that is not finite"):
        Minimiser(translate(huge))(m, tolerance=1e-3)


def test_first_time_and_replica_are_named():
    mean, final = np.zeros((4, 3, 3)), np.zeros((4, 2, 3))
    ensemble.check_finite(mean, final, 1e-12)
    mean[2, 1:] = NAN
    with pytest.raises(EngineError, match="replica 2 is not finite at 2e-12 s"):
        ensemble.check_finite(mean, final, 1e-12)
    final[3] = INF
    with pytest.raises(EngineError, match="replica 3 is not finite at 3e-12 s"):
        ensemble.check_finite(np.zeros((4, 3, 3)), final, 1e-12)


@pytest.mark.parametrize("key", ["duration", "tolerance", "largest_step", "stopping_rate"])
def test_a_motion_without_an_end_is_refused(key):
    case = system()
    model, m = translate(case), to_grid(case.m.orientation.array)
    with pytest.raises(ValueError, match=key.split("_")[0]):
        list(runge_kutta.integrate(model, m, **{"duration": 1e-12, "stages": 1, key: NAN}))


@pytest.mark.parametrize("key", ["tolerance", "uniform"])
def test_a_search_without_an_end_is_refused(key):
    case = system()
    arguments = {"tolerance": 1e-3, key: NAN if key == "tolerance" else (0, NAN, 0)}
    with pytest.raises(ValueError, match=key):
        Minimiser(translate(case))(to_grid(case.m.orientation.array), **arguments)


def in_unit(unit, factor):
    """The system of `everything`, with its mesh in another unit."""
    region = df.Region(p1=(0, 0, 0), p2=np.multiply(EDGES, factor), units=[unit] * 3)
    subregions = {"left": df.Region(p1=(0, 0, 0), p2=np.multiply(LEFT.pmax, factor), units=[unit] * 3)}
    return df.Mesh(region=region, n=N, subregions=subregions)


def everything(mesh):
    case = system(mm.Exchange(A=1e-11) + mm.Demag() + mm.Zeeman(H={"left": (1e5, 2e5, 0)}))
    case.energy += mm.UniaxialAnisotropy(K=field(1e5, mesh=mesh, wrong=2e5, unit="J/m^3"), u=(0, 0, 1))
    case.m = df.Field(mesh, nvdim=3, value=lambda p: (p[0], 1e-9, p[1]), norm=8e5, unit="A/m")
    case.m.array = df.Field(MESH, nvdim=3, value=lambda p: (p[0], 1e-9, p[1]), norm=8e5).array
    return case


@pytest.mark.parametrize(("unit", "factor"), [("nm", 1e9), ("um", 1e6), ("mm", 1e3), ("None", 1), ("", 1)])
def test_a_mesh_in_another_unit_of_length_is_the_same_system(unit, factor):
    metres, other = everything(MESH), everything(in_unit(unit, factor))
    expected, found = translate(metres), translate(other)
    assert found.cell == pytest.approx(expected.cell, rel=1e-14, abs=0)
    m = to_grid(metres.m.orientation.array)
    for name, energy in energies(expected, m).items():
        assert energies(found, m)[name] == pytest.approx(energy, rel=1e-9, abs=0)
    assert other.m.mesh.region.units == (unit,) * 3  # the user's own is left alone
    # Taken for metres, the numbers of nanometres would be another system.
    assert translate(everything(MESH)).cell_volume == pytest.approx(64e-27 / 2, rel=1e-9)


def test_a_file_in_nanometres_runs_in_its_own_cells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    everything(in_unit("nm", 1e9)).m.to_file("start.omf")
    read = df.Field.from_file("start.omf")
    assert read.mesh.region.units == ("nm",) * 3
    case = system(mm.Demag() + mm.Exchange(A=1e-11), m=read)
    nc.MinDriver().drive(case, verbose=0)
    metres = system(mm.Demag() + mm.Exchange(A=1e-11), m=everything(MESH).m)
    nc.MinDriver().drive(metres, verbose=0)
    assert case.m.array == pytest.approx(metres.m.array, abs=1e-9 * 8e5)
    assert case.m.mesh.region.units == ("nm",) * 3


def other_units(units):
    return df.Mesh(region=df.Region(p1=(0, 0, 0), p2=(3, 2, 1), units=units), n=N)


UNITS = {
    "mixed": (
        lambda: system(m=field(1, 3, other_units(["nm", "nm", "m"]))),
        r"mesh of m has the units \('nm', 'nm', 'm'\)",
    ),
    "length": (lambda: system(m=field(1, 3, other_units(["s"] * 3))), r"accepted: one of m, mm, um"),
    "m": (lambda: system(m=field(1, 3, unit="T")), "m has the unit 'T'; accepted: 'A/m'"),
    "H": (
        lambda: system(mm.Zeeman(H=field(1, 3, unit="T"))),
        "'H' of the term 'zeeman' has the unit 'T'; accepted: 'A/m'",
    ),
    "K": (lambda: system(mm.UniaxialAnisotropy(K=field(unit="J/cm3"), u=(0, 0, 1))), "'J/cm3'; accepted: 'J/m\\^3'"),
    "A": (lambda: system(mm.Exchange(A=field(unit="erg/cm"))), "'A' of the term 'exchange' has the unit 'erg/cm'"),
    "alpha": (lambda: system(extra=mm.Damping(alpha=field(unit="%"), name="other")), "'%'; accepted: '1'"),
    "J": (
        lambda: system(extra=mm.Slonczewski(J=field(unit="A/cm^2"), mp=(0, 0, 1), P=0.4, Lambda=1)),
        "'A/cm\\^2'; accepted: 'A/m\\^2'",
    ),
    "u": (lambda: system(extra=mm.ZhangLi(u=field(unit="A/m2"), beta=0.1)), "'A/m2'; accepted: 'm/s'"),
    "mesh of a parameter": (
        lambda: system(mm.Exchange(A=field(mesh=other_units(["s"] * 3)))),
        "the mesh of 'A' of the term 'exchange' has the units",
    ),
    "finer": (
        lambda: system(mm.Exchange(A=field(mesh=df.Mesh(p1=(0, 0, 0), p2=EDGES, n=(6, 4, 1))))),
        r"'A' of the term 'exchange' lies on 6 x 4 x 1 cells .* m on 3 x 2 x 1 .* df.Field\(system.m.mesh, nvdim=1",
    ),
    "shifted": (
        lambda: system(mm.Exchange(A=field(mesh=df.Mesh(p1=(1e-9, 0, 0), p2=(13e-9, 8e-9, 2e-9), n=N)))),
        "lies on 3 x 2 x 1 cells of 4e-09 x 4e-09 x 2e-09 m from \\(1e-09, 0, 0\\) m",
    ),
    "smaller": (
        lambda: system(mm.Exchange(A=field(mesh=df.Mesh(p1=(0, 0, 0), p2=(8e-9, 8e-9, 2e-9), n=(2, 2, 1))))),
        "lies on 2 x 2 x 1 cells",
    ),
}


@pytest.mark.parametrize("name", UNITS)
def test_units_and_cells_that_are_not_the_systems_are_refused(name):
    make, message = UNITS[name]
    with pytest.raises(UnsupportedError, match=message) as refused:
        translate(make())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("unit", [None, "", "None", "J/m^3", "J/m3", "J/m**3", "J m^-3", "J/m³"])
def test_spellings_of_the_right_unit_are_taken(unit):
    model = translate(system(mm.UniaxialAnisotropy(K=field(3e5, unit=unit), u=field(1, 3, unit="A/m"))))
    assert (model.terms[0].strength == 3e5).all()


def test_a_field_on_more_of_the_same_cells_is_taken_where_they_are():
    mesh = df.Mesh(p1=(-8e-9, -4e-9, 0), p2=(16e-9, 8e-9, 4e-9), n=(6, 3, 2))
    wide = field(1e5, mesh=mesh)
    wide.array[3, 1, 0] = 7e5  # cell (1, 0, 0) of the system
    wide.array[0, 0, 0] = NAN  # outside
    model = translate(system(mm.UniaxialAnisotropy(K=wide, u=(0, 0, 1))))
    assert model.terms[0].strength[0].tolist() == [[1e5, 7e5, 1e5], [1e5] * 3]
