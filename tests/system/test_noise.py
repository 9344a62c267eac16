"""The ways to draw noise against one another and against theory; two-sided tests, false alarms of 1e-4."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from magbayes.system.array.noise import Columns, IndependentDevices, RememberingDevices, columns_of
from tests.system.conftest import OrnsteinUhlenbeck

FALSE_ALARM = 1e-4
SAMPLES = 20_000
ROWS, COLUMNS, TILE = 7, 3, 4


@pytest.fixture
def devices():
    random = np.random.default_rng(1)
    sigma = jnp.asarray(random.uniform(0.5e-5, 2e-5, (2, ROWS, COLUMNS)), float)
    response = jnp.asarray(
        random.uniform([[[[2.0]]], [[[-3.0]]]], [[[[5.0]]], [[[3.0]]]], (2, 2, ROWS, COLUMNS)), float
    )
    return IndependentDevices(sigma, response, TILE)


@pytest.fixture
def voltages():
    return jnp.asarray(np.random.default_rng(2).uniform(-0.1, 0.1, ROWS), float)


def drawn(noise, voltages, seed, signal=None):
    """Currents (samples, all columns of all tiles) of one read of many arrays, in units of the expected std."""
    batch, counted = (None if rows is None else jnp.tile(rows, (SAMPLES, 1)) for rows in (voltages, signal))
    start_key, key = jax.random.split(jax.random.key(seed))
    currents = jax.jit(lambda n, k: n.draw(k, n.start(start_key, SAMPLES), n.prepare(batch, counted))[1])(noise, key)
    return np.asarray(currents, float).reshape(SAMPLES, -1)


def expected_std(devices, voltages, signal=None):
    """Root of the sum of squares, from the definition, tile by tile."""
    v, counted = (np.asarray(rows, float)[:, None] for rows in (voltages, voltages if signal is None else signal))
    factor = 1 + v * (np.asarray(devices.response[0]) + v * np.asarray(devices.response[1]))
    variance = (counted**2 * factor * np.asarray(devices.sigma, float) ** 2).sum(axis=0)
    return np.sqrt(np.concatenate([variance[:TILE].sum(axis=0), variance[TILE:].sum(axis=0)]))


def equal_in_distribution(one, other):
    """Kolmogorov-Smirnov and Levene between each column of two samples, and the correlations between columns.

    20 000 draws of each tell stds that are 4 % apart, or columns correlated by 0.04.
    """
    columns = one.shape[1]
    level = FALSE_ALARM / (4 * columns)
    marginals = all(
        stats.ks_2samp(one[:, i], other[:, i]).pvalue > level and stats.levene(one[:, i], other[:, i]).pvalue > level
        for i in range(columns)
    )
    limit = stats.norm.ppf(1 - FALSE_ALARM / columns**2) * np.sqrt(2 / SAMPLES)
    between = np.abs(np.corrcoef(one.T) - np.corrcoef(other.T))
    return marginals and bool((between < limit).all())


def test_columns_have_the_distribution_of_the_devices_they_add_up(devices, voltages):
    assert equal_in_distribution(drawn(devices, voltages, 0), drawn(columns_of(devices), voltages, 1))


@pytest.mark.parametrize("wrong", ["narrower", "no response", "whole columns", "uniform"])
def test_columns_of_another_distribution_fail_that_test(devices, voltages, wrong):
    columns, variance = drawn(columns_of(devices), voltages, 1), columns_of(devices).variance
    if wrong == "narrower":
        columns = drawn(Columns(variance * 0.95**2, TILE), voltages, 1)
    elif wrong == "no response":
        columns = drawn(Columns(variance[:1], TILE), voltages, 1)
    elif wrong == "whole columns":
        # One normal a column instead of one a column and tile.
        columns[:, COLUMNS:] = columns[:, :COLUMNS] * (
            columns[:, COLUMNS:].std(axis=0) / columns[:, :COLUMNS].std(axis=0)
        )
    else:
        columns = columns.std(axis=0) * np.random.default_rng(0).uniform(-np.sqrt(3), np.sqrt(3), columns.shape)
    assert not equal_in_distribution(drawn(devices, voltages, 0), columns)


@pytest.mark.parametrize("way", ["devices", "columns", "remembering"])
def test_every_way_has_the_std_of_the_sum_of_squares(devices, voltages, way):
    noise = {"devices": devices, "columns": columns_of(devices), "remembering": remembering(devices)}[way]
    ratio = drawn(noise, voltages, 3).std(axis=0, ddof=1) / expected_std(devices, voltages)
    level = FALSE_ALARM / len(ratio) / 2
    low, high = np.sqrt(stats.chi2.ppf([level, 1 - level], SAMPLES - 1) / (SAMPLES - 1))
    assert ((low < ratio) & (ratio < high)).all()


@pytest.mark.parametrize("way", ["devices", "columns", "remembering"])
def test_a_signal_counts_in_place_of_the_voltage_that_acts(devices, voltages, way):
    """Half the voltage of the first rows: what acts on sigma is the whole; as halved voltages they fail."""
    voltages = 1.6 * voltages
    signal = voltages * jnp.asarray([0.5] * 3 + [0.9] * (ROWS - 3))
    noise = {"devices": devices, "columns": columns_of(devices), "remembering": remembering(devices)}[way]
    currents = drawn(noise, voltages, 3, signal).std(axis=0, ddof=1)
    level = FALSE_ALARM / len(currents) / 2
    low, high = np.sqrt(stats.chi2.ppf([level, 1 - level], SAMPLES - 1) / (SAMPLES - 1))
    ratio = currents / expected_std(devices, voltages, signal)
    assert ((low < ratio) & (ratio < high)).all()
    for wrong in (expected_std(devices, voltages), expected_std(devices, signal)):
        assert not ((low < currents / wrong) & (currents / wrong < high)).all()


def remembering(devices):
    mean = jnp.full(devices.sigma.shape, 9e-5)
    reads = OrnsteinUhlenbeck(mean.ravel(), devices.sigma.ravel() / 2, jnp.asarray(0.3))
    return RememberingDevices(reads, mean, jnp.full(mean.shape, 2.0), devices.response, TILE)


def test_successive_reads_of_independent_devices_and_inputs_share_nothing(devices, voltages):
    first, second = drawn(devices, voltages, 4), drawn(devices, voltages, 5)
    limit = stats.norm.ppf(1 - FALSE_ALARM / 24) / np.sqrt(SAMPLES)
    for one, other in ((first, second), (first[1:], first[:-1])):
        assert max(abs(np.corrcoef(a, b)[0, 1]) for a, b in zip(one.T, other.T, strict=True)) < limit
