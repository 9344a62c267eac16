"""How a design becomes jobs: what no free parameter moves is made first, then round after round.

The jobs of all rounds are known before the first, since their number is: those of a round propose points, and try one
each. Files are named after the design and all that its points depend on, and not after how many rounds there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.code import libraries, version_of
from magbayes.workflow.configuration import Configuration
from magbayes.workflow.designs.design import Design
from magbayes.workflow.forecast import Amount
from magbayes.workflow.store import Store, described, hash_of, place
from magbayes.workflow.studies.collecting import tasks_for
from magbayes.workflow.tasks import scripted, tasks_of
from magbayes.workflow.wanted import key_of

OF_THE_SEARCH = {"tpe": ("optuna",), "gp": ("optuna", "torch")}
"""Libraries that proposals come from, by sampler."""

NOT_ASKED = {"points", "choose"}
"""Keys of a design that change no point."""


@dataclass(frozen=True)
class Round:
    """The files of a round."""

    number: int
    """From 1."""
    proposals: str
    tried: list[str]
    """A file for each point."""

    @property
    def files(self) -> list[str]:
        """All of them."""
        return [self.proposals, *self.tried]


@dataclass(frozen=True)
class DesignPlan:
    """A design, ready to run."""

    design: Design
    base: Mapping[str, Any]
    """Values that all points share."""
    anchors: Sequence[Configuration]
    """Configurations in the middle and at the ends of the ranges."""
    own: Mapping[str, Any]
    """Values that all points share and that differ from the default configuration."""

    @property
    def header(self) -> dict[str, Any]:
        """The design as it was written."""
        return self.design.model_dump(mode="json", exclude_defaults=True)

    @property
    def folder(self) -> str:
        """Where table and report lie."""
        return f"results/designs/{self.design.design}"

    @cached_property
    def targets(self) -> list[str]:
        """Tasks whose files hold what is collected."""
        return tasks_for(self.design.names)

    @cached_property
    def stores(self) -> list[Store]:
        """Files of the anchors."""
        return [Store(tasks_of(configuration, configuration.engine)) for configuration in self.anchors]

    @cached_property
    def common(self) -> list[str]:
        """Names of the tasks whose files no free parameter changes, each after what it needs."""
        first, *others = self.stores
        return [
            name
            for name in first.closure(self.targets)
            if all(name in store.tasks and store.digest(name) == first.digest(name) for store in others)
        ]

    @cached_property
    def shared(self) -> dict[str, dict[str, Any]]:
        """What `store.described` says of the common tasks, by path."""
        return {str(self.stores[0].path(name)): described(self.stores[0], name) for name in self.common}

    @cached_property
    def identity(self) -> str:
        """Hash of all that proposals and points depend on."""
        asked = {key: value for key, value in self.header.items() if key not in NOT_ASKED}
        code = version_of(*scripted("propose_points"), *scripted("try_point"))
        digests = [[store.digest(name) for name in self.targets] for store in self.stores]
        return hash_of([asked, code, libraries(OF_THE_SEARCH[self.design.sampler]), digests])

    @cached_property
    def rounds(self) -> list[Round]:
        """The files of all rounds."""
        rounds = []
        for number, size in enumerate(self.design.rounds, start=1):
            parts = [self.identity, number, size]
            tried = [str(place("tried", hash_of([*parts, slot]))) for slot in range(size)]
            rounds.append(Round(number, str(place("proposals", hash_of(parts))), tried))
        return rounds

    @cached_property
    def _places(self) -> dict[str, tuple[Round, int]]:
        """Round of each file, and place in it, by rule and digest."""
        return {key_of(path): (one, place) for one in self.rounds for place, path in enumerate(one.files)}

    def round_of(self, rule: str, digest: str) -> Round:
        """Round that a file is of, by its rule and digest."""
        return self._places[f"{rule}/{digest}"][0]

    def slot_of(self, digest: str) -> int:
        """Which point of its round is tried in the file of a digest, from 0."""
        return self._places[f"tried/{digest}"][1] - 1

    def before(self, digest: str) -> list[Round]:
        """Rounds before that of the proposals of a digest."""
        return self.rounds[: self.round_of("proposals", digest).number - 1]

    def tried(self) -> int:
        """How many points have been tried already."""
        return sum(Path(path).is_file() for one in self.rounds for path in one.tried)

    def missing(self) -> list[Amount]:
        """What has to be done at most: for what all points share, and for each that is still to be tried."""
        first, *others = self.stores
        store, open_points = first, sum(len(one.tried) for one in self.rounds) - self.tried()
        amounts = [_amount([store.tasks[name]], 1) for name in self.common if not store.path(name).is_file()]
        for name in [name for name in first.closure(self.targets) if name not in self.common]:
            tasks = [one.tasks[name] for one in (first, *others) if name in one.tasks]
            amounts.append(_amount(tasks, open_points))
        return _joined(amount for amount in amounts if amount.jobs)


def _amount(tasks: Sequence[Any], points: int) -> Amount:
    """Jobs for some points, given examples of their task."""
    each = mean(amount_of(task.rule, task.params) for task in tasks)
    return Amount(kind_of(tasks[0].rule, tasks[0].params), points, points * each)


def _joined(amounts: Any) -> list[Amount]:
    """Amounts of the same kind in one."""
    joined: dict[str, Amount] = {}
    for kind, jobs, amount in amounts:
        before = joined.get(kind, Amount(kind, 0, 0.0))
        joined[kind] = Amount(kind, before.jobs + jobs, before.amount + amount)
    return list(joined.values())
