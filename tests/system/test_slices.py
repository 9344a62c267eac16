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


@pytest.mark.parametrize("slices", [2, 3])
def test_writing_by_what_devices_show_makes_up_for_the_mirrors_of_later_slices(models, key, layer, slices):
    """To half a step of the last slice, where by the table the gains of the second alone are off by more."""
    errors = {}
    for writing in ("measured", "nominal"):
        settings = AcceleratorSettings(ideal=EVERY - {"levels", "mismatch"}, slices=slices, writing=writing,
                                       dac_spread=0.0, mirror_spread=0.05, pair_drive="alike")  # fmt: skip
        written = program(key, layer, models, settings)
        held = np.asarray(written.layer.difference + written.layer.mirror * written.layer.offset, float)
        errors[writing] = np.abs(held - written.mapping.difference)[np.abs(layer.mean) < 0.8].std()
    step = np.diff(np.asarray(models.dwmtj.levels.mean, float)).max() / 8 ** (slices - 1)
    assert errors["measured"] < 0.4 * step
    assert errors["nominal"] > 2 * errors["measured"]


def test_exact_levels_are_exact_in_any_slices(models, key, layer):
    for slices in (1, 2, 3):
        settings = AcceleratorSettings(ideal=EVERY - {"mismatch"}, slices=slices, dac_spread=0.0)
        written = program(key, layer, models, settings)
        held = np.asarray(written.layer.difference + written.layer.mirror * written.layer.offset, float)
        assert np.abs(held - written.mapping.difference).max() < 1e-9


def test_devices_of_slices_differ_by_themselves(models, key):
    """Levels and stuck devices: with one draw for all, slices would be alike."""
    layer = Layer(np.zeros((40, 30)), np.full((40, 30), 0.1))
    ideal = EVERY - {"levels", "level_spread", "stuck"}
    settings = AcceleratorSettings(ideal=ideal, slices=2, writing="nominal", stuck_high=0.2)
    # All are written to the lowest level, which conducts least, and stuck at the highest.
    means = program(key, layer, models.with_dwmtj(spread=5e-6), settings).means
    stuck = means > np.asarray(models.dwmtj.levels.mean).mean()
    assert 0.15 < stuck.mean() < 0.25
    assert abs(np.corrcoef(stuck[0].ravel(), stuck[1].ravel())[0, 1]) < 0.1
    free = ~stuck.any(axis=0)
    assert abs(np.corrcoef(means[0][free], means[1][free])[0, 1]) < 0.15


def test_too_many_values_of_a_mean_are_refused():
    with pytest.raises(ValueError, match=r"slices 2 of 64 levels make 4096 values.*at most 1024, so slices 1"):
        composite_levels(np.linspace(1.0, 2.0, 64), 2)


def test_the_mirrors_of_later_slices_differ(models, key, layer):
    """By 1 % of what a second slice holds."""
    settings = AcceleratorSettings(
        ideal=EVERY - {"mismatch"}, slices=2, writing="nominal", dac_spread=0.0, rows=1, pair_drive="alike"
    )
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
