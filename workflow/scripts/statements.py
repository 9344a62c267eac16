"""What the numbers say, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compact_models.estimate import Estimate
from micromag.fileformat import Contents
from verdict import Judgement, Target, judge, restriction

CERTAIN_LEVEL = 0.9
"""Nominal coverage of the interval that the doubts look at."""
WORST_COVERAGE = 0.05
"""Distance from it above which an interval is called wrong."""


def number(value: float, digits: int = 3) -> str:
    """Format a number for a person."""
    return f"{value:.{digits}g}"


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def change(target: Target, gap: Estimate) -> str:
    """A gap in the unit of its target, with its interval."""
    value, low, high = (f"{100 * end:+.1f}" for end in gap)
    return f"{value} {target.unit} ({low} to {high})"


def better_or_worse(judgement: Judgement) -> str:
    """Which way a gap goes, where the figure has a good direction."""
    less = judgement.target.less_is_better
    if less is None or judgement.gap.value == 0:
        return ""
    return "better" if (judgement.gap.value < 0) == less else "worse"


def verdict(judgement: Judgement) -> str:
    """Whether a target is met, and how sure that is."""
    if judgement.met:
        return "met" if judgement.certain else "met, but the interval reaches beyond the target"
    excess = 100 * (abs(judgement.gap.value) - judgement.target.limit)
    missed = f"missed by {excess:.1f} {judgement.target.unit}"
    return missed if judgement.certain else f"{missed}, but the interval reaches into the target"


def blame(judgement: Judgement, diagnosed: bool) -> str:
    """What a missed target is missed by most."""
    if judgement.met:
        return "–"
    if not diagnosed:
        return "no ablation in this file"
    if judgement.culprit is None:
        return "no single imperfection"
    name, amount = judgement.culprit
    return f"{name.replace('_', ' ')}: {100 * amount:+.1f} {judgement.target.unit} alone"


def _fidelity(judged: Mapping[str, list[Judgement]]) -> str:
    everything = [(name, j) for name, found in judged.items() for j in found]
    parts = [f"{name} {j.target.text} {100 * j.gap.value:+.1f} {j.target.unit}" for name, j in everything]
    met = sum(j.met for _, j in everything)
    missed = [f"{name} {j.target.text} {verdict(j)}" for name, j in everything if not j.met]
    unsure = sum(not j.certain for _, j in everything)
    text = (
        f"The array does what the same posterior does in software within the targets in {met} of {len(everything)} "
        f"figures ({', '.join(parts)})"
    )
    if missed:
        text += f"; {listed(missed)}"
    if unsure:
        text += f"; {unsure} of these verdicts could turn with other test inputs or chips"
    return f"{text}."


def restricted(evaluations: Mapping[str, Contents]) -> str:
    """What the devices' range costs in training, for all data sets."""
    parts = [
        f"{name} {target.text} {change(target, gap)}"
        for name, evaluation in evaluations.items()
        for target, gap in restriction(evaluation)
    ]
    return (
        "What the devices take is paid in training: the posterior that fits their range, compared in software with one "
        f"that knows no devices, has {listed(parts)}."
    )


def energy_of(evaluation: Contents) -> dict[str, float]:
    """Energy of one prediction by part, J."""
    start = "cost/energy/"
    return {p.removeprefix(start): float(v.sum()) for p, v in evaluation.data.items() if p.startswith(start)}


def digital_of(evaluation: Contents) -> dict[str, dict[str, float]]:
    """Energy of one prediction by part, J, of each digital network that the file has."""
    if "digital/names" not in evaluation.data:
        return {}
    start = "digital/energy/"
    parts = {p.removeprefix(start): v for p, v in evaluation.data.items() if p.startswith(start)}
    return {
        str(name): {part: float(values[i]) for part, values in parts.items()}
        for i, name in enumerate(evaluation["digital/names"])
    }


def rival(evaluation: Contents) -> tuple[str, float] | None:
    """The digital network that takes least, and how many times the array's energy that is."""
    digital = {name: sum(parts.values()) for name, parts in digital_of(evaluation).items()}
    if not digital:
        return None
    best = min(digital, key=digital.__getitem__)
    return best, digital[best] / sum(energy_of(evaluation).values())


def who_wins(evaluation: Contents) -> str:
    """The array beside the digital network that takes least, in words."""
    if (found := rival(evaluation)) is None:
        return ""
    name, ratio = found
    factor = f"{number(max(ratio, 1 / ratio), 2)} times"
    if ratio >= 1:
        return f"the cheapest digital network of the same shape ({name}) takes {factor} the energy: the array wins"
    return f"the array takes {factor} the energy of the cheapest digital network ({name}): the array loses"


def price(name: str, evaluation: Contents) -> str:
    """Energy and latency of a prediction, and what takes most of it."""
    parts = energy_of(evaluation)
    total, largest = sum(parts.values()), max(parts, key=parts.__getitem__)
    text = (
        f"{name} {number(1e9 * total)} nJ in {number(1e6 * float(evaluation['cost/latency']))} µs "
        f"({100 * parts[largest] / total:.0f} % {largest.upper() if len(largest) == 3 else largest})"
    )
    return f"{text}, where {compared}" if (compared := who_wins(evaluation)) else text


def answer(evaluations: Mapping[str, Contents]) -> list[str]:
    """Return three sentences: what the array does, what its devices take, and at what energy."""
    samples = sorted({int(evaluation["cost/samples"]) for evaluation in evaluations.values()})
    costs = "; ".join(price(name, evaluation) for name, evaluation in evaluations.items())
    return [
        _fidelity({name: judge(evaluation) for name, evaluation in evaluations.items()}),
        restricted(evaluations),
        f"A prediction of {' or '.join(map(str, samples))} stochastic passes takes: {costs}.",
    ]


def retention(model: Any) -> str:
    """What is known of how long a level holds."""
    try:
        rate = model.escape_rate
    except ValueError as error:
        return str(error)
    times = (1 / r for r in (rate.value, rate.high, rate.low))
    return "extrapolated from pulses to no current, a level holds for {:.1g} s ({:.1g} to {:.1g} s)".format(*times)


def doubts_about(evaluations: Mapping[str, Contents], configuration: Mapping[str, Any]) -> list[str]:
    """Weak points of this scenario that follow from its results."""
    from system import metrics_of

    found = []
    for name, evaluation in evaluations.items():
        weight = configuration["networks"][name]["kl_weight"]
        if weight < 1:
            found.append(
                f"{name}: the KL term weighs {weight:g} in training, a posterior colder than Bayes' rule gives"
            )
        for judgement in judge(evaluation):
            if not judgement.met:
                found.append(f"{name}: {judgement.target.text} of the accelerator is {verdict(judgement)}")
        metrics = metrics_of(evaluation, "variants")
        held = {v: m["coverage_90"].value for v, m in metrics.items() if "coverage_90" in m}
        if held and abs(held["accelerator"] - CERTAIN_LEVEL) > WORST_COVERAGE:
            found.append(
                f"{name}: the accelerator's 90 % interval holds {100 * held['accelerator']:.1f} % of the test targets "
                f"(software without device range: {100 * held['software']:.1f} %)"
            )
        found += [f"{name}: {doubt}" for doubt in np.atleast_1d(evaluation.data.get("doubts", []))]
    return found
