"""The matrix form of a convolution against the library's own."""

import jax
import numpy as np
import pytest
from numpyro.infer import TraceMeanField_ELBO
from numpyro.infer.autoguide import AutoDelta
from numpyro.infer.initialization import init_to_sample

from magbayes.data import container
from magbayes.system.datasets import load_dataset
from magbayes.system.network.convolution import Kernel, patches, pooled
from magbayes.system.network.file import check_shapes, read_networks, write_networks
from magbayes.system.network.model import network_model
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, forward
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import optimise


@pytest.mark.parametrize(("image", "size", "padding"), [((8, 8, 1), 5, 2), ((7, 9, 3), 3, 0), ((4, 4, 2), 1, 1)])
def test_patches_times_matrix_are_a_convolution(image, size, padding):
    random = np.random.default_rng(0)
    kernel = Kernel(image, size, padding)
    inputs, matrix = random.normal(size=(5, int(np.prod(image)))), random.normal(size=(kernel.rows, 4))
    expected = jax.lax.conv_general_dilated(
        inputs.reshape(5, *image).astype(np.float32),
        matrix.reshape(size, size, image[2], 4).astype(np.float32),
        (1, 1),
        [(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    found = patches(kernel, jax.numpy.asarray(inputs, float)) @ matrix.astype(np.float32)
    assert found.shape == (5, int(np.prod(kernel.positions)), 4)
    # Single precision: rounding of some tens of additions of numbers of order one.
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-5 * np.abs(expected).max())


def test_pools_keep_the_largest():
    kernel = Kernel((4, 2, 1), 1, pool=2)
    sums = jax.numpy.arange(8.0).reshape(1, 8, 1)
    assert pooled(kernel, sums).tolist() == [[3.0, 7.0]]


def test_a_kernel_that_leaves_a_rest_is_refused():
    with pytest.raises(ValueError, match="makes 4 x 4 of 8 x 8, which does not pool by 3"):
        Kernel((8, 8, 1), 5, pool=3)


@pytest.fixture
def network():
    random = np.random.default_rng(1)
    kernel = Kernel((6, 6, 1), 3, pool=2)
    shapes = [(10, 2), (9, 3)]
    layers = (
        Layer(random.normal(size=shapes[0]), np.full(shapes[0], 0.1), kernel),
        Layer(random.normal(size=shapes[1]), np.full(shapes[1], 0.1)),
    )
    return Posterior(layers, "classification", 1.0, 0.0, random.normal(size=(7, 36)), np.zeros(1))


def test_a_network_with_a_convolution_by_hand(network):
    inputs = network.calibration
    matrix, dense = (layer.mean for layer in network.layers)
    windows = np.lib.stride_tricks.sliding_window_view(inputs.reshape(7, 6, 6), (3, 3), axis=(1, 2)).reshape(7, 4, 4, 9)
    hidden = np.maximum(windows @ matrix[:-1] + matrix[-1], 0).reshape(7, 2, 2, 2, 2, 2).max(axis=(2, 4)).reshape(7, 8)
    expected = hidden @ dense[:-1] + dense[-1]
    found = forward([matrix, dense], jax.numpy.asarray(inputs, float), 1.0, [layer.kernel for layer in network.layers])
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_kernel_survives_its_file(network, tmp_path):
    write_networks(tmp_path / "n.h5", TrainedNetworks(network, network, network), container.provenance({}))
    back = read_networks(tmp_path / "n.h5").posterior
    assert [layer.kernel for layer in back.layers] == [layer.kernel for layer in network.layers]


def test_layers_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match="layer 0 takes 36 inputs in 9 rows; the data before it have 35"):
        check_shapes(network.layers, 35)
    with pytest.raises(ValueError, match="layer 1 takes 8 inputs"):
        check_shapes((Layer(np.ones((4, 5)), np.ones((4, 5))), network.layers[1]), 3)


def test_networks_that_are_trained_in_turn_are_those_trained_alone():
    """But for rounding, which five steps do not blow up."""
    dataset = load_dataset("digits", 1)
    settings = NetworkSettings(convolutions=[{"channels": 2, "size": 3, "padding": 1}], hidden=(4,), steps=5)
    keys = jax.random.split(jax.random.key(1), 2)

    def weights(keys):
        model = network_model(dataset, settings)
        guide = AutoDelta(model, init_loc_fn=init_to_sample)
        params, losses = optimise(dataset, settings, model, guide, TraceMeanField_ELBO(), keys)
        assert losses.shape == (len(keys), 5)
        return np.asarray(params["weight0_auto_loc"])

    both, alone = weights(keys), weights(keys[1:])
    np.testing.assert_allclose(both[1], alone[0], rtol=1e-4, atol=1e-6)
    assert np.abs(both[0] - both[1]).max() > 0.1  # the control: other keys, other networks
