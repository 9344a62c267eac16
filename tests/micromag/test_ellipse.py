"""The elliptic stochastic MTJ: what is known without a simulation, its fluctuation, and what protocols record of it."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.constants import k, mu_0

from magbayes.data.seeds import derive
from magbayes.micromag import EllipticMTJ, Ensemble, Equilibrium, Fluctuation, StochasticMTJ
from magbayes.micromag.devices.device import demagnetising_factors
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.fields import linear_terms
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.protocols import drawing, fluctuation, resolution, variation, widths
from magbayes.micromag.raw import COEFFICIENTS
from tests.oommf_cases import AS_GIVEN

# So cold that angles are small and spin waves hardly shorten the moment; such cells are coarse, in theory as well.
KEYS = {"diameter": 48e-9, "aspect": 2.0, "cell_size": 8e-9, "damping": 0.5} | AS_GIVEN
VOLTAGE, TEMPERATURE = -4.0, 10.0
# Two-sided; one false alarm in ten thousand runs of a test.
LIMIT = stats.norm.isf(0.5e-4)


def test_an_ellipse_of_equal_axes_is_the_disk():
    ellipse, disk = EllipticMTJ(aspect=1), StochasticMTJ()
    assert np.array_equal(ellipse.magnetisation.array, disk.magnetisation.array)
    assert ellipse.magnetisation.mesh == disk.magnetisation.mesh
    assert ellipse.in_plane_symmetric
    assert not EllipticMTJ().in_plane_symmetric
    assert ellipse.barrier(0.1) == disk.barrier(0.1)
    # Control: another aspect is another shape.
    assert EllipticMTJ().magnetisation.mesh != disk.magnetisation.mesh


@pytest.mark.parametrize("aspect", [1.25, 2.0, 0.5])
def test_demagnetising_factors_are_ordered_and_add_up_to_one(aspect):
    x, y, z = demagnetising_factors(EllipticMTJ(aspect=aspect).magnetisation)
    assert x + y + z == pytest.approx(1, abs=1e-9)
    assert (x < y < z) if aspect > 1 else (y < x < z)


def test_cells_have_to_divide_both_axes():
    with pytest.raises(
        ValueError, match=r"but not 3.07692e-08 m, that along y; 3.2e-08 m \(diameter / 1.25\) would do"
    ):
        EllipticMTJ(aspect=1.3)
    with pytest.raises(ValueError, match=r"does not divide diameter 4.1e-08 m"):
        EllipticMTJ(diameter=41e-9)
    assert EllipticMTJ(aspect=1.25).magnetisation.mesh.n.tolist() == [10, 8, 1]


@pytest.mark.parametrize("diameter", [37e-9, 41e-9, 43e-9, 67e-9])
def test_the_cell_size_that_a_refusal_names_is_accepted(diameter):
    with pytest.raises(ValueError, match="does not divide") as error:
        StochasticMTJ(diameter=diameter)
    named = re.findall(r"; (\S+) m would", str(error.value))[0]
    assert StochasticMTJ(diameter=diameter, cell_size=float(named)).diameter == diameter


def test_a_scaled_ellipse_has_the_same_cells():
    device, larger = EllipticMTJ(), EllipticMTJ().scaled(1.05)
    assert larger.extent == pytest.approx(1.05 * np.array(device.extent))
    assert np.array_equal(larger.magnetisation.array, device.magnetisation.array)
    assert np.allclose(larger.magnetisation.mesh.cell[:2], 1.05 * device.cell_size, rtol=1e-12, atol=0)


def spin_waves(device):
    """std(m_x) and std(m_y) of small angles, from the energy of all cells to second order around +z.

    Equipartition: the covariance of the cells' in-plane components is kB T times the inverse of the second derivatives
    of the energy, mu0 Ms V (h_z - h) with h_z the field on the cells of the state along +z, and h that of the tilts.
    """
    model = translate(device.system(voltage=VOLTAGE, temperature=TEMPERATURE))
    cells = np.flatnonzero(model.mask)
    count = len(cells)

    def states():
        for component in (0, 1):
            for cell in cells:
                state = np.zeros((3, *model.shape))
                state[component].flat[cell] = 1
                yield state

    with jax.enable_x64(True):

        def field(state):
            total = sum(term(jnp.asarray(state)) for term in linear_terms(model).values())
            return np.asarray(total).reshape(3, -1)[:, cells]

        along = field(np.stack([0 * model.mask, 0 * model.mask, 1.0 * model.mask]))[2]
        tilts = np.array([field(state)[:2].ravel() for state in states()])
    moment = device.saturation_magnetisation * device.volume / count
    stiffness = mu_0 * moment * (np.diag(np.tile(along, 2)) - tilts)
    covariance = k * TEMPERATURE * np.linalg.inv(stiffness).reshape(2, count, 2, count).mean(axis=(1, 3))
    return np.sqrt(np.diag(covariance))


@pytest.fixture(scope="module")
def squares():
    """Mean squares (replicas, components) of m_x and m_y in a cold ellipse."""
    device = EllipticMTJ(**KEYS)
    start = to_grid(device.magnetisation.orientation.array)
    model = translate(device.system(voltage=VOLTAGE, temperature=TEMPERATURE))
    trajectory = ensemble.run(model, start, replicas=128, samples=140, interval=2e-11, seed=3)
    return (trajectory.mean[:, 20:, :2].astype(float) ** 2).mean(axis=1)


def width(squares):
    """Root of the mean of (replicas,) mean squares, and its standard error."""
    sigma = np.sqrt(squares.mean())
    return sigma, stats.sem(squares) / (2 * sigma)


@pytest.mark.slow
def test_the_width_along_x_is_not_that_along_y(squares):
    """Each as theory says, within its own error; the mean of both, which a disk allows, is neither."""
    expected = spin_waves(EllipticMTJ(**KEYS))
    for component in (0, 1):
        sigma, error = width(squares[:, component])
        assert abs(sigma - expected[component]) < LIMIT * error
        pooled, margin = width(squares.mean(axis=1))
        assert abs(pooled - expected[component]) > LIMIT * margin
    assert expected[0] > 1.1 * expected[1]


def test_spin_waves_of_a_stiff_ellipse_are_one_rigid_spin():
    """The theory above against that of the demagnetising factors; coarse cells are almost rigid."""
    device = EllipticMTJ(**KEYS, exchange_stiffness=1e-10)
    assert spin_waves(device)[0] == pytest.approx(device.macrospin_sigma(VOLTAGE, TEMPERATURE), rel=0.02)


WIDE, NARROW = 0.2, 0.1


def draw(seed, replicas, samples):
    """Magnetisations whose m_x is twice as wide as m_y."""
    return np.random.default_rng(seed).normal(size=(replicas, samples, 3)) * [WIDE, NARROW, 0]


@pytest.fixture
def lopsided(monkeypatch):
    """In place of an engine: m_x twice as wide as m_y."""

    def simulate(system, *, replicas, duration, sample_interval, seed, **_):
        samples = round(duration / sample_interval)
        meta = {"wall_time": 0.0, "time_step": 1e-13}
        times = sample_interval * np.arange(1, samples + 1)
        return Ensemble(times, draw(seed, replicas, samples), np.zeros((replicas, 2, 2, 1, 3)), meta)

    def sample(system, *, replicas, samples, seed, **_):
        m = draw(seed, replicas, samples)
        energies = dict.fromkeys(COEFFICIENTS, np.zeros((replicas, samples)))
        return Equilibrium(m, m, energies, np.zeros((replicas, 2, 2, 1, 3)), {"acceptance": np.ones(replicas)})

    def prepared(system, **keys):
        return lambda seed, start: simulate(system, seed=seed, **keys)

    monkeypatch.setattr(fluctuation, "prepared", prepared)
    monkeypatch.setattr(widths, "simulate", simulate)
    monkeypatch.setattr(drawing, "sample", sample)


RUN = {"temperature": 300.0, "seed": 1, "engine": "native"}


def seed_of(name, engine):
    """Seed of a varied disk's run, of which the sampler takes one for each stage."""
    seed = derive(RUN["seed"], name, "+0V")
    return derive(seed, "equilibrium", 0) if engine == "native" else seed


