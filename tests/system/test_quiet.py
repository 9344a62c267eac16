"""Layers without noise of devices are read longer, and what circuits add to a regression is taken off its outputs."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.correction import Correction, measured_correction
from magbayes.system.network.posterior import Layer, Posterior, software_predict
from magbayes.system.settings import AcceleratorSettings

INPUTS = np.random.default_rng(5).uniform(0, 1, (200, 8))
QUIET, LONG = {"wires", "settling", "mismatch", "jitter", "adc_noise", "dac", "adc", "reads"}, 1e-8


@pytest.fixture
def posterior():
    """Of two layers, the second with stds far below what its reads show anyway; data whose noise has a std of 0.3."""
    random = np.random.default_rng(3)
    first = Layer(random.uniform(-1, 1, (9, 6)), random.uniform(0.05, 0.15, (9, 6)))
    second = Layer(random.uniform(-1, 1, (7, 1)), np.full((7, 1), 1e-4))
    return Posterior((first, second), "regression", 1.0, 0.3, INPUTS, np.zeros(1))


def chip_of(posterior, models, key, **changes):
    usual = {"ideal": QUIET, "samples": 400, "sampling": "columns", "mirror_min": 1e-6}
    settings = AcceleratorSettings(**usual | changes)
    return Accelerator(posterior, models, settings, key)


def test_a_layer_without_stochastic_mtjs_is_read_longer(models, key, posterior):
    short, long = (chip_of(posterior, models, key, quiet_read_time=time) for time in (None, LONG))
    assert not long.programmed[1].mapping.held.any()
    assert [written.settings.read_time for written in short.programmed] == [1e-9, 1e-9]
    assert [written.settings.read_time for written in long.programmed] == [1e-9, LONG]
    # White noise: a tenth of its variance in ten times the time; the other layer is what it was.
    (first, brief), (same, averaged) = short.noise_budgets, long.noise_budgets
    assert same == first
    assert averaged.variance["thermal"] == pytest.approx(0.1 * brief.variance["thermal"], rel=0.02)
    assert averaged.variance["amplifier"] == pytest.approx(0.1 * brief.variance["amplifier"], rel=0.02)
    # Cells are biased for as long, and everything else is done as often.
    cells, others = (np.array([chip.cost().energy[part] for chip in (short, long)]) for part in ("cells", "adc"))
    np.testing.assert_allclose(cells[1] / cells[0], [1, 10], rtol=0.02)
    np.testing.assert_array_equal(others[0], others[1])
    assert long.cost().latency == short.cost().latency


def test_where_weights_fluctuate_nothing_is_read_longer(models, key, posterior):
    loud = replace(posterior, layers=tuple(Layer(of.mean, np.full(of.std.shape, 0.1)) for of in posterior.layers))
    assert [written.settings.read_time for written in chip_of(loud, models, key).programmed] == [1e-9, 1e-9]


@pytest.mark.parametrize(
    ("asked", "times", "read"),
    [(5e-10, 9, 1e-9), (1e-7, 90, 2e-8), (1e-8, 90, 1e-8), (1e-8, 3, 3e-9), (1e-8, 0.1, 1e-9), (None, 9, 1e-9)],
)
def test_no_longer_than_it_takes_and_no_shorter_than_others(asked, times, read):
    settings = AcceleratorSettings(quiet_read_time=asked, sample_interval=2e-8)
    assert settings.quieter(times).read_time == pytest.approx(read)


def test_circuits_may_stand_for_the_noise_of_a_posterior(models, key, posterior):
    """A read ends when it shows the variance that is wanted; one that went on would show less."""
    wanted = replace(posterior, layers=(posterior.layers[0], replace(posterior.layers[1], std=np.full((7, 1), 2e-3))))
    chip = chip_of(wanted, models, key, quiet_read_time=2e-8)
    assert not chip.programmed[1].mapping.held.any()
    assert 2e-9 < chip.programmed[1].settings.read_time < 1.5e-8
    assert chip.programmed[1].mapping.excess == pytest.approx(0, abs=0.01)


def variance_of(draws):
    return float(draws.var(axis=0, ddof=1).mean())


def nll(draws, noise_std, targets):
    return float(np.mean([metrics.nll_scores(draws[..., 0].astype(float), noise_std, each, 1.0) for each in targets]))


def targets_of(posterior, inputs=INPUTS, count=50):
    """Return targets (count, inputs) that the posterior predicts."""
    drawn = software_predict(posterior, jax.random.key(4), inputs, count)[..., 0]
    return drawn + posterior.noise_std * np.random.default_rng(6).normal(size=drawn.shape)


@pytest.mark.parametrize(("amplifier_noise", "near"), [(4e-8, 0.01), (1e-7, 0.05)])
def test_what_circuits_add_is_taken_off_the_outputs(models, key, posterior, amplifier_noise, near):
    """Also where it is six times as much as the noise of the data, when variances of outputs are less well known."""
    loud = chip_of(posterior, models, key, quiet_read_time=None, amplifier_noise=amplifier_noise)
    correction, draws = loud.correction(INPUTS), loud.predict(jax.random.key(9), INPUTS)
    outputs, software = correction.of(draws), software_predict(posterior, jax.random.key(2), INPUTS, 4000)
    np.testing.assert_allclose(outputs.mean(axis=0), draws.mean(axis=0), atol=1e-5)
    assert variance_of(draws) > variance_of(software) + 0.04
    # The means of 200 inputs' variances over 400 passes are known to 1 %, twice; those below 0 are cut off.
    assert variance_of(outputs) == pytest.approx(variance_of(software), abs=0.05 * variance_of(draws))
    assert correction.noise_std == pytest.approx(0.3, rel=0.03)
    # It predicts nearly what its posterior does, and without the measurement its targets are spread too far.
    targets = targets_of(posterior)
    wanted = nll(software, 0.3, targets)
    assert nll(outputs, correction.noise_std, targets) < wanted + near
    nominal = chip_of(posterior, models, key, amplifier_noise=amplifier_noise, target_noise="nominal")
    assert nominal.correction(INPUTS) == Correction(0.3)
    assert nll(draws, 0.3, targets) > wanted + 2 * near


def test_what_means_are_off_by_is_added_to_the_noise_of_the_targets(models, key, posterior):
    """Devices that differ by 3 % and are written by the mean of all: outputs are off, and the chip says so."""
    unlike = models.with_dwmtj(spread=4e-5)
    inputs = np.random.default_rng(7).uniform(0, 1, (300, 8))
    chip = chip_of(posterior, unlike, key, writing="nominal")
    correction, targets = chip.correction(INPUTS), targets_of(posterior, inputs)
    outputs = correction.of(chip.predict(jax.random.key(8), inputs))
    error = np.mean((outputs[..., 0].mean(axis=0) - targets) ** 2)
    assert error > 1.3 * 0.3**2
    # Inputs are others than those that were measured.
    assert variance_of(outputs) + correction.noise_std**2 == pytest.approx(error, rel=0.1)
    assert nll(outputs, correction.noise_std, targets) < nll(outputs, 0.3, targets) - 0.02


def test_a_chip_that_is_its_posterior_is_left_as_it_is(models, key, posterior):
    exact = chip_of(posterior, models, key, ideal=QUIET | {"levels", "thermal", "amplifier"})
    correction, draws = exact.correction(INPUTS), exact.predict(jax.random.key(9), INPUTS)
    assert correction.noise_std == pytest.approx(0.3, rel=0.01)
    # Inputs share the draws of the posterior: of 1000, variances are known to 4 %.
    assert variance_of(correction.of(draws)) == pytest.approx(variance_of(draws), rel=0.1)


def test_what_is_missing_is_not_made_up_for(models, key, posterior):
    """A chip whose stochastic MTJs do not fluctuate keeps the noise of the targets, and its outputs stay too narrow."""
    still = chip_of(posterior, models, key, ideal=QUIET | {"levels", "noise", "thermal", "amplifier"})
    correction, draws = still.correction(INPUTS), still.predict(jax.random.key(9), INPUTS)
    assert correction.variance == 0
    assert correction.of(draws) is draws
    assert correction.noise_std == pytest.approx(0.3, rel=0.02)
    # A noise that stands for its fluctuations, too, would be likelier.
    targets = targets_of(posterior)
    assert nll(draws, 1.05 * correction.noise_std, targets) < nll(draws, correction.noise_std, targets)


def test_inputs_that_a_network_is_unsure_of_keep_their_spread():
    """The same is taken off everywhere: one factor for all outputs would take most where there is most to know."""
    random = np.random.default_rng(12)
    spread = np.where(np.arange(200) < 100, 0.1, 2.0)
    draws, software = (spread * random.normal(size=(1000, 200)) for _ in range(2))
    chip = draws + 0.5 * random.normal(size=draws.shape)
    known = spread < 1
    correction = measured_correction(chip[:, known], software[:, known], 0.3)
    assert correction.variance == pytest.approx(0.25, rel=0.02)
    left = correction.of(chip).std(axis=0)
    assert left[~known].mean() == pytest.approx(2.0, rel=0.02)
    # Variances of 1000 draws are known to 4 %, which is as much as 0.01 of 0.26.
    assert left[known].mean() == pytest.approx(0.1, abs=0.03)
    # Which input varies more than which is as it was.
    np.testing.assert_array_equal(np.argsort(left), np.argsort(chip.std(axis=0)))


def test_one_sample_and_one_value_have_no_spread_to_take_off():
    correction = Correction(0.3, 0.5, 0.2)
    one = np.ones((1, 4, 1))
    assert correction.of(one) is one
    np.testing.assert_array_equal(correction.of(np.ones((5, 4, 1))), np.ones((5, 4, 1)))


def test_means_are_off_in_units_of_the_noise():
    random = np.random.default_rng(13)
    chip, software = random.normal(size=(2, 100, 256))
    assert measured_correction(chip, software, 1.0).noise_std == pytest.approx(1.0, rel=0.01)
    assert measured_correction(chip + 0.5, software, 1.0).noise_std == pytest.approx(np.hypot(1.0, 0.5), rel=0.02)
    assert measured_correction(chip + 0.5, software, 1.0, 2.0).noise_std == pytest.approx(np.hypot(1, 0.25), rel=0.02)


def test_measuring_is_paid_for_with_every_writing(models, key, posterior):
    often = {"predictions_per_write": 1e3}
    measured, nominal = (chip_of(posterior, models, key, target_noise=how, **often) for how in ("measured", "nominal"))
    passes = 256 / 1e3  # predictions of as many passes, a prediction
    written, was = (sum(chip.cost().energy["writing"]) for chip in (measured, nominal))
    parts = nominal.cost().energy
    circuits = sum(float(np.sum(energy)) for part, energy in parts.items() if part not in ("writing", "control"))
    assert written - was == pytest.approx(passes * circuits, rel=1e-6)
    for part in set(parts) - {"writing", "control"}:
        np.testing.assert_array_equal(measured.cost().energy[part], parts[part])


def test_outputs_for_classes_are_left_as_they_are(models, key, posterior):
    classes = replace(posterior, task="classification", noise_std=0.0)
    assert chip_of(classes, models, key).correction(INPUTS) == Correction(0.0)
