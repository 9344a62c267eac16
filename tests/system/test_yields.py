"""Yields: which chips count, which targets tell, and the spread up to which enough chips are good."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy.stats import beta, norm

from magbayes.data.container import Contents, FileFormatError, provenance
from magbayes.system.array.chip import own_levels, stochastic
from magbayes.system.array.periphery import adc_errors, mirror_gains, row_gains
from magbayes.system.datasets import load_dataset
from magbayes.system.evaluation import numbers
from magbayes.system.evaluation.ablation import IMPERFECTIONS
from magbayes.system.evaluation.evaluate import evaluate
from magbayes.system.evaluation.numbers import pairing_of
from magbayes.system.evaluation.results import read_evaluation, write_evaluation
from magbayes.system.evaluation.verdict import TARGETS
from magbayes.system.evaluation.yields import meeting, share_with_interval, telling_targets, yield_of
from magbayes.system.metrics.tolerance import falling, tolerance
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, software_predict
from magbayes.system.settings import SPREADS, AcceleratorSettings

DIFFERING = {"level_spread", "sigma_spread", "mismatch"}
SETTINGS = AcceleratorSettings(
    samples=400, sample_interval=1e-6, writing="nominal", ideal=frozenset(IMPERFECTIONS) - DIFFERING
)
"""Chips that differ from software in nothing but what differs between chips."""
CHIPS = 4


@pytest.fixture(scope="module")
def trained():
    """A network that nobody trained: the noise of its weights is most of what it is unsure of."""
    rng = np.random.default_rng(1)
    layers = [Layer(rng.normal(size=shape), rng.uniform(0.1, 0.3, shape)) for shape in ((2, 8), (9, 1))]
    calibration = load_dataset("cubic", seed=1).train_inputs[:50]
    posterior = Posterior(tuple(layers), "regression", 1.0, 0.2, calibration, np.zeros(1))
    return TrainedNetworks(posterior, posterior, posterior)


@pytest.fixture(scope="module")
def cubic(trained):
    """Inputs of the cubic, with targets that the network's posterior draws, so that it knows how sure it is."""
    cubic = load_dataset("cubic", seed=1)
    draws = software_predict(trained.posterior, jax.random.key(3), cubic.test_inputs, len(cubic.test_inputs))
    noise = trained.posterior.noise_std * np.random.default_rng(2).standard_normal(len(draws))
    return replace(cubic, test_targets=np.diagonal(draws[..., 0]) + noise)


@pytest.fixture(scope="module")
def looked_at(cubic, trained, tmp_path_factory):
    from tests.system.conftest import FakeModels

    models = FakeModels().with_smtj(offset_std=0.005, scale_std=0.01).with_dwmtj(spread=2e-6, count=32, std=0.0)

    def look(factor):
        settings = SETTINGS.model_copy(update={"spread_factor": factor, "target_noise": "nominal"})
        path = tmp_path_factory.mktemp("yield") / "cubic.h5"
        evaluation = evaluate(cubic, trained, models, settings, 1, chips=CHIPS)
        write_evaluation(path, evaluation, cubic, provenance({}, seed=1))
        return read_evaluation(path), evaluation

    return {factor: look(factor) for factor in (0.0, 20.0)}


def changed(contents: Contents, **data):
    return replace(contents, data={**contents.data, **data})


def test_chips_without_spread_are_good_and_bad_ones_are_not(looked_at):
    """Control: a spread of twenty times what the devices have leaves no good chip."""
    good, bad = (looked_at[factor][0] for factor in (0.0, 20.0))
    assert yield_of(good, "nll").value == 1.0
    assert yield_of(bad, "nll").value == yield_of(bad).value == 0.0
    # Nothing of single inputs pairs it with the yield of another design.
    assert pairing_of(good, "yield") == pairing_of(good, "yield_nll") == {}
    # What tells is a matter of the posterior, and so the same.
    assert telling_targets(good) == telling_targets(bad)


def test_figures_are_those_of_every_chip(looked_at):
    contents, evaluation = looked_at[20.0]
    assert contents["chips/rmse"].shape == (CHIPS,)
    assert contents["chips/rmse"].mean() == pytest.approx(evaluation.predictions["accelerator"].metrics["rmse"].value)
    assert np.ptp(contents["chips/rmse"]) > 0
    # A file without them is refused.
    from magbayes.system.evaluation.completeness import forms

    without = replace(contents, data={path: of for path, of in contents.data.items() if path != "chips/rmse"})
    with pytest.raises(FileFormatError):
        without.require(forms(contents))


def test_a_target_that_means_alone_meet_is_not_used(looked_at):
    contents = looked_at[0.0][0]
    telling = telling_targets(contents)
    assert [target.metric for target in telling]
    met = {f"noiseless/software/{target.metric}": np.array([0.0, -1e-9, 1e-9]) for target in telling}
    blind = changed(contents, **met)
    assert telling_targets(blind) == []
    with pytest.raises(ValueError, match=r"cubic/yield: this posterior without its stds .* more test inputs"):
        yield_of(blind)
    metric = telling[0].metric
    with pytest.raises(ValueError, match=f"cubic/yield_{metric}: .*accepted: "):
        yield_of(changed(contents, **{f"noiseless/software/{metric}": np.array([0.0, -1e-9, 1e-9])}), metric)


