"""Figures of the devices and their compact models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from compact_models import CompactModels
from compact_models.fit import precession
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from micromag.raw import RawEnsemble
from plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, figure
from scipy.stats import norm

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE)


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


def stochastic_mtj_snapshots(ensembles: Sequence[RawEnsemble]) -> Figure:
    """Final state of one replica at the lowest and the highest gate voltage."""
    drawing = figure(8, 3)
    for axes, ensemble in zip(drawing.subplots(1, 2), (ensembles[0], ensembles[-1]), strict=True):
        _snapshot(axes, ensemble, 0, 0, 1)
        axes.set_title(f"gate {float(ensemble.value('voltage')):g} V")
    return drawing


def domain_wall_mtj_snapshots(rest: RawEnsemble, pulse: RawEnsemble) -> Figure:
    """The wall at rest at a notch, and after one pulse."""
    drawing = figure(8, 3)
    top, bottom = drawing.subplots(2, 1, sharex=True)
    start = int(pulse.value("start_notch"))
    _snapshot(top, rest, start, 2, 2)
    top.set_title(f"at rest at notch {start}")
    _snapshot(bottom, pulse, 0, 2, 2)
    bottom.set_title(f"after one pulse of {float(pulse.value('current_density')):.3g} A/m²")
    return drawing


def sigma_of_voltage(models: CompactModels) -> Figure:
    """Width of the conductance fluctuation against gate voltage, beside the macrospin limit."""
    drawing = figure(6, 3.4)
    axes = drawing.subplots()
    smtj = models.smtj
    fine = np.linspace(*smtj.voltage_range, 200)
    curve = smtj.sigma(fine)
    axes.fill_between(fine, 1e6 * curve.low, 1e6 * curve.high, color=BLUE, alpha=0.25, lw=0, label="95 % interval")
    axes.plot(fine, 1e6 * curve.value, color=BLUE, label="compact model")
    axes.plot(smtj.voltage, 1e6 * smtj.conductance_sigma, "o", color=BLUE, ms=4, label="micromagnetics")
    rigid = smtj.macrospin_sigma > 0
    axes.plot(
        smtj.voltage[rigid], 1e6 * smtj.macrospin_sigma[rigid], "--", color=RED, label="one rigid spin, small angles"
    )
    axes.set(xlabel="gate voltage / V", ylabel="std of conductance / µS")
    axes.set_ylim(0, 1.3e6 * smtj.conductance_sigma.max())
    axes.legend()
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
    """Autocorrelation of the fluctuation at three voltages, with the model's damped precession."""
    drawing = figure(6, 3.2)
    axes = drawing.subplots()
    lags = np.asarray(models.diagnostics["smtj/lags"].value)
    measured = np.asarray(models.diagnostics["smtj/autocorrelation"].value)
    smtj = models.smtj
    for colour, i in zip(COLOURS, (0, len(measured) // 2, len(measured) - 1), strict=False):
        axes.plot(1e9 * lags, measured[i], color=colour, lw=2, alpha=0.5, label=f"{smtj.voltage[i]:g} V")
        fit = precession(lags, smtj.correlation_time[i], smtj.angular_frequency[i])
        axes.plot(1e9 * lags, fit, color=colour, lw=1, ls="--")
    axes.axhline(0, color=GREY, lw=0.5)
    axes.set(xlabel="time between reads / ns", ylabel="autocorrelation", xlim=(0, 1e9 * lags[-1]))
    axes.legend(title="dashed: model")
    return drawing


def pulse_response(models: CompactModels) -> Figure:
    """Depinning probability, and the distribution of moves, against current density."""
    drawing = figure(8, 3)
    left, right = drawing.subplots(1, 2)
    model = models.dwmtj
    current = 1e-11 * model.current_density
    depinning = model.depinning_probability
    error = np.clip([depinning.value - depinning.low, depinning.high - depinning.value], 0, None)
    left.errorbar(current, depinning.value, yerr=error, fmt="o-", color=BLUE, capsize=3)
    left.set(xlabel="current density / 10¹¹ A/m²", ylabel="depinning probability", ylim=(-0.05, 1.05))
    bottom = np.zeros(len(current))
    width = 0.7 * np.diff(current).min()
    for i, move in enumerate(model.moves):
        share = model.move_probabilities.value[:, i]
        right.bar(
            current, share, width, bottom=bottom, color=(*COLOURS, GREY)[i % 6], label=f"{move:+d}" if move else "0"
        )
        bottom += share
    right.set(xlabel="current density / 10¹¹ A/m²", ylabel="share of pulses", ylim=(0, 1.02))
    right.legend(title="notches", bbox_to_anchor=(1, 1), loc="upper left")
    return drawing


def levels(models: CompactModels) -> Figure:
    """Conductance of each level at rest with its thermal jitter."""
    drawing = figure(6, 3)
    axes = drawing.subplots()
    model = models.dwmtj
    index = np.arange(len(model.level_mean))
    axes.errorbar(index, 1e6 * model.level_mean, yerr=3e6 * model.level_std, fmt="o", color=GREEN, capsize=4)
    axes.set(xlabel="notch", ylabel="conductance / µS", xticks=index)
    return drawing
