"""One layer on the array: programmed cells, input DACs, column currents, ADCs.

Not modelled: resistance of the access devices, read disturb, settling, and the electrical noise of the peripherals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data.shapes import Inputs, Outputs, PlaneCurrents, PlaneVoltages, RandomKey
from magbayes.system.array.circuit import Circuit
from magbayes.system.array.converters import bits_of, quantise
from magbayes.system.array.noise import Columns, Noise, by_tile
from magbayes.system.network.convolution import Kernel, patches, pooled
from magbayes.system.network.posterior import with_bias


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ArrayLayer:
    """The programmed cells of one layer and the ranges of its converters; a JAX pytree.

    Attributes
    ----------
    difference : (rows, columns)
        Conductance of the positive less the negative domain-wall MTJ, as it counts at the end of the column, S.
    offset : (rows, columns)
        The same of the mean conductances of the stochastic MTJs, which cancel but for their spread, S.
    noise
        Of the stochastic MTJs; None where sigma is 0.
    jitter
        Of the walls at rest, which no mirror amplifies; None where they hold still.
    scale, mirror
        Weight a siemens, and gain of the sigma columns.
    input_range
        Input that the DAC turns into the read voltage.
    current_range
        Current that drives the ADC to its last code, A.
    tile
        Rows of a tile.
    kernel
        Geometry of a convolution, whose positions are read one after another; None for a dense layer.
    """

    difference: jax.Array
    offset: jax.Array
    noise: Noise | None
    jitter: Columns | None
    scale: jax.Array
    mirror: jax.Array
    input_range: jax.Array
    current_range: jax.Array
    tile: int = field(metadata={"static": True})
    kernel: Kernel | None = field(default=None, metadata={"static": True})

    @property
    def positions(self) -> int:
        """Reads for one input."""
        return 1 if self.kernel is None else int(np.prod(self.kernel.positions))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Driven:
    """A layer under inputs, before its devices are read.

    Attributes
    ----------
    voltages : (planes, batch, rows)
        On the rows, one plane or the bits of the inputs, V; the positions of a convolution count as a batch.
    currents : (planes, batch, row tiles, columns)
        Their part without noise, A.
    noise, jitter
        What these draw from (`Noise.prepare`); None where there is none.
    """

    voltages: jax.Array
    currents: jax.Array
    noise: Any
    jitter: Any


def _computed(values: jax.Array, width: int) -> jax.Array:
    """Return `values`, held in memory: a product with the identity is what XLA on a CPU does not compute again.

    Where values are joined or cut it would do all that made them anew for every use, and not by vectors.
    """
    identity = jnp.eye(width, dtype=values.dtype)
    return jnp.matmul(values.reshape(-1, width), identity, precision="highest").reshape(values.shape)


def row_voltages(layer: ArrayLayer, inputs: Inputs, bias_input: float, signed: bool, circuit: Circuit) -> PlaneVoltages:
    """Return the row voltages (planes, batch * positions, rows) in V for inputs (batch, features)."""
    if layer.kernel is None:
        inputs = _computed(inputs, inputs.shape[-1])
    else:
        _, width, channels = layer.kernel.image
        inputs = patches(layer.kernel, _computed(inputs, width * channels)).reshape(-1, layer.kernel.rows)
    driven = with_bias(inputs, bias_input)
    if circuit.serial_bits:
        return circuit.read_voltage * bits_of(driven, layer.input_range, circuit.serial_bits - signed, signed)
    driven = jnp.where(circuit.ideal_dac, driven, quantise(driven, layer.input_range, circuit.dac_bits, signed))
    return (circuit.read_voltage * driven / layer.input_range)[None]


def drive(layer: ArrayLayer, voltages: PlaneVoltages) -> Driven:
    """Return what row voltages (planes, batch, rows) make of the layer, but for the noise."""
    static = layer.difference + layer.mirror * layer.offset
    return Driven(
        voltages,
        by_tile(voltages, static, layer.tile),
        None if layer.noise is None else layer.noise.prepare(voltages),
        None if layer.jitter is None else layer.jitter.prepare(voltages),
    )


def read(layer: ArrayLayer, driven: Driven, key: RandomKey, state: Any) -> tuple[Any, PlaneCurrents]:
    """Read the columns once, plane after plane.

    Returns
    -------
    The devices' state after the read, and the currents (planes, batch, row tiles, columns), A.
    """
    noise, fixed = layer.noise, driven.currents
    if layer.jitter is not None:
        key, jitter_key = jax.random.split(key)
        planes, batch, *outputs = fixed.shape
        std = driven.jitter.reshape(planes * batch, *outputs)
        fixed = fixed + layer.jitter.draw(jitter_key, None, std)[1].reshape(fixed.shape)
    if noise is None:
        return state, fixed

    def one_plane(state: Any, plane: tuple[jax.Array, Any]) -> tuple[Any, jax.Array]:
        plane_key, prepared = plane
        return noise.draw(plane_key, state, prepared)

    keys = jax.random.split(key, len(driven.currents))
    state, currents = jax.lax.scan(one_plane, state, (keys, driven.noise))
    return state, fixed + layer.mirror * currents


def outputs_of(layer: ArrayLayer, currents: PlaneCurrents, signed: bool, circuit: Circuit) -> Outputs:
    """Return what currents (planes, batch * positions, row tiles, columns) stand for: outputs (batch, features).

    These are weighted sums, and of a convolution the largest of each pool.
    """
    codes = quantise(currents, layer.current_range, circuit.adc_bits, signed=True)
    currents = jnp.where(circuit.ideal_adc, currents, codes)
    weights = circuit.plane_weights(signed).tolist()
    # Sums that are written out are one vectorised pass; a reduction behind the rounding takes thirty times as long.
    total = sum(
        weight * sum(currents[plane, :, tile] for tile in range(currents.shape[2]))
        for plane, weight in enumerate(weights)
    )
    sums: jax.Array = total * layer.scale * layer.input_range / circuit.read_voltage
    if layer.kernel is None:
        return sums
    return pooled(layer.kernel, sums.reshape(-1, layer.positions, sums.shape[-1]))
