"""Two scenarios beside each other: what differs in configuration, devices, networks and costs, and its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from magbayes.compact_models import numbers as device_numbers
from magbayes.compact_models import store
from magbayes.compact_models.store import CompactModels
from magbayes.data.container import Contents, FileFormatError
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.differences import (
    VARIANTS,
    Difference,
    chips_of,
    jointly,
    of_costs,
    of_variant,
    same_inputs,
)
from magbayes.system.evaluation.results import read_evaluation
from magbayes.system.evaluation.variants import ACCELERATOR, LABELS
from magbayes.system.metrics.paired import Measured, difference
from magbayes.workflow.changes import ChangedKey, changed_keys, configuration_of
from magbayes.workflow.report import pages
from magbayes.workflow.report.figures import comparison as figures
from magbayes.workflow.report.figures.plotting import pictures, shown
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.tables import comparison as tables
from magbayes.workflow.studies.collecting import of_devices, unit_of

EXPECTED = "expected a folder results/<scenario>/ with report.html, compact_models.h5 and accelerator/, or its name"


@dataclass(frozen=True)
class Scenario:
    """What the folder of a scenario holds."""

    folder: Path
    configuration: Mapping[str, Any]
    models: CompactModels
    evaluations: Mapping[str, Contents]

    @cached_property
    def doubts(self) -> list[str]:
        """What makes its numbers less sure."""
        chips = [f"{name}: {warning}" for name, of in self.evaluations.items() for warning in of["warnings"]]
        return [*self.models.warnings(), *chips]


@dataclass(frozen=True)
class NetworkDifferences:
    """How one network differs between two scenarios.

    Attributes
    ----------
    inputs, chips
        Number of test inputs, and of chips, of either.
    paired
        Whether these are the same.
    trained_once
        Whether both run the same trained network, out of one file.
    figures
        Differences by variant.
    costs
        Of energy and latency.
    """

    inputs: tuple[int, int]
    chips: tuple[int, int]
    paired: bool
    trained_once: bool
    figures: Mapping[str, Sequence[Difference]]
    costs: Sequence[Difference]


@dataclass(frozen=True)
class Comparison:
    """Two scenarios, and how the second differs from the first.

    Attributes
    ----------
    keys
        Of the configuration.
    devices
        Numbers of both devices.
    unknown
        Why other numbers of the devices are not there, a line each.
    networks
        Those that both have, by name.
    alone
        Networks that one of the two does not have, of either.
    """

    first: Scenario
    second: Scenario
    keys: Sequence[ChangedKey]
    devices: Sequence[Difference]
    unknown: Sequence[str]
    networks: Mapping[str, NetworkDifferences]
    alone: tuple[Sequence[str], Sequence[str]]

    @property
    def same_devices(self) -> bool:
        """Whether no number of the devices differs."""
        return all(each.first == each.second for each in self.devices)

    @property
    def every(self) -> list[Difference]:
        """All differences that are tested: of devices, of the accelerator, and of costs."""
        found = list(self.devices)
        for of in self.networks.values():
            found += [*of.figures[ACCELERATOR], *of.costs]
        return found


def read_scenario(folder: Path) -> Scenario:
    """Read the results of a scenario.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The folder is none of a scenario, or a file in it is damaged or of another version.
    """
    paths = {path.stem: path for path in sorted((folder / "accelerator").glob("*.h5"))}
    for name in ("report.html", "compact_models.h5"):
        if not (folder / name).is_file():
            raise FileFormatError(f"{folder}: is no scenario with results, {name} is missing; {EXPECTED}")
    if not paths:
        raise FileFormatError(f"{folder}: is no scenario with results, it has no accelerator; {EXPECTED}")
    report = folder / "report.html"
    if (configuration := configuration_of(report)) is None:
        raise FileFormatError(f"{report}: holds no configuration; expected the report of a scenario")
    return Scenario(
        folder,
        configuration,
        store.load(folder / "compact_models.h5"),
        {name: read_evaluation(path) for name, path in paths.items()},
    )


def _exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def _devices(first: CompactModels, second: CompactModels) -> tuple[list[Difference], list[str]]:
    """Return differences of the numbers of devices, and why others are missing."""
    ours, theirs = (float(len(of.dwmtj.level_mean)) for of in (first, second))
    levels = (_exactly(ours), _exactly(theirs), _exactly(theirs - ours))
    found = [Difference("dwmtj/levels", "1", *levels, exact=True)]
    unknown = []
    for name in device_numbers.NUMBERS:
        try:
            one, other = (Measured(*of_devices(name, of)) for of in (first, second))
        except ValueError as error:
            unknown.append(" ".join(str(error).split()))
            continue
        change = difference(name, other, one, 1)
        found.append(Difference(name, unit_of(name), one.estimate, other.estimate, change))
    return found, list(dict.fromkeys(unknown))


def _network(name: str, first: Scenario, second: Scenario) -> NetworkDifferences:
    ours, theirs = first.evaluations[name], second.evaluations[name]
    files = [of.folder / "networks" / f"{name}.h5" for of in (first, second)]
    return NetworkDifferences(
        (len(ours["test/target"]), len(theirs["test/target"])),
        (chips_of(ours), chips_of(theirs)),
        same_inputs(ours, theirs),
        all(path.is_file() for path in files) and files[0].samefile(files[1]),
        {variant: of_variant(ours, theirs, variant) for variant in VARIANTS},
        list(of_costs(ours, theirs)),
    )


def compare_scenarios(first: Path, second: Path) -> Comparison:
    """Compare the results in two folders.

    Raises
    ------
    ValueError
        A folder is no scenario, both are one, or they have no network in common.
    """
    if first.resolve() == second.resolve():
        raise ValueError(f"{first} and {second} are one scenario; expected two")
    one, other = (read_scenario(folder) for folder in (first, second))
    common = [name for name in one.evaluations if name in other.evaluations]
    if not common:
        names = [", ".join(of.evaluations) for of in (one, other)]
        raise ValueError(
            f"{first} and {second} have no network in common: {names[0]} in one, {names[1]} in the other; their "
            "devices alone are compared by their files compact_models.h5"
        )
    devices, unknown = _devices(one.models, other.models)
    return Comparison(
        one,
        other,
        list(changed_keys(one.configuration, other.configuration)),
        devices,
        unknown,
        {name: _network(name, one, other) for name in common},
        (
            [name for name in one.evaluations if name not in common],
            [name for name in other.evaluations if name not in common],
        ),
    )


def sentences(found: Comparison) -> list[str]:
    """Say in plain sentences what differs."""
    return [
        _of_keys(found.keys),
        "The devices are the same." if found.same_devices else _of_devices(found.devices),
        *(_of_network(name, of) for name, of in found.networks.items()),
        *(_of_costs(name, of.costs) for name, of in found.networks.items()),
        *_of_trainings(found.networks),
        *_together(found.every),
        *(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} in {which} alone."
            for which, names in zip("AB", found.alone, strict=True)
            if names
        ),
    ]


def _of_keys(keys: Sequence[ChangedKey]) -> str:
    if not keys:
        return "The configurations are the same."
    names = [each.key for each in keys]
    if len(names) == 1:
        return f"One key of the configuration differs: {names[0]} is {keys[0].first} in A, {keys[0].second} in B."
    shown = ", ".join(names[:4]) + (f", and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{len(names)} keys of the configuration differ: {shown}."


def _of_devices(devices: Sequence[Difference]) -> str:
    differing = [tables.in_words(each) for each in devices if each.significant]
    if not differing:
        return "Devices: no difference is significant, all intervals contain 0."
    return f"Devices, B less A: {'; '.join(differing)}."


def _of_network(name: str, of: NetworkDifferences) -> str:
    start = f"{name} on the accelerator, B less A"
    seen = [tables.in_words(each) for each in of.figures[ACCELERATOR] if each.significant]
    others = [tables.title(each.name) for each in of.figures[ACCELERATOR] if not each.significant]
    if not seen:
        return f"{start}: no difference is significant in {', '.join(others)}."
    rest = f"; not significant: {', '.join(others)}" if others else ""
    return f"{start}: {'; '.join(seen)}{rest}."


def _of_costs(name: str, costs: Sequence[Difference]) -> str:
    parts = []
    for each in costs:
        word = tables.title(each.name)
        if each.change.value == 0:
            parts.append(f"the same {word}")
        else:
            more = 100 * each.change.value / each.first.value
            text = f"{tables.in_words(each)}, {number(more, '+.2g')} %"
            parts.append(text if each.significant else f"{text} (not significant)")
    return f"A prediction of {name}, B less A: {'; '.join(parts)}."


def _of_trainings(networks: Mapping[str, NetworkDifferences]) -> Iterator[str]:
    apart = [name for name, of in networks.items() if not of.trained_once]
    if apart:
        yield f"{', '.join(apart)}: trained once each, and intervals do not contain what another training changes."
    if others := [name for name, of in networks.items() if not of.paired]:
        yield f"{', '.join(others)}: other test inputs, so that nothing is paired."
    if fewer := [name for name, of in networks.items() if of.paired and of.chips[0] != of.chips[1]]:
        one, other = networks[fewer[0]].chips
        yield (
            f"{', '.join(fewer)}: {one} chips in A and {other} in B; differences are of the first {min(one, other)} of "
            "either, and so not those of the figures beside them."
        )


def _together(every: Sequence[Difference]) -> Iterator[str]:
    tested = [each for each in every if each.change.low < each.change.high]
    seen = sum(each.significant for each in tested)
    if seen:
        rest = len(jointly(tested))
        yield (
            f"Of {len(tested)} intervals {seen} leave out 0, {number(0.05 * len(tested), '.1f')} would by chance; "
            f"tested together (Benjamini and Yekutieli) {rest} {'is' if rest == 1 else 'are'} significant."
        )


def page(found: Comparison) -> str:
    """The comparison as one self-contained HTML page."""
    ours, theirs = found.first.doubts, found.second.doubts
    doubts = {"A": [line for line in ours if line not in theirs], "B": [line for line in theirs if line not in ours]}
    drawn = pictures(figures.drawings(found.devices, {name: of.figures for name, of in found.networks.items()}))
    return pages.render(
        "comparison.html.j2",
        first=str(found.first.folder),
        second=str(found.second.folder),
        sentences=sentences(found),
        keys=tables.keys(found.keys),
        devices=tables.differences(found.devices),
        unknown=found.unknown,
        networks={
            name: {
                "about": of,
                "accelerator": tables.differences([*of.figures[ACCELERATOR], *of.costs]),
                "software": {LABELS[v]: tables.differences(of.figures[v]) for v in VARIANTS if v != ACCELERATOR},
            }
            for name, of in found.networks.items()
        },
        doubts=doubts,
        # The page stands alone, without files of its figures beside it.
        figures={name: of._replace(files="") for name, of in shown(drawn).items()},
        origins=tables.origins({"A": found.first, "B": found.second}),
    )
