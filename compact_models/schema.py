"""Shape, unit and meaning of every dataset of a compact model file, said where a model declares its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import numpy as np

RULES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "positive": (lambda values: values > 0, "numbers above 0"),
    "not negative": (lambda values: values >= 0, "0 or more"),
    "not positive": (lambda values: values <= 0, "0 or less"),
    "share": (lambda values: (values >= 0) & (values <= 1), "numbers from 0 to 1"),
    "whole": (lambda values: values == np.rint(values), "whole numbers"),
    "count": (lambda values: (values >= 0) & (values == np.rint(values)), "whole numbers, 0 or more"),
}
"""What a number must be, and how a person reads it."""

ORDERS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "rising": (lambda steps: steps > 0, "rising numbers"),
    "not falling": (lambda steps: steps >= 0, "numbers that do not fall"),
}
"""What the steps between neighbours along the last axis must be."""


POSITIVE, NOT_NEGATIVE, RISING = ("positive",), ("not negative",), ("positive", "rising")
FROM_ZERO = ("not negative", "rising")
"""Rules of columns, by name."""


@dataclass(frozen=True)
class Column:
    """Shape (names of dimensions, comma-separated), SI unit (``"1"`` if none) and meaning of a field of a model.

    `rules` are names of `RULES` and `ORDERS` that its values fulfil; all of them are finite.
    """

    shape: str
    unit: str
    meaning: str
    rules: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions; none for a number."""
        return tuple(name.strip() for name in self.shape.split(",") if name.strip())

    def over(self, dimension: str) -> Column:
        """Column with a further dimension, which comes first: this one for each of its points."""
        return Column(", ".join((dimension, *self.dimensions)), self.unit, self.meaning, self.rules)


def columns(kind: type) -> dict[str, Column]:
    """Fields of a model's class by name, each declared as ``Annotated[type, Column(...)]``."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def check_shapes(fields: Mapping[str, Column], values: Mapping[str, Any]) -> None:
    """Refuse values whose shapes are not those declared, a name standing for one length throughout.

    Raises
    ------
    ValueError
        Names the dataset, its shape and what was expected.
    """
    lengths: dict[str, int] = {}
    for name, column in fields.items():
        shape = np.shape(values[name])
        if len(shape) != len(column.dimensions):
            raise ValueError(f"dataset {name!r} has {len(shape)} dimensions; expected {len(column.dimensions)}")
        for dimension, length in zip(column.dimensions, shape, strict=True):
            if lengths.setdefault(dimension, length) != length:
                expected = lengths[dimension]
                raise ValueError(f"dataset {name!r} has length {length} along {dimension!r}; expected {expected}")


def check_values(fields: Mapping[str, Column], values: Mapping[str, Any]) -> None:
    """Refuse values that are not finite, or not what their column's rules say.

    Raises
    ------
    ValueError
        Names the dataset, the value and what was expected.
    """
    for name, column in fields.items():
        array = np.asarray(values[name], float)
        if (wrong := array[~np.isfinite(array)]).size:
            raise ValueError(f"dataset {name!r} holds {wrong[0]}; expected finite numbers")
        for rule in column.rules:
            if rule in RULES:
                holds, expected = RULES[rule]
                if (wrong := array[~holds(array)]).size:
                    raise ValueError(f"dataset {name!r} holds {wrong[0]:.6g}; expected {expected}")
            else:
                holds, expected = ORDERS[rule]
                before, after = array[..., :-1], array[..., 1:]
                if (steps := ~holds(after - before)).any():
                    pair = f"{after[steps][0]:.10g} after {before[steps][0]:.10g}"
                    raise ValueError(f"dataset {name!r} holds {pair}; expected {expected}")


def table(groups: Mapping[str, Mapping[str, Column]]) -> str:
    """The schema as a Markdown table, a line for each dataset."""
    lines = ["| path | shape | unit | meaning |", "| --- | --- | --- | --- |"]
    for group, fields in groups.items():
        for name, column in fields.items():
            path = f"{group}/{name}".lstrip("/")
            shape = f"({column.shape}{',' if len(column.dimensions) == 1 else ''})" if column.shape else "scalar"
            lines.append(f"| `{path}` | {shape} | {column.unit} | {column.meaning} |")
    return "\n".join(lines)
