"""Figures of measured devices: sigma over every time that was measured, points left out, levels and pulses."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from magbayes.compact_models.measured.validation import LeftOut
from magbayes.compact_models.store import CompactModels
from magbayes.workflow.report.figures.plotting import BLUE, GREY, errors, figure
from magbayes.workflow.report.reading import number

MOST_TIMES = 5
"""Integration times in a figure."""


def sigma(models: CompactModels, left: LeftOut, read_time: float) -> Figure:
    """Sigma against gate voltage over the measured integration times and the read time, and points left out."""
    drawing = figure(9, 3.4)
    widths, residuals = drawing.subplots(1, 2)
    smtj = models.smtj
    fine = np.linspace(*smtj.voltage_range, 200)
    times = smtj.integration_time
    shown = times[np.unique(np.linspace(0, len(times) - 1, min(MOST_TIMES, len(times))).round().astype(int))]
    every = np.unique(np.append(shown, read_time))
    for colour, time in zip(mpl.colormaps["viridis"](np.linspace(0, 0.9, len(every))), every.tolist(), strict=True):
        curve, points = smtj.sigma(fine, time), smtj.sigma(smtj.voltage, time)
        label = f"{number(1e9 * time)} ns" if time else "instant"
        widths.fill_between(fine, 1e6 * curve.low, 1e6 * curve.high, color=colour, alpha=0.25, lw=0)
        own = " (read time)" if time == read_time else ""
        widths.plot(fine, 1e6 * curve.value, color=colour, label=f"{label}{own}")
        widths.plot(smtj.voltage, 1e6 * points.value, "o", color=colour, ms=3)
    widths.set(xlabel="gate voltage / V", ylabel="std of a read / µS", yscale="log")
    widths.legend(title="averaged over", fontsize="small")
    value, low, high = (100 * end for end in left.residual)
    residuals.errorbar(left.voltage, value, errors(value, low, high), fmt="o", ms=4, color=BLUE, capsize=3)
    residuals.axhline(0, color=GREY, lw=0.8, ls=":")
    residuals.set(xlabel="gate voltage / V", ylabel="residual of sigma / %", title="one voltage left out")
    return drawing
