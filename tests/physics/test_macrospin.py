"""Equilibrium of one spin: Langevin's function, Boltzmann's distribution."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import cumulative_trapezoid

# One false alarm in ten thousand runs; the controls miss by far more.
P_VALUE = 1e-4


def field_distribution(x, energy):
    """CDF at x of m_z with density exp(-energy(m_z)), energy in kT."""
    grid = np.linspace(-1, 1, 20_001)
    density = np.exp(-energy(grid) + energy(grid).min())
    cumulative = cumulative_trapezoid(density, grid, initial=0)
    return np.interp(x, grid, cumulative / cumulative[-1])


@pytest.mark.parametrize("field", [0.5, 2.0, 6.0])
def test_mean_in_a_field_is_langevins(macrospin, end_states, half_noise, field):
    """<m_z> = coth x - 1/x, P. Langevin (1905), x the Zeeman energy over kT."""
    expected = 1 / np.tanh(field) - 1 / field

    def deviation(model):
        mz = end_states(model)
        return (mz.mean() - expected) / stats.sem(mz)

    limit = stats.norm.isf(P_VALUE / 2)
    assert abs(deviation(macrospin(field=field))) < limit
    assert abs(deviation(half_noise(macrospin(field=field)))) > 2 * limit


@pytest.mark.parametrize("barrier", [-2.0, 1.0, 3.0])
def test_uniaxial_distribution_is_boltzmanns(macrospin, end_states, half_noise, barrier):
    """The density of m_z is exp(K V m_z^2 / kT); |m_z| forgets its start long before m_z does."""

    def p_value(model):
        mz = np.abs(end_states(model))
        return stats.kstest(mz, lambda x: 2 * field_distribution(x, lambda m: -barrier * m**2) - 1).pvalue

    assert p_value(macrospin(barrier=barrier)) > P_VALUE
    assert p_value(half_noise(macrospin(barrier=barrier))) < P_VALUE**2


def test_magnetisation_keeps_its_length_and_its_noise_is_reproducible(macrospin, end_states):
    first = end_states(macrospin(field=1.0), replicas=100)
    assert np.array_equal(first, end_states(macrospin(field=1.0), replicas=100))
    # A replica's noise depends on its index, not on how many others run; matrix products of another shape round
    # differently, which 5000 steps carry on.
    assert end_states(macrospin(field=1.0), replicas=10) == pytest.approx(first[:10], abs=1e-4)
