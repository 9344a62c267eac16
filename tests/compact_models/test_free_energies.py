"""Free energies of two ensembles against those of pymbar, and against what is known of Gaussians."""

import numpy as np
import pytest

from magbayes.data import free_energies as module
from magbayes.data.free_energies import free_energies


def drawn(counts, shift, stiffness, seed=1):
    """Energies (2, n) in kT of x^2 / 2 and stiffness (x - shift)^2 / 2 at states that each of both has drawn."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(size=counts[0]), shift + rng.normal(size=counts[1]) / np.sqrt(stiffness)])
    return np.stack([x**2 / 2, stiffness * (x - shift) ** 2 / 2])


@pytest.mark.parametrize(("counts", "shift", "stiffness"), [((500, 500), 0.5, 2.0), ((2000, 50), 1.0, 0.3)])
def test_one_equation_for_two_ensembles_is_what_pymbar_solves(counts, shift, stiffness):
    pymbar = pytest.importorskip("pymbar")
    import jax

    reduced = drawn(counts, shift, stiffness)
    with jax.enable_x64(True):
        solved = pymbar.MBAR(reduced, np.array(counts), solver_protocol=module.SOLVER)
        expected = np.asarray(solved.f_k)
    assert free_energies(reduced, np.array(counts)) == pytest.approx(expected, abs=1e-8)
    # The control: counts in the wrong order.
    if counts[0] != counts[1]:
        assert free_energies(reduced, np.array(counts[::-1])) != pytest.approx(expected, abs=1e-2)


def test_two_gaussians_have_the_known_difference():
    """Half the logarithm of the stiffness: 0.347 kT. Of 40 000 states it is known to 0.005; false alarm 1e-4."""
    reduced = drawn((20_000, 20_000), 0.5, 2.0)
    assert free_energies(reduced, np.array([20_000, 20_000]))[1] == pytest.approx(np.log(2) / 2, abs=0.02)


def test_no_work_is_no_difference():
    assert (free_energies(np.zeros((2, 10)), np.array([4, 6])) == 0).all()


def test_hundreds_of_kt_do_not_overflow():
    reduced = drawn((100, 100), 0.0, 1.0) + np.array([[0.0], [900.0]])
    with np.errstate(over="raise"):
        assert free_energies(reduced, np.array([100, 100]))[1] == pytest.approx(900.0)
