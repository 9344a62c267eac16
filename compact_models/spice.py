"""Compact models as SPICE subcircuits, for ngspice 39 and later.

The stochastic MTJ is a conductance that fluctuates in a transient run. Its score u1 is one component of the precession
of `compact_models.precession`,

    du1/dt = -u1 / tau - w u2 + sqrt(2 / tau) xi1,    du2/dt = -u2 / tau + w u1 + sqrt(2 / tau) xi2,
    w = omega + shift (u1^2 + u2^2) / 2,

with variance 1. ngspice's TRNOISE(NA NT 0 0) joins independent Gaussian
numbers of standard deviation NA, NT apart, by straight lines; the integral of its autocorrelation is NA^2 NT, which is
that of xi for NA = 1 / sqrt(NT). The spectrum falls as sinc^4(f NT), so `STEP` is far below the period of precession.

The score is mapped to the measured marginal, as the sampler does.

The domain-wall MTJ has its level as a state, which current in the metal moves at the mean rate of the measured pulses:
what many devices do on average, between two levels too. Thermal jitter of the level is white noise.

Outside the characterised range SPICE cannot refuse: the ends of the tables are held, no current below the smallest one
moves the wall, and the comments say so.
"""

from __future__ import annotations

import numpy as np

from compact_models.precession import Memory
from compact_models.stochastic_mtj import SCORES
from compact_models.store import CompactModels

STEP = 10e-12
"""Distance NT of the noise's points, s; transient runs must not take longer steps."""

JITTER_STEP = 1e-9
"""The same of the level's jitter, whose bandwidth is not in the model."""

POINTS = 65
"""Points of the tables over the gate voltage."""

CAPACITANCE = 1e-9
"""Of the nodes that hold u1 and u2, F: it makes their currents of order 1."""


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{value:.9g}" for value in values)


def _table(argument: str, x: np.ndarray, y: np.ndarray) -> str:
    """A piecewise linear function; ngspice goes on straight beyond the last points, so the ends are made flat."""
    wide = np.ptp(x)
    x = np.concatenate([[x[0] - 1e3 * wide], x, [x[-1] + 1e3 * wide]])
    y = np.concatenate([[y[0]], y, [y[-1]]])
    return f"pwl({argument}, {_numbers(np.column_stack([x, y]).ravel())})"


def _header(models: CompactModels) -> list[str]:
    source = models.provenance
    engine = source.get("engine", {})
    lines = [
        "spinbayes compact models",
        f"{source.get('package')}, commit {source.get('git_commit')}",
        f"configuration {source.get('configuration_sha256')}",
        f"engine {engine.get('engine')} {engine.get('version', '')}, {models.temperature:g} K",
    ]
    # What a file says of itself must not end its comment.
    return [f"* {''.join(c if c.isprintable() else ' ' for c in line)}" for line in lines]


