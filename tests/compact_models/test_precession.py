"""Autocorrelation of precession with a shift of its frequency: closed form, measurement and fit."""

import numpy as np
import pytest

from magbayes.compact_models import precession
from magbayes.compact_models.precession import Memory
from tests.compact_models.conftest import DECAY, FREQUENCY, INTERVAL, SHIFT, rotating_process

TRUTH = Memory(DECAY, FREQUENCY, SHIFT)
LAGS = INTERVAL * np.arange(100)


@pytest.fixture(scope="module")
def process():
    """2000 replicas, started in equilibrium."""
    z = rotating_process(np.random.default_rng(3), 2000, 300)
    return np.stack([z.real, z.imag], axis=-1)


def test_without_a_shift_it_is_a_damped_cosine():
    expected = np.exp(-LAGS / DECAY) * np.cos(FREQUENCY * LAGS)
    assert precession.autocorrelation(LAGS, DECAY, FREQUENCY, 0.0) == pytest.approx(expected, abs=1e-12)


def test_closed_form_against_the_process(process):
    """Within four standard errors; the damped cosine of the same mean frequency is far outside."""
    found, error = precession.normalise(precession.measure(process, len(LAGS)))
    distance = lambda memory: np.abs(found - precession.autocorrelation(LAGS, *memory))[1:] / error[1:]  # noqa: E731
    assert error.max() < 0.008
    assert distance(TRUTH).max() < 4
    assert distance(Memory(DECAY, FREQUENCY + 2 * SHIFT, 0.0)).max() > 20


def test_slow_memory_does_not_lose_its_tail():
    """Records as long as their memory, half of whose variance is a constant of each: no mean is taken off."""
    rng = np.random.default_rng(1)
    series = (rng.normal(size=(4000, 1, 1)) + rng.normal(size=(4000, 20, 1))) / np.sqrt(2)
    found = precession.measure(series, 10).mean(axis=0)
    assert found == pytest.approx([1, *[0.5] * 9], abs=0.05)  # four standard errors of 0.011


def test_fit_finds_what_the_closed_form_was_made_of():
    for shift in (0.0, 0.3 * SHIFT, 3 * SHIFT):
        truth = TRUTH._replace(frequency_shift=shift)
        found = precession.fit(LAGS, np.tile(precession.autocorrelation(LAGS, *truth), (2, 1)))
        assert found[:2] == pytest.approx(truth[:2], rel=1e-3)
        assert found.frequency_shift == pytest.approx(shift, abs=1e-3 * abs(SHIFT))


def test_fit_of_an_overdamped_memory():
    found = precession.fit(LAGS, np.tile(np.exp(-LAGS / 1e-9), (2, 1)))
    assert precession.autocorrelation(LAGS, *found) == pytest.approx(np.exp(-LAGS / 1e-9), abs=0.01)
