"""Writing in the loop: each layer is measured under inputs, and written anew by what its columns show.

Layers follow one another, so that a layer is written for what those before it, as they are, put out (W. Wan et al.,
Nature 608, 504 (2022)). Means d away from those of the posterior minimise

    sum_n (z_n - y_n - x_n d)^2 / s^2 + sum_r (w_r + d_r - mu_r)^2 / sigma_r^2

in every column: y are its sums as measured, z those of the posterior in software, x its inputs, w its weights as
writing knows them. A std off its own is what a posterior has room for. Levels are then chosen row by row, and what a
weight misses is carried to those that are not chosen yet, by the same squares (E. Frantar et al., GPTQ, ICLR 2023,
arXiv:2210.17323). A gain and an offset a column, which are digital, take what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data.shapes import RandomKey
from magbayes.system.array import chip
from magbayes.system.array.circuit import Circuit
from magbayes.system.array.layer import ArrayLayer, drive, features_of, read, row_voltages, sums_of
from magbayes.system.array.mapping import nearest_level
from magbayes.system.array.programming import Programmed, built
from magbayes.system.array.tmr import signal
from magbayes.system.array.writing import Plan, Walls, added, effort_of, of_slice
from magbayes.system.network.convolution import patches_by_pool
from magbayes.system.network.posterior import Posterior, with_bias

LOOP_INPUTS = 256
"""Calibration inputs that layers are measured with, at most."""
MEASUREMENTS = 2
"""Times that each layer is measured: before it is written anew, and after."""

# s^2, in units of the variance of a column's sum in one pass: the mean of ten passes. With a tenth of it a chip of the
# set energy fits the noise of its own measurement.
_TOLERANCE = 0.1
# Std of the gains that columns may be off by, for which a digital gain is fitted.
_GAIN_STD = 0.05
# Draws of the posterior in software: their mean is known to a thirtieth of its std.
_DRAWS = 1000
# Numbers of Hessians that are held at a time.
_AT_A_TIME = 20_000_000

_Three = tuple[jax.Array, jax.Array, jax.Array]


class Seen(NamedTuple):
    """What a layer shows, its positions as inputs.

    Attributes
    ----------
    inputs : (reads, rows)
        Means of what its rows are driven with, in the units of the network.
    sums : (reads, columns)
        Means of its weighted sums.
    variance : (columns,)
        Of a sum from pass to pass, on average over the reads.
    features : (passes, inputs, features)
        Outputs.
    """

    inputs: jax.Array
    sums: jax.Array
    variance: jax.Array
    features: jax.Array


@partial(jax.jit, static_argnames=("signed", "bias_input"))
def measured(
    layer: ArrayLayer, key: RandomKey, hidden: jax.Array, signed: bool, bias_input: float, circuit: Circuit
) -> Seen:
    """Read a layer, drawn by columns, under inputs (passes, n, features), pass after pass."""
    weights = jnp.asarray(circuit.plane_weights(signed), hidden.dtype)

    def one_pass(totals: _Three, each: _Three) -> tuple[_Three, jax.Array]:
        count, pass_key, inputs = each
        voltages = row_voltages(layer, inputs, bias_input, signed, circuit)
        sums = sums_of(layer, read(layer, drive(layer, voltages, circuit), pass_key, None)[1], signed, circuit)
        driven, mean, squares = totals
        driven = driven + jnp.tensordot(weights, signal(voltages, circuit.fall), axes=1)
        off = sums - mean
        mean = mean + off / count
        return (driven, mean, squares + off * (sums - mean)), features_of(layer, sums)

    passes, reads = len(hidden), hidden.shape[1] * layer.positions
    rows, columns = layer.difference.shape
    start = (jnp.zeros((reads, rows)), jnp.zeros((reads, columns)), jnp.zeros((reads, columns)))
    each = (jnp.arange(1, passes + 1), jax.random.split(key, passes), hidden)
    (driven, mean, squares), features = jax.lax.scan(one_pass, start, each)
    inputs = driven * layer.input_range / circuit.full_signal / passes
    return Seen(inputs, mean, (squares / max(passes - 1, 1)).mean(axis=0), features)


def software_sums(posterior: Posterior, key: RandomKey, inputs: np.ndarray, draws: int = _DRAWS) -> list[np.ndarray]:
    """Return the weighted sums (reads, columns) of each layer under inputs (n, features), means over draws."""
    layers = [(jnp.asarray(layer.mean, float), jnp.asarray(layer.std, float)) for layer in posterior.layers]

    @jax.jit
    def total(inputs: jax.Array, keys: jax.Array) -> list[jax.Array]:
        def one_draw(sums: list[jax.Array], draw_key: jax.Array) -> tuple[list[jax.Array], None]:
            hidden, after = inputs, []
            of_layers = jax.random.split(draw_key, len(layers))
            for index, ((mean, std), layer_key) in enumerate(zip(layers, of_layers, strict=True)):
                kernel = posterior.layers[index].kernel
                hidden = jax.nn.relu(hidden) if index else hidden
                seen = hidden if kernel is None else patches_by_pool(kernel, hidden)
                rows = with_bias(seen, posterior.bias_input)
                after.append(sums[index] + (rows @ mean).reshape(sums[index].shape))
                hidden = rows @ (mean + std * jax.random.normal(layer_key, mean.shape, mean.dtype))
                hidden = hidden if kernel is None else hidden.max(axis=0).reshape(len(inputs), -1)
            return after, None

        zeros = [
            jnp.zeros((len(inputs) * layer.positions, layer.mean.shape[1]), inputs.dtype) for layer in posterior.layers
        ]
        return jax.lax.scan(one_draw, zeros, keys)[0]

    sums = total(jnp.asarray(inputs, float), jax.random.split(key, draws))
    return [np.asarray(each, float) / draws for each in sums]


def carried(hessian: np.ndarray, wanted: np.ndarray, nearest: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
    """Choose weights row by row, each error carried to those that follow; return what is shown (rows, columns).

    Parameters
    ----------
    hessian : (columns, rows, rows)
        Of the squares that are to be small.
    wanted : (rows, columns)
        Where they are smallest.
    nearest
        Of the number of a row and what is wanted there (columns,): what can be shown.
    """
    # Errors of the rows that matter most are the first to be made up for.
    order = np.argsort(-np.diagonal(hessian, axis1=1, axis2=2).mean(axis=0), kind="stable")
    inverse = np.linalg.inv(hessian[:, order][:, :, order])
    # Row i of this factor tells how those after i move if i is held elsewhere, with all before held already.
    factor = np.linalg.cholesky((inverse + np.swapaxes(inverse, 1, 2)) / 2)
    left, shown = wanted[order].copy(), np.empty_like(wanted)
    for index, row in enumerate(order):
        shown[row] = nearest(int(row), left[index])
        error = (left[index] - shown[row]) / factor[:, index, index]
        left[index + 1 :] -= error * factor[:, index + 1 :, index].T
    return shown


def _stds(std: np.ndarray) -> np.ndarray:
    """Return stds of weights (rows, columns), of those that were left out the smallest that was not."""
    stds: np.ndarray = np.maximum(std, std[std > 0].min())
    return stds


def _tolerance(seen: Seen, std: np.ndarray) -> np.ndarray:
    """Return s^2 of the columns: of what a pass shows, or where that has no noise, would by the posterior."""
    own = np.asarray(seen.inputs**2, float).mean(axis=0) @ std**2
    tolerated: np.ndarray = _TOLERANCE * np.maximum(np.asarray(seen.variance, float), own)
    return tolerated


def _shown(planned: Plan, walls: Walls) -> np.ndarray:
    """Return what the pairs of all slices differ by (rows, columns), as they are measured and count, S."""
    pairs = [
        gain * (chip.at_level(planned.shown(index), level) + planned.counted(index) * further)
        for index, (gain, level, further) in enumerate(zip(planned.gains, walls.level, walls.further, strict=True))
    ]
    difference: np.ndarray = sum(pair[0] - pair[1] for pair in pairs)
    return difference


def _write_anew(planned: Plan, walls: Walls, goal: np.ndarray) -> Walls:
    """Bring domain-wall MTJs to the levels `goal` (slices, 2, rows, columns), each from where it is."""
    models, levels = planned.models, np.asarray(planned.models.dwmtj.levels.mean, float)
    held, efforts, failed = [], [walls.effort], []
    for index, (wanted, start) in enumerate(zip(goal, walls.level, strict=True)):
        key = jax.random.fold_in(of_slice(planned.write_key, index), 2)
        run = models.dwmtj.program(key, levels[wanted], start)
        held.append(nearest_level(levels, np.asarray(run.conductance)))
        efforts.append(effort_of(run))
        failed.append(np.mean(run.failed))
    return replace(walls, level=np.stack(held), effort=added(*efforts), failed=float(np.mean(failed)))


def rewritten(planned: Plan, walls: Walls, seen: Seen, wanted: np.ndarray) -> Walls:
    """Return the walls of a layer that has shown what was `seen`, where sums `wanted` (reads, columns) were meant."""
    std, scale = _stds(planned.layer.std), planned.mapping.scale
    inputs, missing = np.asarray(seen.inputs, float), wanted - np.asarray(seen.sums, float)
    tolerated, present = _tolerance(seen, std), _shown(planned, walls)
    off = scale * (present + planned.offset()) - planned.layer.mean
    rows, columns = std.shape
    gram, diagonal = inputs.T @ inputs, np.arange(rows)
    pull = inputs.T @ missing / tolerated - off / std**2
    shown = [planned.shown(index).reshape(2, rows, columns, -1) for index in range(len(planned.gains))]
    goal, further = walls.level.copy(), walls.further.copy()
    step = max(1, _AT_A_TIME // rows**2)
    for part in (slice(start, start + step) for start in range(0, columns, step)):
        hessian = gram / tolerated[part, None, None]
        hessian[:, diagonal, diagonal] += 1 / std[:, part].T ** 2
        change = np.linalg.solve(hessian, pull[:, part].T[..., None])[..., 0].T / scale
        if "levels" in planned.settings.ideal:
            pair = np.stack([change, -change]) / 2
            further[-1][:, :, part] += pair / planned.gains[-1] / planned.counted(len(shown) - 1)[:, :, part]
            continue

        def nearest(row: int, target: np.ndarray, part: slice = part) -> np.ndarray:
            total = np.zeros_like(target)
            for index, gain in enumerate(planned.gains):
                own = shown[index][:, row, part]
                offers = gain * (own[0][:, :, None] - own[1][:, None, :]).reshape(len(target), -1)
                best = np.abs(offers - (target - total)[:, None]).argmin(axis=1)
                goal[index, :, row, part] = np.stack(np.divmod(best, own.shape[-1]))
                total = total + offers[np.arange(len(target)), best]
            return total

        carried(hessian, present[:, part] + change, nearest)
    return replace(_write_anew(planned, walls, goal), further=further)


def stretched(seen: Seen, wanted: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gains and offsets (columns,) by which sums are nearest to those `wanted` (reads, columns).

    A gain is fitted as one whose std is `_GAIN_STD`, so that a column that hardly moves keeps its own.
    """
    sums = np.asarray(seen.sums, float)
    about, mean = sums - sums.mean(axis=0), wanted.mean(axis=0)
    missing = wanted - mean - about
    room = _tolerance(seen, std) / _GAIN_STD**2
    gain = 1 + (about * missing).sum(axis=0) / ((about**2).sum(axis=0) + room)
    return gain, mean - gain * sums.mean(axis=0)


