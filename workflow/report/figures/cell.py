"""Figures of the bit cell: its layers, its circuit, and what its gate spares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

from magbayes.system.array.two_terminals import TOLERANCE, charge_excess
from magbayes.system.cost.gate import hold_interval, shortest_interval
from magbayes.workflow.report.figures.plotting import BLACK, BLUE, GREEN, GREY, ORANGE, RED, figure
from magbayes.workflow.report.reading import number

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction
    from magbayes.system.array.devices import StochasticModel
    from magbayes.system.array.two_terminals import Comparison as TwoTerminals
    from magbayes.system.cost.table import CostTable

FREE, BARRIER, REFERENCE, METAL, GATE = "#fdd0a2", "#d9d9d9", "#9ecae1", "#c7c7e2", "#c7e9c0"

HEIGHTS = {1.4: ORANGE, 3.9: GREEN}
"""Barriers in eV beside the device's: the lowest that was measured on MgO, and half of its gap in bulk."""


def layers() -> Figure:
    """Cross-sections of the two devices: layers, their magnetisation, what is applied and what is read."""
    drawing = figure(9, 2.8)
    stochastic, wall = drawing.subplots(1, 2)
    arrow = {"arrowstyle": "-|>", "lw": 1.5, "color": "black"}

    def layer(axes: Axes, bottom: float, height: float, colour: str, label: str) -> None:
        axes.add_patch(Rectangle((0, bottom), 6, height, facecolor=colour, edgecolor="white"))
        axes.text(6.2, bottom + height / 2, label, va="center")

    layer(stochastic, 3.0, 0.7, REFERENCE, "reference layer p, in the plane")
    layer(stochastic, 2.7, 0.3, BARRIER, "tunnel barrier: read voltage")
    layer(stochastic, 1.9, 0.8, FREE, "free layer, fluctuates; common node")
    layer(stochastic, 1.1, 0.8, BARRIER, "thick dielectric: gate voltage V")
    layer(stochastic, 0.6, 0.5, GATE, "gate")
    stochastic.annotate("", (4.5, 3.35), (1.5, 3.35), arrowprops=arrow)
    for end in (-0.8, 0.0, 0.8):
        stochastic.annotate("", (3 + end, 2.7), (3, 1.9), arrowprops={**arrow, "alpha": 0.4 if end else 1})
    stochastic.set_title("stochastic MTJ: sigma of a weight", loc="left")
    layer(wall, 3.0, 0.6, REFERENCE, "reference layer, upwards")
    layer(wall, 2.5, 0.5, BARRIER, "tunnel barrier: read voltage")
    layer(wall, 1.7, 0.8, FREE, "free layer, wall at a notch")
    layer(wall, 0.7, 1.0, METAL, "heavy metal: write current")
    for x, (tail, head) in {1.0: (1.75, 2.45), 2.0: (1.75, 2.45), 4.0: (2.45, 1.75), 5.0: (2.45, 1.75)}.items():
        wall.annotate("", (x, head), (x, tail), arrowprops=arrow)
    wall.annotate("", (3.5, 2.1), (2.5, 2.1), arrowprops=arrow)
    wall.annotate("", (3, 3.55), (3, 3.05), arrowprops=arrow)
    wall.annotate("", (5.4, 1.2), (0.6, 1.2), arrowprops={**arrow, "color": RED})
    wall.set_title("domain-wall MTJ: mean of a weight", loc="left")
    for axes in (stochastic, wall):
        axes.set(xlim=(-0.2, 14), ylim=(0.5, 3.8))
        axes.axis("off")
    return drawing


def _line(axes: Axes, *points: tuple[float, float], color: str = BLACK) -> None:
    axes.plot(*zip(*points, strict=True), color=color, lw=1.2, solid_capstyle="round")


def _junction(axes: Axes, x: float, top: float, bottom: float, colour: str, label: str) -> None:
    """A resistor between two heights."""
    middle = (top + bottom) / 2
    _line(axes, (x, top), (x, middle + 0.35))
    _line(axes, (x, middle - 0.35), (x, bottom))
    axes.add_patch(Rectangle((x - 0.16, middle - 0.35), 0.32, 0.7, facecolor=colour, edgecolor=BLACK, lw=1))
    axes.text(x + 0.26, middle, label, va="center", fontsize=9)


