"""One layer on the array: programmed cells, input DACs, column currents, ADCs.

All noise of a read that is Gaussian and not of single devices is drawn at once, one number a column and tile. Not
modelled: resistance of the access devices, read disturb, and noise of the mirrors' transistors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data.normals import normals
from magbayes.data.shapes import Inputs, Outputs, PlaneCurrents, PlaneVoltages, RandomKey, Same
from magbayes.system.array.circuit import Circuit
from magbayes.system.array.converters import bits_of, quantise
from magbayes.system.array.electrical import shot_factor
from magbayes.system.array.noise import Columns, Noise, products, rows_of_normals, tiles, together
from magbayes.system.array.tmr import predistorted, signal
from magbayes.system.network.convolution import Kernel, patches_by_pool

# Fewest rows of an identity that XLA multiplies with.
_ROWS_OF_IDENTITY = 4
# Reads that stand side by side, at most: the few columns of a layer alone do not fill up a CPU's vectors.
_SIDE_BY_SIDE = 32
# Parts of a layer's currents that are read, converted and added up in one program: more take long to compile.
_MOST_PARTS = 64


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
        Of the stochastic MTJs; None in reads that are to be without it.
    jitter
        Of the walls at rest, as their slices count.
    conductance : (2, rows, columns)
        Of the domain-wall MTJs, by the squares of their slices' gains, and of the stochastic MTJs, S: what has thermal
        noise.
    line_squares : (2, row tiles, columns)
        Squares of what hangs on a column line, summed alike over both lines of a pair, S^2: what an amplifier's noise
        drives.
    adc_gain, adc_offset : (row tiles, columns)
        Of the ADCs: gain, and offset in codes.
    adc_zero : (row tiles, columns)
        What is taken for that offset and subtracted digitally, codes; 0 until it is measured.
    scale, mirror
        Weight a siemens, and gain of the sigma columns.
    column_gain, column_offset : (columns,)
        What weighted sums are multiplied with, and what is then added, digitally: 1 and 0 until they are measured.
    input_range
        Input that the DAC turns into the read voltage.
    current_range
        Current that drives the ADC to its last code, A; 0 until it is calibrated, which makes its noise 0.
    tile
        Rows of a tile.
    kernel
        Geometry of a convolution, whose positions are read one after another; None for a dense layer.
    """

    difference: jax.Array
    offset: jax.Array
    noise: Noise | None
    jitter: Columns
    conductance: jax.Array
    line_squares: jax.Array
    adc_gain: jax.Array
    adc_offset: jax.Array
    adc_zero: jax.Array
    scale: jax.Array
    mirror: jax.Array
    column_gain: jax.Array
    column_offset: jax.Array
    input_range: jax.Array
    current_range: jax.Array
    tile: int = field(metadata={"static": True})
    kernel: Kernel | None = field(default=None, metadata={"static": True})

    @property
    def positions(self) -> int:
        """Reads for one input."""
        return 1 if self.kernel is None else int(np.prod(self.kernel.positions))

    @property
    def pool(self) -> int:
        """Reads of which the largest becomes an output."""
        return 1 if self.kernel is None else self.kernel.pool**2


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Matrices:
    """What row voltages are multiplied with: the same in every read, and so made before the first.

    Attributes
    ----------
    static : (rows, columns)
        Conductances without their noise, S.
    constant : (row tiles, columns)
        Variance of a column at any voltage, A^2.
    columns
        Variances by powers of the row voltages.
    junctions : (rows, columns), or None
        Variances by the `shot_factor` of the row voltages, A^2; None where `constant` and `columns` have them.
    """

    static: jax.Array
    constant: jax.Array
    columns: Columns
    junctions: jax.Array | None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Driven:
    """A layer under inputs, before its devices are read.

    Attributes
    ----------
    voltages : (planes, batch, rows)
        On the rows, one plane or the bits of the inputs, V; the positions of a convolution count as a batch, in the
        order of `patches_by_pool`.
    currents : (planes, batch, columns) of each row tile
        Their part without noise, A.
    std : (planes, batch, columns) of each row tile
        Of all that is drawn by column, A.
    noise
        What single devices draw from (`Noise.prepare`); None where columns do.
    """

    voltages: jax.Array
    currents: tuple[jax.Array, ...]
    std: tuple[jax.Array, ...]
    noise: Any


def _computed(values: Same) -> Same:
    """Return `values`, held in memory: a product with the identity is what XLA on a CPU does not compute again.

    Where values are joined or cut it would do all that made them anew for every use, and not by vectors.
    """
    width = values.shape[-1]
    # A small identity is cheaper; one of fewer rows than these XLA sees through.
    width = few if (few := gcd(width, 64)) >= _ROWS_OF_IDENTITY else width
    identity = jnp.eye(width, dtype=values.dtype)
    return jnp.matmul(values.reshape(-1, width), identity, precision="highest").reshape(values.shape)


