"""Figures of what a prediction costs: by part, against calibration, beside other circuits, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from magbayes.data.container import Contents
from magbayes.system.evaluation.costs import VARIANTS, RivalCost, energy_by_part, energy_of, rivals_of
from magbayes.system.evaluation.results import metrics_of
from magbayes.workflow.report import spending
from magbayes.workflow.report.figures.plotting import (
    BLACK,
    BLUE,
    BROWN,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    errors,
    figure,
)
from magbayes.workflow.report.names import words
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.spending import NAMES, rival_name

PARTS = {
    "cells": GREY,
    "drivers": "#999999",
    "mirror": PURPLE,
    "gate": GREEN,
    "refresh": RED,
    "writing": "#F0E442",
    "dac": SKY,
    "adc": BLUE,
    "digital": ORANGE,
    "buffers": BROWN,
    "control": "#B0B0B0",
    "leakage": BLACK,
}
RIVAL_PARTS = {
    "generator": RED,
    "memory": PURPLE,
    "products": BLUE,
    "outputs": ORANGE,
    "buffers": PARTS["buffers"],
    "control": PARTS["control"],
    "leakage": BLACK,
}
MARKS = {"digital": "s", "sram": "D"}
COLOURS = {"weights": SKY, "sums": BLUE, "dropout": ORANGE, "ensemble": GREEN, "deterministic": GREY}
SHARED = {
    "classification": {"nll": (1, "NLL (nat)"), "ece": (100, "ECE (%)")},
    "regression": {"nll": (1, "NLL (nat)")},
}
"""Factor and heading of the metrics of all networks that are drawn against energy."""
MOST_ABOVE = 2.5
"""Height of an axis over quality, in that of the intervals of all passes: one pass can be off by far more."""
MOST_COEFFICIENTS = 12
TRADED = {
    "classification": {"ece": (100, "ECE (%)"), "nll": (1, "NLL (nat)")},
    "regression": {"rmse": (1, "RMSE"), "coverage_90": (100, "coverage of the 90 % interval (%)")},
}
"""Factor and heading of the figures that are shown against energy and latency."""


def energy(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of one prediction by part, for each data set."""
    drawing = figure(9, 3.4)
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


