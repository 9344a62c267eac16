from dataclasses import replace

import numpy as np
import pytest

from magbayes.system.array.electrical import floor, typical_drive
from magbayes.system.array.mapping import level_pairs, map_layer, measured_pairs
from magbayes.system.network.posterior import Layer
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import ELECTRICAL, FakeStochastic

LEVELS = np.array([1.0, 2.0, 3.0])


def test_even_levels_offer_every_difference_at_the_least_conductance():
    pair = level_pairs(LEVELS, np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    assert pair.T.tolist() == [[1, 3], [1, 2], [1, 1], [2, 1], [3, 1]]


def test_nearest_difference_wins():
    pair = level_pairs(np.array([1.0, 2.0, 4.0]), np.array([1.6, 1.4, 9.0, -9.0]))
    # 2 (4 - 2) is nearer to 1.6 than 1 (2 - 1); beyond the grid its ends are taken.
    assert (pair[0] - pair[1]).tolist() == [2, 1, 3, -3]


def test_mean_and_std_come_back_from_the_targets(models):
    random = np.random.default_rng(0)
    layer = Layer(random.normal(size=(9, 5)), random.uniform(0.1, 0.39, (9, 5)))
    mapping = map_layer(layer, models, AcceleratorSettings(ideal={"levels", "jitter"} | ELECTRICAL))
    sigma = models.smtj.sigma(mapping.gate[0], 1e-9).value
    np.testing.assert_allclose(mapping.scale * mapping.difference, layer.mean, rtol=1e-9)
    np.testing.assert_allclose(mapping.scale * mapping.mirror * np.sqrt(2) * sigma, layer.std, rtol=1e-9)


def test_means_on_the_levels_are_mapped_exactly(models):
    """Whatever the scale, and even if the largest level stays unused."""
    step = np.arange(-5, 6).reshape(11, 1) * 0.123
    mapping = map_layer(Layer(step, np.full(step.shape, 0.1)), models, AcceleratorSettings())
    pair = level_pairs(models.dwmtj.levels.mean, mapping.difference)
    np.testing.assert_allclose(mapping.scale * (pair[0] - pair[1]), step, atol=1e-9)


def test_measured_devices_get_the_pair_of_their_own_levels_that_is_nearest():
    """Against all pairs of every weight, one after another."""
    random = np.random.default_rng(3)
    own, wanted = random.normal(size=(2, 6, 5, 4)), random.normal(size=(6, 5))
    chosen = measured_pairs(own, wanted)
    for row, column in np.ndindex(6, 5):
        offers = np.subtract.outer(own[0, row, column], own[1, row, column])
        first, second = chosen[:, row, column]
        assert abs(offers[first, second] - wanted[row, column]) == np.abs(offers - wanted[row, column]).min()


def test_the_walls_own_noise_is_part_of_a_weights(models):
    """Pairs of jitters of 20 nS: the stochastic MTJs do the rest of the variance."""
    quiet, loud = models.with_dwmtj(std=0.0), models.with_dwmtj(std=4e-8)
    layer = Layer(np.array([[1.0, -1.0]]), np.array([[2e-4, 4e-4]]))
    settings = AcceleratorSettings(mirror_min=1e-6, ideal=ELECTRICAL, slices=1, leave_out=False)
    mapping = map_layer(layer, loud, settings)
    alone = map_layer(layer, quiet, settings)
    sigma, before = (models.smtj.sigma(m.gate[0], 1e-9).value for m in (mapping, alone))
    total = 2 * (mapping.scale * mapping.mirror * sigma) ** 2 + 2 * (mapping.scale * 2e-8) ** 2
    np.testing.assert_allclose(np.sqrt(total), layer.std, rtol=1e-6)
    assert mapping.excess == pytest.approx(0, abs=1e-9)
    assert (mapping.mirror * sigma < alone.mirror * before).all()
    # Jitter of three quarters of the smallest weight's: the largest decides.
    much = map_layer(layer, models.with_dwmtj(std=1.2e-7), settings)
    sigma = models.smtj.sigma(much.gate[0], 1e-9).value
    total = 2 * (much.scale * much.mirror * sigma) ** 2 + 2 * (much.scale * 6e-8) ** 2
    np.testing.assert_allclose(np.sqrt(total[0, 1]), 4e-4, rtol=1e-6)
    assert total[0, 0] > 1.05 * 2e-4**2
    assert much.excess == pytest.approx(total.sum() / (layer.std**2).sum() - 1, rel=1e-6)
    nominal = map_layer(layer, loud, AcceleratorSettings(mirror_min=1e-6, writing="nominal", ideal=ELECTRICAL))
    np.testing.assert_allclose(nominal.gate, alone.gate)


def test_a_column_shows_its_variance_where_rows_are_driven_unequally(models):
    """Electrical noise is the same whatever drives a row; strongly driven ones have small stds here.

    Control: taken off each weight alone, noise that small stds have no room for stays in the column.
    """
    settings = AcceleratorSettings(read_time=1e-9, ideal={"amplifier"})
    square = np.where(np.arange(16) < 4, 2e-3, 5e-5)
    std = np.where(np.arange(16) < 4, 0.077, 0.3)[:, None] * np.ones((16, 3))
    driven = typical_drive(settings.reading, models.temperature)._replace(square=square)
    mapping = map_layer(Layer(np.ones((16, 3)), std), models.with_dwmtj(std=0.0), settings, driven)
    noise = floor(settings.reading, models, driven)
    gain = 2 * (mapping.scale * mapping.mirror) ** 2
    own = gain * models.smtj.sigma(mapping.gate[0], 1e-9).value ** 2
    added = gain * noise.sigma + 2 * mapping.scale**2 * noise.wall
    wanted = square @ std**2
    assert mapping.held.all()
    np.testing.assert_allclose(square @ own + square.mean() * 16 * added, wanted, rtol=1e-6)
    low, high = (gain * end**2 for end in models.smtj.sigma_range(1e-9))
    alone = np.clip(std**2 - added, low, high)
    assert (square @ alone + square.mean() * 16 * added > 1.02 * wanted).all()


def test_stds_of_single_precision_stay_in_the_range(models):
    """Of a network as it is stored: stds that loud reads push to both ends of what the device offers."""

    class Strict(FakeStochastic):
        def voltage_for(self, sigma, integration_time):
            assert sigma.dtype == np.float64
            assert sigma.min() >= 5e-6
            assert sigma.max() <= 2e-5
            return super().voltage_for(sigma, integration_time)

    random = np.random.default_rng(0)
    layer = Layer(np.array([[1.0, -0.5, 0.7]]), random.uniform(0.1, 0.3, (1, 3)).astype(np.float32))
    for time in (1e-8, 1e-9, 1e-10):
        map_layer(layer, replace(models, smtj=Strict()), AcceleratorSettings(read_time=time))


@pytest.mark.parametrize(
    ("std", "message"),
    [([0.1, 0.5], "sigma_ratio at most 4"), ([0.0, 0.0], "above 0"), ([50.0, 50.0], "mirror gain")],
)
def test_what_the_devices_cannot_hold_is_refused(models, std, message):
    layer = Layer(np.array([[1.0, -0.5]]), np.array([std]))
    with pytest.raises(ValueError, match=message):
        map_layer(layer, models, AcceleratorSettings(ideal=ELECTRICAL))
