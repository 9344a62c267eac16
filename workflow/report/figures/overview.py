"""The whole path in one figure: devices, compact models, what the noise buys, energy."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from magbayes.compact_models.store import CompactModels
from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.micromag.raw import RawEnsemble
from magbayes.system.evaluation.costs import energy_by_part
from magbayes.system.evaluation.results import metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR, DETERMINISTIC, DEVICE_RANGE, LABELS, NOISE_OFF, SOFTWARE
from magbayes.workflow.report.figures.cost import PARTS
from magbayes.workflow.report.figures.plotting import BLACK, BLUE, GREEN, GREY, ORANGE, errors, figure
from magbayes.workflow.report.figures.system import COLOURS
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.spending import NAMES, best_rival

SHOWN = (DETERMINISTIC, SOFTWARE, DEVICE_RANGE, ACCELERATOR)
"""Networks that the figure compares."""


LEAST_NAMED = 0.06
"""Share of the energy from which a part is in the legend."""


def _magnetisation(axes: Axes, ensemble: RawEnsemble, group: int, component: int, title: str) -> None:
    """Draw one component of m, red along its axis and blue against it."""
    state = ensemble.snapshot[group][:, :, 0]
    values = np.ma.masked_where((state**2).sum(axis=-1) < 0.5, state[..., component])
    axes.imshow(values.T, origin="lower", cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_title(title)
    axes.axis("off")


def _models(width: Axes, moves: Axes, models: CompactModels) -> None:
    smtj, dwmtj = models.smtj, models.dwmtj
    voltage = np.linspace(*smtj.voltage_range, 200)
    sigma = smtj.sigma(voltage)
    width.fill_between(voltage, 1e6 * sigma.low, 1e6 * sigma.high, color=BLUE, alpha=0.25, lw=0)
    width.plot(voltage, 1e6 * sigma.value, color=BLUE)
    width.plot(smtj.voltage, 1e6 * smtj.conductance_sigma, "o", color=BLUE, ms=4)
    width.set(title="sigma of a weight", xlabel="gate voltage / V", ylabel="std of conductance / µS")
    width.set_ylim(bottom=0)
    for colour, pulse, value, low, high in zip(
        cycle((GREEN, ORANGE)), dwmtj.pulse_width, *dwmtj.depinning_probability, strict=False
    ):
        bars, label = errors(value, low, high), f"{1e9 * pulse:g} ns"
        moves.errorbar(1e-11 * dwmtj.current_density, value, bars, fmt="o-", ms=4, color=colour, capsize=3, label=label)
    moves.set(title="writing its mean", xlabel="current / 10¹¹ A/m²", ylabel="wall leaves its notch")
    moves.legend(title="pulse", loc="upper left")


def _calibration(axes: Axes, name: str, evaluation: Contents) -> None:
    """Draw calibration error and accuracy of the networks that the verdict compares."""
    metrics = metrics_of(evaluation, "variants")
    for i, variant in enumerate(SHOWN):
        value, low, high = (100 * end for end in metrics[variant]["ece"])
        axes.errorbar(value, i, xerr=errors([value], [low], [high]), fmt="o", color=COLOURS[variant], capsize=3)
    names = [LABELS[variant].replace(" (", "\n(") for variant in SHOWN]  # room for the axes
    accuracies = [100 * metrics[variant]["accuracy"].value for variant in SHOWN]
    labels = [f"{name}\naccuracy {accuracy:.1f} %" for name, accuracy in zip(names, accuracies, strict=True)]
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.set(title=f"calibration on {name}", xlabel="calibration error, ECE (%)")
    axes.set_xlim(left=0)
    axes.invert_yaxis()


def _shifts(evaluation: Contents) -> list[str]:
    """AUROCs of inputs from elsewhere that a chip without noise was asked, too."""
    known = metrics_of(evaluation, "controls").get(NOISE_OFF, {})
    return [name for name in known if name.startswith("auroc_") and name != "auroc_errors"]


def _elsewhere(axes: Axes, evaluations: Mapping[str, Contents]) -> None:
    """Draw how well inputs from elsewhere are told: in software, on the array, and without the fluctuation."""
    rows = [(name, evaluation, shift) for name, evaluation in evaluations.items() for shift in _shifts(evaluation)]
    drawn: dict[str, tuple[str, str, float, list[Estimate]]] = {
        "posterior in software": (COLOURS[DEVICE_RANGE], "s", -0.2, []),
        LABELS[ACCELERATOR]: (COLOURS[ACCELERATOR], "o", 0.0, []),
        "without fluctuation": (GREY, "D", 0.2, []),
    }
    for _, evaluation, shift in rows:
        variants = metrics_of(evaluation, "variants")
        off = metrics_of(evaluation, "controls")[NOISE_OFF]
        for (*_, found), metrics in zip(
            drawn.values(), (variants[DEVICE_RANGE], variants[ACCELERATOR], off), strict=True
        ):
            found.append(metrics[shift])
    for label, (colour, mark, shift_y, found) in drawn.items():
        value, low, high = np.array(found).T
        bars, where = errors(value, low, high), np.arange(len(rows)) + shift_y
        axes.errorbar(value, where, xerr=bars, fmt=mark, ms=4, color=colour, capsize=2, lw=1, label=label)
    axes.axvline(0.5, color=GREY, lw=0.8, ls=":")
    labels = [f"{name}:\n{shift.removeprefix('auroc_').replace('_', ' ')}" for name, _, shift in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9)
    axes.set(title="inputs from elsewhere", xlabel="AUROC (0.5: chance)", ylim=(len(rows) + 0.7, -0.5))
    axes.legend(fontsize=8, loc="lower left", handlelength=1.0, labelspacing=0.25)


def _energy(axes: Axes, evaluations: Mapping[str, Contents]) -> None:
    spent = [energy_by_part(evaluation) for evaluation in evaluations.values()]
    # The legend has room for those that a reader can see.
    named = {part for part in PARTS if any(parts[part] > LEAST_NAMED * sum(parts.values()) for parts in spent)}
    for i, parts in enumerate(spent):
        left = 0.0
        for part, joules in parts.items():
            label = NAMES.get(part, part) if i == 0 and part in named else None
            axes.barh(i, 1e9 * joules, 0.6, left=left, color=PARTS[part], label=label)
            left += 1e9 * joules
    rivals = [(i, rival) for i, e in enumerate(evaluations.values()) if (rival := best_rival(e))]
    if rivals:
        places = [1e9 * rival.total.value for _, rival in rivals]
        axes.plot(places, [i + 0.42 for i, _ in rivals], "^", ms=5, color=BLACK, label="best other circuit")
    totals = [number(1e9 * sum(parts.values())) for parts in spent]
    labels = [f"{name}\n{total} nJ" for name, total in zip(evaluations, totals, strict=True)]
    axes.set_yticks(range(len(evaluations)), labels)
    axes.set_ylim(len(evaluations) - 0.2, -0.6)
    axes.margins(x=0.9)  # room for the legend beside the bars
    axes.set(title="energy of a prediction", xlabel="energy / nJ")
    axes.grid(visible=False)
    axes.legend(fontsize=8, loc="lower right", handlelength=1.0, labelspacing=0.25, borderaxespad=0)


def overview(
    models: CompactModels, noisy: RawEnsemble, wall: RawEnsemble, notch: int, evaluations: Mapping[str, Contents]
) -> Figure:
    """Draw the path from the magnetisation of the devices to calibration and energy."""
    drawing = figure(10.5, 5)
    top, bottom = drawing.subfigures(2, 1, squeeze=False, height_ratios=(1, 2.3))[:, 0]
    disk, track = top.subplots(1, 2, width_ratios=(1, 5))
    _magnetisation(disk, noisy, 0, 0, "stochastic MTJ")
    _magnetisation(track, wall, notch, 2, "domain-wall MTJ: the notch that holds the wall is the level")
    _title(top, "1  devices")
    _system(bottom, models, evaluations, ("2  compact models", "3  network on an array of them"))
    return drawing


def of_measured(models: CompactModels, evaluations: Mapping[str, Contents]) -> Figure:
    """Draw the path from measured devices to calibration and energy."""
    drawing = figure(10.5, 3.6)
    _system(drawing, models, evaluations, ("1  measured devices", "2  network on an array of them"))
    return drawing


def _title(part: FigureBase, title: str) -> None:
    part.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11)


def _system(
    bottom: FigureBase, models: CompactModels, evaluations: Mapping[str, Contents], titles: tuple[str, str]
) -> None:
    classifications = [(name, e) for name, e in evaluations.items() if e["task"][0] == "classification"][:1]
    told = any(map(_shifts, evaluations.values()))
    left, right = bottom.subfigures(1, 2, squeeze=False, width_ratios=(2, 1 + (told or bool(classifications))))[0]
    width, moves = left.subplots(1, 2)
    *quality, energy = right.subplots(1, 1 + (told or bool(classifications)), squeeze=False)[0]
    _models(width, moves, models)
    for axes in quality:
        if told:
            _elsewhere(axes, evaluations)
        else:
            _calibration(axes, *classifications[0])
    _energy(energy, evaluations)
    for part, title in zip((left, right), titles, strict=True):
        _title(part, title)
