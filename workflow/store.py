"""Files that studies share: each lies where a hash of all that it depends on puts it, and is made once."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from magbayes.workflow.code import version_of
from magbayes.workflow.job import Work, remove_damaged

if TYPE_CHECKING:
    from magbayes.workflow.tasks import Task

FOLDER = Path("results/points")


@dataclass
class Files:
    """The files of one configuration."""

    tasks: Mapping[str, Task]
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    """Where the files of some digests lie, if it is not here: the copy of an object store."""
    _digests: dict[str, str] = field(default_factory=dict)

    def needs(self, name: str) -> list[str]:
        """Names of the tasks whose files the file of a task is made from."""
        found = self.tasks[name].needs.values()
        return [one for each in found for one in ([each] if isinstance(each, str) else each)]

    def digest(self, name: str) -> str:
        """Hash of all that a file depends on: its parameters, code, libraries, and in turn what it is made from."""
        if name not in self._digests:
            task = self.tasks[name]
            parts = [task.rule, version_of(task.script), dict(task.params), *map(self.digest, self.needs(name))]
            text = json.dumps(parts, sort_keys=True)
            self._digests[name] = hashlib.sha256(text.encode()).hexdigest()[:32]
        return self._digests[name]

    def path(self, name: str) -> Path:
        """Where the file of a task lies."""
        digest = self.digest(name)
        return self.elsewhere.get(digest) or FOLDER / self.tasks[name].rule / digest[:2] / f"{digest}.h5"

    def inputs(self, name: str) -> dict[str, Any]:
        """Paths of the files that the file of a task is made from, by the name of the input."""
        return {
            key: str(self.path(need)) if isinstance(need, str) else [str(self.path(one)) for one in need]
            for key, need in self.tasks[name].needs.items()
        }

    def closure(self, names: list[str]) -> list[str]:
        """Tasks that the files of `names` are made by, each after what it needs."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            for need in self.needs(name):
                visit(need)
            order.setdefault(name)

        for name in names:
            visit(name)
        return list(order)

    def missing(self, names: list[str]) -> list[str]:
        """Tasks that must be done for the files of `names`, each after what it needs.

        What a file that is there was made from may have been deleted.
        """
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in order and not self.path(name).is_file():
                for need in self.needs(name):
                    visit(need)
                order.setdefault(name)

        for name in names:
            visit(name)
        return list(order)

    def make(self, names: list[str]) -> Iterator[str]:
        """Make the files of tasks and all that they need, and name each task when it is done."""
        for name in self.missing(names):
            self._make(name)
            yield name

    def read(self, names: list[str], action: Callable[[], Any]) -> Any:
        """Do what reads the files of tasks; one that turns out to be damaged is named and made anew."""
        try:
            return action()
        except ValueError as error:
            paths = {str(self.path(name)): name for name in names}
            if (damaged := remove_damaged(error, paths)) is None:
                raise
            print(f"{error}; made anew", file=sys.stderr)
            list(self.make([paths[damaged]]))
            return self.read(names, action)

    def _make(self, name: str) -> None:
        task = self.tasks[name]
        print(name, file=sys.stderr)
        work = Work(SimpleNamespace(**task.params), SimpleNamespace(**self.inputs(name)), [str(self.path(name))])
        self.read(self.needs(name), lambda: import_module(task.script).main(work))
