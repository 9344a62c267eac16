"""The cell that adapters share."""

import jax
import numpy as np
import pytest
from scipy.stats import ks_2samp

from magbayes.compact_models.adapters.cell import Cell
from magbayes.data.keys import random_key

COUNT = 20_000


def test_noise_is_that_of_the_sampler(models):
    """20 000 numbers each: two-sample test, and the width within 2 %: the tables are off by up to 1.4 %."""
    gates = np.array([-0.8, 0.5])
    noise = Cell(models, gates, 0.1).noise(np.random.default_rng(0).normal(size=(COUNT, 2)))
    for column, gate in zip(noise.T, gates, strict=True):
        drawn = np.asarray(models.smtj.sample(jax.random.key(1), gate, 1e-6, (1, COUNT), read_voltage=0.1))[0]
        deviation = drawn - float(models.smtj.mean(gate + 0.1))
        assert ks_2samp(column, deviation).pvalue > 1e-3
        assert ks_2samp(column, 1.05 * deviation).pvalue < 1e-3  # a width off by 5 % is seen
        assert column.std() == pytest.approx(float(models.smtj.sigma(gate, read_voltage=0.1).value), rel=0.02)


def test_writing_is_that_of_the_write_verify_loop(models):
    """A device holds the nearest level; its jitter is of every read, and in none of them here."""
    target = np.repeat(models.dwmtj.levels.mean, 2000)
    written = Cell(models, 0.0).write(target, seed=3)
    assert np.array_equal(written, models.dwmtj.program(random_key(3, "program"), target).conductance)
    assert np.array_equal(written, target)
    assert np.array_equal(written, Cell(models, 0.0).write(target, seed=3))


def test_a_read_has_the_noise_of_both_devices(models):
    """Variances add: 20 000 numbers know a width to 0.5 %, the tables to 1.4 %."""
    cell, rng = Cell(models, 0.5, integration_time=1e-10), np.random.default_rng(1)
    held = np.full(20_000, models.dwmtj.levels.mean[2])
    read = cell.read(held, *rng.normal(size=(2, held.size)))
    sigma, jitter = float(models.smtj.sigma(0.5, 1e-10).value), models.dwmtj.jitter(1e-10)[2]
    assert (read - held).std() == pytest.approx(np.hypot(sigma, jitter), rel=0.02)
    alone = cell.read(held, np.zeros(held.size), rng.normal(size=held.size))
    assert alone.std() == pytest.approx(jitter, rel=0.02)


def test_beyond_the_characterised_range_is_refused(models):
    with pytest.raises(ValueError, match=r"gate and read voltage 1.1 to 1.1 V .*accepted: -1 to 1 V"):
        Cell(models, 1.0, 0.1)
    cell = Cell(models, 0.0)
    first, last = cell.range
    for lowest, highest in ((0.5 * first, last), (first, 1.1 * last), (last, first), (np.nan, last)):
        with pytest.raises(ValueError, match="S are not those of the levels; accepted: "):
            cell.check(lowest, highest)
    cell.check(first, last)
