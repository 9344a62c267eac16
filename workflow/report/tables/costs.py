"""Tables of what a prediction costs, and of what the run itself took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.cost.table import CostTable
from magbayes.system.cost.work import RIVAL_PARTS
from magbayes.system.evaluation.cost_file import NONE
from magbayes.system.evaluation.costs import (
    area_of,
    cost_by_layer,
    energy_of,
    noise_of_full_scale,
    noise_shares,
    rivals_of,
)
from magbayes.workflow.forecast import in_words, seconds_in
from magbayes.workflow.report.names import words
from magbayes.workflow.report.reading import number, ranged
from magbayes.workflow.report.spending import NAMES, generator_name, rival_name
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
    "measured": "compact models of measured devices",
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
            _nanojoules(energy_of(e)),
            plain(1e6 * float(e["cost/latency"])),
            plain(float(e["cost/samples"]), ".0f"),
            _square_millimetres(area_of(e)),
            plain(float(e["cost/programming/pulses"]), ".0f"),
            plain(1e9 * float(e["cost/programming/energy"])),
        ]
        for name, e in evaluations.items()
    ]
    columns = ["data set", "energy / nJ", "latency / µs", "passes", "area / mm²", "write pulses", "write energy / nJ"]
    return PageTable(columns, rows)


def layers(evaluations: Mapping[str, Contents]) -> PageTable:
    """Energy, area and time of a pass by layer, counted from 0 as in warnings."""
    rows = [
        [PageCell(name), PageCell(str(i), i), plain(1e9 * energy), plain(1e12 * area), plain(1e9 * passing)]
        for name, e in evaluations.items()
        for i, (energy, area, passing) in enumerate(
            zip(cost_by_layer(e, "energy"), cost_by_layer(e, "area"), e["cost/passing"], strict=True)
        )
    ]
    return PageTable(["data set", "layer", "energy of a prediction / nJ", "area / µm²", "time of a pass / ns"], rows)


NOISE = {
    "noise": "stochastic MTJs",
    "jitter": "walls at rest",
    "thermal": "Johnson and shot",
    "amplifier": "amplifiers",
    "adc_noise": "ADCs",
}
"""Sources of noise in a read."""


def noise(evaluations: Mapping[str, Contents]) -> PageTable:
    """Noise budget of a read: shares of the variance of a column's current, by layer, counted from 0."""
    rows = []
    for name, e in evaluations.items():
        shares = noise_shares(e)
        for i, size in enumerate(noise_of_full_scale(e)):
            parts = (plain(100 * float(shares[source][i])) for source in NOISE)
            rows.append([PageCell(name), PageCell(str(i), i), *parts, plain(100 * float(size))])
    columns = ["data set", "layer", *(f"{text} / %" for text in NOISE.values()), "std / % of the ADC's full scale"]
    return PageTable(columns, rows)


def _nanojoules(energy: Estimate) -> PageCell:
    return PageCell(ranged(Estimate(*(1e9 * value for value in energy)), ".3g"), energy.value)


def _square_millimetres(area: Estimate) -> PageCell:
    return PageCell(ranged(Estimate(*(1e6 * value for value in area))), area.value)


def rivals(evaluation: Contents) -> PageTable:
    """Other circuits by what they spend at the passes of the evaluation, beside the array."""
    samples = int(evaluation["cost/samples"])
    here = [PageCell("this array"), PageCell("–"), PageCell(str(samples), samples)]
    rows = [[*here, *(PageCell("–") for _ in RIVAL_PARTS), _nanojoules(energy_of(evaluation)), PageCell("1", 1.0)]]
    for rival in rivals_of(evaluation):
        if rival.network not in ("deterministic", "ensemble") and rival.samples != samples:
            continue
        rows.append(
            [
                PageCell(rival_name(rival)),
                PageCell("–" if rival.generator == NONE else generator_name(rival.generator)),
                PageCell(str(rival.samples), rival.samples),
                *(plain(1e9 * rival.parts[part]) for part in RIVAL_PARTS),
                _nanojoules(rival.total),
                PageCell(ranged(rival.ratio), rival.ratio.value),
            ]
        )
    parts = (f"{NAMES.get(part, part)} / nJ" for part in RIVAL_PARTS)
    return PageTable(["circuit and network", "generator", "passes", *parts, "energy / nJ", "times the array's"], rows)


def coefficients(table: CostTable) -> PageTable:
    """The coefficients at the node of the table, with ranges and sources."""
    rows = [
        [
            PageCell(words(name)),
            *(PageCell(number(value), value) for value in (one.value, one.low, one.high)),
            PageCell(one.unit.replace("^2", "²")),
            PageCell("read" if one.checked else "assumed"),
            PageCell(one.source),
        ]
        for name, one in table.coefficients().items()
    ]
    return PageTable(["coefficient", "value", "low", "high", "unit", "number", "source"], rows)


def literature(works: Sequence[Mapping[str, Any]]) -> PageTable:
    """Published circuits, each with what its figure counts."""
    rows = [
        [
            PageCell(work["name"]),
            PageCell(work["circuit"]),
            plain(1e12 * work["energy"]) if work["energy"] is not None else PageCell("–"),
            PageCell(work["of"]),
            PageCell(work["counts"]),
            PageCell(work["read"]),
        ]
        for work in works
    ]
    return PageTable(["work", "circuit", "energy / pJ", "energy of", "what it counts", "what was read"], rows)


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


def own_files(files: Mapping[str, str]) -> PageTable:
    """Files of a person's own, and their hashes."""
    return PageTable(["file", "SHA-256"], [[PageCell(path), PageCell(digest)] for path, digest in files.items()])