def _held(axes: Axes, x: float, y: float) -> None:
    """A gate with its hold capacitor and switch, left of a junction."""
    _line(axes, (x - 0.16, y), (x - 1.5, y), color=BLUE)
    _line(axes, (x - 0.75, y), (x - 0.75, y - 0.22), color=BLUE)
    for level in (0.22, 0.3):
        _line(axes, (x - 0.95, y - level), (x - 0.55, y - level), color=BLUE)
    _line(axes, (x - 0.75, y - 0.3), (x - 0.75, y - 0.5), color=BLUE)
    _line(axes, (x - 0.9, y - 0.5), (x - 0.6, y - 0.5), color=BLUE)
    _line(axes, (x - 1.5, y), (x - 1.85, y + 0.2), color=BLUE)
    _line(axes, (x - 1.9, y), (x - 2.2, y), color=BLUE)


def circuit(opposite: bool = True) -> Figure:
    """One weight: four junctions between the lines of a row and two columns, gates, mirror and converter.

    Parameters
    ----------
    opposite
        Whether the two of a pair see opposite voltages, or one voltage, and a mirror subtracts them.
    """
    drawing = figure(9, 3.4)
    axes = drawing.subplots()
    high, low, node = 4.0, 0.0, 2.0
    for height, text in ((high, "$+v_r$"), (low, "$-v_r$" if opposite else "$+v_r$")):
        _line(axes, (0.6, height), (7.2, height))
        axes.add_patch(Polygon([(0.0, height - 0.3), (0.0, height + 0.3), (0.6, height)], fill=False))
        axes.text(-0.15, height, text, ha="right", va="center")
    axes.text(-0.15, node, "row DAC and\ndrivers", ha="right", va="center", fontsize=9)
    for x, colour, mean in ((1.7, FREE, True), (6.0, METAL, False)):
        for sign, end in (("+", high), ("-", low)):
            _junction(axes, x, max(end, node), min(end, node), colour, f"$G_{{{'DW' if mean else 'S'}}}^{{{sign}}}$")
            if not mean:
                _held(axes, x, (end + node) / 2)
        axes.plot([x], [node], "o", color=BLACK, ms=4)
    axes.text(2.9, 3.45, "gate line, switch, $C_{hold}$", color=BLUE, fontsize=9, ha="left")
    _line(axes, (1.7, node), (3.0, node), (3.0, 2.0), (3.0, -0.75), (9.4, -0.75), (9.4, node))
    _line(axes, (6.0, node), (8.0, node))
    axes.add_patch(Rectangle((8.0, node - 0.4), 0.8, 0.8, fill=False))
    axes.text(8.4, node, "mirror\n$k$", ha="center", va="center", fontsize=9)
    _line(axes, (8.8, node), (10.0, node))
    axes.add_patch(Circle((9.4, node), 0.12, color=BLACK))
    axes.add_patch(Rectangle((10.0, node - 0.4), 1.5, 0.8, fill=False))
    axes.text(10.75, node, "integrator", ha="center", va="center", fontsize=9)
    _line(axes, (11.5, node), (12.0, node))
    axes.add_patch(Rectangle((12.0, node - 0.4), 1.0, 0.8, fill=False))
    axes.text(12.5, node, "ADC", ha="center", va="center", fontsize=9)
    axes.text(3.1, -0.95, "mean column", va="top", fontsize=9)
    axes.text(6.15, node - 0.15, "sigma column", fontsize=9, ha="left", va="top")
    axes.set(xlim=(-1.6, 13.2), ylim=(-1.4, 4.5), aspect="equal")
    axes.axis("off")
    return drawing