def rivals(evaluations: Mapping[str, Contents]) -> Figure:
    """Energy of a prediction by part on the array, and of every network on every other circuit, with intervals."""
    beside = {name: spending.beside(evaluation) for name, evaluation in evaluations.items()}
    rows = [1 + len(others) for others in beside.values()]
    drawing = figure(9, 1.6 + 0.2 * len(rows) + 0.28 * sum(rows))
    panels = np.atleast_1d(drawing.subplots(len(rows), 1, height_ratios=rows))
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        spent = [("this array", energy_by_part(evaluation), energy_of(evaluation))]
        spent += [(rival_name(rival), rival.parts, rival.total) for rival in beside[name]]
        # Sampled weights take so much more that other bars would not be seen.
        end = 1.3e9 * sorted(total.high for *_, total in spent)[-1 - len(spent) // 4]
        for i, (_, parts, total) in enumerate(spent):
            colours, hatch, left = (RIVAL_PARTS, "///", 0.0) if i else (PARTS, "", 0.0)
            for part, joules in parts.items():
                style = {"color": colours[part], "edgecolor": "white", "lw": 0, "hatch": hatch}
                axes.barh(i, 1e9 * joules, left=left, label=NAMES.get(part, part), **style)
                left += 1e9 * joules
            axes.errorbar(
                left, i, xerr=1e9 * errors(total.value, total.low, total.high)[:, None], color=BLACK, capsize=2
            )
            high = 1e9 * total.high
            text = f"  {number(left)}" if high <= end else f" ► {number(left)}"
            axes.text(min(high, end), i, text, va="center", fontsize=9)
        axes.set_yticks(range(len(spent)), [label for label, *_ in spent])
        axes.invert_yaxis()
        axes.set_xlim(0, end)
        axes.grid(visible=False)
        axes.set_title(name, loc="left")
        axes.set_xlabel("energy of a prediction / nJ")
    handles = [Patch(facecolor=colour, label=NAMES.get(part, part)) for part, colour in PARTS.items()]
    handles += [
        Patch(facecolor=colour, edgecolor="white", hatch="///", label=part)
        for part, colour in RIVAL_PARTS.items()
        if part not in PARTS
    ]
    drawing.legend(handles=handles, loc="outside lower center", ncols=5)
    return drawing


def _points(evaluation: Contents, rival: RivalCost, metric: str) -> np.ndarray | None:
    """Return metrics (points, 3) of a network on another circuit, the only one or by passes; None where unknown."""
    variant = VARIANTS[rival.network]
    path = f"quality/{variant}/metrics/{metric}"
    if path in evaluation.data:
        return np.asarray(evaluation[path])
    one = metrics_of(evaluation, "variants").get(variant, {}).get(metric)
    return np.array([one]) if one is not None else None


def frontier(evaluation: Contents) -> Figure:
    """Quality against energy of all networks on all circuits, by passes; further down and to the left is better."""
    shown = SHARED[evaluation["task"][0]]
    drawing = figure(9, 4.2)
    everything, best = rivals_of(evaluation), spending.beside(evaluation)
    own = evaluation["tradeoff/interval"] == evaluation["tradeoff/interval"][0]
    panels = np.atleast_1d(drawing.subplots(1, len(shown)))
    for axes, (metric, (scale, label)) in zip(panels, shown.items(), strict=True):
        value, low, high = scale * evaluation[f"tradeoff/metrics/{metric}"][own].T
        bars = errors(value, low, high)
        energy = 1e9 * evaluation["tradeoff/energy"][own]
        axes.errorbar(energy, value, bars, fmt="o-", color=RED, ms=5, lw=1.5, capsize=2, label="this array")
        curves, ends = [(energy, value)], [(low[-1], high[-1])]
        for rival in best:
            points = _points(evaluation, rival, metric)
            if points is None:
                continue
            points = scale * points
            key = rival[:3]
            joules = 1e9 * np.array([other.total.value for other in everything if other[:3] == key])
            style = f"{MARKS[rival.hardware]}{'-' if rival.hardware == 'sram' else '--'}"
            colour = COLOURS[rival.network]
            axes.plot(joules, points[:, 0], style, color=colour, ms=4, lw=0.8, label=rival_name(rival))
            # At the last point alone: neighbours share the inputs.
            axes.errorbar(joules[-1:], points[-1:, 0], errors(*points[-1:].T), color=colour, lw=0.8, capsize=2)
            curves.append((joules, points[:, 0]))
            ends.append((points[-1, 1], points[-1, 2]))
        decades = value.min() > 0 and value.max() > 10 * value.min()
        axes.set(xscale="log", yscale="log" if decades else "linear")
        axes.set(xlabel="energy of a prediction / nJ", ylabel=label)
        axes.xaxis.set_major_formatter("{x:g}")
        if decades:
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            end_axis(axes, curves, np.array(ends))
    drawing.legend(*drawing.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return drawing


def end_axis(axes: Axes, curves: Sequence[tuple[np.ndarray, np.ndarray]], ends: np.ndarray) -> None:
    """End an axis above what curves come to, intervals (curves, 2), and give points of few passes beyond as numbers."""
    least, most = ends.min(), ends.max()
    top = least + MOST_ABOVE * (most - least)
    if max(value.max() for _, value in curves) <= top:
        return
    bottom = min(least, min(value.min() for _, value in curves))
    axes.set_ylim(bottom - 0.05 * (top - bottom), top)
    for energy, value in curves:
        for x, y in zip(energy, value, strict=True):
            if y > top:
                text, edge = f"▲ {number(y, '.3g')}", axes.get_xaxis_transform()
                axes.annotate(text, (x, 0.985), xycoords=edge, fontsize=8, ha="left", va="top")


def tornado(evaluations: Mapping[str, Contents]) -> Figure:
    """The energy with each coefficient at either end of its range, those that move it most first."""
    drawing = figure(9, 3.8)
    panels = drawing.subplots(1, len(evaluations), squeeze=False)[0]
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        ends, names = evaluation["cost/sensitivity/energy"], evaluation["cost/sensitivity/names"]
        order = np.argsort(-abs(ends[:, 1] - ends[:, 0]))[:MOST_COEFFICIENTS]
        total = energy_of(evaluation).value
        for i, index in enumerate(order):
            for end, colour in zip(ends[index], (SKY, BLUE), strict=True):
                axes.barh(i, 1e9 * (end - total), left=1e9 * total, color=colour)
        axes.axvline(1e9 * total, color=BLACK, lw=0.8)
        axes.set_yticks(range(len(order)), [words(str(names[i])) for i in order], fontsize=8)
        axes.invert_yaxis()
        axes.set_title(name)
        axes.ticklabel_format(axis="x", style="plain")  # without a power of ten in the corner
    drawing.supxlabel("energy of a prediction / nJ", fontsize=10)
    return drawing
