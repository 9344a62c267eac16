"""A regression with a gap and noise that grows: the data, their likelihood, and what is made of either."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import logsumexp
from scipy.stats import norm

from magbayes.system import metrics
from magbayes.system.datasets import DataSettings, load_dataset
from magbayes.system.datasets.builtin import GAP, gap_truth
from magbayes.system.evaluation.prediction import every_input, figures_of, prediction_of
from magbayes.system.metrics.ranking import shift_ratios
from magbayes.system.network.baselines import laplace
from magbayes.system.network.model import training_key
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import train_deterministic, train_unconstrained


@pytest.fixture(scope="module")
def gap():
    return load_dataset("gap", 1)


def original(dataset, inputs):
    return (inputs * dataset.feature_scale + dataset.feature_mean)[:, 0]


def known_std(dataset, inputs):
    """Std of the noise at scaled inputs, in original units: 0.8 at 0, and twice that 4 units further."""
    return 0.8 * 2 ** (original(dataset, inputs) / 4)


def test_no_input_lies_in_the_gap_but_those_of_its_shift(gap):
    for inputs in (gap.train_inputs, gap.test_inputs):
        x = original(gap, inputs)
        assert ((x < GAP[0]) | (x > GAP[1])).all()
        assert (np.abs(x) <= 4).all()
        assert 0.35 < (x < 0).mean() < 0.65
    assert list(gap.shifted) == ["gap", "outside"]
    inside = original(gap, gap.shifted["gap"])
    assert ((inside > GAP[0]) & (inside < GAP[1])).all()
    assert len(inside) == 200


def test_the_profile_is_the_std_of_the_noise_up_to_a_factor(gap):
    relative = gap.noise(gap.train_inputs)
    assert np.mean(relative**2) == pytest.approx(1)
    assert np.ptp(known_std(gap, gap.train_inputs) / relative) < 1e-9
    # By the targets: residuals over their std are normal, those of a constant noise are not. A std of 350 numbers is
    # known to 0.038, and 3.3 of these are a false alarm of 1e-3.
    both = np.concatenate([gap.train_inputs, gap.test_inputs])
    targets = np.concatenate([gap.train_targets, gap.test_targets]) * gap.target_scale + gap.target_mean
    residuals = (targets - gap_truth(original(gap, both))) / known_std(gap, both)
    halves = [residuals[original(gap, both) < 0].std(), residuals[original(gap, both) > 0].std()]
    assert residuals.std() == pytest.approx(1, abs=0.125)
    assert halves == pytest.approx([1, 1], abs=0.18)
    plain = (targets - gap_truth(original(gap, both))) / known_std(gap, both).mean()
    assert plain[original(gap, both) > 0].std() > 1.3 * plain[original(gap, both) < 0].std()


def test_what_the_ideal_would_reach_is_said(gap):
    std, targets = known_std(gap, gap.test_inputs), gap.test_targets * gap.target_scale + gap.target_mean
    nll = -norm.logpdf(targets, gap_truth(original(gap, gap.test_inputs)), std).mean()
    assert f"NLL of {nll:.3f} nat" in gap.taken[1]


def test_a_gap_belongs_to_its_data_set():
    with pytest.raises(ValidationError, match="shifts gap: source cubic has no gap; accepted with source gap"):
        DataSettings(source="cubic", shifts=("gap",))
    with pytest.raises(ValidationError, match="source gap has its own test part"):
        DataSettings(source="gap", fold={"number": 0, "of": 5})
    assert DataSettings(source="gap").possible_shifts == ("gap", "outside")


def test_figures_take_the_std_of_each_input(gap):
    """Against sums over mixtures, input by input; with one std for all they are others."""
    random = np.random.default_rng(0)
    draws = gap.test_targets + random.normal(0, 0.3, (20, len(gap.test_targets)))
    std = 0.4 * gap.noise(gap.test_inputs)
    found = figures_of(draws[..., None], 0.4, gap, 1)
    density = logsumexp(norm.logpdf(gap.test_targets, draws, std), axis=0) - np.log(20 * gap.target_scale)
    assert found["nll"].value == pytest.approx(-density.mean())
    position = norm.cdf((gap.test_targets - draws) / std).mean(axis=0)
    assert found["coverage_90"].value == np.mean(np.abs(position - 0.5) <= 0.45)
    # CRPS by its definition: E|X - y| - E|X - X'| / 2 of many draws of each mixture.
    drawn = draws[random.integers(0, 20, (2, 20_000))] + std * random.normal(size=(2, 20_000, len(std)))
    crps = np.abs(drawn[0] - gap.test_targets).mean(axis=0) - np.abs(drawn[0] - drawn[1]).mean(axis=0) / 2
    assert found["crps"].value == pytest.approx(gap.target_scale * crps.mean(), rel=0.02)
    values = prediction_of(np.concatenate([draws, np.zeros((20, 121 + 400))], axis=1)[..., None], 0.4, gap, 1).values
    assert values["std"] == pytest.approx(gap.target_scale * np.sqrt(draws.var(axis=0) + std**2))
    quantiles = (values["quantiles"] - gap.target_mean) / gap.target_scale
    for level, quantile in zip((0.05, 0.5, 0.95), quantiles, strict=True):
        np.testing.assert_allclose(norm.cdf((quantile - draws) / std).mean(axis=0), level, atol=1e-6)
    plain = figures_of(draws[..., None], 0.4, replace(gap, noise=None), 1)
    assert abs(plain["nll"].value - found["nll"].value) > 0.01


def test_several_networks_have_a_noise_each(gap):
    draws = np.zeros((3, len(gap.test_targets)))
    each = np.array([[0.2], [0.4], [0.8]])
    noise = gap.noise_of(each, gap.test_inputs)
    assert noise.shape == draws.shape
    np.testing.assert_allclose(noise, each * gap.noise(gap.test_inputs))
    assert metrics.noise_variance(noise) == pytest.approx((noise**2).mean(axis=0))
    assert metrics.noise_variance(each) == pytest.approx((each**2).mean())
    alike = replace(gap, noise=None)
    assert alike.noise_of(each, gap.test_inputs) is each


def test_the_ratio_of_spreads_by_hand():
    inside, outside = np.array([1.0, 1.0, 2.0]), {"gap": np.array([2.0, 4.0])}
    ratio = shift_ratios(inside, outside, 1)["epistemic_ratio_gap"]
    assert ratio.value == pytest.approx(3 / (4 / 3))
    assert ratio.low < ratio.value < ratio.high
    # A network without spread has none.
    assert shift_ratios(np.zeros(3), {"gap": np.zeros(2)}, 1) == {}


@pytest.mark.slow
def test_a_network_learns_the_size_of_the_noise(gap):
    """Of 150 targets a std is known to 0.06; where the noise counts as constant the targets are less likely."""
    settings = NetworkSettings(hidden=(16, 16), prior_std=2.0, steps=3000, kl_weight=0.3)
    true = np.sqrt(np.mean(known_std(gap, gap.train_inputs) ** 2))
    fitted, plain = (train_unconstrained(of, settings, 1) for of in (gap, replace(gap, noise=None)))
    assert fitted.noise_std * gap.target_scale == pytest.approx(true, abs=0.2)
    means = [np.asarray(every_input(gap))[: len(gap.test_inputs)]]
    from magbayes.system.network.posterior import software_predict

    found = {}
    for name, posterior, dataset in (("own", fitted, gap), ("plain", plain, replace(gap, noise=None))):
        outputs = software_predict(posterior, training_key(1, "test"), means[0], 100)
        found[name] = figures_of(outputs, posterior.noise_std, dataset, 1)["nll"].value
    assert found["own"] < found["plain"] - 0.05


@pytest.mark.slow
def test_the_last_layer_of_laplace_knows_the_noise(gap):
    settings = NetworkSettings(hidden=(16, 16), prior_std=2.0, steps=3000)
    network = train_deterministic(gap, settings, 1)
    true = np.sqrt(np.mean(known_std(gap, gap.train_inputs) ** 2))
    found = laplace(gap, settings, network, 10, training_key(1, "laplace"))
    assert found.noise_std[0] * gap.target_scale == pytest.approx(true, abs=0.2)
