"""The numbers that a figure draws, as a table: a row for each point of a line, bar, band, cloud or image.

They are read from what is drawn, in the units of the axes, so that no figure can show what its table does not have.
Lines across a whole panel, which mark a value, and texts are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.quiver import Quiver


class Row(NamedTuple):
    """A point: what draws it, where it is, the ends of its bars or of its band, and what its colour says."""

    drawn: str
    series: str
    x: Any
    y: Any
    x_low: Any = ""
    x_high: Any = ""
    y_low: Any = ""
    y_high: Any = ""
    value: Any = ""


class Panel(NamedTuple):
    """Axes of a figure that show numbers: their title and labels, and each point as drawn and as it is called."""

    axes: Axes
    title: str
    x_label: str
    y_label: str
    rows: list[tuple[Row, Row]]


def panels(drawing: Figure) -> Iterator[Panel]:
    """All numbers of a figure, by panel; in the second of two rows categories have their names."""
    for axes in filter(_is_panel, drawing.axes):
        across, along = _categories(axes.xaxis), _categories(axes.yaxis)
        rows = [(row, row._replace(x=_category(across, row.x), y=_category(along, row.y))) for row in _rows(axes)]
        title = _line(axes.get_title() or axes.get_title(loc="left"))
        x_label, y_label = map(_line, _labels(drawing, axes))
        yield Panel(axes, title, x_label, y_label, rows)


def table(drawing: Figure) -> str:
    """All numbers of a figure as CSV; empty where it draws none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["panel", "title", "x axis", "y axis", *Row._fields])
    rows = [
        [number, panel.title, panel.x_label, panel.y_label, *map(_plain, named)]
        for number, panel in enumerate(panels(drawing), start=1)
        for _, named in panel.rows
    ]
    writer.writerows(rows)
    return text.getvalue() if rows else ""


def _is_panel(axes: Axes) -> bool:
    """Whether axes show numbers, and are no scale of colours."""
    return axes.axison and axes.get_visible() and axes.get_label() != "<colorbar>"


def _labels(drawing: Figure, axes: Axes) -> tuple[str, str]:
    """Labels of the axes; panels in a row or column share those of the first or last."""
    below = [other.get_xlabel() for other in axes.get_shared_x_axes().get_siblings(axes)]
    beside = [other.get_ylabel() for other in axes.get_shared_y_axes().get_siblings(axes)]
    x = axes.get_xlabel() or next(filter(None, below), "") or drawing.get_supxlabel()
    return x, axes.get_ylabel() or next(filter(None, beside), "") or drawing.get_supylabel()


def _line(text: str) -> str:
    return " ".join(text.split())


def _plain(cell: Any) -> Any:
    """A number in as few digits as tell it, without trailing noise of the drawing; masked and missing ones empty."""
    if isinstance(cell, str):
        return _line(cell)
    number = float(cell)
    return f"{number:.10g}" if np.isfinite(number) else ""


def _named(artist: Any) -> str:
    """The label of what is drawn; those that matplotlib gives begin with an underscore."""
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def _rows(axes: Axes) -> Iterator[Row]:
    taken: set[Any] = set()
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            line, caps, bars = container.lines
            taken |= {line, *caps, *bars}
            yield from _points_with_bars(container, line, bars)
        elif isinstance(container, BarContainer):
            yield from _bars(container)
    for line in axes.lines:
        if line not in taken and line.get_transform() == axes.transData:
            yield from _curve(line)
    for collection in axes.collections:
        if collection in taken:
            continue
        if isinstance(collection, Quiver):
            yield from _arrows(collection)
        elif isinstance(collection, PathCollection):
            yield from _cloud(collection)
        elif isinstance(collection, PolyCollection):
            yield from _band(collection)
    for image in axes.images:
        yield from _pixels(image)


def _curve(line: Line2D) -> Iterator[Row]:
    for x, y in _places(line):
        yield Row("line", _named(line), x, y)


def _places(line: Line2D) -> list[tuple[float, float]]:
    return list(zip(np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist(), strict=True))


