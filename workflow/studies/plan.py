"""How the points of a study become jobs: what several jobs need is made first, the rest in batches."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.code import PACKAGE, file_of, libraries, version_of
from magbayes.workflow.configuration import Configuration, ConfigurationError
from magbayes.workflow.forecast import Amount
from magbayes.workflow.guard import require_devices, require_networks
from magbayes.workflow.job import write_text
from magbayes.workflow.sources import read_file
from magbayes.workflow.store import Store, described, hash_of, place
from magbayes.workflow.studies.collecting import tasks_for
from magbayes.workflow.studies.study import read_points, reference_of
from magbayes.workflow.tasks import contents, files_of_devices, program_of, scripted, tasks_of

LARGEST_NUMBER_OF_JOBS = 200
"""Jobs that a study is cut into if it does not say how."""

EXAMPLES = 5
"""Tasks of a kind from which the time of all is told."""


@dataclass(frozen=True)
class Plan:
    """A study, ready to run; plain values only."""

    header: dict[str, Any]
    """The study as it was written."""
    base: dict[str, Any]
    """Values that all points share."""
    points: list[dict[str, Any]]
    """Values of the points by dotted key, in the order of the study."""
    reference: int
    """Number, from 0, of the point that others are compared with."""
    collect: list[str]
    batches: dict[str, list[list[int]]]
    """Points of each row of each batch, by number: what is collected of points that share a row depends on none of the
    values in which they differ. A batch's name is a hash of all that its rows depend on."""
    shared: dict[str, dict[str, Any]]
    """Files that several batches need, by path: what `store.described` says of their tasks, and their kind."""
    inputs: dict[str, list[str]]
    """Files that a batch reads and others need too; not those from which only these are made."""
    alone: dict[str, list[str]]
    """Files that one batch makes for itself, by kind."""
    examples: dict[str, list[list[Any]]]
    """Rule and parameters of some tasks of each kind, from which the time of all is told."""
    outside: dict[str, dict[str, str]]
    """What the points depend on beside the configuration and our code, as `_outside` found it."""

    @property
    def seed(self) -> int:
        """Seed of the design, and of what its table and report draw."""
        return int(self.header.get("seed", 1))

    @property
    def study(self) -> str:
        """Name of the study."""
        return self.header["study"]

    @property
    def folder(self) -> str:
        """Where its table and report lie."""
        return f"results/studies/{self.study}"

    def stored(self) -> list[str]:
        """All files that the points are made from."""
        return [*self.shared, *(path for paths in self.alone.values() for path in paths)]

    def missing(self) -> list[Amount]:
        """What has to be done for files that are not there; what batches collect of them is not counted."""
        amounts = []
        for kind, examples in self.examples.items():
            alike = [path for path, job in self.shared.items() if job["kind"] == kind] + self.alone.get(kind, [])
            if missing := [path for path in alike if not Path(path).is_file()]:
                jobs = {self.shared[path]["together"] or path if path in self.shared else path for path in missing}
                total = len(missing) * mean(amount_of(*example) for example in examples)
                amounts.append(Amount(kind, len(jobs), total))
        return amounts


