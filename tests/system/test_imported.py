import numpy as np
import pytest

from magbayes.system.datasets import load_dataset
from magbayes.system.network.imported import read_posterior, restricted_to_devices, within_range
from magbayes.system.network.settings import NetworkSettings


@pytest.fixture(scope="module")
def cubic():
    return load_dataset("cubic", 1)


def arrays(**changes):
    random = np.random.default_rng(0)
    values = {"noise_std": np.array(0.1)}
    for index, shape in enumerate([(2, 4), (5, 1)]):
        values |= {f"mean{index}": random.normal(size=shape), f"std{index}": random.uniform(0.01, 1, shape)}
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_a_posterior_of_your_own_is_taken_as_it_is_and_fitted_to_the_devices(cubic, tmp_path):
    np.savez(tmp_path / "p.npz", **arrays())
    networks = restricted_to_devices(read_posterior(tmp_path / "p.npz", cubic, NetworkSettings(hidden=(4,))), 4.0)
    for index, layer in enumerate(networks.unconstrained.layers):
        np.testing.assert_array_equal(layer.mean, arrays()[f"mean{index}"])
        np.testing.assert_array_equal(layer.std, arrays()[f"std{index}"])
        fitted = networks.posterior.layers[index]
        np.testing.assert_array_equal(fitted.mean, layer.mean)
        assert fitted.std.max() / fitted.std.min() <= 4.0 * (1 + 1e-9)
        assert (networks.deterministic.layers[index].std == 0).all()
    assert networks.posterior.noise_std == 0.1


def test_the_range_is_the_one_that_changes_stds_least():
    std = np.random.default_rng(0).lognormal(size=200)
    loss = np.sum((within_range(std, 4.0) - std) ** 2)
    for lowest in np.geomspace(std.min() / 4, std.max(), 500):
        assert loss <= np.sum((np.clip(std, lowest, 4 * lowest) - std) ** 2) * (1 + 1e-6)
    inside = np.array([0.1, 0.2, 0.35])
    np.testing.assert_allclose(within_range(inside, 4.0), inside)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"std1": None}, "no array std1; it needs noise_std, mean0, std0, mean1, std1"),
        ({"mean1": np.ones((4, 1))}, r"mean1 is \(4, 1\) of float64; expected finite numbers \(5, 1\)"),
        ({"std0": np.full((2, 4), -1.0)}, r"std0 holds -1\.0; a std is at least 0"),
        ({"mean0": np.full((2, 4), np.nan)}, "mean0 .*expected finite"),
        ({"noise_std": np.array(0.0)}, "noise_std is 0"),
        ({"mean2": np.ones((2, 1))}, "mean2 is one layer more than the network has, which is 2"),
    ],
)
def test_a_wrong_posterior_is_one_line(cubic, tmp_path, changes, message):
    np.savez(tmp_path / "p.npz", **arrays(**changes))
    with pytest.raises(ValueError, match=rf"p\.npz: {message}") as caught:
        read_posterior(tmp_path / "p.npz", cubic, NetworkSettings(hidden=(4,)))
    assert "\n" not in str(caught.value)


def test_a_posterior_without_any_std_is_refused(cubic, tmp_path):
    np.savez(tmp_path / "p.npz", **arrays(std0=np.zeros((2, 4))))
    posterior = read_posterior(tmp_path / "p.npz", cubic, NetworkSettings(hidden=(4,)))
    with pytest.raises(ValueError, match="every std of a layer is 0"):
        restricted_to_devices(posterior, 4.0)
