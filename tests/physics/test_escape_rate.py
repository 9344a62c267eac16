"""Neel-Brown: the rate at which a uniaxial spin escapes over its barrier."""

import numpy as np
import pytest
from scipy import stats

from tests.physics.conftest import TIME_STEP
from tests.physics.theory import P_VALUE, decay_rates

# What the Heun scheme adds at this step, by its transition operator (test_order.py).
BIAS = 0.01


@pytest.mark.slow
@pytest.mark.parametrize(("barrier", "damping"), [(4.0, 0.5), (7.0, 1.0)])
def test_rate_is_the_smallest_eigenvalue_of_browns_operator(macrospin, run, diffusion, scaled_noise, barrier, damping):
    """Decay of <m_z> after the modes within the well have gone; W. F. Brown, Phys. Rev. 130, 1677 (1963).

    Noise that is 5 % too strong raises the rate by 40 % at the lower barrier and by 80 % at the higher; the damping of
    Landau and Lifshitz' equation would miss the factor 1 + damping^2.
    """
    escape, within = decay_rates(barrier)[:2] * diffusion(damping)
    settling = 8 / within
    count = round(0.5 / escape / settling)  # half a lifetime costs least for a given error

    def agrees(model):
        start = np.reshape((0.0, 0.0, 1.0), (3, 1, 1, 1))
        trajectory = run(
            model, start, replicas=4000, samples=1 + count, interval=settling, seed=11, time_step=TIME_STEP
        )
        early, late = trajectory.mean[:, [0, -1], 2].astype(float).T
        rate = np.log(early.mean() / late.mean()) / (count * settling)
        # First order in the fluctuation of both means, which share their replicas.
        error = stats.sem(early / early.mean() - late / late.mean()) / (count * settling)
        return abs(rate - escape) < BIAS * escape + stats.norm.isf(P_VALUE / 2) * error

    model = macrospin(barriers=(0, 0, barrier), damping=damping)
    assert agrees(model)
    assert not agrees(scaled_noise(model, 1.05))


def test_eigenvalue_is_browns_asymptotic_rate_for_high_barriers():
    """4 sqrt(s^3 / pi) exp(-s) (1 - 1/s) for s = K V / kT; the next term of the series is of order 1/s^2."""
    for s in (7.0, 15.0, 20.0):
        asymptotic = 4 * np.sqrt(s**3 / np.pi) * np.exp(-s) * (1 - 1 / s)
        assert decay_rates(s)[0] == pytest.approx(asymptotic, rel=2 / s**2)


def test_eigenvalues_without_barrier_are_those_of_free_diffusion():
    assert decay_rates(0.0)[:3] == pytest.approx([2, 6, 12], rel=1e-12)
