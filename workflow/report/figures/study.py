"""Figures of a study."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from magbayes.system.evaluation.numbers import metric_of
from magbayes.system.metrics.sensitivity import Index
from magbayes.workflow.report.figures.plotting import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    errors,
    figure,
)
from magbayes.workflow.report.names import number_name, parameter_name
from magbayes.workflow.report.parameters import Parameter
from magbayes.workflow.report.reading import PERCENT
from magbayes.workflow.report.tolerance import WANTED, Curve, said

SCALES = {
    "S": (1e6, "µS"),
    "J": (1e9, "nJ"),
    "s": (1e9, "ns"),
    "A": (1e12, "pA"),
    "m^2": (1e6, "mm²"),
    "A/m^2": (1e-11, "10¹¹ A/m²"),
    "nat": (1, "nat"),
    "original": (1, ""),
    "1": (1, ""),
}
"""Factor and name of what a person reads, by SI unit."""

YEAR = 3.156e7
"""s."""

OWN_SCALES = {
    "dwmtj/barrier": (1e18, "aJ"),
    "dwmtj/write_energy": (1e15, "fJ"),
    "dwmtj/retention": (1 / YEAR, "years"),
    "dwmtj/retention_worst": (1 / YEAR, "years"),
}
"""Factor and name of what a person reads, by number, where it is far from others of its unit."""

SHARES = (*PERCENT, "yield")
"""What the names of metrics start with that are shares in per cent here; their changes are in points."""

LINES = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
"""Colours of lines in one panel."""

PANELS = 3
"""Panels beside each other."""


def marked(axes: Axes, x: np.ndarray, values: np.ndarray, doubted: np.ndarray, **style: Any) -> None:
    """Draw values (points, 3) with their intervals; symbols of points in doubt are open."""
    for points, face in ((~doubted, None), (doubted, "white")):
        if points.any():
            bars = errors(*values[points].T)
            axes.errorbar(x[points], values[points, 0], bars, fmt="o", lw=0.8, capsize=2, mfc=face, **style)


def scale(name: str, unit: str) -> tuple[float, str]:
    """Factor and name of what a person reads, of a number with a name and an SI unit."""
    if metric_of(name.rpartition("/")[2]).startswith(SHARES):
        return 100, "%"
    return OWN_SCALES.get(name) or SCALES[unit]


def change_scale(name: str, unit: str) -> tuple[float, str]:
    """Factor and name of what a person reads, of a change of such a number."""
    factor, shown = scale(name, unit)
    return factor, "points" if shown == "%" else shown


def label(name: str, unit: str) -> str:
    """A quantity with the unit that a person reads."""
    return _label(name, scale(name, unit)[1])


def change_label(name: str, unit: str) -> str:
    """A quantity with the unit of its changes that a person reads."""
    return _label(name, change_scale(name, unit)[1])


def _label(name: str, shown: str) -> str:
    return f"{number_name(name)} / {shown}" if shown else number_name(name)


def wrapped(text: str, width: int = 26) -> str:
    """A label in lines that are no longer than a panel."""
    kept = text.replace(" / ", " /\N{NO-BREAK SPACE}")  # a unit stays with its stroke
    return "\n".join(textwrap.wrap(kept, width, break_long_words=False))


def as_read(columns: Mapping[str, np.ndarray], parameters: Mapping[str, Parameter]) -> dict[str, np.ndarray]:
    """Values of parameters (points,) by their labels, in the units that a person reads.

    What is no number is drawn at its place among the values, sorted.
    """
    shown = {}
    for key, values in columns.items():
        one = parameters[key]
        single = one.numeric and not one.listed
        shown[one.label if single else f"{one.name} (place)"] = one.factor * values if single else values
    return shown


def spans_decades(values: np.ndarray) -> bool:
    """Whether values are better drawn on a logarithmic scale."""
    return bool(values.min() > 0 and values.max() / values.min() > 50)


def against_parameters(
    points: Mapping[str, np.ndarray],
    collected: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    doubted: np.ndarray,
    beside: np.ndarray | None = None,
    heading: Callable[[str, str], str] = label,
) -> Figure:
    """Each collected number against each parameter, with 95 % intervals; `collected` is (points, 3) by name.

    `doubted` (points,) tells which points are in doubt; their symbols are open, here and in the other figures. Points
    `beside` the design (points,) are stars. `heading` makes the label of a number from its name and SI unit.

    Panels of one number stand side by side, and as many numbers as a page is wide.
    """
    across = max(1, PANELS // len(points))
    rows, columns = -(-len(collected) // across), len(points) * across
    drawing = figure(min(3.2 * columns, 14), 2.5 * rows)
    axes = drawing.subplots(rows, columns, squeeze=False, sharex="col")
    for i, (name, value) in enumerate(collected.items()):
        scaled = scale(name, units[name])[0] * value
        for j, (parameter, x) in enumerate(points.items()):
            row, column = i // across, i % across * len(points) + j
            panel = axes[row, column]
            marked(panel, x, scaled, doubted, ms=3, color=BLUE)
            if beside is not None:
                panel.plot(x[beside], scaled[beside, 0], "*", color=RED, ms=9)
            if spans_decades(x):
                panel.set_xscale("log")
            if spans_decades(scaled):
                panel.set_yscale("log")
            if j == 0:
                panel.set_ylabel(wrapped(heading(name, units[name])))
            else:
                panel.sharey(axes[row, column - j])
                panel.tick_params(labelleft=False)
            if i + across >= len(collected):  # nothing is below it
                panel.set_xlabel(wrapped(parameter))
                panel.tick_params(labelbottom=True)
    for panel in axes.ravel()[len(collected) * len(points) :]:
        panel.set_visible(False)
    drawing.align_ylabels()
    return drawing


def changes(
    points: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    doubted: np.ndarray,
) -> Figure:
    """Each collected number less that of the reference against each parameter, as `against_parameters` draws it."""
    drawing = against_parameters(points, values, units, doubted, heading=change_label)
    for panel in drawing.axes:
        panel.axhline(0, color=GREY, lw=0.8)
        if panel.get_ylabel():
            panel.set_ylabel(f"change of\n{panel.get_ylabel()}")
    return drawing


def pairs(
    points: Mapping[str, np.ndarray],
    name: str,
    value: np.ndarray,
    unit: str,
    doubted: np.ndarray,
    beside: np.ndarray | None = None,
) -> Figure:
    """One collected number over every pair of parameters; rings around points in doubt, stars beside the design."""
    couples = list(itertools.combinations(points, 2))
    columns = min(len(couples), 3)
    rows = -(-len(couples) // columns)
    drawing = figure(4.2 * columns, 3.4 * rows)
    axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    for panel in axes[len(couples) :]:
        panel.set_visible(False)
    for panel, (a, b) in zip(axes, couples, strict=False):
        for axis, x in (("x", points[a]), ("y", points[b])):
            if spans_decades(x):
                panel.set(**{f"{axis}scale": "log"})
        colour = scale(name, unit)[0] * value
        limits = {"cmap": "viridis", "vmin": colour.min(), "vmax": colour.max()}
        shown = panel.scatter(points[a], points[b], c=colour, s=22, **limits)
        if beside is not None:
            panel.scatter(
                points[a][beside], points[b][beside], c=colour[beside], s=150, marker="*", edgecolors=RED, **limits
            )
        panel.scatter(points[a][doubted], points[b][doubted], s=70, facecolors="none", edgecolors=RED)
        panel.set(xlabel=wrapped(a, 34), ylabel=wrapped(b, 34))
    drawing.colorbar(shown, ax=axes[: len(couples)].tolist(), label=wrapped(label(name, unit), 40))
    return drawing


def tolerances(curves: Sequence[Curve]) -> Figure:
    """Yields against a parameter, a line for each combination of the others."""
    panels = list(dict.fromkeys((curve.name, curve.parameter) for curve in curves))
    drawing = figure(7.5, 2.8 * len(panels) + 0.4)
    for axes, (name, parameter) in zip(np.atleast_1d(drawing.subplots(len(panels), 1)), panels, strict=True):
        own = [curve for curve in curves if (curve.name, curve.parameter) == (name, parameter)]
        for i, curve in enumerate(own):
            style = {"color": LINES[i % len(LINES)], "ls": ("-", "--", ":")[i // len(LINES) % 3]}
            axes.errorbar(
                curve.spread,
                100 * curve.yields[:, 0],
                100 * errors(*curve.yields.T),
                fmt="o",
                ms=3,
                lw=1.2,
                capsize=2,
                label=said(curve.others),
                **style,
            )
        axes.axhline(100 * WANTED[0], color=GREY, lw=0.8, ls=":")
        axes.set(xlabel=parameter_name(parameter), ylabel=wrapped(label(name, "1")), ylim=(-3, 103))
        if len(own) > 1:
            axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return drawing


def ranking(indices: Mapping[str, Sequence[Index]]) -> Figure:
    """Shares of variance by parameter, for each collected number."""
    drawing = figure(8, 0.6 + 0.9 * len(indices) + 0.18 * sum(map(len, indices.values())))
    for axes, (name, ranked) in zip(
        np.atleast_1d(drawing.subplots(len(indices), 1, sharex=True)), indices.items(), strict=True
    ):
        where = np.arange(len(ranked))
        margins = [i.first_margin for i in ranked]
        axes.barh(where - 0.2, [i.first for i in ranked], 0.35, xerr=margins, color=BLUE, label="alone")
        margins = [i.total_margin for i in ranked]
        axes.barh(where + 0.2, [i.total for i in ranked], 0.35, xerr=margins, color=ORANGE, label="with interactions")
        axes.set_yticks(where, [parameter_name(i.parameter) for i in ranked])
        axes.invert_yaxis()
        axes.set_title(number_name(name), loc="left")
    drawing.axes[-1].set(xlabel="share of the variance", xlim=(0, 1.05))
    drawing.legend(*drawing.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return drawing


def pareto(
    energy: np.ndarray, quality: np.ndarray, best: np.ndarray, doubted: np.ndarray, name: str, text: str
) -> Figure:
    """Energy against calibration error, a share, both (points, 3), with the points that none beats."""
    drawing = figure(6.5, 3.4)
    axes = drawing.subplots()
    x, y = 1e9 * energy[:, 0], 100 * quality
    marked(axes, x, y, doubted, ms=3.5, color=GREY)
    order = np.flatnonzero(best)[np.argsort(x[best])]
    axes.plot(x[order], y[order, 0], "-", color=RED, lw=1.2, label="no point beats these in both")
    for points, face in ((best & ~doubted, RED), (best & doubted, "white")):
        axes.plot(x[points], y[points, 0], "o", color=RED, mfc=face, ms=5)
    axes.set(xlabel=f"energy of a prediction on {name} / nJ", ylabel=text)
    axes.legend()
    return drawing
