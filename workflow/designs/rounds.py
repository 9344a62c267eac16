"""The rounds of a design: what is proposed, the files of proposals and of tried points, and the history of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from magbayes.data import container
from magbayes.data.container import Form, Quantity
from magbayes.data.estimate import Estimate
from magbayes.workflow.configuration import ConfigurationError
from magbayes.workflow.designs.design import Design, violations
from magbayes.workflow.designs.search import Space, Trial, propose
from magbayes.workflow.studies.collecting import unit_of
from magbayes.workflow.studies.points import DOUBTS, Point
from magbayes.workflow.studies.study import configured

PROPOSALS, PROPOSALS_VERSION = "magbayes proposals", 1
TRIED, TRIED_VERSION = "magbayes tried points", 1

NO_CONFIGURATION = "no configuration: "
"""How the failure of a point begins whose values do not go together."""


class Proposal(NamedTuple):
    """A point that is to be tried."""

    shares: Mapping[str, float]
    point: Mapping[str, Any]
    failure: str
    """Why it is no configuration; empty if it is one."""


class Tried(NamedTuple):
    """A point and what became of it."""

    round: int
    shares: Mapping[str, float]
    point: Mapping[str, Any]
    numbers: Mapping[str, Estimate]
    """What was collected; without what was left out, since a constraint was missed before."""
    failure: str
    """Why it has no results; empty if it has."""
    doubts: Sequence[str]

    def missed(self, design: Design) -> dict[str, float]:
        """By how much it misses each constraint that is known, 0 or less where it does not."""
        known = {name: limit for name, limit in design.constraints.items() if name in self.numbers}
        return {name: violations(limit, self.numbers[name].value) for name, limit in known.items()}

    def meets(self, design: Design) -> bool:
        """Whether all is known of it, and it meets all constraints."""
        known = not self.failure and all(name in self.numbers for name in design.names)
        return known and all(missed <= 0 for missed in self.missed(design).values())

    def costs(self, design: Design) -> list[float] | None:
        """Objectives, each to be minimised; None where they are not all known."""
        if not all(name in self.numbers for name in design.objectives):
            return None
        return [
            self.numbers[name].value if direction == "minimise" else -self.numbers[name].value
            for name, direction in design.objectives.items()
        ]


def space_of(design: Design) -> Space:
    """The ranges of a design: values of a list have an order if they are numbers."""
    unordered = {}
    for key, parameter in design.parameters.items():
        ordered = all(isinstance(value, int | float) and not isinstance(value, bool) for value in parameter.values)
        unordered[key] = 0 if ordered else len(parameter.values)
    return Space(unordered, len(design.objectives), list(design.constraints))


def next_round(design: Design, base: Mapping[str, Any], history: Sequence[Tried], count: int) -> list[Proposal]:
    """Points to try next; one whose values do not go together is known to have no results."""
    trials = [Trial(tried.shares, tried.costs(design), tried.missed(design), bool(tried.failure)) for tried in history]
    proposed = propose(
        space_of(design),
        trials,
        count,
        first=design.first,
        seed=design.seed,
        sampler=design.sampler,
        identity=lambda shares: json.dumps(design.at(shares), sort_keys=True),
    )
    return [_checked(design, base, shares) for shares in proposed]


def _checked(design: Design, base: Mapping[str, Any], shares: Mapping[str, float]) -> Proposal:
    point = design.at(shares)
    try:
        configured(base, point)
    except ConfigurationError as error:
        return Proposal(shares, point, f"{NO_CONFIGURATION}{str(error).splitlines()[0]}")
    return Proposal(shares, point, "")


def _texts(values: Sequence[str]) -> np.ndarray:
    """Texts for a file; there may be none."""
    return np.array(list(values), dtype=h5py.string_dtype())


def write_proposals(path: str, design: Design, proposals: Sequence[Proposal]) -> None:
    """Write what is to be tried in a round."""
    names = list(design.parameters)
    data = {
        "share": Quantity(
            np.array([[one.shares[name] for name in names] for one in proposals], float).reshape(-1, len(names)),
            "1",
            "where a point lies in the ranges of the free parameters, 0 to 1, in the order of the design",
        ),
        "point": Quantity(_texts([json.dumps(one.point) for one in proposals]), "1", "values by dotted key, as JSON"),
        "failure": Quantity(
            _texts([one.failure for one in proposals]), "1", "why a point is no configuration; empty if it is"
        ),
    }
    source = container.provenance({"design": design.model_dump(mode="json", exclude_defaults=True)})
    container.write(path, PROPOSALS, PROPOSALS_VERSION, data, source)


def read_proposals(path: str | Path, design: Design) -> list[Proposal]:
    """What is to be tried in a round.

    Raises
    ------
    FileFormatError
        The file is absent, damaged or foreign.
    """
    names = list(design.parameters)
    texts = dict.fromkeys(("point", "failure"), Form("1", ("points",), text=True))
    forms = {"share": Form("1", ("points", str(len(names)))), **texts}
    file = container.read(path, PROPOSALS, PROPOSALS_VERSION, forms)
    rows = zip(file["share"], file["point"], file["failure"], strict=True)
    return [
        Proposal(dict(zip(names, map(float, shares), strict=True)), json.loads(str(point)), str(failure))
        for shares, point, failure in rows
    ]


def write_tried(path: str, design: Design, points: Sequence[Point], values: Mapping[str, Any]) -> None:
    """Write what became of points; `values` tells which they are, for the provenance."""
    data = {
        "point": Quantity(_texts([point.identity for point in points]), "1", "hash of all that a point depends on"),
        "failure": Quantity(
            _texts([point.failure for point in points]), "1", "why a point has no results; empty if it has"
        ),
        "doubts": Quantity(_texts(["\n".join(point.doubts) for point in points]), "1", DOUBTS),
    }
    for name in design.names:
        known = [i for i, point in enumerate(points) if name in point.numbers]
        numbers = np.array([points[i].numbers[name] for i in known], float).reshape(-1, 3)
        data[f"known/{name}"] = Quantity(np.array(known, int), "1", "rows of the points of which the number is known")
        data[f"collected/{name}"] = Quantity(
            numbers, unit_of(name), "number of those points: value, and its 95 % interval"
        )
    container.write(path, TRIED, TRIED_VERSION, data, container.provenance(values))


def read_tried(path: str | Path, design: Design) -> list[Point]:
    """What became of points.

    Raises
    ------
    FileFormatError
        The file is absent, damaged or foreign.
    """
    forms = dict.fromkeys(("point", "failure", "doubts"), Form("1", ("points",), text=True))
    for name in design.names:
        forms[f"known/{name}"] = Form("1", (f"known {name}",))
        forms[f"collected/{name}"] = Form(unit_of(name), (f"known {name}", "3"))
    file = container.read(path, TRIED, TRIED_VERSION, forms)
    points = []
    for i, identity in enumerate(file["point"]):
        numbers = {}
        for name in design.names:
            for row, values in zip(file[f"known/{name}"], file[f"collected/{name}"], strict=True):
                if row == i:
                    numbers[name] = Estimate(*map(float, values))
        doubts = str(file["doubts"][i]).splitlines()
        points.append(Point(str(identity), numbers, str(file["failure"][i]), doubts))
    return points


def history(design: Design, proposals: Sequence[str], tried: Sequence[Sequence[str]]) -> list[Tried]:
    """All points of some rounds with what became of them, from the files of each round.

    Raises
    ------
    FileFormatError
        A file is absent, damaged or foreign.
    """
    return list(_history(design, proposals, tried))


def _history(design: Design, proposals: Sequence[str], tried: Sequence[Sequence[str]]) -> Iterator[Tried]:
    read = partial(read_tried, design=design)
    for number, (path, paths) in enumerate(zip(proposals, tried, strict=True), start=1):
        points = [point for one in paths for point in read(one)]
        for proposal, point in zip(read_proposals(path, design), points, strict=True):
            yield Tried(number, proposal.shares, proposal.point, point.numbers, point.failure, point.doubts)
