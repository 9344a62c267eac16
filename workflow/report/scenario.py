"""The report of a scenario: one self-contained HTML page, and the overview, from the files of its jobs."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from magbayes.compact_models import store
from magbayes.compact_models.compare import Comparison, compare
from magbayes.compact_models.residuals import moment_loss, shown_start
from magbayes.compact_models.store import CompactModels
from magbayes.data import cited, container
from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.micromag import raw
from magbayes.micromag.devices.build import device
from magbayes.micromag.devices.rigid_spin import AngleError
from magbayes.micromag.devices.two_terminals import TwoTerminalMTJ, barriers
from magbayes.micromag.protocols import resolution as resolution_protocol
from magbayes.micromag.protocols import track_resolution as track_protocol
from magbayes.micromag.raw import RawEnsemble
from magbayes.system.array.read_torque import ReadTorque, read_torque
from magbayes.system.array.two_terminals import Comparison as TwoTerminals
from magbayes.system.array.two_terminals import compare as compare_two_terminals
from magbayes.system.cost.table import load_table
from magbayes.system.evaluation.results import blend_of, bought_of, confidence_gap_of, metrics_of, read_evaluation
from magbayes.system.evaluation.variants import (
    ACCELERATOR,
    DROPOUT,
    ENSEMBLE,
    IDEAL,
    LABELS,
    LAPLACE,
    NUTS,
    TEMPERATURE,
)
from magbayes.system.evaluation.verdict import Judgement, judge, passing, restriction, targets_of
from magbayes.system.network.reads import Reads
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.code import libraries
from magbayes.workflow.report import observations, pages, reading, spending, statements
from magbayes.workflow.report.answer import answers
from magbayes.workflow.report.figures import answer as answer_figure
from magbayes.workflow.report.figures import cell as cell_figures
from magbayes.workflow.report.figures import cost as cost_figures
from magbayes.workflow.report.figures import devices as device_figures
from magbayes.workflow.report.figures import models as model_figures
from magbayes.workflow.report.figures import overview as overview_figure
from magbayes.workflow.report.figures import physics as physics_figures
from magbayes.workflow.report.figures import plotting
from magbayes.workflow.report.figures import system as system_figures
from magbayes.workflow.report.tables import costs as cost_tables
from magbayes.workflow.report.tables import devices as device_tables
from magbayes.workflow.report.tables import quality as quality_tables

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction


BASELINES = {
    TEMPERATURE: "one network with fixed weights, whose logits are divided by a number that inputs set apart choose",
    DROPOUT: "one network whose hidden units are dropped at random",
    ENSEMBLE: "several networks, trained independently",
    LAPLACE: "the deterministic network with a Laplace approximation of its last layer; prior and noise are chosen by "
    "the evidence; no energy is given for it",
    NUTS: "samples of the posterior by Hamiltonian Monte Carlo",
}
"""What stands beside the posteriors, where a network has it."""


@dataclass(frozen=True)
class SystemResults:
    """What the jobs of any scenario wrote, read.

    Attributes
    ----------
    models
        Compact models of the scenario's engine, or those that were given; `other_models` are those of a second engine,
        or None.
    evaluations
        Of the accelerator, by data set.
    settings, readings
        Of the accelerator, and of it as each network is read.
    held
        Time in s for which a weight has to be held, and the number of cells of which the worst has to.
    """

    models: CompactModels
    other_models: CompactModels | None
    evaluations: dict[str, Contents]
    settings: AcceleratorSettings
    readings: dict[str, AcceleratorSettings]
    held: tuple[float, float]

    @cached_property
    def agreement(self) -> list[Comparison]:
        """Every quantity that both engines have; empty where there is one engine."""
        return compare(self.models, self.other_models) if self.other_models is not None else []

    @property
    def read_torques(self) -> list[tuple[list[str], ReadTorque]]:
        """Networks that are read alike, and what the torque of the read current does there to the stochastic MTJ.

        Empty where that is not known.
        """
        return []

    @cached_property
    def judgements(self) -> dict[str, list[Judgement]]:
        """A judgement of every target, by data set."""
        return {name: judge(evaluation) for name, evaluation in self.evaluations.items()}

    @cached_property
    def gains(self) -> dict[str, dict[str, Estimate]]:
        """What the noise changes, by data set, where controls were looked at."""
        return {name: gained for name, evaluation in self.evaluations.items() if (gained := bought_of(evaluation))}


@dataclass(frozen=True)
class Results(SystemResults):
    """What the jobs of a scenario wrote that simulates its devices.

    Attributes
    ----------
    disk, track
        Devices of the configuration: the stochastic MTJ and the domain-wall MTJ.
    fluctuations
        Ensembles of the stochastic MTJ at the scenario's temperature, by gate voltage.
    pulses
        Ensembles of the domain-wall MTJ under the shortest pulses, by current density.
    rest
        Ensemble of the domain-wall MTJ at rest.
    barriers
        Energies along the paths between two notches of the domain-wall MTJ (`magbayes.micromag.raw.RETENTION`).
    resolution
        Sigma against cell size at several gate voltages, and against time step.
    track_resolution
        Barrier, depinning and levels of the domain-wall MTJ against cell size.
    """

    disk: StochasticJunction
    track: DomainWallTrack
    fluctuations: list[RawEnsemble]
    pulses: list[RawEnsemble]
    rest: RawEnsemble
    barriers: Mapping[str, np.ndarray]
    resolution: Contents
    track_resolution: Contents

    @cached_property
    def read_torques(self) -> list[tuple[list[str], ReadTorque]]:
        """Networks that are read alike, with the torque of the read current; empty where a spin hardly moves."""
        junction = TwoTerminalMTJ(self.disk, self.disk.barrier_thickness, self.models.temperature)
        alike: dict[AcceleratorSettings, list[str]] = {}
        for name, settings in self.readings.items():
            alike.setdefault(settings, []).append(name)
        try:
            return [
                (names, read_torque(junction, self.disk.polarisation_squared, self.models, settings))
                for settings, names in alike.items()
            ]
        except AngleError:
            return []

    @cached_property
    def two_terminals(self) -> TwoTerminals | None:
        """Cells of two terminals with these devices; None where a barrier tunes nothing, or a spin hardly moves."""
        if self.disk.barrier_vcma_coefficient == 0:
            return None
        try:
            return compare_two_terminals(barriers(self.disk, self.models.temperature), self.models, self.settings)
        except AngleError:
            return None


def devices_of(configuration: Mapping[str, Any]) -> tuple[StochasticJunction, DomainWallTrack]:
    """The two devices of a configuration."""
    return device("smtj", configuration["smtj"]), device("dwmtj", configuration["dwmtj"])


def read_results(
    configuration: Mapping[str, Any],
    models: Sequence[str],
    fluctuations: Sequence[str],
    pulses: Sequence[str],
    rest: str,
    retention: str,
    resolution: str,
    track_resolution: str,
    accelerator: Mapping[str, str],
) -> Results:
    """Read the files of a scenario's jobs.

    Parameters
    ----------
    configuration
        Of the scenario, as plain values.
    models
        Paths of compact models: those of the scenario's engine, then those of a second one, if there is one.
    fluctuations, pulses
        Paths of raw ensembles, at all gate voltages and temperatures, and of all current densities and widths.
    rest, retention, resolution, track_resolution
        Path of the raw ensemble at rest, of the barriers, and of what the discretisation of either device decides.
    accelerator
        Paths of evaluations, by data set.

    Raises
    ------
    magbayes.data.container.FileFormatError
        A file is absent, damaged, foreign or incomplete.
    """
    disk, track = devices_of(configuration)
    discretised = container.read(
        resolution, resolution_protocol.KIND, resolution_protocol.VERSION, resolution_protocol.FORMS
    )
    own, *others = (store.load(path) for path in models)
    by_voltage = sorted(map(raw.read, fluctuations), key=lambda ensemble: float(ensemble.value("voltage")))
    by_current = sorted(map(raw.read, pulses), key=lambda ensemble: float(ensemble.value("current_density")))
    return Results(
        models=own,
        other_models=others[0] if others else None,
        **read_system(configuration, accelerator),
        disk=disk,
        track=track,
        fluctuations=[ensemble for ensemble in by_voltage if ensemble.value("temperature") == own.temperature],
        pulses=[ensemble for ensemble in by_current if ensemble.value("pulse_width") == own.dwmtj.pulse_width[0]],
        rest=raw.read(rest),
        barriers=raw.read_retention(retention),
        resolution=discretised,
        track_resolution=container.read(
            track_resolution, track_protocol.KIND, track_protocol.VERSION, track_protocol.FORMS
        ),
    )


def read_system(configuration: Mapping[str, Any], accelerator: Mapping[str, str]) -> dict[str, Any]:
    """Evaluations, settings and what is asked of a weight: the part of `SystemResults` that needs no devices.

    Parameters
    ----------
    configuration
        Of the scenario, as plain values.
    accelerator
        Paths of evaluations, by data set.

    Raises
    ------
    magbayes.data.container.FileFormatError
        A file is absent, damaged, foreign or incomplete.
    """
    settings = AcceleratorSettings(**configuration["accelerator"])
    reads = {name: Reads(**configuration["networks"][name]["reads"]) for name in accelerator}
    return {
        "evaluations": {name: read_evaluation(path) for name, path in accelerator.items()},
        "settings": settings,
        "readings": {name: settings.read_as(own) for name, own in reads.items()},
        "held": (float(configuration["retention"]["target"]), float(configuration["retention"]["cells"])),
    }


def drawings_of_networks(results: SystemResults) -> Iterator[tuple[str, plotting.Drawing]]:
    """Figures of quality and cost by the name of their caption."""
    evaluations = results.evaluations
    yield "answer", partial(answer_figure.answer, results.judgements, evaluations)
    yield "energy", partial(cost_figures.energy, evaluations)
    yield "tornado", partial(cost_figures.tornado, evaluations)
    yield "rivals", partial(cost_figures.rivals, evaluations)
    for name, evaluation in evaluations.items():
        yield f"selection_{name}", partial(system_figures.selection, evaluation)
        if evaluation["task"][0] == "classification":
            yield f"reliability_{name}", partial(system_figures.reliability, evaluation)
        if blend_of(evaluation, ACCELERATOR):
            yield f"ladder_{name}", partial(system_figures.ladder, evaluation)
        if "grid/input" in evaluation.data:
            yield f"bands_{name}", partial(system_figures.bands, evaluation)
        if ablation := metrics_of(evaluation, "ablation"):
            targets = [target for target in targets_of(evaluation) if target.metric in ablation[IDEAL]]
            yield f"ablation_{name}", partial(system_figures.ablation, ablation, targets)
        yield f"tradeoff_{name}", partial(cost_figures.tradeoff, evaluation)
        yield f"frontier_{name}", partial(cost_figures.frontier, evaluation)


def _drawings(results: Results) -> Iterator[tuple[str, plotting.Drawing]]:
    """Figures by the name of their caption, and the overview."""
    models, evaluations = results.models, results.evaluations
    fluctuations, rest, last = results.fluctuations, results.rest, results.pulses[-1]
    yield "cross_sections", cell_figures.layers
    yield "circuit", partial(cell_figures.circuit, results.settings.pair_drive == "opposite")
    held = results.settings.held_voltages(*models.smtj.voltage_range, models.smtj.read_lever)
    table = load_table(results.settings.cost_table)
    yield "gate", partial(cell_figures.gate, results.disk, max(held, key=abs), results.settings.rows, table)
    if (two := results.two_terminals) is not None:
        yield "two_terminals", partial(cell_figures.two_terminals, two, models.smtj, results.settings.read_time)
    yield "geometry", partial(device_figures.geometry, results.disk, results.track)
    yield "stochastic_snapshots", partial(device_figures.stochastic_mtj_snapshots, fluctuations)
    yield "domain_wall_snapshots", partial(device_figures.domain_wall_mtj_snapshots, rest, last)
    yield "sigma", partial(physics_figures.sigma_of_voltage, models)
    yield "marginals", partial(physics_figures.marginals, fluctuations)
    yield "autocorrelations", partial(physics_figures.autocorrelations, models)
    yield "reads", partial(physics_figures.reads, models, results.settings.read_time)
    yield "traces", partial(physics_figures.conductance_traces, models, results.pulses)
    yield "pulse_response", partial(physics_figures.pulse_response, models)
    yield "levels", partial(physics_figures.levels, models)
    yield "barriers", partial(physics_figures.barriers, results.barriers)
    yield "resolution", partial(physics_figures.resolution, results.resolution, results.disk)
    yield "residuals", partial(model_figures.residuals, models, fluctuations)
    if results.agreement:
        yield "agreement", partial(model_figures.agreement, results.agreement)
    yield from drawings_of_networks(results)
    start = shown_start(results.pulses[-1])
    yield "overview", partial(overview_figure.overview, models, fluctuations[-1], rest, start, evaluations)


def pictures(results: Results) -> dict[str, plotting.Picture]:
    """The overview, and the figures of the page, by the name of their caption."""
    return plotting.pictures(dict(_drawings(results)))


def verdicts(results: SystemResults, warnings: Sequence[str]) -> dict[str, Any]:
    """What the page's templates take: the answer, the verdicts, and what is less sure."""
    evaluations, judgements, models, others = (
        results.evaluations,
        results.judgements,
        results.models,
        results.other_models,
    )
    wrong = {name: metrics_of(evaluation, "controls") for name, evaluation in evaluations.items()}
    ablated = {name: bool(metrics_of(evaluation, "ablation")) for name, evaluation in evaluations.items()}
    return {
        "answers": answers(evaluations, judgements, results.gains, models.dwmtj, results.held),
        "controlled": statements.controlled(judgements, wrong),
        "bought": quality_tables.bought(results.gains) if results.gains else None,
        "controls": {
            name: quality_tables.controls(found, passing(evaluations[name])) for name, found in wrong.items() if found
        },
        "verdicts": quality_tables.verdicts(judgements, ablated),
        "restricted": quality_tables.restrictions({name: restriction(e) for name, e in evaluations.items()}),
        "warnings": [
            *map(reading.pretty, warnings),
            *map(reading.pretty, models.warnings()),
            *filter(None, [statements.volatile(models.dwmtj, *results.held)]),
            *(statements.read_torque(names, moved) for names, moved in results.read_torques if moved.noticed),
            *(f"OOMMF: {reading.pretty(warning)}" for warning in (others.warnings() if others is not None else ())),
            *statements.warnings(evaluations),
        ],
        "remarks": quality_tables.remarks({name: list(map(str, e["warnings"])) for name, e in evaluations.items()}),
    }