POOLED = np.sqrt((WIDE**2 + NARROW**2) / 2)


@pytest.mark.usefixtures("lopsided")
@pytest.mark.parametrize("engine", ["native", "oommf"])
@pytest.mark.parametrize(("device", "expected"), [(EllipticMTJ(), WIDE), (StochasticMTJ(), POOLED)])
def test_resolution_and_variation_take_the_component_along_the_reference_layer(device, expected, engine):
    """200 samples or 50 of 32 replicas know the width to 2 %; the pooled one is 21 % smaller."""
    run = RUN | {"engine": engine}
    protocol = resolution.Resolution(cells_across=(10, 20), replicas=32, duration=2.5e-9)
    found = protocol.run(device, **run)[0]
    moment = device.bare(300.0).moment
    assert found["sigma"].value.shape == (3, 2, 3)
    assert found["sigma"].value[:, 0, 0] * moment == pytest.approx(expected, rel=0.08)
    assert found["sigma_of_step"].value[:, 0] * moment == pytest.approx(expected, rel=0.08)
    # A width of x alone has another error than one of both.
    settings = variation.DiskVariation(replicas=16, equilibration=0.0, duration=1e-8, voltages=(0.0,))
    error = float(settings.run(device, **run)[0]["diameter_response_error"][0])
    components = [0] if expected == WIDE else [0, 1]
    drawn = [draw(seed_of(name, engine), 16, 200) for name in ("small", "large")]
    variances = [(m[..., components] ** 2).mean(axis=(1, 2)) for m in drawn]
    span = np.log1p(settings.change) - np.log1p(-settings.change)
    errors = [stats.sem(v) / (2 * v.mean()) for v in variances]
    assert error == pytest.approx(np.hypot(*errors) / span, rel=1e-9)


@pytest.mark.usefixtures("lopsided")
@pytest.mark.parametrize(("device", "components"), [(EllipticMTJ(), 1), (StochasticMTJ(), 2)])
@pytest.mark.parametrize("draws", [0, 60])
def test_a_raw_ensemble_says_whether_x_and_y_are_equals(device, components, draws):
    protocol = Fluctuation(replicas=8, draws=draws, equilibration=0.0, duration=1e-9, precision=0.05)
    recorded = protocol.run(device, 0.0, **RUN)
    assert recorded.in_plane_symmetric == (components == 2)
    assert (recorded.draws is None) == (draws == 0)
    m = recorded.equilibrium
    # The precision that was asked for is that of the width that will be fitted.
    variances = (m[..., :components].astype(float) ** 2).mean(axis=(1, 2))
    margin = stats.t.ppf(0.975, len(m) - 1) * stats.sem(variances) / (2 * variances.mean())
    assert margin < 0.05


def test_an_ellipse_needs_its_own_number_of_replicas():
    m = np.random.default_rng(2).normal(size=(12, 50, 3))
    one, both = (fluctuation.replicas_for(m, 0.03, in_plane_symmetric=equal) for equal in (False, True))
    only_x = fluctuation.replicas_for(m[..., [0, 0, 2]], 0.03)
    assert one == only_x
    assert one != both
