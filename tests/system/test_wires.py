"""The ladders against the whole network of resistors, solved directly."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from magbayes.system.array.wires import attenuation, ladder

RESISTANCE = 2.0


def nodal(conductance, row_resistance, column_resistance):
    """Return the transfer conductances (lines, rows, columns) of a tile: current of a line for 1 V on a row."""
    lines, rows, columns = conductance.shape
    index = np.arange((lines + 1) * rows * columns).reshape(lines + 1, rows, columns)
    count, entries = index.size, []

    def resistor(one, other, siemens):
        entries.extend([(one, one, siemens), (other, other, siemens), (one, other, -siemens), (other, one, -siemens)])

    driven = np.zeros((count, rows))
    for r in range(rows):
        for c in range(columns):
            node = index[0, r, c]
            if c == 0:
                entries.append((node, node, 1 / row_resistance))
                driven[node, r] = 1 / row_resistance
            else:
                resistor(index[0, r, c - 1], node, 1 / row_resistance)
            for line in range(lines):
                resistor(node, index[line + 1, r, c], conductance[line, r, c])
                if r == rows - 1:
                    entries.append((index[line + 1, r, c],) * 2 + (1 / column_resistance,))
                else:
                    resistor(index[line + 1, r, c], index[line + 1, r + 1, c], 1 / column_resistance)
    rows_of, columns_of, values = zip(*entries, strict=True)
    matrix = sparse.csc_array((values, (rows_of, columns_of)), shape=(count, count))
    potential = spsolve(matrix, driven)
    return np.stack([potential[index[line + 1, -1, :]].T / column_resistance for line in range(lines)])


@pytest.fixture
def conductance():
    return np.random.default_rng(0).uniform(1e-4, 3e-4, (4, 12, 10))


# A resistance of 1 nano-Ohm instead of none, which a network cannot have.
@pytest.mark.parametrize("resistances", [(RESISTANCE, 1e-9), (1e-9, RESISTANCE)])
def test_a_ladder_is_exact_where_the_other_direction_has_no_resistance(conductance, resistances):
    rows, columns = resistances
    exact = nodal(conductance, rows, columns)
    if rows > columns:
        ours = conductance * ladder(conductance.sum(axis=0).T, RESISTANCE).T
    else:
        ours = conductance * np.moveaxis(ladder(np.moveaxis(conductance, 1, 0)[::-1], RESISTANCE)[::-1], 0, 1)
    np.testing.assert_allclose(ours, exact, rtol=1e-6)


@pytest.mark.parametrize("resistance", [0.2, 1.0, 3.0])
def test_with_both_the_error_is_of_second_order_in_the_loss(conductance, resistance):
    """Of every device's part in its column, where the worst loses 1.3, 6 and 16 %."""
    exact = nodal(conductance, resistance, resistance)
    loss = (1 - exact / conductance).max()
    error = conductance * attenuation(conductance, resistance, 12, 10) / exact - 1
    assert 0.01 < loss < 0.3
    # Measured: 0.39 to 0.45 times the square. Rows or columns left out would be an error of the first order.
    assert np.abs(error).max() < 0.6 * loss**2


def test_no_resistance_takes_nothing(conductance):
    assert (attenuation(conductance, 0.0, 5, 4) == 1).all()


def test_tiles_do_not_see_each_other(conductance):
    tiled = attenuation(conductance, RESISTANCE, 6, 5)
    np.testing.assert_array_equal(tiled[:, 6:, 5:], attenuation(conductance[:, 6:, 5:], RESISTANCE, 6, 5))
