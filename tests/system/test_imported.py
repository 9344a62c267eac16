import jax
import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.system.datasets import DataSettings, load_dataset
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.guide import Offer
from magbayes.system.network.imported import (
    changes,
    cost_in_software,
    moved_for,
    of_no_use,
    read_posterior,
    remarks,
    restricted_to_devices,
    within_range,
)
from magbayes.system.network.posterior import forward, software_predict
from magbayes.system.network.settings import Convolution, NetworkSettings

SMALL = NetworkSettings(hidden=(4,))


@pytest.fixture(scope="module")
def cubic():
    return load_dataset("cubic", 1)


def scaling_of(dataset):
    values = {"input_mean": dataset.feature_mean, "input_scale": dataset.feature_scale}
    if dataset.task == "regression":
        values |= {"target_mean": np.array(dataset.target_mean), "target_scale": np.array(dataset.target_scale)}
    return values


def arrays(dataset, **changes):
    random = np.random.default_rng(0)
    values = {"noise_std": np.array(0.1), **scaling_of(dataset)}
    for index, shape in enumerate([(2, 4), (5, 1)]):
        values |= {f"mean{index}": random.normal(size=shape), f"std{index}": random.uniform(0.01, 1, shape)}
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_a_posterior_of_your_own_is_taken_as_it_is_and_fitted_to_the_devices(cubic, tmp_path):
    np.savez(tmp_path / "p.npz", **arrays(cubic))
    networks = restricted_to_devices(read_posterior(tmp_path / "p.npz", cubic, SMALL), Offer(4.0))
    for index, layer in enumerate(networks.unconstrained.layers):
        np.testing.assert_allclose(layer.mean, arrays(cubic)[f"mean{index}"], rtol=1e-15)
        np.testing.assert_allclose(layer.std, arrays(cubic)[f"std{index}"], rtol=1e-15)
        fitted = networks.posterior.layers[index]
        np.testing.assert_array_equal(fitted.mean, layer.mean)
        assert fitted.std.max() / fitted.std.min() <= 4.0 * (1 + 1e-9)
        assert (networks.deterministic.layers[index].std == 0).all()
    assert networks.posterior.noise_std == pytest.approx(0.1)


def test_the_range_is_the_one_of_least_divergence():
    std = np.random.default_rng(0).lognormal(size=200)

    def divergence(fitted):
        return np.sum((fitted**2 / std**2 - 1) / 2 - np.log(fitted / std))

    found = divergence(within_range(std, Offer(4.0)))
    lows = np.geomspace(std.min() / 4, std.max(), 500)
    # It is one of a hundred ranges 4 % apart; at a minimum half of that costs little.
    assert found <= 1.01 * min(divergence(np.clip(std, low, 4 * low)) for low in lows)
    # The control: by squares of changes, which are those of the large ones, small stds would grow more.
    squares = min(lows, key=lambda low: np.sum((np.clip(std, low, 4 * low) - std) ** 2))
    assert found < 0.9 * divergence(np.clip(std, squares, 4 * squares))
    assert within_range(np.append(std, 0.0), Offer(4.0))[-1] == within_range(std, Offer(4.0)).min()
    inside = np.array([0.1, 0.2, 0.35])
    np.testing.assert_allclose(within_range(inside, Offer(4.0)), inside)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"std1": None}, "no array std1; it needs noise_std, mean0, std0, mean1, std1"),
        ({"mean1": np.ones((4, 1))}, r"mean1 is \(4, 1\) of float64; expected finite numbers \(5, 1\)"),
        ({"std0": np.full((2, 4), -1.0)}, r"std0 holds -1\.0; a std is at least 0"),
        ({"mean0": np.full((2, 4), np.nan)}, "mean0 .*expected finite"),
        ({"noise_std": np.array(0.0)}, "noise_std is 0"),
        ({"mean2": np.ones((2, 1))}, "mean2 is one layer more than the network has, which is 2"),
        ({"input_mean": None}, r"no array input_mean; .*\(input - input_mean\) / input_scale.* 0 and 1 if"),
        ({"input_scale": np.ones(2)}, r"input_scale is \(2,\); expected one of \(\), \(1,\)"),
        ({"input_scale": np.zeros(1)}, "input_scale holds 0; a scale is above 0"),
        ({"target_scale": None}, "no array target_scale; .*0 and 1 if it was trained on the targets as they are"),
        ({"std0": np.zeros((2, 4))}, "std0: every std of a layer is 0"),
    ],
)
def test_a_wrong_posterior_is_one_line(cubic, tmp_path, changes, message):
    np.savez(tmp_path / "p.npz", **arrays(cubic, **changes))
    with pytest.raises(ValueError, match=rf"p\.npz: {message}") as caught:
        read_posterior(tmp_path / "p.npz", cubic, SMALL)
    assert "\n" not in str(caught.value)


