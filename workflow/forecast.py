"""For the person who waits: what a run would take, and what it found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from statistics import mean
from typing import Any


def seconds_in(path: Path) -> list[float]:
    """Times in a benchmark of Snakemake, or in the list that a batch of points leaves."""
    lines = path.read_text(encoding="utf-8").splitlines()
    column = lines[0].split("\t").index("s")
    return [float(line.split("\t")[column]) for line in lines[1:]]


def in_words(seconds: float) -> str:
    """A time for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def earlier(benchmarks: Iterable[str]) -> list[float]:
    """What jobs took before: their own times, or else those of the same jobs in other scenarios and points."""
    found: list[float] = []
    for text in benchmarks:
        path = Path(text)
        inner = Path(*path.parts[2:])
        # Jobs of one kind have their benchmarks in one folder below that of the scenario, which itself has all kinds.
        alike = path.parent.glob("*.tsv") if len(inner.parts) > 1 else []
        places = [path] if path.is_file() else list(Path("logs").glob(f"*/{inner}")) or list(alike)
        for place in places[:20]:
            found += seconds_in(place)
    return found


def point_times() -> dict[str, float]:
    """Mean time in s of the tasks of points, by rule, as earlier batches took."""
    times: dict[str, list[float]] = {}
    for path in sorted(Path("logs/points/batch").glob("*.times.tsv"))[-50:]:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            rule, seconds = line.split("\t")
            times.setdefault(rule, []).append(float(seconds))
    return {rule: mean(values) for rule, values in times.items()}


def explain(jobs: Mapping[str, list[str]], tasks: Mapping[str, int], cores: int) -> str:
    """What a run would do and about how long it would take.

    Parameters
    ----------
    jobs
        Benchmark files of the jobs to run, by rule.
    tasks
        Files that batches of points have to make, by rule.
    cores
        Jobs at a time.
    """
    known = {rule: earlier(benchmarks) for rule, benchmarks in jobs.items() if rule != "points"}
    rows = [(len(jobs[rule]), rule, mean(times) if times else None) for rule, times in known.items()]
    times_of_points = point_times()
    batches = f" in {len(jobs.get('points', ()))} batches of points"
    rows += [(count, f"{rule}{batches}", times_of_points.get(rule)) for rule, count in tasks.items() if count]
    lines = [
        f"  {count:6d} {what}: {'time unknown' if seconds is None else in_words(seconds) + ' each'}"
        for count, what, seconds in rows
    ]
    total = sum(count * seconds for count, _, seconds in rows if seconds is not None)
    unknown = sum(count for count, _, seconds in rows if seconds is None)
    about = f"about {in_words(total / cores)} on {cores} cores, by earlier runs" if total else "no time is known"
    rest = f"; {unknown} jobs of unknown time are not in it" if total and unknown else ""
    return "\n".join(["What would run:", *lines, f"  {about}{rest}"])


def explain_dry_run(workflow: Any, tasks: Mapping[str, int]) -> None:
    """Print what a dry run would do, once it has found out."""
    if not workflow.dryrun or workflow.dag is None:
        return
    jobs: dict[str, list[str]] = {}
    for job in workflow.dag.needrun_jobs(exclude_finished=False):
        if job.benchmark:
            jobs.setdefault(job.rule.name, []).append(str(job.benchmark))
    if jobs:
        print(explain(jobs, tasks if "points" in jobs else {}, workflow.cores or 1))


def summary(results: Path, networks: Collection[str] = ()) -> str:
    """Where a report is with the numbers of a scenario's devices and `networks`, or of a study's points."""
    from magbayes.data import container

    report = results / "report.html"
    if (table := results / "table.h5").is_file():
        from magbayes.workflow.report import study as make_study

        contents = container.read(table, make_study.KIND, make_study.VERSION)
        return "\n".join([f"The report is {report}, the table {results / 'table.csv'}", *_ranges(contents)])
    if not report.is_file():
        return ""
    from magbayes.compact_models import store as model_store

    models = model_store.load(results / "compact_models.h5")
    low, high = (1e6 * value for value in models.smtj.sigma_range)
    lines = [
        f"The report is {report}",
        f"  stochastic MTJ    sigma {low:.3g} to {high:.3g} µS",
        f"  domain-wall MTJ   {len(models.dwmtj.level_mean)} levels",
        *(f"  {name:<17} {_found(results / 'accelerator' / f'{name}.h5')}" for name in networks),
    ]
    return "\n".join(lines)


def _ranges(table: Any) -> list[str]:
    """How many points of a study have results, and from where to where each collected number goes, a line each."""
    from magbayes.workflow.report.figures.study import SCALES

    good, every = len(table["good"]), len(table["failure"])
    lines = [f"  {good} of {every} points have results"]
    names = [path.removeprefix("collected/") for path in table.data if path.startswith("collected/")]
    if good:
        width = max(map(len, names))
        for name in names:
            factor, unit = SCALES[table.units[f"collected/{name}"]]
            values = factor * table[f"collected/{name}"][:, 0]
            lines.append(f"  {name:<{width}}  {values.min():.3g} to {values.max():.3g} {unit}".rstrip())
    return lines


def _found(path: Path) -> str:
    """What a network does on the accelerator, in a line."""
    from magbayes.system.evaluation.results import metrics_of, read_evaluation

    evaluation = read_evaluation(path)
    metrics = {name: value.value for name, value in metrics_of(evaluation, "variants")["accelerator"].items()}
    energy = sum(float(values.sum()) for name, values in evaluation.data.items() if name.startswith("cost/energy/"))
    quality = (
        f"accuracy {100 * metrics['accuracy']:.1f} %, calibration error (ECE) {100 * metrics['ece']:.1f} %"
        if "accuracy" in metrics
        else f"RMSE {metrics['rmse']:.3g}, coverage of the 90 % interval {100 * metrics['coverage_90']:.1f} %"
    )
    return f"{quality}, {1e9 * energy:.3g} nJ a prediction"