def in_the_loop(
    plans: Sequence[Plan],
    walls: Sequence[Walls],
    programmed: Sequence[Programmed],
    layers: Sequence[ArrayLayer],
    signed: Sequence[bool],
    circuits: Sequence[Circuit],
    posterior: Posterior,
    key: RandomKey,
    passes: int,
) -> tuple[tuple[Programmed, ...], tuple[ArrayLayer, ...]]:
    """Write the layers of a chip anew, one after another.

    Parameters
    ----------
    plans, walls, programmed, layers
        As they were written for the first time, and calibrated.
    signed, circuits
        Which layers have inputs of either sign, and how each is read.
    posterior
        What the chip is to hold; its calibration inputs are those that layers are measured with.
    key
        Gives the noise of the measurements, and the draws of the posterior.
    passes
        Over these inputs, in each measurement.

    Returns
    -------
    The layers in devices, as they are when they are used, and the same with ranges, gains and offsets.
    """
    inputs = posterior.calibration[:LOOP_INPUTS]
    wanted = software_sums(posterior, jax.random.fold_in(key, len(plans)), inputs)
    hidden = jnp.broadcast_to(jnp.asarray(inputs, float), (passes, *inputs.shape))
    done: list[Programmed] = []
    ranged: list[ArrayLayer] = []
    for index, (planned, layer, circuit) in enumerate(zip(plans, layers, circuits, strict=True)):
        before_key, after_key = jax.random.split(jax.random.fold_in(key, index))
        writing, read_so = planned.at_writing, (hidden, signed[index], posterior.bias_input, circuit)
        first = built(writing, walls[index]) if planned.rests else programmed[index]
        seen = measured(_quiet(first, layer), before_key, *read_so)
        held = rewritten(writing, walls[index], seen, wanted[index])
        written = built(writing, held)
        seen = measured(_quiet(written, layer), after_key, *read_so)
        gain, offset = stretched(seen, wanted[index], _stds(planned.layer.std))
        column_gain, column_offset = jnp.asarray(gain, float), jnp.asarray(offset, float)
        columns = seen.features.reshape(*seen.features.shape[:2], -1, len(gain))
        hidden = jax.nn.relu(columns * column_gain + column_offset).reshape(seen.features.shape)
        done.append(built(planned, held) if planned.rests else written)
        ranged.append(replace(_ranged(done[-1].layer, layer), column_gain=column_gain, column_offset=column_offset))
    return tuple(done), tuple(ranged)


def _ranged(layer: ArrayLayer, as_this: ArrayLayer) -> ArrayLayer:
    """Return a layer with the ranges and zeros of another."""
    names = ("mirror", "input_range", "current_range", "adc_zero")
    return replace(layer, **{name: getattr(as_this, name) for name in names})


def _quiet(programmed: Programmed, as_this: ArrayLayer) -> ArrayLayer:
    """Return the layer with the ranges of another, whose noise is drawn by columns: a mean does not tell how it was."""
    layer = _ranged(programmed.layer, as_this)
    return layer if programmed.widths is None else replace(layer, noise=programmed.widths)
