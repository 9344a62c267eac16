"""Every term of the energy and every spin torque: against OOMMF, live and recorded, and against its own energy."""

import functools

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import oommfc
import pytest
from scipy.constants import mu_0

from magbayes.micromag.llg import fields
from magbayes.micromag.llg.grid import cross, in_double_precision
from magbayes.micromag.llg.model import to_grid, translate

N, CELL = (6, 4, 2), (2e-9, 2.5e-9, 1.5e-9)
EDGES = tuple(np.multiply(N, CELL))
LEFT, RIGHT = df.Region(p1=(0, 0, 0), p2=(4e-9, 10e-9, 3e-9)), df.Region(p1=(6e-9, 0, 0), p2=(12e-9, 10e-9, 3e-9))
TILT = (0.6, 0.0, 0.8)
# OOMMF's mu0 is the value before 2019, which differs by 1.3e-10.
RELATIVE = 1e-9


def mesh(bc=""):
    return df.Mesh(p1=(0, 0, 0), p2=EDGES, n=N, bc=bc, subregions={"left": LEFT, "right": RIGHT})


def saturation(point):
    """Missing cells in the middle and at a corner; two materials."""
    x, y, z = np.floor(np.divide(point, CELL)).astype(int)
    if (x, y, z) in {(2, 1, 0), (3, 2, 1), (5, 3, 0), (5, 3, 1)}:
        return 0
    return 8e5 if x < 3 else 6e5


def state(bc=""):
    values = np.random.default_rng(1).normal(size=(*N, 3))
    return df.Field(mesh(bc), nvdim=3, value=values, norm=saturation)


def varying(low, high):
    """A field of one component that takes every value between two."""
    values = np.linspace(low, high, np.prod(N)).reshape(*N, 1)
    return df.Field(mesh(), nvdim=1, value=values)


VECTORS = df.Field(mesh(), nvdim=3, value=np.random.default_rng(2).normal(size=(*N, 3)), norm=1)


EXCHANGE = {"left": 1.1e-11, "right": 7e-12, "left:right": 3e-12, "default": 5e-12}
STRAIN = {"e_diag": (1e-3, -2e-3, 3e-3), "e_offdiag": (4e-3, 5e-3, 6e-3)}
AXES = {"left": (1, 0, 0), "right": TILT, "default": (0, 0, 1)}

# Term and boundary condition of the mesh.
CASES = {
    "exchange": (mm.Exchange(A=1.1e-11), ""),
    "exchange, regions": (mm.Exchange(A=EXCHANGE), ""),
    "exchange, field": (mm.Exchange(A=varying(5e-12, 2e-11)), ""),
    "exchange, periodic": (mm.Exchange(A=varying(5e-12, 2e-11)), "xz"),
    "demag": (mm.Demag(), ""),
    "demag, periodic x": (mm.Demag(), "x"),
    "demag, periodic z": (mm.Demag(), "z"),
    "dmi, regions": (mm.DMI(D={"left": 2e-3, "right": -1e-3, "default": 5e-4}, crystalclass="Cnv_z"), ""),
    "dmi, periodic": (mm.DMI(D=1e-3, crystalclass="T"), "xy"),
    "dmi T": (mm.DMI(D=1.5e-3, crystalclass="T"), ""),
    "dmi O": (mm.DMI(D=1.5e-3, crystalclass="O"), ""),
    "dmi Cnv_x": (mm.DMI(D=1.5e-3, crystalclass="Cnv_x"), ""),
    "dmi Cnv_y": (mm.DMI(D=1.5e-3, crystalclass="Cnv_y"), ""),
    "dmi Cnv_z": (mm.DMI(D=1.5e-3, crystalclass="Cnv_z"), ""),
    "dmi D2d_x": (mm.DMI(D=1.5e-3, crystalclass="D2d_x"), ""),
    "dmi D2d_y": (mm.DMI(D=1.5e-3, crystalclass="D2d_y"), ""),
    "dmi D2d_z": (mm.DMI(D=1.5e-3, crystalclass="D2d_z"), ""),
    "anisotropy": (mm.UniaxialAnisotropy(K=4e5, u=TILT), ""),
    "anisotropy, regions": (mm.UniaxialAnisotropy(K={"left": 4e5, "default": 1e5}, u=AXES), ""),
    "anisotropy, field": (mm.UniaxialAnisotropy(K=varying(1e5, 6e5), u=VECTORS), ""),
    "anisotropy, hard": (mm.UniaxialAnisotropy(K=-4e5, u=TILT), ""),
    "anisotropy, K2": (mm.UniaxialAnisotropy(K1=4e5, K2=varying(1e4, 3e5), u=TILT), ""),
    "cubic": (mm.CubicAnisotropy(K=varying(1e4, 5e4), u1=TILT, u2=(0, 1, 0)), ""),
    "strain": (mm.MagnetoElastic(B1=-8e6, B2=varying(1e6, 9e6), **STRAIN), ""),
    "rkky": (mm.RKKY(subregions=["left", "right"], sigma=-1e-4, sigma2=3e-5), ""),
    "rkky, bilinear": (mm.RKKY(subregions=["right", "left"], sigma=2e-4), ""),
    "zeeman": (mm.Zeeman(H=(1e4, -2e4, 3e4)), ""),
    "zeeman, regions": (mm.Zeeman(H={"left": (1e4, 0, 0), "right": (0, 2e4, 0)}), ""),
    "zeeman, field": (mm.Zeeman(H=VECTORS), ""),
}