def outputs_of(layers, inputs):
    return np.asarray(
        forward([layer.mean for layer in layers], jnp.asarray(inputs, float), 1.0, [layer.kernel for layer in layers])
    )


def trained_on(dataset, mean, scale, target_mean, target_scale):
    """Arrays of weights for inputs less `mean` over `scale`, and what they put out for the test inputs, as measured."""
    given = arrays(dataset, input_mean=mean, input_scale=scale, target_mean=target_mean, target_scale=target_scale)
    original = dataset.test_inputs * dataset.feature_scale + dataset.feature_mean
    hidden = np.maximum(np.c_[(original - mean) / scale, np.ones(len(original))] @ given["mean0"], 0)
    return given, (np.c_[hidden, np.ones(len(hidden))] @ given["mean1"])[:, 0] * target_scale + target_mean


@pytest.mark.parametrize("scaling", [(0.0, 1.0, 0.0, 1.0), (-3.0, 2.5, 7.0, 40.0)])
def test_a_network_computes_what_it_computed_on_the_inputs_that_it_was_trained_on(cubic, tmp_path, scaling):
    given, right = trained_on(cubic, *map(np.array, scaling))
    np.savez(tmp_path / "p.npz", **given)
    dataset = moved_for(tmp_path / "p.npz", cubic)
    posterior = read_posterior(tmp_path / "p.npz", cubic, SMALL)
    found = outputs_of(posterior.layers, dataset.test_inputs)[:, 0] * dataset.target_scale + dataset.target_mean
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4 * np.abs(right).max())
    assert posterior.noise_std * dataset.target_scale == pytest.approx(0.1 * scaling[3])
    np.testing.assert_array_equal(posterior.calibration, dataset.calibration)
    # What the data say does not change.
    for name in ("train", "test"):
        targets = getattr(dataset, f"{name}_targets") * dataset.target_scale + dataset.target_mean
        expected = getattr(cubic, f"{name}_targets") * cubic.target_scale + cubic.target_mean
        np.testing.assert_allclose(targets, expected, rtol=1e-9, atol=1e-9)
    # The control: the same weights on the data set's own scale are another function.
    plain = np.maximum(np.c_[cubic.test_inputs, np.ones(len(right))] @ given["mean0"], 0)
    wrong = (np.c_[plain, np.ones(len(right))] @ given["mean1"])[:, 0] * cubic.target_scale + cubic.target_mean
    assert np.abs(wrong - right).max() > 0.1 * np.abs(right).max()


def test_the_spread_of_the_outputs_is_that_of_the_training_too(cubic, tmp_path):
    given, _ = trained_on(cubic, *map(np.array, (0.0, 1.0, 0.0, 1.0)))
    np.savez(tmp_path / "raw.npz", **given)
    # The same posterior on inputs in another unit: so are the rows of its first layer.
    unit = np.append(cubic.feature_scale, 1.0)[:, None]
    own = {"mean0": given["mean0"] * unit, "std0": given["std0"] * unit, "input_scale": cubic.feature_scale}
    np.savez(tmp_path / "own.npz", **given | own)
    spreads = []
    for path in (tmp_path / "raw.npz", tmp_path / "own.npz"):
        dataset = moved_for(path, cubic)
        posterior = read_posterior(path, cubic, SMALL)
        drawn = software_predict(posterior, jax.random.key(0), dataset.test_inputs, 200)
        spreads.append(drawn.std(axis=0) * dataset.target_scale)
    np.testing.assert_allclose(spreads[0], spreads[1], rtol=1e-3)


def test_a_convolution_takes_one_scale_a_channel(tmp_path):
    random = np.random.default_rng(0)
    pictures, labels = random.integers(0, 256, (40, 4, 4, 2)).astype("u1"), np.arange(40) % 2
    np.savez(tmp_path / "d.npz", inputs=pictures, targets=labels)
    dataset = load_dataset("d", 1, DataSettings(source="npz", path=str(tmp_path / "d.npz"), task="classification"))
    settings = NetworkSettings(convolutions=(Convolution(channels=3, size=3, padding=1, pool=2),), hidden=())
    given = {"input_mean": np.array([100.0, 90.0]), "input_scale": np.array([50.0, 70.0])}
    for index, shape in enumerate([(19, 3), (13, 2)]):
        given |= {f"mean{index}": random.normal(size=shape), f"std{index}": random.uniform(0.1, 0.2, shape)}
    np.savez(tmp_path / "p.npz", **given)
    moved, posterior = moved_for(tmp_path / "p.npz", dataset), read_posterior(tmp_path / "p.npz", dataset, settings)
    original = (dataset.test_inputs * dataset.feature_scale).reshape(-1, 4, 4, 2)
    theirs = ((original - given["input_mean"]) / given["input_scale"]).reshape(len(original), -1)
    right = forward([given["mean0"], given["mean1"]], theirs, 1.0, [Kernel((4, 4, 2), 3, 1, 2)])
    np.testing.assert_allclose(outputs_of(posterior.layers, moved.test_inputs), right, rtol=1e-3, atol=1e-3)
    np.savez(tmp_path / "p.npz", **given | {"input_scale": random.uniform(1, 2, (4, 4, 2))})
    with pytest.raises(ValueError, match=r"p\.npz: input_scale differs between pixels; a convolution needs one"):
        read_posterior(tmp_path / "p.npz", dataset, settings)


