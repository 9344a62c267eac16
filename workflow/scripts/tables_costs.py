"""Tables of what a prediction costs, and of what the run itself took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from micromag.fileformat import Contents
from statements import digital_of, energy_of
from tables import Cell, Table, plain
from waiting import in_words, seconds_in

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
    area = all(any(path.startswith("cost/area/") for path in e.data) for e in evaluations.values())
    columns = ["data set", "energy / nJ", "latency / µs", "passes", "write pulses", "write energy / pJ"]
    rows = []
    for name, e in evaluations.items():
        samples, pulses = int(e["cost/samples"]), float(e["cost/programming/pulses"])
        row = [Cell(name), plain(1e9 * sums(e, "energy").sum()), plain(1e6 * float(e["cost/latency"]))]
        row += [Cell(str(samples), samples), Cell(f"{pulses:.0f}", pulses)]
        row.append(plain(1e12 * float(e["cost/programming/energy"])))
        rows.append([*row, plain(1e6 * sums(e, "area").sum())] if area else row)
    return Table([*columns, "area / mm²"] if area else columns, rows)


def layers(evaluations: Mapping[str, Contents]) -> Table | None:
    """Energy, area and time of a pass by layer; None where a file does not have them."""
    if any("cost/passing" not in e.data for e in evaluations.values()):
        return None
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
    parts = list(next(iter(others.values()), {}))
    rows = [[Cell("this array"), *(Cell("–") for _ in parts), plain(1e9 * array), plain(1.0)]]
    for name, spent in others.items():
        total = sum(spent.values())
        rows.append(
            [Cell(name), *(plain(1e9 * spent[part]) for part in parts), plain(1e9 * total), plain(total / array)]
        )
    return Table(["network", *(f"{part} / nJ" for part in parts), "energy / nJ", "times the array's"], rows)


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