# What OOMMF 2.1a0 said on 23 November 2026 of `state`: energy in J, root mean square of the field over all
# cells in A/m.
RECORDED = {
    "exchange": (3.65947451545e-18, 2.94747999066e07),
    "exchange, regions": (2.58715451475e-18, 2.03694151356e07),
    "exchange, field": (4.13618974432e-18, 3.82437273126e07),
    "exchange, periodic": (6.08681991027e-18, 5.81049368594e07),
    "demag": (3.55860176265e-20, 2.75321303081e05),
    "demag, periodic x": (3.58206612638e-20, 2.79912651108e05),
    "demag, periodic z": (3.54579975558e-20, 3.09606175260e05),
    "dmi, regions": (-8.79446399463e-21, 8.81496407846e05),
    "dmi, periodic": (-1.88461467071e-20, 9.60815453486e05),
    "dmi T": (-2.47127305240e-20, 1.34272399141e06),
    "dmi O": (-2.47127305240e-20, 1.34272399141e06),
    "dmi Cnv_x": (4.05997905043e-21, 1.13350121168e06),
    "dmi Cnv_y": (-1.21808371630e-20, 1.22346517770e06),
    "dmi Cnv_z": (3.71133363271e-20, 1.10446781844e06),
    "dmi D2d_x": (-2.74629362688e-21, 1.09381320617e06),
    "dmi D2d_y": (4.33813553285e-20, 1.22262244873e06),
    "dmi D2d_z": (-4.06350617016e-20, 1.14487729346e06),
    "anisotropy": (8.77119971575e-20, 5.24836679322e05),
    "anisotropy, regions": (4.09262661838e-20, 3.21679967130e05),
    "anisotropy, field": (6.49066431384e-20, 5.90277049020e05),
    "anisotropy, hard": (4.42880028425e-20, 5.24836679322e05),
    "anisotropy, K2": (1.26029192780e-19, 8.37595968917e05),
    "cubic": (2.02321398143e-21, 3.74590176518e04),
    "strain": (-3.12660725398e-21, 9.61721544789e04),
    "rkky": (-5.08339082838e-21, 1.23709534656e05),
    "rkky, bilinear": (1.22687028740e-20, 1.93565060779e05),
    "zeeman": (1.48605868952e-21, 3.58236421003e04),
    "zeeman, regions": (1.78860357688e-22, 1.44337567297e04),
    "zeeman, field": (-4.88412965927e-26, 9.57427107756e-01),
}

