"""Tables of measurements: CSV whose head row has a name and a unit in each cell, read whole and checked.

A line that begins with ``#`` is a comment. Numbers are converted to SI as they are read.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from magbayes.compact_models.measured.units import factor

LARGEST_FILE = 4_000_000
"""Bytes of a table that is read at all."""


@dataclass(frozen=True)
class Column:
    """What a column of a table holds.

    Numbers are within `low` and `high`, ends included, in the SI unit `unit`: so wide that a device lies inside, and so
    narrow that a column in place of another one, or numbers in another unit than the head row says, do not.
    """

    unit: str
    meaning: str
    low: float
    high: float
    required: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """Columns (rows,) of a file in SI units, by name, and the line of each row."""

    path: Path
    columns: Mapping[str, np.ndarray]
    lines: Sequence[int]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def error(self, row: int, text: str) -> ValueError:
        """An error about a row."""
        return ValueError(f"{self.path}, line {self.lines[row]}: {text}")


@dataclass(frozen=True)
class Grid:
    """A table whose rows run over every combination of some of its columns.

    Attributes
    ----------
    axes
        Values of these columns, rising.
    table
        The rows.
    """

    axes: tuple[np.ndarray, ...]
    table: Table

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(len(axis) for axis in self.axes)

    def __contains__(self, name: str) -> bool:
        return name in self.table

    def __getitem__(self, name: str) -> np.ndarray:
        """A column in the shape of the grid."""
        return self.table[name].reshape(self.shape)

    def error(self, index: Sequence[int], text: str) -> ValueError:
        """An error about the row at some indices."""
        return self.table.error(int(np.ravel_multi_index(tuple(index), self.shape)), text)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of every line that is neither empty nor a comment, with its number."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path}: more than {LARGEST_FILE / 1e6:g} MB; expected a table of measured points")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: no text in UTF-8; save it as CSV in UTF-8") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1)]
    kept = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if kept and "," not in kept[0][1] and any(other in kept[0][1] for other in ";\t"):
        raise ValueError(f"{path}, line {kept[0][0]}: no commas between the cells; expected name / unit, name / unit")
    return [
        (number, [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]) for number, line in kept
    ]


def _heads(path: Path, line: int, cells: Sequence[str], columns: Mapping[str, Column]) -> dict[str, float]:
    """Factor to SI of every column of a head row, in its order."""
    accepted = ", ".join(f"{name} / {column.unit}" for name, column in columns.items())
    factors: dict[str, float] = {}
    for cell in cells:
        name, slash, unit = (part.strip() for part in cell.partition("/"))
        if not slash or not unit:
            raise ValueError(f"{path}, line {line}: head {cell[:60]!r} has no unit; expected {accepted}")
        if name not in columns:
            raise ValueError(f"{path}, line {line}: unknown column {name[:60]!r}; accepted: {accepted}")
        if name in factors:
            raise ValueError(f"{path}, line {line}: column {name!r} stands twice")
        try:
            factors[name] = factor(unit, columns[name].unit)
        except ValueError as error:
            raise ValueError(f"{path}, line {line}: column {name!r} ({columns[name].meaning}): {error}") from None
    for name, column in columns.items():
        if column.required and name not in factors:
            raise ValueError(f"{path}, line {line}: no column '{name} / {column.unit}' ({column.meaning})")
    return factors


def _number(text: str, scale: float, column: Column) -> float:
    """A cell in SI units.

    Raises
    ------
    ValueError
        What is wrong with it.
    """
    try:
        value = float(text) * scale
    except ValueError:
        hint = "; decimals stand behind a point" if "," in text else ""
        raise ValueError(f"{text[:40]!r} is no number{hint}") from None
    if not column.low <= value <= column.high:
        raise ValueError(
            f"{value:.6g} {column.unit} is not accepted; expected {column.low:g} to {column.high:g} {column.unit}: "
            "is the unit in the head row that of the numbers?"
        )
    if column.whole and value != round(value):
        raise ValueError(f"{value:.6g} is not accepted; expected a whole number")
    return value


def read(path: Path, columns: Mapping[str, Column]) -> Table:
    """Read a table.

    Raises
    ------
    ValueError
        One line that names the file, the line, the column, its value and what would be accepted.
    """
    rows = _rows(path)
    if len(rows) < 2:
        raise ValueError(f"{path}: no rows; expected a head row of name / unit and a row for each point")
    factors = _heads(path, *rows[0], columns)
    values: dict[str, list[float]] = {name: [] for name in factors}
    for line, cells in rows[1:]:
        if len(cells) != len(factors):
            raise ValueError(f"{path}, line {line}: {len(cells)} cells; expected {len(factors)}, as in the head row")
        for (name, scale), cell in zip(factors.items(), cells, strict=True):
            try:
                values[name].append(_number(cell, scale, columns[name]))
            except ValueError as error:
                raise ValueError(f"{path}, line {line}: {name}: {error}") from None
    return Table(path, {name: np.array(column) for name, column in values.items()}, [line for line, _ in rows[1:]])


def over(table: Table, names: Sequence[str]) -> Grid:
    """A table whose rows run over all combinations of the columns `names`, the last of them fastest, each rising.

    Raises
    ------
    ValueError
        A row out of order, or one that is missing.
    """
    keys = list(zip(*(table[name] for name in names), strict=True))
    for row, (before, after) in enumerate(pairwise(keys), 1):
        if after <= before:
            place = next((i for i in range(len(names)) if after[i] != before[i]), len(names) - 1)
            raise table.error(
                row,
                f"{names[place]} {after[place]:.6g} after {before[place]:.6g}; expected rising "
                f"{' and, in each, '.join(names)}",
            )
    axes = tuple(np.unique(table[name]) for name in names)
    expected = [key for key in np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(names))]
    for row, key in enumerate(expected):
        if row >= len(keys) or tuple(key) != keys[row]:
            said = ", ".join(f"{name} {value:.6g}" for name, value in zip(names, key, strict=True))
            raise ValueError(
                f"{table.path}: no row of {said}; expected one for each combination of {' and '.join(names)}"
            )
    return Grid(axes, table)