def _devices(results: Results) -> dict[str, Any]:
    """What the page's templates take: devices and compact models."""
    models, other = results.models, results.other_models
    return {
        "models": models,
        "read_time": results.settings.read_time,
        "devices": {
            name: device_tables.device(device, cited.load("stacks", device.stack)["parameters"])
            for name, device in (("stochastic MTJ", results.disk), ("domain-wall MTJ", results.track))
        },
        "bare": {
            name: device_tables.bare(device, models.temperature)
            for name, device in (("stochastic MTJ", results.disk), ("domain-wall MTJ", results.track))
        },
        "driven": statements.driven(results.settings.opposite, results.settings.slices, results.settings.leave_out),
        "lever": models.smtj.read_lever,
        "two_terminals": None if results.two_terminals is None else device_tables.two_terminals(results.two_terminals),
        "two_terminals_least": None if results.two_terminals is None else results.two_terminals.least,
        "two_terminals_verdict": ""
        if results.two_terminals is None
        else statements.two_terminals(results.two_terminals, results.settings),
        "renormalised": results.disk.renormalise == "film",
        "track_renormalised": results.track.renormalise == "film",
        "track_pulse": {
            "current_density": float(results.track_resolution["current_density"]),
            "width": float(results.track_resolution["pulse_width"]),
        },
        "stochastic": device_tables.stochastic(models),
        "sensitivities": device_tables.sensitivities(models) if models.smtj.sensitivity.size else None,
        "pulses": device_tables.pulses(models),
        "track_resolution_table": device_tables.track_resolution(results.track_resolution),
        "retention": statements.retention(models.dwmtj, *results.held),
        "agreement": results.agreement,
        "agreement_table": device_tables.agreement(results.agreement),
        "other_engine": other.provenance.get("engine", {}) if other is not None else {},
        "resolution_table": device_tables.resolution(results.resolution),
        "moment": moment_loss(results.fluctuations[0]),
        "level_spacings": np.diff(models.dwmtj.level_mean),
        "observed": {
            "widths": observations.widths(device_figures.three_of(results.fluctuations)),
            "wall": observations.wall_after(results.rest, results.pulses[-1]),
            "rigid_spin": observations.beside_rigid_spin(models.smtj),
            "memory": observations.memory(models.smtj),
            "reads": observations.reads(models.smtj, results.settings.read_time),
            "discretisation": observations.discretisation(results.resolution),
            "track_discretisation": observations.track_discretisation(results.track_resolution),
            "thresholds": observations.thresholds(models.dwmtj),
            "single_move": observations.single_move(models.dwmtj),
        },
    }


