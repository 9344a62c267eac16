"""Work on a batch of a study's points, one after another, and collect what is looked at of each."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from magbayes.data.container import FileFormatError, Form, Quantity
from magbayes.data.estimate import Estimate
from magbayes.data.memory import MemoryShortageError
from magbayes.workflow.store import Store
from magbayes.workflow.studies.collecting import Collected, collect, tasks_for, unit_of
from magbayes.workflow.studies.study import configured
from magbayes.workflow.tasks import tasks_of

KIND, VERSION = "magbayes points", 2


DOUBTS = "what makes the numbers of a point less sure, a line each; empty if nothing does"


class Point(NamedTuple):
    """What became of one point."""

    identity: str
    """Hash of all that its results depend on."""
    numbers: Mapping[str, Estimate]
    """What was collected, by name; empty if the point cannot be."""
    failure: str
    """Why it cannot be; empty if it can."""
    doubts: Sequence[str] = ()
    """What makes its numbers less sure: of its configuration, its devices and its chips."""


class Collector(NamedTuple):
    """How numbers are taken from files."""

    tasks_for: Callable[[Iterable[str]], list[str]]
    """Tasks whose files hold numbers of some names."""
    collect: Callable[[Iterable[str], Callable[[str], Path]], Collected]
    """Numbers of some names, from the files of these tasks."""


COLLECTOR = Collector(tasks_for, collect)
"""How studies take them: from compact models and evaluations."""


def work_on(
    base: Mapping[str, Any],
    points: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    inputs: Mapping[str, Path],
    collector: Collector = COLLECTOR,
) -> Iterator[Point]:
    """What is collected of each point; `inputs` says where files of some digests lie that others made.

    A point whose device or network is impossible is an answer, and no reason to leave out the others. An error of the
    machine, or of a program that was killed, is none: it ends the batch, and the next run goes on from there.
    """
    targets = collector.tasks_for(names)
    networks = [target.removeprefix("accelerator/") for target in targets]
    configurations = [configured(base, point) for point in points]
    stores = [Store(tasks_of(c, c.engine), inputs) for c in configurations]
    missing = {store.path(name) for store in stores for name in store.missing(targets)}
    # A log has lines, and no place to go back to: the bar is printed anew after each file.
    with tqdm(total=len(missing), unit="file", file=io.StringIO(), ncols=72) as progress:
        for store, configuration in zip(stores, configurations, strict=True):
            try:
                for name in store.make(targets):
                    progress.update(store.path(name) in missing)
                    print(progress, file=sys.stderr)
                (numbers, doubts), failure = store.read(targets, partial(collector.collect, names, store.path)), ""
            except (FileFormatError, MemoryShortageError):  # of a file or of the machine, and not of the point
                raise
            except (ValueError, NotImplementedError, FloatingPointError) as error:
                numbers, doubts, failure = {}, [], " ".join(str(error).split())
                print(f"point without results: {failure}", file=sys.stderr)
            doubts = [*configuration.warnings(networks), *doubts] if numbers else []
            yield Point("-".join(store.digest(name)[:16] for name in targets), numbers, failure, doubts)


def forms(names: Sequence[str]) -> dict[str, Form]:
    """What a reader relies on in the file of a batch in which `names` were collected."""
    texts = dict.fromkeys(("point", "failure", "doubts"), Form("1", ("points",), text=True))
    numbers = {f"collected/{name}": Form(unit_of(name), ("good points", "3")) for name in names}
    return {**texts, "good": Form("1", ("good points",)), **numbers}


def contents(points: Sequence[Point], names: Sequence[str]) -> dict[str, Quantity]:
    """What the file of a batch holds."""
    good = [i for i, point in enumerate(points) if point.numbers]
    data = {
        "point": Quantity([point.identity for point in points], "1", "hash of all that a point depends on"),
        "failure": Quantity([point.failure for point in points], "1", "why a point has no results; empty if it has"),
        "doubts": Quantity(["\n".join(point.doubts) for point in points], "1", DOUBTS),
        "good": Quantity(np.array(good, int), "1", "rows of the points that have results"),
    }
    for name in names:
        values = np.array([points[i].numbers[name] for i in good], float).reshape(-1, 3)
        data[f"collected/{name}"] = Quantity(
            values, unit_of(name), "collected number of the good points: value, and its 95 % interval"
        )
    return data
