"""Layers without noise of devices are read longer, and a regression counts what circuits add to its outputs."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.target_noise import nearest_noise
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


def total_variance(draws, noise_std):
    return float(draws.var(axis=0, ddof=1).mean()) + noise_std**2


def nll(draws, noise_std, targets):
    return float(np.mean([metrics.nll_scores(draws[..., 0].astype(float), noise_std, each, 1.0) for each in targets]))


def targets_of(posterior, inputs=INPUTS, count=50):
    """Return targets (count, inputs) that the posterior predicts."""
    drawn = software_predict(posterior, jax.random.key(4), inputs, count)[..., 0]
    return drawn + posterior.noise_std * np.random.default_rng(6).normal(size=drawn.shape)


def test_what_circuits_add_is_taken_off_the_noise_of_the_targets(models, key, posterior):
    loud = chip_of(posterior, models, key, quiet_read_time=None, amplifier_noise=4e-8)
    own, draws = loud.target_noise(INPUTS), loud.predict(jax.random.key(9), INPUTS)
    software = software_predict(posterior, jax.random.key(2), INPUTS, 400)
    assert own < 0.23
    # The means of 200 inputs' variances over 400 passes are known to 1 %, twice, and the noise to 2 %.
    assert total_variance(draws, own) == pytest.approx(total_variance(software, 0.3), rel=0.05)
    # Without the measurement the targets are spread too far, and less likely.
    nominal = chip_of(posterior, models, key, quiet_read_time=None, amplifier_noise=4e-8, target_noise="nominal")
    assert nominal.target_noise(INPUTS) == 0.3
    assert total_variance(draws, 0.3) > 1.1 * total_variance(software, 0.3)
    assert nll(draws, own, targets_of(posterior)) < nll(draws, 0.3, targets_of(posterior)) - 0.01


def test_what_means_are_off_by_is_added(models, key, posterior):
    """Devices that differ by 3 % and are written by the mean of all: outputs are off, and the chip says so."""
    unlike = models.with_dwmtj(spread=4e-5)
    inputs = np.random.default_rng(7).uniform(0, 1, (300, 8))
    chip = chip_of(posterior, unlike, key, writing="nominal")
    own, draws = chip.target_noise(INPUTS), chip.predict(jax.random.key(8), inputs)
    targets = targets_of(posterior, inputs)
    error = np.mean((draws[..., 0].mean(axis=0) - targets) ** 2)
    assert error > 1.3 * 0.3**2
    # Inputs are others than those that were measured.
    assert total_variance(draws, own) == pytest.approx(error, rel=0.1)
    assert total_variance(draws, 0.3) < 0.8 * error
    assert nll(draws, own, targets) < nll(draws, 0.3, targets) - 0.02


def test_a_chip_that_is_its_posterior_has_its_noise(models, key, posterior):
    exact = chip_of(posterior, models, key, ideal=QUIET | {"levels", "thermal", "amplifier"})
    assert exact.target_noise(INPUTS) == pytest.approx(0.3, rel=0.02)


def test_what_is_missing_is_not_made_up_for(models, key, posterior):
    """A chip whose stochastic MTJs do not fluctuate keeps the noise of the targets, and its outputs stay too narrow."""
    still = chip_of(posterior, models, key, ideal=QUIET | {"levels", "noise", "thermal", "amplifier"})
    own, draws = still.target_noise(INPUTS), still.predict(jax.random.key(9), INPUTS)
    assert own == pytest.approx(0.3, rel=0.02)
    # A noise that stands for its fluctuations, too, would be likelier.
    targets = targets_of(posterior)
    assert nll(draws, 1.05 * own, targets) < nll(draws, own, targets)


def test_draws_are_not_taken_for_a_density_without_a_width(models, key, posterior):
    """Circuits alone add more than the noise of the data: what is left is what draws need."""
    drowned = chip_of(posterior, models, key, quiet_read_time=None, amplifier_noise=1e-7)
    own, draws = drowned.target_noise(INPUTS), drowned.predict(jax.random.key(9), INPUTS)
    shown = np.sqrt(total_variance(draws, 0.0))
    assert shown > 0.4
    assert own == pytest.approx(min(0.3, 1.06 * 400**-0.2 * shown), rel=0.02)
    # Variances alone leave nothing, and then targets between draws are impossible.
    targets = targets_of(posterior)
    assert nll(draws, 1e-3, targets) > nll(draws, own, targets) + 0.1
    assert nll(draws, 0.3, targets) > nll(draws, own, targets)


def test_noise_that_differs_from_input_to_input_is_taken_off_where_it_counts():
    """Circuits that are loud at a fifth of the inputs leave others their noise; variances on average do not."""
    random = np.random.default_rng(12)
    loud = np.where(np.arange(200) % 5 == 0, 0.6, 0.05)
    software, again = 0.05 * random.normal(size=(2, 400, 200))
    chip = np.hypot(loud, 0.05) * random.normal(size=(400, 200))
    left = nearest_noise(chip, software, 0.3)
    by_average = np.sqrt(0.3**2 - chip.var(axis=0).mean() + software.var(axis=0).mean())
    assert left > 1.5 * by_average
    targets = (again + 0.3 * random.normal(size=again.shape))[:50]
    best = nll(chip[..., None], left, targets)
    assert best < nll(chip[..., None], by_average, targets) - 0.02
    assert best < nll(chip[..., None], 0.3, targets) + 0.001


def test_as_many_draws_of_the_posterior_have_its_noise():
    random = np.random.default_rng(13)
    chip, software = random.normal(size=(2, 100, 256))
    assert nearest_noise(chip, software, 1.0) == pytest.approx(1.0, rel=0.02)
    assert nearest_noise(chip + 0.5, software, 1.0) == pytest.approx(np.hypot(1.0, 0.5), rel=0.02)


def test_where_noise_has_a_profile_it_is_counted_in_its_units(models, key, posterior):
    profile = np.linspace(0.5, 1.5, len(INPUTS))[None]
    exact = chip_of(posterior, models, key, ideal=QUIET | {"levels", "thermal", "amplifier"})
    assert exact.target_noise(INPUTS, profile) == pytest.approx(0.3, rel=0.02)
    # A profile of one height is a unit: noise that is added to outputs is less of a larger one.
    loud = chip_of(posterior, models, key, quiet_read_time=None, amplifier_noise=4e-8)
    assert loud.target_noise(INPUTS, np.full((1, len(INPUTS)), 2.0)) > 1.1 * loud.target_noise(INPUTS)


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


def test_classification_has_no_noise_of_targets(models, key, posterior):
    classes = replace(posterior, task="classification", noise_std=0.0)
    assert chip_of(classes, models, key).target_noise(INPUTS) == 0
