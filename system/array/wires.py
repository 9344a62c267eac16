"""The resistance of the wires of a tile: what a device's conductance counts for at the end of its column.

A row is driven at one end; every weight hangs its devices on it, each on a column line of its own that ends in a
virtual ground. Without wires a device of conductance g at a row voltage v adds g v to the current of its line; with
them it adds a b g v. Here a is the voltage of the row's ladder of loads at that cell, and, by reciprocity, b that of
the column's. This is exact if either rows or columns have no resistance, since then the ladders do not see each other;
`tests/system/test_wires.py` has the error otherwise, against the whole network of resistors.
"""

from __future__ import annotations

import numpy as np

from magbayes.data.shapes import Lines, SameNumpy


def ladder(loads: SameNumpy, resistance: float) -> SameNumpy:
    """Return the voltages (n, ...) along wires that are driven with 1 V in front of their first segment.

    Parameters
    ----------
    loads : (n, ...)
        Conductances to ground behind each segment, S.
    resistance
        Of a segment, Ohm.
    """
    # Admittance seen behind each segment, from the far end.
    seen = np.empty_like(loads)
    seen[-1] = loads[-1]
    for node in range(len(loads) - 2, -1, -1):
        seen[node] = loads[node] + seen[node + 1] / (1 + resistance * seen[node + 1])
    return np.cumprod(1 / (1 + resistance * seen), axis=0)


def attenuation(conductance: Lines, resistance: float, rows: int, columns: int, wide: float = 1.0) -> Lines:
    """Return the factors a b of every device.

    Parameters
    ----------
    conductance : (lines, rows, columns)
        Of all devices of a layer, S.
    resistance
        Of the wire between two cells, in rows as in columns, Ohm.
    rows, columns
        Of a tile.
    wide
        Extent of a cell along its row, which the row's wire goes with, in that of one with two pairs.
    """
    factors = np.empty_like(conductance)
    for top in range(0, conductance.shape[1], rows):
        for left in range(0, conductance.shape[2], columns):
            tile = np.s_[:, top : top + rows, left : left + columns]
            devices = conductance[tile]
            along_row = ladder(devices.sum(axis=0).T, wide * resistance).T
            # A column line ends below its last row.
            along_column = ladder(np.moveaxis(devices, 1, 0)[::-1], resistance)[::-1]
            factors[tile] = along_row * np.moveaxis(along_column, 0, 1)
    return factors
