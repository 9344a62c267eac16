from dataclasses import replace

import numpy as np
import pytest

from magbayes.data import container
from magbayes.system import metrics
from magbayes.system.datasets import Dataset
from magbayes.system.network.baselines import nuts, scaled, train_baselines
from magbayes.system.network.ensemble import NetworkEnsemble, ensemble_predict, read_baselines, write_baselines
from magbayes.system.network.model import training_key
from magbayes.system.network.settings import Baselines, NetworkSettings
from magbayes.system.network.training import train_deterministic


@pytest.fixture(scope="module")
def line():
    """y = 0.8 x - 0.3 + N(0, 0.2^2), 200 points; x is standardised, so the exact posterior factorises."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 1))
    x = (x - x.mean()) / x.std()
    y = 0.8 * x[:, 0] - 0.3 + 0.2 * random.normal(size=200)
    one = np.ones(1)
    return Dataset("line", "regression", x, y, x, y, 0 * one, one, 0.0, 1.0, x, np.empty((0, 1)), 1)


@pytest.mark.slow
def test_nuts_draws_the_exact_posterior_whatever_the_weight_of_the_kl_term(line):
    found = nuts(line, NetworkSettings(hidden=(), prior_std=5.0, kl_weight=0.1), 1000, training_key(0, "test"))
    exact, *_ = np.linalg.lstsq(np.c_[line.train_inputs, np.ones(200)], line.train_targets, rcond=None)
    draws, std = found.weights[0][:, :, 0], found.noise_std.mean() / np.sqrt(200)
    assert draws.shape == (1000, 2)
    # 1000 draws of at least 300 independent ones: 4 standard errors of a mean are 0.23 std, of a std 16 %.
    assert np.abs(draws.mean(axis=0) - exact).max() < 0.23 * std
    np.testing.assert_allclose(draws.std(axis=0), std, rtol=0.16)


@pytest.fixture(scope="module")
def trained(line):
    settings = NetworkSettings(hidden=(8,), steps=300, baselines=Baselines(ensemble=3, dropout=0.3))
    return train_baselines(line, settings, 1)


@pytest.mark.slow
def test_members_of_an_ensemble_were_trained_apart_and_agree_where_data_are(line, trained):
    ensemble = trained["ensemble"]
    assert [weight.shape for weight in ensemble.weights] == [(3, 2, 8), (3, 9, 1)]
    outputs = ensemble_predict(ensemble, (), training_key(0, "test"), line.test_inputs, 50)[..., 0]
    assert outputs.shape == (3, 200)
    assert (ensemble.weights[0][0] != ensemble.weights[0][1]).all()
    # Residuals of the data are 0.2; members that had learned nothing would be 0.8 off.
    assert np.abs(outputs - (0.8 * line.test_inputs[:, 0] - 0.3)).mean() < 0.1


@pytest.mark.slow
def test_dropout_leaves_out_units_at_its_rate(line, trained):
    """One hidden unit that is always 1: its output is 0 or grown, with the mean of the network."""
    weights = (np.array([[[0.0], [1.0]]]), np.array([[[1.0], [0.0]]]))
    outputs = ensemble_predict(
        NetworkEnsemble(weights, np.zeros(1), 0.3, 1.0), (), training_key(0, "test"), np.zeros((40, 1)), 500
    )
    np.testing.assert_allclose(np.unique(outputs), [0, 1 / 0.7], rtol=1e-6)
    # 20 000 coins: 4 std of a share are 0.013.
    assert (outputs == 0).mean() == pytest.approx(0.3, abs=0.013)
    assert trained["dropout"].dropout == 0.3


@pytest.mark.slow
def test_baselines_survive_their_file(trained, tmp_path):
    write_baselines(tmp_path / "b.h5", trained, container.provenance({}))
    back = read_baselines(tmp_path / "b.h5")
    assert back.keys() == trained.keys() == {"dropout", "ensemble", "laplace"}
    for name, ensemble in trained.items():
        assert (back[name].dropout, back[name].bias_input, back[name].temperature) == (ensemble.dropout, 1.0, 1.0)
        for weight, copy in zip(ensemble.weights, back[name].weights, strict=True):
            assert (weight == copy).all()
    write_baselines(tmp_path / "none.h5", {}, container.provenance({}))
    assert read_baselines(tmp_path / "none.h5") == {}


def classes(noise, count=1200):
    """Two classes by the sign of the first of eight inputs, whose labels are wrong with a probability of `noise`."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, 8))
    y = ((x[:, 0] > 0) ^ (rng.uniform(size=count) < noise)).astype(int)
    train, test = slice(count // 4), slice(count // 4, None)
    one = np.ones(8)
    return Dataset(
        "signs", "classification", x[train], y[train], x[test], y[test], 0 * one, one, 0.0, 1.0, x, np.empty((0, 8)), 2
    )


@pytest.mark.slow
def test_a_temperature_makes_an_overconfident_network_calibrated(tmp_path):
    """300 inputs are fitted to the last by 64 units; a quarter of them is set apart."""
    data = classes(noise=0.2)
    settings = NetworkSettings(hidden=(64,), steps=2000, prior_std=30.0)
    network = scaled(data, settings, 0.25, seed=1)
    assert network.temperature > 2
    logits = ensemble_predict(network, (), training_key(0, "test"), data.test_inputs, 1).astype(float)
    hot, cold = (metrics.probabilities(logits * factor) for factor in (1.0, network.temperature))
    errors = [metrics.expected_calibration_error(p, data.test_targets) for p in (hot, cold)]
    assert errors[0] < 0.1 < 0.2 < errors[1]
    write_baselines(tmp_path / "b.h5", {"temperature": network}, container.provenance({}))
    assert read_baselines(tmp_path / "b.h5")["temperature"].temperature == network.temperature
    # Labels that are what they seem are all met, and tell nothing.
    assert scaled(classes(noise=0.0), NetworkSettings(hidden=(), steps=500), 0.02, seed=1).temperature == 1


@pytest.mark.slow
def test_laplace_keeps_the_network_and_draws_its_last_layer(line, tmp_path):
    settings = NetworkSettings(hidden=(8,), steps=300, baselines=Baselines(ensemble=0, dropout=0, laplace=50))
    found = train_baselines(line, settings, 1, network_seed=7)["laplace"]
    network = train_deterministic(line, settings, 7)
    assert (found.weights[0][0] == network.layers[0].mean).all()
    assert [weight.shape for weight in found.weights] == [(1, 2, 8), (50, 9, 1)]
    outputs = ensemble_predict(found, (), training_key(0, "test"), line.test_inputs, 3)
    assert outputs.shape == (50, 200, 1)
    hidden = np.maximum(np.c_[line.test_inputs, np.ones(200)] @ found.weights[0][0], 0)
    by_hand = np.c_[hidden, np.ones(200)] @ found.weights[1][7]
    np.testing.assert_allclose(outputs[7], by_hand, rtol=1e-4, atol=1e-5)
    write_baselines(tmp_path / "b.h5", {"laplace": found}, container.provenance({}))
    back = read_baselines(tmp_path / "b.h5")["laplace"]
    assert all((one == other).all() for one, other in zip(found.weights, back.weights, strict=True))
    # Members of which one layer has fewer are no ensemble.
    lost = replace(found, weights=(found.weights[0], found.weights[1][:7]))
    write_baselines(tmp_path / "lost.h5", {"laplace": lost}, container.provenance({}))
    with pytest.raises(container.FileFormatError, match="laplace/weight1' has shape"):
        read_baselines(tmp_path / "lost.h5")
