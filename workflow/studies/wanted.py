"""What a run of Snakemake is to make for a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from magbayes.data.lines import one_line
from magbayes.workflow import view
from magbayes.workflow.code import version_of, version_of_pages
from magbayes.workflow.configuration import YAML_WORDS, ConfigurationError, validate
from magbayes.workflow.forecast import Amount
from magbayes.workflow.guard import require_devices, require_networks
from magbayes.workflow.sources import Given
from magbayes.workflow.store import Store, hash_of, place
from magbayes.workflow.studies.plan import Plan, batch_path, load_plan, refuse_other_keys
from magbayes.workflow.tasks import scripted
from magbayes.workflow.wanted import Wanted, key_of, of_scenario


@dataclass(frozen=True)
class WantedStudy(Wanted):
    """The products of a study; what its points are made from is shown in no folder."""

    plan: Plan

    @property
    def batches(self) -> list[str]:
        """Paths of the batches, in the order of the study."""
        return [batch_path(identity) for identity in self.plan.batches]

    def reused(self) -> int:
        """How many of the files that points are made from are there already."""
        return sum(Path(path).exists() for path in self.plan.stored())

    def missing(self) -> list[Amount]:
        """What has to be simulated, fitted, trained and evaluated."""
        return self.plan.missing()

    def foreseen(self) -> list[str]:
        """Which changes it will be able to see."""
        from magbayes.workflow.studies.resolving import foreseen  # every job reads this module, and none needs that one

        return foreseen(self.plan)


def of_study(plan: Plan) -> WantedStudy:
    """Table, figures and report of a study."""
    digest = hash_of(
        [
            plan.header,
            plan.points,
            plan.reference,
            version_of(*scripted("make_study")),
            version_of_pages(),
            list(plan.batches.items()),
        ]
    )
    suffixes = {"table.csv": ".csv", "table.h5": ".h5", "figures": "", "report.html": ".html"}
    shown = {name: str(place("study", digest, suffix)) for name, suffix in suffixes.items()}
    return WantedStudy(
        name=plan.study,
        rules="study",
        networks=[],
        folder=plan.folder,
        jobs={key_of(path): job for path, job in plan.shared.items()},
        view=shown,
        store=Store({}),
        plan=plan,
        index=view.index_of(place("study", digest, "")),
    )


def wanted(given: Given, reads: bool = True) -> Wanted:
    """What the configuration of a run asks for: its key `study` names the file of a study, the others a scenario.

    With `reads`, the files that networks take are read and checked: once is enough, and not in every job again.

    Raises
    ------
    ConfigurationError
        The configuration or the study is wrong.
    """
    values = dict(given.values)
    asked, study = "study" in values, values.pop("study", None)
    configuration = validate(values, given.places)
    if not asked:
        if reads:
            require_devices([configuration])
            require_networks([configuration])
        return of_scenario(configuration)
    if not isinstance(study, str):
        shown = YAML_WORDS[study] if study is None or isinstance(study, bool) else one_line(repr(study))
        raise ConfigurationError(
            f"study: {shown} is not accepted; expected the path of a study's file, or no key of this name"
        )
    refuse_other_keys(configuration)
    return of_study(load_plan(study))
