"""The equilibrium sampler draws Boltzmann's distribution: against integrals, a solved chain, and other methods."""

import dataclasses

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import pytest
from numpyro.diagnostics import split_gelman_rubin
from scipy import stats
from scipy.constants import k, mu_0

from magbayes.micromag import StochasticMTJ, sample, simulate
from magbayes.micromag.llg import equilibrium, hamiltonian, linear
from magbayes.micromag.llg.fields import conjugate_densities
from magbayes.micromag.llg.model import translate
from tests.oommf_cases import AS_GIVEN
from tests.physics.theory import P_VALUE, p_value_of_mean

EDGE, MS, TEMPERATURE = 4e-9, 1e6, 300.0
ENERGY = k * TEMPERATURE
THERMAL = ENERGY / EDGE**3
"""Energy density in J/m^3 of kT in a cell."""

REPLICAS = 10_000
"""Independent chains, whose last states are independent: a mean then has an exact test."""


@pytest.fixture(params=["matrices", "transforms"])
def method(request, monkeypatch):
    """Small meshes and large ones have programs of their own; both run here on small ones."""
    monkeypatch.setattr(equilibrium, "_LATEST", {})
    if request.param == "transforms":
        for module in (equilibrium, linear):
            monkeypatch.setattr(module, "DENSE_LIMIT", 0)
    return request.param


@pytest.fixture
def take_all(monkeypatch):
    """Negative control: long steps, and no test of what they lead to."""

    def always(energy, kinetic, key):
        passed, probability = hamiltonian.accepted(energy, kinetic, key)
        return jnp.ones_like(passed), probability

    def switch():
        monkeypatch.setattr(equilibrium, "ACCEPTANCE", 0.5)
        monkeypatch.setattr(equilibrium, "accepted", always)
        monkeypatch.setattr(equilibrium, "_LATEST", {})  # or the program that refuses would be kept

    return switch


