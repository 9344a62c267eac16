"""Rates of escape: from pulses to no current, and from what was seen at rest."""

import warnings

import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models import retention

CURRENT = np.array([3.5e11, 4e11, 4.5e11, 5e11, 6e11])
WIDTH = np.array([0.5e-9, 1e-9])
LOG_RATE, SLOPE = np.log(1e3), 2.8e-11
"""1000 escapes a second at rest, and the logarithm of the rate rises by 2.8 for 1e11 A/m^2."""


def counts(seed, pulses=400):
    rate = np.exp(LOG_RATE + SLOPE * CURRENT)
    p = -np.expm1(-np.multiply.outer(WIDTH, rate))
    return np.random.default_rng(seed).binomial(pulses, p), np.full(p.shape, pulses)


@pytest.mark.slow
def test_interval_holds_the_rate_that_made_the_counts():
    """95 % of 200 repetitions to 4.6 points (three standard errors); a tenth of the rate would be missed always."""
    rates = [retention.escape_rate(CURRENT, WIDTH, *counts(seed)) for seed in range(200)]
    held = np.mean([np.log(e.low) < LOG_RATE < np.log(e.high) for e in rates])
    assert held == pytest.approx(0.95, abs=0.046)
    assert np.mean([np.log(e.value) for e in rates]) == pytest.approx(LOG_RATE, abs=0.5)
    width = np.mean([np.log(e.high / e.low) for e in rates])
    assert 0.5 < width < 8


def test_two_currents_are_extrapolated_in_closed_form():
    """Two counts fix two parameters: a straight line through the logarithms of the rates that the shares show."""
    hits, pulses = np.array([[40, 160]]), np.array([[400, 400]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate = retention.escape_rate(CURRENT[:2], WIDTH[:1], hits, pulses)
    hazard = -np.log1p(-hits[0] / pulses[0])
    # The line's value at no current is this combination of its values at the two.
    weight = np.array([CURRENT[1], -CURRENT[0]]) / (CURRENT[1] - CURRENT[0])
    assert np.log(rate.value) == pytest.approx(weight @ np.log(hazard / WIDTH[0]), rel=1e-9)
    # Delta method: a share p of n has variance p (1 - p) / n.
    share = hits[0] / pulses[0]
    error = np.sqrt(share * (1 - share) / pulses[0]) / ((1 - share) * hazard)
    margin = stats.norm.ppf(0.975) * np.hypot(*(weight * error))
    assert np.log([rate.low, rate.high]) == pytest.approx(np.log(rate.value) + margin * np.array([-1, 1]), rel=1e-6)


def test_pulses_that_hardly_or_nearly_always_move_the_wall_allow_no_extrapolation():
    pulses = np.full((1, 2), 100)
    for hits in ([[0, 20]], [[90, 100]], [[0, 0]]):
        with pytest.raises(ValueError, match="fewer than two current densities"):
            retention.escape_rate(CURRENT[:2], WIDTH[:1], np.array(hits), pulses)


def test_observed_rate_is_a_poisson_interval():
    """No event in a time T leaves rates up to 3.69 / T at 97.5 %."""
    found = retention.observed_rate(0, 2.0)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(3.689 / 2, rel=1e-3)
    assert retention.observed_rate(4, 1.0).low == pytest.approx(1.090, rel=1e-3)
