"""Texts about compact model files: what one holds, how two differ, and what any of them may hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from magbayes.compact_models.compare import compare
from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.measured.models import assemble
from magbayes.compact_models.measured.validation import FEWEST, left_out
from magbayes.compact_models.measured.writing import copy_template, write_sheets
from magbayes.compact_models.schema import table
from magbayes.compact_models.store import GROUPS, KIND, VERSION, CompactModels, load, save
from magbayes.data.estimate import Estimate
from magbayes.workflow.command.columns import columns
from magbayes.workflow.report.reading import number


def _interval(estimate: Estimate, scale: float) -> str:
    return "{:.3g} ({:.3g} to {:.3g})".format(*(scale * float(value) for value in estimate))


def _retention(dwmtj: DomainWallModel) -> str:
    seen = dwmtj.observed_escape_rate
    observed = f"escapes seen at rest: {dwmtj.rest_escapes.sum()}, a rate of at most {seen.high:.2g} /s"
    if not dwmtj.rest_replicas:
        observed = "no wall was watched at rest"
    if not len(dwmtj.barrier):
        return f"{observed}; no barrier is known"
    times = [(kelvin, dwmtj.retention(kelvin)) for kelvin in dwmtj.barrier_temperature]
    held = ", ".join(f"{t.value:.1g} s ({t.low:.1g} to {t.high:.1g}) at {kelvin:g} K" for kelvin, t in times)
    return f"{observed}; retention of a level, by its barrier: {held}"


def show(models: CompactModels) -> str:
    """Text that says what a file holds, how sure it is, and where it is from."""
    smtj, dwmtj, source = models.smtj, models.dwmtj, models.provenance
    engine = source.get("engine")
    engine = engine if isinstance(engine, dict) else {}
    gates = [
        (
            f"{voltage:g}",
            _interval(smtj.sigma(voltage), 1e6),
            _interval(memory.decay_time, 1e9),
            _interval(memory.angular_frequency, 1e-9 / (2 * np.pi)),
            _interval(memory.frequency_shift, 1e-9 / (2 * np.pi)),
            f"{smtj.excess_kurtosis[i, 0]:.2f}",
            f"{smtj.effective_samples[i]:.0f}",
        )
        for i, voltage in enumerate(smtj.voltage)
        for memory in [smtj.memory(voltage)]
    ]
    levels = [
        (f"{i}", f"{1e6 * mean:.4g}", f"{1e6 * std:.2g}", f"{1e6 * spread:.2g}")
        for i, (mean, std, spread) in enumerate(zip(*dwmtj.levels, dwmtj.level_spread, strict=True))
    ]
    share = dwmtj.depinning_probability
    pulses = [
        (
            f"{1e9 * width:g}",
            f"{1e-11 * current:g}",
            _interval(Estimate(*(end[w, j] for end in share)), 100),
            f"{dwmtj.mean_moves[w, j]:.2f}",
            f"{1e15 * dwmtj.pulse_energy[w, j]:.3g}",
            f"{dwmtj.peak_temperature[w, j]:.0f}" if dwmtj.peak_temperature[w, j] else "–",
        )
        for w, width in enumerate(dwmtj.pulse_width)
        for j, current in enumerate(dwmtj.current_density)
    ]
    parts = [
        f"{source.get('package', 'unknown')}, commit {source.get('git_commit', 'unknown')}, "
        f"{source.get('time', 'time unknown')}\n"
        f"engine {engine.get('engine', 'unknown')} {engine.get('version', '')}, {models.temperature:g} K",
        f"stochastic MTJ, mean {1e6 * smtj.conductance_mean[0]:.4g} µS; 95 % intervals in brackets; at "
        f"{', '.join(f'{t:g}' for t in models.stochastic)} K; between devices "
        f"{number(1e3 * smtj.offset_std, '.2g')} mV of gate voltage and {100 * smtj.scale_std:.2g} % of conductance",
        columns(
            (
                "gate / V",
                "sigma / µS",
                "decay / ns",
                "frequency / GHz",
                "shift / GHz",
                "excess kurtosis",
                "samples",
            ),
            gates,
        ),
        "domain-wall MTJ",
        columns(("level", "mean / µS", "jitter / µS", "between devices / µS"), levels),
        f"pulses, {1e9 * dwmtj.settling_time:g} ns to settle",
        columns(
            ("width / ns", "current / 10^11 A/m^2", "depinning / %", "mean move", "energy / fJ", "peak / K"), pulses
        ),
        _retention(dwmtj),
        *(f"warning: {warning}" for warning in models.warnings()),
    ]
    return "\n\n".join(parts)


def _left_out(models: CompactModels) -> str:
    """Every inner gate voltage of the stochastic MTJ beside what the others predict."""
    left = left_out(models.smtj)
    rows = [
        (f"{voltage:g}", _interval(Estimate(*(end[i] for end in left.residual)), 100), f"{left.distance[i]:+.2f}")
        for i, voltage in enumerate(left.voltage)
    ]
    return columns(("gate / V", "sigma less prediction / %", "/ standard error"), rows)


def imported(smtj: str, dwmtj: str, seed: int, output: str) -> str:
    """Write the compact models of two measured devices to a file; text that says what it holds and how sure it is."""
    models = assemble(smtj, dwmtj, seed)
    save(output, models)
    about = [
        f"{key}: {entry['name']}; {entry['source']}"
        + "".join(f"\n  not measured: {what}; {then}" for what, then in entry["missing"])
        + "".join(f"\n  assumed: {text}" for text in entry["assumptions"])
        for key, entry in models.measured.items()
    ]
    parts = [show(models), *about]
    if len(models.smtj.voltage) >= FEWEST:
        parts.append("each gate voltage left out, and predicted from the others, with 95 % intervals")
        parts.append(_left_out(models))
    return "\n\n".join([*parts, f"{output} is written"])


def sheets(folder: str, of: str | None) -> str:
    """Write data sheets to a folder: those of a compact model file, or the template; text that names them."""
    if of is None:
        paths = copy_template(Path(folder))
    else:
        paths = write_sheets(load(of), Path(folder), f"compact models {Path(of).name}")
    given = " ".join(f"--{device} {Path(folder) / device}.yaml" for device in ("smtj", "dwmtj"))
    return "\n".join([*map(str, paths), f"made into compact models by: magbayes import {given} models.h5"])


def differences(one: CompactModels, other: CompactModels) -> str:
    """Text that puts two files beside each other."""
    comparisons = compare(one, other)
    rows = [
        (
            c.quantity + (" / µS" if c.unit == "S" else " / %"),
            f"{c.bias:g} {c.bias_unit}",
            *(_interval(e, 1e6 if c.unit == "S" else 100) for e in (c.one, c.other)),
            f"{c.distance:+.2f}",
        )
        for c in comparisons
    ]
    agreeing = sum(c.agrees for c in comparisons)
    return (
        columns(("quantity", "at", "one", "other", "difference / joint margin"), rows)
        + f"\n\n{agreeing} of {len(comparisons)} differences lie within the joint 95 % margin"
    )


def schema() -> str:
    """Markdown page that lists what a file holds."""
    return (
        f"# Compact model files, version {VERSION}\n\n"
        "HDF5, every number in SI units, each dataset with the attributes `unit` and `description`. The attributes of\n"
        f'the root are `format` ("{KIND}"), `version` ({VERSION}) and `provenance` (JSON).\n'
        "`diagnostics/` may hold more to look at. A reader relies on these datasets; a name in a shape stands for one\n"
        "length within its group:\n\n"
        f"{table(GROUPS)}\n\n"
        "Read with h5py alone:\n\n"
        "```python\n"
        "import h5py\n\n"
        'with h5py.File("models.h5") as file:\n'
        '    sigma = file["smtj/conductance_sigma"]\n'
        '    print(file["smtj/temperature"][:], file["smtj/voltage"][:], sigma[:], sigma.attrs["unit"])\n'
        "```\n\n"
        "This page is written by `magbayes schema`."
    )
