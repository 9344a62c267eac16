"""Figures of what a prediction costs: by part, against calibration, and beside digital networks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from magbayes.data.container import Contents
from magbayes.system.evaluation.costs import digital_energy_by_part, energy_by_part
from magbayes.workflow.report.figures.plotting import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, errors, figure
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.spending import NAMES, digital_name

PARTS = {"cells": GREY, "mirror": PURPLE, "gate": GREEN, "refresh": RED, "dac": SKY, "adc": BLUE, "digital": ORANGE}
DIGITAL = {"generator": RED, "memory": PURPLE, "products": ORANGE, "outputs": GREY}
TRADED = {
    "classification": {"ece": (100, "ECE (%)"), "nll": (1, "NLL (nat)")},
    "regression": {"rmse": (1, "RMSE"), "coverage_90": (100, "coverage of the 90 % interval (%)")},
}
"""Factor and heading of the figures that are shown against energy and latency."""


def energy(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of one prediction by part, for each data set."""
    drawing = figure(9, 2.6)
    panels = drawing.subplots(1, len(evaluations), squeeze=False)[0]
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        parts = {part: 1e9 * value for part, value in energy_by_part(evaluation).items()}
        axes.barh(
            [NAMES.get(part, part) for part in parts], list(parts.values()), color=[PARTS[part] for part in parts]
        )
        for i, value in enumerate(parts.values()):
            axes.text(value, i, f" {number(value)}", va="center", fontsize=9)
        axes.invert_yaxis()
        axes.label_outer()
        axes.set(title=f"{name}: {number(sum(parts.values()))} nJ", xlim=(0, 1.35 * max(parts.values())))
        axes.grid(visible=False)
    drawing.supxlabel("energy of a prediction / nJ", fontsize=10)
    return drawing


def tradeoff(evaluation: Contents) -> Figure:
    """Calibration against energy and latency: fewer passes, and other times between reads; the configuration ringed."""
    shown = TRADED[evaluation["task"][0]]
    drawing = figure(9, 5)
    samples, interval = evaluation["tradeoff/samples"], evaluation["tradeoff/interval"]
    own = interval == interval[0]  # points of the configured interval come first
    here = own & (samples == evaluation["cost/samples"])
    costs = {"energy": (1e9, "energy of a prediction / nJ", own), "latency": (1e6, "latency / µs", ~own)}
    for row, (cost, (unit, label, named)) in zip(drawing.subplots(2, len(shown)), costs.items(), strict=True):
        x = unit * evaluation[f"tradeoff/{cost}"]
        for axes, (name, (scale, text)) in zip(row, shown.items(), strict=True):
            value, low, high = scale * evaluation[f"tradeoff/metrics/{name}"].T
            # Another time between reads hardly changes the energy.
            for points, colour, style in ((own, BLUE, "o-"), (named & ~own, ORANGE, "s")):
                bars = errors(value[points], low[points], high[points])
                axes.errorbar(x[points], value[points], bars, fmt=style, color=colour, ms=4, lw=1, capsize=3)
            axes.plot(x[here], value[here], "o", mfc="none", mec=BLACK, ms=10)
            for i in np.flatnonzero(named):
                note = f"{samples[i]}" if own[i] else f"{1e9 * interval[i]:g} ns"
                axes.annotate(note, (x[i], high[i]), (0, 3), textcoords="offset points", ha="center", fontsize=9)
            if name == "coverage_90":
                axes.axhline(90, color=GREY, lw=0.8, ls=":")
            axes.margins(y=0.15)
            axes.set(xlabel=label, ylabel=text.replace(" of the ", " of\nthe "), xscale="log")  # longer than the axis
            axes.xaxis.set_major_formatter("{x:g}")
    return drawing


def digital(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of the array and of digital Bayesian networks of the same shape and number of passes, by part."""
    rows = [1 + len(digital_energy_by_part(evaluation)) for evaluation in evaluations.values()]
    drawing = figure(9, 1.6 + 0.3 * sum(rows))
    panels = np.atleast_1d(drawing.subplots(len(rows), 1, height_ratios=rows))
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        others = {digital_name(name): parts for name, parts in digital_energy_by_part(evaluation).items()}
        spent = {"this array": energy_by_part(evaluation), **others}
        for i, parts in enumerate(spent.values()):
            left = 0.0
            colours, hatch = (DIGITAL, "///") if i else (PARTS, "")
            for part, joules in parts.items():
                axes.barh(i, 1e9 * joules, left=left, color=colours[part], edgecolor="white", lw=0, hatch=hatch)
                left += 1e9 * joules
            axes.text(left, i, f" {number(left)}", va="center", fontsize=9)
        axes.set_yticks(range(len(spent)), list(spent))
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.grid(visible=False)
        axes.set_title(name, loc="left")
    panels[-1].set_xlabel("energy of a prediction / nJ")
    handles = [Patch(facecolor=colour, label=NAMES.get(part, part)) for part, colour in PARTS.items()]
    handles += [Patch(facecolor=colour, edgecolor="white", hatch="///", label=part) for part, colour in DIGITAL.items()]
    drawing.legend(handles=handles, loc="outside lower center", ncols=5)
    return drawing