def _driven(inputs: Same, input_range: jax.Array, signed: bool, circuit: Circuit) -> jax.Array:
    """Return the voltages (planes, ...) that DACs make of inputs (...), V."""
    if circuit.serial_bits:
        return circuit.read_voltage * bits_of(inputs, input_range, circuit.serial_bits - signed, signed)
    codes = jnp.where(circuit.ideal_dac, inputs, quantise(inputs, input_range, circuit.dac_bits, signed))
    steps = predistorted(codes, input_range, circuit.read_voltage, circuit.made_up)
    return (circuit.read_voltage * steps / input_range)[None]


def voltages_of(
    kernel: Kernel | None, input_range: jax.Array, inputs: Inputs, bias_input: float, signed: bool, circuit: Circuit
) -> PlaneVoltages:
    """Return what `row_voltages` does for a layer of this geometry and range."""
    voltages = _computed(_driven(inputs, input_range, signed, circuit))
    planes = len(voltages)
    if kernel is not None:
        # An image is converted once, and not each time that the kernel comes by.
        cut = patches_by_pool(kernel, voltages.reshape(-1, inputs.shape[-1]))
        cut = cut.reshape(len(cut), planes, -1, kernel.rows)
        voltages = (cut[:, 0] if planes == 1 else jnp.moveaxis(cut, 1, 0)).reshape(planes, -1, kernel.rows)
    bias = _driven(jnp.full((1, 1), bias_input, inputs.dtype), input_range, signed, circuit)
    return jnp.concatenate([voltages, jnp.broadcast_to(bias, (*voltages.shape[:-1], 1))], axis=-1)


def row_voltages(layer: ArrayLayer, inputs: Inputs, bias_input: float, signed: bool, circuit: Circuit) -> PlaneVoltages:
    """Return the row voltages (planes, batch * positions, rows) in V for inputs (batch, features)."""
    return voltages_of(layer.kernel, layer.input_range, inputs, bias_input, signed, circuit)


def converter_variance(layer: ArrayLayer, circuit: Circuit) -> jax.Array:
    """Return the variance that an integrator and the ADC behind it add to the current of a column, A^2."""
    return layer.current_range * (circuit.integrator + circuit.adc_noise * layer.current_range)


def matrices_of(layer: ArrayLayer, circuit: Circuit, positive: bool = False) -> Matrices:
    """Return what row voltages are multiplied with; with `positive`, of which none is below 0.

    For those the polynomial of the circuit stands for the shot factor, where it has one.
    """
    mirrored = layer.mirror**2
    junctions = circuit.thermal * (layer.conductance[0] + mirrored * layer.conductance[1])
    amplifiers = circuit.amplifier * (layer.line_squares[0] + mirrored * layer.line_squares[1])
    constant = amplifiers + converter_variance(layer, circuit)
    by_column = [layer.jitter]
    if isinstance(layer.noise, Columns):
        by_column.append(layer.noise.amplified(layer.mirror))
    shot = circuit.shot if positive else None
    if shot is not None:
        constant = constant + shot[0] * jnp.stack([junctions[s].sum(axis=0) for s in tiles(len(junctions), layer.tile)])
        by_column.append(Columns(shot[1:, None, None] * junctions, layer.tile))
    return Matrices(
        layer.difference + layer.mirror * layer.offset,
        constant,
        together(by_column),
        junctions if shot is None else None,
    )


def drive(layer: ArrayLayer, voltages: PlaneVoltages, circuit: Circuit, matrices: Matrices | None = None) -> Driven:
    """Return what row voltages (planes, batch, rows) make of the layer, but for the noise."""
    of = matrices_of(layer, circuit) if matrices is None else matrices
    counted = signal(voltages, circuit.fall)
    by_column = of.columns.by_tile(voltages, counted)
    variances = [constant + variance for constant, variance in zip(of.constant, by_column, strict=True)]
    if of.junctions is not None:
        thermal = products(shot_factor(voltages, circuit.thermal_voltage), of.junctions, layer.tile)
        variances = [total + variance for total, variance in zip(variances, thermal, strict=True)]
    by_device = None if isinstance(layer.noise, Columns) else layer.noise
    return Driven(
        voltages,
        tuple(products(counted, of.static, layer.tile)),
        tuple(jnp.sqrt(jnp.maximum(variance, 0)) for variance in variances),
        None if by_device is None else by_device.prepare(voltages, counted),
    )


