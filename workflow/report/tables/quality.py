"""Tables of metrics, of verdicts, and of what the simulation says of the chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import blend_of, metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, LABELS, SOFTWARE
from magbayes.system.evaluation.verdict import Judgement, Target
from magbayes.workflow.report.reading import PERCENT, possible, pretty
from magbayes.workflow.report.statements import doubt, main_cause, points, verdict
from magbayes.workflow.report.tables.cells import PageCell, PageTable, estimate

QUALITY = ["accuracy", "ece", "adaptive_ece", "nll", "brier", "rmse", "crps"]
QUALITY += ["coverage_50", "coverage_80", "coverage_90", "coverage_95"]
"""Metrics in the tables of quality."""
UNCERTAINTY = ["aurc", "auroc_errors", "auroc_rotation", "auroc_noise", "auroc_digits", "auroc_fashion_mnist"]
UNCERTAINTY += ["auroc_letters", "auroc_outside", "auroc_gap"]
UNCERTAINTY += ["epistemic_ratio_noise", "epistemic_ratio_outside", "epistemic_ratio_gap"]
UNCERTAINTY += ["aleatoric", "epistemic"]
"""Metrics in the tables of the quality of the uncertainty."""
SHOWN_FRACTIONS = (0.0, 0.2, 0.5, 0.8)
"""Fractions of other images in the table of a ladder; all are in its figure."""
HEADINGS = {"ece": "ECE", "adaptive_ece": "adaptive ECE", "nll": "NLL (nat)", "brier": "Brier", "rmse": "RMSE"}
HEADINGS |= {"crps": "CRPS", "aurc": "AURC", "aleatoric": "aleatoric (nat)", "epistemic": "epistemic (nat)"}


def metric(name: str, value: Estimate) -> PageCell:
    """A metric; shares in per cent, and no interval beyond what can be."""
    return change(name, possible(name, value))


def change(name: str, value: Estimate) -> PageCell:
    """A difference of two metrics; of shares in points."""
    return estimate(value, 100, ".1f") if name.startswith(PERCENT) else estimate(value)


def heading(name: str) -> str:
    """Name of a column of metrics, with its unit."""
    text = HEADINGS.get(name, name.replace("_", " ").replace("auroc", "AUROC"))
    if name.startswith("coverage_"):
        text = f"coverage of the {name.removeprefix('coverage_')} % interval"
    return f"{text} (%)" if name.startswith(PERCENT) else text


def metrics_table(
    first: str,
    metrics: Mapping[str, Mapping[str, Estimate]],
    names: Sequence[str],
    labels: Mapping[str, str] = LABELS,
) -> PageTable:
    """Those metrics of `names` that any row of `metrics` has; a dash where a row has not.

    Rows are variants or chips; `labels` says what a reader calls them, where that is not their key.
    """
    columns = [name for name in names if any(name in row for row in metrics.values())]
    rows = [
        [
            PageCell(labels.get(key, key)),
            *(metric(name, row[name]) if name in row else PageCell("–") for name in columns),
        ]
        for key, row in metrics.items()
    ]
    return PageTable([first, *map(heading, columns)], rows)


def _with_unit(name: str, value: Estimate) -> PageCell:
    """A metric in a column of several."""
    cell = metric(name, value)
    unit = " %" if name.startswith(PERCENT) else " nat" if name == "nll" else ""
    return cell._replace(text=f"{cell.text}{unit}")


def _gap(target: Target, gap: Estimate) -> str:
    return estimate(gap, target.scale, "+.1f" if target.scale == 100 else "+.3f").detail


def _allowed(target: Target) -> str:
    return f"{target.scale * target.limit:g} {target.unit}".rstrip()


def verdicts(judgements: Mapping[str, Sequence[Judgement]], ablated: Mapping[str, bool]) -> PageTable:
    """Every target of every data set: whether it is met, the difference, both numbers, and the main cause of a miss."""
    rows = [
        [
            PageCell(name),
            PageCell(j.target.text),
            PageCell(verdict(j), detail=doubt(j)),
            PageCell(points(j.target, j.gap.value), j.gap.value, _gap(j.target, j.gap)),
            PageCell(f"± {_allowed(j.target)}".replace(" 1 points", " 1 point"), j.target.limit),
            _with_unit(j.target.metric, j.software),
            _with_unit(j.target.metric, j.accelerator),
            PageCell(main_cause(j, ablated[name])),
        ]
        for name, entries in judgements.items()
        for j in entries
    ]
    columns = ("data set", "metric", "verdict", "difference (95 %)", "target")
    return PageTable([*columns, LABELS[DEVICE_RANGE], LABELS[ACCELERATOR], "main cause"], rows)


def ladder(evaluation: Contents, works: Sequence[Mapping[str, Any]]) -> PageTable:
    """Accuracy, ECE and NLL of each network by the fraction of other images, and what was published of them."""
    shown, parts = ("accuracy", "ece", "nll"), {v: blend_of(evaluation, v) for v in metrics_of(evaluation, "variants")}
    ladder_of = parts[ACCELERATOR]["fraction"]
    places = [index for index, fraction in enumerate(ladder_of) if fraction in SHOWN_FRACTIONS]
    columns = [f"{heading(name)}, {ladder_of[place]:g}" for place in places for name in shown]
    rows = []
    for work in works:
        for network, figures in work["networks"].items():
            cells = [figures.get(f"{name} {ladder_of[place]:g}") for place in places for name in shown]
            said = [PageCell("–") if cell is None else PageCell(f"{100 * cell:.1f}", cell) for cell in cells]
            rows.append([PageCell(f"{work['name']}: {network}"), *said])
    for variant, found in parts.items():
        cells = [metric(name, Estimate(*found[name][place])) for place in places for name in shown]
        rows.append([PageCell(LABELS[variant]), *cells])
    return PageTable(["network", *columns], rows)


def controls(found: Mapping[str, Mapping[str, Estimate]], passed: Sequence[str]) -> PageTable:
    """Metrics of chips with wrong noise, and whether the targets reject each."""
    table = metrics_table("chip", found, QUALITY)
    rows = [[*row, PageCell("no" if name in passed else "yes")] for row, name in zip(table.rows, found, strict=True)]
    return PageTable([*table.columns, "rejected by the targets"], rows)


def bought(gains: Mapping[str, Mapping[str, Estimate]]) -> PageTable:
    """What the noise of the stochastic MTJs changes, on every data set: a difference of metrics."""
    names = [name for name in (*QUALITY, *UNCERTAINTY) if any(name in row for row in gains.values())]
    rows = [
        [PageCell(name), *(change(of, row[of]) if of in row else PageCell("–") for of in names)]
        for name, row in gains.items()
    ]
    return PageTable(["data set", *(heading(name).replace("(%)", "(points)") for name in names)], rows)


def restrictions(gaps: Mapping[str, Sequence[tuple[Target, Estimate]]]) -> PageTable:
    """What the device range changes in software, on every data set."""
    rows = [
        [
            PageCell(name),
            PageCell(target.text),
            PageCell(points(target, gap.value), gap.value, _gap(target, gap)),
        ]
        for name, entries in gaps.items()
        for target, gap in entries
    ]
    return PageTable(["data set", "metric", f"{LABELS[DEVICE_RANGE]} less {LABELS[SOFTWARE]} (95 %)"], rows)


def remarks(texts: Mapping[str, Sequence[str]]) -> PageTable:
    """What the simulation says of the chip of each data set."""
    rows = [[PageCell(name), PageCell(pretty(text))] for name, entries in texts.items() for text in entries]
    return PageTable(["data set", "remark"], rows)
