"""Tables of a user's own, CSV: which column is what, and one line on the first cell that cannot be taken for it."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from magbayes.data.access import access_error
from magbayes.data.lines import one_line, reason, shown
from magbayes.data.memory import require_memory
from magbayes.system.datasets.dataset import Pairs
from magbayes.system.datasets.settings import Task

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# What programs write where a number is missing.
_MISSING = {"na", "n/a", "nan", "null", "none", "-", "?"}
# pandas calls a column without a name so when it writes it again.
_NAMELESS = re.compile(r"(Unnamed: \d+(\.\d+)?)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
# Characters, cells as text, numbers.
_BYTES_A_CHARACTER = 12
# Rows from which a column that numbers them, or tells their classes, is told from chance.
_TOLD_ROWS = 10
# Numbers of rows lie within so many times as many: an index that was shuffled, or of which rows were taken out.
_INDEX_SPAN = 10
# Of 1: how closely a column follows the target that is the target in another unit.
_SAME = 1e-9
_FEW = 12


@dataclass(frozen=True)
class _Columns:
    names: list[str]
    target: int
    features: list[int]
    row_names: bool
    """Whether the first column has no name."""


def _number(cell: str) -> float | None:
    """Return a cell's number, with the words for what is no finite number; None for any other text."""
    if "_" in cell:  # Python's own, 1_000
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"{path}: is no file; expected a CSV file with a header")
    try:
        require_memory(f"{path}", _BYTES_A_CHARACTER * path.stat().st_size)
        raw = path.read_bytes()
    except OSError as error:
        raise access_error(path, error.errno) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not a CSV file that can be read: byte {error.start + 1} is no UTF-8; save it as text in UTF-8"
        ) from None
    if "\0" in text:
        raise ValueError(f"{path}: not a CSV file that can be read: it holds zero bytes; save it as text in UTF-8")
    if not text.strip():
        raise ValueError(f"{path}: not a CSV file that can be read: it is empty")
    return text


