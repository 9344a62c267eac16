"""Mermaid's flow charts as pictures: its own program is 3 MB of script, and pages here load none."""

from __future__ import annotations

import re
from html import escape

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

BLOCK = re.compile(r"^```mermaid\nflowchart TD\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NODE = r'(\w+)(?:\["(.+?)"\])?'
ARROW = re.compile(rf"^\s*{NODE} --> {NODE}\s*$", re.MULTILINE)

TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)

WIDTH, HEIGHT = 150, 28
"""Of a box, px."""

ACROSS, DOWN = 166, 64
"""From box to box, px."""

SWEEPS = 24
"""Passes over all rows in which boxes are put near what they are joined to."""


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put a picture in place of each flow chart."""
    return BLOCK.sub(lambda match: drawn(match[1]), markdown)


def drawn(text: str) -> str:
    """A flow chart in SVG, in the colours of the page."""
    arrows = [(match[1], match[3]) for match in ARROW.finditer(text)]
    labels = {
        name: label for match in ARROW.finditer(text) for name, label in (match.group(1, 2), match.group(3, 4)) if label
    }
    rows = ordered(ranks(arrows), arrows)
    widest = max(map(len, rows))
    places = {}
    for y, row in enumerate(rows):
        for x, name in enumerate(row):
            places[name] = ((x + (widest - len(row)) / 2) * ACROSS + ACROSS / 2, y * DOWN + DOWN / 2)
    lines = [line(places[one], places[other]) for one, other in arrows]
    boxes = [box(labels.get(name, name), *place) for name, place in places.items()]
    size = f"0 0 {widest * ACROSS} {len(rows) * DOWN}"
    said = escape(
        "Arrows: " + ", ".join(f"{labels.get(one, one)} to {labels.get(other, other)}" for one, other in arrows)
    )
    svg = f'<svg viewBox="{size}" role="img" aria-label="{said}">{TIP}{"".join(lines + boxes)}</svg>'
    return f'<div class="diagram">{svg}</div>'


def ranks(arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The row of each box: below all that lead to it."""
    found = dict.fromkeys([name for arrow in arrows for name in arrow], 0)
    for _ in found:
        for one, other in arrows:
            found[other] = max(found[other], found[one] + 1)
    return found


def ordered(rank: dict[str, int], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Boxes of each row, from left to right so that arrows are short."""
    rows = [[name for name in rank if rank[name] == number] for number in range(max(rank.values()) + 1)]
    joined = {name: [b if a == name else a for a, b in arrows if name in (a, b)] for name in rank}
    for _ in range(SWEEPS):
        for row in rows:
            x = {name: index - (len(other) - 1) / 2 for other in rows for index, name in enumerate(other)}
            row.sort(key=lambda name: sum(x[other] for other in joined[name]) / len(joined[name]))
    return rows


def line(start: tuple[float, float], end: tuple[float, float]) -> str:
    """An arrow from the foot of a box to the head of another."""
    (x0, y0), (x1, y1) = start, end
    y0, y1 = y0 + HEIGHT / 2, y1 - HEIGHT / 2
    bend = (y1 - y0) / 2
    return f'<path d="M{x0} {y0}C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1}" marker-end="url(#tip)"/>'


def box(label: str, x: float, y: float) -> str:
    """A box with its label."""
    rectangle = f'<rect x="{x - WIDTH / 2}" y="{y - HEIGHT / 2}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
    return f'{rectangle}<text x="{x}" y="{y}">{escape(label)}</text>'
