"""The values that a page shows where a reader points at a figure: where each point is in its image, and what it says.

They are those of the figure's table (`numbers`), without arrows and without images of many pixels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from magbayes.workflow.report.figures.numbers import Panel, Row, panels
from magbayes.workflow.report.reading import number

MOST_PIXELS = 400
"""Pixels of an image beyond which it is a picture of a state, whose values nobody reads one by one."""

NEAREST = 4 / 96
"""Distance in inches below which points of one curve are not told apart: four pixels of a screen."""

DRAWN_ALONG = ("line", "band")
"""What is drawn through its points, which are thinned out."""

UNIT = 1e4
"""Positions are integers: parts of the width and the height of the image in 1/10 000, from its upper left corner."""


def values(drawing: Figure) -> str:
    """Points of a figure that was drawn, as JSON that an HTML page can hold; empty where there are none.

    A list of panels, each with the keys ``title``, ``x`` and ``y`` (labels of its axes) and ``series``: pairs of a
    name and of points. A point is its place (two integers, see `UNIT`) and the texts of its x, its y and its colour.
    """
    found = [_panel(drawing, panel) for panel in panels(drawing)]
    if not any(panel["series"] for panel in found):
        return ""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")  # which could end the element that holds it


def _panel(drawing: Figure, panel: Panel) -> dict[str, Any]:
    series: dict[str, list[Any]] = {}
    last: dict[tuple[str, str, Any], np.ndarray] = {}
    few = sum(row.drawn == "pixel" for row, _ in panel.rows) <= MOST_PIXELS
    for row, named in panel.rows:
        if row.drawn.startswith("arrow") or (row.drawn == "pixel" and not few):
            continue
        for edge, (x, y) in enumerate(_places(row)):
            place = _place(drawing, panel.axes, x, y)
            if place is None:
                continue
            key = (row.drawn, row.series, edge)
            inches = place * drawing.get_size_inches()
            near = key in last and np.hypot(*(inches - last[key])) < NEAREST
            if row.drawn in DRAWN_ALONG and near:
                continue
            last[key] = inches
            point = [*np.rint(UNIT * place).astype(int).tolist(), *_texts(named)]
            series.setdefault(row.series, []).append(point)
    return {"title": panel.title, "x": panel.x_label, "y": panel.y_label, "series": list(series.items())}


def _places(row: Row) -> Iterator[tuple[Any, Any]]:
    """Where a reader points at it: at the point, at either edge of a band, in the middle of a bar of error alone."""
    if row.drawn == "band":
        yield row.x, row.y_low
        yield row.x, row.y_high
        return
    yield (
        row.x if row.x != "" else (row.x_low + row.x_high) / 2,
        row.y if row.y != "" else (row.y_low + row.y_high) / 2,
    )


def _place(drawing: Figure, axes: Axes, x: Any, y: Any) -> np.ndarray | None:
    """Parts (2,) of the image's width and height, from its upper left corner; None outside the axes."""
    at = axes.transData.transform((float(axes.convert_xunits(x)), float(axes.convert_yunits(y))))
    if not (np.isfinite(at).all() and axes.bbox.padded(1).contains(*at)):
        return None
    across, up = at / (drawing.bbox.width, drawing.bbox.height)
    return np.array([across, 1 - up])


def _texts(row: Row) -> list[str]:
    """What it says of x, of y and of its colour; nothing at the end that is empty."""
    bar = row.drawn == "bar"
    texts = [_text(row.x, row.x_low, row.x_high, bar), _text(row.y, row.y_low, row.y_high, bar)]
    return [*texts, _digits(row.value)] if row.value != "" else texts


def _text(value: Any, low: Any, high: Any, bar: bool) -> str:
    """A value with its interval, or the length of a bar that does not begin at 0."""
    if low == "":
        return _digits(value)
    ends = f"{_digits(low)} to {_digits(high)}"
    if bar:
        from_zero = min(abs(low), abs(high)) <= 1e-12 * max(abs(low), abs(high), 1e-300)
        return _digits(value) if from_zero else f"{_digits(high - low)} (from {ends})"
    return f"{_digits(value)} ({ends})" if value != "" else ends


def _digits(value: Any) -> str:
    """A number in four digits, or a category."""
    return " ".join(value.split()) if isinstance(value, str) else number(float(value), ".4g")
