"""The ranges of the converters, set once from representative inputs with the devices' noise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp

from system.array import ArrayLayer, column_currents, input_voltages, outputs_of
from system.settings import AcceleratorSettings


@partial(jax.jit, static_argnames=("signed", "bias_input", "settings"))
def calibrate(
    layers: tuple[ArrayLayer, ...],
    key: jax.Array,
    inputs: jax.Array,
    signed: tuple[bool, ...],
    bias_input: float,
    settings: AcceleratorSettings,
) -> tuple[tuple[ArrayLayer, ...], tuple[jax.Array, ...]]:
    """Set the ranges layer by layer, each seeing what the calibrated layers before it put out.

    Parameters
    ----------
    layers
        Programmed, with open ranges.
    key
        Gives the noise of one read.
    inputs : (n, features)
        Cover what the hardware must accept; the first DAC never clips them.
    signed
        Which layers have inputs of either sign.
    bias_input
        Constant input of the bias rows.
    settings
        Array and converters.

    Returns
    -------
    The layers with their ranges, and the mean square row voltages (rows,) of each, V^2.
    """
    hidden = inputs
    done, squares = [], []
    for index, (layer, layer_key) in enumerate(zip(layers, jax.random.split(key, len(layers)), strict=True)):
        # Activations have tails that are worth clipping; the range of the inputs is a specification.
        percentile = 100.0 if index == 0 else settings.range_percentile
        input_range = jnp.maximum(jnp.percentile(jnp.abs(hidden), percentile), bias_input)
        layer = replace(layer, input_range=input_range)
        voltages = input_voltages(layer, hidden, bias_input, signed[index], settings)
        conductance = None
        if "noise" not in settings.ideal:
            start_key, read_key = jax.random.split(layer_key)
            state = layer.reads.start(start_key, (hidden.shape[0], 2, *layer.difference.shape))
            conductance = layer.reads.advance(read_key, state)[1]
        currents = column_currents(layer, voltages, conductance, settings)
        layer = replace(layer, current_range=jnp.percentile(jnp.abs(currents), settings.range_percentile))
        hidden = jax.nn.relu(outputs_of(layer, currents, settings))
        done.append(layer)
        squares.append(jnp.mean(voltages**2, axis=0))
    return tuple(done), tuple(squares)
