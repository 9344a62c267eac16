"""The ranges of the converters, set once from representative inputs with the devices' noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp

from magbayes.data.normals import normals
from magbayes.data.shapes import Inputs, PlaneCurrents, PlaneVoltages, PlaneWeights, RandomKey
from magbayes.system.array.circuit import Circuit
from magbayes.system.array.electrical import shot_factor
from magbayes.system.array.layer import (
    ArrayLayer,
    Driven,
    converted,
    converter_variance,
    drive,
    outputs_of,
    read,
    row_voltages,
)
from magbayes.system.array.noise import RememberingDevices
from magbayes.system.array.tmr import signal


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Activity:
    """Mean over the calibration inputs of what one read puts on the rows (rows,), all planes together.

    Attributes
    ----------
    square, size
        Of the row voltages: mean square in V^2, and mean absolute value in V.
    moments : (3, rows)
        Means of the square of what they count for (module `tmr`), alone and times their first and second power, V^2 to
        V^4, each plane by the square of its weight.
    factor
        Mean of their `shot_factor`, planes weighted alike.
    planes
        Sum of the squares of the planes' weights, one number.
    """

    square: jax.Array
    size: jax.Array
    moments: jax.Array
    factor: jax.Array
    planes: jax.Array


def activity_of(voltages: PlaneVoltages, weights: PlaneWeights, circuit: Circuit) -> Activity:
    """Return the activity of rows under voltages (planes, batch, rows)."""

    def weighted(values: jax.Array) -> jax.Array:
        return jnp.tensordot(weights**2, jnp.mean(values, axis=1), axes=1)

    square = signal(voltages, circuit.fall) ** 2
    return Activity(
        jnp.mean(voltages**2, axis=1).sum(axis=0),
        jnp.mean(jnp.abs(voltages), axis=1).sum(axis=0),
        jnp.stack([weighted(square * voltages**power) for power in (0, 1, 2)]),
        weighted(shot_factor(voltages, circuit.thermal_voltage)),
        jnp.sum(weights**2),
    )


def input_range(inputs: Inputs, index: int, bias_input: float, circuit: Circuit) -> jax.Array:
    """Return what the DACs of layer `index` turn into the read voltage.

    Activations have tails that are worth clipping; the range of the inputs is a specification.
    """
    percentile = 100.0 if index == 0 else circuit.range_percentile
    return jnp.maximum(jnp.percentile(jnp.abs(inputs), percentile), bias_input)


def _noise_gain(voltages: PlaneVoltages, weights: PlaneWeights) -> jax.Array:
    """Return what the sigma columns need beside the mapped gain, for planes of voltages (planes, batch, rows).

    Each bit of an input reads the devices anew, so that the noise of an input adds up in squares and is too small: by
    a factor that depends on the input, and that is made up for on average. It is 1 for a single plane.
    """
    total = jnp.tensordot(weights, voltages, axes=1)
    parts = jnp.tensordot(weights**2, voltages**2, axes=1)
    return jnp.sqrt(jnp.sum(total**2) / jnp.sum(parts))


def _one_read(layer: ArrayLayer, key: RandomKey, driven: Driven) -> PlaneCurrents:
    """Return the currents of one read; input by input where devices keep a state, which would fill the memory."""
    if not isinstance(layer.noise, RememberingDevices):
        return read(layer, driven, key, None)[1]
    noise = layer.noise

    def one_input(arguments: tuple[jax.Array, Driven]) -> jax.Array:
        input_key, single = arguments
        start_key, read_key = jax.random.split(input_key)
        single = jax.tree.map(lambda x: x[:, None], single)
        return read(layer, single, read_key, noise.start(start_key, 1))[1][:, 0]

    batch_first = jax.tree.map(lambda x: jnp.moveaxis(x, 1, 0), driven)
    keys = jax.random.split(key, driven.voltages.shape[1])
    return jnp.moveaxis(jax.lax.map(one_input, (keys, batch_first)), 0, 1)


def _zero(layer: ArrayLayer, key: RandomKey, circuit: Circuit, reads: int) -> jax.Array:
    """Return what so many reads without an input show of the offsets of the ADCs (row tiles, columns), codes.

    Noise of less than half a code hides from the mean what is between two codes.
    """
    quiet = replace(layer, noise=None, adc_zero=jnp.zeros_like(layer.adc_offset))
    driven = drive(quiet, jnp.zeros((1, 1, len(layer.difference))), circuit)

    def one_more(total: jax.Array, read_key: jax.Array) -> tuple[jax.Array, None]:
        return total + converted(quiet, read(quiet, driven, read_key, None)[1], circuit)[0, 0], None

    total = jax.lax.scan(one_more, jnp.zeros_like(layer.adc_offset), jax.random.split(key, reads))[0]
    mean: jax.Array = total / reads
    return mean / (layer.current_range / ((1 << (circuit.adc_bits - 1)) - 1))


def read_once(layers: Sequence[ArrayLayer], circuits: Sequence[Circuit]) -> tuple[ArrayLayer, ...]:
    """Return layers for `calibrate`, which reads them once: of one read, devices without memory are a lesser program.

    Where the bits of an input follow each other as reads of their own, devices remember from bit to bit, and stay.
    """
    return tuple(
        replace(layer, noise=layer.noise.forgetful())
        if isinstance(layer.noise, RememberingDevices) and not circuit.serial_bits
        else layer
        for layer, circuit in zip(layers, circuits, strict=True)
    )


@partial(jax.jit, static_argnames=("signed", "bias_input", "zero_reads"))
def calibrate(
    layers: tuple[ArrayLayer, ...],
    key: RandomKey,
    inputs: Inputs,
    signed: tuple[bool, ...],
    bias_input: float,
    circuits: tuple[Circuit, ...],
    zero_reads: int = 0,
    zeroed: jax.Array | bool = True,
) -> tuple[tuple[ArrayLayer, ...], tuple[Activity, ...]]:
    """Set the ranges layer by layer, each seeing what the calibrated layers before it put out.

    Parameters
    ----------
    layers
        Programmed, with open ranges; of `read_once`, which takes fewer programs.
    key
        Gives the noise of one read.
    inputs : (n, features)
        Cover what the hardware must accept; the first DAC never clips them.
    signed
        Which layers have inputs of either sign.
    bias_input
        Constant input of the bias rows.
    circuits
        Converters and voltages of each layer.
    zero_reads
        Reads without an input from which the offsets of the ADCs are known; with 0 they stay.
    zeroed
        Whether they are looked for; no other program.

    Returns
    -------
    The layers with their ranges and offsets, and what their rows see.
    """
    hidden = inputs
    done, activities = [], []
    keys = jax.random.split(key, len(layers))
    for index, (layer, layer_key, circuit) in enumerate(zip(layers, keys, circuits, strict=True)):
        layer = replace(layer, input_range=input_range(hidden, index, bias_input, circuit))
        voltages = row_voltages(layer, hidden, bias_input, signed[index], circuit)
        weights = jnp.asarray(circuit.plane_weights(signed[index]), voltages.dtype)
        layer = replace(layer, mirror=layer.mirror * _noise_gain(voltages, weights))
        read_key, zero_key, own_key = jax.random.split(layer_key, 3)
        currents = _one_read(layer, read_key, drive(layer, voltages, circuit))
        layer = replace(layer, current_range=jnp.percentile(jnp.abs(currents), circuit.range_percentile))
        if zero_reads:
            find = partial(_zero, layer, zero_key, circuit, zero_reads)
            layer = replace(layer, adc_zero=jax.lax.cond(zeroed, find, lambda stay=layer.adc_zero: stay))
        # What depends on the range itself was not in that read.
        drawn = normals(own_key, currents.size)[0].reshape(currents.shape)
        currents = currents + jnp.sqrt(converter_variance(layer, circuit)) * drawn
        hidden = jax.nn.relu(outputs_of(layer, currents, signed[index], circuit))
        done.append(layer)
        activities.append(activity_of(voltages, weights, circuit))
    return tuple(done), tuple(activities)
