"""The demagnetising tensor against a certified table of it."""

from pathlib import Path

import numpy as np
import pytest

from magbayes.micromag.llg import newell

TABLE = np.genfromtxt(
    Path(__file__).with_name("newell.csv"), delimiter=",", dtype="3f8,3i8,U2,f8", names="cell,offset,component,value"
)

# An entry is a sum over 27 points with the weights 1, 2, 4 and 8, whose squares add up to 216, of values of about the
# cube of the distance over 4 pi volumes. Each is rounded to 64 bits (5.4e-20), a few times on its way: four standard
# deviations.
UNITS = 4 * 216**0.5
EXTENDED = np.finfo(np.longdouble).eps / 2


def misfits(cell):
    """Errors of all entries of a cell beyond rounding of the result to double, in units of rounding of the formula."""
    own = TABLE[(TABLE["cell"] == cell).all(axis=1)]
    errors = []
    # A grid of its own for each direction, as the one that holds them all has a million cells.
    for direction in {tuple(np.sign(row)) for row in own["offset"]}:
        rows = own[(np.sign(own["offset"]) == direction).all(axis=1)]
        n = tuple((rows["offset"].max(axis=0) + 1).tolist())
        tensor = newell.demag_tensor(n, tuple(cell.tolist()))
        for _, offset, name, value in rows:
            error = abs(tensor[name][tuple(offset + np.array(n) - 1)] - value) - np.finfo(float).eps * abs(value)
            reach = np.linalg.norm((np.abs(offset) + 1) * cell)
            errors.append(max(error, 0) / (EXTENDED * reach**3 / (4 * np.pi * np.prod(cell))))
    assert len(errors) == len(own)
    return np.array(errors)


@pytest.mark.skipif(EXTENDED > 1e-19, reason="this platform has no extended double")
@pytest.mark.parametrize("cell", np.unique(TABLE["cell"], axis=0), ids=str)
def test_entries_are_the_certified_ones(cell, monkeypatch):
    """Cubes, flat, long and oblong cells, up to a hundred cells apart."""
    assert misfits(cell).max() < UNITS
    # Control: double precision, which has one digit left at a hundred cells.
    monkeypatch.setattr(newell, "_FLOAT", np.float64)
    assert misfits(cell).max() > 100 * UNITS


def test_a_tensor_that_is_kept_cannot_be_changed():
    cell = (2e-9, 2e-9, 1e-9)
    first = newell.demag_tensor((3, 2, 1), cell)
    with pytest.raises(ValueError, match="read-only"):
        first["xx"] *= 2
    first["xx"] = None
    assert newell.demag_tensor((3, 2, 1), cell)["xx"] is newell.demag_tensor((3, 2, 1), cell)["xx"]
    assert newell.demag_tensor((3, 2, 1), (2e-9, 1e-9, 1e-9))["xx"] is not newell.demag_tensor((3, 2, 1), cell)["xx"]
