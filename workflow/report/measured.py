"""The report of a scenario whose devices are not simulated: their data sheets, and what an array makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from magbayes.compact_models import store
from magbayes.compact_models.measured.validation import left_out
from magbayes.system.evaluation.variants import LABELS
from magbayes.workflow.report import observations, pages, reading, statements
from magbayes.workflow.report.figures import cell as cell_figures
from magbayes.workflow.report.figures import measured as measured_figures
from magbayes.workflow.report.figures import overview as overview_figure
from magbayes.workflow.report.figures import physics as physics_figures
from magbayes.workflow.report.figures import plotting
from magbayes.workflow.report.scenario import (
    SystemResults,
    drawings_of_networks,
    networks,
    origins,
    read_system,
    verdicts,
)
from magbayes.workflow.report.tables import measured as tables

NAMES = {"smtj": "stochastic MTJ", "dwmtj": "domain-wall MTJ"}
"""What the devices are called."""


def read_results(configuration: Mapping[str, Any], models: str, accelerator: Mapping[str, str]) -> SystemResults:
    """Read the files of a scenario's jobs.

    Parameters
    ----------
    configuration
        Of the scenario, as plain values.
    models
        Path of the compact models.
    accelerator
        Paths of evaluations, by data set.

    Raises
    ------
    magbayes.data.container.FileFormatError
        A file is absent, damaged, foreign or incomplete.
    """
    return SystemResults(models=store.load(models), other_models=None, **read_system(configuration, accelerator))


def _drawings(results: SystemResults) -> Iterator[tuple[str, plotting.Drawing]]:
    models, evaluations = results.models, results.evaluations
    yield "circuit", partial(cell_figures.circuit, results.settings.pair_drive == "opposite")
    yield "measured_sigma", partial(measured_figures.sigma, models, left_out(models.smtj), results.settings.read_time)
    yield "pulse_response", partial(physics_figures.pulse_response, models)
    yield "levels", partial(physics_figures.levels, models)
    yield from drawings_of_networks(results)
    yield "overview", partial(overview_figure.of_measured, models, evaluations)


def pictures(results: SystemResults) -> dict[str, plotting.Picture]:
    """The overview, and the figures of the page, by the name of their caption."""
    return plotting.pictures(dict(_drawings(results)))


def _devices(results: SystemResults) -> dict[str, Any]:
    """What the page's template takes: data sheets and compact models."""
    models, left = results.models, left_out(results.models.smtj)
    origin = models.provenance.get("taken_from", {})
    sheets = {NAMES[key]: about for key, about in models.measured.items()}
    return {
        "models": models,
        "sheets": sheets,
        "quantities": {name: tables.quantities(about) for name, about in sheets.items()},
        "taken": {NAMES[key]: entry.get("git_commit", "unknown") for key, entry in origin.items()},
        "missing": tables.missing(sheets),
        "points": tables.points(models, left),
        "pulses": tables.pulses(models),
        "thresholds": observations.thresholds(models.dwmtj),
        "retention": statements.retention(models.dwmtj, *results.held),
        "driven": statements.driven(results.settings.opposite, results.settings.slices, results.settings.leave_out),
        "read_time": results.settings.read_time,
        "level_spacings": np.diff(models.dwmtj.level_mean),
    }


def page(
    results: SystemResults,
    pictures: Mapping[str, plotting.Picture],
    scenario: str,
    configuration: Mapping[str, Any],
    warnings: Sequence[str],
    benchmarks: Mapping[str, Sequence[str]],
    files: Mapping[str, str],
) -> str:
    """The report as HTML; parameters are those of `magbayes.workflow.report.scenario.page`."""
    return pages.render(
        "measured.html.j2",
        scenario=scenario,
        figures=plotting.shown(pictures),
        number=reading.number,
        span=reading.span,
        **verdicts(results, warnings),
        devices=_devices(results),
        **networks(results),
        **origins(results, configuration, benchmarks, files),
        labels=LABELS,
    )
