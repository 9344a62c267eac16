"""What the numbers say, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.constants import k

from magbayes.data.container import Contents
from magbayes.system.array.read_torque import ReadTorque
from magbayes.system.array.two_terminals import TOLERANCE, Cell, bits_shortfall
from magbayes.system.array.two_terminals import Comparison as TwoTerminals
from magbayes.system.evaluation.variants import ACCELERATOR, LABELS, NOISE_OFF, SOFTWARE
from magbayes.system.evaluation.verdict import Judgement, Target, miscoverage
from magbayes.system.metrics.sensitivity import LEAST_POINTS, LEAST_PREDICTED, Ranking
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report.names import chip_name, number_name
from magbayes.workflow.report.reading import YEAR, duration, number

_MOST_INPUTS = 1e6
"""Inputs beyond which nobody has so many."""

NOT_SIGNIFICANT = "not significant"


def driven(opposite: bool, slices: int, leave_out: bool) -> str:
    """How the rows drive the two junctions of a pair, how many pairs there are, and whether some may be left out."""
    text = "The two junctions of a pair see one voltage, and a mirror subtracts the currents of the lower one."
    if opposite:
        text = (
            "The two junctions of a pair see opposite voltages, so that their currents subtract. The effect of the "
            "read voltage on sigma cancels to first order."
        )
    if leave_out:
        text += " A switch of the cell, not drawn, disconnects the stochastic MTJs where a weight needs none."
    if slices == 1:
        return text
    return f"{text} A mean is held by {slices} pairs: the first is drawn, the next have mirrors of smaller gain."


def two_terminals(cells: TwoTerminals, settings: AcceleratorSettings) -> str:
    """Whether cells of two terminals would do with these devices, and what says so."""
    working = cells.working()
    if working:
        ends = [number(1e9 * cell.thickness) for cell in (working[0], working[-1])]
        reach = f"of {ends[0]} to {ends[1]} nm" if len(working) > 1 else f"of {ends[0]} nm"
        thin = [name for name, good in _device_faults(cells.cells[0]).items() if not good]
        device = f"The junction itself would work with a barrier {reach}"
        if working[0] is not cells.cells[0] and thin:
            device += f". Thinner ones are ruled out by {' and '.join(thin)}{_by_heat(cells)}"
        if working[-1] is not cells.cells[-1]:
            device += ". With thicker ones electrical noise leaves a smaller ratio of stds than three terminals have"
    else:
        device = "The junction itself would work with none of the barriers"
    smallest, largest = (number(excess, ".2g") for excess in cells.excess)
    inputs = (
        "Sigma sets the voltage, so that inputs have to be coded in the time of a read. At "
        f"{number(cells.share)} of full scale the std of the charge is then {smallest} (smallest sigma) and {largest} "
        "times (largest) that of weight times input, with any barrier"
    )
    if not cells.linear:
        inputs += (
            f". It is within {number(100 * TOLERANCE)} % for reads of {number(1e9 * cells.linear_time, '.2g')} ns or "
            f"less, whose codes are {number(1e12 * cells.step, '.2g')} ps apart, while wires settle in "
            f"{number(1e12 * cells.settling, '.2g')} ps"
            if cells.linear_time
            else ""
        )
    if cells.usable:
        return f"{device}. {inputs}. Two terminals would work."
    bits = settings.dac_bits - 1
    text = f"{device}. {inputs}. Two terminals with inputs coded in time are ruled out."
    if not working:
        return text
    driver, shortfall = number(1e6 * working[0].high.current, ".2g"), number(bits_shortfall(settings.dac_bits), ".2g")
    return (
        f"{text} Inputs in serial bits would have {shortfall} to 1 times the std, take {bits} reads and conversions in "
        f"place of one, and need a driver of up to {driver} µA for the voltage of each junction. That cell is not "
        "modelled."
    )


def read_torque(names: Sequence[str], moved: ReadTorque) -> str:
    """That the torque of the read current is not small, for networks that are read alike."""
    mean, read = (number(100 * share, ".2g") for share in (moved.mean, moved.read))
    return (
        f"{', '.join(names)}: The spin torque of the read current, which is not in the numbers, changes the std of "
        f"reads at full scale, {number(moved.voltage)} V, by up to {read} % and the mean conductance by {mean} %, for "
        "a current that has flowed for long; a lower read_voltage, or a stochastic MTJ of a larger resistance_area, "
        "has less"
    )


def read_as(settings: AcceleratorSettings) -> str:
    """With which voltage and for how long a network is read."""
    return (
        f"A full-scale input is {number(settings.read_voltage)} V, and a read takes "
        f"{number(1e9 * settings.read_time)} ns."
    )


def _by_heat(cells: TwoTerminals) -> str:
    """From which thickness on the range of the heat lets barriers pass."""
    ends = [cells.working(end) for end in ("low", "high")]
    first = [number(1e9 * passing[0].thickness) if passing else "none" for passing in ends]
    return "" if first[0] == first[1] else f" (from {first[0]} to {first[1]} nm on, by the thermal resistance)"


def _device_faults(cell: Cell) -> dict[str, bool]:
    return {"spin torque": cell.undriven, "heat": cell.cool() is not False}


def points(target: Target, value: float) -> str:
    """A gap in the unit of its target."""
    digits = 1 if target.scale == 100 else 3
    return f"{number(round(target.scale * value, digits), f'+.{digits}f')} {target.unit}".rstrip()


def verdict(judgement: Judgement) -> str:
    """Whether a target is met, and whether that is significant."""
    if judgement.met and judgement.blind:
        return "cannot tell: a chip without noise is not rejected"
    found = "met" if judgement.met else f"missed by {_excess(judgement)}"
    return found if judgement.significant else f"{found}, {NOT_SIGNIFICANT}"


def _excess(judgement: Judgement) -> str:
    """By how much a target is missed: in so many digits that it is not 0."""
    target = judgement.target
    excess, digits = target.scale * (abs(judgement.gap.value) - target.limit), 1 if target.scale == 100 else 3
    form = f".{digits}f" if excess >= 0.5 * 10**-digits else ".1g"
    return f"{number(excess, form)} {target.unit}".rstrip()


def doubt(judgement: Judgement) -> str:
    """Why a verdict is not significant, and how many inputs it would take, rounded up to one digit; empty if it is."""
    if judgement.significant or (judgement.met and judgement.blind):
        return ""
    inputs, text = judgement.needed, "the interval crosses the target"
    if inputs is None:
        return text
    if np.isinf(inputs):
        return f"{text}: more chips are needed"
    if inputs > _MOST_INPUTS:
        return f"{text}: more chips, or more inputs than can be had, are needed"
    unit = 10 ** math.floor(math.log10(inputs))
    return f"{text}: about {math.ceil(inputs / unit) * unit} inputs are needed"


def main_cause(judgement: Judgement, ablated: bool) -> str:
    """The imperfection that causes most of a missed target, and how much it causes alone."""
    if judgement.met:
        return "–"
    if not ablated:
        return "no ablation in this run"
    if judgement.cause is None:
        return "no single imperfection"
    name, amount = judgement.cause
    return f"{chip_name(name)} ({points(judgement.target, amount)} alone)"


_UNTOLD = {
    "chips without noise": ((NOISE_OFF,), "the targets say nothing of the stochastic MTJs"),
    "sigmas of another size": (("sigma × ",), "the size of sigma is not tested by that factor"),
    "permuted or equal sigmas": (("sigmas permuted", "one sigma"), "which weight has which sigma is not tested"),
}
"""Kinds of chips with wrong noise: how their names start, and what is not known where one of them passes."""


def controlled(judgements: Mapping[str, Sequence[Judgement]], names: Mapping[str, Collection[str]]) -> str:
    """Which negative controls of each data set, by their names, the targets reject, and what those that pass mean.

    Empty without any.
    """
    passed = {name: entries[0].passed_by for name, entries in judgements.items() if names[name]}
    parts = []
    for name, controls in passed.items():
        others = f" (not {', '.join(controls)})" if controls else ""
        parts.append(f"{name} {len(set(names[name]) - set(controls))} of {len(names[name])}{others}")
    lines = [f"Of the chips with wrong noise the targets reject: {'; '.join(parts)}."] if parts else []
    for kind, (starts, untold) in _UNTOLD.items():
        blind = [name for name, controls in passed.items() if any(control.startswith(starts) for control in controls)]
        if blind:
            lines.append(f"Where {kind} meet the targets ({', '.join(blind)}), {untold}.")
    return " ".join(lines)


def unranked(
    parameters: Mapping[str, np.ndarray],
    numbers: Mapping[str, np.ndarray],
    rankings: Mapping[str, Ranking],
    design: str,
) -> list[str]:
    """Why parameters (points,) of a study of some design are not ranked for some of its numbers (points, 3).

    Nothing is said where one parameter varies, or none.
    """
    varying = [name for name, values in parameters.items() if len(np.unique(values)) > 1]
    if len(varying) < 2 or not numbers:
        return []
    if design == "zip":
        return ["The parameters change in step, so that their effects cannot be separated."]
    others = [name for name in numbers if name not in rankings]
    same = [name for name in others if np.ptp(numbers[name][:, 0]) == 0]
    few = [name for name in others if name not in same]
    lines = []
    if same:
        lines.append(f"The same in all points, so that there is nothing to rank: {', '.join(map(number_name, same))}.")
    if few:
        count = len(numbers[few[0]])
        lines.append(
            f"{count} points are too few to rank {len(varying)} parameters for {', '.join(map(number_name, few))}: "
            f"{LEAST_POINTS} are needed."
        )
    refused = [f"{number_name(name)} ({100 * of.predicted:.0f} %)" for name, of in rankings.items() if not of.indices]
    if refused:
        lines.append(
            "Not ranked, since the surrogate predicts too little of the variance of points that it has not seen "
            f"({100 * LEAST_PREDICTED:.0f} % are asked for): {', '.join(refused)}. More points, or more chips, test "
            "inputs or replicas a point, would help."
        )
    return lines


def retention(model: Any, target: float, cells: float) -> str:
    """For how long levels hold at each temperature of the barriers, and whether that is `target` (s) in all `cells`."""
    if not len(model.barrier_temperature):
        return "For how long a level holds is not known, since no barrier was measured."
    lines = []
    for temperature, barrier in zip(model.barrier_temperature, model.barrier, strict=True):
        median, worst = (duration(model.retention(temperature, count)) for count in (1.0, cells))
        height = number(barrier / (k * temperature), ".3g")
        lines.append(
            f"At {number(temperature)} K the barrier is {height} kT. A level holds for {median}, and in the worst of "
            f"{number(cells, '.1g')} devices for {worst}."
        )
    return " ".join([*lines, f"{volatile(model, target, cells) or _held(model, target, cells)}."])


def _held(model: Any, target: float, cells: float) -> str:
    """Says that all `cells` devices hold a weight for `target` s, and whether the intervals say so too."""
    sure = all(model.retention(t, cells).low >= target for t in model.barrier_temperature)
    return f"{asked(target)} are asked for" + ("" if sure else ", which lies within an interval: not significant")


def asked(target: float) -> str:
    """A time in s that is asked for."""
    return f"{number(target / YEAR, '.2g')} years" if target >= YEAR else f"{number(target, '.2g')} s"


def volatile(model: Any, target: float, cells: float) -> str:
    """Says that the worst of `cells` devices holds no weight for `target` s at some temperature; else empty."""
    if not len(model.barrier_temperature):
        return ""  # what was not measured is said of the model
    worst = min((model.retention(t, cells) for t in model.barrier_temperature), key=lambda time: time.value)
    if worst.value >= target:
        return ""
    return (
        f"The domain-wall MTJ is volatile: {asked(target)} are asked for, and the worst of "
        f"{number(cells, '.1g')} devices holds a level for {duration(worst)}"
    )


def warnings(evaluations: Mapping[str, Contents]) -> list[str]:
    """Coverages of the 90 % interval that are wrong."""
    found = ((name, miscoverage(evaluation)) for name, evaluation in evaluations.items())
    return [
        f"{name}: coverage of the 90 % interval is {100 * coverage.accelerator:.1f} % on the {LABELS[ACCELERATOR]} "
        f"({LABELS[SOFTWARE]}: {100 * coverage.software:.1f} %)"
        for name, coverage in found
        if coverage
    ]
