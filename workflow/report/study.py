"""The table of a study, and its report, from the results of its batches."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from magbayes.data import container
from magbayes.data.container import Quantity
from magbayes.system.metrics.front import pareto_front
from magbayes.system.metrics.regression import coverage_distance
from magbayes.system.metrics.sensitivity import Index, sobol_indices
from magbayes.workflow.configuration import unit_of_key
from magbayes.workflow.report import pages, statements
from magbayes.workflow.report.figures import study as study_figures
from magbayes.workflow.report.figures.plotting import data_uri, svg, use_style
from magbayes.workflow.report.tables import study as study_tables
from magbayes.workflow.report.tolerance import Curve, curves
from magbayes.workflow.studies import points as batches
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.study import Study

KIND, VERSION = "magbayes study", 2

Points = Sequence[Mapping[str, Any]]

_FEWEST = 3
"""Points of which mean and spread are given."""


@dataclass(frozen=True)
class StudyResults:
    """A study with what was collected of its points.

    Attributes
    ----------
    study
        As it was written.
    points
        Values of the parameters of each point, by dotted key.
    collected : (points, 3) by name
        Value, low and high end; not a number where a point has no results.
    failures
        Why a point has no results; empty if it has.
    doubts
        What makes the numbers of a point less sure, a line each; empty if nothing does.
    """

    study: Study
    points: Points
    collected: Mapping[str, np.ndarray]
    failures: Sequence[str]
    doubts: Sequence[str]

    @cached_property
    def good(self) -> np.ndarray:
        """Indices of the points that have results."""
        return np.flatnonzero([not failure for failure in self.failures])

    @cached_property
    def common_doubts(self) -> list[str]:
        """Doubts that all points with results share."""
        return common([self.doubts[i] for i in self.good])

    @cached_property
    def own_doubts(self) -> list[list[str]]:
        """Doubts of each point beside those that all share."""
        return own(self.doubts, self.common_doubts)

    @cached_property
    def doubted(self) -> np.ndarray:
        """(good,), whether a point has doubts of its own."""
        return np.array([bool(self.own_doubts[i]) for i in self.good], bool)

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """Numbers of the good points (good,) by parameter."""
        columns = columns_of([{key: point[key] for key in self.study.parameters} for point in self.points])
        return {key: values[self.good] for key, values in columns.items()}

    @cached_property
    def beside(self) -> np.ndarray:
        """(good,), whether a point stands beside the design."""
        return self.good >= len(self.points) - len(self.study.beside)

    @cached_property
    def curves(self) -> list[Curve]:
        """Yields against parameters."""
        return curves([self.points[i] for i in self.good], self.numbers)

    @cached_property
    def numbers(self) -> dict[str, np.ndarray]:
        """Collected numbers of the good points (good, 3) by name."""
        return {name: values[self.good] for name, values in self.collected.items()}

    @cached_property
    def repeated(self) -> dict[str, np.ndarray]:
        """Collected numbers of the good points (good,), where points repeat one experiment; else none.

        They do where all that varies is the seed, or the fold or split of one data set.
        """
        keys = list(self.study.parameters)
        repeats = len(keys) == 1 and (keys[0] == "seed" or keys[0].endswith(".fold.number"))
        if not repeats or len(self.good) < _FEWEST:
            return {}
        return {name: values[:, 0] for name, values in self.numbers.items()}

    @cached_property
    def indices(self) -> dict[str, list[Index]]:
        """Sobol indices of the collected numbers that can be ranked."""
        saltelli = self.study.design == "sobol" and len(self.good) == len(self.points)
        ranked = {
            name: sobol_indices(self.parameters, values[:, 0], saltelli, self.study.seed)
            for name, values in (self.numbers if len(self.good) else {}).items()
        }
        return {name: indices for name, indices in ranked.items() if indices}

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Provenance of the table."""
        return container.provenance({"study": self.study.model_dump(mode="json")})


def read_results(
    header: Mapping[str, Any], points: Points, paths: Sequence[str], numbers: Sequence[Sequence[Sequence[int]]]
) -> StudyResults:
    """Read the batches of a study.

    Parameters
    ----------
    header
        Contents of the study's file.
    points
        Values of the parameters of each point, by dotted key.
    paths
        Files of the batches.
    numbers
        Which points each row of each of these files is of.

    Raises
    ------
    magbayes.data.container.FileFormatError
        A file is absent, damaged or foreign.
    """
    study = Study.model_validate(header)
    collected = {name: np.full((len(points), 3), np.nan) for name in study.collect}
    forms = batches.forms(study.collect)
    failures, doubts = [""] * len(points), [""] * len(points)
    for path, rows in zip(paths, numbers, strict=True):
        batch = container.read(path, batches.KIND, batches.VERSION, forms)
        for members, failure, doubt in zip(rows, batch["failure"], batch["doubts"], strict=True):
            for point in members:
                failures[point], doubts[point] = str(failure), str(doubt)
        for name in study.collect:
            for row, values in zip(batch["good"], batch[f"collected/{name}"], strict=True):
                collected[name][rows[row]] = values
    return StudyResults(study, points, collected, failures, doubts)


def common(doubts: Sequence[str]) -> list[str]:
    """Lines that all of `doubts` hold, in the order of the first."""
    first, *others = [text.splitlines() for text in doubts] or [[]]
    return [line for line in first if all(line in lines for lines in others)]


