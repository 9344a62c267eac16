"""Tables of a page: cells that know what they are sorted by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from magbayes.data.estimate import Estimate
from magbayes.workflow.report.reading import number


class PageCell(NamedTuple):
    """What a cell shows, the number that it is sorted by, if it is one, and a second line."""

    text: str
    order: float | None = None
    detail: str = ""

    @property
    def length(self) -> int:
        """Letters, by which a column is given its width."""
        return len(self.text) + len(self.detail)


class PageTable(NamedTuple):
    """Headings, and rows of cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[PageCell]]


def plain(value: float, form: str = ".3g") -> PageCell:
    """A number."""
    return PageCell(number(value, form), value)


def estimate(value: Estimate, scale: float = 1.0, form: str = "#.3g") -> PageCell:
    """An estimate with its interval."""
    middle, low, high = (number(scale * end, form) for end in (value.value, value.low, value.high))
    return PageCell(middle, float(value.value), f"{low} to {high}")