def gate(device: StochasticJunction, voltage: float, rows: int, table: CostTable) -> Figure:
    """What leaks through the gate at each voltage, and for how long gates of other thicknesses hold in the same field.

    Parameters
    ----------
    device
        The stochastic MTJ.
    voltage
        Of its gate, the largest in use, V.
    rows
        Of a tile, which is refreshed row by row.
    table
        Costs, with the hold capacitor.
    """
    drawing = figure(9, 3.2)
    leaks, holds = drawing.subplots(1, 2)
    volts = np.linspace(0.02, 1.25, 100) * abs(voltage)
    thickness = np.linspace(0.4, 1.4, 100) * device.gate_thickness
    field = abs(voltage) / device.gate_thickness
    for height, colour in sorted({device.gate_barrier_height: BLUE}.items() | HEIGHTS.items()):
        chosen = device.changed(gate_barrier_height=height)
        label = f"{number(height)} eV" + (" (this device)" if height == device.gate_barrier_height else "")
        leaks.semilogy(volts, volts * chosen.gate.conductance(volts, device.area), color=colour, label=label)
        times = []
        for t in thickness:
            dielectric = chosen.changed(gate_thickness=t).gate
            current = field * t * float(dielectric.conductance(field * t, device.area))
            times.append(hold_interval(current, table))
        holds.semilogy(1e9 * thickness, times, color=colour)
    leaks.axvline(abs(voltage), color=GREY, ls=":", lw=1)
    leaks.axhline(table.hold_leakage.value, color=GREY, ls="--", lw=1)
    leaks.annotate("closed switch", (0, table.hold_leakage.value), va="bottom", fontsize=9, color=GREY)
    leaks.set(xlabel="gate voltage / V", ylabel="leak / A")
    leaks.legend(title="barrier of the dielectric")
    holds.axvline(1e9 * device.gate_thickness, color=GREY, ls=":", lw=1)
    holds.axhline(shortest_interval(rows, table), color=RED, ls="--", lw=1)
    holds.annotate(
        f"refresh of {rows} rows",
        (1e9 * thickness[-1], shortest_interval(rows, table)),
        color=RED,
        fontsize=9,
        ha="right",
        va="bottom",
    )
    holds.set(xlabel=f"thickness of the dielectric / nm, at {number(1e-9 * field, '.2g')} V/nm", ylabel="holds for / s")
    above = holds.secondary_xaxis("top", functions=(lambda nm: 1e-9 * nm * field, lambda v: 1e9 * v / field))
    above.set_xlabel("drive voltage / V")
    return drawing


def two_terminals(cells: TwoTerminals, model: StochasticModel, read_time: float) -> Figure:
    """What rules out barriers that are gates too, and how the std of a charge follows the length of its read.

    Parameters
    ----------
    cells
        Barriers of rising thickness.
    model
        Of the stochastic MTJ.
    read_time
        Of a full-scale input, s.
    """
    drawing = figure(9, 3.4)
    limits, law = drawing.subplots(1, 2)
    thickness = np.array([1e9 * cell.thickness for cell in cells.cells])
    largest, smallest = ([getattr(cell, end) for cell in cells.cells] for end in ("high", "low"))
    limits.semilogy(thickness, [max(abs(b.response.read - 1), 1e-9) for b in largest], color=BLUE, label="spin torque")
    if (warmed := [bias.warmed for bias in largest if bias.warmed is not None]) and len(warmed) == len(thickness):
        middle, low, high = np.maximum(np.abs(np.array(warmed)), 1e-9).T
        limits.semilogy(thickness, middle, color=RED, label="heat")
        limits.fill_between(thickness, np.minimum(low, high), np.maximum(low, high), color=RED, alpha=0.15, lw=0)
    limits.semilogy(thickness, [b.noise / b.sigma for b in smallest], color=GREEN, label="electrical noise / sigma")
    limits.axhline(TOLERANCE, color=GREY, ls="--", lw=1)
    if working := cells.working():
        limits.axvspan(1e9 * working[0].thickness, 1e9 * working[-1].thickness, color=GREY, alpha=0.12, lw=0)
    limits.set(xlabel="barrier / nm", ylabel="share of the std of a read", ylim=(1e-4, 1e2))
    limits.legend(fontsize=8)
    shares = np.linspace(0.02, 1, 100)
    for bias, colour, name in ((smallest[0], BLUE, "smallest sigma"), (largest[0], ORANGE, "largest sigma")):
        excess = [charge_excess(model, bias.gate, read_time, share) for share in shares.tolist()]
        law.plot(shares, excess, color=colour, label=name)
    law.plot(shares, shares**-0.5, color=GREY, ls="--", lw=1)
    law.axhline(1, color=GREY, ls=":", lw=1)
    law.set(xlabel="input / full scale", ylabel="std of a charge / that of w x", ylim=(0, None))
    law.legend(fontsize=8)
    return drawing
