"""What a run of Snakemake is to make: for a design, or for whatever else its configuration asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from magbayes.data.lines import one_line
from magbayes.workflow import view
from magbayes.workflow.code import version_of, version_of_pages
from magbayes.workflow.configuration import YAML_WORDS, ConfigurationError, validate
from magbayes.workflow.designs.design import read_design
from magbayes.workflow.designs.plan import DesignPlan
from magbayes.workflow.forecast import Amount
from magbayes.workflow.guard import require_networks
from magbayes.workflow.sources import Given
from magbayes.workflow.store import Store, hash_of, place
from magbayes.workflow.studies import wanted as studies
from magbayes.workflow.studies.plan import refuse_other_keys
from magbayes.workflow.tasks import scripted
from magbayes.workflow.wanted import Wanted, key_of


@dataclass(frozen=True)
class WantedDesign(Wanted):
    """The products of a design; what its points are made from is shown in no folder."""

    plan: DesignPlan

    def reused(self) -> int:
        """How many files are there already: of what all points share, and of points that were tried."""
        return sum(Path(path).exists() for path in self.plan.shared) + self.plan.tried()

    def missing(self) -> list[Amount]:
        """What has to be simulated, fitted, trained and evaluated at most."""
        return self.plan.missing()

    def foreseen(self) -> list[str]:
        """How far the search is, and why it may take less than is said."""
        design = self.plan.design
        return [
            f"  at most: a design of {design.points} points in {len(design.rounds)} rounds of {design.batch}, of which "
            f"{self.plan.tried()} were tried; what points have in common is counted for each, and what constraints on "
            "devices will leave out is not subtracted"
        ]


def of_design(plan: DesignPlan) -> WantedDesign:
    """Table, figures, report and chosen device of a design."""
    files = [[one.proposals, *one.tried] for one in plan.rounds]
    digest = hash_of([plan.header, files, version_of(*scripted("make_design")), version_of_pages()])
    suffixes = {"table.csv": ".csv", "table.h5": ".h5", "figures": "", "report.html": ".html", "chosen.yaml": ".yaml"}
    return WantedDesign(
        name=plan.design.design,
        rules="design",
        networks=[],
        folder=plan.folder,
        jobs={key_of(path): job for path, job in plan.shared.items()},
        view={name: str(place("design", digest, suffix)) for name, suffix in suffixes.items()},
        store=Store({}),
        plan=plan,
        index=view.index_of(place("design", digest, "")),
    )


def wanted(given: Given, reads: bool = True) -> Wanted:
    """What the configuration of a run asks for: its key `design` names the file of a design; see `studies.wanted`.

    Raises
    ------
    ConfigurationError
        The configuration, the study or the design is wrong.
    """
    values = dict(given.values)
    asked, path = "design" in values, values.pop("design", None)
    if not asked:
        return studies.wanted(given, reads)
    if "study" in values:
        raise ConfigurationError("design, study: only one of them is accepted in a run")
    if not isinstance(path, str):
        shown = YAML_WORDS[path] if path is None or isinstance(path, bool) else one_line(repr(path))
        raise ConfigurationError(
            f"design: {shown} is not accepted; expected the path of a design's file, or no key of this name"
        )
    refuse_other_keys(validate(values, given.places), "design")
    plan = DesignPlan(*read_design(path))
    if reads:
        require_networks(plan.anchors)
    return of_design(plan)
