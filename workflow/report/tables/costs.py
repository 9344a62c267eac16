"""Tables of what a prediction costs, and of what the run itself took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from magbayes.data.container import Contents
from magbayes.system.cost.digital import DIGITAL_PARTS
from magbayes.system.evaluation.costs import cost_by_layer, digital_energy_by_part, energy_by_part
from magbayes.workflow.forecast import in_words, seconds_in
from magbayes.workflow.report.spending import digital_name
from magbayes.workflow.report.tables.cells import PageCell, PageTable, plain

STAGES = {
    "fluctuation": "stochastic MTJ, fluctuation",
    "resolution": "stochastic MTJ, cell size and time step",
    "pulse": "domain-wall MTJ, pulses",
    "rest": "domain-wall MTJ, levels at rest",
    "retention": "domain-wall MTJ, barriers",
    "track_resolution": "domain-wall MTJ, cell size",
    "variation": "variation between devices",
    "fit": "compact models",
    "network": "networks",
    "baselines": "baselines",
    "accelerator": "accelerator",
}
"""Folders and files of benchmarks, and what ran there."""


def costs(evaluations: Mapping[str, Contents]) -> PageTable:
    """What a prediction takes in all, and what writing the weights takes."""
    rows = [
        [
            PageCell(name),
            plain(1e9 * cost_by_layer(e, "energy").sum()),
            plain(1e6 * float(e["cost/latency"])),
            plain(float(e["cost/samples"]), ".0f"),
            plain(1e6 * cost_by_layer(e, "area").sum()),
            plain(float(e["cost/programming/pulses"]), ".0f"),
            plain(1e12 * float(e["cost/programming/energy"])),
        ]
        for name, e in evaluations.items()
    ]
    columns = ["data set", "energy / nJ", "latency / µs", "passes", "area / mm²", "write pulses", "write energy / pJ"]
    return PageTable(columns, rows)


def layers(evaluations: Mapping[str, Contents]) -> PageTable:
    """Energy, area and time of a pass by layer."""
    rows = [
        [PageCell(name), PageCell(str(i), i), plain(1e9 * energy), plain(1e12 * area), plain(1e9 * passing)]
        for name, e in evaluations.items()
        for i, (energy, area, passing) in enumerate(
            zip(cost_by_layer(e, "energy"), cost_by_layer(e, "area"), e["cost/passing"], strict=True), start=1
        )
    ]
    return PageTable(["data set", "layer", "energy of a prediction / nJ", "area / µm²", "time of a pass / ns"], rows)


def digital(evaluation: Contents) -> PageTable:
    """Digital Bayesian networks by what they spend, beside the array."""
    array, others = sum(energy_by_part(evaluation).values()), digital_energy_by_part(evaluation)
    rows = [[PageCell("this array"), *(PageCell("–") for _ in DIGITAL_PARTS), plain(1e9 * array), plain(1.0)]]
    for name, spent in others.items():
        total = sum(spent.values())
        rows.append(
            [
                PageCell(digital_name(name)),
                *(plain(1e9 * spent[part]) for part in DIGITAL_PARTS),
                plain(1e9 * total),
                plain(total / array),
            ]
        )
    return PageTable(["network", *(f"{part} / nJ" for part in DIGITAL_PARTS), "energy / nJ", "times the array's"], rows)


def stages(benchmarks: Mapping[str, Sequence[str]]) -> PageTable | None:
    """How long each stage took, from the benchmarks that its jobs left, by rule; None where there are none."""
    rows = []
    for rule, stage in STAGES.items():
        found = (seconds_in(path) for path in map(Path, benchmarks.get(rule, ())))
        times = [seconds for seconds in found if seconds is not None]
        if times:
            total = PageCell(in_words(sum(times)), sum(times))
            rows.append([PageCell(stage), PageCell(str(len(times)), len(times)), total])
    return PageTable(["stage", "jobs", "time, all jobs together"], rows) if rows else None


def origins(provenances: Mapping[str, Mapping[str, Any]]) -> PageTable:
    """Package, commit, seed, time and configuration of files."""
    rows = [
        [
            PageCell(name),
            *(PageCell(str(p.get(key, "–"))) for key in ("package", "git_commit", "seed", "time")),
            PageCell(str(p.get("configuration_sha256", "–"))[:12]),
        ]
        for name, p in provenances.items()
    ]
    return PageTable(["file", "package", "commit", "seed", "time", "configuration (SHA-256)"], rows)
