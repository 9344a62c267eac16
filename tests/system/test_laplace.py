"""Laplace's approximation of a last layer: against closed forms, where it is exact, and against what is wrong."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from magbayes.system import metrics
from magbayes.system.datasets import load_dataset
from magbayes.system.network import laplace as module
from magbayes.system.network.baselines import laplace
from magbayes.system.network.ensemble import ensemble_predict
from magbayes.system.network.laplace import CHEAP, DRAWS, LARGEST, draws_wanted, features, last_layer
from magbayes.system.network.model import training_key
from magbayes.system.network.posterior import software_predict
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import train_deterministic


def linear(inputs=60, rows=5):
    """Features with a constant one, and targets of weights of 0.7 with a noise of 0.3."""
    random = np.random.default_rng(4)
    taken = np.c_[random.normal(size=(inputs, rows - 1)), np.ones(inputs)]
    return taken, taken @ random.normal(0, 0.7, rows) + 0.3 * random.normal(size=inputs)


def evidence(taken, targets, prior_std, noise_std):
    """Log density of the targets, whose weights are integrated out: a Gaussian."""
    covariance = noise_std**2 * np.eye(len(targets)) + prior_std**2 * taken @ taken.T
    return multivariate_normal(cov=covariance).logpdf(targets)


def exact(taken, targets, prior_std, noise_std):
    """Mean and covariance of the posterior of linear weights."""
    covariance = np.linalg.inv(taken.T @ taken / noise_std**2 + np.eye(taken.shape[1]) / prior_std**2)
    return covariance @ taken.T @ targets / noise_std**2, covariance


def test_of_a_regression_posterior_prior_noise_and_evidence_are_exact():
    taken, targets = linear()
    found = last_layer(taken, targets, "regression", np.zeros((5, 1)), prior_std=3.0, noise_std=1.0)
    best = minimize(lambda logs: -evidence(taken, targets, *np.exp(logs)), (0.0, 0.0), tol=1e-10)
    np.testing.assert_allclose((found.prior_std, found.noise_std), np.exp(best.x), rtol=5e-3)
    assert found.log_evidence == pytest.approx(-best.fun, abs=1e-3)
    mean, covariance = exact(taken, targets, found.prior_std, found.noise_std)
    np.testing.assert_allclose(found.mean[:, 0], mean, rtol=1e-6)
    np.testing.assert_allclose(found.scale_tril @ found.scale_tril.T, covariance, rtol=1e-6, atol=1e-12)
    # Of another prior's precision it is not the posterior: a tenth and ten times are told apart.
    for factor in (0.1, 10.0):
        other, spread = exact(taken, targets, found.prior_std / np.sqrt(factor), found.noise_std)
        assert np.abs(other - mean).max() > 1e-3
        assert np.abs(spread / covariance - 1).max() > 1e-3
        assert evidence(taken, targets, found.prior_std / np.sqrt(factor), found.noise_std) < found.log_evidence - 0.5


def test_a_prior_that_is_given_stays():
    taken, targets = linear()
    found = last_layer(taken, targets, "regression", np.zeros((5, 1)), 0.2, 0.5, by_evidence=False)
    assert (found.prior_std, found.noise_std) == (0.2, 0.5)
    np.testing.assert_allclose(found.mean[:, 0], exact(taken, targets, 0.2, 0.5)[0], rtol=1e-6)
    assert found.log_evidence == pytest.approx(evidence(taken, targets, 0.2, 0.5), abs=1e-6)


def test_draws_have_the_covariance():
    taken, targets = linear()
    found = last_layer(taken, targets, "regression", np.zeros((5, 1)), 3.0, 1.0)
    draws = found.draw(training_key(0, "test"), 20_000)[..., 0]
    std = np.sqrt(np.diag(found.scale_tril @ found.scale_tril.T))
    # 20 000 draws: 4 standard errors of a mean are 0.028 std, of a std 2 %.
    assert np.abs((draws.mean(axis=0) - found.mean[:, 0]) / std).max() < 0.028
    np.testing.assert_allclose(draws.std(axis=0), std, rtol=0.02)


@pytest.mark.parametrize("inputs", [100, 2100])
def test_the_curvature_of_a_classification_is_that_of_its_density(inputs):
    """Of one part of the inputs, and of two, the last of which is filled up."""
    random = np.random.default_rng(1)
    with jax.enable_x64(True):
        data = module._Data(
            jnp.asarray(random.normal(size=(inputs, 4))),
            jnp.asarray(random.integers(0, 3, inputs)),
            jnp.asarray(0.7),
            jnp.asarray(0.0),
        )
        weights = jnp.asarray(random.normal(size=12))
        expected = -jax.hessian(module._density)(weights, data, 3)
        np.testing.assert_allclose(module._curvature(weights, data, 3), expected, atol=1e-9 * inputs)
        tril = module._at(weights, data, 3).scale_tril
        np.testing.assert_allclose(np.linalg.inv(tril @ tril.T), expected, atol=1e-8 * inputs)


def test_of_a_classification_the_weights_are_the_most_likely_from_any_start():
    random = np.random.default_rng(2)
    taken = np.c_[random.normal(size=(200, 3)), np.ones(200)]
    labels = (taken @ random.normal(size=(4, 3)) + random.gumbel(size=(200, 3))).argmax(axis=1)
    near, far = (
        last_layer(taken, labels, "classification", start, 1.0, 0.0, by_evidence=False)
        for start in (np.zeros((4, 3)), 30 * random.normal(size=(4, 3)))
    )
    np.testing.assert_allclose(near.mean, far.mean, atol=1e-2 * np.sqrt(np.diag(near.scale_tril)).min())
    assert near.noise_std == 0


def test_it_is_made_where_it_is_cheap_and_refused_where_it_is_dear():
    assert draws_wanted(None, CHEAP) == DRAWS
    assert draws_wanted(None, CHEAP + 1) == draws_wanted(0, 10**9) == 0
    assert draws_wanted(7, LARGEST) == 7
    with pytest.raises(ValueError, match=r"^baselines\.laplace 7: .* 3001 weights is dense; accepted: up to 3000 "):
        draws_wanted(7, LARGEST + 1)


@pytest.mark.slow
def test_outside_of_the_training_inputs_it_is_better_calibrated_than_the_deterministic_network():
    data = load_dataset("cubic", 1)
    settings = NetworkSettings(hidden=(16, 16), prior_std=2.0, kl_weight=0.3, steps=2000)
    network = train_deterministic(data, settings, 1)
    drawn = laplace(data, settings, network, 100, training_key(1, "laplace"))
    outside = data.shifted["outside"]
    x = outside[:, 0] * data.feature_scale[0] + data.feature_mean[0]
    truth = (x**3 - data.target_mean) / data.target_scale
    key = training_key(0, "test")
    one = software_predict(network, key, outside, 1)[..., 0].astype(float)
    many = ensemble_predict(drawn, (), key, outside, 100)[..., 0].astype(float)
    assert features(network, outside).shape == (len(outside), 17)
    cases = (one, network.noise_std), (many, drawn.noise_std[0]), (many.mean(axis=0, keepdims=True), drawn.noise_std[0])
    weights = np.ones((1, len(truth)))
    found = [
        {name: score(weights).item() for name, score in metrics.regression_statistics(*case, truth, 1.0).items()}
        for case in cases
    ]
    alone, laplaced, mean = found

    def better(figures):
        """More likely by a fifth, and twice as good at telling where it errs."""
        return figures["nll"] < 0.8 * alone["nll"] and figures["aurc"] < 0.5 * alone["aurc"]

    assert better(laplaced)
    assert laplaced["coverage_90"] > alone["coverage_90"]
    # The draws do that, and not their mean.
    assert not better(mean)
