"""The noise of one array, read after read: by device with its memory, by device without, or by column.

All three give the summed noise currents of the columns before the mirror. A row voltage v changes the variance of a
device's conductance by a factor 1 + q1 v + q2 v^2 (`response`), since it acts on the anisotropy as the gate does. What
drives a current through a difference of conductances is less than v where TMR falls with it (module `tmr`): `signal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from magbayes.data.normals import box_muller, normals, threefry
from magbayes.data.shapes import Currents, CurrentsOfAny, Matrix, RandomKey, VoltagesOfAny
from magbayes.system.array.devices import Reads

# Devices drawn at a time: few enough for the cache of a core, enough to hide the overhead of the loop.
_LANES = 30_000


def tiles(rows: int, tile: int) -> list[slice]:
    """Return the rows of each tile."""
    return [slice(start, min(start + tile, rows)) for start in range(0, rows, tile)]


def rows_of_normals(key: RandomKey, rows: int, count: int) -> list[Array]:
    """Return so many independent rows of `count` standard normals, float32, of which two share the random words."""
    words = jax.random.bits(key, (2,), jnp.uint32)
    counter = jnp.arange(count, dtype=jnp.uint32)
    pairs = (
        box_muller(*threefry((words[0], words[1]), (counter, jnp.full_like(counter, pair))))
        for pair in range(-(-rows // 2))
    )
    return [row for pair in pairs for row in pair][:rows]


def products(voltages: VoltagesOfAny, matrix: Matrix, tile: int) -> list[Array]:
    """Multiply voltages (..., rows) with a matrix (rows, columns) in parts: (..., columns) of each row tile."""
    return [jnp.matmul(voltages[..., s], matrix[s], precision="highest") for s in tiles(len(matrix), tile)]


def by_tile(voltages: VoltagesOfAny, matrix: Matrix, tile: int) -> CurrentsOfAny:
    """Multiply voltages (..., rows) with a matrix (rows, columns) in parts: (..., row tiles, columns)."""
    return jnp.stack(products(voltages, matrix, tile), axis=-2)


class Rows(NamedTuple):
    """Row voltages, and what they count for where currents are subtracted, V."""

    voltages: Array
    signal: Array


class Noise(Protocol):
    """Noise currents of a layer; a JAX pytree."""

    def start(self, key: RandomKey, batch: int) -> Any:
        """Return a stationary state for as many arrays as there are inputs."""

    def prepare(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> Any:
        """Return what does not change from sample to sample for row voltages (..., batch, rows) in V.

        `signal` is what they count for; by default themselves.
        """

    def draw(self, key: RandomKey, state: Any, prepared: Any) -> tuple[Any, Currents]:
        """Return the state one read later, and the noise currents (batch, row tiles, columns) in A."""


def _widened(noise: Array, response: Array | None, voltages: Array) -> Array:
    """Return noise (..., rows, columns) of devices under row voltages (..., rows); response (2, ..., rows, columns)."""
    if response is None:
        return noise
    v = voltages[..., None]
    return noise * jnp.sqrt(jnp.maximum(1 + v * (response[0] + v * response[1]), 0))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class RememberingDevices:
    """Every device as its compact model has it: correlated in time, not quite Gaussian.

    Attributes
    ----------
    reads
        Of the stochastic MTJs (2 * rows * columns,): first the positive, row by row, then the negative. One axis, since
        a CPU's vectors do not fill up with the few columns of a layer.
    mean, gain : (2, rows, columns)
        Mean conductance in S, and what a deviation from it counts for at the end of its column.
    response : (2, 2, rows, columns), or None
        q1 in 1/V and q2 in 1/V^2 of each device.
    tile
        Rows of a tile.
    """

    reads: Reads[Any]
    mean: Array
    gain: Array
    response: Array | None
    tile: int = field(metadata={"static": True})

    def forgetful(self) -> RememberingDevices:
        """Return the same devices without memory, for a single read, which has the same distribution.

        Models of others need not have such devices; theirs stay.
        """
        lesser = getattr(self.reads, "forgetful", None)
        return self if lesser is None else replace(self, reads=lesser())

    def start(self, key: RandomKey, batch: int) -> Any:
        """Return a stationary state of every device for each input."""
        return self.reads.start(key, (batch, self.mean.size))

    def prepare(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> Rows:
        """Return the voltages, and what they count for."""
        return Rows(voltages, voltages if signal is None else signal)

    def draw(self, key: RandomKey, state: Any, rows: Rows) -> tuple[Any, Currents]:
        """Return the state of the devices one read later, and their currents."""
        state, read = self.reads.advance(key, state)
        conductance = read.reshape(-1, *self.mean.shape)
        # Both devices of a weight at once, and their currents subtracted: XLA on a CPU does not vectorise what
        # subtracts two slices of an array that it is about to make.
        noise = _widened((conductance - self.mean) * self.gain, self.response, rows.voltages[:, None])
        parts = [
            jnp.einsum("br,brc->bc", rows.signal[:, s], noise[:, 0, s])
            - jnp.einsum("br,brc->bc", rows.signal[:, s], noise[:, 1, s])
            for s in tiles(noise.shape[2], self.tile)
        ]
        return state, jnp.stack(parts, axis=1)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class IndependentDevices:
    """Every device Gaussian and independent from read to read.

    Attributes
    ----------
    sigma : (2, rows, columns)
        Std of a conductance as it counts at the end of its column, S.
    response, tile
        As in `RememberingDevices`.
    """

    sigma: Array
    response: Array | None
    tile: int = field(metadata={"static": True})

    def start(self, key: RandomKey, batch: int) -> None:
        """Return nothing: there is no memory."""

    def prepare(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> Rows:
        """Return the voltages, and what they count for."""
        return Rows(voltages, voltages if signal is None else signal)

    def draw(self, key: RandomKey, state: None, rows: Rows) -> tuple[None, Currents]:
        """Return fresh currents; memory does not grow with the inputs."""
        batch, count = rows.voltages.shape
        columns = self.sigma.shape[-1]
        group = int(np.clip(_LANES // (min(self.tile, count) * columns), 1, batch))
        groups = -(-batch // group)

        def grouped(voltages: Array) -> Array:
            return jnp.pad(voltages, ((0, groups * group - batch), (0, 0))).reshape(groups, group, count)

        def one_group(arguments: tuple[Array, Array, Array]) -> Array:
            group_key, voltages, signal = arguments
            parts = []
            for index, s in enumerate(tiles(count, self.tile)):
                shape = (group, s.stop - s.start, columns)
                drawn = normals(jax.random.fold_in(group_key, index), int(np.prod(shape)))
                positive, negative = (
                    _widened(
                        drawn[i].reshape(shape) * self.sigma[i, s],
                        None if self.response is None else self.response[:, i, s],
                        voltages[:, s],
                    )
                    for i in (0, 1)
                )
                parts.append(jnp.einsum("br,brc->bc", signal[:, s], positive - negative))
            return jnp.stack(parts, axis=1)

        currents = lax.map(one_group, (jax.random.split(key, groups), *map(grouped, rows)))
        return None, currents.reshape(groups * group, *currents.shape[2:])[:batch]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Columns:
    """The sum of independent Gaussian reads, which is a Gaussian a column and tile: exact, and far cheaper.

    Attributes
    ----------
    variance : (orders, rows, columns)
        Coefficients of v^2, and of v^3 and v^4 where a read voltage acts on devices, in the variance that a weight adds
        to its column, S^2, S^2/V, S^2/V^2.
    tile
        Rows of a tile.
    """

    variance: Array
    tile: int = field(metadata={"static": True})

    def start(self, key: RandomKey, batch: int) -> None:
        """Return nothing: there is no memory."""

    def amplified(self, gain: Array) -> Columns:
        """Return the noise behind mirrors of this gain."""
        return Columns(gain**2 * self.variance, self.tile)

    def by_tile(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> list[Array]:
        """Return the variances of the column currents (..., batch, columns) of each row tile, A^2, but for rounding."""
        square = (voltages if signal is None else signal) ** 2
        orders = [products(square * voltages**power, matrix, self.tile) for power, matrix in enumerate(self.variance)]
        return [sum(parts[1:], parts[0]) for parts in zip(*orders, strict=True)]

    def variances(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> CurrentsOfAny:
        """Return the variances of the column currents (..., batch, row tiles, columns), A^2."""
        return jnp.maximum(jnp.stack(self.by_tile(voltages, signal), axis=-2), 0)

    def prepare(self, voltages: VoltagesOfAny, signal: VoltagesOfAny | None = None) -> CurrentsOfAny:
        """Return the stds of the column currents (..., batch, row tiles, columns), A."""
        return jnp.sqrt(self.variances(voltages, signal))

    def draw(self, key: RandomKey, state: None, std: Currents) -> tuple[None, Currents]:
        """Return fresh currents."""
        # One row only: XLA does not vectorise what joins two.
        return None, std * normals(key, std.size)[0].reshape(std.shape)


def together(columns: Sequence[Columns]) -> Columns:
    """Return what several independent noises of the same columns add up to."""
    orders = max(len(each.variance) for each in columns)
    padded = (jnp.pad(each.variance, ((0, orders - len(each.variance)), (0, 0), (0, 0))) for each in columns)
    return Columns(sum(padded, jnp.zeros(())), columns[0].tile)


def columns_of(devices: IndependentDevices) -> Columns:
    """Return the columns that add up `devices`, with the same distribution of every current."""
    square = devices.sigma**2
    # Zeros where no read voltage acts, so that such an array is no other program.
    response = jnp.zeros((2, *square.shape)) if devices.response is None else devices.response
    orders = [square, *(square * order for order in response)]
    return Columns(jnp.stack(orders).sum(axis=1), devices.tile)
