"""What a run found, in a few lines for the person who waited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

MOST_DOUBTS = 12
"""Doubts that are printed; the report has all of them."""

MARK = " (in doubt)"
"""Behind a number that is less sure than its interval says."""


def summary(results: Path, networks: Collection[str] = (), warnings: Sequence[str] = ()) -> str:
    """Where a report is, with the numbers of a scenario's devices and `networks` or of a study's points, and doubts.

    `warnings` are those of the scenario's configuration.
    """
    report = results / "report.html"
    try:
        return _found(results, report, networks, warnings)
    except Exception as error:  # a run has ended well, whatever has become of its files since
        return f"The report is {report}; no numbers from it: {' '.join(str(error).split()) or type(error).__name__}"


def _found(results: Path, report: Path, networks: Collection[str], warnings: Sequence[str]) -> str:
    from magbayes.data import container

    if (results / "chosen.yaml").is_file():
        from magbayes.workflow.report import design as make_design

        contents = container.read(results / "table.h5", make_design.KIND, make_design.VERSION)
        found = [f"  {sentence}" for sentence in contents["statements"]]
        device = f"The report is {report}, the device as a scenario {results / 'chosen.yaml'}"
        return "\n".join([device, *found])
    if (table := results / "table.h5").is_file():
        from magbayes.workflow.report import study as make_study

        contents = container.read(table, make_study.KIND, make_study.VERSION)
        return "\n".join([f"The report is {report}, the table {results / 'table.csv'}", *_ranges(contents)])
    if not report.is_file():
        return ""
    return "\n".join([f"The report is {report}", *_scenario(results, networks, warnings)])


def _scenario(results: Path, networks: Collection[str], warnings: Sequence[str]) -> list[str]:
    """The numbers of devices and networks, and what is doubtful about them."""
    from magbayes.compact_models import store as model_store
    from magbayes.system.evaluation.results import read_evaluation

    models = model_store.load(results / "compact_models.h5")
    evaluations = {name: read_evaluation(results / "accelerator" / f"{name}.h5") for name in networks}
    low, high = (1e6 * value for value in models.smtj.sigma_range())
    devices = models.warnings()
    sigma = models.device_warnings("smtj", other_temperatures=False)
    lines = [
        f"  stochastic MTJ    sigma {low:.3g} to {high:.3g} µS{MARK if sigma else ''}",
        f"  domain-wall MTJ   {len(models.dwmtj.level_mean)} levels{MARK if models.device_warnings('dwmtj') else ''}",
        *(
            f"  {name:<17} {_said_of(evaluation)}{MARK if devices or len(evaluation['warnings']) else ''}"
            for name, evaluation in evaluations.items()
        ),
    ]
    chips = [f"{name}: {warning}" for name, evaluation in evaluations.items() for warning in evaluation["warnings"]]
    return [*lines, *_listed([*devices, *warnings, *chips])]


def _listed(doubts: Sequence[str]) -> list[str]:
    """Doubts, a line each, the first ones where there are many."""
    lines = [f"  in doubt: {doubt}" for doubt in doubts[:MOST_DOUBTS]]
    if len(doubts) > MOST_DOUBTS:
        lines.append(f"  {len(doubts) - MOST_DOUBTS} further doubts are in the report")
    return lines


def _ranges(table: Any) -> list[str]:
    """How many points of a study have results, from and to where each collected number goes, and what is in doubt."""
    from magbayes.workflow.report import study as make_study
    from magbayes.workflow.report.figures.study import scale

    good, every = table["good"], len(table["failure"])
    doubts = [str(table["doubts"][i]) for i in good]
    shared = make_study.common(doubts)
    own = make_study.own(doubts, shared)
    sure = [not lines for lines in own]
    doubted = len(sure) - sum(sure)
    lines = [f"  {len(good)} of {every} points have results" + (f", {doubted} of them in doubt" if doubted else "")]
    names = [path.removeprefix("collected/") for path in table.data if path.startswith("collected/")]
    if len(good):
        width = max(map(len, names))
        for name in names:
            factor, unit = scale(name, table.units[f"collected/{name}"])
            values = factor * table[f"collected/{name}"][:, 0]
            lines.append(f"  {name:<{width}}  {_range(values, unit)}{MARK if shared else ''}")
            if (pooled := table.data.get(f"pooled/{name}")) is not None:
                mean, low, high = (f"{factor * end:.3g}" for end in pooled)
                lines[-1] += f"; mean {mean} ({low} to {high}) {unit}".rstrip()
            if doubted:
                without = _range(values[sure], unit) if any(sure) else "none"
                lines[-1] += f"; without points in doubt: {without}"
    return [*lines, *_listed([*(f"all points: {doubt}" for doubt in shared), *_counted(own)])]


def _range(values: Any, unit: str) -> str:
    """The smallest and the largest of some numbers."""
    from magbayes.workflow.report.reading import number

    return f"{number(values.min())} to {number(values.max())} {unit}".rstrip()


def _counted(doubts: Sequence[Sequence[str]]) -> list[str]:
    """Doubts of single points, and of how many, the most frequent first."""
    counts = Counter(chain.from_iterable(doubts))
    return [f"{count} point{'s' if count > 1 else ''}: {line}" for line, count in counts.most_common()]


def _said_of(evaluation: Any) -> str:
    """What a network does on the accelerator, in a line, and what the same network takes on other circuits."""
    from magbayes.data.estimate import Estimate
    from magbayes.system.evaluation.numbers import number_of
    from magbayes.system.evaluation.results import metrics_of
    from magbayes.workflow.report.reading import number, ranged
    from magbayes.workflow.report.spending import same_network

    metrics = {name: value.value for name, value in metrics_of(evaluation, "variants")["accelerator"].items()}
    energy = Estimate(*(1e9 * value for value in number_of(evaluation, "energy")))
    quality = (
        f"accuracy {100 * metrics['accuracy']:.1f} %, calibration error (ECE) {100 * metrics['ece']:.1f} %"
        if "accuracy" in metrics
        else f"RMSE {number(metrics['rmse'])}, coverage of the 90 % interval {100 * metrics['coverage_90']:.1f} %"
    )
    return f"{quality}, {ranged(energy, '.3g')} nJ a prediction, {same_network(evaluation)}"
