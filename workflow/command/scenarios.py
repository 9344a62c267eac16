"""Text about two scenarios beside each other, and their page."""

from __future__ import annotations

from pathlib import Path

from magbayes.system.evaluation.variants import ACCELERATOR
from magbayes.workflow.changes import short
from magbayes.workflow.command.columns import columns
from magbayes.workflow.job import write_text
from magbayes.workflow.report.comparison import Comparison, compare_scenarios, page, sentences
from magbayes.workflow.report.tables.comparison import texts
from magbayes.workflow.view import folder_of

HEADINGS = ("figure", "A", "B", "B less A (95 %)", "significant")


def _said(found: Comparison) -> str:
    parts = [f"A: {found.first.folder}\nB: {found.second.folder}", "\n".join(f"- {line}" for line in sentences(found))]
    if found.keys:
        rows = [(each.key, short(each.first), short(each.second)) for each in found.keys]
        parts.append(f"configuration\n{columns(('key', 'A', 'B'), rows)}")
    if not found.same_devices:
        parts.append(f"devices\n{columns(HEADINGS, map(texts, found.devices))}")
    for name, of in found.networks.items():
        inputs = f"{of.inputs[0]} test inputs, paired" if of.paired else "other test inputs, not paired"
        table = columns(HEADINGS, map(texts, [*of.figures[ACCELERATOR], *of.costs]))
        parts.append(f"{name} on the accelerator, {inputs}\n{table}")
    parts += [f"not compared: {line}" for line in found.unknown]
    return "\n\n".join(parts)


def differences(first: str, second: str, file: str | None) -> str:
    """Text that puts two scenarios beside each other; with a `file` their page is written there.

    Raises
    ------
    ValueError
        See `magbayes.workflow.report.comparison.compare_scenarios`.
    """
    found = compare_scenarios(folder_of(first), folder_of(second))
    text = _said(found)
    if file is None:
        return text
    write_text(Path(file), page(found))
    return f"{text}\n\n{file} is written"
