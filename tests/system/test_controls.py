"""Chips with wrong noise: what they are, and what the noise is said to buy."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.datasets import load_dataset
from magbayes.system.evaluation.controls import FACTORS, controls, negative_controls
from magbayes.system.evaluation.evaluate import evaluate
from magbayes.system.evaluation.prediction import every_input, figures_of, paired, prediction_of, split_inputs
from magbayes.system.evaluation.variants import NOISE_OFF
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, software_predict
from magbayes.system.settings import AcceleratorSettings

SETTINGS = AcceleratorSettings(
    samples=200, sample_interval=1e-6, sampling="columns", ideal=frozenset({"levels", "adc"})
)
KEYS = jax.random.key(1, impl="rbg"), jax.random.key(2, impl="rbg")


@pytest.fixture(scope="module")
def cubic():
    return load_dataset("cubic", seed=1)


@pytest.fixture(scope="module")
def posterior(cubic):
    """A network that nobody trained; its stds differ by a factor of up to 3."""
    rng = np.random.default_rng(1)
    layers = [Layer(rng.normal(size=shape), rng.uniform(0.1, 0.3, shape)) for shape in ((2, 8), (9, 1))]
    return Posterior(tuple(layers), "regression", 1.0, 0.1, cubic.train_inputs[:50], np.zeros(1))


def test_controls_change_the_noise_and_nothing_else(posterior):
    found = {name: (written, settings) for name, written, settings in controls(posterior, SETTINGS, seed=3)}
    assert list(found) == [NOISE_OFF, "sigma × 0.5", "sigma × 2", "sigmas permuted", "one sigma a layer"]
    for name, (written, settings) in found.items():
        assert (settings == SETTINGS) == (name != NOISE_OFF)
        for layer, own in zip(written.layers, posterior.layers, strict=True):
            assert np.array_equal(layer.mean, own.mean)
    stds = {name: [layer.std for layer in written.layers] for name, (written, _) in found.items()}
    for index, layer in enumerate(posterior.layers):
        assert stds["sigma × 2"][index] == pytest.approx(FACTORS[1] * layer.std)
        permuted = stds["sigmas permuted"][index]
        assert np.array_equal(np.sort(permuted, axis=None), np.sort(layer.std, axis=None))
        assert not np.array_equal(permuted, layer.std)
        one = stds["one sigma a layer"][index]
        assert np.ptp(one) == 0
        assert np.log(one).sum() == pytest.approx(np.log(layer.std).sum())
    assert found[NOISE_OFF][1].ideal == SETTINGS.ideal | {"noise"}


def test_no_chip_and_data_of_another_network_are_refused(cubic, posterior, models):
    networks = TrainedNetworks(posterior, posterior, posterior)
    with pytest.raises(ValueError, match="chips: 0; at least 1"):
        evaluate(cubic, networks, models, SETTINGS, 1, chips=0)
    wider = replace(cubic, test_inputs=np.ones((3, 4)))
    with pytest.raises(ValueError, match="the networks have 1 inputs, the data set has 4"):
        evaluate(wider, networks, models, SETTINGS, 1)
    with pytest.raises(ValueError, match="the networks are of a regression, the data set is of a classification"):
        evaluate(replace(cubic, task="classification"), networks, models, SETTINGS, 1)


def test_what_the_noise_buys_is_the_difference_of_two_chips(cubic, posterior, models):
    """As the figures of either chip say, with intervals of the differences, which are narrower."""
    chip = Accelerator(posterior, models, SETTINGS, KEYS[0])
    correction = chip.correction(cubic.train_inputs)
    outputs = correction.of(chip.predict(KEYS[1], every_input(cubic)))
    software = software_predict(posterior, KEYS[1], every_input(cubic), 200)
    noise_std = correction.noise_std
    found, gaps, gained, left_out = negative_controls(
        cubic, posterior, models, SETTINGS, KEYS, outputs, noise_std, software, seed=3
    )
    assert not left_out
    expected = figures_of(software[:, : len(cubic.test_inputs)], posterior.noise_std, cubic, 3)
    for control, figures in gaps.items():
        for name in ("rmse", "nll", "coverage_90"):
            off = found[control][name].value - expected[name].value
            assert figures[name].value == pytest.approx(off, rel=1e-6, abs=1e-9)
            assert figures[name].low <= figures[name].value <= figures[name].high
    own = figures_of(outputs[:, : len(cubic.test_inputs)], noise_std, cubic, 3)
    own_of_all = prediction_of(outputs, noise_std, cubic, 3).metrics
    for name in ("rmse", "crps", "nll"):
        assert gained[name].value == pytest.approx(own[name].value - found[NOISE_OFF][name].value, rel=1e-6, abs=1e-9)
        assert gained[name].low < gained[name].value < gained[name].high
    # Sigma off, the interval that this network gives is that of the targets' noise alone.
    assert found[NOISE_OFF]["coverage_90"].value < own["coverage_90"].value < found["sigma × 2"]["coverage_90"].value
    # It tells inputs beyond the training range from others, better than electrical noise does, which grows there too.
    assert found[NOISE_OFF]["auroc_outside"].value < 0.8 < own_of_all["auroc_outside"].value
    assert gained["auroc_outside"].low > 0.02
    # Control: the same chip twice.
    both = split_inputs(outputs, cubic)
    same = paired(both, both, (posterior.noise_std,) * 2, cubic, 3)
    assert all(value == 0 for name in same for value in same[name])


def test_a_chip_in_the_loop_is_not_helped_past_its_lack_of_noise(cubic, posterior, models):
    """Levels that are chosen by what columns show correct the means; what inputs from elsewhere show is still lost."""
    looped = SETTINGS.model_copy(update={"writing": "in_the_loop", "ideal": frozenset({"adc"})})

    def figures(settings):
        chip = Accelerator(posterior, models, settings, KEYS[0])
        correction = chip.correction(cubic.train_inputs)
        outputs = correction.of(chip.predict(KEYS[1], every_input(cubic)))
        return prediction_of(outputs, correction.noise_std, cubic, 3).metrics

    own, off = figures(looped), figures(looped.model_copy(update={"ideal": looped.ideal | {"noise"}}))
    assert off["auroc_outside"].high < own["auroc_outside"].low
    assert off["coverage_90"].high < own["coverage_90"].low


def test_differences_are_those_of_the_same_resamples():
    """Scores that differ by a constant differ for sure, however much they vary."""
    scores = np.random.default_rng(1).normal(size=400)
    one, other = ({"mean": metrics.mean_of(values)} for values in (scores + 0.1, scores))
    found = metrics.differences(one, other, 400, seed=2)["mean"]
    assert found == pytest.approx((0.1, 0.1, 0.1))
    shuffled = {"mean": metrics.mean_of(scores[::-1])}
    assert np.ptp(metrics.differences(one, shuffled, 400, seed=2)["mean"]) > 0.1


def test_a_control_that_the_devices_do_not_hold_is_said(cubic, posterior, models):
    """Twice the stds want a mirror gain that is out of reach."""
    gain = float(Accelerator(posterior, models, SETTINGS, KEYS[0]).layers[0].mirror)
    tight = SETTINGS.model_copy(update={"mirror_max": 1.5 * gain})
    outputs = np.zeros((2, len(every_input(cubic)), 1))
    found = negative_controls(cubic, posterior, models, tight, KEYS, outputs, 0.1, outputs, seed=3)
    assert "sigma × 2" not in found.figures
    assert any("sigma × 2: no such control" in line and "mirror" in line for line in found.left_out)


def test_a_shift_is_told_apart_by_both(models):
    digits = load_dataset("digits", seed=1)
    rng = np.random.default_rng(1)
    layer = Layer(rng.normal(size=(65, 10)), rng.uniform(0.1, 0.3, (65, 10)))
    network = Posterior((layer,), "classification", 1.0, 0.0, digits.train_inputs[:50], np.zeros(1))
    few = replace(digits, test_inputs=digits.test_inputs[:60], test_targets=digits.test_targets[:60])
    settings = SETTINGS.model_copy(update={"samples": 5})
    outputs = Accelerator(network, models, settings, KEYS[0]).predict(KEYS[1], every_input(few))
    found = negative_controls(few, network, models, settings, KEYS, outputs, 0.0, outputs, seed=3)
    for figures in (found.bought, *found.gaps.values(), *found.figures.values()):
        assert {f"auroc_{name}" for name in few.shifted} <= set(figures)
        assert {"accuracy", "nll", "ece", "brier", "aurc"} <= set(figures)
