"""One layer on the array: programmed cells, input DACs, column currents, ADCs.

Not modelled: resistance of the wires and of the access devices, read disturb, drift, and the electrical noise
of the peripherals.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from system.converters import quantise
from system.devices import DeviceModels, Reads
from system.energy import Programming
from system.mapping import Mapping, map_layer
from system.posterior import Layer, with_bias
from system.settings import AcceleratorSettings


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class WhiteReads:
    """Ideal reads: Gaussian and independent, with the devices' mean and std (of the array's shape, S)."""

    mean: jax.Array
    sigma: jax.Array

    def start(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Return a state, which is empty but for the shape."""
        return jnp.zeros((*shape, 0))

    def advance(self, key: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the same state, and independent conductances, S."""
        return state, self.mean + self.sigma * jax.random.normal(key, state.shape[:-1], self.mean.dtype)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ArrayLayer:
    """The programmed cells of one layer and the ranges of its converters; a JAX pytree.

    Attributes
    ----------
    difference : (rows, columns)
        Conductance of the positive less the negative domain-wall MTJ, as programmed, S.
    reads
        The stochastic MTJs, (2, rows, columns): positive, negative.
    scale, mirror
        Weight a siemens, and gain of the sigma columns.
    input_range
        Input that the DAC turns into the read voltage.
    current_range
        Current that drives the ADC to its last code, A.
    """

    difference: jax.Array
    reads: Reads
    scale: jax.Array
    mirror: jax.Array
    input_range: jax.Array
    current_range: jax.Array


def program(
    key: jax.Array, layer: Layer, models: DeviceModels, settings: AcceleratorSettings
) -> tuple[ArrayLayer, Mapping, np.ndarray, Programming]:
    """Write one layer into devices; the ranges of its converters stay open (1) until calibration.

    Returns
    -------
    The layer, its mapping, the conductances of the domain-wall MTJs (2, rows, columns) in S, and the effort.
    """
    mapping = map_layer(layer, models, settings)
    written = models.dwmtj.program(key, mapping.pair)
    spread = np.asarray(written.conductance) - mapping.pair
    conductance = mapping.exact if "levels" in settings.ideal else mapping.pair
    if "spread" not in settings.ideal:
        conductance = conductance + spread
    reads: Reads
    if "reads" in settings.ideal:
        sigma = models.smtj.sigma(mapping.gate).value
        reads = WhiteReads(jnp.asarray(models.smtj.mean(mapping.gate), float), jnp.asarray(sigma, float))
    else:
        reads = models.smtj.at(mapping.gate, settings.sample_interval)
    programmed = ArrayLayer(
        jnp.asarray(conductance[0] - conductance[1], float),
        reads,
        *(jnp.asarray(value, float) for value in (mapping.scale, mapping.mirror, 1.0, 1.0)),
    )
    cost = Programming(*(float(np.sum(part)) for part in (written.pulses, written.energy, written.latency)))
    return programmed, mapping, conductance, cost


def input_voltages(
    layer: ArrayLayer, inputs: jax.Array, bias_input: float, signed: bool, settings: AcceleratorSettings
) -> jax.Array:
    """Return the row voltages (batch, rows) in V for inputs (batch, rows - 1)."""
    driven = with_bias(inputs, bias_input)
    if "dac" not in settings.ideal:
        driven = quantise(driven, layer.input_range, settings.dac_bits, signed)
    return settings.read_voltage * driven / layer.input_range


def column_currents(
    layer: ArrayLayer,
    voltages: jax.Array,
    conductance: jax.Array | None,
    settings: AcceleratorSettings,
) -> jax.Array:
    """Return the summed currents (batch, row tiles, columns) in A.

    Parameters
    ----------
    layer
        The programmed cells.
    voltages : (batch, rows)
        On the rows, V.
    conductance : (batch, 2, rows, columns), or None for no noise
        Of the stochastic MTJs in this read, S.
    settings
        Gives the rows of a tile.
    """
    parts = []
    for start in range(0, voltages.shape[-1], settings.rows):
        rows = slice(start, start + settings.rows)
        part = voltages[:, rows] @ layer.difference[rows]
        if conductance is not None:
            noise = conductance[:, 0, rows] - conductance[:, 1, rows]
            part = part + layer.mirror * jnp.einsum("br,brc->bc", voltages[:, rows], noise)
        parts.append(part)
    return jnp.stack(parts, axis=1)


def outputs_of(layer: ArrayLayer, currents: jax.Array, settings: AcceleratorSettings) -> jax.Array:
    """Return the weighted sums (batch, columns) that currents (batch, row tiles, columns) stand for."""
    if "adc" not in settings.ideal:
        currents = quantise(currents, layer.current_range, settings.adc_bits, signed=True)
    return currents.sum(axis=1) * layer.scale * layer.input_range / settings.read_voltage
