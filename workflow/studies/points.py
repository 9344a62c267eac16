"""Work on a batch of a study's points, one after another, and write what is collected of each."""

import io
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from magbayes.workflow import job

KIND, VERSION = "magbayes points", 1


def work_on(
    base: Mapping[str, Any],
    points: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    made: Mapping[str, Path],
    seconds: dict[str, list[float]],
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Hash, collected estimates, and why there are none, of each point.

    A point whose device or network is impossible is an answer, and no reason to leave out the others. An error of the
    machine, or of a program that was killed, is none: it ends the batch, and the next run goes on from there.
    """
    from tqdm import tqdm

    from magbayes.workflow.store import Files
    from magbayes.workflow.studies.collecting import collect, tasks_for
    from magbayes.workflow.studies.study import configured
    from magbayes.workflow.tasks import tasks_of

    targets = tasks_for(names)
    every = []
    for point in points:
        configuration = configured(base, point)
        every.append(Files(tasks_of(configuration, configuration.engine), made))
    missing = {files.path(name) for files in every for name in files.missing(targets)}
    # A log has lines, and no place to go back to: the bar is printed anew after each file.
    with tqdm(total=len(missing), unit="file", file=io.StringIO(), ncols=72) as progress:
        for files in every:
            start = time.perf_counter()
            try:
                for name in files.make(targets):
                    progress.update(files.path(name) in missing)
                    print(progress, file=sys.stderr)
                    seconds.setdefault(files.tasks[name].rule, []).append(time.perf_counter() - start)
                    start = time.perf_counter()
                found, failure = files.read(targets, partial(collect, names, files.path)), ""
            except (ValueError, NotImplementedError, FloatingPointError) as error:
                found, failure = {}, " ".join(str(error).split())
                print(f"point without results: {failure}", file=sys.stderr)
            yield identity(files, targets), found, failure


def identity(files: Any, targets: Sequence[str]) -> str:
    """Hash of all that the results of a point depend on."""
    return "-".join(files.digest(name)[:16] for name in targets)


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import numpy as np

    from magbayes.data import container
    from magbayes.data.container import Quantity
    from magbayes.workflow.studies.collecting import unit_of

    params, seconds = snakemake.params, {}
    made = {Path(path).stem: Path(path) for path in snakemake.input}
    rows = list(work_on(params.base, params.points, params.collect, made, seconds))
    good = [i for i, (_, found, _) in enumerate(rows) if found]
    data = {
        "point": Quantity([point for point, _, _ in rows], "1", "hash of all that a point depends on"),
        "failure": Quantity([failure for *_, failure in rows], "1", "why a point has no results; empty if it has"),
        "good": Quantity(np.array(good, int), "1", "rows of the points that have results"),
    }
    for name in params.collect:
        values = np.array([rows[i][1][name] for i in good], float).reshape(-1, 3)
        data[f"collected/{name}"] = Quantity(values, unit_of(name), "of good points: value, and its 95 % interval")
    source = container.provenance({"base": params.base, "points": params.points})
    container.write(snakemake.output[0], KIND, VERSION, data, source)
    lines = [f"{rule}\t{each:.3f}" for rule, times in seconds.items() for each in times]
    job.write_text(Path(params.times), "\n".join(["rule\ts", *lines, ""]))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
