"""What a run of Snakemake is to make: jobs by the place of their file, and the folder that shows the files by name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from magbayes.workflow.configuration import Configuration
from magbayes.workflow.forecast import Amount, amounts, remaining
from magbayes.workflow.store import FOLDER, Store, described, hash_of, place
from magbayes.workflow.tasks import scenario_tasks


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
    """Name, parameters and inputs of each task, by rule and digest."""
    view: dict[str, str]
    """Paths in the store, by the name in the folder."""
    store: Store

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
    def urgency(self) -> dict[str, int]:
        """Seconds that the run lasts at least from the start of a missing job, by rule and digest."""
        times = remaining(self.store.tasks, self.store.missing(list(self.store.tasks)))
        return {key_of(self.store.path(name)): round(seconds) for name, seconds in times.items()}

    @property
    def warnings(self) -> list[str]:
        """What the configuration of a scenario is warned of; points of a study carry their own."""
        return self.store.tasks["report"].params["warnings"] if "report" in self.store.tasks else []

    def reused(self) -> int:
        """How many files are there already."""
        return sum(Path(path).exists() for path in self.files)

    def missing(self) -> list[Amount]:
        """What has to be simulated, fitted, trained and evaluated."""
        tasks = self.store.tasks
        return amounts(tasks[name] for name in self.store.missing(list(tasks)) if name != "report")


def key_of(path: str | Path) -> str:
    """Rule and digest of a file in the store."""
    return str(Path(path).with_suffix("").relative_to(FOLDER))


def of_scenario(configuration: Configuration) -> Wanted:
    """Every file of a scenario, the report last."""
    store = Store(scenario_tasks(configuration))
    jobs = {key_of(store.path(name)): described(store, name) for name in store.tasks}
    view = {f"{name}.h5": str(store.path(name)) for name in store.tasks if name != "report"}
    digest = store.digest("report")
    pages = {"report.html": place("report", digest, ".html"), "overview.svg": place("report", digest, ".svg")}
    return Wanted(
        name=configuration.scenario,
        rules="scenario",
        networks=list(configuration.networks.selected()),
        folder=f"results/{configuration.scenario}",
        jobs=jobs,
        view=view | {name: str(path) for name, path in pages.items()},
        store=store,
    )
