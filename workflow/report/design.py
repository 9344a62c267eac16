"""The table of a design, its report, and the chosen device as a scenario."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from functools import reduce
from typing import Any

import h5py
import numpy as np
import yaml

from magbayes.data import container
from magbayes.data.container import Quantity
from magbayes.workflow.designs.choice import ALIKE, Choice
from magbayes.workflow.report import pages
from magbayes.workflow.report import study as study_report
from magbayes.workflow.report.figures import design as design_figures
from magbayes.workflow.report.figures import plotting
from magbayes.workflow.report.figures import study as study_figures
from magbayes.workflow.report.figures.plotting import Picture, picture, use_style
from magbayes.workflow.report.names import number_name, parameter_name
from magbayes.workflow.report.parameters import parameters_of
from magbayes.workflow.report.reading import pretty
from magbayes.workflow.report.tables import design as design_tables
from magbayes.workflow.report.tables import study as study_tables
from magbayes.workflow.sources import merge
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.points import DOUBTS
from magbayes.workflow.studies.study import at_key

KIND, VERSION = "magbayes design", 1


def collected(choice: Choice) -> dict[str, np.ndarray]:
    """Numbers (points, 3) by name: value, low and high end; not a number where they are not known."""
    unknown = (np.nan,) * 3
    return {
        name: np.array([point.numbers.get(name, unknown) for point in choice.points], float).reshape(-1, 3)
        for name in choice.design.names
    }


def _provenance(choice: Choice) -> dict[str, Any]:
    return container.provenance({"design": choice.design.model_dump(mode="json", exclude_defaults=True)})


def statements(choice: Choice) -> list[str]:
    """What was found, in sentences: the chosen device, how near others came, and what is not sure."""
    design, lines = choice.design, []
    if choice.chosen is None:
        lines.append(f"No point of {len(choice.points)} meets all constraints.")
        if choice.nearest:
            i = choice.nearest[0]
            lines.append(f"Nearest is point {i + 1}: {'; '.join(design_tables.reasons(choice, i))}.")
        return lines + _impossible(choice)
    i, near = choice.chosen, int(choice.near.sum())
    lines.append(
        f"{int(choice.meets.sum())} of {len(choice.points)} points meet all constraints. On the front: "
        f"{int(choice.front.sum())}{f'; {near} more cannot be told from it by their intervals' if near else ''}."
    )
    numbers = ", ".join(f"{number_name(name)} {design_tables.value_text(choice, i, name)}" for name in design.names)
    lines.append(f"Point {i + 1} is chosen ({_where(choice, i)}): {numbers}.")
    for name in choice.unsure(i):
        asked = design_tables.limit_text(name, design.constraints[name])
        lines.append(
            f"Not significant: the limit of {number_name(name)}, {asked}, lies within the interval of the chosen point."
        )
    lines += [f"The chosen point is in doubt: {doubt}." for doubt in _own_doubts(choice)[i]]
    if choice.better:
        j = choice.better[0]
        lines.append(f"Point {j + 1} would be better, but fails: {'; '.join(design_tables.reasons(choice, j))}.")
    if len(choice.ranked) > 1:
        j = choice.ranked[1]
        lines.append(f"Next on the front is point {j + 1} ({_where(choice, j)}): {_compared(choice, j)}.")
    if choice.left_out:
        j = choice.left_out[0]
        lines.append(
            f"Of {len(choice.left_out)} points only the devices were tried, since they miss a constraint. Nearest of "
            f"them is point {j + 1}: {'; '.join(design_tables.reasons(choice, j))}."
        )
    return lines


def _where(choice: Choice, i: int) -> str:
    parameters, point = parameters_of([one.point for one in choice.points]), choice.points[i].point
    return ", ".join(parameters[key].assigned(point[key]) for key in choice.design.parameters)


def _compared(choice: Choice, i: int) -> str:
    objectives = choice.design.objectives
    return ", ".join(f"{number_name(name)} {design_tables.value_text(choice, i, name)}" for name in objectives)


def _impossible(choice: Choice) -> list[str]:
    """Constraints that no point meets, with the point that comes nearest to each."""
    lines = []
    for name, limit in choice.design.constraints.items():
        missed = {
            i: point.missed(choice.design)[name] for i, point in enumerate(choice.points) if name in point.numbers
        }
        if missed and min(missed.values()) > 0:
            i = min(missed, key=lambda index: missed[index])
            value, asked = design_tables.value_text(choice, i, name), design_tables.limit_text(name, limit)
            lines.append(f"No point has a {number_name(name)} of {asked}; nearest is point {i + 1} with {value}.")
    return lines


def table_text(choice: Choice) -> str:
    """The table as CSV: a row for each point, an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    numbers = collected(choice)
    headings = [f"{name}{end}" for name in numbers for end in ("", "_low", "_high")]
    parameters = list(choice.points[0].point) if choice.points else []
    writer.writerow(["point", "round", *parameters, *headings, "status", "failure", "doubts"])
    for i, point in enumerate(choice.points):
        cells = ["" if np.isnan(value) else repr(float(value)) for values in numbers.values() for value in values[i]]
        status, doubts = design_tables.status(choice, i), " | ".join(point.doubts)
        writer.writerow([i + 1, point.round, *point.point.values(), *cells, status, point.failure, doubts])
    return text.getvalue()


