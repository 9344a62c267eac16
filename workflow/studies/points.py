"""Work on a batch of a study's points, one after another, and collect what is looked at of each."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from tqdm import tqdm

from magbayes.compact_models.numbers import OfCells
from magbayes.data import container
from magbayes.data.container import Contents, FileFormatError, Form, Quantity
from magbayes.data.estimate import Estimate
from magbayes.data.memory import MemoryShortageError
from magbayes.system.evaluation.completeness import SCORE_UNITS
from magbayes.system.metrics import paired
from magbayes.workflow.store import Store
from magbayes.workflow.studies.collecting import Collected, collect, tasks_for, unit_of
from magbayes.workflow.studies.study import Configurations
from magbayes.workflow.tasks import tasks_of

KIND, VERSION = "magbayes points", 3


PAIRING = "what pairs a number of a good point with those of others: scores, resamples or draws"

CELLS = "d ln of it / d ln of A, K, Ms^2 and T of the cells, and standard errors"

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
    pairing: Mapping[str, Mapping[str, np.ndarray]] = {}
    """What pairs its numbers with those of other points, by name."""
    cells: Mapping[str, OfCells] = {}
    """How its numbers follow the parameters of the cells, by name."""


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
    over = Configurations(base)
    configurations = [over.of(point) for point in points]
    stores = [Store(tasks_of(c, c.engine), inputs) for c in configurations]
    missing = {store.path(name) for store in stores for name in store.missing(targets)}
    # A log has lines, and no place to go back to: the bar is printed anew after each file.
    with tqdm(total=len(missing), unit="file", file=io.StringIO(), ncols=72) as progress:
        for store, configuration in zip(stores, configurations, strict=True):
            try:
                for name in store.make(targets):
                    progress.update(store.path(name) in missing)
                    print(progress, file=sys.stderr)
                files = partial(collector.collect, names, store.path)
                (numbers, pairing, cells, doubts), failure = store.read(targets, files), ""
            except (FileFormatError, MemoryShortageError):  # of a file or of the machine, and not of the point
                raise
            except (ValueError, NotImplementedError, FloatingPointError) as error:
                numbers, pairing, cells, doubts, failure = {}, {}, {}, [], " ".join(str(error).split())
                print(f"point without results: {failure}", file=sys.stderr)
            doubts = [*configuration.warnings(networks), *doubts] if numbers else []
            yield Point("-".join(store.digest(name)[:16] for name in targets), numbers, failure, doubts, pairing, cells)


def forms(names: Sequence[str]) -> dict[str, Form]:
    """What a reader relies on in the file of a batch in which `names` were collected."""
    texts = dict.fromkeys(("point", "failure", "doubts"), Form("1", ("points",), text=True))
    numbers = {f"collected/{name}": Form(unit_of(name), ("good points", "3")) for name in names}
    return {**texts, "further": Form("1", ("further",), text=True), "good": Form("1", ("good points",)), **numbers}


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
    for row, point in enumerate(points[i] for i in good):
        for name, pairing in point.pairing.items():
            for key, array in pairing.items():
                values = np.asarray(array, np.float32)
                data[f"pairing/{row}/{name}/{key}"] = Quantity(values, _unit_of_pairing(name, key), PAIRING)
        for name, of_cells in point.cells.items():
            data[f"cells/{row}/{name}/voltage"] = Quantity(of_cells.voltage, "V", "gate voltage of a collected number")
            data[f"cells/{row}/{name}/sensitivity"] = Quantity(of_cells.sensitivity, "1", CELLS)
    further = [path for path in data if path.startswith(("pairing/", "cells/"))]
    kind = h5py.string_dtype()  # of an empty list it is not seen
    data["further"] = Quantity(np.array(further, kind), "1", "datasets that not every point has")
    return data


def read_batch(path: str | os.PathLike[str], names: Sequence[str]) -> Contents:
    """Read the file of a batch in which `names` were collected.

    Raises
    ------
    FileFormatError
        The file is absent, damaged, foreign or incomplete.
    """
    batch = container.read(path, KIND, VERSION, forms(names))
    batch.require({str(further): _form_of(str(further), path) for further in batch["further"]})
    return batch


def _form_of(further: str, path: str | os.PathLike[str]) -> Form:
    """What a reader relies on in a dataset that not every point has."""
    group, *parts = further.split("/")
    if group == "cells" and len(parts) == 4:
        return Form("V", ()) if parts[-1] == "voltage" else Form("1", ("parameters", "2"))
    if group != "pairing" or len(parts) != 4:
        raise FileFormatError(f"{path}: dataset 'further' names {further!r}; expected pairing/... or cells/...")
    row, *name, key = parts
    number = "/".join(name)
    scores = f"chips of {row}/{number}", f"inputs of {row}/{number}"
    alone = key in (paired.RESAMPLES, paired.DRAWS)
    return Form(_unit_of_pairing(number, key), (further,) if alone else scores)


def _unit_of_pairing(name: str, key: str) -> str:
    return unit_of(name) if key in (paired.RESAMPLES, paired.DRAWS) else SCORE_UNITS.get(key, "1")


def pairing_in(batch: Contents, names: Sequence[str]) -> list[dict[str, dict[str, np.ndarray]]]:
    """What pairs collected numbers of the good points of a batch, point by point and by name."""
    found: list[dict[str, dict[str, np.ndarray]]] = [{name: {} for name in names} for _ in batch["good"]]
    for path, values in batch.data.items():
        if path.startswith("pairing/"):
            _, row, group, number, key = path.split("/")
            found[int(row)][f"{group}/{number}"][key] = values
    return found


def cells_in(batch: Contents) -> list[dict[str, OfCells]]:
    """How numbers of the good points of a batch follow the parameters of the cells, point by point and by name."""
    found: list[dict[str, OfCells]] = [{} for _ in batch["good"]]
    for path, values in batch.data.items():
        if path.startswith("cells/") and path.endswith("/sensitivity"):
            _, row, group, number, _ = path.split("/")
            voltage = float(batch[f"cells/{row}/{group}/{number}/voltage"])
            found[int(row)][f"{group}/{number}"] = OfCells(voltage, values)
    return found
