"""What every circuit simulator is told: the measured curves as tables of straight lines, and where they are from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from magbayes.compact_models import precession
from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.precession import Memory
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.compact_models.store import CompactModels

STEP = 10e-12
"""Distance of the noise's independent points, s; transient runs must not take longer steps."""

LONGEST_STEP = 4e-12
"""Longest step in ngspice, s: at longer ones it begins anew with a lower order at each point of the noise."""

JITTER_STEP = 1e-9
"""Distance of the independent points of a level's jitter, s; the model does not have its bandwidth."""

JITTER_AMPLITUDE = float(np.sqrt(1.5))
"""Std of the points of the jitter over that of the level: straight lines between them have 2/3 of their variance."""

POINTS = 65
"""Points of the tables over the gate voltage."""

CAPACITANCE = 1e-9
"""Capacitance of the nodes that hold a state, F: it makes their currents of order 1."""


NO_FALL = 1e9
"""Voltage at which TMR halves where it does not fall, V: the parameter of a device that is told of none."""


class Table(NamedTuple):
    """A piecewise linear function, held at its ends."""

    x: np.ndarray
    y: np.ndarray


def noise_amplitude(step: float) -> float:
    """Amplitude of points `step` (s) apart with straight lines between, for white noise of density 1 in ns."""
    return float(1 / np.sqrt(1e9 * step))


def require_gate(model: StochasticModel) -> None:
    """Refuse a stochastic MTJ whose gate is no capacitor that a circuit could charge.

    Raises
    ------
    ValueError
        Its capacitance is not known.
    """
    if not model.gate_capacitance:
        raise ValueError(
            "gate_capacitance of the stochastic MTJ was not measured, and a circuit needs it; add it to its data "
            "sheet, or an assumption with its range"
        )


def over_gate(model: StochasticModel, integration_time: float = 0.0) -> dict[str, Table]:
    """Memory and width against the gate voltage, to which a read voltage adds by its lever, by name.

    In nanoseconds and radians a nanosecond, since simulators do not converge on voltages of 1e9, and in S. The width is
    that of an instant which averages over an integration time in s as it was measured: what the memory's model misses
    of those averages is made up for.
    """
    gates = np.linspace(*model.voltage_range, POINTS)
    scales = {"decay_time": 1e9, "angular_frequency": 1e-9, "frequency_shift": 1e-9}
    names = (*Memory._fields, "conductance_mean", "conductance_sigma", "largest_deviation")
    curves = {name: Table(gates, scales.get(name, 1.0) * model.interpolate(name, gates)) for name in names}
    width = np.asarray(model.sigma(gates, integration_time).value) / np.sqrt(
        precession.variance_function(integration_time, *(model.interpolate(name, gates) for name in Memory._fields))
    )
    return curves | {"conductance_sigma": Table(gates, width)}


def marginals(model: StochasticModel) -> list[tuple[Table, Table]]:
    """Pairs whose products sum to the standardised deviation: a weight by voltage, a quantile function by score."""
    weights = np.eye(len(model.voltage))
    return [
        (Table(model.voltage, weight), Table(SCORES, quantiles))
        for weight, quantiles in zip(weights, model.quantiles[:, 0], strict=True)
    ]


def leakage(model: StochasticModel) -> Table:
    """Current in A through the gate, without sign, against its voltage."""
    low, high = model.voltage_range
    gates = np.union1d(np.linspace(low, high, POINTS), np.clip(0.0, low, high))  # 0, where it turns round
    return Table(gates, model.leakage(gates))


def motion(model: DomainWallModel) -> Table:
    """Mean speed of the wall in levels a second against the current in the metal, A: 0 below the smallest one.

    That of the shortest pulses.
    """
    currents = model.metal_cross_section * model.current_density
    speed = model.mean_moves[0] / model.pulse_width[0]
    return Table(np.concatenate([[0.0, currents[0] * (1 - 1e-6)], currents]), np.concatenate([[0.0, 0.0], speed]))


def levels(model: DomainWallModel) -> tuple[Table, Table]:
    """Mean and jitter of the conductance in S against the level."""
    numbers = np.arange(len(model.levels.mean), dtype=float)
    return Table(numbers, model.levels.mean), Table(numbers, model.levels.std)


def header(models: CompactModels) -> list[str]:
    """Lines that say where the numbers are from; nothing in them ends a line, and so a comment of one line."""
    source = models.provenance
    engine = source.get("engine", {})
    lines = [
        "magbayes compact models",
        f"{source.get('package')}, commit {source.get('git_commit')}",
        f"configuration {source.get('configuration_sha256')}",
        f"engine {engine.get('engine')} {engine.get('version', '')}, {models.temperature:g} K",
    ]
    return ["".join(c if c.isprintable() and c != "\\" else " " for c in line) for line in lines]


def scope_of_smtj(model: StochasticModel, integration_time: float = 0.0) -> list[str]:
    """What a user of the stochastic MTJ must know."""
    low, high = model.voltage_range
    read = f"averaged over {integration_time:g} s" if integration_time else "at an instant"
    return [
        f"Stochastic MTJ. Characterised from {low:g} to {high:g} V; beyond, the ends are held.",
        f"Width as measured {read}; other averages follow from the memory.",
        "half: voltage over the barrier at which TMR is half of that at 0 V; by default it does not fall.",
        f"Wait five decay times, up to {5 * model.decay_time.max():.3g} s; steps of {LONGEST_STEP:g} s at most.",
    ]


def scope_of_dwmtj(model: DomainWallModel) -> list[str]:
    """What a user of the domain-wall MTJ must know."""
    currents = model.metal_cross_section * model.current_density
    return [
        f"Domain-wall MTJ with {len(model.levels.mean)} levels. Speeds as in pulses of {model.pulse_width[0]:.3g} s,",
        f"{currents[0]:.4g} to {currents[-1]:.4g} A; a smaller current moves nothing,",
        "a larger one as much as the largest. The last level is taken for the parallel state, the first for the",
        "antiparallel one, whose TMR is half of that at 0 V at the voltage half over the barrier; by default it stays.",
    ]
