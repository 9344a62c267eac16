"""How long levels hold: by barriers and rates, and by what was seen at rest."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import k

from magbayes.compact_models import retention
from magbayes.compact_models.fit import fit_domain_wall_mtj


@pytest.fixture
def model(pulses, rest, varied, held):
    return fit_domain_wall_mtj(pulses, rest, varied, held)


def test_a_wall_leaves_to_both_sides_over_its_barrier(model):
    """Arrhenius' law by hand, 2e11 /s and 40 kT: 1.18e6 s; one neighbour alone would make it twice as long."""
    assert model.retention(300.0).value == pytest.approx(np.exp(40) / 2e11)
    assert model.escape_rate(300.0).value == pytest.approx(1 / model.retention(300.0).value)
    assert model.retention(350.0).value == pytest.approx(np.exp(35) / 2e12)


def test_the_interval_is_that_of_barrier_and_rate(model):
    """3 % of 40 kT are a factor of 3.3."""
    time = model.retention(300.0)
    margin = np.hypot(0.03 * 40, np.log(retention.RATE_FACTOR))
    assert np.log(time.high / time.value) == pytest.approx(margin)
    assert np.log(time.value / time.low) == pytest.approx(margin)


def test_between_temperatures_the_barrier_is_straight(model):
    barrier = k * (300 * 40 + 350 * 35) / 2
    assert model.retention(325.0).value == pytest.approx(np.exp(barrier / (k * 325)) / 2 / np.sqrt(1e23))
    for outside in (299.0, 351.0):
        with pytest.raises(ValueError, match="of the barriers; accepted: 300 to 350 K"):
            model.retention(outside)


def test_the_worst_of_many_devices_is_the_median_of_their_lowest_barrier():
    """Against draws: 2000 sets of 1000, whose median is known to 1 % of the spread. The mean device is far above."""
    drawn = np.random.default_rng(1).normal(40.0, 4.0, (2000, 1000)).min(axis=1)
    assert retention.weakest(40.0, 4.0, 1000) == pytest.approx(np.median(drawn), abs=0.15)
    assert retention.weakest(40.0, 4.0, 1) == 40
    assert retention.weakest(40.0, 20.0, 1e5) == 0


def test_a_worst_device_holds_for_less(model):
    worst = model.retention(300.0, cells=1e5)
    assert worst.value == pytest.approx(np.exp(retention.weakest(40.0, 4.0, 1e5)) / 2e11, rel=1e-6)


def test_a_path_that_is_not_converged_is_a_warning(model):
    assert model.warnings() == []
    rough = replace(model, barrier_converged=np.array([1.0, 0.0]))
    assert [line for line in rough.warnings() if "at 350 K is not converged" in line]


def test_observed_rate_is_a_poisson_interval():
    """By hand: none in 2 s leaves 3.69 / 2 /s possible, and of four the 95 % interval is 1.09 to 10.24."""
    found = retention.observed_rate(0, 2.0)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(3.689 / 2, rel=1e-3)
    assert retention.observed_rate(4, 1.0).low == pytest.approx(1.090, rel=1e-3)
