"""Equilibrium of one spin: Langevin's function, Boltzmann's distribution."""

import numpy as np
import pytest
from scipy import stats

from tests.physics.theory import P_VALUE, marginal, mean, p_value_of_mean


@pytest.mark.slow
@pytest.mark.parametrize("field", [0.5, 2.0, 6.0])
def test_mean_in_a_field_is_langevins(macrospin, equilibrium, diffusion, half_noise, field):
    """<m_z> = coth x - 1/x, P. Langevin (1905), x the Zeeman energy over kT."""
    expected = 1 / np.tanh(field) - 1 / field

    def p_value(model):
        # The slowest rate is twice the diffusion or more: the first sample that counts keeps e^-8 of the start.
        return p_value_of_mean(equilibrium(model, 2 / diffusion())[:, :, 2].mean(axis=1), expected)

    model = macrospin(field=(0, 0, field))
    assert p_value(model) > P_VALUE
    assert p_value(half_noise(model)) < P_VALUE**2


@pytest.mark.slow
@pytest.mark.parametrize("barrier", [-2.0, 1.0, 3.0])
def test_uniaxial_distribution_is_boltzmanns(macrospin, equilibrium, diffusion, half_noise, barrier):
    """The density of m_z is exp(K V m_z^2 / kT)."""
    distribution = marginal(lambda m: -barrier * m[2] ** 2, 2)

    def p_value(model):
        return stats.kstest(equilibrium(model, 1 / diffusion())[:, :, 2].ravel(), distribution).pvalue

    model = macrospin(barriers=(0, 0, barrier))
    assert p_value(model) > P_VALUE
    assert p_value(half_noise(model)) < P_VALUE**2


@pytest.mark.slow
def test_biaxial_distribution_is_boltzmanns(macrospin, equilibrium, diffusion, scaled_noise):
    """Every component follows exp(-E / kT); the mean energy tells noise that is 5 % too strong or too weak."""
    barriers, field = np.array([3.0, 0.0, 5.0]), np.array([0.0, 1.0, 0.0])

    def energy(m):
        return -np.tensordot(barriers, m**2, axes=1) - np.tensordot(field, m, axes=1)

    def p_values(model):
        m = np.moveaxis(equilibrium(model, 1 / diffusion(), replicas=4000), -1, 0)
        shapes = [stats.kstest(m[c].ravel(), marginal(energy, c)).pvalue for c in range(3)]
        return 4 * np.array([*shapes, p_value_of_mean(energy(m).mean(axis=-1), mean(energy, energy))])  # four at once

    model = macrospin(field, barriers)
    assert p_values(model).min() > P_VALUE
    assert p_values(scaled_noise(model, 1.05))[-1] < P_VALUE**2
    assert p_values(scaled_noise(model, 0.95))[-1] < P_VALUE**2
    # A spin of another shape is told by its components.
    assert p_values(macrospin(field, (2.5, 0.0, 5.0)))[:3].min() < P_VALUE**2


def test_magnetisation_keeps_its_length(macrospin, run):
    start = np.reshape((0.0, 0.0, 1.0), (3, 1, 1, 1))
    final = run(macrospin(), start, replicas=100, samples=1, interval=1e-10, seed=7).final
    # Rounding in float32, 6e-8 in each of 286 steps at random: 1e-6, and five times that for the worst replica.
    assert np.linalg.norm(final, axis=1) == pytest.approx(1.0, abs=5e-6)
