"""The store of all files: each lies where a hash of everything that it depends on puts it, and is made once.

Scenarios, studies and their points take their files from here; ``docs/store.md`` says why it stands beside Snakemake's
own ways to know what is to be done.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from magbayes.workflow.code import version_of
from magbayes.workflow.forecast import record
from magbayes.workflow.job import Work, set_aside

if TYPE_CHECKING:
    from magbayes.workflow.tasks import Task

FOLDER = Path("results/store")

MAKING = Path(".snakemake/making")
"""Locks of the files that are being made."""


def place(rule: str, digest: str, suffix: str = ".h5") -> Path:
    """Where a file of a rule lies; folders of one level stay small."""
    return FOLDER / rule / digest[:2] / f"{digest}{suffix}"


def hash_of(parts: Any) -> str:
    """Hash of plain values, by which a file is named."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass
class Store:
    """The files of some tasks."""

    tasks: Mapping[str, Task]
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    """Where the files of some digests lie, if it is not here: the copy of an object store."""
    _digests: dict[str, str] = field(default_factory=dict)

    def digest(self, name: str) -> str:
        """Hash of all that a file depends on: its parameters, code, libraries, and in turn what it is made from."""
        if name not in self._digests:
            task = self.tasks[name]
            needs = [self.digest(need) for need in task.needed()]
            known = (version := version_of(*task.modules), *needs)
            if known not in task.digests:
                task.digests[known] = hash_of([task.rule, version, dict(task.params), *needs])
            self._digests[name] = task.digests[known]
        return self._digests[name]

    def path(self, name: str) -> Path:
        """Where the file of a task lies."""
        digest = self.digest(name)
        return self.elsewhere.get(digest) or place(self.tasks[name].rule, digest)

    def inputs(self, name: str) -> dict[str, Any]:
        """Paths of the files that the file of a task is made from, by the name of the input."""
        return {
            key: str(self.path(need)) if isinstance(need, str) else [str(self.path(one)) for one in need]
            for key, need in self.tasks[name].needs.items()
        }

    def closure(self, names: Sequence[str], wanted: Callable[[str], bool] = lambda _: True) -> list[str]:
        """Tasks that the files of `names` are made by, each after what it needs.

        A task that is not `wanted` is left out, and so is what only it needs.
        """
        graph: dict[str, list[str]] = {}
        waiting = [name for name in names if wanted(name)]
        while waiting:
            name = waiting.pop()
            if name not in graph:
                graph[name] = [need for need in self.tasks[name].needed() if wanted(need)]
                waiting += graph[name]
        # In the order of tasks, as far as needs allow: what is expensive, and most often shared, comes first.
        return list(TopologicalSorter({name: graph[name] for name in self.tasks if name in graph}).static_order())

    def missing(self, names: Sequence[str]) -> list[str]:
        """Tasks that must be done for the files of `names`; what a file that is there was made from may be gone."""
        return self.closure(names, lambda name: not self.path(name).is_file())

    def make(self, names: Sequence[str]) -> Iterator[str]:
        """Make the files of tasks and all that they need, and name each task when it is done.

        Of processes of one run that want the same file one makes it, and the others wait for it.
        """
        for name in self.missing(names):
            with alone(self.digest(name)):
                if not self.path(name).is_file():
                    self._make(name)
            yield name

    def read(self, names: Sequence[str], action: Callable[[], Any]) -> Any:
        """Do what reads the files of tasks; one that turns out to be damaged is named, set aside and made anew."""
        try:
            return action()
        except ValueError as error:
            paths = {str(self.path(name)): name for name in names}
            if (damaged := set_aside(error, paths)) is None:
                raise
            print(f"{error}; {damaged}, and made anew", file=sys.stderr)
            for _ in self.make([paths[damaged.path]]):
                pass
            return self.read(names, action)

    def _make(self, name: str) -> None:
        task = self.tasks[name]
        print(name, file=sys.stderr)
        start = time.perf_counter()
        work = Work(SimpleNamespace(**task.params), SimpleNamespace(**self.inputs(name)), [str(self.path(name))])
        self.read(task.needed(), lambda: import_module(task.modules[0]).main(work))
        record(task.rule, [task.params], time.perf_counter() - start)


@contextmanager
def alone(digest: str) -> Iterator[None]:
    """Keep other processes of this folder out while the file of a digest is made, if its file system knows locks."""
    path = MAKING / digest
    lock = FileLock(path)
    with suppress(OSError, NotImplementedError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def about(name: str, modules: Sequence[str]) -> dict[str, Any]:
    """What a job is called, and the code that its file is named after: what `job.require_code_of` asks for."""
    return {"name": name, "modules": list(modules), "version": version_of(*modules)}


def described(store: Store, name: str) -> dict[str, Any]:
    """What the rule of a task must know of it: what it is called, its code, parameters and inputs, and its company."""
    task = store.tasks[name]
    return {
        "about": about(name, task.modules),
        "task": dict(task.params),
        "inputs": store.inputs(name),
        "together": task.together,
    }
