"""The matrix form of a convolution against the library's own."""

import jax
import numpy as np
import pytest

from magbayes.data import container
from magbayes.system.network.convolution import Kernel, patches, pooled
from magbayes.system.network.file import check_shapes, read_networks, write_networks
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, forward


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
