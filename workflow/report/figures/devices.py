"""Figures of the devices: their cells to scale, and their magnetisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discretisedfield as df  # here, before figures get their style: it sets another one when it is imported
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch, Rectangle

from magbayes.compact_models.residuals import shown_start
from magbayes.micromag.raw import RawEnsemble
from magbayes.workflow.report.figures.cell import FREE
from magbayes.workflow.report.figures.plotting import GREY, ORANGE, figure
from magbayes.workflow.report.reading import number

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction


def _cells(axes: Axes, norm: df.Field, centre: float, reference: df.Region | None = None) -> None:
    """Draw every magnetic cell from above, shifted to `centre`; darker under the reference layer."""
    mesh, inside = norm.mesh, norm.array[:, :, 0, 0] > 0
    dx, dy, _ = (1e9 * edge for edge in mesh.cell)
    xs, ys = (1e9 * np.asarray(points) for points in (mesh.cells.x, mesh.cells.y))
    for i, j in zip(*np.nonzero(inside), strict=True):
        read = reference is None or 1e9 * reference.pmin[0] <= xs[i] <= 1e9 * reference.pmax[0]
        corner = (centre + xs[i] - dx / 2, ys[j] - dy / 2)
        face = ORANGE if read else FREE
        axes.add_patch(Rectangle(corner, dx, dy, facecolor=face, edgecolor="white", lw=0.4, alpha=0.8 if read else 1))


def _dimension(axes: Axes, start: tuple[float, float], end: tuple[float, float], text: str) -> None:
    """A line with arrows at both ends, and the length that it stands for."""
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "<->", "lw": 0.9, "color": GREY, "shrinkA": 0, "shrinkB": 0}
    )
    upright = start[0] == end[0]
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    where: dict[str, Any] = {"ha": "left", "va": "center"} if upright else {"ha": "center", "va": "bottom"}
    axes.text(x + (3 if upright else 0), y + (0 if upright else 2), text, fontsize=9, **where)


def geometry(smtj: StochasticJunction, track: DomainWallTrack) -> Figure:
    """The magnetic cells of both devices from above, in one scale."""
    drawing = figure(9, 2.5)
    axes = drawing.subplots()
    shape, norm = track.shape, smtj.magnetisation.norm
    length, width, diameter, across = (1e9 * value for value in (track.length, track.width, *smtj.extent))
    unit = max(1.0, length / 320)  # nm in which text takes the same room on the page
    left = -length / 2 - 60 * unit - diameter / 2
    _cells(axes, norm, left)
    _cells(axes, shape, 0.0, shape.mesh.subregions["reference"])
    top = max(width, across) / 2 + 6
    _dimension(axes, (left - diameter / 2, top), (left + diameter / 2, top), f"{diameter:g} nm")
    if not smtj.in_plane_symmetric:
        side = left + diameter / 2 + 6
        _dimension(axes, (side, -across / 2), (side, across / 2), f"{across:g} nm")
    _dimension(axes, (-length / 2, top), (length / 2, top), f"{length:g} nm")
    _dimension(axes, (length / 2 + 6, -width / 2), (length / 2 + 6, width / 2), f"{width:g} nm")
    first, second = (1e9 * x for x in track.notch_positions[:2])
    bottom = -max(width, across) / 2 - 6 * unit
    axes.annotate(
        "",
        (second, bottom),
        (first, bottom),
        arrowprops={"arrowstyle": "<->", "lw": 0.9, "color": GREY, "shrinkA": 0, "shrinkB": 0},
    )
    axes.text(second + 4 * unit, bottom, f"pitch {second - first:g} nm", va="center", fontsize=9)
    for x, device, name in ((left, smtj, "stochastic MTJ"), (0.0, track, "domain-wall MTJ")):
        cell = f"{1e9 * device.cell_size:g} × {1e9 * device.cell_size:g} × {1e9 * device.thickness:g} nm³"
        count = int(((norm if device is smtj else shape).array > 0).sum())
        axes.text(x, bottom - 8 * unit, f"{name}\n{count} cells of {cell}", ha="center", va="top")
    handles = [Patch(color=ORANGE, alpha=0.8, label="under the reference layer"), Patch(color=FREE, label="not read")]
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, -0.2))
    axes.set(
        xlim=(left - diameter / 2 - 25 * unit, length / 2 + 45 * unit),
        ylim=(bottom - 34 * unit, top + 14 * unit),
        aspect="equal",
    )
    axes.axis("off")
    return drawing


def _snapshot(
    axes: Axes, ensemble: RawEnsemble, component: int, arrows: int, group: int = 0, shift: float = 0.0
) -> AxesImage:
    """Draw one component of m in colour, the in-plane direction as arrows on every `arrows`-th cell; shift in nm."""
    state = ensemble.snapshot[group][:, :, 0]
    inside = (state**2).sum(axis=-1) > 0.5
    nx, ny = inside.shape
    dx, dy = 1e9 * ensemble.cell[0], 1e9 * ensemble.cell[1]
    extent = (shift - nx * dx / 2, shift + nx * dx / 2, -ny * dy / 2, ny * dy / 2)
    values = np.ma.masked_where(~inside, state[..., component])
    image = axes.imshow(values.T, origin="lower", extent=extent, cmap="RdBu_r", vmin=-1, vmax=1)
    x = extent[0] + dx * (np.arange(nx) + 0.5)
    y = extent[2] + dy * (np.arange(ny) + 0.5)
    shown = np.zeros_like(inside)
    shown[arrows // 2 :: arrows, arrows // 2 :: arrows] = True
    i, j = np.nonzero(inside & shown)
    length = 1 / (0.8 * arrows * dx)
    axes.quiver(x[i], y[j], state[i, j, 0], state[i, j, 1], scale=length, scale_units="xy", angles="xy", width=0.004)
    axes.set(xlabel="x / nm", ylabel="y / nm")
    axes.grid(visible=False)
    return image


def three_of(ensembles: Sequence[RawEnsemble]) -> tuple[RawEnsemble, RawEnsemble, RawEnsemble]:
    """The first, the middle and the last."""
    return ensembles[0], ensembles[len(ensembles) // 2], ensembles[-1]


def stochastic_mtj_snapshots(ensembles: Sequence[RawEnsemble]) -> Figure:
    """Final state of one replica at the lowest, the middle and the highest gate voltage."""
    drawing = figure(9, 2.8)
    panels = drawing.subplots(1, 3, sharey=True)
    for axes, ensemble in zip(panels, three_of(ensembles), strict=True):
        image = _snapshot(axes, ensemble, 0, 1)
        axes.set_title(f"gate {number(float(ensemble.value('voltage')))} V")
        axes.label_outer()
    drawing.colorbar(image, ax=panels, label="$m_x$", shrink=0.8)
    return drawing


def domain_wall_mtj_snapshots(rest: RawEnsemble, pulse: RawEnsemble) -> Figure:
    """The wall at rest at the notch from which pulses are shown, and after one pulse, on the part that is simulated."""
    start = shown_start(pulse)
    # Both begin at the left end.
    shift = 1e9 * rest.cell[0] * (pulse.snapshot.shape[1] - rest.snapshot.shape[1]) / 2
    drawing = figure(9, 3.2)
    panels = top, bottom = drawing.subplots(2, 1, sharex=True)
    _snapshot(top, rest, 2, 4, start)
    top.set_title(f"at rest at notch {start}")
    image = _snapshot(bottom, pulse, 2, 4, shift=shift)
    bottom.set_title(f"after one pulse of {1e-11 * float(pulse.value('current_density')):.3g} × 10¹¹ A/m²")
    top.label_outer()
    drawing.colorbar(image, ax=panels, label="$m_z$", shrink=0.8)
    return drawing
