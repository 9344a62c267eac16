"""How long the wires of a tile take to settle, and what a read that starts with them loses.

Time constants are Elmore's delays of row and column, added. The devices' conductance, which makes wires settle faster,
and the residue of the read before are left out.
"""

from __future__ import annotations

import math

import numpy as np

from magbayes.system.array.metal import wires_of
from magbayes.system.cost.table import load_table
from magbayes.system.settings import AcceleratorSettings


def _time_constants(settings: AcceleratorSettings) -> np.ndarray:
    """Return the time constants (rows, columns) of a tile's cells, s."""
    table = load_table(settings.cost_table)
    capacitance = table.wire_capacitance.value * table.cell_pitch.value
    wire = wires_of(settings).column

    def along(cells: int, wide: float = 1.0) -> np.ndarray:
        number = np.arange(1, cells + 1)
        downstream = cells * number - number * (number - 1) / 2
        return wide * capacitance * (settings.driver_resistance * cells + wide * wire * downstream)

    # A column line ends below its last row.
    constants: np.ndarray = along(settings.rows)[::-1, None] + along(settings.columns, settings.cell_width)
    return constants


def settling_time(settings: AcceleratorSettings) -> float:
    """Return the time after which the slowest cell of a tile is within half a code of the ADC, s."""
    return float(_time_constants(settings).max() * math.log(2**settings.adc_bits))


def require_settled(settings: AcceleratorSettings) -> None:
    """Refuse reads that end before the wires have settled.

    Raises
    ------
    ValueError
        One line with what is accepted.
    """
    if "settling" not in settings.ideal and settings.read_time < (time := settling_time(settings)):
        raise ValueError(
            f"read_time = {settings.read_time:g} s ends before rows and columns of {settings.rows} x "
            f"{settings.columns} cells have settled (driver_resistance {settings.driver_resistance:g} Ohm, "
            f"wires {wires_of(settings).column:.3g} Ohm a cell); accepted: {time:.3g} s or more, "
            "less resistance, or smaller tiles"
        )


def settled(shape: tuple[int, int], settings: AcceleratorSettings) -> np.ndarray:
    """Return what is left of the currents (rows, columns), as means over a read at whose start inputs are applied.

    Raises
    ------
    ValueError
        A read is too short for the wires.
    """
    if "settling" in settings.ideal:
        return np.ones(shape)
    require_settled(settings)
    share = _time_constants(settings) / settings.read_time
    left = 1 + share * np.expm1(-1 / np.maximum(share, np.finfo(float).tiny))
    tiles = tuple(-(-size // tile) for size, tile in zip(shape, left.shape, strict=True))
    return np.tile(left, tiles)[: shape[0], : shape[1]]
