"""Data sheets of compact models: each device as one would write down its measurement."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.measured.sheet import (
    BARRIERS,
    BIAS,
    JITTER,
    LEVELS,
    PULSES,
    SIGMA,
    DomainWallSheet,
    StochasticSheet,
)
from magbayes.compact_models.measured.table import Column
from magbayes.compact_models.numbers import NORMAL_95
from magbayes.compact_models.retention import BARRIER_ERROR
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.compact_models.store import CompactModels
from magbayes.data.container import replacing

DIGITS = 10
"""Digits of a number in a table."""


def _csv(columns: Mapping[str, Column], names: Sequence[str], rows: Iterable[Sequence[float]], about: str) -> str:
    head = ", ".join(f"{name} / {columns[name].unit}" for name in names)
    # Text of a number that is read back as it was, to the last digit that is kept.
    lines = [", ".join(f"{value:.{DIGITS}g}" for value in row) for row in rows]
    meanings = [f"# {name}: {columns[name].meaning}" for name in names]
    return "\n".join([f"# {about}", *meanings, head, *lines]) + "\n"


def _stochastic_tables(model: StochasticModel) -> dict[str, str]:
    """Tables of the stochastic MTJ by the name of their file; reads over every time that was measured."""
    sigma, gates = [], []
    turn = 2 * math.pi
    for i, voltage in enumerate(model.voltage.tolist()):
        for j, time in enumerate(model.integration_time.tolist()):
            value, low, high = (float(end) for end in model.sigma(voltage, time))
            error = (high - low) / 2 / NORMAL_95
            sigma.append((voltage, time, value, error, model.excess_kurtosis[i, j]))
        gates.append(
            (
                voltage,
                model.conductance_mean[i],
                model.decay_time[i],
                model.resampled_decay_time[:, i].std(ddof=1),
                model.angular_frequency[i] / turn,
                model.resampled_frequency[:, i].std(ddof=1) / turn,
                model.frequency_shift[i] / turn,
                abs(voltage) * model.gate_conductance[i],
            )
        )
    names = ("voltage", "mean", "decay_time", "decay_time_error", "frequency", "frequency_error", "frequency_shift")
    return {
        "smtj_sigma.csv": _csv(
            SIGMA, tuple(SIGMA), sigma, "every gate voltage with every integration time, both rising"
        ),
        "smtj_bias.csv": _csv(BIAS, (*names, "gate_current"), gates, "a row for each gate voltage"),
    }


def _domain_wall_tables(model: DomainWallModel) -> dict[str, str]:
    """Tables of the domain-wall MTJ by the name of their file."""
    levels = [
        (i, *row) for i, row in enumerate(zip(model.level_mean, model.level_error, model.level_spread, strict=True))
    ]
    jitter = [
        (i, time, float(model.level_std[i] * np.sqrt(model.level_variance_function[i, j])))
        for i, (j, time) in product(range(len(levels)), enumerate(model.level_integration_time.tolist()))
    ]
    pulses = [
        (width, current, move, int(model.moved[w, j, m]))
        for (w, width), (j, current), (m, move) in product(
            *(enumerate(axis.tolist()) for axis in (model.pulse_width, model.current_density, model.moves))
        )
    ]
    tables = {
        "dwmtj_levels.csv": _csv(LEVELS, tuple(LEVELS), levels, "a row for each level, the conductance rising"),
        "dwmtj_jitter.csv": _csv(JITTER, tuple(JITTER), jitter, "every level with every integration time"),
        "dwmtj_pulses.csv": _csv(PULSES, tuple(PULSES), pulses, "how many pulses moved a wall by how many levels"),
    }
    if len(model.barrier):
        barriers = [
            (kelvin, barrier, BARRIER_ERROR / NORMAL_95 * barrier, spread, rate)
            for kelvin, barrier, spread, rate in zip(
                *(model.barrier_temperature, model.barrier, model.barrier_spread, model.attempt_rate), strict=True
            )
        ]
        tables["dwmtj_barriers.csv"] = _csv(BARRIERS, tuple(BARRIERS), barriers, "a row for each temperature")
    return tables


def _sheet(kind: type[StochasticSheet] | type[DomainWallSheet], entries: Mapping[str, Any]) -> str:
    """Text of a sheet, with the meaning of every key that it may have, those first that it has to."""
    fields = sorted(kind.model_fields.items(), key=lambda field: not field[1].is_required())
    lines = [
        "# Data sheet of a measured device. Tables are CSV files beside it, with units in their head row: SI, or with",
        "# a prefix. A number that stands here has its unit, its interval (low, high) if it has one, and its source;",
        '# or is called an assumption and has a range: {value: 0.02, low: 0, high: 0.05, unit: "1", assumption: why}',
        "# A key that is left out was not measured, which the report says with its consequences. Keys:",
        *(
            f"#   {name}{'' if field.is_required() else ' (may be left out)'}: {field.description}"
            for name, field in fields
        ),
    ]
    return "\n".join(lines) + "\n" + yaml.safe_dump(dict(entries), sort_keys=False, allow_unicode=True, width=110)


def _entry(value: float, unit: str, source: str) -> dict[str, Any]:
    return {"value": float(f"{value:.{DIGITS}g}"), "unit": unit, "source": source}


def write_sheets(models: CompactModels, folder: Path, source: str) -> list[Path]:
    """Write `smtj.yaml` and `dwmtj.yaml` with their tables; returns the paths.

    The stochastic MTJ at the models' own temperature. A table says less than a model: the slopes of sigma and the draws
    of its shape are not in it, nor what was observed at rest.

    Parameters
    ----------
    models
        What is written down.
    folder
        Where to.
    source
        Where the models are from.

    Raises
    ------
    ValueError
        A file is there already.
    """
    smtj, dwmtj = models.smtj, models.dwmtj
    kelvin = _entry(models.temperature, "K", source)
    stochastic = {
        "device": "stochastic_mtj",
        "name": "stochastic MTJ",
        "source": source,
        "temperature": kelvin,
        "sigma": "smtj_sigma.csv",
        "bias": "smtj_bias.csv",
        "marginal": "measured",
        "parallel_conductance": _entry((smtj.conductance_mean + smtj.largest_deviation).max(), "S", source),
        "offset_spread": _entry(smtj.offset_std, "V", source),
        "scale_spread": _entry(smtj.scale_std, "1", source),
        "read_lever": _entry(smtj.read_lever, "1", source),
    }
    if smtj.gate_capacitance:
        stochastic["gate_capacitance"] = _entry(smtj.gate_capacitance, "F", source)
    tables = _domain_wall_tables(dwmtj)
    wall = {
        "device": "domain_wall_mtj",
        "name": "domain-wall MTJ",
        "source": source,
        "temperature": kelvin,
        **{name.removeprefix("dwmtj_").removesuffix(".csv"): name for name in tables},
        "metal_resistance": _entry(dwmtj.metal_resistance, "Ohm", source),
        "metal_cross_section": _entry(dwmtj.metal_cross_section, "m^2", source),
        "settling_time": _entry(dwmtj.settling_time, "s", source),
    }
    files = {
        "smtj.yaml": _sheet(StochasticSheet, stochastic),
        **_stochastic_tables(smtj),
        "dwmtj.yaml": _sheet(DomainWallSheet, wall),
        **tables,
    }
    return _write(folder, files)


def copy_template(folder: Path) -> list[Path]:
    """Write the template to a folder: sheets to fill in, whose numbers are an example; returns the paths.

    Raises
    ------
    ValueError
        A file is there already.
    """
    template = resources.files("magbayes.data") / "devices" / "template"
    names = sorted((entry.name for entry in template.iterdir()), key=lambda name: (not name.endswith(".yaml"), name))
    return _write(folder, {name: (template / name).read_text(encoding="utf-8") for name in names})


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    paths = [folder / name for name in files]
    if there := next((path for path in paths if path.exists()), None):
        raise ValueError(f"{there} is there already; expected a folder without it")
    for path, text in zip(paths, files.values(), strict=True):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return paths
