"""Tables of the pages: cells that know what they are sorted by, and the tables of figures of merit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from magbayes.data.estimate import Estimate
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.statements import blame, points, verdict
from magbayes.workflow.report.verdict import Judgement, Target

QUALITY = ("accuracy", "ece", "adaptive_ece", "nll", "brier", "rmse", "crps")
QUALITY += ("coverage_50", "coverage_80", "coverage_90", "coverage_95")
DOUBT = ("aurc", "auroc_errors", "auroc_rotation", "auroc_noise", "auroc_digits", "auroc_fashion_mnist")
DOUBT += ("aleatoric", "epistemic")
SHARES = ("accuracy", "ece", "adaptive_ece", "coverage")
HEADINGS = {"ece": "ECE / %", "adaptive_ece": "adaptive ECE / %", "nll": "NLL / nat", "brier": "Brier", "rmse": "RMSE"}
HEADINGS |= {"crps": "CRPS", "aurc": "AURC", "aleatoric": "aleatoric / nat", "epistemic": "epistemic / nat"}


class Cell(NamedTuple):
    """What a cell shows, the number that it is sorted by, if it is one, and a second line."""

    text: str
    order: float | None = None
    detail: str = ""


class Table(NamedTuple):
    """Headings, and rows of cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def plain(value: float, form: str = ".3g") -> Cell:
    """A number."""
    return Cell(number(value, form), value)


def estimate(value: Any, scale: float = 1.0, form: str = "#.3g") -> Cell:
    """An estimate with its interval."""
    middle, low, high = (number(scale * v, form) for v in (value.value, value.low, value.high))
    return Cell(middle, float(value.value), f"{low} to {high}")


def metric(name: str, value: Estimate) -> Cell:
    """A figure of merit; shares in per cent."""
    return estimate(value, 100, ".1f") if name.startswith(SHARES) else estimate(value)


def heading(name: str) -> str:
    """What a column of figures of merit is called."""
    text = HEADINGS.get(name, name.replace("_", " ").replace("auroc", "AUROC"))
    return f"{text} / %" if name.startswith(SHARES) and "/" not in text else text


def metrics_table(first: str, found: Mapping[str, Mapping[str, Estimate]], names: Sequence[str]) -> Table:
    """Those metrics of `names` that any variant in `found` has; a gap where one has it not."""
    columns = [name for name in names if any(name in metrics for metrics in found.values())]
    rows = [
        [Cell(variant), *(metric(name, metrics[name]) if name in metrics else Cell("–") for name in columns)]
        for variant, metrics in found.items()
    ]
    return Table([first, *map(heading, columns)], rows)


def verdicts(judged: Mapping[str, Sequence[Judgement]], ablated: Mapping[str, bool]) -> Table:
    """Every target of every data set: both figures, their gap, and whether it is met."""
    rows = []
    for name, found in judged.items():
        for j in found:
            rows.append(
                [
                    Cell(name),
                    Cell(j.target.text),
                    metric(j.target.metric, j.software),
                    metric(j.target.metric, j.accelerator),
                    Cell(points(j.target, j.gap.value), j.gap.value, estimate(j.gap, 100, "+.1f").detail),
                    Cell(
                        f"± {100 * j.target.limit:g} {j.target.unit}".replace(" 1 points", " 1 point"), j.target.limit
                    ),
                    Cell(verdict(j)),
                    Cell(blame(j, ablated[name])),
                ]
            )
    columns = ("data set", "figure", "same posterior in software", "accelerator", "difference (95 %)", "target")
    return Table([*columns, "verdict", "costs most"], rows)


def restrictions(found: Mapping[str, Sequence[tuple[Target, Estimate]]]) -> Table:
    """What the devices' range changes in software, on every data set."""
    rows = [
        [
            Cell(name),
            Cell(target.text),
            Cell(points(target, gap.value), gap.value, estimate(gap, 100, "+.1f").detail),
        ]
        for name, each in found.items()
        for target, gap in each
    ]
    return Table(["data set", "figure", "device range less free posterior (95 %)"], rows)


def remarks(found: Mapping[str, Sequence[str]]) -> Table:
    """What the simulation says of the chip of each data set."""
    return Table(["data set", "remark"], [[Cell(name), Cell(text)] for name, texts in found.items() for text in texts])