def own(doubts: Sequence[str], shared: Sequence[str]) -> list[list[str]]:
    """Lines of each of `doubts` beside those that all share."""
    return [[line for line in text.splitlines() if line not in shared] for text in doubts]


def table_text(results: StudyResults) -> str:
    """The table as CSV: a row for each point, an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = ("", "_low", "_high")
    headings = [f"{name}{end}" for name in results.collected for end in ends]
    writer.writerow(["point", *results.points[0], *headings, "failure", "doubts"])
    rows = zip(results.points, results.failures, results.doubts, strict=True)
    for number, (point, failure, doubts) in enumerate(rows, start=1):
        values = [value for name in results.collected for value in results.collected[name][number - 1]]
        cells = ["" if np.isnan(value) else repr(float(value)) for value in values]
        writer.writerow([number, *point.values(), *cells, failure, doubts.replace("\n", " | ")])
    return text.getvalue()


def write_table(path: str | os.PathLike[str], results: StudyResults) -> None:
    """Write the table as HDF5: `good` says which points the collected numbers belong to."""
    data = {
        "failure": Quantity(list(results.failures), "1", "why a point has no results; empty if it has"),
        "doubts": Quantity(list(results.doubts), "1", batches.DOUBTS),
        "good": Quantity(results.good, "1", "rows of the points that have results"),
    }
    for key in results.points[0]:
        column = [point[key] for point in results.points]
        numeric = all(isinstance(value, int | float) for value in column)
        data[f"parameters/{key}"] = Quantity(
            column if numeric else list(map(str, column)), "SI", "values of the parameter, of all points"
        )
    for name, values in results.numbers.items():
        data[f"collected/{name}"] = Quantity(
            values, unit_of(name), "collected number of the good points: value, and its 95 % interval"
        )
    container.write(path, KIND, VERSION, data, results.provenance)


def columns_of(points: Points) -> dict[str, np.ndarray]:
    """Values of the parameters as numbers, where they are none by their place in a sorted list."""
    columns = {}
    for key in points[0]:
        column = [point[key] for point in points]
        if not all(isinstance(value, int | float) for value in column):
            places = {text: place for place, text in enumerate(sorted(set(map(str, column))))}
            column = [places[str(value)] for value in column]
        columns[key] = np.array(column, float)
    return columns


def fronts(numbers: Mapping[str, np.ndarray], doubted: np.ndarray) -> dict[str, Figure]:
    """Figures of energy against calibration, for each data set of which both were collected."""
    drawings = {}
    for name in [name.removesuffix("/energy") for name in numbers if name.endswith("/energy")]:
        energy = numbers[f"{name}/energy"]
        if f"{name}/ece" in numbers:
            quality, text = numbers[f"{name}/ece"], "calibration error (ECE)"
        elif f"{name}/coverage_90" in numbers:
            quality, text = coverage_distance(numbers[f"{name}/coverage_90"], 0.9), "distance of coverage from 90 %"
        else:
            continue
        best = pareto_front(energy[:, 0], quality[:, 0])
        drawings[f"front_{name}"] = study_figures.pareto(energy, quality, best, doubted, name, text)
    return drawings


def pictures(results: StudyResults) -> dict[str, bytes]:
    """Figures as SVG by the name of their caption; none where no point has results."""
    if not len(results.good):
        return {}
    use_style()
    numbers = results.numbers
    units = {name: unit_of(name) for name in numbers}
    shown = study_figures.as_read(results.parameters, {key: unit_of_key(key) for key in results.parameters})
    if results.study.design == "zip":
        # The others change with the first.
        shown = dict(list(shown.items())[:1])
    drawings = {"against": study_figures.against_parameters(shown, numbers, units, results.doubted, results.beside)}
    drawings |= fronts(numbers, results.doubted)
    varying = {key: values for key, values in shown.items() if len(np.unique(values)) > 1}
    if len(varying) > 1:
        drawings |= {
            f"pairs_{name}": study_figures.pairs(
                varying, name, values[:, 0], units[name], results.doubted, results.beside
            )
            for name, values in numbers.items()
        }
    if results.curves:
        drawings["tolerance"] = study_figures.tolerances(results.curves)
    if results.indices:
        drawings["ranking"] = study_figures.ranking(results.indices)
    return {name: svg(drawing) for name, drawing in drawings.items()}


def page(results: StudyResults, pictures: Mapping[str, bytes]) -> str:
    """The report as HTML."""
    return pages.render(
        "study.html.j2",
        study=results.study,
        points=results.points,
        failed=study_tables.failed(results.points, results.failures),
        doubts=results.common_doubts,
        doubted=study_tables.doubted(results.points, results.own_doubts),
        doubted_points=int(results.doubted.sum()),
        means=study_tables.means(results.repeated),
        tolerances=study_tables.tolerances(results.curves),
        results=study_tables.results(results.points, results.collected, results.own_doubts),
        with_total=any(index.total is not None for indices in results.indices.values() for index in indices),
        ranked_points=len(results.good),
        unranked=statements.unranked(results.parameters, results.numbers, results.indices),
        figures={name: data_uri(picture) for name, picture in pictures.items()},
        names=list(results.numbers),
        without_interval=[name for name, values in results.numbers.items() if (values[:, 1] == values[:, 2]).all()],
        provenance=results.provenance,
    )