def test_what_the_device_range_changes_is_said_and_what_it_costs(cubic, tmp_path):
    std = np.full((2, 4), 0.1)
    std[0, 0], std[1, 1] = 1e-4, 0.0
    np.savez(tmp_path / "p.npz", **arrays(cubic, std0=std, std1=np.full((5, 1), 0.2)))
    posterior = read_posterior(tmp_path / "p.npz", cubic, SMALL)
    networks = restricted_to_devices(posterior, Offer(4.0))
    (line,) = changes(networks, cubic)
    assert line.startswith("layer 0: ")
    assert "stds, 0 to 0.1, were brought into the range of the devices" in line
    assert ", 1 of which were 0: raised up to " in line
    assert changes(restricted_to_devices(posterior, Offer(1e9)), cubic)[0].startswith("layer 0: 1 of 8 stds")
    (line,) = changes(restricted_to_devices(posterior, Offer(4.0, leave_out=True)), cubic)
    assert line.startswith("layer 0: 1 of 8 stds, 0 to 0.1, ")
    assert ", 0.1 to 0.1, 1 of them left out, up to 0.0001: raised up to 1 times" in line
    text = cost_in_software(networks, cubic, 1)
    assert text.startswith("test inputs in software, before any device: RMSE ")
    assert text.endswith(" within the device range")
    np.savez(tmp_path / "p.npz", **arrays(cubic, std0=np.full((2, 4), 0.1), std1=np.full((5, 1), 0.2)))
    assert changes(restricted_to_devices(read_posterior(tmp_path / "p.npz", cubic, SMALL), Offer(4.0)), cubic) == []
    np.savez(
        tmp_path / "p.npz",
        **arrays(cubic, std0=np.full((2, 4), 0.1), std1=np.full((5, 1), 0.2), input_mean=np.array(-12.0)),
    )
    far = moved_for(tmp_path / "p.npz", cubic)
    (line,) = changes(restricted_to_devices(read_posterior(tmp_path / "p.npz", cubic, SMALL), Offer(4.0)), far)
    assert line.startswith(f"inputs are up to {far.train_inputs.mean():.3g} of their stds from the origin")


@pytest.mark.parametrize("name", ["breast_cancer", "cubic"])
def test_a_posterior_that_is_no_better_than_a_constant_is_said(name, tmp_path):
    dataset = load_dataset(name, 1)
    # A linear fit on the scaled inputs, through units that are on for all of them.
    inputs = dataset.train_inputs
    outputs = np.eye(dataset.outputs)[dataset.train_targets] if dataset.outputs > 1 else dataset.train_targets[:, None]
    slope = np.linalg.lstsq(np.c_[inputs, np.ones(len(inputs))], outputs, rcond=None)[0]
    features, units = inputs.shape[1], dataset.outputs
    first, second = np.zeros((features + 1, units)), np.zeros((units + 1, units))
    first[:-1], first[-1], second[:-1], second[-1] = slope[:-1], 50.0, np.eye(units), slope[-1] - 50.0
    given = scaling_of(dataset) | {"mean0": first, "mean1": second, "noise_std": np.array(0.3)}
    given |= {f"std{index}": np.full(given[f"mean{index}"].shape, 1e-3) for index in range(2)}
    right = {**given, "std1": np.full(second.shape, 1e-3)}
    np.savez(tmp_path / "right.npz", **right)
    # The bias in the first row, as others have it; for one feature that is the features in another order too.
    np.savez(tmp_path / "wrong.npz", **right | {"mean0": -np.roll(first, 1, axis=0)})
    settings = NetworkSettings(hidden=(units,))
    found = {}
    for kind in ("right", "wrong"):
        networks = restricted_to_devices(read_posterior(tmp_path / f"{kind}.npz", dataset, settings), Offer(4.0))
        of_inputs = moved_for(tmp_path / f"{kind}.npz", dataset)
        found[kind] = of_no_use(networks, of_inputs, 1)
        assert remarks(networks, of_inputs, 1) == [*found[kind], *changes(networks, of_inputs)]
    assert found["right"] == []
    (line,) = found["wrong"]
    assert line.startswith("it predicts no better than a constant: ")
    assert "the bias in the last row" in line
