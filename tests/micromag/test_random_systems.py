"""Random systems: the ensemble's program against the fields of the terms, against Runge-Kutta, and against OOMMF."""

import dataclasses

import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import oommfc
import pytest

from magbayes.micromag.llg import ensemble, fields, lattice, runge_kutta
from magbayes.micromag.llg.coefficients import coefficients, neighbour_field, other_field
from magbayes.micromag.llg.grid import AXES
from magbayes.micromag.llg.model import to_grid, translate
from tests.micromag.random_systems import DURATION, system

FEW, MANY = range(8), range(200)
REPLICAS = 2
COLD = 1e-6
"""Temperature in K at which noise turns spins by some 1e-5 in these runs."""


@pytest.fixture(autouse=True)
def _no_programs_left():
    """Forget compiled programs, of which every system has its own."""
    yield
    jax.clear_caches()


def translated(seed):
    case = system(seed)
    return translate(case), to_grid(case.m.orientation.array)


def fields_apart(seed):
    """Largest part across m of the difference between two fields of a system, over the largest field.

    One is that of the compiled ensemble, the other the sum of all terms, in float64 and at some time.
    """
    model, m = translated(seed)
    m, cells = m * model.mask, lattice.lattice(model)
    factors = model.factors(np.array([0.4 * DURATION]))[0]
    currents = [factors[index] for index, torque in enumerate(model.torques) if hasattr(torque, "beta")]
    with jax.enable_x64(True):
        c, grid_field = coefficients(model, cells, model.mask / model.mask.sum(), 1e-15, replicas=REPLICAS)

        def both(states, grid, currents, factors):
            neighbours = jnp.concatenate([neighbour_field(part, states) for part in c.couplings], axis=1)
            rest = other_field(c, grid_field, currents, states, factors)
            return neighbours + rest + c.applied, fields.effective_field(model)(grid, factors)

        states = np.repeat(cells.pick(m)[..., None], REPLICAS, axis=-1)
        arrays = (states, m, np.array(currents), factors)
        found, expected = (np.asarray(part) for part in jax.jit(both)(*arrays))
    found, expected = found[..., 0], cells.pick(expected)
    across = np.cross(cells.pick(m), found - expected, axis=0)
    return np.abs(across).max() / max(np.abs(expected).max(), 1.0)


@pytest.fixture
def neighbours_counted_twice(monkeypatch):
    """A wrong model: where both steps along a direction lead to one cell, the places of its neighbours are added up."""

    def nearest(model, cells, sources):
        grid = cells.spread(np.isin(np.arange(len(cells.cells)), sources) * (1.0 + np.arange(len(cells.cells))))
        beside = sum((model.shift(grid, step) for step in model.neighbours), np.zeros(model.shape))
        return np.maximum(np.rint(cells.pick(beside)).astype(int) - 1, 0)

    monkeypatch.setattr(lattice, "_nearest", nearest)


def repeats_after_two(seed):
    """Whether neighbours are coupled along a direction that repeats after two cells."""
    model, _ = translated(seed)
    two = any(repeats and model.shape[axis] == 2 for repeats, axis in zip(model.periodic, AXES, strict=True))
    return two and any(term.pairs for term in model.terms) and len(lattice.lattice(model).cells) > 2


@pytest.mark.parametrize("seed", FEW)
def test_the_compiled_field_is_the_sum_of_all_terms(seed):
    assert fields_apart(seed) < 1e-11


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY[len(FEW) :])
def test_the_compiled_field_is_the_sum_of_all_terms_in_many_systems(seed):
    assert fields_apart(seed) < 1e-11


def test_a_neighbour_that_counts_twice_is_seen(neighbours_counted_twice):
    seed = next(seed for seed in FEW if repeats_after_two(seed))
    assert fields_apart(seed) > 1e-3


