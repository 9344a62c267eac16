"""Tables of measured devices: what their data sheets say, what was not measured, and the models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from magbayes.compact_models.measured.validation import LeftOut
from magbayes.compact_models.store import CompactModels
from magbayes.data.estimate import Estimate
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.tables.cells import PageCell, PageTable, estimate, plain


def quantities(about: Mapping[str, Any]) -> PageTable:
    """Numbers of a sheet that stand in no table: value with its range, and source or assumption."""
    rows = []
    for key, entry in about["quantities"].items():
        ends = f"{number(entry['low'])} to {number(entry['high'])}" if "low" in entry else ""
        origin = entry.get("source") or f"assumption: {entry['assumption']}"
        shown = PageCell(f"{number(entry['value'])} {entry['unit']}".removesuffix(" 1"), entry["value"], ends)
        rows.append([PageCell(key), shown, PageCell(origin)])
    return PageTable(["key", "value", "source"], rows)


def missing(measured: Mapping[str, Any]) -> PageTable:
    """What was not measured of the devices by their names, and what becomes of results that depend on it."""
    rows = [[PageCell(name), *map(PageCell, entry)] for name, about in measured.items() for entry in about["missing"]]
    return PageTable(["device", "not measured", "consequence"], rows)


def points(models: CompactModels, left: LeftOut) -> PageTable:
    """The stochastic MTJ at each gate voltage, and what the others predict there."""
    smtj, rows = models.smtj, []
    predicted = {
        float(voltage): Estimate(*(float(end[i]) for end in left.residual)) for i, voltage in enumerate(left.voltage)
    }
    for i, voltage in enumerate(smtj.voltage.tolist()):
        memory = smtj.memory(voltage)
        sigma = Estimate(smtj.conductance_sigma[i], smtj.sigma_low[i], smtj.sigma_high[i])
        rows.append(
            [
                PageCell(number(voltage), voltage),
                plain(1e6 * smtj.conductance_mean[i], ".4g"),
                estimate(sigma, 1e6),
                estimate(memory.decay_time, 1e9),
                plain(1e-9 * smtj.angular_frequency[i] / math.tau),
                plain(smtj.excess_kurtosis[i, 0], ".2f"),
                estimate(predicted[voltage], 100, "+.2g") if voltage in predicted else PageCell("–"),
            ]
        )
    columns = ("gate / V", "mean / µS", "sigma of an instant / µS", "decay / ns", "frequency / GHz", "excess kurtosis")
    return PageTable([*columns, "left out: residual / %"], rows)


def pulses(models: CompactModels) -> PageTable:
    """What each pulse does to a wall, and costs."""
    dwmtj, rows = models.dwmtj, []
    share = dwmtj.depinning_probability
    for w, width in enumerate(dwmtj.pulse_width.tolist()):
        for j, current in enumerate(dwmtj.current_density.tolist()):
            rows.append(
                [
                    plain(1e9 * width),
                    plain(1e-11 * current),
                    estimate(Estimate(*(end[w, j] for end in share)), 100),
                    plain(dwmtj.mean_moves[w, j], ".2f"),
                    plain(float(dwmtj.moved[w, j].sum()), ".0f"),
                    plain(1e15 * dwmtj.pulse_energy[w, j]),
                ]
            )
    columns = ("width / ns", "current density / 10¹¹ A/m²", "depinning / %", "mean move", "pulses", "energy / fJ")
    return PageTable(columns, rows)
