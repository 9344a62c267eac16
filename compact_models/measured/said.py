"""What was not measured of a device, and what follows from that, said in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.constants import k

from magbayes.compact_models import retention
from magbayes.compact_models.domain_wall_mtj import LEAST_DEPINNING, PULSE_LIMIT, DomainWallModel
from magbayes.compact_models.measured.sheet import Measured, Quantity
from magbayes.compact_models.measured.validation import inconsistent_reads, left_out, wrong_points
from magbayes.compact_models.numbers import NORMAL_95
from magbayes.compact_models.stochastic_mtj import StochasticModel


class Missing(NamedTuple):
    """Something that was not measured."""

    what: str
    then: str
    """What becomes of results that depend on it."""


def missing_of_stochastic(measured: Measured) -> list[Missing]:
    """What a sheet of a stochastic MTJ leaves out."""
    sheet, sigma, bias = measured.sheet, measured.tables["sigma"], measured.tables["bias"]
    found = [
        Missing("other temperatures", f"the device is used at {sheet.temperature.value:g} K alone; others are refused")
    ]
    if (shortest := sigma.axes[1][0]) > 0:
        found.append(
            Missing(
                f"reads shorter than {shortest:.3g} s",
                "read times below that are refused; sigma of an instant is what decay_time makes of it",
            )
        )
    if sheet.marginal == "gaussian":
        found.append(Missing("shape of the distribution", "reads are drawn from a Gaussian"))
    if "gate_current" not in bias:
        found.append(
            Missing("leak of the gate", "gates are refreshed as often as their switches leak: energy is a lower bound")
        )
    keys = {
        "offset_spread": Missing("offsets between devices", "all stochastic MTJs take the same gate voltage"),
        "scale_spread": Missing("spread of the conductance between devices", "all stochastic MTJs conduct alike"),
        "read_lever": Missing("effect of the read voltage on sigma", "a read leaves sigma as it is"),
        "gate_capacitance": Missing("capacitance of the gate", "exports to circuit simulators are refused"),
    }
    return found + [said for key, said in keys.items() if getattr(sheet, key) is None]


def missing_of_domain_wall(measured: Measured) -> list[Missing]:
    """What a sheet of a domain-wall MTJ leaves out."""
    sheet, tables = measured.sheet, measured.tables
    found = []
    if "barriers" not in tables:
        found.append(
            Missing("barriers of the levels", "how long a weight lasts is not known; drift at rest is refused")
        )
    if "jitter" not in tables:
        found.append(Missing("jitter of a level at rest", "levels are read without noise of their own"))
    elif (shortest := tables["jitter"].axes[1][0]) > 0:
        found.append(
            Missing(f"jitter in reads shorter than {shortest:.3g} s", "it is taken as over that time; it is larger")
        )
    if "spread" not in tables["levels"]:
        found.append(Missing("spread of the levels between devices", "all domain-wall MTJs have the same levels"))
    if sheet.settling_time is None:
        found.append(Missing("settling after a pulse", "the time that writing takes counts the pulses alone"))
    return found


def doubts_of_stochastic(measured: Measured, model: StochasticModel) -> list[str]:
    """What makes the model of a stochastic MTJ less sure."""
    first = int(measured.tables["sigma"].axes[1][0] > 0)
    left = left_out(model)
    few = [] if len(left.voltage) else [f"{len(model.voltage)} voltages are too few to predict one from the others"]
    return [*few, *wrong_points(left), *inconsistent_reads(model, first)]


def doubts_of_domain_wall(measured: Measured, model: DomainWallModel) -> list[str]:
    """What makes the model of a domain-wall MTJ less sure."""
    lines = []
    best = float(model.depinning_probability.value.max())
    if best < LEAST_DEPINNING:
        lines.append(
            f"the strongest pulse moves the wall in {100 * best:.0f} % of cases: writing takes many pulses, and gives "
            f"up after {PULSE_LIMIT}"
        )
    if (model.moves != 0).any() and not model.moved[..., model.moves == 1].any():
        lines.append("no pulse moves the wall by one level: levels between may not be reached")
    barriers = measured.tables.get("barriers")
    if barriers is not None:
        rows = zip(
            barriers.axes[0], *(barriers[name] for name in ("barrier", "barrier_error", "attempt_rate")), strict=True
        )
        for kelvin, barrier, error, rate in rows:
            relative = NORMAL_95 * error / barrier
            if relative > 1.01 * retention.BARRIER_ERROR:  # but for rounding
                ends = (
                    1 / retention.escape_rate(max(end, 0.0), rate, kelvin).value
                    for end in (barrier - NORMAL_95 * error, barrier + NORMAL_95 * error)
                )
                low, high = (f"{end:.1g}" for end in ends)
                lines.append(
                    f"the barrier at {kelvin:g} K is {barrier / (k * kelvin):.3g} kT to {100 * relative:.2g} %: a "
                    f"level holds from {low} to {high} s, wider than the interval of retention, which has "
                    f"{100 * retention.BARRIER_ERROR:g} %"
                )
    return lines


def described(measured: Measured, missing: Sequence[Missing], doubts: Sequence[str]) -> dict[str, Any]:
    """Plain values that say where a device is from: for the provenance of its model."""
    sheet = measured.sheet
    return {
        "sheet": str(measured.path),
        "name": sheet.name,
        "source": sheet.source,
        "quantities": {name: entry.model_dump(exclude_none=True) for name, entry in sheet.quantities().items()},
        "assumptions": [
            *sheet.assumptions,
            *(f"{name} {_assumed(entry)}" for name, entry in sheet.quantities().items() if entry.assumption),
        ],
        "in_tables": list(sheet.assumptions),
        "missing": [list(entry) for entry in missing],
        "doubts": list(doubts),
        "times": [float(value) for value in np.atleast_1d(_times(measured))],
        "jitter_times": [float(value) for value in _jitter_times(measured)],
    }


def _assumed(entry: Quantity) -> str:
    """An assumption with its value, its range and its reason."""
    unit = "" if entry.unit == "1" else f" {entry.unit}"
    return f"{entry.value:.4g}{unit} ({entry.low:.4g} to {entry.high:.4g}): {entry.assumption}"


def _times(measured: Measured) -> np.ndarray:
    return measured.tables["sigma"].axes[1] if "sigma" in measured.tables else np.zeros(0)


def _jitter_times(measured: Measured) -> np.ndarray:
    return measured.tables["jitter"].axes[1] if "jitter" in measured.tables else np.zeros(0)
