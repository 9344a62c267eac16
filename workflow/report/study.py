"""Write a study's table and its report from the results of its batches."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from magbayes.workflow import job
from magbayes.workflow.studies.collecting import unit_of

KIND, VERSION = "magbayes study", 1


def read_batches(paths: Sequence[str], numbers: Sequence[Sequence[int]], names: Sequence[str]) -> tuple[Any, list[str]]:
    """Collected numbers (points, 3) by name, not a number where there is none, and why by point."""
    from magbayes.data import container
    from magbayes.workflow.studies import points as run_points

    count = sum(map(len, numbers))
    collected = {name: np.full((count, 3), np.nan) for name in names}
    failures = [""] * count
    for path, points in zip(paths, numbers, strict=True):
        batch = container.read(path, run_points.KIND, run_points.VERSION)
        for point, failure in zip(points, batch["failure"], strict=True):
            failures[point] = str(failure)
        for name in names:
            collected[name][np.array(points)[batch["good"]]] = batch[f"collected/{name}"]
    return collected, failures


def table_text(
    points: Sequence[Mapping[str, Any]], collected: Mapping[str, np.ndarray], failures: Sequence[str]
) -> str:
    """The table as CSV: a row for each point, an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = ("", "_low", "_high")
    writer.writerow(["point", *points[0], *(f"{name}{end}" for name in collected for end in ends), "failure"])
    for number, (point, failure) in enumerate(zip(points, failures, strict=True), start=1):
        found = [value for name in collected for value in collected[name][number - 1]]
        writer.writerow([number, *point.values(), *("" if np.isnan(v) else repr(float(v)) for v in found), failure])
    return text.getvalue()


def table_data(
    points: Sequence[Mapping[str, Any]], collected: Mapping[str, np.ndarray], failures: Sequence[str]
) -> Any:
    """The table for HDF5: `good` says which points the collected numbers belong to."""
    from magbayes.data.container import Quantity

    good = np.flatnonzero([not failure for failure in failures])
    data = {
        "failure": Quantity(list(failures), "1", "why a point has no results; empty if it has"),
        "good": Quantity(good, "1", "rows of the points that have results"),
    }
    for key in points[0]:
        column = [point[key] for point in points]
        numeric = all(isinstance(value, int | float) for value in column)
        data[f"parameters/{key}"] = Quantity(column if numeric else list(map(str, column)), "SI", "of all points")
    for name, values in collected.items():
        data[f"collected/{name}"] = Quantity(
            values[good], unit_of(name), "of good points: value, and its 95 % interval"
        )
    return data


def columns_of(points: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Values of the parameters as numbers, where they are none by their place in a sorted list."""
    columns = {}
    for key in points[0]:
        column = [point[key] for point in points]
        if not all(isinstance(value, int | float) for value in column):
            places = {text: place for place, text in enumerate(sorted(set(map(str, column))))}
            column = [places[str(value)] for value in column]
        columns[key] = np.array(column, float)
    return columns


def fronts(collected: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Figures of energy against calibration, for each data set of which both were collected."""
    from magbayes.workflow.report.figures import study as figures_study
    from magbayes.workflow.studies.ranking import front

    drawings = {}
    for name in [name.removesuffix("/energy") for name in collected if name.endswith("/energy")]:
        energy = collected[f"{name}/energy"]
        if f"{name}/ece" in collected:
            quality, text = collected[f"{name}/ece"], "calibration error (ECE)"
        elif f"{name}/coverage_90" in collected:
            share = collected[f"{name}/coverage_90"]
            distance = np.abs(share - 0.9)
            quality = np.column_stack([distance[:, 0], distance.min(axis=1), distance.max(axis=1)])
            text = "distance of coverage from 90 %"
        else:
            continue
        drawings[f"front_{name}"] = figures_study.pareto(
            energy, quality, front(energy[:, 0], quality[:, 0]), name, text
        )
    return drawings


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.workflow.configuration import unit_of_key
    from magbayes.workflow.report import pages
    from magbayes.workflow.report.figures import study as figures_study
    from magbayes.workflow.report.figures.plotting import data_uri, svg, use_style
    from magbayes.workflow.report.tables import study as tables_study
    from magbayes.workflow.studies.ranking import rank
    from magbayes.workflow.studies.study import Study

    use_style()
    params, output = snakemake.params, snakemake.output
    study = Study.model_validate(params.study)
    points = params.points
    collected, failures = read_batches(snakemake.input.batches, params.numbers, study.collect)
    provenance = container.provenance({"study": study.model_dump(mode="json")})
    good = np.flatnonzero([not failure for failure in failures])
    columns = {key: values[good] for key, values in columns_of(points).items()}
    found = {name: values[good] for name, values in collected.items()}
    indices = {}
    for name, values in found.items():
        whole = len(good) == len(points)
        if len(good) and (ranked := rank(study.design, columns, values[:, 0], whole, study.seed)):
            indices[name] = ranked
    drawings = {}
    if len(good):
        shown = figures_study.as_read(columns, {key: unit_of_key(key) for key in columns})
        drawings["against"] = figures_study.against_parameters(shown, found, {n: unit_of(n) for n in found})
        drawings |= fronts(found)
        varying = {key: values for key, values in shown.items() if len(np.unique(values)) > 1}
        if len(varying) > 1:
            drawings |= {f"pairs_{n}": figures_study.pairs(varying, n, v[:, 0], unit_of(n)) for n, v in found.items()}
        if indices:
            drawings["ranking"] = figures_study.ranking(indices)
    pictures = {name: svg(drawing) for name, drawing in drawings.items()}
    page = pages.render(
        "study.html.j2",
        study=study,
        points=points,
        failed=tables_study.failed(points, failures),
        results=tables_study.results(points, collected),
        figures={name: data_uri(content) for name, content in pictures.items()},
        names=list(found),
        indices=indices,
        without_interval=[name for name, values in found.items() if (values[:, 1] == values[:, 2]).all()],
        provenance=provenance,
    )
    job.write_text(Path(output.csv), table_text(points, collected, failures))
    container.write(output.hdf5, KIND, VERSION, table_data(points, collected, failures), provenance)
    for name, content in pictures.items():
        job.write_text(Path(output.figures) / f"{name.replace('/', '-')}.svg", content.decode())
    job.write_text(Path(output.page), page)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
