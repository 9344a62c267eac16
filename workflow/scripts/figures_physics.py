"""Figures of the devices and their compact models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.stats import norm

from compact_models import CompactModels, Comparison
from compact_models.precession import autocorrelation
from micromag.devices.stochastic_mtj import StochasticMTJ
from micromag.fileformat import Contents
from micromag.raw import RawEnsemble
from plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, figure

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE)

START = 1
"""Notch from which pulses are shown."""


def _snapshot(axes: Axes, ensemble: RawEnsemble, group: int, component: int, arrows: int) -> None:
    """Draw one component of m in colour, the in-plane direction as arrows on every `arrows`-th cell."""
    state = ensemble.snapshot[group][:, :, 0]
    inside = (state**2).sum(axis=-1) > 0.5
    nx, ny = inside.shape
    dx, dy = 1e9 * ensemble.cell[0], 1e9 * ensemble.cell[1]
    extent = (-nx * dx / 2, nx * dx / 2, -ny * dy / 2, ny * dy / 2)
    values = np.ma.masked_where(~inside, state[..., component])
    image = axes.imshow(values.T, origin="lower", extent=extent, cmap="RdBu_r", vmin=-1, vmax=1)
    x = extent[0] + dx * (np.arange(nx) + 0.5)
    y = extent[2] + dy * (np.arange(ny) + 0.5)
    shown = np.zeros_like(inside)
    shown[arrows // 2 :: arrows, arrows // 2 :: arrows] = True
    i, j = np.nonzero(inside & shown)
    axes.quiver(x[i], y[j], state[i, j, 0], state[i, j, 1], scale=1 / (0.8 * arrows * dx), scale_units="x", width=0.004)
    axes.set(xlabel="x / nm", ylabel="y / nm")
    axes.grid(visible=False)
    axes.figure.colorbar(image, ax=axes, label=f"$m_{'xyz'[component]}$", shrink=0.85)


def sketches() -> Figure:
    """Cross-sections of the two devices: layers, their magnetisation, what is applied and what is read."""
    drawing = figure(8, 2.5)
    stochastic, wall = drawing.subplots(1, 2)
    arrow = {"arrowstyle": "-|>", "lw": 1.5, "color": "black"}

    def layer(axes: Axes, bottom: float, height: float, colour: str, label: str) -> None:
        axes.add_patch(Rectangle((0, bottom), 6, height, facecolor=colour, edgecolor="white"))
        axes.text(6.2, bottom + height / 2, label, va="center", fontsize=9)

    layer(stochastic, 2.4, 0.8, "#9ecae1", "reference layer p, in the plane")
    layer(stochastic, 1.8, 0.6, "#d9d9d9", "MgO: gate voltage V, read voltage")
    layer(stochastic, 1.0, 0.8, "#fdd0a2", "free layer, fluctuates")
    stochastic.annotate("", (4.5, 2.8), (1.5, 2.8), arrowprops=arrow)
    for end in (-0.8, 0.0, 0.8):
        stochastic.annotate("", (3 + end, 2.0), (3, 1.05), arrowprops={**arrow, "alpha": 0.4 if end else 1})
    stochastic.set_title("stochastic MTJ: sigma")
    layer(wall, 3.0, 0.6, "#9ecae1", "reference layer, upwards")
    layer(wall, 2.5, 0.5, "#d9d9d9", "MgO: read voltage")
    layer(wall, 1.7, 0.8, "#fdd0a2", "free layer, wall at a notch")
    layer(wall, 0.7, 1.0, "#c7c7e2", "tungsten: write current")
    for x, (tail, head) in {1.0: (1.75, 2.45), 2.0: (1.75, 2.45), 4.0: (2.45, 1.75), 5.0: (2.45, 1.75)}.items():
        wall.annotate("", (x, head), (x, tail), arrowprops=arrow)
    wall.annotate("", (3.5, 2.1), (2.5, 2.1), arrowprops=arrow)
    wall.annotate("", (3, 3.55), (3, 3.05), arrowprops=arrow)
    wall.annotate("", (5.4, 1.2), (0.6, 1.2), arrowprops={**arrow, "color": RED})
    wall.set_title("domain-wall MTJ: mu")
    for axes in (stochastic, wall):
        axes.set(xlim=(-0.2, 14), ylim=(0.5, 3.8))
        axes.axis("off")
    return drawing


def stochastic_mtj_snapshots(ensembles: Sequence[RawEnsemble]) -> Figure:
    """Final state of one replica at the lowest and the highest gate voltage."""
    drawing = figure(8, 3)
    for axes, ensemble in zip(drawing.subplots(1, 2), (ensembles[0], ensembles[-1]), strict=True):
        _snapshot(axes, ensemble, 0, 0, 1)
        axes.set_title(f"gate {float(ensemble.value('voltage')):g} V")
    return drawing


def domain_wall_mtj_snapshots(rest: RawEnsemble, pulse: RawEnsemble) -> Figure:
    """The wall at rest at the second notch, and after one pulse."""
    drawing = figure(8, 3)
    top, bottom = drawing.subplots(2, 1, sharex=True)
    _snapshot(top, rest, START, 2, 2)
    top.set_title(f"at rest at notch {START}")
    _snapshot(bottom, pulse, START, 2, 2)
    bottom.set_title(f"after one pulse of {float(pulse.value('current_density')):.3g} A/m²")
    return drawing


def sigma_of_voltage(models: CompactModels) -> Figure:
    """Width of the conductance fluctuation against gate voltage, at all temperatures, beside the macrospin limit."""
    drawing = figure(6, 3.4)
    axes = drawing.subplots()
    smtj = models.smtj
    fine = np.linspace(*smtj.voltage_range, 200)
    curve = smtj.sigma(fine)
    axes.fill_between(fine, 1e6 * curve.low, 1e6 * curve.high, color=BLUE, alpha=0.25, lw=0, label="95 % interval")
    axes.plot(fine, 1e6 * curve.value, color=BLUE, label="compact model")
    axes.plot(smtj.voltage, 1e6 * smtj.conductance_sigma, "o", color=BLUE, ms=4, label="micromagnetics")
    for colour, (kelvin, other) in zip((GREEN, ORANGE, PURPLE, GREY), models.stochastic.items(), strict=False):
        if other is not smtj:
            axes.plot(fine, 1e6 * other.sigma(fine).value, color=colour, lw=1, label=f"at {kelvin:g} K")
    rigid = smtj.macrospin_sigma > 0
    axes.plot(
        smtj.voltage[rigid], 1e6 * smtj.macrospin_sigma[rigid], "--", color=RED, label="one rigid spin, small angles"
    )
    axes.set(xlabel="gate voltage / V", ylabel="std of conductance / µS")
    axes.set_ylim(0, 1.3e6 * smtj.conductance_sigma.max())
    axes.legend()
    return drawing


def resolution(points: Contents, device: StochasticMTJ) -> Figure:
    """Width of the fluctuation against cell size and, in the device's own cells, against time step."""
    drawing = figure(7.5, 3)
    cells, steps = drawing.subplots(1, 2, sharey=True)
    size, step = 1e9 * points["cell_size"], 1e12 * points["time_step"]
    value, low, high = points["sigma"].T
    first = len(np.unique(size))  # the cell sizes come first, then the time steps
    own = np.isclose(size, 1e9 * device.cell_size)
    for axes, x, chosen in ((cells, size, np.arange(len(size)) < first), (steps, step, own)):
        errors = [value[chosen] - low[chosen], high[chosen] - value[chosen]]
        axes.errorbar(x[chosen], value[chosen], errors, fmt="o", color=BLUE, capsize=3)
        axes.set(xlim=(0, 1.1 * x[chosen].max()), ylim=(0, 1.2 * high.max()))
    cells.set(xlabel="cell size / nm", ylabel="std of m·p")
    steps.set(xlabel=f"time step / ps, in cells of {1e9 * device.cell_size:g} nm")
    return drawing


