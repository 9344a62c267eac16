"""The interval of a share, against its formula and against what it promises, and the test that numbers are one."""

import numpy as np
import pytest
from scipy import stats

from magbayes.data.estimate import binomial_share, equal_shares, equality

NORMAL = stats.norm.ppf(0.975)


def wilson(hits, total):
    """Ends of the score interval: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927)."""
    rate, weight = hits / total, NORMAL**2 / total
    middle = (rate + weight / 2) / (1 + weight)
    half = np.sqrt(weight * (rate * (1 - rate) + weight / 4)) / (1 + weight)
    return middle - half, middle + half


def coverage(interval, probability, total):
    """Probability that the interval of a count holds the truth: the sum over all counts."""
    hits = np.arange(total + 1)
    low, high = interval(hits, total)
    return stats.binom.pmf(hits, total, probability)[(low <= probability) & (probability <= high)].sum()


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (1, 1), (3, 10), (997, 1000)])
def test_the_ends_are_wilsons(hits, total):
    estimate = binomial_share(hits, total)
    assert estimate.value == hits / total
    assert (estimate.low, estimate.high) == pytest.approx(wilson(hits, total), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.5, 0.95])
def test_the_interval_holds_the_truth_as_often_as_it_says(probability):
    """Exact, over all counts of 100; counts are whole, so that 95 % comes out between 93 and 98 %."""
    assert 0.93 < coverage(lambda k, n: binomial_share(k, n)[1:], probability, 100) < 0.98


def test_the_normal_interval_fails_that_test():
    """Negative control: at a share near 0 it holds the truth far too seldom."""

    def normal(hits, total):
        rate = hits / total
        half = NORMAL * np.sqrt(rate * (1 - rate) / total)
        return rate - half, rate + half

    assert coverage(normal, 0.02, 100) < 0.9


def test_it_stays_within_0_and_1_and_has_a_width_at_both_ends():
    none, every = binomial_share(0, 20), binomial_share(20, 20)
    assert none.low == pytest.approx(0, abs=1e-12)
    assert 0 < none.high < 1
    assert every.high == pytest.approx(1, abs=1e-12)
    assert 0 < every.low < 1


def test_counts_broadcast_against_each_other():
    estimate = binomial_share([[1], [2]], [4, 8, 16])
    assert [part.shape for part in estimate] == [(2, 3)] * 3
    assert estimate.value[1, 0] == 0.5
    assert estimate.low[1, 2] == binomial_share(2, 16).low


def test_more_hits_than_tries_are_refused():
    with pytest.raises(ValueError, match="3 hits in 2 tries"):
        binomial_share(3, 2)


def test_equal_numbers_and_their_mean():
    """By hand: standard errors of 1 and 0.5, so weights of 1 and 4, and distances of 1.6 and 0.4."""
    margins = NORMAL * np.array([1.0, 0.5])
    values = np.array([0.0, 2.0])
    found = equality(np.stack([values, values - margins, values + margins], axis=-1))
    assert found.mean == pytest.approx(1.6)
    assert found.chi_squared == pytest.approx(1.6**2 + 0.8**2)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(found.chi_squared**0.5))  # one degree of freedom


def test_a_single_number_is_one():
    mean, *rest = equality([[0.2, 0.1, 0.3]])
    assert mean == pytest.approx(0.2)
    assert rest == pytest.approx([0.0, 1.0], abs=1e-12)


def test_shares_are_compared_by_pearsons_test():
    hits, total = np.array([3, 9, 12]), np.array([16, 16, 20])
    expected = stats.chi2_contingency(np.stack([hits, total - hits]), correction=False)
    found = equal_shares(hits, total)
    assert found.mean == pytest.approx(24 / 52)
    assert (found.chi_squared, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("hits", [[0, 0], [8, 8], [5]])
def test_shares_that_cannot_differ_are_one(hits):
    assert equal_shares(hits, 8)[1:] == (0.0, 1.0)


def test_equal_shares_alarm_as_often_as_they_say_and_different_ones_always():
    """2000 runs of 32 pulses in three meshes: 5 % of them within four standard errors, 2 %."""
    rng = np.random.default_rng(0)
    same, apart = (rng.binomial(32, share, size=(2000, 3)) for share in ([0.5] * 3, [0.2, 0.5, 0.9]))
    assert np.mean([equal_shares(hits, 32).p_value < 0.05 for hits in same]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([equal_shares(hits, 32).p_value < 0.05 for hits in apart]) > 0.99