def networks(results: SystemResults) -> dict[str, Any]:
    """What the page's templates take: quality and cost of the networks."""
    evaluations = results.evaluations
    metrics = {name: metrics_of(e, "variants") for name, e in evaluations.items()}
    ablation = {name: metrics_of(e, "ablation") for name, e in evaluations.items()}
    table, quality, uncertainty = quality_tables.metrics_table, quality_tables.QUALITY, quality_tables.UNCERTAINTY
    return {
        "results": metrics,
        "read": {name: statements.read_as(settings) for name, settings in results.readings.items()},
        "taken": {name: list(e.provenance.get("data", [])) for name, e in evaluations.items()},
        "chosen": {name: list(e.provenance.get("selection", [])) for name, e in evaluations.items()},
        "fitted": {name: list(e.provenance.get("posterior", [])) for name, e in evaluations.items()},
        "inputs": {name: len(e["test/target"]) for name, e in evaluations.items()},
        "quality": {name: table("network", rows, quality) for name, rows in metrics.items()},
        "uncertainty": {name: table("network", rows, uncertainty) for name, rows in metrics.items()},
        "gaps": {
            name: confidence_gap_of(e, ACCELERATOR)
            for name, e in evaluations.items()
            if e["task"][0] == "classification"
        },
        "ladders": {
            name: quality_tables.ladder(e, cited.load("literature", "calibration")["works"])
            for name, e in evaluations.items()
            if blend_of(e, ACCELERATOR)
        },
        "mixed": {name: observations.mixed(e) for name, e in evaluations.items() if blend_of(e, ACCELERATOR)},
        "ablation": {name: table("chip", rows, quality) for name, rows in ablation.items()},
        "baselines": {name: text for name, text in BASELINES.items() if any(name in rows for rows in metrics.values())},
        "bands": {name: observations.bands(e) for name, e in evaluations.items() if "grid/input" in e.data},
        "operating": {name: observations.operating(e) for name, e in evaluations.items()},
        "costs": cost_tables.costs(evaluations),
        "layers": cost_tables.layers(evaluations),
        "noise": cost_tables.noise(evaluations),
        "rivals": {name: cost_tables.rivals(e) for name, e in evaluations.items()},
        "uncertain": {name: spending.worst(e) for name, e in evaluations.items()},
        "beside_others": {name: spending.others(e) for name, e in evaluations.items()},
    }


