"""Yields of a study against its parameters: curves, of which a tolerance is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from magbayes.data.estimate import Estimate

WANTED = (0.99, 0.9)
"""Yields whose tolerance is told."""

FEWEST = 3
"""Values of a parameter from which on there is a curve."""


class Curve(NamedTuple):
    """A yield against one parameter, all others being equal."""

    name: str
    """What was collected."""
    parameter: str
    others: Mapping[str, Any]
    """Values of the other parameters that vary in the study."""
    spread: np.ndarray
    """Values of the parameter (points,), rising."""
    yields: np.ndarray
    """Share of chips with its interval (points, 3)."""
    energy: Estimate | None
    """Energy of a prediction at the smallest spread, J, where it was collected: what a remedy costs."""


def is_yield(name: str) -> bool:
    """Whether a number is a share of chips."""
    return name.partition("/")[2].startswith("yield")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def curves(points: Sequence[Mapping[str, Any]], numbers: Mapping[str, np.ndarray]) -> list[Curve]:
    """Curves of all yields against all parameters that take several numbers.

    Parameters
    ----------
    points
        Values of the parameters, by dotted key.
    numbers
        What was collected of them, (points, 3) by name.
    """
    keys = list(points[0]) if points else []
    values = {key: {str(point[key]): point[key] for point in points} for key in keys}
    varying = [key for key in keys if len(values[key]) > 1]
    axes = [key for key in varying if len(values[key]) >= FEWEST and all(map(_number, values[key].values()))]
    found = []
    for name in filter(is_yield, numbers):
        energy = numbers.get(f"{name.partition('/')[0]}/energy")
        for axis in axes:
            groups: dict[str, list[int]] = {}
            for i, point in enumerate(points):
                groups.setdefault(str([point[key] for key in varying if key != axis]), []).append(i)
            for rows in groups.values():
                rows.sort(key=lambda i: points[i][axis])
                spread = np.array([points[i][axis] for i in rows], float)
                if len(np.unique(spread)) == len(spread) >= FEWEST:
                    others = {key: points[rows[0]][key] for key in varying if key != axis}
                    first = None if energy is None else Estimate(*map(float, energy[rows[0]]))
                    found.append(Curve(name, axis, others, spread, numbers[name][rows], first))
    return found


def said(others: Mapping[str, Any]) -> str:
    """The other parameters as a person reads them: values alone, since their keys stand in the study."""
    return ", ".join("+".join(map(str, value)) if isinstance(value, list) else str(value) for value in others.values())
