"""Tables of what a prediction costs, and of what the run itself took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magbayes.data.container import Contents
from magbayes.system.cost.digital import DIGITAL_PARTS
from magbayes.workflow.forecast import in_words, seconds_in
from magbayes.workflow.report.spending import digital_of, energy_of
from magbayes.workflow.report.tables.quality import Cell, Table, plain

STAGES = {
    "micromag/smtj": "micromagnetics of the stochastic MTJ",
    "micromag/dwmtj": "micromagnetics of the domain-wall MTJ",
    "compact_models.tsv": "compact models",
    "networks": "training",
    "baselines": "baselines",
    "accelerator": "accelerator",
}
"""Folders and files of benchmarks, and what ran there."""


def sums(evaluation: Contents, group: str) -> Any:
    """Sum over the parts of a cost, by layer."""
    return sum(values for path, values in evaluation.data.items() if path.startswith(f"cost/{group}/"))


def costs(evaluations: Mapping[str, Contents]) -> Table:
    """What a prediction takes in all, and what writing the weights takes."""
    rows = [
        [
            Cell(name),
            plain(1e9 * sums(e, "energy").sum()),
            plain(1e6 * float(e["cost/latency"])),
            plain(float(e["cost/samples"]), ".0f"),
            plain(1e6 * sums(e, "area").sum()),
            plain(float(e["cost/programming/pulses"]), ".0f"),
            plain(1e12 * float(e["cost/programming/energy"])),
        ]
        for name, e in evaluations.items()
    ]
    columns = ["data set", "energy / nJ", "latency / µs", "passes", "area / mm²", "write pulses", "write energy / pJ"]
    return Table(columns, rows)


def layers(evaluations: Mapping[str, Contents]) -> Table:
    """Energy, area and time of a pass by layer."""
    rows = [
        [Cell(name), Cell(str(i), i), plain(1e9 * energy), plain(1e12 * area), plain(1e9 * passing)]
        for name, e in evaluations.items()
        for i, (energy, area, passing) in enumerate(
            zip(sums(e, "energy"), sums(e, "area"), e["cost/passing"], strict=True), start=1
        )
    ]
    return Table(["data set", "layer", "energy of a prediction / nJ", "area / µm²", "time of a pass / ns"], rows)


def digital(evaluation: Contents) -> Table:
    """Digital Bayesian networks by what they spend, beside the array."""
    array, others = sum(energy_of(evaluation).values()), digital_of(evaluation)
    rows = [[Cell("this array"), *(Cell("–") for _ in DIGITAL_PARTS), plain(1e9 * array), plain(1.0)]]
    for name, spent in others.items():
        total = sum(spent.values())
        rows.append(
            [
                Cell(name),
                *(plain(1e9 * spent[part]) for part in DIGITAL_PARTS),
                plain(1e9 * total),
                plain(total / array),
            ]
        )
    return Table(["network", *(f"{part} / nJ" for part in DIGITAL_PARTS), "energy / nJ", "times the array's"], rows)


def stages(logs: Path) -> Table | None:
    """How long each stage took, from the benchmarks that its jobs left in `logs`; None where there are none."""
    rows = []
    for place, stage in STAGES.items():
        for part, engine in (("", ""), ("oommf/", ", OOMMF")):
            path = logs / part / place
            times = [
                seconds for file in ([path] if path.is_file() else path.glob("*.tsv")) for seconds in seconds_in(file)
            ]
            if times:
                total = Cell(in_words(sum(times)), sum(times))
                rows.append([Cell(stage + engine), Cell(str(len(times)), len(times)), total])
    return Table(["stage", "jobs", "time, all jobs together"], rows) if rows else None


def origins(provenances: Mapping[str, Mapping[str, Any]]) -> Table:
    """Package, commit, seed, time and configuration of files."""
    rows = [
        [
            Cell(name),
            *(Cell(str(p.get(key, "–"))) for key in ("package", "git_commit", "seed", "time")),
            Cell(p["configuration_sha256"][:12]),
        ]
        for name, p in provenances.items()
    ]
    return Table(["file", "package", "commit", "seed", "made", "configuration (SHA-256)"], rows)
