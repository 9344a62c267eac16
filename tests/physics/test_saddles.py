"""States without torque that are no minima: left along their softest direction, where it is soft enough to be one."""

import dataclasses

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

import magbayes.micromag.calculator as nc
from magbayes.micromag.llg import minimise
from magbayes.micromag.llg.curvature import smoother, softest
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import to_grid, translate

MS, CELL = 8e5, 2e-9


def minimum(energy, value, n=(1, 1, 1), cell=CELL, subregions=None, norm=MS, fixed=None):
    """Model, start and minimum of a system that starts from `value`."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=np.multiply(n, cell), n=n, subregions=subregions or {})
    system = mm.System(name="spin", energy=energy, m=df.Field(mesh, nvdim=3, value=value, norm=norm))
    model, start = translate(system, fixed_subregions=fixed), to_grid(system.m.orientation.array)
    return model, start, Minimiser(model)(start, tolerance=1e-3)


def energy_of(model, m):
    return sum(energies(model, m).values())


@pytest.mark.parametrize("n", [(1, 1, 1), (20, 10, 2)])
@pytest.mark.parametrize("strength", [1e2, 1e6])
def test_field_against_m_turns_it(n, strength):
    model, start, found = minimum(mm.Zeeman(H=(0, 0, -strength)) + mm.Exchange(A=1e-11), (0, 0, 1), n=n)
    assert found.converged
    # Below the tolerance of 1e-3 A/m a spin is within 1e-3 / strength of the field.
    assert found.m[2] == pytest.approx(-np.ones(model.shape), abs=1e-9)
    along = Minimiser(model)(-start, tolerance=1e-3)
    assert along.iterations == 0  # the control: a minimum stays, bit by bit
    assert np.array_equal(along.m, -start)


def test_hard_axis_is_left_and_the_easy_one_kept():
    energy = mm.UniaxialAnisotropy(K=1e5, u=(1, 0, 0)) + mm.Exchange(A=1e-11)
    model, start, found = minimum(energy, (0, 0, 1), (6, 4, 1))
    assert np.abs(found.m[0]) == pytest.approx(np.ones(model.shape), abs=1e-9)
    assert energy_of(model, found.m) < energy_of(model, start)
    again = minimum(energy, (0, 0, 1), (6, 4, 1))[2]
    assert np.array_equal(found.m, again.m)  # the side is chosen by a seed, and not by chance


def test_elongated_film_magnetised_across_turns_along():
    _, _, found = minimum(mm.Demag() + mm.Exchange(A=1.3e-11), (0, 1, 0), n=(24, 6, 1))
    assert np.abs(found.m[0]).mean() > 0.95


def test_synthetic_antiferromagnet_leaves_the_parallel_state():
    n = (4, 4, 3)
    layers = {
        "low": df.Region(p1=(0, 0, 0), p2=(8e-9, 8e-9, 2e-9)),
        "gap": df.Region(p1=(0, 0, 2e-9), p2=(8e-9, 8e-9, 4e-9)),
        "high": df.Region(p1=(0, 0, 4e-9), p2=(8e-9, 8e-9, 6e-9)),
    }
    energy = (
        mm.RKKY(subregions=["low", "high"], sigma=-1e-4)
        + mm.Exchange(A=1e-11)
        + mm.UniaxialAnisotropy(K=1e3, u=(1, 0, 0))
    )
    filled = {"low": MS, "gap": 0, "high": MS}
    _, _, found = minimum(energy, (1, 0, 0), n, subregions=layers, norm=filled)
    assert found.converged
    low, high = found.m[:, 0], found.m[:, 2]
    assert (low * high).sum(axis=0) == pytest.approx(-np.ones((4, 4)), abs=1e-6)
    # Ferromagnetic coupling keeps what an antiferromagnetic one leaves.
    energy.rkky.sigma = 1e-4
    _, start, kept = minimum(energy, (1, 0, 0), n, subregions=layers, norm=filled)
    assert np.array_equal(kept.m, start)


def against_its_own_field(n=(8, 8, 2)):
    """Cells along m in fields of 1e3 to 1e7 A/m, without exchange, and one cell with 1e3 A/m against m."""
    rng = np.random.default_rng(1)
    strength = np.zeros((*n, 3))
    strength[..., 2] = 10 ** rng.uniform(3, 7, n)
    strength[5, 3, 1] = (0, 0, -1e3)
    mesh = df.Mesh(p1=(0, 0, 0), p2=np.multiply(n, CELL), n=n)
    return minimum(mm.Zeeman(H=df.Field(mesh, nvdim=3, value=strength)), (0, 0, 1), n)[2]


def test_a_soft_cell_among_stiff_ones_is_found():
    found = against_its_own_field()
    expected = np.ones((2, 8, 8))
    expected[1, 3, 5] = -1
    assert found.converged
    assert found.m[2] == pytest.approx(expected, abs=1e-9)


def test_without_levelled_cells_it_is_missed(monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr(minimise, "leveller", lambda model: np.ones_like)
    found = against_its_own_field()
    assert found.converged
    assert found.iterations == 0


HK = 2 * 1e5 / (mu_0 * MS)
FLAT = {
    # Maxima along at least one direction, by the fourth power of the angle, with no curvature in that direction.
    "m^4 across": (lambda sign: mm.UniaxialAnisotropy(K1=0, K2=sign * 1e5, u=(0, 0, 1)), (1, 0, 0)),
    "K1 = -2 K2": (lambda sign: mm.UniaxialAnisotropy(K1=-sign * 2e5, K2=sign * 1e5, u=(0, 0, 1)), (0, 0, 1)),
    "switching field": (
        lambda sign: mm.UniaxialAnisotropy(K=sign * 1e5, u=(0, 0, 1)) + mm.Zeeman(H=(0, 0, -sign * HK)),
        (0, 0, 1),
    ),
}


@pytest.mark.parametrize("n", [(1, 1, 1), (4, 4, 1)])
@pytest.mark.parametrize("name", FLAT)
def test_a_maximum_without_curvature_is_left_and_such_a_minimum_kept(name, n):
    energy, value = FLAT[name]
    exchange = mm.Exchange(A=1e-11)
    model, start, found = minimum(energy(1) + exchange, value, n)
    assert found.converged
    assert energy_of(model, found.m) < energy_of(model, start) - 0.1 * 1e5 * model.cell_volume * model.mask.sum()
    _, start, kept = minimum(energy(-1) + exchange, value, n)
    assert np.array_equal(kept.m, start)


def test_fixed_cells_are_no_way_out():
    halves = {"left": df.Region(p1=(0, 0, 0), p2=(4e-9, 2e-9, 2e-9))}
    _, start, found = minimum(mm.Zeeman(H=(0, 0, -1e5)), (0, 0, 1), (4, 1, 1), subregions=halves, fixed=["left"])
    assert np.array_equal(found.m[..., :2], start[..., :2])
    assert found.m[2, 0, 0, 2:] == pytest.approx([-1, -1], abs=1e-9)


def wall(x0):
    return lambda p: (1 / np.cosh((p[0] - x0) / 5e-9), 0, -np.tanh((p[0] - x0) / 5e-9))


NEUTRAL = {
    # Turning all spins, about the axis of an easy plane, costs nothing; nor does a wall that moves by a cell.
    "easy plane": (mm.UniaxialAnisotropy(K=-1e5, u=(0, 0, 1)) + mm.Exchange(A=1e-11), (0.6, 0.8, 0), (20, 10, 1)),
    "exchange alone": (mm.Exchange(A=1e-11), (0.6, 0, 0.8), (20, 10, 2)),
    "no energy": (mm.Zeeman(H=(0, 0, 0)), (0, 0, 1), (4, 4, 1)),
    "wall": (mm.UniaxialAnisotropy(K=5e5, u=(0, 0, 1)) + mm.Exchange(A=1.25e-11), wall(100e-9), (100, 1, 1)),
    "wall, off the middle": (
        mm.UniaxialAnisotropy(K=5e5, u=(0, 0, 1)) + mm.Exchange(A=1.25e-11),
        wall(73e-9),
        (100, 1, 1),
    ),
}


def nudges(name, monkeypatch):
    """How often the search for the minimum of a case leaves a saddle, and how far it goes in all."""
    energy, value, n = NEUTRAL[name]
    left = []
    lower = Minimiser._lower

    def counted(self, state, uniform):
        result = lower(self, state, uniform)
        left.append(result.iterations - state.iterations)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(Minimiser, "_lower", counted)
        _, start, found = minimum(energy, value, n)
    assert found.converged
    return sum(left), np.abs(found.m - start).max()


@pytest.mark.parametrize("name", NEUTRAL)
def test_neutral_modes_are_no_way_out(name, monkeypatch):
    left, distance = nudges(name, monkeypatch)
    assert left == 0
    assert distance < 0.02  # the wall takes the shape that the cells give it, in its place


def test_without_the_tolerance_a_wall_creeps_away(monkeypatch):
    """The free end of the chain draws it, by next to nothing: a saddle in exact arithmetic alone."""
    monkeypatch.setattr(minimise, "MARGINAL", 0.0)
    monkeypatch.setattr(minimise, "TORQUE_SHARE", 0.0)
    left, distance = nudges("wall, off the middle", monkeypatch)
    assert left > 0
    assert distance > 0.1


def test_softest_curvature_is_that_of_a_dense_matrix():
    """Against the Hessian from scratch: the energy's second derivatives along great circles."""
    rng = np.random.default_rng(5)
    spectrum = np.concatenate([[-0.02], np.linspace(0.01, 2, 299)])
    turn, _ = np.linalg.qr(rng.normal(size=(300, 300)))
    matrix = turn @ np.diag(spectrum) @ turn.T
    found = softest(lambda v: matrix @ v, rng.normal(size=300))
    assert found @ matrix @ found == pytest.approx(-0.02, abs=1e-3)
    flipped = softest(lambda v: matrix @ matrix @ v, rng.normal(size=300))
    assert flipped @ matrix @ matrix @ flipped >= 0