def _points_with_bars(container: ErrorbarContainer, line: Line2D | None, bars: tuple[LineCollection, ...]) -> Any:
    """Points with the ends of their bars; where no point is drawn, its place along the bar is empty."""
    collections = iter(bars)
    across = next(collections).get_segments() if container.has_xerr else []
    along = next(collections).get_segments() if container.has_yerr else []
    count = max(len(across), len(along))
    places: list[tuple[Any, Any]] = [("", "")] * count if line is None else list(_places(line))
    for i, (x, y) in enumerate(places):
        x_ends = (across[i][0][0], across[i][1][0]) if i < len(across) else ("", "")
        y_ends = (along[i][0][1], along[i][1][1]) if i < len(along) else ("", "")
        if line is None:
            x, y = ("", across[i][0][1]) if across else (along[i][0][0], "")
        yield Row("points", _named(container), x, y, *x_ends, *y_ends)


def _bars(container: BarContainer) -> Iterator[Row]:
    """Bars by their category or middle, and from where to where they go."""
    for patch in container.patches:
        x, y, width, height = patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()
        if container.orientation == "horizontal":
            yield Row("bar", _named(container), x + width, y + height / 2, x, x + width)
        else:
            yield Row("bar", _named(container), x + width / 2, y + height, "", "", y, y + height)


def _categories(axis: Any) -> dict[float, str]:
    """What stands at the ticks of an axis of categories, shown here or on a panel beside it; nothing on numbers."""
    places = axis.get_ticklocs()
    texts = axis.get_major_formatter().format_ticks(places)
    if all(map(_is_number, texts)):
        return {}
    return {round(float(place), 6): text for place, text in zip(places, texts, strict=False)}


def _category(names: dict[float, str], place: Any) -> Any:
    """The category at a place, where it is one."""
    return place if isinstance(place, str) else names.get(round(float(place), 6)) or place


def _is_number(text: str) -> bool:
    """Whether a tick says a number, or nothing."""
    try:
        float(text.replace("\N{MINUS SIGN}", "-") or 0)
    except ValueError:
        return "mathdefault" in text
    return True


def _band(collection: PolyCollection) -> Iterator[Row]:
    for path in collection.get_paths():
        ends: dict[float, list[float]] = {}
        for x, y in np.asarray(path.vertices).tolist():
            ends.setdefault(x, []).append(y)
        for x in sorted(ends):
            yield Row("band", _named(collection), x, "", "", "", min(ends[x]), max(ends[x]))


def _cloud(collection: PathCollection) -> Iterator[Row]:
    offsets = np.ma.getdata(collection.get_offsets())
    colours = collection.get_array()
    values = [""] * len(offsets) if colours is None else np.ma.filled(np.ma.ravel(colours).astype(float), np.nan)
    for (x, y), value in zip(offsets, values, strict=True):
        yield Row("points", _named(collection), x, y, value=value)


def _arrows(arrows: Quiver) -> Iterator[Row]:
    """Ends of arrows, in the units that they were given in."""
    for (x, y), u, v in zip(np.ma.getdata(arrows.get_offsets()), *map(np.asarray, (arrows.U, arrows.V)), strict=True):
        yield Row("arrow along x", _named(arrows), x, y, value=u)
        yield Row("arrow along y", _named(arrows), x, y, value=v)


def _pixels(image: AxesImage) -> Iterator[Row]:
    """Middles of the pixels of an image of numbers; those of pictures have none."""
    array = image.get_array()
    if array is None or np.ndim(array) != 2:
        return
    left, right, bottom, top = image.get_extent()
    if image.origin == "upper":
        bottom, top = top, bottom
    rows, columns = np.shape(array)
    xs = left + (np.arange(columns) + 0.5) * (right - left) / columns
    ys = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
    filled: np.ndarray = np.ma.filled(np.ma.asarray(array, float), np.nan)
    for i, y in enumerate(ys):
        for j, x in enumerate(xs):
            if np.isfinite(filled[i, j]):
                yield Row("pixel", _named(image), x, y, value=filled[i, j])
