"""What a run found, in a few lines for the person who waited."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any


def summary(results: Path, networks: Collection[str] = ()) -> str:
    """Where a report is with the numbers of a scenario's devices and `networks`, or of a study's points."""
    report = results / "report.html"
    try:
        return _found(results, report, networks)
    except (ValueError, OSError, KeyError) as error:  # a run has ended well, whatever has become of its files since
        return f"The report is {report}; no numbers from it: {error}"


def _found(results: Path, report: Path, networks: Collection[str]) -> str:
    from magbayes.data import container

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
        *(f"  {name:<17} {_said_of(results / 'accelerator' / f'{name}.h5')}" for name in networks),
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


def _said_of(path: Path) -> str:
    """What a network does on the accelerator, in a line."""
    from magbayes.system.evaluation.numbers import number_of
    from magbayes.system.evaluation.results import metrics_of, read_evaluation

    evaluation = read_evaluation(path)
    metrics = {name: value.value for name, value in metrics_of(evaluation, "variants")["accelerator"].items()}
    energy = number_of(evaluation, "energy").value
    quality = (
        f"accuracy {100 * metrics['accuracy']:.1f} %, calibration error (ECE) {100 * metrics['ece']:.1f} %"
        if "accuracy" in metrics
        else f"RMSE {metrics['rmse']:.3g}, coverage of the 90 % interval {100 * metrics['coverage_90']:.1f} %"
    )
    return f"{quality}, {1e9 * energy:.3g} nJ a prediction"
