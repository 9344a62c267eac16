"""What the numbers say, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.results import metrics_of
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.spending import price
from magbayes.workflow.report.verdict import ACCELERATOR, FREE, Judgement, Target

PROMISED = 0.9
"""Nominal coverage of the interval that the doubts look at."""
WORST_COVERAGE = 0.05
"""Distance from it above which an interval is called wrong."""


def points(target: Target, value: float) -> str:
    """A gap in the unit of its target."""
    return f"{number(round(100 * value, 1), '+.1f')} {target.unit}"


def verdict(judgement: Judgement) -> str:
    """Whether a target is met, and how sure that is."""
    if judgement.met:
        return "met" if judgement.certain else "met, but the interval reaches beyond the target"
    excess = 100 * (abs(judgement.gap.value) - judgement.target.limit)
    missed = f"missed by {excess:.1f} {judgement.target.unit}"
    return missed if judgement.certain else f"{missed}, but the interval reaches into the target"


def blame(judgement: Judgement, ablated: bool) -> str:
    """What a missed target is missed by most."""
    if judgement.met:
        return "–"
    if not ablated:
        return "no ablation in this run"
    if judgement.culprit is None:
        return "no single imperfection"
    name, amount = judgement.culprit
    return f"{name.replace('_', ' ')}: {points(judgement.target, amount)} alone"


def fidelity(judged: Mapping[str, Sequence[Judgement]]) -> str:
    """How many targets are met on which data sets, by how much, and what those that are missed are missed by."""
    everything = [(name, j) for name, found in judged.items() for j in found]
    gaps = [
        f"{name} {', '.join(f'{j.target.short} {points(j.target, j.gap.value)}' for j in found)}"
        for name, found in judged.items()
    ]
    met, unsure = sum(j.met for _, j in everything), sum(not j.certain for _, j in everything)
    text = (
        f"On the devices the network does what its posterior does in software within the targets in {met} of "
        f"{len(everything)} figures ({'; '.join(gaps)})"
    )
    for name, j in everything:
        if not j.met:
            text += f"; {j.target.short} on {name} is {verdict(j)}"
            text += f", most of it by {blame(j, True)}" if j.culprit else ""
    if unsure:
        text += f"; {unsure} of these verdicts could turn with other test inputs or chips"
    return f"{text}."


def restricted(restrictions: Mapping[str, Sequence[tuple[Target, Estimate]]]) -> str:
    """What the devices' range costs in training, for all data sets."""
    parts = [
        f"{name} {', '.join(f'{target.short} {points(target, gap.value)}' for target, gap in found)}"
        for name, found in restrictions.items()
    ]
    return (
        "What the devices take is paid in training: the posterior that fits their range, in software, against one that "
        f"knows no devices: {'; '.join(parts)}."
    )


def answer(
    evaluations: Mapping[str, Contents],
    judged: Mapping[str, Sequence[Judgement]],
    restrictions: Mapping[str, Sequence[tuple[Target, Estimate]]],
) -> list[str]:
    """Return three sentences: what the array does, what its devices take, and at what energy."""
    samples = sorted({int(evaluation["cost/samples"]) for evaluation in evaluations.values()})
    costs = ", ".join(price(name, evaluation) for name, evaluation in evaluations.items())
    return [
        fidelity(judged),
        restricted(restrictions),
        f"A prediction of {' or '.join(map(str, samples))} stochastic passes takes: {costs}.",
    ]


def retention(model: Any) -> str:
    """What is known of how long a level holds."""
    try:
        rate = model.escape_rate
    except ValueError as error:
        return str(error)
    middle, low, high = (number(1 / r, ".1g") for r in (rate.value, rate.high, rate.low))
    return (
        f"extrapolated from pulses to no current, a level holds for {middle} s ({low} to {high} s): a straight line in "
        "the logarithm of the rate, which errs to the side of too short a time"
    )


def doubts_about(
    evaluations: Mapping[str, Contents], judged: Mapping[str, Sequence[Judgement]], configuration: Mapping[str, Any]
) -> list[str]:
    """Weak points of this scenario that follow from its results."""
    found = []
    for name, evaluation in evaluations.items():
        weight = configuration["networks"][name]["kl_weight"]
        if weight < 1:
            found.append(
                f"{name}: the KL term weighs {weight:g} in training, a posterior colder than Bayes' rule gives"
            )
        for judgement in judged[name]:
            if not judgement.met:
                found.append(f"{name}: the target for {judgement.target.text} is {verdict(judgement)}")
        metrics = metrics_of(evaluation, "variants")
        held = {v: m["coverage_90"].value for v, m in metrics.items() if "coverage_90" in m}
        if held and abs(held[ACCELERATOR] - PROMISED) > WORST_COVERAGE:
            found.append(
                f"{name}: the accelerator's 90 % interval holds {100 * held[ACCELERATOR]:.1f} % of the test targets "
                f"(software without device range: {100 * held[FREE]:.1f} %)"
            )
    return found