def _rows(path: Path, text: str, separator: str) -> Iterator[list[str]]:
    """Yield the cells of every line that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if stripped not in ([], [""]):
                yield stripped
    except csv.Error as error:
        raise ValueError(f"{path}: not a CSV file that can be read: line {reader.line_num}: {reason(error)}") from None


def _separator(path: Path, text: str) -> str:
    """Return what separates the cells of the header, and of the first row alike."""
    widths = {}
    for separator in _SEPARATORS:
        with suppress(ValueError):
            rows = _rows(path, text, separator)
            widths[separator] = (len(next(rows, [])), len(next(rows, [])))
    several = [separator for separator, (header, _) in widths.items() if header > 1]
    alike = [separator for separator in several if widths[separator][0] == widths[separator][1]]
    return (alike or several or [","])[0]


def _columns(path: Path, header: Sequence[str], target: str | None) -> _Columns:
    names = list(header)
    first = next((name for name in names if _number(name) is not None), None)
    if first is not None:
        raise ValueError(
            f"{path}: the first line has {shown(first)} where the name of a column was expected; a CSV file starts "
            "with a header, and no column's name is a number"
        )
    nameless = [index for index, name in enumerate(names) if _NAMELESS.fullmatch(name)]
    if further := [index for index in nameless if index > 0]:
        raise ValueError(f"{path}: column {further[0] + 1} of {len(names)} has no name; give it one, or take it out")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{path}: column {shown(twice)} is there twice; expected a name for each")
    column = names[-1] if target is None else target.strip()
    named = [name for index, name in enumerate(names) if index not in nameless]
    if column not in named:
        raise ValueError(f"{path}: no column {shown(column)} (target); there are {one_line(', '.join(named), 300)}")
    features = [index for index, name in enumerate(names) if name in named and name != column]
    if not features:
        raise ValueError(
            f"{path}: needs a column beside the target {shown(column)}; cells are separated by "
            f"{', '.join(_SEPARATORS.values())}"
        )
    return _Columns(names, names.index(column), features, bool(nameless))


def _refuse_cell(path: Path, columns: _Columns, index: int, row: int, cell: str) -> None:
    """Refuse a cell where a finite number was expected, unless it is one."""
    number = _number(cell)
    if number is not None and np.isfinite(number):
        return
    name = f"column {shown(columns.names[index])}{' (target)' if index == columns.target else ''}, row {row}"
    if not cell:
        raise ValueError(f"{path}: {name} is empty; expected a number")
    hint = "; its decimals stand behind a point, not a comma" if _DECIMAL_COMMA.fullmatch(cell) else ""
    raise ValueError(f"{path}: {name} is {shown(cell)}; expected a {'finite ' if number else ''}number{hint}")


def _classes(path: Path, columns: _Columns, cells: list[str]) -> np.ndarray:
    """Return class labels: numbers where all are, or the words as they stand; NA is a word like any other."""
    name = f"column {shown(columns.names[columns.target])} (target)"
    if "" in cells:
        raise ValueError(f"{path}: {name}, row {cells.index('') + 1} is empty; expected a class")
    numbers = {cell: _number(cell) for cell in set(cells)}
    words = {cell for cell, number in numbers.items() if number is None or not np.isfinite(number)}
    if len(words) < len(numbers) and all(cell.lower() in _MISSING | {"inf", "-inf"} for cell in words):
        # Among numbers such a word is a number that is missing.
        for row, cell in enumerate(cells, start=1):
            _refuse_cell(path, columns, columns.target, row, cell)
        return np.array([numbers[cell] for cell in cells])
    return np.array(cells)


def _refuse_row_names(path: Path, names: list[str]) -> None:
    """Refuse a first column without a name, unless it names or numbers the rows, each in its own way."""
    numbers = [_number(name) for name in names]
    measured = any(number is not None and number != np.floor(number) for number in numbers)
    if measured or len(set(names)) < len(names):
        raise ValueError(f"{path}: column 1 has no name, and does not number the rows; give it a name, or take it out")


def _numbers_rows(values: np.ndarray) -> bool:
    """Whether a column has another whole number in every row, and those are about as many as the rows."""
    if len(values) < _TOLD_ROWS or (values != np.floor(values)).any():
        return False
    return bool(len(np.unique(values)) == len(values) and np.ptp(values) < _INDEX_SPAN * len(values))


def _tells(values: np.ndarray, labels: np.ndarray, task: Task) -> bool:
    """Whether a column is the target under another name: a value for each class, or the same number in another unit."""
    if len(values) < _TOLD_ROWS:
        return False
    if task == "classification":
        codes = (np.unique(column, return_inverse=True)[1] for column in (values, labels))
        pairs = np.unique(np.stack(list(codes)), axis=1)
        return all(len(np.unique(row)) == pairs.shape[1] for row in pairs) and pairs.shape[1] > 1
    with np.errstate(invalid="ignore", over="ignore"):
        follows = np.corrcoef(values, labels)[0, 1] if np.ptp(values) > 0 and np.ptp(labels) > 0 else 0.0
    return bool(abs(follows) > 1 - _SAME)


def read_csv(path: Path, target: str | None, task: Task) -> tuple[Pairs, list[str]]:
    """Read a CSV file with a header, in UTF-8, its cells separated by commas, semicolons or tabs.

    A first column without a name that numbers or names the rows, as pandas and R write it, is left out.

    Parameters
    ----------
    path, target, task
        The file; the column to be predicted, None for the last; and whether that holds classes or numbers.

    Returns
    -------
    Features (rows, columns) and targets (rows,); and lines on what was taken for what.

    Raises
    ------
    ValueError
        One line: the file, the column and the row, counted from 1 behind the header, and what was expected.
    FileAccessError
        The file cannot be opened or read now.
    """
    text = _text(path)
    separator = _separator(path, text)
    rows = _rows(path, text, separator)
    columns = _columns(path, next(rows), target)
    values, targets, row_names = array("d"), [], []
    for row, cells in enumerate(rows, start=1):
        if len(cells) != len(columns.names):
            raise ValueError(
                f"{path}: row {row} has {len(cells)} cells, the header {len(columns.names)}; expected as many in each"
            )
        picked = [cells[index] for index in columns.features]
        try:
            values.extend(map(float, picked))
        except ValueError:
            picked = ["_"]
        if "_" in "".join(picked):
            for index in columns.features:
                _refuse_cell(path, columns, index, row, cells[index])
        targets.append(cells[columns.target])
        if columns.row_names:
            row_names.append(cells[0])
    features = np.frombuffer(values, float).reshape(len(targets), -1) if targets else np.empty((0, 1))
    if not np.isfinite(features).all():
        row, column = (int(places[0]) for places in np.nonzero(~np.isfinite(features)))
        _refuse_cell(path, columns, columns.features[column], row + 1, str(features[row, column]))
    if columns.row_names:
        _refuse_row_names(path, row_names)
    if task == "classification":
        labels = _classes(path, columns, targets)
    else:
        for row, cell in enumerate(targets, start=1):
            _refuse_cell(path, columns, columns.target, row, cell)
        labels = np.array(targets, float)
    return (features, labels), _taken(columns, separator, features, labels, task)


def _taken(columns: _Columns, separator: str, features: np.ndarray, labels: np.ndarray, task: Task) -> list[str]:
    names, target = [columns.names[index] for index in columns.features], columns.names[columns.target]
    listed = ", ".join(map(shown, names[:_FEW])) + (", ..." if len(names) > _FEW else "")
    lines = [
        f"CSV, separated by {_SEPARATORS[separator]}: {len(features)} rows, target {shown(target)}, "
        f"{len(names)} features ({listed})"
    ]
    if columns.row_names:
        lines.append("the first column, which has no name, was taken for the names of the rows and left out")
    for name, column in zip(names, features.T, strict=True):
        if _numbers_rows(column):
            lines.append(
                f"feature {shown(name)} numbers the rows: if it is an index, which may know the target, take it out"
            )
        if _tells(column, labels, task):
            lines.append(f"feature {shown(name)} is the target under another name, or as good as it: take it out if so")
    if task == "regression" and _numbers_rows(labels):
        lines.append(f"target {shown(target)} numbers the rows: if it is an index, name the target (data.target)")
    return lines