def _outside(engines: Iterable[str], paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Versions of engines, and hashes of the files that a person names."""
    return {
        "engines": {engine: program_of(engine) for engine in sorted(engines)},
        "paths": {path: json.dumps(contents([path])) for path in sorted(paths)},
    }


def make_plan(path: str | Path) -> Plan:
    """Read a study, check it whole and cut it into jobs.

    Raises
    ------
    ConfigurationError
        See `study.read_study` and `guard.require_networks`.
    """
    study, base, points, configurations = read_points(path)
    targets = tasks_for(study.collect)
    require_devices(configurations)
    require_networks(configurations)
    engines = {configuration.engine for configuration in configurations}
    paths = {path for c in configurations for network in c.networks.selected().values() for path in network.files()}
    paths |= {path for c in configurations for path in files_of_devices(c)}
    header = study.model_dump(mode="json", exclude_defaults=True)
    reference = reference_of(study, base, points)
    plan = Plan(header, base, points, reference, list(study.collect), {}, {}, {}, {}, {}, _outside(engines, paths))
    stores = [Store(tasks_of(configuration, configuration.engine)) for configuration in configurations]
    closures = [store.closure(targets) for store in stores]
    # Rows in the order of their digests, which no order of points moves: those that have most in common go to one job,
    # since what is expensive comes first in the order of tasks.
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (store, closure) in enumerate(zip(stores, closures, strict=True)):
        members[tuple(store.digest(name) for name in closure)].append(number)
    rows = [members[digests] for digests in sorted(members)]
    size = study.points_per_job or -(-len(rows) // LARGEST_NUMBER_OF_JOBS)
    version = version_of(*scripted("run_points"))
    users: Counter[str] = Counter()
    origin: dict[str, tuple[int, str]] = {}
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        files: dict[str, tuple[int, str]] = {}
        for number, *_ in batch:
            for name in closures[number]:
                files.setdefault(stores[number].digest(name), (number, name))
        users.update(files.keys())
        origin = files | origin
        digests = [[stores[number].digest(name) for name in targets] for number, *_ in batch]
        identity = hash_of([study.collect, version, *digests])
        plan.batches[identity] = batch
    for digest, (number, name) in origin.items():
        task, path = stores[number].tasks[name], stores[number].path(name)
        kind = kind_of(task.rule, task.params)
        plan.examples.setdefault(kind, []).append([task.rule, dict(task.params)])
        if users[digest] == 1:
            plan.alone.setdefault(kind, []).append(str(path))
        else:
            job = {"kind": kind, **described(stores[number], name)}
            # What shares a job is of one device, and so of one point.
            plan.shared[str(path)] = job | {"together": task.together and f"{number}/{task.together}"}
    for kind, examples in plan.examples.items():
        plan.examples[kind] = examples[:: -(-len(examples) // EXAMPLES)]
    for identity, batch in plan.batches.items():
        read: dict[str, None] = {}
        for number, *_ in batch:
            store = stores[number]
            own = [name for name in closures[number] if users[store.digest(name)] == 1]
            needs = [need for name in own for need in store.tasks[name].needed()]
            read |= dict.fromkeys(str(store.path(name)) for name in (*targets, *needs))
        plan.inputs[identity] = [path for path in read if path in plan.shared]
    return plan


def refuse_other_keys(configuration: Configuration, what: str = "study") -> None:
    """A study, or a design, takes its configuration from its own file; keys beside it would be lost.

    Raises
    ------
    ConfigurationError
        There are such keys.
    """
    default = Configuration()
    for key in type(default).model_fields:
        if getattr(configuration, key) != getattr(default, key):
            raise ConfigurationError(f"{key}: not accepted beside a {what}; put it under settings in the {what}'s file")


def _stamps() -> Iterator[str]:
    """What tells that our code, data or default configuration changed, without reading them."""
    for package in ("data", "micromag", "compact_models", "system", "workflow"):
        folder = file_of(f"{PACKAGE}.{package}").parent  # type: ignore[union-attr]
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".yaml"):
                status = path.stat()
                yield f"{path.relative_to(folder.parent)} {status.st_mtime_ns} {status.st_size}"


def load_plan(path: str | Path) -> Plan:
    """The plan of a study, as it was made before if nothing that it depends on has changed.

    Snakemake reads its rules anew in every job of a cluster; checking thousands of points each time would take longer
    than some of the jobs.
    """
    path = Path(path)
    values = read_file(path).values
    texts = [path.read_bytes(), libraries().encode(), *(stamp.encode() for stamp in _stamps())]
    if isinstance(base := values.get("base"), str):
        with contextlib.suppress(OSError, ValueError):  # what cannot be read is refused by name when the plan is made
            if (path.parent / base).is_file():
                texts.append((path.parent / base).read_bytes())
    cached = Path(".snakemake/studies") / f"{hashlib.sha256(b'|'.join(texts)).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        plan = Plan(**json.loads(cached.read_text(encoding="utf-8")))
        if _outside(**plan.outside) == plan.outside:
            return plan
    plan = make_plan(path)
    with contextlib.suppress(OSError):  # it is made again where it cannot be kept
        write_text(cached, json.dumps(asdict(plan)))
    return plan


def batch_path(identity: str) -> str:
    """Where the results of a batch lie."""
    return str(place("points", identity))
