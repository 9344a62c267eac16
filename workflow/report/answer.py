"""The answer of a report: what the array does, what its noise buys, what it costs and whether its weights last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.costs import energy_of
from magbayes.system.evaluation.verdict import Judgement, jointly
from magbayes.workflow.report.reading import duration, number, ranged
from magbayes.workflow.report.spending import best_rival, times_of_rival
from magbayes.workflow.report.statements import asked, main_cause, points, verdict


class Answer(NamedTuple):
    """An answer to one question, in a sentence or two, and what stands behind it, a line each."""

    question: str
    text: str
    details: Sequence[str] = ()


def fidelity(judgements: Mapping[str, Sequence[Judgement]]) -> Answer:
    """How many targets are met on which data sets, which are missed and by what, and how sure that is."""
    every = [(name, j) for name, entries in judgements.items() for j in entries]
    met, crossing = sum(j.met for _, j in every), sum(not j.significant for _, j in every)
    details = []
    for name, j in every:
        if not j.met:
            cause = f"; main cause: {main_cause(j, True)}" if j.cause else ""
            gap = points(j.target, j.gap.value)
            details.append(f"{name}: {j.target.short} {verdict(j)} (difference {gap}){cause}.")
    if blind := [name for name, entries in judgements.items() if any(j.blind for j in entries)]:
        details.append(f"{' and '.join(blind)}: no target rejects a chip without noise, so that these cannot tell.")
    text = f"In {met} of {len(every)} metrics the difference is within the target."
    if crossing:
        intervals = "interval crosses" if crossing == 1 else "intervals cross"
        text += f" {crossing} of the 95 % {intervals} a target: not significant."
    surely = sum(jointly([j for _, j in every])) if every else 0
    if surely < len(every) - crossing:
        are = "verdict is" if surely == 1 else "verdicts are"
        text += f" Tested together, {surely} of {len(every)} {are} significant (false discovery rate below 2.5 %)."
    return Answer("Does the array do what its posterior does in software?", text, details)


def noise(gains: Mapping[str, Mapping[str, Estimate]]) -> Answer | None:
    """What the fluctuation changes on every data set, against the same chip without it; None without controls."""
    if not gains:
        return None
    details, elsewhere, likelihood = [], [], []
    for name, changes in gains.items():
        found = [key for key in changes if key.startswith("auroc_") and key != "auroc_errors"]
        elsewhere += [changes[key] for key in found]
        likelihood.append(changes["nll"])
        parts = [_change(f"AUROC ({key.removeprefix('auroc_').replace('_', '-')})", changes[key], 1) for key in found]
        details.append(f"{name}: {'; '.join([*parts, _change('NLL', changes['nll'], -1)])}.")
    text = "Compared with the same chip without fluctuation"
    if elsewhere:
        text += f", the AUROC for inputs from elsewhere {_changed(elsewhere, 'test')}, and"
    text += f" the NLL {_changed(likelihood, 'data set')}."
    return Answer("What does the noise buy?", text, details)


def _changed(changes: Sequence[Estimate], unit: str) -> str:
    """On how many of some data sets a figure is higher or lower, by the intervals."""
    of = f"of {len(changes)} {unit}s" if len(changes) > 1 else ""
    counts = {"higher": sum(change.low > 0 for change in changes), "lower": sum(change.high < 0 for change in changes)}
    parts = [f"{way} on {count}" if of else way for way, count in counts.items() if count]
    if not parts:
        return f"does not change significantly{f' on any {of}' if of else ''}"
    return f"is significantly {' and '.join(parts)} {of}".rstrip()


def _change(text: str, change: Estimate, better: int) -> str:
    low, high = sorted((better * change.low, better * change.high))
    judged = "better" if low > 0 else "worse" if high < 0 else "not significant"
    return f"{text} {ranged(change, '+.2g')}, {judged}"


def cost(evaluations: Mapping[str, Contents]) -> Answer:
    """Energy and latency of a prediction, and the energy of the best other circuit for the same network."""
    details, more, less, sure = [], 0, 0, 0
    for name, evaluation in evaluations.items():
        energy = Estimate(*(1e9 * value for value in energy_of(evaluation)))
        line = f"{name}: {ranged(energy, '.3g')} nJ and {number(1e6 * float(evaluation['cost/latency']))} µs"
        if rival := best_rival(evaluation):
            more, less = more + (rival.ratio.value < 1), less + (rival.ratio.value >= 1)
            sure += rival.ratio.low > 1 or rival.ratio.high < 1
            line += f", {times_of_rival(rival)}"
        details.append(f"{line}.")
    passes = " or ".join(map(str, sorted({int(evaluation["cost/samples"]) for evaluation in evaluations.values()})))
    text = f"A prediction is the mean of {passes} passes."
    beside = " Beside the best other circuit for the same BNN the array takes"
    if more + less == 1:
        text += f"{beside} {'more' if more else 'less'} energy; the difference is {'' if sure else 'not '}significant."
    elif compared := more + less:
        text += f"{beside} more energy on {more} and less on {less} of {compared} data sets; {sure or 'none'} of these "
        text += f"differences {'is' if sure == 1 else 'are'} significant."
    return Answer("What does it cost beside the best other circuit?", text, details)


def lasting(model: Any, target: float, cells: float) -> Answer | None:
    """For how long the worst of `cells` devices holds a weight, beside `target` (s); None where no barrier is known."""
    if not len(model.barrier_temperature):
        return None
    held = {float(t): model.retention(t, cells) for t in model.barrier_temperature}
    hottest = min(held, key=lambda t: held[t].value)
    worst = held[hottest]
    holds = worst.value >= target
    sure = worst.low >= target if holds else worst.high < target
    text = (
        f"{'Yes' if holds else 'No'}{'' if sure else ', but not significantly'}: at {number(hottest)} K the worst of "
        f"{number(cells, '.1g')} devices holds a level for {duration(worst)}; {asked(target)} are asked for."
    )
    return Answer("Does a weight last?", text)


def answers(
    evaluations: Mapping[str, Contents],
    judgements: Mapping[str, Sequence[Judgement]],
    gains: Mapping[str, Mapping[str, Estimate]],
    model: Any,
    held: tuple[float, float],
) -> list[Answer]:
    """All answers that the results of a scenario have.

    Parameters
    ----------
    evaluations, judgements, gains
        Results, verdicts, and what the noise changes, by data set.
    model
        Of the domain-wall MTJ.
    held
        Time in s for which a weight has to be held, and the number of cells of which the worst has to.
    """
    found = (fidelity(judgements), noise(gains), cost(evaluations), lasting(model, *held))
    return [answer for answer in found if answer]
