"""Means in slices of several pairs of devices."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from magbayes.system.array.programming import program
from magbayes.system.array.slices import composite_levels, slice_gains
from magbayes.system.network.posterior import Layer
from magbayes.system.settings import AcceleratorSettings, Imperfection

EVERY = frozenset(get_args(Imperfection))
LEVELS = np.linspace(2e-5, 1.8e-4, 8)


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_slices_divide_the_step_by_the_number_of_levels(slices):
    levels = composite_levels(LEVELS, slices)
    assert len(levels) == 8**slices
    step = (LEVELS[1] - LEVELS[0]) / 8 ** (slices - 1)
    np.testing.assert_allclose(np.diff(levels), step, rtol=1e-6)
    assert slice_gains(8, slices)[-1] == pytest.approx(8.0 ** (1 - slices))


@pytest.fixture
def layer():
    random = np.random.default_rng(5)
    return Layer(random.uniform(-1, 1, (30, 20)), random.uniform(0.05, 0.19, (30, 20)))


def error(written):
    return np.abs(np.asarray(written.layer.difference, float) - written.mapping.difference)


@pytest.mark.parametrize("writing", ["nominal", "measured"])
def test_a_weight_misses_its_mean_by_half_a_step_of_the_last_slice(models, key, layer, writing):
    """Control: without what the second slice holds, the error is that of the first."""
    ideal = EVERY - {"levels"}
    written = program(key, layer, models, AcceleratorSettings(ideal=ideal, slices=2, writing=writing))
    levels = np.asarray(models.dwmtj.levels.mean, float)
    step = np.diff(levels).max() / len(levels)
    # The largest ones may be clipped.
    inner = np.abs(layer.mean) < 0.9
    assert error(written)[inner].max() < 0.51 * step
    first = written.means[0, 0] - written.means[0, 1] - written.mapping.difference
    assert np.abs(first).max() > 2 * step
    held = first + slice_gains(len(levels), 2)[1] * (written.means[1, 0] - written.means[1, 1])
    np.testing.assert_allclose(np.abs(held), error(written), atol=1e-10)


def test_the_mirrors_of_later_slices_differ(models, key, layer):
    """By 1 % of what a second slice holds, which no writing makes up for."""
    settings = AcceleratorSettings(ideal=EVERY - {"mismatch"}, slices=2, writing="nominal", dac_spread=0.0, rows=1)
    mean = replace(layer, std=np.full_like(layer.std, 0.19))
    held = [program(key, mean, models, s) for s in (settings, settings.model_copy(update={"mirror_spread": 0.0}))]
    moved = np.asarray(held[0].layer.difference - held[1].layer.difference, float)
    gain = slice_gains(len(np.asarray(models.dwmtj.levels.mean)), 2)[1]
    expected = gain * 0.01 * np.sqrt((held[1].means[1] ** 2).sum(axis=0))
    # Six hundred of them leave 3 %.
    assert (moved / expected).std() == pytest.approx(1, abs=0.1)


def test_slices_cost_energy_area_and_writing(models, key, layer):
    one, two = (program(key, layer, models, AcceleratorSettings(ideal=EVERY, slices=n)) for n in (1, 2))
    assert two.effort.pulses > 1.8 * one.effort.pulses
    assert (one.mirrored == 0).all()
    np.testing.assert_allclose(two.mirrored, two.means[1].sum(axis=0) / 8)
    assert two.means.sum() > 1.8 * one.means.sum()
