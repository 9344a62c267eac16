"""Figure of two scenarios: how far every number moves, relative to that of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from magbayes.system.evaluation.differences import Difference
from magbayes.system.evaluation.variants import ACCELERATOR
from magbayes.workflow.report.figures.plotting import BLUE, GREY, Drawing, errors, figure
from magbayes.workflow.report.tables.comparison import title


def _drawn(of: Sequence[Difference]) -> list[Difference]:
    """Those with an interval, of a number that is not 0."""
    return [each for each in of if each.change.low < each.change.high and each.first.value]


def drawings(
    devices: Sequence[Difference], networks: Mapping[str, Mapping[str, Sequence[Difference]]]
) -> dict[str, Drawing]:
    """Figures by the name of their caption: of the devices, and of each network on the accelerator."""
    groups = {"change_devices": devices} | {f"change_{name}": of[ACCELERATOR] for name, of in networks.items()}
    return {name: partial(changes, drawn) for name, of in groups.items() if (drawn := _drawn(of))}


def changes(of: Sequence[Difference]) -> Figure:
    """Draw differences over the numbers of the first scenario with their 95 % intervals; filled where significant."""
    drawing = figure(7.5, 0.8 + 0.3 * len(of))
    axes = drawing.subplots()
    rows = np.arange(len(of))[::-1]
    for row, each in zip(rows, of, strict=True):
        value, low, high = (100 * end / abs(each.first.value) for end in each.change)
        face = BLUE if each.significant else "white"
        axes.errorbar(value, row, xerr=errors([value], [low], [high]), fmt="o", ms=5, capsize=2, color=BLUE, mfc=face)
    axes.axvline(0, color=GREY, lw=0.8)
    axes.set_yticks(rows, [title(each.name) for each in of])
    axes.set_ylim(-0.7, len(of) - 0.3)
    axes.set_xlabel("B less A, relative to A (%)")
    return drawing
