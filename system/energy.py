"""What one prediction costs: energy and latency, by part and by layer, from activity and coefficients.

The coefficients, with their sources, are in ``data/peripherals``. Not counted: moving inputs and results on
and off the chip, clock and control, and leakage of the logic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import epsilon_0

import spinbayes_data
from system.datasets import Task
from system.settings import AcceleratorSettings

PARTS = ("cells", "mirror", "gate", "dac", "adc", "digital")


class Coefficient(BaseModel):
    """One number with where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(gt=0)
    unit: str
    source: str
    year: int
    node: str
    checked: bool
    note: str


class CostTable(BaseModel):
    """The coefficients of a table in ``data/peripherals``; the table itself explains them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adc_energy_per_code: Coefficient
    adc_time: Coefficient
    dac_unit_capacitance: Coefficient
    supply_voltage: Coefficient
    wire_capacitance: Coefficient
    cell_pitch: Coefficient
    gate_permittivity: Coefficient
    gate_thickness: Coefficient
    gate_diameter: Coefficient
    hold_capacitance: Coefficient
    hold_leakage: Coefficient
    hold_droop: Coefficient
    integer_add: Coefficient
    integer_multiply: Coefficient
    float_add: Coefficient
    float_multiply: Coefficient
    float_divide: Coefficient
    table_load: Coefficient


def load_table(name: str) -> CostTable:
    """Return the table ``data/peripherals/<name>.yaml``, checked."""
    return CostTable.model_validate(spinbayes_data.load("peripherals", name))


@dataclass(frozen=True)
class Programming:
    """What it takes to write devices, once: pulses, energy in J, and seconds if they are written in turn."""

    pulses: float
    energy: float
    latency: float


@dataclass(frozen=True)
class LayerActivity:
    """What one layer does in one read.

    Attributes
    ----------
    mean_conductance, noise_conductance : (rows, columns)
        Summed over the pair of domain-wall MTJs, and over the pair of stochastic MTJs, S.
    mean_square_voltage : (rows,)
        Of the row voltages over the calibration inputs, V^2.
    gate_voltage : (rows, columns)
        Of the pair of stochastic MTJs, V.
    mirror
        Gain of the current mirror of the sigma columns.
    """

    mean_conductance: np.ndarray
    noise_conductance: np.ndarray
    mean_square_voltage: np.ndarray
    gate_voltage: np.ndarray
    mirror: float


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
    """

    energy: dict[str, np.ndarray]
    counts: dict[str, int]
    latency: float
    programming: Programming
    samples: int

    @property
    def total(self) -> float:
        """Energy of the prediction, J."""
        return float(sum(part.sum() for part in self.energy.values()))


def _layer_counts(shape: tuple[int, int], last: bool, task: Task, settings: AcceleratorSettings) -> dict[str, int]:
    """Return the operations of one layer in one read."""
    rows, columns = shape
    row_tiles, column_tiles = math.ceil(rows / settings.rows), math.ceil(columns / settings.columns)
    counts = {
        "dac_conversions": rows * column_tiles,
        "adc_conversions": columns * row_tiles,
        # Partial sums of the row tiles, then the comparison of the ReLU.
        "integer_add": columns * (row_tiles - 1) + (0 if last else columns),
        "integer_multiply": columns,
    }
    if last and task == "classification":
        # Softmax of the sample (exponential by look-up, sum, division), added to the running mean.
        counts |= {"table_load": columns, "float_add": 2 * columns, "float_divide": columns}
    elif last:
        # Running sum and sum of squares.
        counts |= {"float_add": 2 * columns, "float_multiply": columns}
    return counts


def _gate_energy(voltage: np.ndarray, table: CostTable, seconds: float) -> float:
    """Return the energy in J that holding the gate voltages (V) of the pairs takes for `seconds`.

    A refresh recharges the hold capacitor and the two gates from empty, an upper bound since it replaces only
    the droop, and costs one DAC conversion at 8 bit.
    """
    plate = math.pi * table.gate_diameter.value**2 / 4 / table.gate_thickness.value
    gate_capacitance = epsilon_0 * table.gate_permittivity.value * plate
    interval = table.hold_capacitance.value * table.hold_droop.value / table.hold_leakage.value
    capacitance = table.hold_capacitance.value + 2 * gate_capacitance
    refresh = capacitance * np.sum(voltage**2) + voltage.size * _dac_energy(8, table)
    return float(refresh * seconds / interval)


def _dac_energy(bits: int, table: CostTable) -> float:
    return 2**bits * table.dac_unit_capacitance.value * table.supply_voltage.value**2


def prediction_cost(
    layers: Sequence[LayerActivity],
    programming: Sequence[Programming],
    settings: AcceleratorSettings,
    task: Task,
    samples: int,
) -> Cost:
    """Return the cost of one prediction of `samples` stochastic passes.

    Layers are separate arrays that work as a pipeline: a sample moves to the next layer, and the next sample
    follows it, after the longer of the sample interval and a conversion.
    """
    table = load_table(settings.cost_table)
    latency = (samples + len(layers) - 1) * max(settings.sample_interval, table.adc_time.value)
    energy = {part: np.zeros(len(layers)) for part in PARTS}
    totals: dict[str, int] = {}
    for index, layer in enumerate(layers):
        shape = layer.mean_conductance.shape
        counts = _layer_counts(shape, index == len(layers) - 1, task, settings)
        for name, number in counts.items():
            totals[name] = totals.get(name, 0) + number * samples
        squares = layer.mean_square_voltage[:, None]
        cells = np.sum(squares * (layer.mean_conductance + layer.noise_conductance))
        # The rms voltage bounds the mean of |V|, and with it the current that the mirror multiplies.
        mirrored = layer.mirror * np.sum(np.sqrt(squares) * layer.noise_conductance)
        row_line = shape[1] * table.cell_pitch.value * table.wire_capacitance.value
        energy["cells"][index] = cells * settings.read_time * samples
        energy["mirror"][index] = mirrored * table.supply_voltage.value * settings.read_time * samples
        energy["gate"][index] = _gate_energy(layer.gate_voltage, table, latency)
        energy["dac"][index] = samples * (
            counts["dac_conversions"] * _dac_energy(settings.dac_bits, table) + row_line * np.sum(squares)
        )
        energy["adc"][index] = (
            samples * counts["adc_conversions"] * 2**settings.adc_bits * table.adc_energy_per_code.value
        )
        energy["digital"][index] = samples * sum(
            number * getattr(table, name).value for name, number in counts.items() if not name.endswith("conversions")
        )
    return Cost(
        energy,
        totals,
        latency,
        Programming(
            sum(part.pulses for part in programming),
            sum(part.energy for part in programming),
            sum(part.latency for part in programming),
        ),
        samples,
    )
