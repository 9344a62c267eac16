"""What a run of Snakemake is to make: jobs by the place of their file, and the folder that shows the files by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

from magbayes.workflow import view
from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.changes import since
from magbayes.workflow.configuration import Configuration
from magbayes.workflow.forecast import Amount, amounts, remaining, shipped_rates
from magbayes.workflow.store import FOLDER, Store, described, hash_of, place
from magbayes.workflow.tasks import scenario_tasks

LONGEST = 180.0
"""Time in s that a job of several tasks takes at most, by the shipped rates: other cores may have to wait for it."""


@dataclass(frozen=True)
class Wanted:
    """The products of a scenario; those of a study are in `magbayes.workflow.studies.wanted`."""

    name: str
    """Name of the scenario or study."""
    rules: str
    """File of rules for its pages and its folder."""
    networks: list[str]
    """Networks that run on the accelerator, by data set."""
    folder: str
    """Where a person finds them."""
    jobs: dict[str, dict[str, Any]]
    """What `store.described` says of each task, by rule and digest."""
    view: dict[str, str]
    """Paths in the store, by the name in the folder."""
    store: Store
    index: str
    """File in the folder of figures that says which there are."""

    @property
    def sentinel(self) -> str:
        """File that is there if the folder shows what it should."""
        return f"{self.folder}/.files/{hash_of(self.view)}"

    @property
    def links(self) -> list[str]:
        """Paths of the links in the folder."""
        return [f"{self.folder}/{name}" for name in self.view]

    @property
    def files(self) -> list[str]:
        """Paths in the store."""
        return list(self.view.values())

    @property
    def benchmarks(self) -> dict[str, list[str]]:
        """Where Snakemake keeps the times of jobs, by rule."""
        paths = defaultdict(list)
        for key in self.jobs:
            paths[key.partition("/")[0]].append(f"logs/store/{key}.tsv")
        return dict(paths)

    @cached_property
    def shared(self) -> list[list[str]]:
        """Rule and digest of the tasks that one job does, of all jobs; a job's log is that of its first."""
        return list(in_jobs(self.jobs))

    def jobs_of(self, rule: str) -> list[list[str]]:
        """Those of a rule."""
        return [keys for keys in self.shared if keys[0].partition("/")[0] == rule]

    @cached_property
    def _missing(self) -> list[list[str]]:
        """Names of the tasks that must be done, by job, a job after those that it needs."""
        numbers = {key: number for number, keys in enumerate(self.shared) for key in keys}
        names = defaultdict(list)
        for name in self.store.missing(list(self.store.tasks)):
            names[numbers[key_of(self.store.path(name))]].append(name)
        return list(names.values())

    @cached_property
    def urgency(self) -> dict[str, int]:
        """Seconds that the run lasts at least from the start of the job of a missing task, by rule and digest."""
        times = remaining(self.store.tasks, self._missing)
        return {key_of(self.store.path(name)): round(seconds) for name, seconds in times.items()}

    @property
    def warnings(self) -> list[str]:
        """What the configuration of a scenario is warned of; points of a study carry their own."""
        return self.store.tasks["report"].params["warnings"] if "report" in self.store.tasks else []

    def changed(self) -> list[str]:
        """Say what has changed since the results of a scenario were made; nothing of others."""
        report = self.store.tasks.get("report")
        if report is None:
            return []
        return since(self.folder, report.params["configuration"], self.view["report.html"])

    def reused(self) -> int:
        """How many files are there already."""
        return sum(Path(path).exists() for path in self.files)

    def missing(self) -> list[Amount]:
        """What has to be simulated, fitted, trained and evaluated."""
        return amounts([self.store.tasks[name] for name in names] for names in self._missing if names != ["report"])

    def foreseen(self) -> list[str]:
        """What can be said of its results before it starts; of a scenario nothing."""
        return []


def key_of(path: str | Path) -> str:
    """Rule and digest of a file in the store."""
    return str(Path(path).with_suffix("").relative_to(FOLDER))


def _parts(keys: Sequence[str], jobs: Mapping[str, Mapping[str, Any]]) -> int:
    """Jobs that tasks are done by, so that none takes longer than `LONGEST`, if it can be helped.

    Whether a file is there counts only for all at once, so that every process of a run has the same answer for a job
    that is still to be done: what is whole needs no measuring, for which devices would have to be set up.
    """
    if len(keys) == 1 or all((FOLDER / f"{key}.h5").exists() for key in keys):
        return 1
    rule, params = keys[0].partition("/")[0], [jobs[key]["task"] for key in keys]
    rate = shipped_rates().get(kind_of(rule, params[0]))
    if rate is None:  # as of an engine that takes minutes for what takes the native one seconds
        return len(keys)
    longest = rate * max(amount_of(rule, each) for each in params)
    return ceil(len(keys) / max(1, int(LONGEST / longest)))


def in_jobs(jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """Keys of the tasks of every job: those that may share one do so, in parts that are not too long."""
    together = defaultdict(list)
    for key, job in jobs.items():
        together[job["together"] or key].append(key)
    for keys in together.values():
        size = ceil(len(keys) / _parts(keys, jobs))
        yield from (keys[start : start + size] for start in range(0, len(keys), size))


def of_scenario(configuration: Configuration) -> Wanted:
    """Every file of a scenario, the report last."""
    store = Store(scenario_tasks(configuration))
    jobs = {key_of(store.path(name)): described(store, name) for name in store.tasks}
    files = {f"{name}.h5": str(store.path(name)) for name in store.tasks if name != "report"}
    digest = store.digest("report")
    suffixes = {"report.html": ".html", "overview.svg": ".svg", "figures": ""}
    pages = {name: place("report", digest, suffix) for name, suffix in suffixes.items()}
    return Wanted(
        name=configuration.scenario,
        rules="scenario",
        networks=list(configuration.networks.selected()),
        folder=f"results/{configuration.scenario}",
        jobs=jobs,
        view=files | {name: str(path) for name, path in pages.items()},
        store=store,
        index=view.index_of(pages["figures"]),
    )
