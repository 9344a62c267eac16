"""Control variates: widths of averages from few trajectories and many states, with intervals that hold."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models.fit.averages import averages
from magbayes.compact_models.fit.controls import mean_squares, regressed, window_means
from magbayes.compact_models.fit.marginal import marginals, resampled_rows
from magbayes.compact_models.precession import Memory
from magbayes.micromag.raw import COEFFICIENTS, Draws

INTERVAL = 50e-12
SLOW, DEPHASING, RATE = 6e-9, 4e-9, 2 * np.pi * 1.2e9
"""Memory of the height, that of the direction in the plane, and rate of turning along the normal."""
TIMES = (0.3e-9, 1e-9, 3e-9)
REPLICAS, SAMPLES = 80, 160


def heights(rng, replicas, samples):
    """Heights (replicas, samples) of m over the plane, with a memory of half of the record; seldom near the plane."""
    kept = np.exp(-INTERVAL / SLOW)
    g = rng.normal(size=(replicas, samples))
    for i in range(1, samples):
        g[:, i] = kept * g[:, i - 1] + np.sqrt(1 - kept**2) * g[:, i]
    return 1.02 * np.tanh(0.35 + 0.9 * np.abs(g)) * np.sign(g)


def directions(rng, z):
    """Vectors m (..., samples, 3) of heights z that turn at a rate that goes with their height."""
    kicks = rng.normal(size=z.shape) * np.sqrt(2 * INTERVAL / DEPHASING)
    phase = np.cumsum(RATE * z * INTERVAL + kicks, axis=-1) + 2 * np.pi * rng.random((*z.shape[:-1], 1))
    across = np.sqrt(np.maximum(1.05 - z**2, 0.0))
    return np.stack([across * np.cos(phase), across * np.sin(phase), z], axis=-1)


def ensemble_of(fluctuation, seed, replicas=REPLICAS, drawn=True):
    """A raw ensemble with 100 independent states a replica, or without."""
    rng = np.random.default_rng(seed)
    m = directions(rng, heights(rng, replicas, SAMPLES)).astype(np.float32)
    bare = fluctuation(0.0, lambda z: z, replicas=4, samples=4)
    states = directions(rng, heights(rng, replicas * 100, 1))
    none = {term: np.zeros((replicas, 100)) for term in COEFFICIENTS}
    draws = Draws(states.reshape(replicas, 100, 3), none, dict.fromkeys(COEFFICIENTS, 0.0)) if drawn else None
    return replace(bare, time=INTERVAL * np.arange(1, SAMPLES + 1), magnetisation=m[None], draws=draws)


def widths(ensemble, seed):
    """Width (times,) over that of instants at `TIMES`, and its resamples (resamples, times)."""
    (marginal,) = marginals([ensemble], [seed])
    reads = averages(ensemble.magnetisation[0, ..., :2].astype(float), INTERVAL)
    rows = resampled_rows(ensemble.magnetisation.shape[1], seed)
    memory = Memory(DEPHASING, RATE, 0.0)
    square, resampled = mean_squares(reads, ensemble.magnetisation[0], rows, memory, marginal, symmetric=True)
    at = [np.abs(reads.time - time).argmin() for time in TIMES]
    return np.sqrt(square / square[0])[at], np.sqrt(resampled / resampled[:, :1])[:, at]


@pytest.fixture(scope="module")
def repetitions(fluctuation):
    """Of 80 ensembles with and without draws: widths (80, times) and their standard errors."""
    found = {}
    for drawn in (True, False):
        points = [widths(ensemble_of(fluctuation, seed, drawn=drawn), seed) for seed in range(80)]
        found[drawn] = np.array([p[0] for p in points]), np.array([p[1].std(axis=0) for p in points])
    return found


@pytest.fixture(scope="module")
def truth(fluctuation):
    """The same from 6000 trajectories."""
    return widths(ensemble_of(fluctuation, 999, 6000, drawn=False), 1)


@pytest.mark.slow
def test_interval_holds_the_truth_as_often_as_it_says(repetitions, truth):
    """Binomial chance at 1e-4 of 80 repetitions and a coverage of 92 to 98 %. Half of the interval does not pass."""
    (expected, spread), (found, error) = truth, repetitions[True]
    off = np.abs(found - expected) / np.hypot(error, spread.std(axis=0))
    for held in (off < 1.96).sum(axis=0):
        assert stats.binom.ppf(1e-4, 80, 0.92) <= held
    assert ((off < 0.98).sum(axis=0) < stats.binom.ppf(1e-4, 80, 0.92)).all()
    assert (error.mean(axis=0) < 0.06 * expected).all()


@pytest.mark.slow
def test_states_take_most_of_the_error_away(repetitions, truth):
    """Root mean square deviation from long trajectories, with the states and without."""
    with_states, without = (np.sqrt(np.mean((repetitions[d][0] / truth[0] - 1) ** 2, axis=0)) for d in (True, False))
    assert (with_states[:2] < 0.02).all()
    assert (with_states[:2] < 0.65 * without[:2]).all()
    assert with_states[2] < 0.85 * without[2]


def test_windows_weigh_samples_by_their_number():
    values = np.random.default_rng(0).normal(size=(3, 20, 2))
    for length in (1, 6, 13, 20):
        means = [values[:, i : i + length].mean(axis=1) for i in range(21 - length)]
        assert window_means(values, length) == pytest.approx(np.mean(means, axis=0))


def test_regression_replaces_what_is_known():
    """Exact where squares are linear in the controls; not with controls that have nothing to do with them."""
    rng = np.random.default_rng(1)
    controls, weights = rng.normal(size=(40, 2)), rng.random(40)
    square = 5 + controls @ np.array([1.0, -2.0])
    exact = np.array([0.3, 0.1])
    assert regressed(square, controls, exact, weights) == pytest.approx(5 + 0.3 - 0.2)
    assert np.average(square, weights=weights) != pytest.approx(5.1, rel=0.01)
    assert regressed(square, rng.normal(size=(40, 2)), 0 * exact, weights) != pytest.approx(5.1, rel=1e-3)
    assert regressed(np.full(40, 2.0), controls, exact, weights) == pytest.approx(2.0)


def test_a_variance_stays_above_zero():
    controls = np.arange(40.0)[:, None]
    assert regressed(controls[:, 0], controls, np.array([-100.0]), np.full(40, 1 / 40)) == pytest.approx(19.5e-3)
