"""Style of the report's figures, and their embedding in HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Okabe and Ito's palette, safe for colour-blind readers.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#666666"
SKY, BLACK, BROWN = "#56B4E9", "#000000", "#8B5E3C"

Drawing = Callable[[], Figure]
"""What draws a figure when it is called."""

STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.titlesize": 10,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.fonttype": "path",
    "svg.hashsalt": "magbayes",
}


def use_style() -> None:
    """Set the style of all figures; discretisedfield sets another one when it is imported."""
    mpl.rcdefaults()
    mpl.rcParams.update(STYLE)


def figure(width: float, height: float) -> Figure:
    """Make a figure of a size in inches; free of pyplot's global state."""
    return Figure(figsize=(width, height), layout="constrained")


def errors(value: Any, low: Any, high: Any) -> np.ndarray:
    """Lengths (2, points) of error bars; a smoothed value may lie beyond its interval by a rounding error."""
    return np.clip([np.asarray(value) - low, np.asarray(high) - value], 0, None)


def svg(drawing: Figure) -> bytes:
    """Render a figure as SVG, the same bytes for the same figure.

    By the canvas itself, which draws once: `Figure.savefig` draws for the layout, and then again.
    """
    buffer = io.BytesIO()
    FigureCanvasSVG(drawing).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def pictures(drawings: Mapping[str, Drawing]) -> dict[str, bytes]:
    """Draw and render figures as SVG, each in the style of all."""
    rendered = {}
    for name, drawing in drawings.items():
        use_style()
        rendered[name] = svg(drawing())
    return rendered


def data_uri(content: bytes, kind: str = "image/svg+xml") -> str:
    """Embed a file that a page can hold."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
