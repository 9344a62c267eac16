"""Style of the report's figures, their files, and their embedding in HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from magbayes.workflow.report.figures import numbers
from magbayes.workflow.report.figures.values import values

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


class Picture(NamedTuple):
    """A figure as files.

    Attributes
    ----------
    svg, pdf
        What it looks like.
    csv
        The numbers that it draws; empty where it draws none.
    values
        Those that a page shows where a reader points, as JSON (`figures.values`); empty where it draws none.
    inches
        Its width.
    """

    svg: bytes
    pdf: bytes
    csv: str
    values: str
    inches: float

    def files(self) -> dict[str, bytes]:
        """Contents of its files by their suffix."""
        return {".svg": self.svg, ".pdf": self.pdf} | ({".csv": self.csv.encode()} if self.csv else {})


class Shown(NamedTuple):
    """What a page takes of a figure: what it embeds, its values, how wide it was drawn, and which files hold it."""

    uri: str
    values: str
    inches: float
    files: str


def picture(drawing: Figure) -> Picture:
    """Render a figure, the same bytes for the same figure.

    By the canvases themselves, which draw once: `Figure.savefig` draws for the layout, and then again.
    """
    svg, pdf = io.BytesIO(), io.BytesIO()
    FigureCanvasSVG(drawing).print_svg(svg, metadata={"Date": None})
    drawing.set_layout_engine("none")  # it is laid out by now
    FigureCanvasPdf(drawing).print_pdf(pdf, metadata={"CreationDate": None})
    inches = float(drawing.get_figwidth())
    return Picture(svg.getvalue(), pdf.getvalue(), numbers.table(drawing), values(drawing), inches)


def pictures(drawings: Mapping[str, Drawing]) -> dict[str, Picture]:
    """Draw and render figures, each in the style of all."""
    rendered = {}
    for name, drawing in drawings.items():
        use_style()
        rendered[name] = picture(drawing())
    return rendered


def stem(name: str) -> str:
    """Name of the files of a figure."""
    return name.replace("/", "-")


def files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Contents of the files of figures, by their names."""
    return {f"{stem(name)}{suffix}": data for name, of in pictures.items() for suffix, data in of.files().items()}


def shown(pictures: Mapping[str, Picture]) -> dict[str, Shown]:
    """What a page takes of its figures."""
    return {
        name: Shown(data_uri(of.svg), of.values, of.inches, f"figures/{stem(name)}{', '.join(of.files())}")
        for name, of in pictures.items()
    }


def data_uri(content: bytes, kind: str = "image/svg+xml") -> str:
    """Embed a file that a page can hold."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