def origins(
    results: SystemResults,
    configuration: Mapping[str, Any],
    benchmarks: Mapping[str, Sequence[str]],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """What the page's templates take: where the numbers come from, and how long they took."""
    evaluations = {f"accelerator on {name}": e.provenance for name, e in results.evaluations.items()}
    text = yaml.safe_dump(dict(configuration), sort_keys=False, width=110)
    every = [results.models.provenance, *evaluations.values()]
    return {
        # Older files of the store are those of its code too; the code of the oldest may give other new ones.
        "commit": max(every, key=lambda source: str(source["time"]))["git_commit"],
        "several_commits": len({source["git_commit"] for source in every}) > 1,
        "provenance": results.models.provenance,
        "origins": cost_tables.origins({"compact models": results.models.provenance, **evaluations}),
        "own_files": cost_tables.own_files(files) if files else None,
        "stages": cost_tables.stages(benchmarks),
        "versions": libraries(),
        "python": platform.python_version(),
        "chips": configuration["evaluation"]["chips"],
        "coefficients": cost_tables.coefficients(load_table(configuration["accelerator"]["cost_table"])),
        "literature": cost_tables.literature(cited.load("literature", "bayesian")["works"]),
        "configuration": text,
        "configuration_file": plotting.data_uri(text.encode(), "application/yaml"),
    }


def page(
    results: Results,
    pictures: Mapping[str, plotting.Picture],
    scenario: str,
    configuration: Mapping[str, Any],
    warnings: Sequence[str],
    benchmarks: Mapping[str, Sequence[str]],
    files: Mapping[str, str],
) -> str:
    """The report as HTML.

    Parameters
    ----------
    results
        What the scenario's jobs wrote.
    pictures
        Its figures, see `pictures`.
    scenario
        Its name.
    configuration
        Plain values of all its keys.
    warnings
        What its configuration is warned of.
    benchmarks
        Paths of the benchmarks of its jobs, by rule.
    files
        SHA-256 of every file of a person's own, by its path.
    """
    return pages.render(
        "report.html.j2",
        scenario=scenario,
        figures=plotting.shown(pictures),
        number=reading.number,
        span=reading.span,
        **verdicts(results, warnings),
        **_devices(results),
        **networks(results),
        **origins(results, configuration, benchmarks, files),
        labels=LABELS,
    )
