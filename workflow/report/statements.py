"""What the numbers say, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.constants import k

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.array.two_terminals import TOLERANCE, Cell, bits_shortfall
from magbayes.system.array.two_terminals import Comparison as TwoTerminals
from magbayes.system.evaluation.variants import ACCELERATOR, LABELS, SOFTWARE
from magbayes.system.evaluation.verdict import Judgement, Target, jointly, miscoverage
from magbayes.system.metrics.sensitivity import LEAST_POINTS, LEAST_PREDICTED, Ranking
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.spending import price

_MOST_INPUTS = 1e6
"""Inputs beyond which nobody has so many."""

CROSSES = "not significant: the interval crosses the target"


def driven(opposite: bool, slices: int, leave_out: bool) -> str:
    """How the rows drive the two junctions of a pair, how many pairs there are, and whether some may be left out."""
    text = "The two junctions of a pair see one voltage, and a mirror subtracts the currents of the lower one."
    if opposite:
        text = (
            "The two junctions of a pair see opposite voltages, so that their currents subtract by themselves, and "
            "what a read voltage does to the sigma of one it undoes in the other to first order."
        )
    if leave_out:
        text += " A switch of the cell, not drawn, takes the stochastic MTJs off where a weight needs none."
    if slices == 1:
        return text
    return f"{text} Of the {slices} pairs that hold a mean the first is drawn; the next has a mirror of smaller gain."


def two_terminals(cells: TwoTerminals, settings: AcceleratorSettings) -> str:
    """Whether cells of two terminals would do with these devices, and what says so."""
    working = cells.working()
    if working:
        ends = [number(1e9 * cell.thickness) for cell in (working[0], working[-1])]
        reach = f"of {ends[0]} to {ends[1]} nm" if len(working) > 1 else f"of {ends[0]} nm"
        thin = [name for name, good in _device_faults(cells.cells[0]).items() if not good]
        device = f"The junction alone would do, with a barrier {reach}"
        if working[0] is not cells.cells[0] and thin:
            device += f"; thinner ones are ruled out by {' and '.join(thin)}{_by_heat(cells)}"
        if working[-1] is not cells.cells[-1]:
            device += "; with thicker ones electrical noise leaves a smaller ratio of stds than three terminals have"
    else:
        device = "The junction alone would do with none of the barriers"
    smallest, largest = (number(excess, ".2g") for excess in cells.excess)
    inputs = (
        f"Sigma sets its voltage, so that the length of a read is the input. At {number(cells.share)} of full scale a "
        f"charge then has {smallest} (smallest sigma) and {largest} times (largest) the std of w times x, whatever the "
        "barrier"
    )
    if not cells.linear:
        inputs += (
            f"; reads of {number(1e9 * cells.linear_time, '.2g')} ns or less, in which that is within "
            f"{number(100 * TOLERANCE)} %, have steps of {number(1e12 * cells.step, '.2g')} ps between codes, where "
            f"wires settle in {number(1e12 * cells.settling, '.2g')} ps"
            if cells.linear_time
            else ""
        )
    if cells.usable:
        return f"{device}. {inputs}. Two terminals would do."
    bits = settings.dac_bits - 1
    text = f"{device}. {inputs}. Two terminals with inputs coded in time are ruled out."
    if not working:
        return text
    driver, shortfall = number(1e6 * working[0].high.current, ".2g"), number(bits_shortfall(settings.dac_bits), ".2g")
    return (
        f"{text} Bits of an input that follow each other would have {shortfall} to 1 times that std, for {bits} reads "
        f"and conversions in place of one, with a driver of up to {driver} µA for each junction's own voltage: that "
        "cell is not in the model."
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
    crosses = f"{CROSSES}{_would_tell(judgement.needed)}"
    if judgement.met:
        return "met" if judgement.significant else f"met, {crosses}"
    target = judgement.target
    excess = points(target, abs(judgement.gap.value) - target.limit).removeprefix("+")
    missed = f"missed by {excess}"
    return missed if judgement.significant else f"{missed}, {crosses}"


def _would_tell(inputs: float | None) -> str:
    """How many inputs it would take to tell, rounded up to one digit."""
    if inputs is None:
        return ""
    if np.isinf(inputs):
        return "; more chips would have to tell"
    if inputs > _MOST_INPUTS:
        return "; more chips, or more inputs than can be had, would have to tell"
    unit = 10 ** math.floor(math.log10(inputs))
    return f"; some {math.ceil(inputs / unit) * unit} inputs would tell"


def main_cause(judgement: Judgement, ablated: bool) -> str:
    """The imperfection that causes most of a missed target, and how much it causes alone."""
    if judgement.met:
        return "–"
    if not ablated:
        return "no ablation in this run"
    if judgement.cause is None:
        return "no single imperfection"
    name, amount = judgement.cause
    return f"{name.replace('_', ' ')}: {points(judgement.target, amount)} alone"


def fidelity(judgements: Mapping[str, Sequence[Judgement]]) -> str:
    """How many targets are met on which data sets, by how much, and what causes the others to be missed."""
    everything = [(name, j) for name, entries in judgements.items() for j in entries]
    gaps = [
        f"{name} {', '.join(f'{j.target.short} {points(j.target, j.gap.value)}' for j in entries)}"
        for name, entries in judgements.items()
    ]
    met, crossing = sum(j.met for _, j in everything), sum(not j.significant for _, j in everything)
    blind = [name for name, entries in judgements.items() if any(j.blind for j in entries)]
    text = (
        f"On the devices the network does what its posterior does in software within the targets in {met} of "
        f"{len(everything)} figures ({'; '.join(gaps)})"
    )
    for name, j in everything:
        if not j.met:
            text += f"; {j.target.short} on {name} is {verdict(j)}"
            text += f", moved furthest by {main_cause(j, True)}" if j.cause else ""
    if blind:
        text += f". No target rejects a chip that does not fluctuate on {' and '.join(blind)}, which cannot tell"
    if crossing:
        text += f"; in {crossing} of the {len(everything)} the intervals cross the targets: not significant"
    surely = sum(jointly([j for _, j in everything])) if everything else 0
    if surely < len(everything) - crossing:
        are = "is" if surely == 1 else "are"
        text += f"; all {len(everything)} tested together, {surely} {are} significant (false discoveries below 2.5 %)"
    return f"{text}."


def controlled(judgements: Mapping[str, Sequence[Judgement]], names: Mapping[str, Collection[str]]) -> str:
    """Which negative controls of each data set, by their names, the targets reject; empty without any."""
    parts = []
    for name, entries in judgements.items():
        passed = entries[0].passed_by
        rejected = [control for control in names[name] if control not in passed]
        if names[name]:
            others = f" (not {', '.join(passed)})" if passed else ""
            parts.append(f"{name} {len(rejected)} of {len(names[name])}{others}")
    return f"The targets reject, of chips with wrong noise: {'; '.join(parts)}." if parts else ""


def restricted(restrictions: Mapping[str, Sequence[tuple[Target, Estimate]]], imported: Collection[str] = ()) -> str:
    """What the device range changes in software, for all data sets; networks that were `imported` were not trained."""
    parts = [
        f"{name} {', '.join(f'{target.short} {points(target, gap.value)}' for target, gap in gaps)}"
        for name, gaps in restrictions.items()
    ]
    paid = ["in training"] if len(imported) < len(restrictions) else []
    if imported:
        paid.append(f"by the imported posterior of {', '.join(imported)}, in stds that came into the device range")
    return (
        f"What the device range changes {' and '.join(paid)}, the device-range posterior less the unconstrained one, "
        f"both in software: {'; '.join(parts)}."
    )


def answer(
    evaluations: Mapping[str, Contents],
    judgements: Mapping[str, Sequence[Judgement]],
    restrictions: Mapping[str, Sequence[tuple[Target, Estimate]]],
    imported: Collection[str] = (),
) -> list[str]:
    """Return three sentences: what the array does, what its devices take, and at what energy."""
    samples = sorted({int(evaluation["cost/samples"]) for evaluation in evaluations.values()})
    costs = ", ".join(price(name, evaluation) for name, evaluation in evaluations.items())
    return [
        fidelity(judgements),
        restricted(restrictions, imported),
        f"A prediction of {' or '.join(map(str, samples))} stochastic passes takes: {costs}.",
    ]


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
        return ["Parameters of a zip change together, so that none can be told from the others."]
    others = [name for name in numbers if name not in rankings]
    same = [name for name in others if np.ptp(numbers[name][:, 0]) == 0]
    few = [name for name in others if name not in same]
    lines = []
    if same:
        lines.append(f"The same in all points, so that there is nothing to rank: {', '.join(same)}.")
    if few:
        count = len(numbers[few[0]])
        lines.append(
            f"{count} points are too few to rank {len(varying)} parameters for {', '.join(few)}: "
            f"{LEAST_POINTS} are needed."
        )
    refused = [f"{name} ({100 * of.predicted:.0f} %)" for name, of in rankings.items() if not of.indices]
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
        return "for how long a level holds is not known, since no barrier was measured"
    parts = []
    for temperature, barrier in zip(model.barrier_temperature, model.barrier, strict=True):
        median, worst = (_times(model.retention(temperature, count)) for count in (1.0, cells))
        height = number(barrier / (k * temperature), ".3g")
        parts.append(
            f"at {number(temperature)} K the barrier is {height} kT: a level holds for {median}, and in the worst of "
            f"{number(cells, '.0e')} devices for {worst}"
        )
    return "; ".join(parts) + f". {volatile(model, target, cells) or _held(model, target, cells)}"


def _held(model: Any, target: float, cells: float) -> str:
    """Says that all `cells` devices hold a weight for `target` s, and whether the intervals say so too."""
    sure = all(model.retention(t, cells).low >= target for t in model.barrier_temperature)
    return "That is what is asked for" + ("" if sure else ", though not at the lower end of every interval")


def _times(time: Estimate) -> str:
    middle, low, high = (number(value, ".1g") for value in (time.value, time.low, time.high))
    return f"{middle} s ({low} to {high} s)"


def volatile(model: Any, target: float, cells: float) -> str:
    """Says that the worst of `cells` devices holds no weight for `target` s at some temperature; else empty."""
    if not len(model.barrier_temperature):
        return ""  # what was not measured is said of the model
    worst = min((model.retention(t, cells) for t in model.barrier_temperature), key=lambda time: time.value)
    if worst.value >= target:
        return ""
    return (
        f"The domain-wall MTJ is volatile: {number(target, '.2g')} s are asked for, and the worst of "
        f"{number(cells, '.0e')} devices holds a level for {_times(worst)}"
    )


def warnings(
    evaluations: Mapping[str, Contents],
    judgements: Mapping[str, Sequence[Judgement]],
) -> list[str]:
    """Known limitations of this scenario that follow from its results."""
    lines = []
    for name, evaluation in evaluations.items():
        for judgement in judgements[name]:
            if not judgement.met:
                lines.append(f"{name}: the target for {judgement.target.text} is {verdict(judgement)}")
        if coverage := miscoverage(evaluation):
            lines.append(
                f"{name}: coverage of the 90 % interval is {100 * coverage.accelerator:.1f} % on the "
                f"{LABELS[ACCELERATOR]} ({LABELS[SOFTWARE]}: {100 * coverage.software:.1f} %)"
            )
    return lines
