"""Figures of the networks and the accelerator."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from compact_models import CompactModels
from micromag.fileformat import Contents
from plotting import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, figure
from system import curve_of, metrics_of, reliability_of

COLOURS = {
    "deterministic": GREY,
    "dropout": SKY,
    "ensemble": PURPLE,
    "nuts": BLACK,
    "software": GREEN,
    "software (device range)": ORANGE,
    "accelerator": BLUE,
}


def reliability(evaluation: Contents) -> Figure:
    """Accuracy against confidence, and how many inputs stand behind each bin."""
    drawing = figure(8, 3.8)
    left, right = drawing.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    metrics = metrics_of(evaluation, "variants")
    for variant in metrics:
        diagram, colour = reliability_of(evaluation, variant), COLOURS[variant]
        filled = diagram.inputs > 0
        label = f"{variant}, ECE {100 * metrics[variant]['ece'].value:.1f} %"
        left.plot(diagram.confidence[filled], diagram.accuracy[filled], "o-", color=colour, ms=3.5, lw=1, label=label)
        right.plot(diagram.confidence[filled], diagram.inputs[filled], "o-", color=colour, ms=3.5, lw=1)
    left.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    drawing.legend(loc="outside lower center", ncols=2)
    right.set(xlabel="confidence", ylabel="test inputs in the bin", yscale="log", xlim=(0, 1.02))
    return drawing


def selection(evaluation: Contents) -> Figure:
    """Risk of the most certain predictions; for a regression also how often targets lie below predicted quantiles."""
    regression = evaluation["task"][0] == "regression"
    drawing = figure(8 if regression else 4.5, 3.8)
    kept, *calibration = drawing.subplots(1, 1 + regression, squeeze=False)[0]
    for variant in metrics_of(evaluation, "variants"):
        curve = curve_of(evaluation, variant, "risk_coverage")
        risk = np.sqrt(curve["risk"]) if regression else 100 * curve["risk"]
        kept.plot(100 * curve["coverage"], risk, color=COLOURS[variant], lw=1.2, label=variant)
        for axes in calibration:
            levels = curve_of(evaluation, variant, "calibration")
            axes.plot(100 * levels["level"], 100 * levels["observed"], "o-", color=COLOURS[variant], ms=3, lw=1)
    kept.set(xlabel="most certain inputs kept / %", ylabel="their RMSE" if regression else "their error rate / %")
    for axes in calibration:
        axes.plot([0, 100], [0, 100], color=GREY, lw=0.8, ls=":")
        axes.set(xlabel="predicted quantile / %", ylabel="targets below it / %", xlim=(0, 100), ylim=(0, 100))
    drawing.legend(loc="outside lower center", ncols=4 if regression else 2)
    return drawing


def bands(evaluation: Contents) -> Figure:
    """Predictive 90 % band on the noisy cubic, in software and on the accelerator."""
    drawing = figure(8, 3.2)
    grid, truth = evaluation["grid/input"], evaluation["grid/truth"]
    variants = ("software (device range)", "accelerator")
    for axes, variant in zip(drawing.subplots(1, 2, sharey=True), variants, strict=True):
        low, _, high = evaluation[f"variants/{variant}/band/quantiles"]
        axes.fill_between(grid, low, high, color=COLOURS[variant], alpha=0.3, lw=0, label="90 % band")
        axes.plot(grid, evaluation[f"variants/{variant}/band/mean"], color=COLOURS[variant], label="mean")
        axes.plot(grid, truth, color=RED, lw=1, ls="--", label="true function")
        axes.plot(evaluation["train/input"], evaluation["train/target"], ".", color=GREY, ms=3, label="training data")
        axes.set(xlabel="x", title=variant)
    drawing.axes[0].set_ylabel("y")
    drawing.axes[0].legend(fontsize=8)
    return drawing


def energy(evaluations: dict[str, Contents]) -> Figure:
    """Energy of one prediction by part, for each data set."""
    drawing = figure(8, 2.6)
    palette = (BLUE, ORANGE, GREEN, RED, PURPLE, GREY)
    panels = drawing.subplots(1, len(evaluations), squeeze=False)[0]
    for axes, (name, evaluation) in zip(panels, evaluations.items(), strict=True):
        parts = {p.rsplit("/", 1)[1]: 1e9 * v.sum() for p, v in evaluation.data.items() if p.startswith("cost/energy/")}
        axes.barh(list(parts), list(parts.values()), color=palette[: len(parts)])
        for i, value in enumerate(parts.values()):
            axes.text(value, i, f" {value:.3g}", va="center", fontsize=8)
        axes.invert_yaxis()
        axes.set(title=name, xlim=(0, 1.25 * max(parts.values())))
        axes.grid(visible=False)
    drawing.supxlabel("energy of a prediction / nJ", fontsize=10)
    return drawing


def overview(models: CompactModels, evaluations: dict[str, Contents]) -> Figure:
    """The path from device to system in three panels."""
    drawing = figure(10, 3)
    width, moves, quality = drawing.subplots(1, 3)
    smtj, dwmtj = models.smtj, models.dwmtj
    voltage = np.linspace(*smtj.voltage_range, 200)
    sigma = smtj.sigma(voltage)
    width.fill_between(voltage, 1e6 * sigma.low, 1e6 * sigma.high, color=BLUE, alpha=0.25, lw=0)
    width.plot(voltage, 1e6 * sigma.value, color=BLUE)
    width.plot(smtj.voltage, 1e6 * smtj.conductance_sigma, "o", color=BLUE, ms=4)
    width.set(title="stochastic MTJ", xlabel="gate voltage / V", ylabel="std of conductance / µS", ylim=(0, None))
    value, low, high = (ends[0] for ends in dwmtj.depinning_probability)
    error = np.clip([value - low, high - value], 0, None)
    moves.errorbar(1e-11 * dwmtj.current_density, value, yerr=error, fmt="o-", color=GREEN, capsize=3)
    moves.set(title="domain-wall MTJ", xlabel="current density / 10¹¹ A/m²", ylabel="depinning probability")
    for name, evaluation in evaluations.items():
        metrics = metrics_of(evaluation, "variants")
        for i, variant in enumerate(metrics):
            ece = metrics[variant]["ece"]
            quality.errorbar(
                100 * ece.value,
                i,
                xerr=[[100 * (ece.value - ece.low)], [100 * (ece.high - ece.value)]],
                fmt="o",
                color=COLOURS[variant],
                capsize=3,
            )
        labels = [f"{v}\n{100 * metrics[v]['accuracy'].value:.1f} % right" for v in metrics]
        quality.set_yticks(range(len(labels)), labels, fontsize=8)
        quality.set(title=name, xlabel="calibration error (ECE) / %", xlim=(0, None))
        quality.invert_yaxis()
    return drawing


def mean_confidence_gap(evaluation: Contents, variant: str) -> float:
    """Mean confidence minus accuracy: below 0 the network is less sure than it should be."""
    probability = evaluation[f"variants/{variant}/test/probability"]
    return float(probability.max(axis=1).mean() - np.mean(probability.argmax(axis=1) == evaluation["test/target"]))
