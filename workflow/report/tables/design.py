"""Tables of a design: its chosen device, its front, and the points that came near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from magbayes.workflow.designs.choice import Choice
from magbayes.workflow.designs.design import Limit
from magbayes.workflow.report.figures.study import label, scale
from magbayes.workflow.report.names import number_name
from magbayes.workflow.report.parameters import parameters_of
from magbayes.workflow.report.reading import number, possible
from magbayes.workflow.report.tables.cells import PageCell, PageTable
from magbayes.workflow.report.tables.study import collected_cell
from magbayes.workflow.studies.collecting import unit_of

MOST_ROWS = 20
"""Points of a table of what came near."""


def limit_text(name: str, limit: Limit) -> str:
    """What is asked of a number, in the unit that a person reads."""
    factor, unit = scale(name, unit_of(name))
    ends = (("at least", limit.at_least), ("at most", limit.at_most))
    return " and ".join(
        f"{word} {number(factor * end, '.4g')} {unit}".rstrip() for word, end in ends if end is not None
    )


def value_text(choice: Choice, i: int, name: str) -> str:
    """A number of a point with its interval."""
    factor, unit = scale(name, unit_of(name))
    value, low, high = (factor * end for end in possible(name, choice.points[i].numbers[name]))
    interval = "" if low == high else f" ({number(low)} to {number(high)})"
    return f"{number(value)}{interval} {unit}".rstrip()


def reasons(choice: Choice, i: int) -> list[str]:
    """What a point misses, a line for each constraint, or why it has no results."""
    point = choice.points[i]
    if point.failure:
        return [point.failure]
    unsure = choice.unsure(i)
    lines = []
    for name, missed in point.missed(choice.design).items():
        if missed > 0:
            within = "; the limit lies within its interval" if name in unsure else ""
            asked = limit_text(name, choice.design.constraints[name])
            lines.append(f"{number_name(name)} {value_text(choice, i, name)}, {asked} asked for{within}")
    return lines


def status(choice: Choice, i: int) -> str:
    """What a point is, in a few words."""
    point = choice.points[i]
    if i == choice.chosen:
        return "chosen"
    if point.failure:
        return "no results"
    if not choice.meets[i]:
        missed = [name for name, by in point.missed(choice.design).items() if by > 0]
        return f"misses {', '.join(map(number_name, missed))}"
    if choice.front[i]:
        return "front"
    return "not told from the front" if choice.near[i] else "behind the front"


def chosen(choice: Choice, i: int) -> PageTable:
    """Parameters and numbers of one point, and what is asked of these."""
    point = choice.points[i]
    parameters = parameters_of([one.point for one in choice.points])
    rows = [[PageCell(one.label), one.cell(point.point[key]), PageCell("")] for key, one in parameters.items()]
    for name in choice.design.names:
        asked: list[str] = [choice.design.objectives[name]] if name in choice.design.objectives else []
        if name in choice.design.constraints:
            asked.append(limit_text(name, choice.design.constraints[name]))
        cell = collected_cell(name, point.numbers[name]) if name in point.numbers else PageCell("–")
        rows.append([PageCell(label(name, unit_of(name))), cell, PageCell(", ".join(asked))])
    return PageTable(["parameter or number", "value", "asked for"], rows)


def listed(choice: Choice, indices: Sequence[int], why: Mapping[int, str] | None = None) -> PageTable:
    """Points with their parameters and numbers; with `why` (by index) a column of what they miss."""
    parameters = parameters_of([one.point for one in choice.points])
    shown = {key: parameters[key] for key in choice.design.parameters} if parameters else {}
    rows = []
    for i in indices:
        point = choice.points[i]
        numbers = [
            collected_cell(name, point.numbers[name]) if name in point.numbers else PageCell("–")
            for name in choice.design.names
        ]
        values = [one.cell(point.point[key]) for key, one in shown.items()]
        last = PageCell(status(choice, i) if why is None else why[i])
        rows.append([PageCell(str(i + 1), i + 1), *values, *numbers, last])
    names = [label(name, unit_of(name)) for name in choice.design.names]
    return PageTable(
        ["point", *(one.label for one in shown.values()), *names, "what it is" if why is None else "why not"], rows
    )
