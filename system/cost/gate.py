"""What holding the gate voltages of the stochastic MTJs takes.

Each device has a capacitor, which its gate and the closed switch discharge. A tile is refreshed row by row, all of its
devices as often as the leakiest one needs. A refresh replaces the charge that is gone, from a driver at the gate's
voltage, through a line as long as a tile is high, and takes one DAC conversion for each device. The gates' own
capacitance, half a percent, is left out.
"""

from __future__ import annotations

import numpy as np

from magbayes.system.cost.table import CostTable


def hold_interval(leakage: float, table: CostTable) -> float:
    """Return the time in s in which a gate that leaks `leakage` (A) droops as far as it may."""
    return table.hold_capacitance.value * table.hold_droop.value / (table.hold_leakage.value + leakage)


def shortest_interval(rows: int, table: CostTable) -> float:
    """Return the shortest time in s in which a tile of `rows` rows can be refreshed."""
    return rows * table.hold_write_time.value


def hold_amounts(voltage: np.ndarray, leakage: np.ndarray, rows: int, seconds: float) -> dict[str, float]:
    """Return how often each action happens that holds gates for some seconds, by its name in `prices.with_actions`.

    What the switches take and what the gates leak are apart, since both discharge a capacitor, and so set how often it
    is refreshed.

    Parameters
    ----------
    voltage, leakage
        Of each gate, of one shape, V and A.
    rows
        Rows of a tile.
    """
    worst = float(leakage.max(initial=0.0))
    # A line is as long as a tile is high; a device needs its charge, the line, and a conversion.
    needs = {
        "charge": float(np.abs(voltage).sum()),
        "line": rows * float(np.square(voltage).sum()),
        "dac": float(voltage.size),
    }
    return {
        f"hold_{need}_{why}": seconds * current * number
        for need, number in needs.items()
        for why, current in (("switch", 1.0), ("gate", worst))
    }
