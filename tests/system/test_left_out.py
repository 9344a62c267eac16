"""Weights without stochastic MTJs: a switch in their cell takes these off their lines."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.mapping import map_layer
from magbayes.system.array.programming import program
from magbayes.system.cost.table import load_table
from magbayes.system.datasets import Dataset
from magbayes.system.network.guide import Offer, device_layer, lowest_std
from magbayes.system.network.posterior import Layer, Posterior, software_predict
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import train
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import ELECTRICAL

RATIO = 4.0


@pytest.fixture
def layer():
    """Every second weight has no std."""
    random = np.random.default_rng(3)
    std = random.uniform(0.05, 0.15, (12, 6))
    std[::2] = 0
    return Layer(random.uniform(-1, 1, (12, 6)), std)


def test_devices_that_are_left_out_conduct_and_cost_nothing(models, key, layer):
    settings = AcceleratorSettings(ideal=ELECTRICAL)
    written = program(key, layer, models, settings)
    assert (written.mapping.held == (layer.std > 0)).all()
    assert (written.noisy[:, ::2] == 0).all()
    assert (written.noisy[:, 1::2] > 0).all()
    assert (np.asarray(written.widths.variance)[:, ::2] == 0).all()
    # 36 weights have a pair, each of whose gates is held and set by its reads.
    assert written.gate_voltage.shape == written.gate_leakage.shape == (2, 36)
    whole = program(key, Layer(layer.mean, np.full((12, 6), 0.1)), models, settings)
    pulses = whole.effort.pulses
    assert whole.effort.reads - pulses == 2 * (written.effort.reads - written.effort.pulses)
    # What is held shows its std as in a layer without zeros.
    shown = np.sqrt(np.asarray(written.widths.variance)[0, 1::2]) * written.mapping.scale * written.mapping.mirror
    np.testing.assert_allclose(shown, layer.std[1::2], rtol=0.1)


def test_a_chip_says_what_its_cells_save(models, key):
    random = np.random.default_rng(1)
    mean, std = random.uniform(-1, 1, (20, 8)), np.full((20, 8), 0.1)
    inputs = random.uniform(-1, 1, (30, 19))
    few = np.where(np.arange(20)[:, None] < 5, std, 0.0)
    costs, areas, spreads = [], [], []
    for stds, leave_out in ((std, False), (std, True), (few, True)):
        posterior = Posterior((Layer(mean, stds),), "classification", 1.0, 0.0, inputs, np.zeros(1))
        settings = AcceleratorSettings(
            ideal=ELECTRICAL, leave_out=leave_out, sampling="columns", sampling_tolerance=0.2
        )
        chip = Accelerator(posterior, models, settings, key)
        costs.append(chip.cost().energy)
        areas.append(chip.cost().area["cells"][0])
        # Driven by rows alone whose weights have no std.
        blind = np.where(np.arange(19) < 5, 0.0, inputs)
        spreads.append(chip.predict(jax.random.key(1), blind, 50).std(axis=0).mean())
    assert costs[2]["gate"][0] == pytest.approx(costs[1]["gate"][0] / 4, rel=0.1)
    assert costs[2]["cells"][0] < 0.98 * costs[1]["cells"][0]
    assert areas[1] - areas[0] == pytest.approx(160 * load_table("cmos").sram_area.value)
    # The walls' noise is left.
    assert spreads[2] < 0.3 * spreads[1]


def test_without_the_switch_every_weight_needs_a_std(models, layer):
    with pytest.raises(ValueError, match="every weight of a posterior needs a std above 0"):
        map_layer(layer, models, AcceleratorSettings(ideal=ELECTRICAL, leave_out=False))
    with pytest.raises(ValueError, match="some weights of every layer need a std above 0"):
        map_layer(Layer(layer.mean, 0 * layer.std), models, AcceleratorSettings(ideal=ELECTRICAL))


def test_where_walls_show_enough_no_more_is_added(models):
    """Jitter of walls as large as the std that is wanted: the stochastic MTJs would double the variance."""
    layer = Layer(np.array([[1.0, -1.0]]), np.array([[2e-4, 8e-4]]))
    loud = models.with_dwmtj(std=1.2e-7)
    kept, left = (
        map_layer(layer, loud, AcceleratorSettings(mirror_min=1e-6, ideal=ELECTRICAL, slices=1, leave_out=leave_out))
        for leave_out in (False, True)
    )
    assert kept.held.all()
    assert left.held.tolist() == [[False, True]]
    assert 0 <= left.excess < kept.excess


def test_of_0_and_the_range_the_nearer_variance_is_taken():
    offer = Offer(RATIO, leave_out=True)
    std = np.array([0.0001, 0.70, 0.71, 1.0, 3.0, 9.0])
    np.testing.assert_allclose(offer.held(std, 1.0), [0, 0, 1, 1, 3, 4])
    np.testing.assert_allclose(Offer(RATIO).held(std, 1.0), [1, 1, 1, 1, 3, 4])
    # A few small ones do not draw the range down, as they do where none may be left out.
    many = np.concatenate([np.full(3, 1e-3), np.geomspace(1, 4, 200)])
    assert lowest_std(many, offer) == pytest.approx(1.0, rel=0.05)


def test_gradients_reach_the_std_behind_one_that_is_left_out():
    offer = Offer(RATIO, leave_out=True)
    params = {"bound0": jnp.ones(()), "mean0": jnp.zeros(3), "lowest0": jnp.ones(())}

    def shown(std):
        return device_layer(params | {"std0": std}, 0, offer)[1]

    stds = jnp.array([0.1, 2.0, 9.0])
    np.testing.assert_allclose(shown(stds), [0, 2, 4])
    np.testing.assert_allclose(jax.jacobian(shown)(stds), np.eye(3))


@pytest.fixture(scope="module")
def uneven():
    """A line in seven inputs, the first of which is a hundred times as large: the stds of weights are as far apart."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 7)) * np.array([100.0, *[1.0] * 6])
    y = x @ np.array([0.03, *[0.1] * 6]) + 0.3 * random.normal(size=200)
    return Dataset("uneven", "regression", x, y, x, y, np.zeros(7), np.ones(7), 0.0, 1.0, x, np.empty((0, 7)), 1)


def test_stds_far_apart_cost_no_uncertainty_where_cells_may_be_left_out(uneven):
    """Control: where none may, all other weights lose theirs for the sake of the large input's."""
    settings = NetworkSettings(hidden=(), steps=3000, batch=200, prior_std=5.0, learning_rate=0.02)
    # Of the exact posterior: each of seven weights and the bias adds 1/200 of the noise's variance.
    exact, spread = 0.3 * np.sqrt(8 / 200), {}
    for leave_out in (True, False):
        posterior = train(uneven, settings, RATIO, seed=0, leave_out=leave_out).posterior
        outputs = software_predict(posterior, jax.random.key(2), uneven.test_inputs, 200)
        spread[leave_out] = float(outputs[..., 0].std(axis=0).mean()) / exact
        assert (posterior.layers[0].std == 0).any() == leave_out
    # One of eight is missing, 6 %; mean field and 200 draws spread as much.
    assert 0.75 < spread[True] < 1.15
    assert spread[False] > 1.5
