"""Tables in OOMMF's ODT format, as `ubermagtable` reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

_UNITS = {
    "t": "s",
    "last_time_step": "s",
    "max_dm/dt": "deg/ns",
    "max_mxHxm": "A/m",
    "E": "J",
    "delta_E": "J",
    "B": "mT",
    "Bx": "mT",
    "By": "mT",
    "Bz": "mT",
}


def _unit(column: str) -> str:
    """Unit of a column; that of ``E_demag`` is that of ``E``."""
    return _UNITS.get(column, _UNITS.get(column.split("_")[0], "{}"))


def write(path: str | Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write rows, all with the columns of the first one.

    `ubermagtable` finds a column by the prefix ``Oxs_`` and leaves names alone that OOMMF does not have.
    """
    columns = list(rows[0])
    lines = ["# ODT 1.0", "# Table Start", "# Title: magbayes.micromag.calculator"]
    lines.append("# Columns: " + " ".join(f"Oxs_{column}" for column in columns))
    lines.append("# Units: " + " ".join(_unit(column) for column in columns))
    lines += [" ".join(f"{row[column]:.17g}" for column in columns) for row in rows]
    Path(path).write_text("\n".join([*lines, "# Table End", ""]), encoding="utf-8")
