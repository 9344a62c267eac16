"""Figures of what the devices do: thermal fluctuation, and walls under current pulses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from scipy.constants import k

from magbayes.compact_models.residuals import (
    gaussian_density,
    likeliest_single_move,
    modelled_autocorrelation,
    offered_ratios,
    traces,
)
from magbayes.compact_models.store import CompactModels
from magbayes.data.container import Contents
from magbayes.micromag.raw import RawEnsemble
from magbayes.workflow.report.figures.devices import three_of
from magbayes.workflow.report.figures.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, errors, figure
from magbayes.workflow.report.reading import number

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE)

SHOWN_TIMES = (0.0, 1e-10, 3e-10, 1e-9, 3e-9)
"""Integration times in a figure, s."""

SHOWN_DEVICES = 24
"""Traces in a figure."""


def sigma_of_voltage(models: CompactModels) -> Figure:
    """Width of the conductance fluctuation against gate voltage, at all temperatures, beside the macrospin limit."""
    drawing = figure(6, 3.4)
    axes = drawing.subplots()
    smtj = models.smtj
    fine = np.linspace(*smtj.voltage_range, 200)
    curve = smtj.sigma(fine)
    axes.fill_between(fine, 1e6 * curve.low, 1e6 * curve.high, color=BLUE, alpha=0.25, lw=0, label="95 % interval")
    axes.plot(fine, 1e6 * curve.value, color=BLUE, label="compact model")
    axes.plot(smtj.voltage, 1e6 * smtj.conductance_sigma, "o", color=BLUE, ms=4, label="characterised voltages")
    others = {kelvin: other for kelvin, other in models.stochastic.items() if other is not smtj}
    for colour, (kelvin, other) in zip(cycle((GREEN, ORANGE, PURPLE, GREY)), others.items(), strict=False):
        axes.plot(fine, 1e6 * other.sigma(fine).value, color=colour, lw=1, label=f"at {kelvin:g} K")
    rigid = smtj.macrospin_sigma > 0
    axes.plot(
        smtj.voltage[rigid], 1e6 * smtj.macrospin_sigma[rigid], "--", color=RED, label="one rigid spin, small angles"
    )
    axes.set(xlabel="gate voltage / V", ylabel="std of conductance / µS")
    axes.set_ylim(0, 1.3e6 * smtj.conductance_sigma.max())
    axes.legend()
    return drawing


def resolution(points: Contents, device: StochasticJunction) -> Figure:
    """Width of the fluctuation against cell size at each gate voltage, and at the first one against time step."""
    drawing = figure(9, 3)
    cells, apart, steps = drawing.subplots(1, 3)
    size, fine = 1e9 * points["cell_size"], 0.03 * np.ptp(1e9 * points["cell_size"])
    gates = zip(points["voltage"], points["sigma"], points["common_sigma"], points["rigid_spin_sigma"], strict=True)
    for i, (voltage, sigma, common, rigid) in enumerate(gates):
        colour, label = COLOURS[i % len(COLOURS)], f"{number(float(voltage))} V"
        value, low, high = sigma.T
        cells.errorbar(size, value, errors(value, low, high), fmt="o", ms=4, color=colour, capsize=3, label=label)
        cells.axhline(rigid, color=colour, lw=1, ls="--")
        shares = 100 * (value / common - 1), 100 * (low / common - 1), 100 * (high / common - 1)
        apart.errorbar(size + i * fine, shares[0], errors(*shares), fmt="o", ms=4, color=colour, capsize=3)
    cells.set(xlabel="cell size / nm", ylabel="std of m·p", xlim=(0, 1.1 * size.max()))
    cells.set_ylim(0, 1.25 * points["sigma"].max())
    cells.legend(title="gate; dashed: rigid spin", ncols=min(3, len(points["voltage"])), fontsize="small")
    apart.axhline(0, color=GREY, lw=0.5)
    apart.set(xlabel="cell size / nm", ylabel="deviation from the mean / %")
    if len(points["time_step"]):
        step, (value, low, high) = 1e12 * points["time_step"], points["sigma_of_step"].T
        own = int(np.abs(points["cell_size"] - device.cell_size).argmin())
        steps.axhspan(*points["sigma"][0, own, 1:], color=BLUE, alpha=0.25, lw=0)
        steps.errorbar(step, value, errors(value, low, high), fmt="o", ms=4, color=BLUE, capsize=3)
        steps.set(xlim=(0, 1.1 * step.max()), ylim=(0, 1.25 * high.max()))
    steps.set(
        xlabel=f"time step / ps, in cells of {1e9 * device.cell_size:.3g} nm",
        title=f"gate {number(float(points['voltage'][0]))} V",
    )
    return drawing


def marginals(ensembles: Sequence[RawEnsemble]) -> Figure:
    """Histogram of m·p at three voltages, each with the Gaussian of the same width."""
    drawing = figure(8, 2.6)
    for axes, ensemble in zip(drawing.subplots(1, 3), three_of(ensembles), strict=True):
        x = ensemble.equilibrium[..., 0].ravel()
        axes.hist(x, bins=61, density=True, color=BLUE, alpha=0.5)
        grid = np.linspace(-1, 1, 300)
        axes.plot(grid, gaussian_density(x, grid), color=RED, lw=1)
        axes.set(xlabel="m·p", title=f"gate {number(float(ensemble.value('voltage')))} V", xlim=(-1, 1), yticks=[])
    return drawing


def autocorrelations(models: CompactModels) -> Figure:
    """Autocorrelation of the fluctuation at three voltages, with that of the model's precession."""
    drawing = figure(6, 3.2)
    axes = drawing.subplots()
    lags = np.asarray(models.diagnostics["smtj/lags"].value)
    measured = np.asarray(models.diagnostics["smtj/autocorrelation"].value)
    smtj = models.smtj
    for colour, i in zip(COLOURS, (0, len(measured) // 2, len(measured) - 1), strict=False):
        axes.plot(1e9 * lags, measured[i], color=colour, lw=2, alpha=0.5, label=f"{number(smtj.voltage[i])} V")
        axes.plot(1e9 * lags, modelled_autocorrelation(smtj, i, lags), color=colour, lw=1, ls="--")
    axes.axhline(0, color=GREY, lw=0.5)
    axes.set(xlabel="time between reads / ns", ylabel="autocorrelation", xlim=(0, 1e9 * lags[-1]))
    axes.legend(title="dashed: model")
    return drawing


def reads(models: CompactModels, read_time: float) -> Figure:
    """Width of reads over several integration times against gate voltage, and the range of each that can be set."""
    drawing = figure(8, 3.4)
    widths, ratios = drawing.subplots(1, 2)
    smtj = models.smtj
    fine = np.linspace(*smtj.voltage_range, 200)
    shown = [time for time in SHOWN_TIMES if time <= smtj.longest_integration]
    for colour, time in zip(COLOURS, shown, strict=False):
        curve, points = smtj.sigma(fine, time), smtj.sigma(smtj.voltage, time)
        label = f"{number(1e9 * time)} ns" if time else "instant"
        widths.fill_between(fine, 1e6 * curve.low, 1e6 * curve.high, color=colour, alpha=0.25, lw=0)
        widths.plot(fine, 1e6 * curve.value, color=colour, label=label)
        widths.plot(smtj.voltage, 1e6 * points.value, "o", color=colour, ms=3)
    widths.set(xlabel="gate voltage / V", ylabel="std of a read / µS", yscale="log")
    widths.yaxis.set_major_formatter("{x:g}")
    widths.legend(title="averaged over", loc="lower right")
    times = np.geomspace(smtj.integration_time[1], smtj.longest_integration, 200)
    ratios.plot(1e9 * times, offered_ratios(smtj, times), color=BLUE)
    ratios.axhline(offered_ratios(smtj, np.zeros(1))[0], color=GREY, lw=1, ls=":", label="instant")
    ratios.axvline(1e9 * read_time, color=RED, lw=1, ls="--", label="read time")
    ratios.set(xlabel="integration time / ns", ylabel="largest over smallest std", xscale="log", yscale="log")
    ratios.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ratios.yaxis.set_minor_formatter(NullFormatter())
    for axis in (ratios.xaxis, ratios.yaxis):
        axis.set_major_formatter("{x:g}")
    ratios.legend()
    return drawing


def pulse_response(models: CompactModels) -> Figure:
    """Depinning probability by pulses of each width, and the distribution of moves by the shortest."""
    drawing = figure(8, 3)
    left, right = drawing.subplots(1, 2)
    model = models.dwmtj
    current = 1e-11 * model.current_density
    depinning = model.depinning_probability
    for colour, pulse_width, value, low, high in zip(cycle(COLOURS), model.pulse_width, *depinning, strict=False):
        bars = errors(value, low, high)
        left.errorbar(current, value, bars, fmt="o-", color=colour, capsize=3, label=f"{1e9 * pulse_width:g} ns")
    left.set(xlabel="current density / 10¹¹ A/m²", ylabel="depinning probability", ylim=(-0.05, 1.05))
    left.legend(title="pulse")
    bottom = np.zeros(len(current))
    width = 0.7 * np.diff(current).min() if len(current) > 1 else 0.1 * current[0]
    for i, move in enumerate(model.moves):
        share = model.move_probabilities.value[0, :, i]
        right.bar(
            current, share, width, bottom=bottom, color=(*COLOURS, GREY)[i % 6], label=f"{move:+d}" if move else "0"
        )
        bottom += share
    right.set(xlabel="current density / 10¹¹ A/m²", ylabel="share of pulses", ylim=(0, 1.02))
    right.legend(title="notches", bbox_to_anchor=(1, 1), loc="upper left")
    return drawing


def conductance_traces(models: CompactModels, pulses: Sequence[RawEnsemble]) -> Figure:
    """Conductance during and after one of the shortest pulses, of the current that moves most walls by one notch.

    `pulses` are those of the shortest width, by current density.
    """
    model = models.dwmtj
    pulse = likeliest_single_move(model)
    ensemble = pulses[pulse]
    drawing = figure(7, 3.2)
    axes = drawing.subplots()
    readings = traces(ensemble, SHOWN_DEVICES)
    for level in model.level_mean:
        axes.axhline(1e6 * level, color=GREY, lw=1.2, ls=":")
    axes.axvspan(0, 1e9 * model.pulse_width[0], color=ORANGE, alpha=0.2, lw=0, label="current pulse")
    axes.plot(1e9 * ensemble.time, 1e6 * readings.T, color=BLUE, lw=0.8, alpha=0.5)
    axes.set(
        xlabel="time / ns", ylabel="conductance / µS", title=f"{1e-11 * model.current_density[pulse]:.3g} × 10¹¹ A/m²"
    )
    # Room of a tenth of the contrast between parallel and perpendicular.
    margin = float(ensemble.value("polarisation_squared")) * float(ensemble.value("perpendicular_conductance")) / 10
    axes.set_ylim(1e6 * (readings.min() - margin), 1e6 * (readings.max() + margin))
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


def barriers(paths: Mapping[str, np.ndarray]) -> Figure:
    """Energy in kT along the path from notch to notch, at each temperature (`magbayes.micromag.raw.RETENTION`)."""
    drawing = figure(6, 3)
    axes = drawing.subplots()
    rows = zip(paths["temperature"], paths["coordinate"], paths["path_energy"], strict=True)
    for colour, (temperature, coordinate, energy) in zip(cycle(COLOURS), rows, strict=False):
        axes.plot(
            coordinate / coordinate[-1],
            energy / (k * temperature),
            "o-",
            color=colour,
            ms=3,
            lw=1,
            label=f"{temperature:g} K",
        )
    axes.set(xlabel="part of the path from notch to notch", ylabel="energy / kT")
    axes.legend()
    return drawing
