"""Autoregressions against correlations that they must have."""

import numpy as np
import pytest

from magbayes.compact_models import autoregression, precession
from tests.compact_models.conftest import DECAY, FREQUENCY, SHIFT


def correlation_of(interval, shift=SHIFT):
    """Correlation (lags, 1) of a precession that is read at an interval."""
    lags = interval * np.arange(autoregression.LAGS + 1)[:, None]
    return precession.autocorrelation(lags, *(np.array([value]) for value in (DECAY, FREQUENCY, shift)))


def series_of(partial, count, seed=0):
    """Series (count, 1) of an autoregression, by its predictors."""
    weights, widths = autoregression.predictors(partial)
    fresh = np.random.default_rng(seed).normal(size=count)
    found = np.zeros(count)
    for n in range(count):
        k = min(n, len(partial))
        latest = found[n - k : n][::-1]
        found[n] = (weights[k - 1, :k, 0] @ latest if k else 0.0) + widths[k, 0] * fresh[n]
    return found


def test_one_partial_correlation_of_an_exponential():
    """A Markov process needs one number and no more."""
    found = autoregression.memory(np.array([0.7, -0.3]) ** np.arange(autoregression.LAGS + 1)[:, None])
    assert found[:1] == pytest.approx(np.array([[0.7, -0.3]]))
    assert found[1:] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("interval", [0.05e-9, 0.2e-9, 0.7e-9, 3e-9])
@pytest.mark.parametrize("shift", [0.0, SHIFT, 5 * SHIFT])
def test_precession_is_followed_to_its_end(interval, shift):
    wanted = correlation_of(interval, shift)
    partial = autoregression.memory(wanted)
    weights = autoregression.predictors(partial)[0][-1]
    found = autoregression.continued(wanted[: len(partial) + 1], weights, autoregression.LAGS)
    assert np.abs(found - wanted).max() <= autoregression.ACCURACY
    assert np.abs(partial).max() < 1


def test_a_series_has_the_variance_and_the_correlation_from_its_first_number_on():
    """4000 series: a correlation is known to 0.016, a variance to 0.022; five of these."""
    wanted = correlation_of(0.2e-9)
    partial = autoregression.memory(wanted)
    assert len(partial) > 2
    found = np.array([series_of(partial, 8, seed) for seed in range(4000)])
    assert found.var(axis=0) == pytest.approx(np.ones(8), abs=0.11)
    assert np.corrcoef(found.T)[0] == pytest.approx(wanted[:8, 0], abs=0.08)
    assert np.abs(wanted[1:8]).max() > 0.6  # else zeros would pass