def test_a_chip_must_meet_every_target(looked_at):
    contents = looked_at[0.0][0]
    targets = TARGETS["regression"][:2]
    base = {t.metric: contents[f"variants/software (device range)/metrics/{t.metric}"][0] for t in targets}
    # The first two chips miss one target each, one of them to the better side; the others are exact.
    off = {
        f"chips/{t.metric}": base[t.metric] + (np.arange(CHIPS) == i) * (-1) ** i * 1.01 * t.margin(base[t.metric])
        for i, t in enumerate(targets)
    }
    assert meeting(changed(contents, **off), targets).tolist() == [False, False] + [True] * (CHIPS - 2)


def test_interval_is_that_of_clopper_and_pearson():
    assert share_with_interval(7, 20) == pytest.approx((0.35, beta.ppf(0.025, 7, 14), beta.ppf(0.975, 8, 13)))
    assert share_with_interval(200, 200) == pytest.approx((1, 0.025 ** (1 / 200), 1))


def test_what_can_be_collected_are_the_targets():
    for task, targets in TARGETS.items():
        plain = [name for name in numbers.TARGETS[task] if not name.startswith("auroc_")]
        assert sorted(plain) == sorted(target.metric for target in targets)
        assert numbers.NUMBERS[task]["yield"] == numbers.NUMBERS[task][f"yield_{plain[0]}"] == "1"


def test_a_factor_is_of_what_it_names(models, key):
    """Draws are the same, and deviations larger by the factor; what is not named stays."""
    models = models.with_smtj(offset_std=0.002, scale_std=0.01).with_dwmtj(spread=1e-6)
    gate = np.full((2, 5, 4), 0.5)

    def deviations(settings):
        of = stochastic(key, gate, models, models, settings)
        gain, offset = adc_errors(key, (5, 4), settings)
        return {
            "offset": of.gate - gate,
            "scale": of.scale - 1,
            "levels": own_levels(key, (2, 5, 4), models.dwmtj, settings) - models.dwmtj.levels.mean,
            "mirrors": mirror_gains(key, (5, 4), settings) - 1,
            "converters": np.concatenate(
                [row_gains(key, (5, 4), settings).ravel() - 1, gain.ravel() - 1, offset.ravel()]
            ),
        }

    nominal = AcceleratorSettings(writing="nominal")
    once = deviations(nominal)
    assert set(once) == set(SPREADS)
    for name in SPREADS:
        settings = nominal.model_copy(update={"spread_factor": 3.0, "spread_of": (name,)})
        for other, values in deviations(settings).items():
            assert values == pytest.approx((3 if other == name else 1) * once[other], rel=1e-9, abs=1e-15)
            assert np.any(values)


def test_a_curve_falls():
    assert falling(np.array([1.0, 0.8, 0.9, 0.2])) == pytest.approx([1.0, 0.85, 0.85, 0.2])
    assert falling(np.array([0.1, 0.5, 0.9])) == pytest.approx([0.5, 0.5, 0.5])


def test_tolerance_between_the_points():
    spread = np.array([0.0, 1.0, 2.0, 4.0])
    yields = np.stack([[1.0, 0.98, 0.5, 0.0], [0.95, 0.9, 0.4, 0.0], [1.0, 1.0, 0.6, 0.1]], axis=1)
    value, low, high = tolerance(spread, yields, 0.9)
    assert value == pytest.approx(1 + 0.08 / 0.48)
    assert low == pytest.approx(1.0)
    assert high == pytest.approx(1.25)
    assert tolerance(spread, yields, 0.99).low == 0  # not even without a spread, as far as is known
    assert tolerance(spread[:2], yields[:2], 0.5).value == np.inf


def test_tolerance_of_chips_whose_yield_is_known():
    """A chip fails if a normal number of std s is beyond 3: yield 0.9 at s = 3 / 1.645. 200 repetitions of 200 chips.

    Of intervals that hold the truth in 95 % of cases, fewer than 180 of 200 do so with a chance of 0.1 %.
    """
    rng, spread = np.random.default_rng(4), np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
    truth = 3 / norm.ppf(0.95)
    found, held = [], 0
    for _ in range(200):
        good = [int((np.abs(s * rng.standard_normal(200)) < 3).sum()) for s in spread]
        value, low, high = tolerance(spread, np.array([share_with_interval(g, 200) for g in good]), 0.9)
        found.append(value)
        held += low <= truth <= high
    assert held >= 180
    # Straight lines over a curve are off by less than a tenth of a step.
    assert np.mean(found) == pytest.approx(truth, abs=0.05)
