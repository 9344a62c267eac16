"""Figures of what a prediction costs: by part, against calibration, and beside digital networks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from micromag.fileformat import Contents
from plotting import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, errors, figure
from statements import digital_of, energy_of

PARTS = {"cells": GREY, "mirror": PURPLE, "gate": GREEN, "dac": SKY, "adc": BLUE, "digital": ORANGE}
DIGITAL = {"generator": RED, "memory": PURPLE, "products": ORANGE, "outputs": GREY}
TRADED = {"ece": (100, "ECE / %"), "nll": (1, "NLL / nat"), "rmse": (1, "RMSE"), "coverage_90": (100, "coverage / %")}
"""Factor and heading of the figures that a file may hold against the number of passes."""


def energy(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of one prediction by part, for each data set."""
    drawing = figure(9, 2.6)
    panels = drawing.subplots(1, len(evaluations), squeeze=False)[0]
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        parts = {part: 1e9 * value for part, value in energy_of(evaluation).items()}
        axes.barh(list(parts), list(parts.values()), color=[PARTS[part] for part in parts])
        for i, value in enumerate(parts.values()):
            axes.text(value, i, f" {value:.3g}", va="center", fontsize=9)
        axes.invert_yaxis()
        axes.set(title=f"{name}: {sum(parts.values()):.3g} nJ", xlim=(0, 1.25 * max(parts.values())))
        axes.grid(visible=False)
    drawing.supxlabel("energy of a prediction / nJ", fontsize=10)
    return drawing


def tradeoff(evaluation: Contents) -> Figure:
    """Figures of merit against energy, by the number of stochastic passes; the configured number is ringed."""
    shown = {name: text for name, text in TRADED.items() if f"tradeoff/{name}" in evaluation.data}
    drawing = figure(9, 3)
    samples, joules = evaluation["tradeoff/samples"], 1e9 * evaluation["tradeoff/energy"]
    own = samples == evaluation["cost/samples"]
    for axes, (name, (scale, text)) in zip(np.atleast_1d(drawing.subplots(1, len(shown))), shown.items(), strict=True):
        value, low, high = scale * evaluation[f"tradeoff/{name}"].T
        axes.errorbar(joules, value, errors(value, low, high), fmt="o-", color=BLUE, ms=4, lw=1, capsize=3)
        axes.plot(joules[own], value[own], "o", mfc="none", mec=BLACK, ms=10)
        for count, x, y in zip(samples, joules, high, strict=True):
            axes.annotate(f"{count}", (x, y), (0, 3), textcoords="offset points", ha="center", fontsize=9, color=GREY)
        if name == "coverage_90":
            axes.axhline(90, color=GREY, lw=0.8, ls=":")
        axes.margins(y=0.15)
        axes.set(xlabel="energy of a prediction / nJ", ylabel=text, xscale="log")
    return drawing


def digital(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of the array and of digital Bayesian networks of the same shape and number of passes, by part."""
    rows = max(len(digital_of(evaluation)) for evaluation in evaluations.values()) + 1
    drawing = figure(9, 0.9 + 0.32 * rows * len(evaluations))
    for axes, (name, evaluation) in zip(
        np.atleast_1d(drawing.subplots(len(evaluations), 1)), evaluations.items(), strict=True
    ):
        spent = {"this array": energy_of(evaluation), **digital_of(evaluation)}
        for i, (network, parts) in enumerate(spent.items()):
            left = 0.0
            for part, joules in parts.items():
                colour, style = (PARTS[part], {}) if network == "this array" else (DIGITAL[part], {"hatch": "//"})
                axes.barh(i, 1e9 * joules, left=left, color=colour, edgecolor="white", lw=0, label=part, **style)
                left += 1e9 * joules
            axes.text(left, i, f" {left:.3g}", va="center", fontsize=9)
        axes.set_yticks(range(len(spent)), list(spent))
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.grid(visible=False)
        axes.set_title(name, loc="left")
    drawing.axes[-1].set_xlabel("energy of a prediction / nJ")
    handles = {}
    for axes in drawing.axes:
        bars, labels = axes.get_legend_handles_labels()
        for bar, label in zip(bars, labels, strict=True):
            handles.setdefault((label, bar.patches[0].get_hatch()), bar)
    names = [f"{label} ({'digital network' if hatch else 'array'})" for label, hatch in handles]
    drawing.legend(list(handles.values()), names, loc="outside lower center", ncols=4)
    return drawing