GAMMA0 = mm.consts.gamma0
USUAL = mm.Precession(gamma0=GAMMA0) + mm.Damping(alpha={"left": 0.1, "default": 0.3})
SPIN = {"mp": AXES, "P": {"left": 0.4, "default": 0.3}, "Lambda": {"left": 2, "default": 1.5}}
NO_FIELD = mm.Zeeman(H=(0, 0, 0))
DRIFT = {"left": (100, -200, 300), "default": (0, 50, 300)}
GAMMAS = {"left": 1e5, "right": 3e5, "default": 2e5}

# Energy and dynamics.
DURATION = 1e-12
MOTIONS = {
    "slonczewski": (NO_FIELD, USUAL + mm.Slonczewski(J={"left": 5e12, "right": -2e12}, **SPIN, eps_prime=0.1)),
    "zhang-li": (NO_FIELD, USUAL + mm.ZhangLi(u=300, beta=0.4)),
    "zhang-li, vectors": (NO_FIELD, USUAL + mm.ZhangLi(u=DRIFT, beta=0.1)),
    "zeeman, sin": (mm.Zeeman(H=(1e6, 0, 2e6), func="sin", f=5e11, t0=1e-13), USUAL),
    "zeeman, sinc": (mm.Zeeman(H={"left": (1e6, 0, 0)}, func="sinc", f=5e11, t0=3e-13), USUAL),
    "no damping": (mm.Zeeman(H=1e6 * VECTORS), mm.Precession(gamma0=GAMMA0)),
    "gamma0, regions": (mm.Zeeman(H=1e6 * VECTORS), mm.Precession(gamma0=GAMMAS) + mm.Damping(alpha=0.1)),
}

# The mean of m over the material after `DURATION`, likewise.
RECORDED_MOTIONS = {
    "slonczewski": (-0.0034706696, 0.0214109467, -0.1521716878),
    "zhang-li": (-0.0343396098, 0.0313368847, -0.1317641787),
    "zhang-li, vectors": (-0.0273319711, 0.0199249860, -0.1459141193),
    "zeeman, sin": (-0.0154811681, 0.0363302563, -0.1040957887),
    "zeeman, sinc": (-0.0250340372, 0.0224881807, -0.1444737697),
    "no damping": (-0.0115649839, 0.0220214964, -0.1400677143),
    "gamma0, regions": (-0.0144831782, 0.0195446018, -0.1351771437),
}


def system(energy, bc="", dynamics=USUAL):
    return mm.System(name="terms", energy=energy, dynamics=dynamics, m=state(bc))


@functools.cache
def translated(name):
    """Model and random unit vectors (3, nz, ny, nx) of a case."""
    term, bc = CASES[name]
    case = system(term, bc)
    return translate(case), to_grid(case.m.orientation.array)


def easy_offset(term):
    """What OOMMF adds to the energy so that it vanishes along an easy axis, J."""
    if not isinstance(term, mm.UniaxialAnisotropy):
        return 0.0
    inside = state().norm.array[..., 0] > 0
    constants = [getattr(term, key) for key in ("K", "K1", "K2")]
    total = sum(
        df.Field(mesh(), nvdim=1, value=value if not isinstance(value, dict) else {"right": value["default"]} | value)
        .array[inside]
        .sum()
        for value in constants
        if isinstance(value, float | dict | df.Field)
    )
    return max(total, 0.0) * np.prod(CELL)


