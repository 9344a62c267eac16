"""Chips that are measured layer by layer while they are written."""

from dataclasses import replace
from typing import get_args

import jax
import numpy as np
import pytest

from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.loop import carried, measured, rewritten, software_sums
from magbayes.system.array.programming import built
from magbayes.system.array.writing import plan, write
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.posterior import Layer, Posterior, software_predict
from magbayes.system.settings import AcceleratorSettings, Imperfection

EVERY = frozenset(get_args(Imperfection))
STEP = 0.1


def to_the_grid(row, wanted):
    return STEP * np.round(wanted / STEP)


@pytest.mark.parametrize(("common", "least", "most"), [(3.0, 2.0, np.inf), (0.0, 0.9, 1.1)])
def test_what_a_weight_misses_is_carried_to_the_others(common, least, most):
    """Sums miss less than half as much as with each weight at its nearest; where inputs are independent, as much."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(4000, 20)) + common * random.normal(size=(4000, 1))
    wanted = random.uniform(-1, 1, (20, 30))
    hessian = np.broadcast_to(inputs.T @ inputs, (30, 20, 20))
    shown = carried(hessian, wanted, to_the_grid)
    assert (shown == to_the_grid(0, shown)).all()
    off = [float(np.mean((inputs @ (held - wanted)) ** 2)) for held in (to_the_grid(0, wanted), shown)]
    assert least < np.sqrt(off[0] / off[1]) < most


@pytest.fixture
def posterior():
    random = np.random.default_rng(3)
    inputs = random.uniform(0, 1, (200, 1)) * np.ones(8) + 0.3 * random.uniform(-1, 1, (200, 8))
    first = Layer(random.uniform(-1, 1, (9, 12)), random.uniform(0.02, 0.06, (9, 12)))
    second = Layer(random.uniform(-1, 1, (13, 2)), random.uniform(0.02, 0.06, (13, 2)))
    return Posterior((first, second), "classification", 1.0, 0.0, inputs, np.zeros(1))


def chip_of(posterior, models, key, left, **changes):
    """A chip that has no imperfections but those that are `left`."""
    usual = {"ideal": EVERY - {"noise"} - left, "samples": 400, "sampling": "columns", "writing": "in_the_loop"}
    return Accelerator(posterior, models, AcceleratorSettings(**usual | changes), key)


def missed(chip, posterior, inputs=None):
    """Root mean square by which the means of outputs are off those of the posterior in software."""
    inputs = posterior.calibration if inputs is None else inputs
    meant = software_predict(posterior, jax.random.key(8), inputs, 2000).mean(axis=0)
    return float(np.sqrt(np.mean((chip.predict(jax.random.key(9), inputs).mean(axis=0) - meant) ** 2)))


def test_gains_that_differ_are_undone_on_other_inputs_too(models, key, posterior):
    """DACs and ADCs off by 5 %; what is left is the noise of 400 passes, as of a chip on which nothing differs."""
    other = replace(posterior, calibration=posterior.calibration[:150])
    inputs = posterior.calibration[150:]
    off = {"left": {"mismatch"}, "dac_spread": 0.05, "adc_spread": 0.05, "mirror_spread": 0.0, "adc_offset": 0.0}
    loop, before = (missed(chip_of(other, models, key, writing=how, **off), other, inputs) for how in HOW)
    exact = missed(chip_of(other, models, key, set(), writing="measured"), other, inputs)
    assert exact < before / 6
    assert loop < exact + 0.15 * before


HOW = ("in_the_loop", "measured")


def test_a_chip_without_faults_stays_as_it_is(models, key, posterior):
    loop, before = (chip_of(posterior, models, key, set(), writing=how) for how in HOW)
    for ours, theirs, layer in zip(loop.layers, before.layers, posterior.layers, strict=True):
        changed = float(ours.scale) * (np.asarray(ours.difference) - np.asarray(theirs.difference))
        # Measurements have noise, and a column of 200 inputs is known to a fraction of the std of its weights.
        assert np.sqrt(np.mean((changed / layer.std) ** 2)) < 0.3
        np.testing.assert_allclose(ours.column_gain, 1, atol=0.01)
    # What is meant is known to a thirtieth of the std of outputs, what a chip puts out to a twentieth.
    assert missed(loop, posterior) < 1.4 * missed(before, posterior)


def test_levels_that_are_coarse_and_devices_that_differ(models, key, posterior):
    unlike = models.with_dwmtj(spread=1e-5, std=0.0)
    coarse = {"left": {"levels", "level_spread"}, "slices": 1}
    loop, before = (missed(chip_of(posterior, unlike, key, writing=how, **coarse), posterior) for how in HOW)
    assert loop < 0.4 * before


@pytest.fixture
def first_layer(models, key, posterior):
    """A plan of the first layer with DACs that are off, its walls, what it shows, and what is meant."""
    settings = AcceleratorSettings(
        ideal=EVERY - {"noise", "levels", "mismatch"}, sampling="columns", dac_spread=0.05, writing="in_the_loop"
    )
    planned = plan(key, posterior.layers[0], models, settings)
    walls = write(planned)
    chip = Accelerator(posterior, models, settings.model_copy(update={"writing": "measured"}), key)

    def shows(held):
        own = chip.layers[0]
        layer = replace(built(planned, held).layer, input_range=own.input_range, current_range=own.current_range)
        inputs = np.broadcast_to(posterior.calibration, (200, *posterior.calibration.shape)).astype(np.float32)
        return measured(layer, jax.random.key(5), inputs, True, 1.0, chip._circuits[0])

    return planned, walls, shows, software_sums(posterior, jax.random.key(2), posterior.calibration)[0]


def off(seen, wanted):
    return float(np.sqrt(np.mean((np.asarray(seen.sums) - wanted) ** 2)))


def test_sums_of_other_inputs_do_not_help(first_layer):
    """Control: the same measurements against what the posterior means for these inputs in another order."""
    planned, walls, shows, wanted = first_layer
    seen = shows(walls)
    before = off(seen, wanted)
    shuffled = np.random.default_rng(4).permutation(wanted)
    assert off(shows(rewritten(planned, walls, seen, wanted)), wanted) < 0.5 * before
    assert off(shows(rewritten(planned, walls, seen, shuffled)), wanted) > before


def test_the_same_chip_has_the_same_bits(models, key, posterior):
    one, again = (chip_of(posterior, models, key, {"levels", "mismatch"}) for _ in range(2))
    for ours, theirs in zip(jax.tree.leaves(one.layers), jax.tree.leaves(again.layers), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_measuring_and_writing_anew_are_paid_for(models, key, posterior):
    often = {"predictions_per_write": 1e3, "loop_passes": 50}
    loop, before = (chip_of(posterior, models, key, {"levels"}, writing=how, **often) for how in HOW)
    cost, was = loop.cost(), before.cost()
    assert cost.programming.pulses > was.programming.pulses
    assert cost.programming.reads > was.programming.reads
    # Two measurements of 200 inputs, in predictions of 400 passes; pulses are far less.
    predictions = 2 * 200 * 50 / 400 / 1e3
    parts = was.energy
    circuits = sum(float(np.sum(energy)) for part, energy in parts.items() if part not in ("writing", "control"))
    extra = float(np.sum(cost.energy["writing"]) - np.sum(parts["writing"]))
    assert extra == pytest.approx(predictions * circuits, rel=0.05)


def test_a_convolution_is_measured_at_its_positions(models, key):
    random = np.random.default_rng(1)
    shapes = [(10, 2), (9, 3)]
    layers = (
        Layer(random.normal(size=shapes[0]), np.full(shapes[0], 0.05), Kernel((6, 6, 1), 3, pool=2)),
        Layer(random.normal(size=shapes[1]), np.full(shapes[1], 0.05)),
    )
    network = Posterior(layers, "classification", 1.0, 0.0, random.uniform(size=(80, 36)), np.zeros(1))
    spoiled = {"left": {"levels", "mismatch"}, "dac_spread": 0.05, "adc_spread": 0.05, "slices": 1}
    loop, before = (missed(chip_of(network, models, key, writing=how, **spoiled), network) for how in HOW)
    assert loop < 0.5 * before