def motions(seed):
    """States (3, nz, ny, nx) after `DURATION`: by Runge-Kutta, and of the cold ensemble with a step and half of it."""
    model, m = translated(seed)
    *_, last = runge_kutta.integrate(model, m, duration=DURATION, stages=1, tolerance=1e-9)
    cold = dataclasses.replace(model, temperature=COLD)
    keys = {"replicas": 1, "samples": 1, "interval": DURATION, "seed": seed}
    with jax.enable_x64(True):
        found = [
            ensemble.run(cold, m * model.mask, **keys, time_step=DURATION / steps).final[0] for steps in (100, 200)
        ]
    return last.m, *found


def motions_agree(seed):
    """Whether the error of the ensemble's steps, of first order, explains the difference to the solution."""
    exact, coarse, fine = motions(seed)
    # Twice the finer minus the coarser is right to second order. What is left is less than what that took away, but
    # for noise and for what Runge-Kutta does not resolve.
    return np.abs(2 * fine - coarse - exact).max() < np.abs(fine - coarse).max() + 1e-4


@pytest.mark.parametrize("seed", FEW[:1])
def test_the_cold_ensemble_moves_as_runge_kutta(seed):
    assert motions_agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY[1:])
def test_the_cold_ensemble_moves_as_runge_kutta_in_many_systems(seed):
    assert motions_agree(seed)


@pytest.mark.slow
def test_motion_tells_a_neighbour_that_counts_twice(neighbours_counted_twice):
    seed = next(seed for seed in FEW if repeats_after_two(seed))
    assert not motions_agree(seed)


@pytest.fixture
def oommf_here(needs_oommf, tmp_path, monkeypatch):
    """Skips without OOMMF; else runs it in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def oommf_agrees(seed):
    """Compare field, and the change of the energy between two states, which leaves out a constant of OOMMF's."""
    case = system(seed, oommf=True)
    model, m = translate(case), to_grid(case.m.orientation.array)
    # Fields do not ask how m moves, and OOMMF's evolvers with spin torques take no mesh that repeats.
    case.dynamics = mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1)
    field = sum(fields.effective_fields(model, m * model.mask).values())
    reference = to_grid(oommfc.compute(case.energy.effective_field, case, verbose=0).array) * model.mask
    # OOMMF's mu0 is the value before 2019, which differs by 1.3e-10; its files have the digits of a double.
    assert field == pytest.approx(reference, rel=0, abs=1e-8 * np.abs(reference).max())
    energies, found = [], []
    for state in (m, m[::-1]):
        case.m.array = case.m.norm.array * state.transpose(3, 2, 1, 0)
        energies.append(oommfc.compute(case.energy.energy, case, verbose=0))
        found.append(sum(fields.energies(model, state * model.mask).values()))
    assert np.diff(found) == pytest.approx(np.diff(energies), rel=1e-8, abs=1e-8 * np.abs(energies).max())


@pytest.mark.parametrize("seed", FEW[:4])
def test_fields_and_energies_are_those_of_oommf(seed, oommf_here):
    oommf_agrees(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY[4:])
def test_fields_and_energies_are_those_of_oommf_in_many_systems(seed, oommf_here):
    oommf_agrees(seed)


def test_the_systems_have_every_term_and_every_boundary():
    kinds, bcs, counts = set(), set(), set()
    for seed in MANY:
        case = system(seed)
        kinds |= {type(term) for term in [*case.energy, *case.dynamics]}
        bcs.add(case.m.mesh.bc)
        counts |= {(axis in case.m.mesh.bc, int(n)) for axis, n in zip("xyz", case.m.mesh.n, strict=True)}
    expected = {mm.Exchange, mm.DMI, mm.UniaxialAnisotropy, mm.CubicAnisotropy, mm.MagnetoElastic, mm.Demag, mm.RKKY}
    assert kinds == expected | {mm.Zeeman, mm.Precession, mm.Damping, mm.Slonczewski, mm.ZhangLi}
    assert len(bcs) == 8
    assert len(counts) == 10
