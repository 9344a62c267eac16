"""What holding the gate voltages of the stochastic MTJs takes.

Each device has a capacitor, which its gate and the closed switch discharge. A tile is refreshed row by row, all of its
devices as often as the leakiest one needs.
"""

from __future__ import annotations

import numpy as np

from magbayes.system.cost.table import CostTable

BITS = 8
"""Resolution of the DACs that write gate voltages."""


def hold_interval(leakage: float, capacitance: float, table: CostTable) -> float:
    """Return the time in s in which a gate of `capacitance` (F) that leaks `leakage` (A) droops as far as it may."""
    total = table.hold_capacitance.value + capacitance
    return total * table.hold_droop.value / (table.hold_leakage.value + leakage)


def shortest_interval(rows: int, table: CostTable) -> float:
    """Return the shortest time in s in which a tile of `rows` rows can be refreshed."""
    return rows * table.hold_write_time.value


def hold_energy(
    voltage: np.ndarray, leakage: np.ndarray, capacitance: float, rows: int, seconds: float, table: CostTable
) -> float:
    """Return the energy in J that holding gates for some seconds takes.

    A refresh replaces the charge that the droop took, from a driver at the gate's voltage, through a line as long as a
    tile is high, and takes one DAC conversion at `BITS` bits for each device.

    Parameters
    ----------
    voltage, leakage
        Of each gate, of one shape, V and A.
    capacitance
        Of a gate, F.
    rows
        Rows of a tile.
    """
    interval = hold_interval(float(leakage.max()), capacitance, table)
    droop = table.hold_droop.value * (table.hold_capacitance.value + capacitance)
    line = rows * table.cell_pitch.value * table.wire_capacitance.value
    converted = 2**BITS * table.dac_unit_capacitance.value * table.supply_voltage.value**2
    refresh = droop * np.abs(voltage).sum() + line * np.square(voltage).sum() + voltage.size * converted
    return float(refresh * seconds / interval)
