"""Parameters of a study or a design as a person reads them: names and units in place of dotted keys and SI numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import EngFormatter

from magbayes.workflow.configuration import unit_of_key
from magbayes.workflow.report.names import parameter_name
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.tables.cells import PageCell

CURRENT_DENSITY = "A/m^2"
UNSCALED = ("", "%", "K", "bits")
"""Units that take no prefix."""


class Parameter(NamedTuple):
    """A parameter with the unit that a person reads.

    Attributes
    ----------
    name, unit
        What it is called; the unit is empty where it has none.
    factor
        From SI units to that one.
    numeric, listed
        Whether all its values are numbers, or lists of them; whether one is a list.
    """

    name: str
    unit: str
    factor: float
    numeric: bool
    listed: bool = False

    @property
    def label(self) -> str:
        """Name and unit, as axes and heads of columns have them."""
        return f"{self.name} / {self.unit}" if self.unit else self.name

    def text(self, value: Any) -> str:
        """A value in the unit of the label."""
        if isinstance(value, list | tuple):
            return ", ".join(map(self.text, value))
        if not self.numeric or isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return number(self.factor * value, ".4g")

    def cell(self, value: Any) -> PageCell:
        """A value as a cell of a table, in the unit of the label."""
        single = self.numeric and isinstance(value, int | float)
        return PageCell(self.text(value), float(value) if single else None)

    def assigned(self, value: Any) -> str:
        """Name and value in a sentence."""
        return f"{self.name} {self.text(value)} {self.unit}".rstrip()


def _numbers(value: Any) -> list[float] | None:
    """A number, or a list of them; None where it is none."""
    values = value if isinstance(value, list | tuple) else [value]
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        return [float(one) for one in values]
    return None


def parameter(key: str, values: Sequence[Any]) -> Parameter:
    """A parameter by its dotted key, with a unit in which its values are neither tiny nor huge."""
    name, unit, found = parameter_name(key), unit_of_key(key), [_numbers(value) for value in values]
    if any(one is None for one in found):
        return Parameter(name, "", 1.0, False)
    largest = max((abs(one) for numbers in found if numbers for one in numbers), default=0.0)
    listed = any(isinstance(value, list | tuple) for value in values)
    if unit == CURRENT_DENSITY:
        return Parameter(name, "10¹¹ A/m²", 1e-11, True, listed)
    exponent = 3 * int(np.floor(np.log10(largest) / 3)) if unit not in UNSCALED and largest > 0 else 0
    if unit == "m":
        exponent = max(exponent, -9)  # layers are thinner than a nanometre, and said in it
    shown = f"{EngFormatter.ENG_PREFIXES[exponent]}{unit}".replace("Ohm", "Ω").replace("^2", "²").replace("^3", "³")
    return Parameter(name, shown if unit else "", 10.0**-exponent, True, listed)


def parameters_of(points: Sequence[Mapping[str, Any]]) -> dict[str, Parameter]:
    """Parameters of the points of a study by their dotted keys."""
    return {key: parameter(key, [point[key] for point in points]) for key in (points[0] if points else ())}