def write_table(path: str | os.PathLike[str], choice: Choice) -> None:
    """Write the table as HDF5: `known` says which points the numbers belong to."""

    def texts(values: list[str]) -> np.ndarray:
        return np.array(values, dtype=h5py.string_dtype())

    points = choice.points
    data = {
        "round": Quantity(np.array([point.round for point in points], int), "1", "round in which a point was tried"),
        "status": Quantity(
            texts([design_tables.status(choice, i) for i in range(len(points))]), "1", "what a point is to the design"
        ),
        "failure": Quantity(
            texts([point.failure for point in points]), "1", "why a point has no results; empty if it has"
        ),
        "doubts": Quantity(texts(["\n".join(point.doubts) for point in points]), "1", DOUBTS),
        "statements": Quantity(texts(statements(choice)), "1", "what was found, in sentences"),
    }
    for key in points[0].point if points else []:
        column = [point.point[key] for point in points]
        numeric = all(isinstance(value, int | float) for value in column)
        data[f"parameters/{key}"] = Quantity(
            np.array(column, float) if numeric else texts(list(map(str, column))), "SI", "values of the parameter"
        )
    for name, values in collected(choice).items():
        known = np.flatnonzero(~np.isnan(values[:, 0]))
        data[f"known/{name}"] = Quantity(known, "1", "rows of the points of which the number is known")
        data[f"collected/{name}"] = Quantity(
            values[known], unit_of(name), "number of those points: value, and its 95 % interval"
        )
    container.write(path, KIND, VERSION, data, _provenance(choice))


def scenario_text(choice: Choice, values: Mapping[str, Any]) -> str:
    """The chosen device as the file of a scenario; without one, the nearest, which the file says.

    Parameters
    ----------
    choice
        The design and its points.
    values
        What all points share and what differs from the default configuration.
    """
    design = choice.design
    i = choice.chosen if choice.chosen is not None else next(iter(choice.nearest), None)
    if i is None:
        return f"# No point of the design {design.design} has results.\n"
    said = "the chosen device" if choice.chosen is not None else "no device: the point that came nearest to its limits"
    sections = [at_key(key, value) for key, value in choice.points[i].point.items()]
    joined = reduce(merge, sections, dict(values))
    lines = [f"# Point {i + 1} of the design {design.design}, {said}. Found by magbayes; SI units throughout."]
    lines += [f"#   {name} {design_tables.value_text(choice, i, name)}" for name in choice.points[i].numbers]
    text = yaml.safe_dump({"scenario": design.design} | joined, sort_keys=False, default_flow_style=None, width=100)
    return "\n".join([*lines, text])


