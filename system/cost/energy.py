"""What one prediction costs: energy, latency and area, by part and by layer, from activity and coefficients.

The coefficients, with their sources, are in ``data/peripherals``. Not counted: moving inputs and results on
and off the chip, clock and control, and leakage of the logic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from magbayes.system.cost.gate import hold_energy
from magbayes.system.cost.table import CostTable, load_table
from magbayes.system.settings import AcceleratorSettings

if TYPE_CHECKING:
    from magbayes.system.datasets import Task

PARTS = ("cells", "mirror", "gate", "refresh", "dac", "adc", "digital")
AREA_PARTS = ("cells", "dac", "adc", "digital")


@dataclass(frozen=True)
class Programming:
    """What it takes to write devices, once: pulses, their energy in J, their seconds in turn, and reads that verify."""

    pulses: float
    energy: float
    latency: float
    reads: float


@dataclass(frozen=True)
class LayerActivity:
    """What one layer does in one pass.

    Attributes
    ----------
    mean_conductance, noise_conductance : (rows, columns)
        Summed over the pair of domain-wall MTJs, and over the pair of stochastic MTJs, S.
    mean_square_voltage, mean_voltage : (rows,)
        Of the row voltages over the calibration inputs: mean square in V^2, mean absolute value in V; all bits of a
        bit-serial input together.
    gate_voltage, gate_leakage : (2, rows, columns)
        Applied to the stochastic MTJs, V, and the current through their gates, A.
    gate_capacitance
        Of one of them, F.
    mirror
        Gain of the current mirror of the sigma columns.
    planes, positions
        Bits that follow each other, and positions of a convolution: reads for one pass.
    """

    mean_conductance: np.ndarray
    noise_conductance: np.ndarray
    mean_square_voltage: np.ndarray
    mean_voltage: np.ndarray
    gate_voltage: np.ndarray
    gate_leakage: np.ndarray
    gate_capacitance: float
    mirror: float
    planes: int = 1
    positions: int = 1


@dataclass(frozen=True)
class Cost:
    """The cost of one prediction.

    Attributes
    ----------
    energy
        Of each part in `PARTS`, (layers,) in J.
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
    """

    energy: dict[str, np.ndarray]
    counts: dict[str, int]
    latency: float
    programming: Programming
    samples: int
    passing: np.ndarray
    area: dict[str, np.ndarray]

    @property
    def total(self) -> float:
        """Energy of the prediction, J."""
        return float(sum(part.sum() for part in self.energy.values()))


def _tiles(shape: tuple[int, int], settings: AcceleratorSettings) -> tuple[int, int]:
    """Return the tiles along the rows and along the columns of an array."""
    return math.ceil(shape[0] / settings.rows), math.ceil(shape[1] / settings.columns)


def output_counts(columns: int, last: bool, task: Task) -> dict[str, int]:
    """Return the digital operations on the weighted sums of one read: comparison of the ReLU, or the result."""
    if not last:
        return {"integer_add": columns}
    if task == "classification":
        # Softmax of the sample (exponential by look-up, sum, division), added to the running mean.
        return {"table_load": columns, "float_add": 2 * columns, "float_divide": columns}
    # Running sum and sum of squares.
    return {"float_add": 2 * columns, "float_multiply": columns}


def _layer_counts(layer: LayerActivity, last: bool, task: Task, settings: AcceleratorSettings) -> dict[str, int]:
    """Return the operations of one layer in one pass; the pools of a convolution compare every output once more."""
    rows, columns = layer.mean_conductance.shape
    row_tiles, column_tiles = _tiles((rows, columns), settings)
    digital = output_counts(columns, last, task)
    pooling = columns if layer.positions > 1 else 0
    # Partial sums of the row tiles, and of the bits.
    digital["integer_add"] = digital.get("integer_add", 0) + pooling + columns * (row_tiles * layer.planes - 1)
    digital["integer_multiply"] = columns
    converted = {
        "dac_conversions": rows * column_tiles * layer.planes,
        "adc_conversions": columns * row_tiles * layer.planes,
    }
    return {name: number * layer.positions for name, number in (converted | digital).items()}


def _area(layer: LayerActivity, settings: AcceleratorSettings, table: CostTable) -> dict[str, float]:
    """Return the area of each part in m^2; converters scale with 2^bits, as their energy does."""
    rows, columns = layer.mean_conductance.shape
    row_tiles, column_tiles = _tiles((rows, columns), settings)
    bits = settings.dac_bits if settings.inputs == "amplitude" else 1
    return {
        "cells": rows * columns * table.cell_pitch.value**2,
        "dac": rows * column_tiles * table.dac_area.value * 2 ** (bits - 1),
        "adc": columns * row_tiles * table.adc_area.value * 2 ** (settings.adc_bits - 8),
        "digital": columns * row_tiles * table.shift_add_area.value,
    }


def _dac_energy(bits: int, table: CostTable) -> float:
    return 2**bits * table.dac_unit_capacitance.value * table.supply_voltage.value**2


def _adc_energy(bits: int, table: CostTable) -> float:
    return 2**bits * table.adc_energy_per_code.value


def _read_interval(settings: AcceleratorSettings, table: CostTable) -> float:
    """Return the time in s from one read of a layer to the next: no less than a conversion."""
    return max(settings.sample_interval, table.adc_time.value)


def digital_energy(counts: dict[str, int], table: CostTable) -> float:
    """Return the energy in J of operations by the names of their coefficients; conversions are not among them."""
    return sum(
        number * getattr(table, name).value for name, number in counts.items() if not name.endswith("conversions")
    )


def _programming(
    layers: Sequence[Programming], activities: Sequence[LayerActivity], settings: AcceleratorSettings, table: CostTable
) -> Programming:
    """Return what writing all layers takes, with its reads: a conversion each, and a device at the read voltage."""
    pulses, energy, latency, reads = (sum(parts) for parts in zip(*map(astuple, layers), strict=True))
    for part, activity in zip(layers, activities, strict=True):
        conductance = float((activity.mean_conductance + activity.noise_conductance).mean()) / 4
        energy += part.reads * (
            _adc_energy(settings.adc_bits, table) + conductance * settings.read_voltage**2 * settings.read_time
        )
    return Programming(pulses, energy, latency + reads * _read_interval(settings, table), reads)


def _refresh_energy(
    written: Programming, layer: LayerActivity, settings: AcceleratorSettings, table: CostTable, seconds: float
) -> float:
    """Return what a layer's weights take that are written anew all the time, for some seconds of it, J.

    Raises
    ------
    ValueError
        The weights cannot be written as often.
    """
    interval = settings.refresh_interval
    if interval is None:
        return 0.0
    whole = _programming([written], [layer], settings, table)
    if whole.latency > interval:
        raise ValueError(
            f"accelerator.refresh_interval {interval:g} s is shorter than a layer takes to be written, "
            f"{whole.latency:.3g} s; accepted: longer, or null"
        )
    return whole.energy * seconds / interval


def prediction_cost(
    layers: Sequence[LayerActivity],
    programming: Sequence[Programming],
    settings: AcceleratorSettings,
    task: Task,
    samples: int,
) -> Cost:
    """Return the cost of one prediction of `samples` stochastic passes.

    Layers are separate arrays that work as a pipeline. Every read of a layer takes the longer of the sample interval
    and a conversion; a pass has as many as bits follow each other and a convolution has positions.
    """
    table = load_table(settings.cost_table)
    passing = np.array([layer.planes * layer.positions for layer in layers]) * _read_interval(settings, table)
    latency = float(passing.sum() + (samples - 1) * passing.max())
    energy = {part: np.zeros(len(layers)) for part in PARTS}
    area = {part: np.zeros(len(layers)) for part in AREA_PARTS}
    totals: dict[str, int] = {}
    for index, layer in enumerate(layers):
        counts = _layer_counts(layer, index == len(layers) - 1, task, settings)
        for name, number in counts.items():
            totals[name] = totals.get(name, 0) + number * samples
        for part, size in _area(layer, settings, table).items():
            area[part][index] = size
        reads = layer.positions * samples
        squares = layer.mean_square_voltage[:, None]
        cells = np.sum(squares * (layer.mean_conductance + layer.noise_conductance))
        mirrored = layer.mirror * np.sum(layer.mean_voltage[:, None] * layer.noise_conductance)
        row_line = layer.mean_conductance.shape[1] * table.cell_pitch.value * table.wire_capacitance.value
        dac_bits = settings.dac_bits if settings.inputs == "amplitude" else 1
        energy["cells"][index] = cells * settings.read_time * reads
        energy["mirror"][index] = mirrored * table.supply_voltage.value * settings.read_time * reads
        energy["gate"][index] = hold_energy(
            layer.gate_voltage, layer.gate_leakage, layer.gate_capacitance, settings.rows, latency, table
        )
        energy["refresh"][index] = _refresh_energy(programming[index], layer, settings, table, latency)
        energy["dac"][index] = samples * counts["dac_conversions"] * _dac_energy(
            dac_bits, table
        ) + reads * row_line * np.sum(squares)
        energy["adc"][index] = samples * counts["adc_conversions"] * _adc_energy(settings.adc_bits, table)
        energy["digital"][index] = samples * digital_energy(counts, table)
    return Cost(
        energy,
        totals,
        latency,
        _programming(programming, layers, settings, table),
        samples,
        passing,
        area,
    )
