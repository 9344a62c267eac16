"""What a study found, a sentence for each number: how far it varies, where it is best, and which parameter moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.workflow.report.figures.study import scale
from magbayes.workflow.report.names import NUMBERS as DEVICE_NUMBERS
from magbayes.workflow.report.names import number_name, parameter_name
from magbayes.workflow.report.reading import number, ranged
from magbayes.workflow.report.tables.study import where
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.sensitivities import REWEIGHTING

if TYPE_CHECKING:
    from magbayes.workflow.report.study import StudyResults

MOST = 12
"""Numbers of which there is a sentence."""


def conclusions(results: StudyResults) -> list[str]:
    """Sentences that follow from the numbers of a study; the points at their ends are named by their parameters."""
    good, every, doubted = len(results.good), len(results.points), int(results.doubted.sum())
    which = "all" if doubted == good > 1 else f"{doubted}"
    doubt = f"; {which} of these {'is' if doubted == 1 else 'are'} in doubt" if doubted else ""
    lines = [f"{good} of {every} points have results{doubt}."]
    if good:
        lines += [_of(results, name) for name in list(results.numbers)[:MOST]]
    return lines


def _of(results: StudyResults, name: str) -> str:
    values = results.numbers[name][:, 0]
    factor, unit = scale(name, unit_of(name))
    title = number_name(name)
    if name in DEVICE_NUMBERS:
        title = f"{title[0].upper()}{title[1:]}"
    low, high = int(values.argmin()), int(values.argmax())
    if values[low] == values[high]:
        return f"{title}: {number(factor * values[low])} {unit} at all points.".replace("  ", " ")
    ends = [f"{number(factor * values[place])} {unit}".rstrip() for place in (low, high)]
    text = f"{title}: from {ends[0]} ({_at(results, low)}) to {ends[1]} ({_at(results, high)})."
    return " ".join([text, *filter(None, [_changed(results, name), _moved_by(results, name)])])


def _at(results: StudyResults, place: int) -> str:
    """A point, by its value where one parameter varies, and that it is in doubt, where not all are."""
    index = int(results.good[place])
    at = where(results.points, index) if len(results.points[0]) == 1 else f"point {index + 1}"
    return f"{at}, in doubt" if results.doubted[place] and not results.doubted.all() else at


def _changed(results: StudyResults, name: str) -> str:
    """At how many points it differs from the reference by more than the interval."""
    if results.place is None or name not in results.changes:
        return ""
    others = np.delete(results.changes[name], results.place, axis=0)
    differ = int(((others[:, 1] > 0) | (others[:, 2] < 0)).sum())
    return f"It differs significantly from the reference at {differ} of {len(others)} other points."


def _moved_by(results: StudyResults, name: str) -> str:
    """The parameter that explains most of its variance, else that which it follows most."""
    if name in results.indices:
        first = results.indices[name][0]
        low, high = np.clip([first.total - first.total_margin, first.total + first.total_margin], 0, 1)
        share = f"{100 * min(first.total, 1):.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"
        return f"{share} of its variance comes from the {parameter_name(first.parameter)}."
    follows = [one for one in results.sensitivities if one.number == name and one.how != REWEIGHTING]
    sure = [one for one in follows if one.slope.low > 0 or one.slope.high < 0]
    if not sure:
        return "No sensitivity to a parameter is significant." if follows else ""
    most = max(sure, key=lambda one: abs(one.slope.value))
    together = " and those that change with it" if results.study.design == "zip" else ""
    way, size = ("rises", most.slope) if most.slope.value > 0 else ("falls", Estimate(*(-s for s in most.slope)))
    size = Estimate(size.value, *sorted(size[1:]))
    return f"It {way} most with the {parameter_name(most.parameter)}{together}: by {ranged(size)} % for 1 % more."
