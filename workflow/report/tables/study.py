"""Tables of a study: its points, and those without results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.pooling import Pooled
from magbayes.system.metrics.tolerance import tolerance
from magbayes.workflow.report.figures.study import SCALES, change_label, label, scale
from magbayes.workflow.report.names import number_name, parameter_name
from magbayes.workflow.report.parameters import Parameter, parameters_of
from magbayes.workflow.report.reading import number, possible, pretty
from magbayes.workflow.report.spending import ranged
from magbayes.workflow.report.tables.cells import PageCell, PageTable, estimate, plain
from magbayes.workflow.report.tolerance import WANTED, Curve, said
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.sensitivities import NEIGHBOURS, Sensitivity

IN_DOUBT = "in doubt"
"""Mark of a point."""

MOST_ROWS = 200
"""Points beyond which the page leaves the table to its file."""


def heads(parameters: Mapping[str, Parameter]) -> list[str]:
    """Heads of the columns of parameters."""
    return [one.label for one in parameters.values()]


def cells(parameters: Mapping[str, Parameter], point: Mapping[str, Any]) -> list[PageCell]:
    """Values of a point in these columns."""
    return [one.cell(point[key]) for key, one in parameters.items()]


def collected_cell(name: str, value: Estimate) -> PageCell:
    """A collected number with its interval, in the unit that a person reads; a dash where it is not known."""
    if np.isnan(value.value):
        return PageCell("–")
    return estimate(possible(name, value), scale(name, unit_of(name))[0])


def failed(points: Sequence[Mapping[str, Any]], failures: Sequence[str]) -> PageTable:
    """Points without results, and why."""
    parameters = parameters_of(points)
    rows = [
        [PageCell(str(i), i), *cells(parameters, point), PageCell(pretty(failure))]
        for i, (point, failure) in enumerate(zip(points, failures, strict=True), start=1)
        if failure
    ]
    return PageTable(["point", *heads(parameters), "why"], rows)


def doubted(points: Sequence[Mapping[str, Any]], doubts: Sequence[Sequence[str]]) -> PageTable:
    """Points in doubt, and why; the first ones, where there are too many to read."""
    parameters = parameters_of(points)
    rows = [
        [PageCell(str(i), i), *cells(parameters, point), PageCell(pretty("; ".join(lines)))]
        for i, (point, lines) in enumerate(zip(points, doubts, strict=True), start=1)
        if lines
    ]
    return PageTable(["point", *heads(parameters), "doubt"], rows[:MOST_ROWS])


def means(pooled: Mapping[str, Pooled]) -> PageTable:
    """Mean with its interval, and spread, of numbers of points that repeat one experiment."""
    rows = []
    for name, (whole, spread, count) in pooled.items():
        factor, _ = scale(name, unit_of(name))
        shown = [PageCell(ranged(Estimate(*(factor * end for end in whole)), ".3g"), whole.value)]
        shown += [plain(factor * spread), plain(factor * spread / math.sqrt(count)), plain(count, ".0f")]
        rows.append([PageCell(label(name, unit_of(name))), *shown])
    spreads = ["standard deviation between the points", "that over the root of their number", "points"]
    return PageTable(["number", "mean over the points (95 %)", *spreads], rows)


def where(points: Sequence[Mapping[str, Any]], index: int) -> str:
    """Values of a point, in words."""
    return ", ".join(one.assigned(points[index][key]) for key, one in parameters_of(points).items())


def changes(
    points: Sequence[Mapping[str, Any]], good: np.ndarray, values: Mapping[str, np.ndarray], origin: int
) -> PageTable:
    """Numbers less those of the point `origin`, by name (good, 3), of every other point that has results."""
    parameters = parameters_of(points)
    rows = []
    for place, i in enumerate(good if len(points) <= MOST_ROWS else []):
        if i == origin:
            continue
        changed = [_change(Estimate(*of[place]), scale(name, unit_of(name))[0]) for name, of in values.items()]
        rows.append([PageCell(str(i + 1), int(i) + 1), *cells(parameters, points[i]), *changed])
    return PageTable(["point", *heads(parameters), *(change_label(name, unit_of(name)) for name in values)], rows)


def _change(value: Estimate, factor: float) -> PageCell:
    """A change, marked where its interval leaves out 0."""
    cell = estimate(value, factor, "+.3g")
    return PageCell(cell.text, cell.order, f"{cell.detail}{', significant' if value.low > 0 or value.high < 0 else ''}")


def sensitivities(every: Sequence[Sensitivity], tied: bool) -> PageTable:
    """Sensitivities of numbers, in columns, to parameters, in rows; of `tied` parameters the first stands for all."""
    numbers = list(dict.fromkeys(each.number for each in every))
    found: dict[tuple[str, str], dict[str, PageCell]] = {}
    for each in every:
        cell = estimate(each.slope) if each.slope.low < each.slope.high else plain(each.slope.value)
        found.setdefault((each.parameter, each.how), {})[each.number] = cell
    rows = [
        [
            PageCell(
                parameter_name(parameter), detail="with those that change with it" if tied and how == NEIGHBOURS else ""
            ),
            *(cells.get(name, PageCell("–")) for name in numbers),
            PageCell(how),
        ]
        for (parameter, how), cells in found.items()
    ]
    return PageTable(["parameter", *map(number_name, numbers), "method"], rows)


def _bound(value: float, curve: Curve) -> str:
    """A tolerance, or that it is outside what was looked at."""
    if value == 0:
        return f"not at {number(float(curve.spread[0]))}"
    return f"above {number(float(curve.spread[-1]))}" if np.isinf(value) else number(value)


def tolerances(curves: Sequence[Curve]) -> PageTable:
    """Up to which value of a parameter a yield is reached."""
    rows = []
    for curve in curves:
        bounds = []
        for wanted in WANTED:
            value, low, high = tolerance(curve.spread, curve.yields, wanted)
            detail = f"{_bound(low, curve)} to {_bound(high, curve)}"
            bounds.append(
                PageCell(_bound(value, curve), value if np.isfinite(value) else float(curve.spread[-1]), detail)
            )
        energy = PageCell("–") if curve.energy is None else estimate(curve.energy, SCALES["J"][0])
        about = (number_name(curve.name), parameter_name(curve.parameter), said(curve.others))
        rows.append([*map(PageCell, about), *bounds, energy])
    headings = [f"up to which {100 * wanted:g} % of the chips are good" for wanted in WANTED]
    return PageTable(["number", "parameter", "others", *headings, "energy of a prediction / nJ"], rows)


def results(
    points: Sequence[Mapping[str, Any]], collected: Mapping[str, np.ndarray], doubts: Sequence[Sequence[str]]
) -> PageTable:
    """Parameters and collected numbers of every point, or of none where there are too many to read.

    Points that have `doubts` are marked.
    """
    parameters = parameters_of(points)
    rows = []
    for i, point in enumerate(points if len(points) <= MOST_ROWS else []):
        shown = [collected_cell(name, Estimate(*values[i])) for name, values in collected.items()]
        rows.append([PageCell(str(i + 1), i + 1, IN_DOUBT if doubts[i] else ""), *cells(parameters, point), *shown])
    return PageTable(["point", *heads(parameters), *(label(name, unit_of(name)) for name in collected)], rows)
