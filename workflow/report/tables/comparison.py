"""Tables of two scenarios beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.differences import Difference
from magbayes.workflow.changes import ChangedKey, short
from magbayes.workflow.report.figures.study import scale
from magbayes.workflow.report.names import NUMBERS
from magbayes.workflow.report.reading import PERCENT, number
from magbayes.workflow.report.tables.cells import PageCell, PageTable, estimate
from magbayes.workflow.report.tables.quality import HEADINGS

if TYPE_CHECKING:
    from magbayes.workflow.report.comparison import Scenario

TITLES = NUMBERS | {"dwmtj/levels": "levels"}
"""What a reader calls the numbers of devices."""


def title(name: str) -> str:
    """Name of a number, without its unit."""
    if name in TITLES:
        return TITLES[name]
    name, mixed, fraction = name.partition("_blend_")
    if mixed:
        return f"{title(name)} of inputs mixed by {fraction}"
    if name.startswith("coverage_"):
        return f"coverage of the {name.removeprefix('coverage_')} % interval"
    if name.startswith("auroc_"):
        return f"AUROC of {name.removeprefix('auroc_').replace('_', ' ')}"
    return HEADINGS.get(name, name).removesuffix(" (nat)")


def shown(each: Difference) -> tuple[float, str, str]:
    """Factor, unit and unit of a change of what a person reads."""
    if each.name.startswith(PERCENT):
        return 100.0, "%", "points"
    factor, unit = scale(each.name, each.unit)
    return factor, unit, unit


def _forms(each: Difference) -> tuple[str, str]:
    """How a number and a change are written."""
    if each.name == "dwmtj/levels":
        return ".0f", "+.0f"
    return (".1f", "+.2f") if each.name.startswith(PERCENT) else ("#.3g", "+.2g")


def told(each: Difference) -> str:
    """Whether a difference is significant, in words."""
    if not each.known:
        return "no interval"
    if each.change.value == 0 and each.change.low == each.change.high:
        return "the same"
    if each.exact:
        return "yes (exact)"
    return "yes" if each.significant else "no"


def _ends(value: Estimate, factor: float, form: str) -> str:
    middle, low, high = (number(factor * end, form) for end in value)
    return middle if value.low == value.high else f"{middle} ({low} to {high})"


def in_words(each: Difference) -> str:
    """A difference with its interval and unit."""
    factor, _, unit = shown(each)
    return f"{title(each.name)} {_ends(each.change, factor, _forms(each)[1])} {unit}".rstrip()


def texts(each: Difference) -> tuple[str, str, str, str, str]:
    """Name with unit, both numbers, the change and whether it is significant."""
    factor, unit, points = shown(each)
    form, more = _forms(each)
    ours, theirs = (_ends(value, factor, form) for value in (each.first, each.second))
    label = f"{title(each.name)} / {unit}" if unit else title(each.name)
    return label, ours, theirs, f"{_ends(each.change, factor, more)} {points}".rstrip(), told(each)


def differences(of: Sequence[Difference]) -> PageTable:
    """Both numbers and their difference, a row each."""
    rows = []
    for each in of:
        factor, unit, points = shown(each)
        form, signed = _forms(each)
        cells = [_cell(value, factor, form) for value in (each.first, each.second)]
        change = _cell(each.change, factor, signed)
        label = f"{title(each.name)} ({unit})" if unit else title(each.name)
        more = PageCell(f"{change.text} {points}".rstrip(), change.order, change.detail)
        rows.append([PageCell(label), *cells, more, PageCell(told(each))])
    return PageTable(["figure", "A", "B", "B less A (95 %)", "significant"], rows)


def _cell(value: Estimate, factor: float, form: str) -> PageCell:
    cell = estimate(value, factor, form)
    return cell if value.low < value.high else cell._replace(detail="")


def keys(of: Sequence[ChangedKey]) -> PageTable:
    """Keys of the configuration that differ."""
    rows = [[PageCell(each.key), PageCell(short(each.first)), PageCell(short(each.second))] for each in of]
    return PageTable(["key", "A", "B"], rows)


def origins(scenarios: Mapping[str, Scenario]) -> PageTable:
    """Where the files of either come from."""
    rows = []
    for which, of in scenarios.items():
        sources = {"compact models": of.models.provenance}
        sources |= {f"accelerator on {name}": evaluation.provenance for name, evaluation in of.evaluations.items()}
        for name, source in sources.items():
            said = [str(source.get(key, "unknown")) for key in ("package", "git_commit", "time")]
            digest = str(source.get("configuration_sha256", "unknown"))[:16]
            rows.append([PageCell(f"{which}: {name}"), *map(PageCell, said), PageCell(digest)])
    return PageTable(["file", "package", "commit", "time", "hash of its configuration"], rows)