def read(layer: ArrayLayer, driven: Driven, key: RandomKey, state: Any) -> tuple[Any, PlaneCurrents]:
    """Read the columns once, plane after plane.

    Returns
    -------
    The devices' state after the read, and the currents (planes, batch, row tiles, columns), A.
    """
    key, column_key = jax.random.split(key)
    without, std = (jnp.stack(parts, axis=2) for parts in (driven.currents, driven.std))
    # One row only: XLA does not vectorise what joins two.
    drawn = normals(column_key, std.size)[0].reshape(std.shape)
    currents, noise = without + std * drawn, layer.noise
    if noise is None or isinstance(noise, Columns):
        return state, currents

    def one_plane(state: Any, plane: tuple[jax.Array, Any]) -> tuple[Any, jax.Array]:
        plane_key, prepared = plane
        return noise.draw(plane_key, state, prepared)

    keys = jax.random.split(key, len(currents))
    state, of_devices = jax.lax.scan(one_plane, state, (keys, driven.noise))
    return state, currents + layer.mirror * of_devices


def _codes(
    currents: jax.Array, gain: jax.Array, offset: jax.Array, zero: jax.Array, layer: ArrayLayer, circuit: Circuit
) -> jax.Array:
    """Return what ADCs of such a gain, offset and zero make of currents, A."""
    code = layer.current_range / ((1 << (circuit.adc_bits - 1)) - 1)
    shown = currents * gain + offset * code
    codes = jnp.where(circuit.ideal_adc, shown, quantise(shown, layer.current_range, circuit.adc_bits, signed=True))
    corrected: jax.Array = codes - zero * code
    return corrected


def converted(layer: ArrayLayer, currents: PlaneCurrents, circuit: Circuit) -> PlaneCurrents:
    """Return what the ADCs make of currents (planes, batch, row tiles, columns), A."""
    return _codes(currents, layer.adc_gain, layer.adc_offset, layer.adc_zero, layer, circuit)


def sums_of(layer: ArrayLayer, currents: PlaneCurrents, signed: bool, circuit: Circuit) -> jax.Array:
    """Return what currents (planes, batch * positions, row tiles, columns) stand for: weighted sums (..., columns)."""
    currents = converted(layer, currents, circuit)
    weights = circuit.plane_weights(signed).tolist()
    # Sums that are written out are one vectorised pass; a reduction behind the rounding takes thirty times as long.
    total = sum(
        weight * sum(currents[plane, :, tile] for tile in range(currents.shape[2]))
        for plane, weight in enumerate(weights)
    )
    sums: jax.Array = total * layer.scale * layer.input_range / circuit.full_signal
    return sums * layer.column_gain + layer.column_offset


def features_of(layer: ArrayLayer, sums: jax.Array) -> Outputs:
    """Return outputs (batch, features) of weighted sums: of a convolution the largest of each pool."""
    pools = layer.positions // layer.pool
    return sums.reshape(layer.pool, -1, pools * sums.shape[-1]).max(axis=0)


def outputs_of(layer: ArrayLayer, currents: PlaneCurrents, signed: bool, circuit: Circuit) -> Outputs:
    """Return what currents (planes, batch * positions, row tiles, columns) stand for: outputs (batch, features)."""
    return features_of(layer, sums_of(layer, currents, signed, circuit))


def sampled(layer: ArrayLayer, driven: Driven, key: RandomKey, signed: bool, circuit: Circuit) -> Outputs:
    """Return outputs (batch, features) of one read, as `read` and `outputs_of` give them where no device is read alone.

    A part of the currents is what one tile gives under one plane for one member of all pools. Nothing joins parts, so
    that all from random numbers to outputs is one vectorised pass.
    """
    planes, reads, columns = driven.currents[0].shape
    reads //= layer.pool
    count, parts = gcd(reads, _SIDE_BY_SIDE), (len(driven.currents), planes, layer.pool)
    drawn = iter(rows_of_normals(key, int(np.prod(parts)), reads * columns))
    shape = (reads // count, count * columns)

    def outputs(member: int) -> Iterator[jax.Array]:
        for tile, (without, std) in enumerate(zip(driven.currents, driven.std, strict=True)):
            adc = (jnp.tile(of[tile], count) for of in (layer.adc_gain, layer.adc_offset, layer.adc_zero))
            gain, offset, zero = adc
            for plane, weight in enumerate(circuit.plane_weights(signed).tolist()):
                mean, width = (of.reshape(planes, layer.pool, *shape)[plane, member] for of in (without, std))
                currents = mean + width * next(drawn).reshape(shape)
                yield weight * _codes(currents, gain, offset, zero, layer, circuit)

    gain, offset = (jnp.tile(of, count) for of in (layer.column_gain, layer.column_offset))
    unit = layer.scale * layer.input_range / circuit.full_signal
    members = [sum(outputs(member)) * unit * gain + offset for member in range(layer.pool)]
    largest = members[0]
    for other in members[1:]:
        largest = jnp.maximum(largest, other)
    return largest.reshape(-1, layer.positions // layer.pool * columns)


def samples_columns(layer: ArrayLayer, planes: int) -> bool:
    """Return whether `sampled` reads the layer, under so many planes of voltages."""
    parts = planes * layer.pool * len(layer.adc_gain)
    return (layer.noise is None or isinstance(layer.noise, Columns)) and parts <= _MOST_PARTS
