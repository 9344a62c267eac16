"""The wires of a tile: its whole network of resistors, solved once a chip.

Every row has a line for each device of a pair where these are driven with opposite voltages, and one where they are
driven alike; then the two have a column line each, and otherwise they meet on one. Lines pass one node a cell, on which
all of its devices hang. Rows are driven at the first column, columns end below the last row at 0 V, both through the
resistance of an amplifier in feedback.

What a row's voltage does to the current of a column is linear, and exact for the conductances that are there: by its
own device, and by all detours through others. Noise of a single device counts by the same share of its conductance:
the voltage over it if its row alone is driven, times, by reciprocity, that if its column is. What other rows do to
the voltage of its lines at that time is left out, an error of some 5 % of what the wires take
(`tests/system/test_wires.py`).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from magbayes.data.shapes import Lines
from magbayes.system.array.metal import Wires

# What stands for no resistance, Ohm: a network of conductances has none; an error of 1e-6 in lines of a whole siemens.
_NONE = 1e-6
# Lines that are driven at a time, so that a tile of 128 x 128 cells takes some tens of MB.
_AT_A_TIME = 32


def _factor(devices: np.ndarray, wires: Wires) -> tuple[sparse.linalg.SuperLU, np.ndarray, np.ndarray]:
    """Factor the network of devices (row lines of a row, column lines of a column, rows, columns), S.

    Also return the numbers of the nodes where rows are driven (row lines, rows), and columns end (column lines,
    columns).
    """
    across, down, rows, columns = devices.shape
    row = np.arange(across * rows * columns).reshape(across, rows, columns)
    column = row.size + np.arange(down * rows * columns).reshape(down, rows, columns)
    along_row, along_column, terminal = (1 / max(ohm, _NONE) for ohm in wires)
    here, there = np.broadcast_arrays(row[:, None], column[None])
    ends = [
        (here, there, devices),
        (row[..., :-1], row[..., 1:], np.full((across, rows, columns - 1), along_row)),
        (column[:, :-1], column[:, 1:], np.full((down, rows - 1, columns), along_column)),
    ]
    one, other, siemens = (np.concatenate([np.ravel(part[i]) for part in ends]) for i in range(3))
    driven, ended = row[..., 0], column[:, -1]
    grounded = np.concatenate([driven.ravel(), ended.ravel()])
    count = row.size + column.size
    diagonal = np.bincount(one, siemens, count) + np.bincount(other, siemens, count)
    diagonal[grounded] += terminal
    links = sparse.coo_array((-siemens, (one, other)), shape=(count, count))
    matrix = (links + links.T + sparse.dia_array((diagonal[None], [0]), shape=(count, count))).tocsc()
    # Symmetric and diagonally dominant: no pivoting.
    options = {"SymmetricMode": True}
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options), driven, ended


def _tile(devices: np.ndarray, wires: Wires) -> np.ndarray:
    """Return what `counted` does, for one tile of devices (row lines, column lines, rows, columns)."""
    across, down, rows, columns = devices.shape
    network, driven, ended = _factor(devices, wires)
    # Either side may be driven, as the matrix is symmetric: that with fewer lines.
    sources, sinks = (driven, ended) if driven.size <= ended.size else (ended, driven)
    transfer = np.empty((sources.size, sinks.size))
    for start in range(0, sources.size, _AT_A_TIME):
        nodes = sources.ravel()[start : start + _AT_A_TIME]
        injected = np.zeros((network.shape[0], len(nodes)))
        injected[nodes, np.arange(len(nodes))] = 1.0
        transfer[start : start + len(nodes)] = network.solve(injected)[sinks.ravel()].T
    transfer /= max(wires.terminal, _NONE) ** 2
    if sources is ended:
        transfer = transfer.T
    lines = transfer.reshape(across, rows, down, columns)
    return np.moveaxis(lines, 2, 1)


def counted(conductance: Lines, wires: Wires, tile: tuple[int, int], opposite: bool) -> Lines:
    """Return the current at the end of each device's column line, all tiles by themselves, for 1 V on its row line, S.

    Parameters
    ----------
    conductance : (lines, rows, columns)
        Of all devices of a layer, S: pair after pair, the positive before the negative one.
    wires
        Of a tile.
    tile
        Rows and columns of a tile.
    opposite
        Whether the devices of a pair have a row line each, and meet on a column line.
    """
    if not any(wires):
        return conductance
    result = np.empty_like(conductance)
    pairs = len(conductance) // 2
    for top in range(0, conductance.shape[1], tile[0]):
        for left in range(0, conductance.shape[2], tile[1]):
            part = np.s_[:, top : top + tile[0], left : left + tile[1]]
            devices = conductance[part]
            cells = devices.shape[1:]
            if opposite:
                seen = _tile(np.moveaxis(devices.reshape(pairs, 2, *cells), 1, 0), wires)
                result[part] = np.moveaxis(seen, 0, 1).reshape(devices.shape)
            else:
                result[part] = _tile(devices[None], wires)[0]
    return result