def cells(n, energy, norm=MS, **keys):
    """A mesh of n cubes, magnetised along z."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(EDGE * np.array(n)), n=n, **keys)
    m = df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=norm)
    return translate(mm.System(name="cells", energy=energy, m=m, T=TEMPERATURE))


def draw(model):
    """Samples of chains that start along z, and their last states (replicas, 3, cells)."""
    start = np.zeros((REPLICAS, 3, *model.shape))
    start[:, 2] = model.mask
    drawn = equilibrium.run(model, start, samples=10, seed=11, warm_up=60)
    return drawn, drawn.final.reshape(REPLICAS, 3, -1).astype(float)


def states(model):
    """Last states (replicas, 3, cells), which are independent."""
    return draw(model)[1]


def hotter(model, factor=1.1):
    """Negative control."""
    return dataclasses.replace(model, temperature=factor * model.temperature)


def without(model, name):
    """Negative control."""
    return dataclasses.replace(model, terms=tuple(term for term in model.terms if term.name != name))


@pytest.mark.slow
def test_free_spins_follow_langevin(method):
    """<m_z> = coth x - 1/x of each cell; x, the Zeeman energy over kT, grows along the row."""
    x = np.array([0.5, 2.0, 6.0])
    field = df.Mesh(p1=(0, 0, 0), p2=(3 * EDGE, EDGE, EDGE), n=(3, 1, 1))
    applied = df.Field(field, nvdim=3, value=lambda p: (0, 0, x[int(p[0] / EDGE)] * THERMAL / (mu_0 * MS)))
    model = cells((3, 1, 1), mm.Zeeman(H=applied))

    def p_values(model):
        m = states(model)[:, 2]
        return 3 * np.array([p_value_of_mean(m[:, i], 1 / np.tanh(x[i]) - 1 / x[i]) for i in range(3)])

    assert p_values(model).min() > P_VALUE
    assert p_values(hotter(model)).min() < P_VALUE**2


@pytest.mark.slow
def test_chain_decays_as_fisher_says(method, take_all):
    """<m_i . m_j> = (coth K - 1/K)^|i - j|, K = 2 A V / (d^2 kT). M. E. Fisher, Am. J. Phys. 32, 343 (1964)."""
    coupling, count = 3.0, 6
    model = cells((count, 1, 1), mm.Exchange(A=coupling * ENERGY / (2 * EDGE)))
    expected = 1 / np.tanh(coupling) - 1 / coupling

    def p_values(model):
        m = states(model)
        products = {d: (m[..., d:] * m[..., :-d]).sum(axis=1).mean(axis=-1) for d in range(1, count)}
        return (count - 1) * np.array([p_value_of_mean(found, expected**d) for d, found in products.items()])

    assert p_values(model).min() > P_VALUE
    assert p_values(hotter(model)).min() < P_VALUE**2
    take_all()
    assert p_values(model).min() < P_VALUE**2


def every_term():
    """Two unlike cells and an empty one, with each energy term that the engine knows, of some kT each."""

    def norm(point):
        return (5e5, 8e5, 0.0)[int(point[0] / EDGE)]

    parts = {"a": df.Region(p1=(0, 0, 0), p2=(EDGE,) * 3), "b": df.Region(p1=(EDGE, 0, 0), p2=(2 * EDGE, EDGE, EDGE))}
    axis = (0.0, 0.6, 0.8)
    energy = (
        mm.Exchange(A=0.5 * ENERGY / EDGE)
        + mm.DMI(D=1.5 * ENERGY / EDGE**2, crystalclass="Cnv_z")
        + mm.UniaxialAnisotropy(K1={"a": 1.5 * THERMAL, "b": -1.5 * THERMAL}, K2=2 * THERMAL, u=axis)
        + mm.CubicAnisotropy(K=8 * THERMAL, u1=(1, 0, 0), u2=(0, 1, 0))
        + mm.MagnetoElastic(B1=1e3 * THERMAL, B2=5e2 * THERMAL, e_diag=(1e-3, -1e-3, 0), e_offdiag=(1e-3, 2e-3, 0))
        + mm.Demag()
        + mm.RKKY(subregions=["a", "b"], sigma=-0.4 * ENERGY / EDGE**2, sigma2=0.8 * ENERGY / EDGE**2)
        + mm.Zeeman(H=tuple(1.5 * THERMAL / (mu_0 * 5e5) * np.array([0.5, 0.0, 0.7])))
    )
    return cells((3, 1, 1), energy, norm, subregions=parts)


def parts_of(model, m):
    """Energies (states,) in kT at the sampler's temperature of the parts, for states (states, 3, cells), in float64."""
    with jax.enable_x64(True):
        grid = jnp.asarray(m.reshape(len(m), 3, *model.shape))
        densities = {name: density(grid) for name, density in conjugate_densities(model).items()}
    return {
        name: np.asarray(d).sum(axis=(1, 2, 3)) * model.cell_volume / (k * model.temperature)
        for name, d in densities.items()
    }


@pytest.fixture(scope="module")
def integrals():
    """Means of every_term() by an integral over both spheres: of m, of m_1 . m_2 and of each part of the energy."""
    model = every_term()
    z, weight = np.polynomial.legendre.leggauss(14)
    azimuth = 2 * np.pi * np.arange(16) / 16
    radius = np.sqrt(1 - z**2)[:, None]
    sphere = np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), z[:, None] + 0 * azimuth], -1).reshape(-1, 3)
    weight = np.repeat(weight, 16)
    pairs = np.stack(np.meshgrid(np.arange(len(sphere)), np.arange(len(sphere)), indexing="ij"), -1).reshape(-1, 2)
    nodes = np.zeros((len(pairs), 3, 3))
    nodes[..., :2] = sphere[pairs].transpose(0, 2, 1)
    parts = parts_of(model, nodes)
    energy = sum(parts.values())
    boltzmann = weight[pairs].prod(axis=1) * np.exp(energy.min() - energy)
    quantities = parts | {axis: nodes[:, i, :2].mean(axis=1) for i, axis in enumerate("xyz")}
    quantities["product"] = (nodes[:, :, 0] * nodes[:, :, 1]).sum(axis=1)
    return {name: np.average(values, weights=boltzmann) for name, values in quantities.items()}