def stochastic_mtj(models: CompactModels) -> str:
    """Subcircuit ``smtj p n g ref``: the junction between p and n, its gate voltage between g and ref.

    The voltage of p over n adds to that of the gate.
    """
    model = models.smtj
    low, high = model.voltage_range
    gates = np.linspace(low, high, POINTS)
    names = (*Memory._fields, "conductance_mean", "conductance_sigma", "largest_deviation")
    # Nanoseconds: ngspice does not converge on voltages of 1e9.
    scales = {"correlation_time": 1e9, "angular_frequency": 1e-9, "frequency_shift": 1e-9}
    tables = {n: _table("v(o)", gates, scales.get(n, 1.0) * model.interpolate(n, gates)) for n in names}
    shape = []
    for i, quantiles in enumerate(model.quantiles):
        weight = np.eye(len(model.voltage))[i]
        shape.append(f"{_table('v(o)', model.voltage, weight)} * {_table('v(u1)', SCORES, quantiles)}")
    amplitude = f"{1 / np.sqrt(1e9 * STEP):.9g}"
    turn = "(v(omega) + v(shift) * (v(u1) * v(u1) + v(u2) * v(u2)) / 2)"
    drift = f"{1e9 * CAPACITANCE:g} * (v({{0}}) / v(tau) {{1}} {turn} * v({{2}}) - sqrt(2 / v(tau)) * v({{3}}))"
    return "\n".join(
        [
            f"* Stochastic MTJ. Characterised from {low:g} to {high:g} V; beyond, the ends are held.",
            f"* Wait five decay times, up to {5 * model.correlation_time.max():.3g} s; steps of {STEP:g} s at most.",
            ".subckt smtj p n g ref",
            "Boxide o 0 V = v(g,ref) + v(p,n)",
            f"Btau tau 0 V = {tables['correlation_time']}",
            f"Bshift shift 0 V = {tables['frequency_shift']}",
            f"Bomega omega 0 V = {tables['angular_frequency']}",
            f"Vx1 x1 0 DC 0 TRNOISE({amplitude} {STEP:g} 0 0)",
            f"Vx2 x2 0 DC 0 TRNOISE({amplitude} {STEP:g} 0 0)",
            f"Cu1 u1 0 {CAPACITANCE:g} IC=0",
            f"Cu2 u2 0 {CAPACITANCE:g} IC=0",
            f"Bu1 u1 0 I = {drift.format('u1', '+', 'u2', 'x1')}",
            f"Bu2 u2 0 I = {drift.format('u2', '-', 'u1', 'x2')}",
            f"Bd d 0 V = {' + '.join(shape)}",
            "Bc c 0 V = max(-v(cm), min(v(cm), v(cs) * v(d)))",
            f"Bcm cm 0 V = {tables['largest_deviation']}",
            f"Bcs cs 0 V = {tables['conductance_sigma']}",
            f"Bmean cg 0 V = {tables['conductance_mean']}",
            "Bg p n I = v(p,n) * (v(cg) + v(c))",
            ".ends smtj",
        ]
    )


def domain_wall_mtj(models: CompactModels) -> str:
    """Subcircuit ``dwmtj p n h1 h2``, parameter ``level``: junction between p and n, heavy metal from h1 to h2."""
    model = models.dwmtj
    currents = model.metal_cross_section * model.current_density
    # No motion below the smallest current, then the measured mean.
    drive = np.concatenate([[0.0, currents[0] * (1 - 1e-6)], currents])
    rate = np.concatenate([[0.0, 0.0], model.mean_moves[0] / model.pulse_width[0]])
    levels = np.arange(len(model.level_mean), dtype=float)
    last = levels[-1]
    # Straight lines between independent points have 2/3 of their variance.
    amplitude = f"{np.sqrt(1.5):.9g}"
    return "\n".join(
        [
            f"* Domain-wall MTJ with {len(levels)} levels. Rates are those of pulses of {model.pulse_width[0]:.3g} s,",
            f"* {currents[0]:.4g} to {currents[-1]:.4g} A; a smaller current moves nothing,",
            "* a larger one as much as the largest.",
            ".subckt dwmtj p n h1 h2 level=0",
            "Vsense h1 h3 0",
            f"Rmetal h3 h2 {model.metal_resistance:.9g}",
            f"Brate r 0 V = sgn(i(Vsense)) * {_table('abs(i(Vsense))', drive, rate)}",
            f"Cl l 0 {CAPACITANCE:g} IC={{level}}",
            # The ends of the track stop the wall.
            f"Bl 0 l I = {CAPACITANCE:g} * v(r) * (v(r) > 0 ? u({last:g} - v(l)) : u(v(l)))",
            f"Vx x 0 DC 0 TRNOISE({amplitude} {JITTER_STEP:g} 0 0)",
            f"Bm m 0 V = {_table('v(l)', levels, model.level_mean)}",
            f"Bs s 0 V = {_table('v(l)', levels, model.level_std)}",
            "Bg p n I = v(p,n) * (v(m) + v(s) * v(x))",
            ".ends dwmtj",
        ]
    )


def netlist(models: CompactModels) -> str:
    """Text of a file with both subcircuits, to be included; transient runs start with ``uic``."""
    return "\n".join([*_header(models), "", stochastic_mtj(models), "", domain_wall_mtj(models), ""])