@pytest.fixture
def oommf_here(needs_oommf, tmp_path, monkeypatch):
    """Skips without OOMMF; else runs it in a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=CASES, scope="module")
def name(request):
    return request.param


@pytest.fixture(params=RECORDED, scope="module")
def recorded(request):
    """Name of a case that OOMMF knows too."""
    return request.param


def test_every_term_of_ubermag_is_compared_with_oommf():
    ubermag = {name for name, (term, _) in CASES.items() if type(term).__module__.startswith("micromagneticmodel.")}
    assert ubermag == set(RECORDED)


def test_energy_and_field_are_those_that_oommf_recorded(recorded):
    model, m = translated(recorded)
    energy, rms = RECORDED[recorded]
    (found,) = fields.energies(model, m).values()
    (field,) = fields.effective_fields(model, m).values()
    assert found + easy_offset(CASES[recorded][0]) == pytest.approx(energy, rel=RELATIVE, abs=0)
    assert np.sqrt((field**2).sum(axis=0).mean()) == pytest.approx(rms, rel=RELATIVE, abs=0)


def test_energy_and_field_are_those_of_oommf(recorded, oommf_here):
    model, m = translated(recorded)
    term, bc = CASES[recorded]
    case = system(term, bc)
    (found,) = fields.energies(model, m).values()
    (field,) = fields.effective_fields(model, m).values()
    energy = oommfc.compute(case.energy.energy, case, verbose=0)
    reference = to_grid(oommfc.compute(case.energy.effective_field, case, verbose=0).array) * model.mask
    assert found + easy_offset(term) == pytest.approx(energy, rel=RELATIVE, abs=0)
    assert field == pytest.approx(reference, rel=0, abs=RELATIVE * np.abs(reference).max())


def test_field_is_minus_the_derivative_of_the_energy(name):
    model, m = translated(name)
    turn = np.cross(m, np.random.default_rng(3).normal(size=m.shape), axis=0)
    (field,) = fields.effective_fields(model, m).values()
    step = 1e-4
    (up,), (down,) = (fields.energies(model, m + sign * step * turn).values() for sign in (1, -1))
    slope = (up - down) / (2 * step)
    work = -mu_0 * model.cell_volume * (model.saturation * turn * field).sum()
    # A central difference of a polynomial of degree 4 or less is off by some step^2.
    assert work == pytest.approx(slope, rel=1e-6, abs=0)
    assert 1.0001 * work != pytest.approx(slope, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    "name",
    ["exchange, regions", "dmi, periodic", "demag", "demag, periodic x", "anisotropy, K2", "cubic", "strain", "rkky"],
)
def test_fields_follow_the_precision_and_take_replicas(name):
    model, m = translated(name)
    replicas = np.stack([m, -m, m[::-1]]) * model.mask
    field = jax.jit(lambda m: fields.effective_field(model)(m, jnp.zeros(0)))
    single, double = field(jnp.asarray(replicas, jnp.float32)), in_double_precision(field, replicas)
    assert single.dtype == jnp.float32
    # Rounding of float32, over the sums of a transform.
    assert np.asarray(single) == pytest.approx(double, rel=0, abs=1e-5 * np.abs(double).max())
    assert fields.effective_fields(model, replicas[1])[CASES[name][0].name] == pytest.approx(
        double[1], rel=0, abs=1e-12 * np.abs(double).max()
    )


@pytest.mark.parametrize("name", [name for name, (term, _) in CASES.items() if isinstance(term, mm.Exchange)])
def test_local_part_of_exchange_exerts_no_torque(name):
    model, m = translated(name)
    whole, pairs = (in_double_precision(fields.exchange_field(model, local), m * model.mask) for local in (True, False))
    assert np.abs(whole - pairs).max() > 0.1 * np.abs(whole).max()
    across = np.cross(m, whole - pairs, axis=0)
    assert across == pytest.approx(np.zeros_like(m), abs=1e-12 * np.abs(whole).max())


def moved(name):
    """Mean of m over the material after `DURATION`, by the classical Runge-Kutta method."""
    energy, dynamics = MOTIONS[name]
    case = system(energy, dynamics=dynamics)
    model, steps = translate(case), 200
    step = DURATION / steps
    field = fields.effective_field(model)
    factors = model.factors(step / 2 * np.arange(2 * steps + 1))

    def slope(m, factors):
        torque = cross(m, field(m, factors))
        return -model.gamma0 / (1 + model.damping**2) * (torque + model.damping * cross(m, torque))

    def advance(m, factors):
        first = slope(m, factors[0])
        second = slope(m + step / 2 * first, factors[1])
        third = slope(m + step / 2 * second, factors[1])
        fourth = slope(m + step * third, factors[2])
        return m + step / 6 * (first + 2 * second + 2 * third + fourth), None

    stages = np.stack([factors[:-1:2], factors[1::2], factors[2::2]], axis=1)
    end = in_double_precision(
        lambda m, stages: jax.lax.scan(advance, m, stages)[0], to_grid(case.m.orientation.array) * model.mask, stages
    )
    return end.sum(axis=(1, 2, 3)) / model.mask.sum()


def moved_by_oommf(name):
    """The same, in OOMMF."""
    energy, dynamics = MOTIONS[name]
    case = system(energy, dynamics=dynamics)
    oommfc.TimeDriver().drive(case, t=DURATION, n=1, verbose=0, n_threads=1)
    inside = case.m.norm.array[..., 0] > 0
    return case.m.orientation.array[inside].mean(axis=0)


# Error of OOMMF's adaptive scheme over the duration, in which spins turn by up to 0.4; 2e-8 was seen.
MOTION = 1e-7


@pytest.mark.parametrize("name", MOTIONS)
def test_motion_is_that_which_oommf_recorded(name):
    assert moved(name) == pytest.approx(np.array(RECORDED_MOTIONS[name]), rel=0, abs=MOTION)


@pytest.mark.parametrize("name", MOTIONS)
def test_motion_is_that_of_oommf(name, oommf_here):
    assert moved(name) == pytest.approx(moved_by_oommf(name), rel=0, abs=MOTION)


@pytest.mark.parametrize("wrong", [mm.ZhangLi(u=-300, beta=0.4), mm.ZhangLi(u=300, beta=0.399)])
def test_motion_tells_a_wrong_torque(wrong, monkeypatch):
    monkeypatch.setitem(MOTIONS, "wrong", (NO_FIELD, USUAL + wrong))
    assert np.abs(moved("wrong") - RECORDED_MOTIONS["zhang-li"]).max() > 10 * MOTION


def test_zhang_li_repeats_with_the_mesh():
    """Shifting a state along a periodic direction shifts the field."""
    m = np.random.default_rng(4).normal(size=(*N, 3))
    full = df.Field(mesh("x"), nvdim=3, value=m, norm=8e5)
    model = translate(mm.System(name="wrap", energy=NO_FIELD, dynamics=USUAL + mm.ZhangLi(u=300, beta=0.4), m=full))
    field = model.torques[0].field(model)
    start = to_grid(full.orientation.array)
    shifted = in_double_precision(field, np.roll(start, 1, axis=-1))
    expected = np.roll(in_double_precision(field, start), 1, axis=-1)
    assert shifted == pytest.approx(expected, rel=0, abs=1e-12 * np.abs(expected).max())


def test_a_matrix_in_time_turns_the_field_and_is_held_over_dt():
    def quarter(t):
        cosine, sine = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
        return [cosine, -sine, 0, sine, cosine, 0, 0, 0, 1]

    model = translate(system(mm.Zeeman(H=(1e5, 2e5, 3e5), func=quarter, dt=1.0) + mm.Zeeman(H=(7, 7, 7), name="rest")))
    factors = model.factors(np.array([0.4, 0.6]))
    assert factors.shape == (2, 9)
    for row, expected in zip(factors, [(1e5, 2e5, 3e5), (-2e5, 1e5, 3e5)], strict=True):
        found = fields.effective_fields(model, to_grid(state().orientation.array), row)
        assert found["zeeman"][:, 0, 0, 0] == pytest.approx(expected, rel=1e-12)
        assert found["rest"][:, 0, 0, 0] == pytest.approx(7)


def test_terms_of_one_kind_keep_their_names():
    model = translate(
        system(mm.UniaxialAnisotropy(K=1e4, u=TILT, name="a") + mm.UniaxialAnisotropy(K=2e4, u=TILT, name="b"))
    )
    found = fields.energies(model, to_grid(state().orientation.array))
    assert found["b"] == pytest.approx(2 * found["a"], rel=1e-12)
