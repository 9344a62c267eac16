"""What one prediction costs on the array: energy, latency and area by part and layer, from activity and coefficients.

The coefficients, with their sources and ranges, are in ``data/peripherals``, those of the column converter follow from
``data/converters``. Not counted: moving inputs onto the chip and results off it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from magbayes.system.cost import prices as price
from magbayes.system.cost.gate import hold_amounts
from magbayes.system.cost.prices import BITS, Amount, Prices
from magbayes.system.settings import AcceleratorSettings

if TYPE_CHECKING:
    from magbayes.system.datasets import Task

PARTS = (
    "cells",
    "drivers",
    "mirror",
    "gate",
    "refresh",
    "writing",
    "dac",
    "adc",
    "digital",
    "buffers",
    "control",
    "leakage",
)
CLOCKED = ("dac", "adc", "digital", "buffers")
"""Parts of which clock and control take a share."""
AREA_PARTS = ("cells", "dac", "adc", "digital")

MEMORY = 8192
"""Bytes of the memory that the coefficient ``memory_energy`` is for."""
_LEAST_MEMORY = 64


@dataclass(frozen=True)
class Programming:
    """What it takes to write devices, once: pulses, their energy in J, their seconds in turn, and reads that verify.

    `zero_reads`, without an input, tell the offsets of the ADCs; a refresh does not repeat them.
    """

    pulses: float
    energy: float
    latency: float
    reads: float
    zero_reads: float = 0.0


@dataclass(frozen=True)
class LayerActivity:
    """What one layer does in one pass.

    Attributes
    ----------
    mean_conductance, noise_conductance : (rows, columns)
        Summed over the domain-wall MTJs of a weight, and over its stochastic MTJs, S.
    mean_square_voltage, mean_voltage : (rows,)
        Of the row voltages over the calibration inputs: mean square in V^2, mean absolute value in V; all bits of a
        bit-serial input together.
    gate_voltage, gate_leakage : (2, devices)
        Applied to the stochastic MTJs, V, and the current through their gates, A; not of those left out.
    mirror
        Gain of the current mirror of the sigma columns.
    read_time
        Integration time of a read, s.
    planes, positions
        Bits that follow each other, and positions of a convolution: reads for one pass.
    mirrored_means : (rows, columns), or None
        Conductance of the domain-wall MTJs behind mirrors, times their gains, S; None and 0 where there are none.
    pairs
        Pairs of devices in a cell, of both kinds, each with its lines.
    """

    mean_conductance: np.ndarray
    noise_conductance: np.ndarray
    mean_square_voltage: np.ndarray
    mean_voltage: np.ndarray
    gate_voltage: np.ndarray
    gate_leakage: np.ndarray
    mirror: float
    read_time: float
    planes: int = 1
    positions: int = 1
    mirrored_means: np.ndarray | None = None
    pairs: int = 2

    @property
    def share(self) -> float:
        """Devices and lines of a cell, over those of one with a single slice of means."""
        return self.pairs / 2


@dataclass(frozen=True)
class Cost:
    """The cost of one prediction.

    Attributes
    ----------
    energy
        Of each part in `PARTS`, (layers,) in J.
    amounts
        How often each action happens, from which `energy` follows.
    prices
        What each action takes, J.
    counts
        Operations of each kind in the whole prediction.
    latency
        From input to result, s.
    programming
        Writing all weights once; not part of `energy`.
    samples
        Stochastic passes in the prediction.
    passing
        Time that each layer takes for one pass, (layers,) in s; the longest sets the pace of the pipeline.
    area
        Of each part in `AREA_PARTS`, (layers,) in m^2; mirrors, drivers and control are not in it.
    circuits
        How many circuits of each kind there are, from which `area` follows; DACs in proportion to their bits.
    """

    energy: dict[str, np.ndarray]
    amounts: tuple[Amount, ...]
    prices: dict[str, float]
    counts: dict[str, int]
    latency: float
    programming: Programming
    samples: int
    passing: np.ndarray
    area: dict[str, np.ndarray]
    circuits: tuple[Amount, ...]

    @property
    def total(self) -> float:
        """Energy of the prediction, J."""
        return float(sum(part.sum() for part in self.energy.values()))


def _tiles(shape: tuple[int, int], settings: AcceleratorSettings) -> tuple[int, int]:
    """Return the tiles along the rows and along the columns of an array."""
    return math.ceil(shape[0] / settings.rows), math.ceil(shape[1] / settings.columns)


def _lines(settings: AcceleratorSettings) -> int:
    """Return the lines of a row, each with its DAC: one, or one for either device of a pair."""
    return 2 if settings.pair_drive == "opposite" else 1


def output_counts(columns: int, last: bool, task: Task) -> dict[str, int]:
    """Return the digital operations on the weighted sums of one read: comparison of the ReLU, or the result."""
    if not last:
        return {"integer_add": columns}
    if task == "classification":
        # Softmax of the sample (exponentials by look-up, their sum, its inverse, products), added to the running mean.
        return {"table_load": columns, "float_add": 2 * columns, "float_divide": 1, "float_multiply": columns}
    # Running sum and sum of squares.
    return {"float_add": 2 * columns, "float_multiply": columns}


def _layer_counts(layer: LayerActivity, last: bool, task: Task, settings: AcceleratorSettings) -> dict[str, int]:
    """Return the operations of one layer in one pass; the pools of a convolution compare every output once more."""
    rows, columns = layer.mean_conductance.shape
    row_tiles, column_tiles = _tiles((rows, columns), settings)
    digital = output_counts(columns, last, task)
    pooling = columns if layer.positions > 1 else 0
    # Partial sums of the row tiles, and of the bits; the offsets of all of them are subtracted at once.
    zeros = columns if settings.zero_reads and "mismatch" not in settings.ideal else 0
    digital["integer_add"] = digital.get("integer_add", 0) + pooling + zeros + columns * (row_tiles * layer.planes - 1)
    digital["integer_multiply"] = columns
    converted = {
        "dac_conversions": rows * _lines(settings) * column_tiles * layer.planes,
        "adc_conversions": columns * row_tiles * layer.planes,
    }
    return {name: number * layer.positions for name, number in (converted | digital).items()}


def moved(rows: int, columns: int, tiles: int, fetches: float, results: float) -> dict[str, float]:
    """Return what moves for a layer: bits of memories, as if of `MEMORY` bytes, and on the bus.

    Its inputs are fetched so often, to `tiles` tiles beside each other, and its outputs written and brought back. A bit
    takes the root of its memory's size; inputs have one as large as they are, and so do outputs.
    """
    inputs, outputs = BITS * rows * fetches, BITS * columns * results
    sizes = (max(rows, _LEAST_MEMORY), max(columns, _LEAST_MEMORY))
    bits = sum(n * math.sqrt(size / MEMORY) for n, size in zip((inputs, outputs), sizes, strict=True))
    return {"memory_energy": bits, "bus_energy": inputs * tiles + outputs}


def _codes(settings: AcceleratorSettings) -> int:
    """Return the bits of the table by which codes are bent: one entry a code."""
    return int(2**settings.dac_bits * settings.dac_bits)


def _areas(layer: LayerActivity, settings: AcceleratorSettings) -> list[tuple[str, str, float]]:
    """Return part, coefficient of an area, and how many of them; DACs in proportion to their bits.

    The bit that holds the switch of a cell's stochastic MTJs is one of a memory; the switch itself is among the
    transistors of a cell.
    """
    rows, columns = layer.mean_conductance.shape
    row_tiles, column_tiles = _tiles((rows, columns), settings)
    drivers = float(rows * _lines(settings) * column_tiles)
    amplitude = settings.inputs == "amplitude"
    bits = [("cells", "sram", float(rows * columns))] if settings.leave_out else []
    if settings.bends_codes:
        bits.append(("dac", "sram", float(_codes(settings))))
    return [
        ("cells", "cell", layer.share * rows * columns),
        *bits,
        ("dac", "dac", drivers * settings.dac_bits / BITS) if amplitude else ("dac", "row_driver", drivers),
        ("adc", "adc", float(columns * row_tiles)),
        ("digital", "shift_add", float(columns * row_tiles)),
    ]


def _read_heat(layer: LayerActivity, settings: AcceleratorSettings) -> float:
    """Return the energy in J that a device takes while it is read alone."""
    conductance = float((layer.mean_conductance + layer.noise_conductance).mean()) / (2 * layer.pairs)
    return conductance * settings.read_voltage**2 * layer.read_time


def digital_energy(counts: dict[str, int], prices: Prices) -> float:
    """Return the energy in J of operations by the names of their prices; conversions are not among them."""
    return float(sum(number * prices[name] for name, number in counts.items() if not name.endswith("conversions")))


def _programming(
    layers: Sequence[Programming],
    activities: Sequence[LayerActivity],
    settings: AcceleratorSettings,
    conversion: float,
) -> Programming:
    """Return what writing all layers takes, with its reads: a conversion each (J), and a device at the read voltage."""
    pulses, energy, latency, reads, zeros = (sum(parts) for parts in zip(*map(astuple, layers), strict=True))
    for part, activity in zip(layers, activities, strict=True):
        energy += part.reads * (conversion + _read_heat(activity, settings)) + part.zero_reads * conversion
    return Programming(pulses, energy, latency + (reads + zeros) * settings.sample_interval, reads, zeros)


def _writes(
    written: Programming, layer: LayerActivity, settings: AcceleratorSettings, seconds: float
) -> dict[str, float]:
    """Return how often a prediction of some seconds pays for writing a layer: its share of the first, and refreshes.

    Raises
    ------
    ValueError
        The weights cannot be written as often.
    """
    share, interval = 1 / settings.predictions_per_write, settings.refresh_interval
    if interval is None:
        return {"writing": share, "refresh": 0.0}
    whole = _programming([replace(written, zero_reads=0.0)], [layer], settings, 0.0)
    if whole.latency > interval:
        raise ValueError(
            f"accelerator.refresh_interval {interval:g} s is shorter than a layer takes to be written, "
            f"{whole.latency:.3g} s; accepted: longer, or null"
        )
    return {"writing": share, "refresh": seconds / interval}


def _layer_amounts(
    layer: LayerActivity,
    written: Programming,
    settings: AcceleratorSettings,
    counts: dict[str, int],
    first: bool,
    samples: int,
    seconds: float,
) -> list[tuple[str, str, float]]:
    """Return part, action and number of what one layer does in a prediction."""
    reads = layer.positions * samples
    opposite = settings.pair_drive == "opposite"
    squares, rows_voltage = layer.mean_square_voltage[:, None], layer.mean_voltage[:, None]
    both = layer.mean_conductance + layer.noise_conductance
    columns = both.shape[1]
    charge = layer.read_time * reads * float(np.sum(rows_voltage * both))
    behind = layer.mirror * layer.noise_conductance
    if layer.mirrored_means is not None:
        behind = behind + layer.mirrored_means
    mirrored = layer.read_time * reads * float(np.sum(rows_voltage * behind))
    conversions = float(samples * counts["adc_conversions"])
    inputs = ("dac_energy", settings.dac_bits / BITS) if settings.inputs == "amplitude" else ("row_driver_energy", 1.0)
    amounts = [
        ("cells", "heat", layer.read_time * reads * float(np.sum(squares * both))),
        ("drivers", "driver_headroom", charge),
        # What is not driven with opposite voltages is subtracted by a mirror.
        ("mirror", "supply_voltage", mirrored + (0.0 if opposite else charge / 2)),
        ("dac", inputs[0], inputs[1] * samples * counts["dac_conversions"]),
        ("dac", "row_line", layer.share * reads * columns * (1 + opposite) * float(np.sum(squares))),
        ("adc", "adc_energy", conversions),
        ("adc", "summing_energy", layer.share * conversions),
    ]
    held = hold_amounts(layer.gate_voltage, layer.gate_leakage, settings.rows, seconds)
    amounts += [("gate", name, number) for name, number in held.items()]
    for part, often in _writes(written, layer, settings, seconds).items():
        amounts.append((part, "heat", often * (written.energy + written.reads * _read_heat(layer, settings))))
        zeros = written.zero_reads if part == "writing" else 0.0
        amounts.append((part, "adc_energy", often * (written.reads + zeros)))
    amounts += [
        ("digital", name, float(samples * number))
        for name, number in counts.items()
        if not name.endswith("conversions")
    ]
    tiles = _tiles(both.shape, settings)[1]
    # Registers before the DACs hold what does not change from pass to pass.
    fetches = 1 if first and layer.positions * layer.planes == 1 else reads
    amounts += [("buffers", name, bits) for name, bits in moved(len(both), columns, tiles, fetches, reads).items()]
    if settings.bends_codes:
        looked_up = len(both) * fetches * settings.dac_bits
        size = max(_codes(settings) / BITS, _LEAST_MEMORY)
        amounts.append(("dac", "memory_energy", looked_up * math.sqrt(size / MEMORY)))
    amounts += [("leakage", f"leak_{name}", number * seconds) for _, name, number in _areas(layer, settings)]
    return amounts


def prediction_cost(
    layers: Sequence[LayerActivity],
    programming: Sequence[Programming],
    settings: AcceleratorSettings,
    task: Task,
    samples: int,
    measured_passes: float = 0,
) -> Cost:
    """Return the cost of one prediction of `samples` stochastic passes.

    Layers are separate arrays that work as a pipeline. Every read of a layer takes the sample interval; a pass has as
    many as bits follow each other and a convolution has positions. Each writing is followed by `measured_passes`, which
    measure the chip.

    Raises
    ------
    ValueError
        There is no converter of the effective bits that is as fast, or the weights cannot be written as often as asked.
    """
    known = price.coefficients(settings)
    prices = price.nominal(known)
    passing = np.array([layer.planes * layer.positions for layer in layers]) * settings.sample_interval
    latency = float(passing.sum() + (samples - 1) * passing.max())
    measured = measured_passes / (samples * settings.predictions_per_write)
    circuits: dict[tuple[str, str], np.ndarray] = {}
    totals: dict[str, int] = {}
    numbers: dict[tuple[str, str], np.ndarray] = {}
    for index, layer in enumerate(layers):
        counts = _layer_counts(layer, index == len(layers) - 1, task, settings)
        for name, number in counts.items():
            totals[name] = totals.get(name, 0) + number * samples
        for part, name, count in _areas(layer, settings):
            circuits.setdefault((part, name), np.zeros(len(layers)))[index] += count
        for part, action, amount in _layer_amounts(
            layer, programming[index], settings, counts, index == 0, samples, latency
        ):
            numbers.setdefault((part, action), np.zeros(len(layers)))[index] += amount
            if measured and part not in ("writing", "refresh"):
                numbers.setdefault(("writing", action), np.zeros(len(layers)))[index] += measured * amount
    amounts = tuple(Amount(part, action, number) for (part, action), number in numbers.items())
    area = {part: np.zeros(len(layers)) for part in AREA_PARTS}
    for (part, name), several in circuits.items():
        area[part] += several * price.area_of(name, prices)
    return Cost(
        price.by_layer(amounts, prices, PARTS, CLOCKED),
        amounts,
        price.with_actions(prices),
        totals,
        latency,
        _programming(programming, layers, settings, prices["adc_energy"]),
        samples,
        passing,
        area,
        tuple(Amount(part, name, several) for (part, name), several in circuits.items()),
    )
