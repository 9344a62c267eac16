"""Columns in one pass against the read, the converters and the pools one after another; false alarms of 1e-4."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from magbayes.system.array import layer as module
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.electrical import shot_factor, shot_polynomial, thermal_voltage
from magbayes.system.array.layer import (
    drive,
    matrices_of,
    outputs_of,
    read,
    row_voltages,
    sampled,
    samples_columns,
)
from magbayes.system.array.noise import rows_of_normals
from magbayes.system.network.convolution import Kernel, patches, patches_by_pool
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings

FALSE_ALARM = 1e-4
READS = 4000


def chip_of(models, key, **settings):
    """A convolution of 2 x 2 pools in three tiles, and a layer behind it in three."""
    random = np.random.default_rng(4)
    kernel = Kernel((6, 6, 2), 3, pool=2)
    layers = tuple(
        Layer(random.normal(size=shape), random.uniform(0.05, 0.19, shape), k)
        for shape, k in (((19, 4), kernel), ((17, 3), None))
    )
    posterior = Posterior(layers, "regression", 1.0, 0.1, random.uniform(size=(20, 72)), np.zeros(1))
    settings = {"sampling": "columns", "sample_interval": 1e-6, "rows": 8, "sampling_tolerance": 0.2} | settings
    return Accelerator(posterior, models, AcceleratorSettings(**settings), key)


def driven_layers(chip, images=1, positive=False):
    """Each layer with its circuit under images, or under what random hidden units put on it."""
    random = np.random.default_rng(5)
    for index, (layer, circuit) in enumerate(zip(chip.layers, chip._circuits, strict=True)):
        inputs = chip.posterior.calibration[:images] if index == 0 else random.uniform(0, 2, (images, 16))
        voltages = row_voltages(layer, jnp.asarray(inputs, float), 1.0, False, circuit)
        yield layer, circuit, drive(layer, voltages, circuit, matrices_of(layer, circuit, positive))


def both_ways(layer, circuit, driven, key):
    """Outputs (reads, outputs) of many reads of one input: in one pass, and one after another.

    In four decimals: outputs are few codes of an ADC, which their own last digits would tell apart.
    """

    def at_once(key):
        return sampled(layer, driven, key, False, circuit)[0]

    def in_turn(key):
        return outputs_of(layer, read(layer, driven, key, None)[1], False, circuit)[0]

    keys = jax.random.split(key, (2, READS))
    ways = zip((at_once, in_turn), keys, strict=True)
    return [np.round(np.asarray(jax.lax.map(way, k), float), 4) for way, k in ways]


def alike(one, other):
    """Kolmogorov-Smirnov and Levene of each output, and the correlations between outputs."""
    columns = one.shape[1]
    level = FALSE_ALARM / (3 * columns)
    marginals = all(
        stats.ks_2samp(a, b).pvalue > level and stats.levene(a, b).pvalue > level
        for a, b in zip(one.T, other.T, strict=True)
    )
    pairs = np.triu_indices(columns, 1)
    between = np.abs(np.corrcoef(one.T) - np.corrcoef(other.T))[pairs]
    limit = stats.norm.ppf(1 - FALSE_ALARM / 3 / columns**2) * np.sqrt(2 / len(one))
    return marginals and between.max() < limit


@pytest.mark.parametrize("inputs", ["amplitude", "bit_serial"])
def test_one_pass_has_the_distribution_of_its_parts(models, key, inputs):
    chip = chip_of(models, key, inputs=inputs, dac_bits=4)
    for layer, circuit, driven in driven_layers(chip):
        assert samples_columns(layer, len(driven.voltages))
        assert alike(*both_ways(layer, circuit, driven, key))


def _narrower(layer, circuit, driven, key, monkeypatch):
    narrow = replace(driven, std=tuple(0.9 * std for std in driven.std))
    return both_ways(layer, circuit, narrow, key)[0], both_ways(layer, circuit, driven, key)[1]


def _one_row_for_all(layer, circuit, driven, key, monkeypatch):
    monkeypatch.setattr(module, "rows_of_normals", lambda key, rows, count: rows_of_normals(key, 1, count) * rows)
    return both_ways(layer, circuit, driven, key)


@pytest.mark.parametrize("wrong", [_narrower, _one_row_for_all])
def test_wrong_noise_fails_that_test(models, key, wrong, monkeypatch):
    for layer, circuit, driven in driven_layers(chip_of(models, key)):
        assert not alike(*wrong(layer, circuit, driven, key, monkeypatch))


def test_without_noise_both_are_the_same_numbers(models, key):
    for layer, circuit, driven in driven_layers(chip_of(models, key), images=5):
        quiet = replace(driven, std=tuple(jnp.zeros_like(std) for std in driven.std))
        expected = outputs_of(layer, read(layer, quiet, key, None)[1], False, circuit)
        found = sampled(layer, quiet, key, False, circuit)
        # Half of a code, where rounding of sums in another order falls on the other side, is none of these.
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * float(jnp.abs(expected).max()))


def test_layers_of_single_devices_are_not_read_so(models, key):
    assert not any(samples_columns(layer, 1) for layer in chip_of(models, key, sampling="devices").layers)
    assert not samples_columns(chip_of(models, key).layers[0], module._MOST_PARTS)


def test_a_polynomial_stands_for_shot_noise(models, key):
    """In the std of a column, of which it is a part, half of its largest relative error at most."""
    chip = chip_of(models, key)
    exact, fitted = (list(driven_layers(chip, images=20, positive=positive)) for positive in (False, True))
    for (_, circuit, one), (_, _, other) in zip(exact, fitted, strict=True):
        assert circuit.shot is not None
        for std, by_polynomial in zip(one.std, other.std, strict=True):
            np.testing.assert_allclose(by_polynomial, std, rtol=2e-4)


@pytest.mark.parametrize("fall", [0.0, 2.0])
@pytest.mark.parametrize(("voltage", "error"), [(1e-4, 1e-5), (0.05, 5e-5), (0.1, 5e-4), (0.2, 3e-3)])
def test_the_polynomial_is_right_at_every_voltage(voltage, error, fall):
    coefficients, v = shot_polynomial(voltage, thermal_voltage(300.0), fall), np.linspace(0, voltage, 1001)
    powers = np.array([[0], [2], [3], [4]])
    fitted = np.asarray(coefficients) @ np.where(powers > 0, v**powers / (1 + fall * v**2) ** 2, 1)
    np.testing.assert_allclose(fitted, np.asarray(shot_factor(jnp.asarray(v), thermal_voltage(300.0))), rtol=error)


@pytest.mark.parametrize("voltage", [0.4, 1.0])
def test_there_is_none_for_voltages_where_it_is_wrong(voltage):
    assert shot_polynomial(voltage, thermal_voltage(300.0)) is None


def test_rows_of_normals_are_normal_and_independent(key):
    count, rows = 100_000, 5
    found = np.asarray(rows_of_normals(key, rows, count), float)
    assert found.shape == (rows, count)
    assert min(stats.kstest(row, "norm").pvalue for row in found) > FALSE_ALARM / rows / 2
    pairs = np.triu_indices(rows, 1)
    limit = stats.norm.ppf(1 - FALSE_ALARM / 4 / len(pairs[0])) / np.sqrt(count)
    # Of their squares too: those of Box and Muller share a radius.
    for values in (found, found**2):
        assert np.abs(np.corrcoef(values)[pairs]).max() < limit


def test_pools_are_slices_of_the_patches():
    kernel = Kernel((8, 6, 2), 3, padding=1, pool=2)
    images = jnp.asarray(np.random.default_rng(1).normal(size=(3, 96)), float)
    in_order = np.asarray(patches(kernel, images)).reshape(3, 4, 2, 3, 2, kernel.rows)
    expected = in_order.transpose(2, 4, 0, 1, 3, 5).reshape(4, 3, 12, kernel.rows)
    assert (np.asarray(patches_by_pool(kernel, images)) == expected).all()
