"""Figures of the compact models: their residuals, and two engines beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from magbayes.compact_models.compare import Comparison
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.residuals import marginal_residual, modelled_autocorrelation, sigma_residual
from magbayes.compact_models.store import CompactModels
from magbayes.micromag.raw import RawEnsemble
from magbayes.workflow.report.figures.plotting import BLUE, GREY, RED, errors, figure
from magbayes.workflow.report.reading import number


def residuals(models: CompactModels, ensembles: Sequence[RawEnsemble]) -> Figure:
    """Interpolation of sigma, autocorrelation and marginal of the model against the ensembles it was fitted to."""
    drawing = figure(9, 3.1)
    width, memory, marginal = drawing.subplots(1, 3)
    smtj = models.smtj
    value, low, high = (100 * end for end in sigma_residual(smtj))
    width.errorbar(smtj.voltage[1:-1], value, errors(value, low, high), fmt="o", ms=4, color=BLUE, capsize=3)
    width.set(xlabel="gate voltage / V", ylabel="residual of sigma / %")
    lags = np.asarray(models.diagnostics["smtj/lags"].value)
    measured = np.asarray(models.diagnostics["smtj/autocorrelation"].value)
    at = np.linspace(SCORES[0], SCORES[-1], 200)
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.9, len(smtj.voltage)))
    for i, (colour, ensemble) in enumerate(zip(colours, ensembles, strict=True)):
        residual = measured[i] - modelled_autocorrelation(smtj, i, lags)
        memory.plot(1e9 * lags, residual, color=colour, lw=1, label=f"{number(smtj.voltage[i])} V")
        marginal.plot(at, 100 * marginal_residual(ensemble, smtj.quantiles[i, 0], at), color=colour, lw=1)
    memory.set(xlabel="time between reads / ns", ylabel="autocorrelation")
    marginal.set(xlabel="deviation of m·p / its std", ylabel="share of reads below it / %")
    titles = ("interpolation, one voltage left out", "memory, measured less model", "marginal, measured less model")
    for axes, title in zip((width, memory, marginal), titles, strict=True):
        axes.set_title(title)
        axes.axhline(0, color=GREY, lw=0.8, ls=":")
    drawing.legend(loc="outside lower center", ncols=5, handlelength=1.2, columnspacing=1.2)
    return drawing


def agreement(comparisons: Sequence[Comparison]) -> Figure:
    """Each quantity of two engines against its bias, side by side, with 95 % intervals."""
    drawing = figure(8, 3)
    panels = (
        ("sigma", 1.0, "gate voltage / V", 1e6, "sigma / µS"),
        ("depinning", 1e-11, "current density / 10¹¹ A/m²", 1.0, "depinning probability"),
    )
    for axes, (quantity, bias_scale, xlabel, scale, ylabel) in zip(drawing.subplots(1, 2), panels, strict=True):
        matching = [c for c in comparisons if c.quantity.startswith(quantity)]
        bias = bias_scale * np.array([c.bias for c in matching])
        shift = 0.008 * np.ptp(bias)
        for side, name, colour, marker in ((-1, "native", BLUE, "o"), (1, "OOMMF", RED, "s")):
            estimates = [c.one if side < 0 else c.other for c in matching]
            value, low, high = scale * np.array(estimates).T
            bars = errors(value, low, high)
            axes.errorbar(bias + side * shift, value, bars, fmt=marker, ms=4, color=colour, capsize=3, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right")
    return drawing
