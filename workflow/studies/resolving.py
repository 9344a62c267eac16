"""Which changes of its numbers a study can see, and what it takes to see a given one; before it starts and afterwards.

Before it starts the spread is that of results which are in the store: of the study's own points if some are there, else
of others of the same network or device.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magbayes.system.evaluation import numbers as network_numbers
from magbayes.system.metrics import paired
from magbayes.system.metrics.paired import Measured, Spread
from magbayes.workflow.store import FOLDER
from magbayes.workflow.studies.collecting import of_devices, of_network, task_of, unit_of
from magbayes.workflow.studies.study import configured

if TYPE_CHECKING:
    from magbayes.workflow.studies.plan import Plan

MOST_FILES = 4
"""Results of a kind that are read before a study starts."""

NEWEST = 20
"""Files of the store among which results of other points are looked for."""


class Sight(NamedTuple):
    """What can be seen of one number."""

    change: float
    """Change whose interval leaves out 0 with a probability of 80 %."""
    spread: Spread | None
    """Where the error of a network's difference comes from; None of other numbers."""
    inputs: int
    """Test inputs; 0 of other numbers."""
    chips: int
    """Chips; 0 of other numbers."""
    by_draws: bool
    """Whether the coefficients of costs decide, which no longer study makes better known."""
    alone: bool
    """Whether there was one result alone, so that what pairing gains is not known."""


def sight(name: str, measured: Sequence[Measured], chips: int | None, seed: int) -> Sight | None:
    """What can be seen of a number, from one or more results.

    Parameters
    ----------
    name
        Of the number.
    measured
        Results; each but the first is compared with the first, and their median is given: distant points share less.
    chips
        Chips that will be looked at; those of the results if left out.
    seed
        Of the bootstrap.

    Returns
    -------
    sight
        None where it has no interval, or all results are one.
    """
    first, *others = measured
    metric = network_numbers.metric_of(name.split("/")[1])
    if paired.scores_in(first.pairing):
        number, inputs = paired.shape_of(first.pairing)
        pairs = [one for one in others if paired.shape_of(one.pairing)[1] == inputs]
        spreads = [paired.spread_of(metric, one, first, seed) for one in pairs] or [
            paired.spread_alone(metric, first, seed)
        ]
        spread = Spread(*np.median(spreads, axis=0))
        # How chips differ is not known from one.
        planned = 1 if np.isnan(spread.chips) else chips or number
        if not spread.inputs > 0:
            return None
        return Sight(paired.visible(spread, inputs, planned), spread, inputs, planned, False, not pairs)
    differences = [paired.difference(metric, one, first, seed) for one in others]
    differences = differences or [paired.independent(first.estimate, first.estimate)]
    half = float(np.median([(gap.high - gap.low) / 2 for gap in differences]))
    if not half > 0:
        return None
    return Sight(paired.visible_of(half), None, 0, 0, paired.DRAWS in first.pairing, not others)


def line(name: str, seen: Sight, wanted: float | None = None, scale: tuple[float, str] | None = None) -> str:
    """What can be seen of a number, and what it takes to see a change that is `wanted`.

    `scale` is the factor from SI to the unit that is said, and its name; left out, SI.
    """
    factor, unit = scale or (1.0, unit_of(name).replace("1", "").replace("original", ""))
    chips_seen = f"{seen.chips} chips" if seen.chips > 1 else "one chip"
    over = f" with {chips_seen} and {seen.inputs} inputs" if seen.spread else ""
    bound = ", or less: what pairing gains is not known from one point" if seen.alone else ""
    text = f"{name}: a change of {_shown(factor * seen.change, unit)} is seen{over}{bound}"
    if wanted is None:
        return text
    asked = _shown(factor * wanted, unit)
    if seen.change <= wanted:
        return f"{text}; {asked} is"
    if seen.by_draws:
        return f"{text}; {asked} is not, whatever is simulated: the coefficients of costs decide"
    if seen.spread is None:
        return f"{text}; {asked} takes {(seen.change / wanted) ** 2:.2g} times as many replicas"
    chips = paired.chips_for(wanted, seen.spread, seen.inputs)
    inputs = paired.inputs_for(wanted, seen.spread, seen.chips)
    ways = [f"{chips} chips"] if chips else []
    ways += [f"{inputs} test inputs"] if inputs else []
    return f"{text}; {asked} takes {' or '.join(ways) or 'both more chips and more test inputs'}"


def _shown(value: float, unit: str) -> str:
    return f"{value:.2g} {unit}".rstrip()


HEADING = "What the study can see, each with a power of 80 % at a level of 5 %"


def foreseen(plan: Plan) -> list[str]:
    """What a study will be able to see, a line each, as far as results in the store tell."""
    from magbayes.data.container import FileFormatError

    groups = defaultdict(list)
    for name in plan.collect:
        groups[task_of(name)].append(name)
    chips = configured(plan.base, plan.points[0]).evaluation.chips
    lines, unknown, others = [], [], False
    for task, names in groups.items():
        rule = "fit" if task == "compact_models" else task
        own = [path for path in _planned(plan, rule) if path.is_file()]
        found: dict[str, list[Measured]] = defaultdict(list)
        for path in own[:MOST_FILES] or _newest(rule):
            with contextlib.suppress(
                FileFormatError, ValueError, OSError, KeyError
            ):  # of an older version, or no such number
                read = _read(path, task, names)
                for name, measured in read.items():
                    found[name].append(measured)
                others |= not own
            if len(found[names[0]]) == MOST_FILES:
                break
        for name in names:
            seen = sight(name, found[name], chips, plan.seed) if found[name] else None
            if seen:
                lines.append(f"  {line(name, seen, plan.header.get('resolve', {}).get(name))}")
            elif not found[name]:
                unknown.append(name)
    if unknown:
        lines.append(f"  of {', '.join(unknown)} nothing is known yet: no result is in the store")
    source = "by other results in the store" if others else "by points that are in the store"
    return [f"{HEADING}, {source}:" if len(lines) > bool(unknown) else f"{HEADING}:", *lines]


def _planned(plan: Plan, kind: str) -> list[Path]:
    shared = [path for path, job in plan.shared.items() if job["kind"] == kind]
    return [Path(path) for path in [*shared, *plan.alone.get(kind, [])]]


def _newest(rule: str) -> list[Path]:
    folder = FOLDER / rule.partition("/")[0]
    files = sorted(folder.glob("*/*.h5"), key=lambda path: -path.stat().st_mtime)
    return files[:NEWEST]


def _read(path: Path, task: str, names: Sequence[str]) -> Mapping[str, Measured]:
    """Numbers in a file.

    Raises
    ------
    ValueError
        It is no file of this version, or of another network.
    """
    if task == "compact_models":
        from magbayes.compact_models import store

        models = store.load(path)
        return {name: Measured(*of_devices(name, models)) for name in names}
    from magbayes.system.evaluation.results import read_evaluation

    evaluation = read_evaluation(path)
    if evaluation["name"][0] != task.removeprefix("accelerator/"):
        raise ValueError(f"{path} is of {evaluation['name'][0]}")
    return {name: Measured(*of_network(name, evaluation)) for name in names}