def marginals(ensembles: Sequence[RawEnsemble]) -> Figure:
    """Histogram of m·p at three voltages, each with the Gaussian of the same width."""
    drawing = figure(8, 2.6)
    chosen = [ensembles[0], ensembles[len(ensembles) // 2], ensembles[-1]]
    for axes, ensemble in zip(drawing.subplots(1, 3), chosen, strict=True):
        x = ensemble.magnetisation[0, ..., 0].ravel()
        axes.hist(x, bins=61, density=True, color=BLUE, alpha=0.5)
        grid = np.linspace(-1, 1, 300)
        axes.plot(grid, norm.pdf(grid, scale=np.sqrt((x**2).mean())), color=RED, lw=1)
        axes.set(xlabel="m·p", title=f"{float(ensemble.value('voltage')):g} V", xlim=(-1, 1), yticks=[])
    return drawing


def autocorrelations(models: CompactModels) -> Figure:
    """Autocorrelation of the fluctuation at three voltages, with that of the model's precession."""
    drawing = figure(6, 3.2)
    axes = drawing.subplots()
    lags = np.asarray(models.diagnostics["smtj/lags"].value)
    measured = np.asarray(models.diagnostics["smtj/autocorrelation"].value)
    smtj = models.smtj
    for colour, i in zip(COLOURS, (0, len(measured) // 2, len(measured) - 1), strict=False):
        axes.plot(1e9 * lags, measured[i], color=colour, lw=2, alpha=0.5, label=f"{smtj.voltage[i]:g} V")
        fit = autocorrelation(lags, smtj.correlation_time[i], smtj.angular_frequency[i], smtj.frequency_shift[i])
        axes.plot(1e9 * lags, fit, color=colour, lw=1, ls="--")
    axes.axhline(0, color=GREY, lw=0.5)
    axes.set(xlabel="time between reads / ns", ylabel="autocorrelation", xlim=(0, 1e9 * lags[-1]))
    axes.legend(title="dashed: model")
    return drawing


def pulse_response(models: CompactModels) -> Figure:
    """Depinning probability by pulses of each width, and the distribution of moves by the shortest."""
    drawing = figure(8, 3)
    left, right = drawing.subplots(1, 2)
    model = models.dwmtj
    current = 1e-11 * model.current_density
    depinning = model.depinning_probability
    for colour, pulse_width, value, low, high in zip(COLOURS, model.pulse_width, *depinning, strict=False):
        error = np.clip([value - low, high - value], 0, None)
        left.errorbar(current, value, error, fmt="o-", color=colour, capsize=3, label=f"{1e9 * pulse_width:g} ns")
    left.set(xlabel="current density / 10¹¹ A/m²", ylabel="depinning probability", ylim=(-0.05, 1.05))
    left.legend(title="pulse")
    bottom = np.zeros(len(current))
    width = 0.7 * np.diff(current).min()
    for i, move in enumerate(model.moves):
        share = model.move_probabilities.value[0, :, i]
        right.bar(
            current, share, width, bottom=bottom, color=(*COLOURS, GREY)[i % 6], label=f"{move:+d}" if move else "0"
        )
        bottom += share
    right.set(xlabel="current density / 10¹¹ A/m²", ylabel="share of pulses", ylim=(0, 1.02))
    right.legend(title="notches", bbox_to_anchor=(1, 1), loc="upper left")
    return drawing


def agreement(comparisons: Sequence[Comparison]) -> Figure:
    """Each quantity of two engines against its bias, side by side, with 95 % intervals."""
    drawing = figure(8, 3)
    panels = (
        ("sigma", 1.0, "gate voltage / V", 1e6, "sigma / µS"),
        ("depinning", 1e-11, "current density / 10¹¹ A/m²", 1.0, "depinning probability"),
    )
    for axes, (quantity, bias_scale, xlabel, scale, ylabel) in zip(drawing.subplots(1, 2), panels, strict=True):
        chosen = [c for c in comparisons if c.quantity.startswith(quantity)]
        bias = bias_scale * np.array([c.bias for c in chosen])
        shift = 0.008 * np.ptp(bias)
        for side, name, colour, marker in ((-1, "native", BLUE, "o"), (1, "OOMMF", RED, "s")):
            estimates = [c.one if side < 0 else c.other for c in chosen]
            value, low, high = scale * np.array(estimates).T
            errors = np.clip([value - low, high - value], 0, None)
            axes.errorbar(bias + side * shift, value, errors, fmt=marker, ms=4, color=colour, capsize=3, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right")
    return drawing


def conductance_traces(models: CompactModels, pulses: Sequence[RawEnsemble]) -> Figure:
    """Conductance during and after one of the shortest pulses, of the current that moves most walls by one notch.

    `pulses` are those of the shortest width, by current density.
    """
    model = models.dwmtj
    chosen = int(model.move_probabilities.value[0][:, model.moves == 1].sum(axis=1).argmax())
    ensemble = pulses[chosen]
    drawing = figure(7, 3.2)
    axes = drawing.subplots()
    conductance = float(ensemble.value("perpendicular_conductance"))
    contrast = float(ensemble.value("polarisation_squared"))
    readings = conductance * (1 + contrast * ensemble.magnetisation[START, :24, :, 2])
    for level in model.level_mean:
        axes.axhline(1e6 * level, color=GREY, lw=0.6, ls=":")
    axes.axvspan(0, 1e9 * model.pulse_width[0], color=ORANGE, alpha=0.2, lw=0, label="current pulse")
    axes.plot(1e9 * ensemble.time, 1e6 * readings.T, color=BLUE, lw=0.8, alpha=0.5)
    axes.set(xlabel="time / ns", ylabel="conductance / µS", title=f"{model.current_density[chosen]:.3g} A/m²")
    axes.set_ylim(
        1e6 * (readings.min() - contrast * conductance / 10), 1e6 * (readings.max() + contrast * conductance / 10)
    )
    axes.legend(loc="lower right")
    return drawing


def levels(models: CompactModels) -> Figure:
    """Conductance of each level at rest with its thermal jitter, and in other devices."""
    drawing = figure(6, 3)
    axes = drawing.subplots()
    model = models.dwmtj
    index = np.arange(len(model.level_mean))
    axes.plot(index, 1e6 * model.track_level.T, "_", color=GREY, ms=14)
    axes.errorbar(index, 1e6 * model.level_mean, yerr=3e6 * model.level_std, fmt="o", color=GREEN, capsize=4)
    axes.set(xlabel="notch", ylabel="conductance / µS", xticks=index)
    return drawing
