"""The metal of a tile's lines: ``data/wires``."""

from __future__ import annotations

from typing import NamedTuple

from magbayes.data import cited
from magbayes.data.section import Section
from magbayes.system.cost.table import Coefficient, load_table
from magbayes.system.settings import AcceleratorSettings


class Wires(NamedTuple):
    """Resistances of a tile, Ohm.

    Attributes
    ----------
    row, column
        Of the wire between two cells, along a row and along a column.
    terminal
        At the beginning of a row, and at the end of a column.
    """

    row: float
    column: float
    terminal: float


class Metal(Section):
    """A line of a stated metal and cross-section; the file itself explains its entries."""

    width: Coefficient
    thickness: Coefficient
    resistivity: Coefficient
    current_density: Coefficient

    @property
    def cross_section(self) -> float:
        """Width times thickness, m^2."""
        return self.width.value * self.thickness.value


def load_metal(name: str) -> Metal:
    """Return ``data/wires/<name>.yaml``, checked.

    Raises
    ------
    ValueError
        There is no such file, or one of its entries is wrong.
    """
    metal: Metal = cited.load_as(Metal, "wires", name)
    return metal


def wires_of(settings: AcceleratorSettings) -> Wires:
    """Return the resistances of a tile's lines; all 0 where they are ideal."""
    if "wires" in settings.ideal:
        return Wires(0.0, 0.0, 0.0)
    segment = settings.wire_resistance
    if segment is None:
        metal, pitch = load_metal(settings.wire), load_table(settings.cost_table).cell_pitch.value
        segment = metal.resistivity.value * pitch / metal.cross_section
    return Wires(settings.cell_width * segment, segment, settings.terminal_resistance)
