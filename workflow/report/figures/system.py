"""Figures of the networks: calibration, selection by uncertainty, predictive bands, and the ablation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import blend_of, curve_of, metrics_of, reliability_of, selection_of
from magbayes.system.evaluation.variants import (
    ACCELERATOR,
    DETERMINISTIC,
    DEVICE_RANGE,
    DROPOUT,
    ENSEMBLE,
    LABELS,
    LAPLACE,
    NUTS,
    SOFTWARE,
    TEMPERATURE,
)
from magbayes.system.evaluation.verdict import Target
from magbayes.workflow.report.figures.plotting import (
    BLACK,
    BLUE,
    BROWN,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    errors,
    figure,
)
from magbayes.workflow.report.names import chip_name

COLOURS = {
    DETERMINISTIC: GREY,
    TEMPERATURE: RED,
    DROPOUT: SKY,
    ENSEMBLE: PURPLE,
    LAPLACE: BROWN,
    NUTS: BLACK,
    SOFTWARE: GREEN,
    DEVICE_RANGE: ORANGE,
    ACCELERATOR: BLUE,
}
"""Colours of curves and points by variant."""

LEAST_INPUTS = 5
"""Inputs in a bin below which its accuracy is noise, and not drawn."""


def reliability(evaluation: Contents) -> Figure:
    """Accuracy against confidence, and how many inputs stand behind each bin."""
    drawing = figure(8, 3.8)
    left, right = drawing.subplots(1, 2)
    left.plot([0, 100], [0, 100], color=GREY, lw=0.8, ls=":")
    metrics = metrics_of(evaluation, "variants")
    for variant in metrics:
        diagram, colour = reliability_of(evaluation, variant), COLOURS[variant]
        confidence, accuracy = 100 * diagram.confidence, 100 * diagram.accuracy
        filled, shown = diagram.inputs > 0, diagram.inputs >= LEAST_INPUTS
        label = f"{LABELS[variant]}, ECE {100 * metrics[variant]['ece'].value:.1f} %"
        left.plot(confidence[shown], accuracy[shown], "o-", color=colour, ms=3.5, lw=1, label=label)
        right.plot(confidence[filled], diagram.inputs[filled], "o-", color=colour, ms=3.5, lw=1)
    left.set(xlabel="confidence (%)", ylabel="accuracy (%)", xlim=(0, 102), ylim=(0, 102))
    drawing.legend(loc="outside lower center", ncols=2)
    right.set(xlabel="confidence (%)", ylabel="test inputs in the bin", yscale="log", xlim=(0, 102))
    right.yaxis.set_major_formatter("{x:g}")
    return drawing


def selection(evaluation: Contents) -> Figure:
    """Risk of the most certain predictions; for a regression also how often targets lie below predicted quantiles."""
    regression = evaluation["task"][0] == "regression"
    drawing = figure(8 if regression else 6.5, 3.6)
    kept, *calibration = drawing.subplots(1, 1 + regression, squeeze=False)[0]
    for variant in metrics_of(evaluation, "variants"):
        coverage, risk = selection_of(evaluation, variant)
        scaled = risk if regression else 100 * risk
        kept.plot(100 * coverage, scaled, color=COLOURS[variant], lw=1.2, label=LABELS[variant])
        for axes in calibration:
            levels = curve_of(evaluation, variant, "calibration")
            axes.plot(100 * levels["level"], 100 * levels["observed"], "o-", color=COLOURS[variant], ms=3, lw=1)
    kept.set(xlabel="most certain inputs kept (%)", ylabel="RMSE of these" if regression else "error rate of these (%)")
    for axes in calibration:
        axes.plot([0, 100], [0, 100], color=GREY, lw=0.8, ls=":")
        axes.set(xlabel="predicted quantile (%)", ylabel="targets below it (%)", xlim=(0, 100), ylim=(0, 100))
    drawing.legend(loc="outside lower center", ncols=4 if regression else 3)
    return drawing


def bands(evaluation: Contents) -> Figure:
    """Predictive 90 % band along the inputs of a single feature, in software and on the accelerator."""
    drawing = figure(8, 3.2)
    grid, truth = evaluation["grid/input"], evaluation["grid/truth"]
    for axes, variant in zip(drawing.subplots(1, 2, sharey=True), (DEVICE_RANGE, ACCELERATOR), strict=True):
        low, _, high = evaluation[f"variants/{variant}/band/quantiles"]
        axes.fill_between(grid, low, high, color=COLOURS[variant], alpha=0.3, lw=0, label="90 % band")
        axes.plot(grid, evaluation[f"variants/{variant}/band/mean"], color=COLOURS[variant], label="mean")
        axes.plot(grid, truth, color=RED, lw=1, ls="--", label="true function")
        axes.plot(evaluation["train/input"], evaluation["train/target"], ".", color=GREY, ms=3, label="training data")
        axes.set(xlabel="x", title=LABELS[variant])
    drawing.axes[0].set_ylabel("y")
    drawing.axes[0].legend(fontsize=8)
    return drawing


def ladder(evaluation: Contents) -> Figure:
    """What each network makes of inputs that are more and more mixed with images from elsewhere."""
    drawing = figure(9, 5.6)
    panels = drawing.subplots(2, 2, sharex=True).ravel()
    shown = {"accuracy": "accuracy (%)", "ece": "ECE (%)"}
    shown |= {name: f"{name} entropy (nat)" for name in ("aleatoric", "epistemic")}
    for variant in metrics_of(evaluation, "variants"):
        found = blend_of(evaluation, variant)
        for axes, (name, label) in zip(panels, shown.items(), strict=True):
            value, low, high = (100 if "%" in label else 1) * found[name].T
            bars = errors(value, low, high)
            axes.errorbar(
                found["fraction"], value, bars, fmt="o-", color=COLOURS[variant], ms=3, lw=1, label=LABELS[variant]
            )
            axes.set_ylabel(label)
    for axes in panels[2:]:
        axes.set_xlabel("fraction of other images")
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return drawing


def ablation(chips: Mapping[str, Mapping[str, Estimate]], targets: Sequence[Target]) -> Figure:
    """Each figure that has a target, on an ideal chip and with each imperfection alone."""
    drawing = figure(9, 0.9 + 0.24 * len(chips))
    where = np.arange(len(chips))
    panels = drawing.subplots(1, len(targets), sharey=True)
    for axes, target in zip(panels, targets, strict=True):
        scale = 100 if target.unit == "points" else 1
        unit = {"points": " (%)", "nat": " (nat)"}.get(target.unit, "")
        value, low, high = scale * np.array([metrics[target.metric] for metrics in chips.values()]).T
        base, allowed = value[0], scale * target.margin(value[0])
        axes.axvspan(base - allowed, base + allowed, color=GREEN, alpha=0.15, lw=0, label="ideal ± target")
        axes.axvline(base, color=GREY, lw=0.8, ls=":")
        axes.errorbar(value, where, xerr=errors(value, low, high), fmt="none", ecolor=GREY, elinewidth=0.7)
        axes.plot(value, where, "o", color=BLUE, ms=5)
        axes.set_yticks(where, [chip_name(name) for name in chips])
        axes.set(xlabel=f"{target.text}{unit}")
    panels[0].invert_yaxis()
    panels[0].legend(loc="lower left", bbox_to_anchor=(0, 1))
    return drawing
