"""The table of a study, and its report, from the results of its batches."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from magbayes.compact_models.numbers import OfCells
from magbayes.data import container
from magbayes.data.container import Quantity
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.numbers import metric_of
from magbayes.system.metrics.front import pareto_front
from magbayes.system.metrics.paired import DRAWS, Measured, difference
from magbayes.system.metrics.pooling import Pooled, over_folds, over_repeats, pooled
from magbayes.system.metrics.regression import coverage_distance
from magbayes.system.metrics.sensitivity import Index, Ranking, sobol_indices
from magbayes.workflow.report import pages, statements
from magbayes.workflow.report.conclusion import conclusions
from magbayes.workflow.report.figures import plotting
from magbayes.workflow.report.figures import study as study_figures
from magbayes.workflow.report.figures.plotting import Picture, picture, use_style
from magbayes.workflow.report.names import number_name, parameter_name
from magbayes.workflow.report.parameters import parameters_of
from magbayes.workflow.report.reading import pretty
from magbayes.workflow.report.tables import study as study_tables
from magbayes.workflow.report.tolerance import Curve, curves
from magbayes.workflow.studies import points as batches
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.resolving import Sight, line, sight
from magbayes.workflow.studies.sensitivities import Sensitivity, by_points, by_reweighting
from magbayes.workflow.studies.study import Study, configured, fold_key, folds_of, repeats

KIND, VERSION = "magbayes study", 4

REMARK = "columns are drawn as Gaussians"
"""What the line of a chip has that is a remark on its method with the error of it, and puts no number in doubt."""

Points = Sequence[Mapping[str, Any]]

DESIGNS = {"grid": "a grid", "zip": "values in step", "latin": "a Latin hypercube", "sobol": "Saltelli's points"}
"""What a reader calls the designs of a study."""

_FEWEST = 3
"""Points of which mean and spread are given."""

_COMPARED = 20
"""Points whose differences from the reference tell what a study sees."""

_COLLECTED = "collected number of the good points: value, and its 95 % interval"
_POOLED = "mean of a collected number over points that repeat one experiment, and its 95 % interval"
_CHANGE = "collected number of the good points less that of the reference: value, and its paired 95 % interval"


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
    reference
        Number of the point that others are compared with, from 0.
    pairing
        What pairs the numbers of each point with those of others, by name; empty if the point has no results.
    cells
        How its numbers follow the parameters of the cells, by name.
    base
        Values that all points share.
    """

    study: Study
    points: Points
    collected: Mapping[str, np.ndarray]
    failures: Sequence[str]
    doubts: Sequence[str]
    reference: int = 0
    pairing: Sequence[Mapping[str, Mapping[str, np.ndarray]]] = ()
    cells: Sequence[Mapping[str, OfCells]] = ()
    base: Mapping[str, Any] = field(default_factory=dict)

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
    def pooled(self) -> dict[str, Pooled]:
        """Collected numbers over the good points, where these repeat one experiment; else none.

        They do where all that varies is the seed, and folds or splits of data sets.
        """
        if not all(map(repeats, self.study.parameters)):
            return {}
        found = {name: self._pooled(name) for name in self.collected}
        return {name: one for name, one in found.items() if one}

    def _pooled(self, name: str) -> Pooled | None:
        """A number over the points that differ in the seed or in the fold of its own data; None of fewer than three."""
        fold = fold_key(name.split("/")[0])
        keys = [key for key in ("seed", fold) if key in self.study.parameters]
        places: dict[tuple[Any, ...], int] = {}
        for place, i in enumerate(self.good):
            places.setdefault(tuple(self.points[i][key] for key in keys), place)
        if len(places) < _FEWEST:
            return None
        measured = self.measured(name)
        own = [measured[place] for place in places.values()]
        # What the coefficients of costs leave open is the same in every fold.
        if fold not in keys or not folds_of(self.base, name.split("/")[0]) or DRAWS in own[0].pairing:
            return pooled([one.estimate for one in own], over_repeats([one.estimate for one in own]))
        groups: dict[Any, list[Measured]] = {}
        for (*seed, _), one in zip(places, own, strict=True):
            groups.setdefault(tuple(seed), []).append(one)
        metric = metric_of(name.split("/")[1])
        divisions = [
            over_folds(metric, [one.estimate.value for one in group], [one.pairing for one in group])
            for group in groups.values()
        ]
        whole = divisions[0] if len(divisions) == 1 else over_repeats(divisions)
        return pooled([one.estimate for one in own], whole)

    def measured(self, name: str) -> list[Measured]:
        """A number of the good points, with what pairs it."""
        pairs = [self.pairing[i].get(name, {}) if self.pairing else {} for i in self.good]
        values = (Estimate(*map(float, self.collected[name][i])) for i in self.good)
        return [Measured(*both) for both in zip(values, pairs, strict=True)]

    @cached_property
    def place(self) -> int | None:
        """Place of the reference among the good points; None if it has no results, or nothing else has."""
        found = np.flatnonzero(self.good == self.reference)
        return int(found[0]) if len(found) and len(self.good) > 1 else None

    @cached_property
    def changes(self) -> dict[str, np.ndarray]:
        """Collected numbers less those of the reference, with paired intervals (good, 3), by name."""
        if self.place is None:
            return {}
        found = {}
        for name in self.collected:
            measured = self.measured(name)
            theirs, metric = measured[self.place], metric_of(name.split("/")[1])
            found[name] = np.array([difference(metric, ours, theirs, self.study.seed) for ours in measured])
        return found

    @cached_property
    def seen(self) -> dict[str, Sight]:
        """Which change of each number the study sees."""
        found = {}
        for name in self.collected if self.place is not None else ():
            first, *others = np.roll(np.arange(len(self.good)), -self.place)  # type: ignore[operator]
            some = others[:: -(-len(others) // _COMPARED)]
            measured = self.measured(name)
            if seen := sight(name, [measured[i] for i in (first, *some)], None, self.study.seed):
                found[name] = seen
        return found

    @cached_property
    def sensitivities(self) -> list[Sensitivity]:
        """D ln of collected numbers by d ln of parameters, about the reference."""
        if self.place is None:
            return []
        columns = {key: values for key, values in self.parameters.items() if _numeric(self.points, key)}
        measured = {name: self.measured(name) for name in self.collected}
        tied = self.study.design == "zip"
        found = by_points(columns, measured, self.place, tied, self.study.seed)
        cells = self.cells[self.reference] if self.cells else {}
        widths = by_reweighting(configured(self.base, self.points[self.reference]), cells) if cells else []
        return [*(each for each in widths if each.number in self.collected), *found]

    @cached_property
    def rankings(self) -> dict[str, Ranking]:
        """How parameters rank for the collected numbers that could be ranked."""
        if self.study.design == "zip" or not len(self.good):
            return {}
        ranked = {
            name: sobol_indices(self.parameters, values[:, 0], self.at_shares, self.study.seed)
            for name, values in self.numbers.items()
        }
        return {name: ranking for name, ranking in ranked.items() if ranking}

    @cached_property
    def indices(self) -> dict[str, list[Index]]:
        """Sobol indices by number, of those whose surrogate predicts points that it has not seen."""
        return {name: ranking.indices for name, ranking in self.rankings.items() if ranking.indices}

    def at_shares(self, shares: np.ndarray) -> np.ndarray:
        """Numbers (places, parameters), as in `parameters`, at shares from 0 to 1 of what these take in the study."""
        columns = []
        for (key, parameter), share in zip(self.study.parameters.items(), shares.T, strict=True):
            if self.study.design in ("latin", "sobol"):
                values = parameter.at(share)
            else:
                ladder = parameter.ladder()
                values = [ladder[i] for i in np.minimum((share * len(ladder)).astype(int), len(ladder) - 1)]
            columns.append(_as_numbers(values, [point[key] for point in self.points]))
        return np.column_stack(columns)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Provenance of the table."""
        return container.provenance({"study": self.study.model_dump(mode="json")})


def read_results(
    header: Mapping[str, Any],
    points: Points,
    paths: Sequence[str],
    numbers: Sequence[Sequence[Sequence[int]]],
    reference: int = 0,
    base: Mapping[str, Any] | None = None,
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
    reference
        Number of the point that others are compared with, from 0.
    base
        Values that all points share; those of the default if left out.

    Raises
    ------
    magbayes.data.container.FileFormatError
        A file is absent, damaged or foreign.
    """
    study = Study.model_validate(header)
    collected = {name: np.full((len(points), 3), np.nan) for name in study.collect}
    failures, doubts = [""] * len(points), [""] * len(points)
    pairing: list[Mapping[str, Mapping[str, np.ndarray]]] = [{}] * len(points)
    cells: list[Mapping[str, OfCells]] = [{}] * len(points)
    for path, rows in zip(paths, numbers, strict=True):
        batch = batches.read_batch(path, study.collect)
        for members, failure, doubt in zip(rows, batch["failure"], batch["doubts"], strict=True):
            for point in members:
                failures[point], doubts[point] = str(failure), str(doubt)
        for name in study.collect:
            for row, values in zip(batch["good"], batch[f"collected/{name}"], strict=True):
                collected[name][rows[row]] = values
        held = zip(batch["good"], batches.pairing_in(batch, study.collect), batches.cells_in(batch), strict=True)
        for row, pairs, follow in held:
            for point in rows[row]:
                pairing[point], cells[point] = pairs, follow
    return StudyResults(study, points, collected, failures, doubts, reference, pairing, cells, base or {})


def common(doubts: Sequence[str]) -> list[str]:
    """Lines that all of `doubts` hold, in the order of the first."""
    first, *others = [text.splitlines() for text in doubts] or [[]]
    return [line for line in first if all(line in lines for lines in others)]


def own(doubts: Sequence[str], shared: Sequence[str]) -> list[list[str]]:
    """Lines of each of `doubts` beside those that all share, and without remarks on a method."""
    return [[line for line in text.splitlines() if line not in shared and REMARK not in line] for text in doubts]


def table_text(results: StudyResults) -> str:
    """The table as CSV: a row for each point, an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = ("", "_low", "_high")
    headings = [f"{name}{end}" for name in results.collected for end in ends]
    headings += [f"{name}_change{end}" for name in results.changes for end in ends]
    writer.writerow(["point", *results.points[0], *headings, "failure", "doubts"])
    rows = zip(results.points, results.failures, results.doubts, strict=True)
    columns = [*results.collected.values(), *(_of_all(results, values) for values in results.changes.values())]
    for number, (point, failure, doubts) in enumerate(rows, start=1):
        values = [value for column in columns for value in column[number - 1]]
        cells = ["" if np.isnan(value) else repr(float(value)) for value in values]
        writer.writerow([number, *point.values(), *cells, failure, doubts.replace("\n", " | ")])
    return text.getvalue()


def _of_all(results: StudyResults, values: np.ndarray) -> np.ndarray:
    """Numbers (points, 3) from those of the good points; not a number elsewhere."""
    every = np.full((len(results.points), 3), np.nan)
    every[results.good] = values
    return every


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
        data[f"collected/{name}"] = Quantity(values, unit_of(name), _COLLECTED)
    for name, values in results.changes.items():
        data[f"changes/{name}"] = Quantity(values, unit_of(name), _CHANGE)
    for name, whole in results.pooled.items():
        data[f"pooled/{name}"] = Quantity(np.array(whole.estimate), unit_of(name), _POOLED)
    data["reference"] = Quantity(results.reference, "1", "row of the point that others are compared with")
    text = "d ln of a collected number / d ln of a parameter about the reference: value, and its 95 % interval"
    for each in results.sensitivities:
        data[f"sensitivities/{each.how}/{each.number}/{each.parameter}"] = Quantity(np.array(each.slope), "1", text)
    container.write(path, KIND, VERSION, data, results.provenance)


def columns_of(points: Points) -> dict[str, np.ndarray]:
    """Values of the parameters as numbers, where they are none by their place in a sorted list."""
    columns = {}
    for key in points[0]:
        column = [point[key] for point in points]
        columns[key] = _as_numbers(column, column)
    return columns


def _numeric(points: Points, key: str) -> bool:
    return all(isinstance(point[key], int | float) for point in points)


def _as_numbers(values: Sequence[Any], column: Sequence[Any]) -> np.ndarray:
    """Values as numbers, where those of all points are none by their place in these, sorted."""
    if all(isinstance(value, int | float) for value in column):
        return np.array(values, float)
    places = {text: place for place, text in enumerate(sorted(set(map(str, column))))}
    # What no point has lies between none of them.
    return np.array([places.get(str(value), 0) for value in values], float)


def fronts(numbers: Mapping[str, np.ndarray], doubted: np.ndarray) -> dict[str, Figure]:
    """Figures of energy against calibration, for each data set of which both were collected."""
    drawings = {}
    for name in [name.removesuffix("/energy") for name in numbers if name.endswith("/energy")]:
        energy = numbers[f"{name}/energy"]
        if f"{name}/ece" in numbers:
            quality, text = numbers[f"{name}/ece"], "calibration error (ECE) / %"
        elif f"{name}/coverage_90" in numbers:
            quality = coverage_distance(numbers[f"{name}/coverage_90"], 0.9)
            text = "distance of coverage from 90 % / points"
        else:
            continue
        best = pareto_front(energy[:, 0], quality[:, 0])
        drawings[f"front_{name}"] = study_figures.pareto(energy, quality, best, doubted, name, text)
    return drawings


def pictures(results: StudyResults) -> dict[str, Picture]:
    """Figures by the name of their caption; none where no point has results."""
    if not len(results.good):
        return {}
    use_style()
    numbers = results.numbers
    units = {name: unit_of(name) for name in numbers}
    shown = study_figures.as_read(results.parameters, parameters_of(results.points))
    if results.study.design == "zip":
        # The others change with the first.
        shown = dict(list(shown.items())[:1])
    drawings = {"against": study_figures.against_parameters(shown, numbers, units, results.doubted, results.beside)}
    if results.changes:
        drawings["changes"] = study_figures.changes(shown, results.changes, units, results.doubted)
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
    return {name: picture(drawing) for name, drawing in drawings.items()}


def page(results: StudyResults, pictures: Mapping[str, Picture]) -> str:
    """The report as HTML."""
    names = {name: number_name(name) for name in results.numbers}
    seen = {
        name: line(name, seen, results.study.resolve.get(name), study_figures.change_scale(name, unit_of(name)))
        for name, seen in results.seen.items()
    }
    return pages.render(
        "study.html.j2",
        study=results.study,
        parameters=[parameter_name(key) for key in results.study.parameters],
        design=DESIGNS[results.study.design],
        conclusions=conclusions(results),
        points=results.points,
        failed=study_tables.failed(results.points, results.failures),
        doubts=list(map(pretty, results.common_doubts)),
        doubted=study_tables.doubted(results.points, results.own_doubts),
        doubted_points=int(results.doubted.sum()),
        means=study_tables.means(results.pooled),
        tolerances=study_tables.tolerances(results.curves),
        results=study_tables.results(results.points, results.collected, results.own_doubts),
        reference=study_tables.where(results.points, results.reference) if results.changes else "",
        changes=study_tables.changes(results.points, results.good, results.changes, results.reference),
        seen=[pretty(f"{names[name]}{text.removeprefix(name)}") for name, text in seen.items()],
        sensitivities=study_tables.sensitivities(results.sensitivities, tied=results.study.design == "zip"),
        predicted={names[name]: ranking.predicted for name, ranking in results.rankings.items() if ranking.indices},
        unranked=statements.unranked(results.parameters, results.numbers, results.rankings, results.study.design),
        figures=plotting.shown(pictures),
        names=names,
        without_interval=[
            names[name] for name, values in results.numbers.items() if (values[:, 1] == values[:, 2]).all()
        ],
        provenance=results.provenance,
    )
