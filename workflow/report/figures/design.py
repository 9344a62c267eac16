"""Figures of a design."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from magbayes.workflow.report.figures.plotting import BLUE, GREY, ORANGE, RED, errors, figure
from magbayes.workflow.report.figures.study import label, scale, spans_decades


def front(
    objectives: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    groups: Mapping[str, np.ndarray],
    chosen: int | None,
) -> Figure:
    """Objectives against each other, or of a single one its values in the order of the points.

    Parameters
    ----------
    objectives : (points, 3) by name
        Values and their 95 % intervals.
    units
        SI units by name.
    groups : (points,) by name
        Which points miss a constraint (``misses``), meet all (``meets``), are not told from the front (``near``) and
        are on it (``front``).
    chosen
        Index of the chosen point.
    """
    scaled = {name: scale(name, units[name])[0] * values for name, values in objectives.items()}
    couples = list(itertools.combinations(scaled, 2))
    columns = min(len(couples) or 1, 2)
    rows = -(-(len(couples) or 1) // columns)
    drawing = figure(5.5 * columns, 3.8 * rows)
    panels = drawing.subplots(rows, columns, squeeze=False).ravel()
    if not couples:
        ((name, values),) = scaled.items()
        numbers = np.arange(1, len(values) + 1)
        _draw(panels[0], np.column_stack([numbers] * 3), values, groups, chosen)
        panels[0].set(xlabel="point", ylabel=label(name, units[name]))
    for panel, (a, b) in zip(panels, couples, strict=False):
        _draw(panel, scaled[a], scaled[b], groups, chosen, joined=len(scaled) == 2)
        panel.set(xlabel=label(a, units[a]), ylabel=label(b, units[b]))
        for values, rescale in ((scaled[a], panel.set_xscale), (scaled[b], panel.set_yscale)):
            if spans_decades(values[:, 0]):
                rescale("log")
    for panel in panels[max(1, len(couples)) :]:
        panel.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside lower center", ncols=3)
    return drawing


def _draw(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    groups: Mapping[str, np.ndarray],
    chosen: int | None,
    joined: bool = False,
) -> None:
    styles = {
        "misses": (GREY, "x", "misses a constraint"),
        "meets": (BLUE, "o", "meets all"),
        "near": (ORANGE, "o", "not told from the front"),
        "front": (RED, "o", "front"),
    }
    for group, (colour, symbol, text) in styles.items():
        if (points := groups[group]).any():
            axes.errorbar(
                x[points, 0],
                y[points, 0],
                errors(*y[points].T),
                errors(*x[points].T),
                fmt=symbol,
                ms=4,
                lw=0.7,
                capsize=2,
                color=colour,
                label=text,
            )
    if joined:
        order = np.flatnonzero(groups["front"])[np.argsort(x[groups["front"], 0])]
        axes.plot(x[order, 0], y[order, 0], "-", color=RED, lw=1.0)
    if chosen is not None:
        axes.plot(
            x[chosen, 0], y[chosen, 0], "o", ms=11, mfc="none", mec=RED, mew=1.4, ls="none", label="chosen device"
        )
