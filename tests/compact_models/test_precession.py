"""Autocorrelation of precession with a shift of its frequency: closed form, measurement and fit."""

import numpy as np
import pytest
from scipy.integrate import simpson

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


@pytest.mark.parametrize("shift", [0.0, SHIFT, 30 * SHIFT])
@pytest.mark.parametrize("time", [0.1e-9, 1e-9, 5e-9])
def test_averages_against_integrals_of_the_autocorrelation(shift, time):
    """Simpson's rule on 4000 points of a period of 0.7 ns or of the shift: right to 1e-6."""
    fine = np.linspace(0, 3 * time, 60_001)
    rho = precession.autocorrelation(fine, DECAY, FREQUENCY, shift)
    second = simpson((time - fine[:20_001]) * rho[:20_001], x=fine[:20_001])
    assert precession.variance_function(time, DECAY, FREQUENCY, shift) == pytest.approx(2 * second / time**2, rel=1e-5)
    # Two windows, the second of which begins as the first one has been over for as long again: a triangle of lags.
    triangle = np.clip(time - np.abs(fine - 2 * time), 0, None)
    expected = simpson(triangle * rho, x=fine) / (2 * second)
    found = precession.read_autocorrelation(2 * time, time, DECAY, FREQUENCY, shift)
    assert found == pytest.approx(expected, abs=1e-5)


def test_averages_of_an_exponential_are_those_of_the_text_books():
    """2 q (1 - q (1 - exp(-1 / q))) with the memory q in lengths of the window, and 1 for no window."""
    q = np.array([0.01, 0.3, 1.0, 50.0])
    found = precession.variance_function(1e-9, q * 1e-9, np.zeros(4), np.zeros(4))
    assert found == pytest.approx(2 * q * (1 + q * np.expm1(-1 / q)), rel=1e-6)
    assert (precession.variance_function(0, q, np.zeros(4), np.zeros(4)) == 1).all()


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