def test_smoother_leaves_the_stiffness_of_every_wave_alike():
    """Exchange and a field: the stiffness of a cosine wave, by the engine's own field, times its factor squared."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(16e-9, 8e-9, 2e-9), n=(8, 4, 1))
    system = mm.System(name="film", energy=mm.Exchange(A=1e-11) + mm.Zeeman(H=(0, 0, 1e5)))
    system.m = df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS)
    model = translate(system)
    smooth = smoother(model)
    for k in range(8):
        wave = np.zeros((3, 1, 4, 8))
        wave[0] = np.cos(np.pi * k * (np.arange(8) + 0.5) / 8)
        factor = (smooth(wave) * wave).sum() / (wave * wave).sum()
        exchange = 2e-11 / (mu_0 * MS * CELL**2) * (2 - 2 * np.cos(np.pi * k / 8))
        assert factor**-2 == pytest.approx(1e5 + exchange, rel=1e-9)


@pytest.fixture
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("_workplace")
def test_hysteresis_follows_a_branch_to_its_end_and_no_further():
    """Stoner and Wohlfarth, field along the easy axis: the branch against the field is stable up to 2 K / (mu0 Ms)."""
    switching = 2 * 1e5 / (mu_0 * MS)
    mesh = df.Mesh(p1=(0, 0, 0), p2=(8e-9, 4e-9, 2e-9), n=(4, 2, 1))
    system = mm.System(name="spin", energy=mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)) + mm.Exchange(A=1e-11))
    system.m = df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS)
    ends = [(0, 0, sign * 1.5 * switching) for sign in (1, -1)]
    nc.HysteresisDriver().drive(system, Hmin=ends[0], Hmax=ends[1], n=31, verbose=0)
    table = system.table.data
    field = table["Bz_hysteresis"].to_numpy() * 1e-3 / mu_0 / switching
    mz = table["mz"].to_numpy()
    # Steps are a tenth of the switching field. There itself the curvature is 0 up to rounding: no verdict.
    assert (mz[:31][field[:31] > -0.99] > 0.999).all()
    assert (mz[:31][field[:31] < -1.01] < -0.999).all()
    assert (mz[31:][field[31:] < 0.99] < -0.999).all()
    assert (mz[31:][field[31:] > 1.01] > 0.999).all()


@pytest.mark.usefixtures("_workplace")
@pytest.mark.parametrize("driver", [nc.MinDriver, nc.RelaxDriver])
def test_drivers_leave_a_maximum(driver):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2e-9,) * 3, n=(1, 1, 1))
    system = mm.System(
        name="spin", energy=mm.Zeeman(H=(0, 0, -1e5)), m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS)
    )
    driver().drive(system, leave_saddles=False, verbose=0)
    assert system.m.orientation.array.ravel() == pytest.approx([0, 0, 1], abs=0)
    driver().drive(system, verbose=0)
    assert system.m.orientation.array.ravel() == pytest.approx([0, 0, -1], abs=1e-9)


def test_steps_away_from_a_saddle_are_steps_like_others():
    model, start, _ = minimum(mm.Zeeman(H=(0, 0, -1e5)) + mm.Exchange(A=1e-11), (0, 0, 1), (4, 1, 1))
    states = []
    end = Minimiser(model)(start, tolerance=1e-3, on_step=states.append)
    assert [state.iterations for state in states] == list(range(1, end.iterations + 1))
    assert np.isfinite([state.torque for state in states]).all()
    heights = np.array([energy_of(model, m) for m in (start, *(state.m for state in states))])
    assert heights[1] < heights[0]
    assert (np.diff(heights) < 1e-14 * np.abs(heights).max()).all()  # rounding of total energies


def test_a_search_that_ends_at_its_limit_says_so():
    model, start, _ = minimum(mm.Zeeman(H=(0, 0, -1e5)), (0, 0, 1))
    given_up = Minimiser(model)(start, tolerance=1e-3, iterations=1)
    assert not given_up.converged
    assert energy_of(model, given_up.m) < energy_of(model, start)
    assert dataclasses.asdict(given_up)["iterations"] == 1
