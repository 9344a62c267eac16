"""The figure beside the answer: differences from software over their targets, and energy over that of a rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from magbayes.data.container import Contents
from magbayes.system.evaluation.verdict import Judgement
from magbayes.workflow.report.figures.plotting import BLACK, BLUE, GREEN, GREY, RED, errors, figure
from magbayes.workflow.report.spending import best_rival

FURTHEST = 8.0
"""Difference over its target beyond which a symbol is put at the edge of the figure."""


def answer(judgements: Mapping[str, Sequence[Judgement]], evaluations: Mapping[str, Contents]) -> Figure:
    """Each metric's difference from software over its target, and the array's energy over that of the best rival.

    Open symbols: not significant.
    """
    every = [(name, judgement) for name, entries in judgements.items() for judgement in entries]
    drawing = figure(9, 1.3 + 0.22 * len(every))
    gaps, energies = drawing.subplots(1, 2, width_ratios=(1.6, 1))
    furthest = [max(map(abs, j.gap)) / j.target.limit for _, j in every]
    reach = min(FURTHEST, max([2.0, *furthest]))
    gaps.axvspan(-1, 1, color=GREEN, alpha=0.15, lw=0, label="within the target")
    gaps.axvline(0, color=GREY, lw=0.8, ls=":")
    for row, (_, judgement) in enumerate(every):
        value, low, high = (end / judgement.target.limit for end in judgement.gap)
        colour = BLUE if judgement.met else RED
        shown = float(np.clip(value, -reach, reach))
        gaps.errorbar(
            shown,
            row,
            xerr=errors([shown], [min(low, shown)], [max(high, shown)]),
            fmt="o" if shown == value else (">" if value > 0 else "<"),
            color=colour,
            mfc=colour if judgement.significant else "white",
            ms=5,
            lw=1,
            capsize=2,
        )
        for end, mark in ((low, "◄"), (high, "►")):
            if abs(end) > 1.1 * reach:  # the interval goes on beyond the axis
                gaps.text(np.copysign(1.1 * reach, end), row, mark, color=colour, size=6, ha="center", va="center")
    gaps.set(xlim=(-1.1 * reach, 1.1 * reach), xlabel="(accelerator − software) / target", title="quality")
    gaps.set_yticks(range(len(every)), [f"{name}: {judgement.target.short}" for name, judgement in every])
    gaps.invert_yaxis()
    for colour, text in ((BLUE, "met"), (RED, "missed")):
        gaps.plot([], [], "o", color=colour, ms=5, label=text)
    gaps.plot([], [], "o", color=GREY, mfc="white", ms=5, label="not significant")
    drawing.legend(*gaps.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    compared = {name: rival for name, evaluation in evaluations.items() if (rival := best_rival(evaluation))}
    energies.axvline(1, color=GREY, lw=0.8, ls=":")
    for row, rival in enumerate(compared.values()):
        value, high, low = (1 / end for end in rival.ratio)
        sure = low > 1 or high < 1
        energies.errorbar(
            value,
            row,
            xerr=errors([value], [low], [high]),
            fmt="o",
            color=BLACK,
            mfc=BLACK if sure else "white",
            ms=5,
            lw=1,
            capsize=2,
        )
    energies.set_yticks(range(len(compared)), list(compared))
    energies.set(
        ylim=(len(compared) - 0.4, -0.6),
        xlabel="array / best other circuit",
        xscale="log",
        title="energy of a prediction",
    )
    energies.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    energies.xaxis.set_major_formatter("{x:g}")
    energies.xaxis.set_minor_formatter(NullFormatter())
    return drawing