def pictures(choice: Choice) -> dict[str, Picture]:
    """Figures by the name of their caption; none where no point has results."""
    known = np.flatnonzero(np.isfinite(choice.costs).all(axis=1)).tolist()
    if not known:
        return {}
    use_style()
    numbers = {name: values[known] for name, values in collected(choice).items()}
    objectives = {
        # An interval that all points share would hide how they differ.
        name: numbers[name][:, [0, 0, 0]] if name.split("/")[-1] in ALIKE else numbers[name]
        for name in choice.design.objectives
    }
    front, near, meets = choice.front[known], choice.near[known], choice.meets[known]
    groups = {"misses": ~meets, "meets": meets & ~front & ~near, "near": near, "front": front}
    chosen = None if choice.chosen is None else known.index(choice.chosen)
    units = {name: unit_of(name) for name in numbers}
    drawings = {"front": design_figures.front(objectives, units, groups, chosen)}
    points = [choice.points[i] for i in known]
    columns = study_report.columns_of([{key: p.point[key] for key in choice.design.parameters} for p in points])
    shown = study_figures.as_read(columns, parameters_of([one.point for one in points]))
    doubted = np.array([bool(lines) for lines in _own_doubts(choice)], bool)[known]
    drawings["against"] = study_figures.against_parameters(shown, numbers, units, doubted)
    return {name: picture(drawing) for name, drawing in drawings.items()}


def _common_doubts(choice: Choice) -> list[str]:
    # Points of which all is known have the doubts of networks, too.
    known = np.isfinite(choice.costs).all(axis=1)
    alike = [point for point, whole in zip(choice.points, known, strict=True) if whole] or choice.points
    return study_report.common(["\n".join(point.doubts) for point in alike])


def _own_doubts(choice: Choice) -> list[list[str]]:
    return study_report.own(["\n".join(point.doubts) for point in choice.points], _common_doubts(choice))


def page(choice: Choice, pictures: Mapping[str, Picture]) -> str:
    """The report as HTML."""
    points = [point.point for point in choice.points]
    failures = [point.failure for point in choice.points]
    shown = choice.chosen if choice.chosen is not None else next(iter(choice.nearest), None)
    failing = [*choice.better, *(i for i in choice.nearest if i not in choice.better)][: design_tables.MOST_ROWS]
    why = {i: "; ".join(design_tables.reasons(choice, i)) for i in failing}
    front = sorted(np.flatnonzero(choice.front | choice.near).tolist(), key=lambda i: tuple(choice.costs[i]))
    numbers = collected(choice)
    return pages.render(
        "design.html.j2",
        design=choice.design,
        parameters=[parameter_name(key) for key in choice.design.parameters],
        objectives={number_name(name): direction for name, direction in choice.design.objectives.items()},
        limits={
            number_name(name): design_tables.limit_text(name, limit)
            for name, limit in choice.design.constraints.items()
        },
        points=len(points),
        rounds=max((point.round for point in choice.points), default=0),
        statements=statements(choice),
        found=choice.chosen is not None,
        device=None if shown is None else design_tables.chosen(choice, shown),
        front=design_tables.listed(choice, front),
        failing=design_tables.listed(choice, failing, why),
        failed=study_tables.failed(points, failures) if points else None,
        common_doubts=list(map(pretty, _common_doubts(choice))),
        doubted=study_tables.doubted(points, _own_doubts(choice)) if points else None,
        every=design_tables.listed(choice, range(len(points)) if len(points) <= study_tables.MOST_ROWS else []),
        figures=plotting.shown(pictures),
        without_interval=[
            number_name(name)
            for name, values in numbers.items()
            if np.array_equal(values[:, 1], values[:, 2], equal_nan=True)
        ],
        provenance=_provenance(choice),
    )