def p_value_of(model, expected):
    """Smallest p-value of all means, of which a dropped term has none."""
    drawn, final = draw(model)
    # Means of a replica are independent, as its samples are not.
    found = {name: energy.mean(axis=1) / ENERGY for name, energy in drawn.energies.items()}
    found |= dict(zip("xyz", drawn.mean.mean(axis=1).T, strict=True))
    found["product"] = (final[:, :, 0] * final[:, :, 1]).sum(axis=1)
    return len(found) * min(p_value_of_mean(values, expected[name]) for name, values in found.items())


def test_every_term_has_its_mean(integrals, method):
    assert {"uniaxialanisotropy.K1", "uniaxialanisotropy.K2", "rkky.sigma", "rkky.sigma2", "dmi"} < set(integrals)
    assert p_value_of(every_term(), integrals) > P_VALUE
    assert p_value_of(hotter(every_term()), integrals) < P_VALUE**2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exchange", "demag", "dmi", "cubicanisotropy", "magnetoelastic", "rkky"])
def test_no_term_can_be_missing(integrals, name):
    assert p_value_of(without(every_term(), name), integrals) < P_VALUE**2


def test_recorded_energies_are_those_of_the_states():
    """In single precision."""
    model = every_term()
    drawn, final = draw(model)
    for name, energy in parts_of(model, final).items():
        assert drawn.energies[name][:, -1] / ENERGY == pytest.approx(energy, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "voltage", "width"),
    [(5, 0.0, 0.2117), (4, -2.4, 0.1648), (4, 0.0, 0.2192), (2.5, 0.0, 0.2576), (2, 0.0, 0.2719)],
)
def test_disk_is_as_wide_as_a_metropolis_sampler_of_single_cells_found(cell, voltage, width):
    """Widths of m/|m| of the default disk, by a Metropolis sampler of its own code, with errors of 0.3 to 1 %."""
    system = StochasticMTJ(cell_size=cell * 1e-9, **AS_GIVEN).system(voltage)

    def agrees(temperature):
        system.T = temperature
        m = sample(system, replicas=64, samples=150, seed=5).magnetisation
        squares = ((m / np.linalg.norm(m, axis=-1, keepdims=True))[..., :2] ** 2).mean(axis=(1, 2))
        assert split_gelman_rubin(m[..., 0] ** 2) < 1.02
        found = np.sqrt(squares.mean())
        return abs(found - width) < 0.01 * width + 3 * stats.sem(squares) / (2 * found)

    assert agrees(300.0)
    assert not agrees(330.0)


@pytest.mark.slow
def test_trajectories_from_its_states_are_in_equilibrium_at_once():
    """The width of a small disk is the same in the first picosecond as in a long run, and as the sampler says."""
    system = StochasticMTJ(diameter=20e-9, damping=0.5).system(4.0)
    drawn = sample(system, replicas=512, samples=50, seed=1)
    keys = {"replicas": 512, "duration": 4e-9, "sample_interval": 5e-11, "seed": 2}
    run = simulate(system, start=drawn.final, **keys).magnetisation
    known = (drawn.magnetisation[..., :2] ** 2).mean(axis=(1, 2))

    def p_value(m):
        return stats.ttest_ind((m[..., :2] ** 2).mean(axis=(1, 2)), known, equal_var=False).pvalue

    assert p_value(run) > P_VALUE
    assert p_value(run[:, :2]) > P_VALUE
    assert p_value(simulate(system, **keys).magnetisation[:, :2]) < P_VALUE**2
