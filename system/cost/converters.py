"""Energy and area of an analog-to-digital converter by effective bits and rate, from a survey of published ones.

B. Murmann's survey, in ``data/converters``. The median of log energy, and of log area, is linear in effective bits and
log rate (quantile regression). The range goes from the best tenth of the converters to the best three quarters; above
it are mostly interleaved pipelines, which no column has. A converter is refused where the survey has none of one
channel that is as fast with as many effective bits.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from magbayes.data import cited
from magbayes.data.section import Section

_RESIDUALS = (0.1, 0.75)
# Where the lines are anchored: the effective bits and the rate of the default.
_BITS, _RATE = 7.0, 50e6
_INTERLEAVED = "TI"


class Survey(Section):
    """Converters: paper, architecture, node in nm, effective bits, rate in 1/s, energy in J, area in m^2 or null."""

    source: str
    bits: tuple[float, float]
    rate: tuple[float, float]
    points: tuple[tuple[str, str, float, float, float, float, float | None], ...]


class Ranged(NamedTuple):
    """A number with the ends of its range."""

    value: float
    low: float
    high: float


class Converter(NamedTuple):
    """Energy of a conversion in J, and area of a converter in m^2."""

    energy: Ranged
    area: Ranged


@cache
def survey() -> Survey:
    """Return the survey."""
    return cited.load_as(Survey, "converters", "survey")


def _median(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the coefficients (columns,) of the line with half of `values` (points,) above it; slopes of 0 or more."""
    points, count = columns.shape
    deviations = np.eye(points)
    cost = np.concatenate([np.zeros(count), np.ones(2 * points)])
    bounds = [(None, None)] + [(0.0, None)] * (count - 1 + 2 * points)
    result = linprog(cost, A_eq=np.hstack([columns, deviations, -deviations]), b_eq=values, bounds=bounds)
    solution: np.ndarray = result.x[:count]
    return solution


@cache
def _lines() -> dict[str, tuple[np.ndarray, float, float]]:
    """Return coefficients of log10 in J or m^2, with the ends of their residuals, of energy and area."""
    known = survey()
    rows = np.array([row[3:] for row in known.points], float)
    within = (known.bits[0] <= rows[:, 0]) & (rows[:, 0] <= known.bits[1])
    rows = rows[within & (known.rate[0] <= rows[:, 1]) & (rows[:, 1] <= known.rate[1])]
    lines = {}
    for name, values in {"energy": rows[:, 2], "area": rows[:, 3]}.items():
        given = np.isfinite(values)
        bits, rate = rows[given, 0], rows[given, 1]
        columns = np.stack([np.ones(len(bits)), bits - _BITS, np.log10(rate / _RATE)], axis=1)
        line = _median(columns, np.log10(values[given]))
        low, high = np.quantile(np.log10(values[given]) - columns @ line, _RESIDUALS)
        lines[name] = (line, float(low), float(high))
    return lines


def fastest(bits: float) -> float:
    """Return the highest rate in 1/s of a single channel of at least `bits` effective bits in the survey, or 0."""
    alone = (row for row in survey().points if _INTERLEAVED not in row[1].split(", "))
    return max((row[4] for row in alone if row[3] >= bits), default=0.0)


def converter(bits: float, rate: float) -> Converter:
    """Return what a converter of `bits` effective bits costs that converts `rate` times a second.

    Below the bits and the rate of the fit it costs as much as there: nothing simpler or slower was published.

    Raises
    ------
    ValueError
        The survey has no such converter.
    """
    known = survey()
    if bits > known.bits[1]:
        raise ValueError(f"no converter of {bits:g} effective bits is priced; accepted: up to {known.bits[1]:g}")
    if rate > fastest(bits):
        raise ValueError(
            f"no converter of {bits:g} effective bits that converts {rate:.3g} times a second is known "
            f"({known.source}); accepted: up to {fastest(bits):.3g} conversions a second, or fewer bits"
        )
    costs = {}
    at = np.array([1.0, max(bits, known.bits[0]) - _BITS, np.log10(max(rate, known.rate[0]) / _RATE)])
    for name, (line, low, high) in _lines().items():
        middle = float(at @ line)
        costs[name] = Ranged(10**middle, 10 ** (middle + low), 10 ** (middle + high))
    return Converter(**costs)
