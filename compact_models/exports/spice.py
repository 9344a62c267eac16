"""Compact models as SPICE subcircuits, for ngspice 39 and later.

The stochastic MTJ is a conductance that fluctuates in a transient run. Its score u1 is one component of the precession
of `magbayes.compact_models.precession`,

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

from magbayes.compact_models.exports import tables
from magbayes.compact_models.exports.tables import CAPACITANCE, JITTER_AMPLITUDE, JITTER_STEP, STEP, Table
from magbayes.compact_models.store import CompactModels


def _pwl(argument: str, table: Table) -> str:
    """A piecewise linear function; ngspice goes on straight beyond the last points, so the ends are made flat."""
    x, y = table
    wide = np.ptp(x)
    x = np.concatenate([[x[0] - 1e3 * wide], x, [x[-1] + 1e3 * wide]])
    y = np.concatenate([[y[0]], y, [y[-1]]])
    points = ", ".join(f"{value:.9g}" for value in np.column_stack([x, y]).ravel())
    return f"pwl({argument}, {points})"


def _comment(lines: list[str]) -> list[str]:
    return [f"* {line}" for line in lines]


def stochastic_mtj(models: CompactModels, integration_time: float = 0.0) -> str:
    """Subcircuit ``smtj p n g``: free layer n, tunnel barrier between p and n, dielectric of the gate between g and n.

    The voltage of p over n acts on the anisotropy as well, by the lever of the barrier. TMR is half of that at 0 V
    where it is the parameter ``half``, as of `domain_wall_mtj`. A circuit that averages over
    `integration_time` (s) sees the width that was measured for such reads.
    """
    model = models.smtj
    tables.require_gate(model)
    curves = {name: _pwl("v(o)", table) for name, table in tables.over_gate(model, integration_time).items()}
    shape = [f"{_pwl('v(o)', weight)} * {_pwl('v(u1)', quantile)}" for weight, quantile in tables.marginals(model)]
    amplitude = f"{tables.noise_amplitude(STEP):.9g}"
    turn = "(v(omega) + v(shift) * (v(u1) * v(u1) + v(u2) * v(u2)) / 2)"
    drift = f"{1e9 * CAPACITANCE:g} * (v({{0}}) / v(tau) {{1}} {turn} * v({{2}}) - sqrt(2 / v(tau)) * v({{3}}))"
    return "\n".join(
        [
            *_comment(tables.scope_of_smtj(model, integration_time)),
            f".subckt smtj p n g half={tables.NO_FALL:g}",
            f"Cgate g n {model.gate_capacitance:.9g}",
            f"Bleak g n I = sgn(v(g,n)) * {_pwl('v(g,n)', tables.leakage(model))}",
            f"Bfield o 0 V = v(g,n) + {model.read_lever:.9g} * v(p,n)",
            f"Btau tau 0 V = {curves['decay_time']}",
            f"Bshift shift 0 V = {curves['frequency_shift']}",
            f"Bomega omega 0 V = {curves['angular_frequency']}",
            f"Vx1 x1 0 DC 0 TRNOISE({amplitude} {STEP:g} 0 0)",
            f"Vx2 x2 0 DC 0 TRNOISE({amplitude} {STEP:g} 0 0)",
            f"Cu1 u1 0 {CAPACITANCE:g} IC=0",
            f"Cu2 u2 0 {CAPACITANCE:g} IC=0",
            f"Bu1 u1 0 I = {drift.format('u1', '+', 'u2', 'x1')}",
            f"Bu2 u2 0 I = {drift.format('u2', '-', 'u1', 'x2')}",
            f"Bd d 0 V = {' + '.join(shape)}",
            "Bc c 0 V = max(-v(cm), min(v(cm), v(cs) * v(d)))",
            f"Bcm cm 0 V = {curves['largest_deviation']}",
            f"Bcs cs 0 V = {curves['conductance_sigma']}",
            f"Bmean cg 0 V = {curves['conductance_mean']}",
            # The distance from the parallel state falls with the voltage.
            "Ba a 0 V = (v(p,n) / {half}) * (v(p,n) / {half}) * (v(cg) - v(cm)) / (v(cg) + v(cm))",
            "Bg p n I = v(p,n) * (v(cg) + v(c) + (v(cm) - v(c)) * v(a) / (1 + v(a)))",
            ".ends smtj",
        ]
    )


def domain_wall_mtj(models: CompactModels) -> str:
    """Subcircuit ``dwmtj p n h1 h2``, parameter ``level``: junction between p and n, heavy metal from h1 to h2."""
    model = models.dwmtj
    mean, jitter = tables.levels(model)
    last = mean.x[-1]
    amplitude = f"{JITTER_AMPLITUDE:.9g}"
    return "\n".join(
        [
            *_comment(tables.scope_of_dwmtj(model)),
            f".subckt dwmtj p n h1 h2 level=0 half={tables.NO_FALL:g}",
            "Vsense h1 h3 0",
            f"Rmetal h3 h2 {model.metal_resistance:.9g}",
            f"Brate r 0 V = sgn(i(Vsense)) * {_pwl('abs(i(Vsense))', tables.motion(model))}",
            f"Cl l 0 {CAPACITANCE:g} IC={{level}}",
            # The ends of the track stop the wall.
            f"Bl 0 l I = {CAPACITANCE:g} * v(r) * (v(r) > 0 ? u({last:g} - v(l)) : u(v(l)))",
            f"Vx x 0 DC 0 TRNOISE({amplitude} {JITTER_STEP:g} 0 0)",
            f"Bm m 0 V = {_pwl('v(l)', mean)}",
            f"Bs s 0 V = {_pwl('v(l)', jitter)}",
            f"Ba a 0 V = (v(p,n) / {{half}}) * (v(p,n) / {{half}}) * {mean.y[0] / mean.y[-1]:.9g}",
            "Bc c 0 V = v(m) + v(s) * v(x)",
            f"Bg p n I = v(p,n) * (v(c) + ({mean.y[-1]:.9g} - v(c)) * v(a) / (1 + v(a)))",
            ".ends dwmtj",
        ]
    )


def netlist(models: CompactModels, integration_time: float = 0.0) -> str:
    """Text of a file with both subcircuits, to be included; transient runs start with ``uic``.

    `integration_time` is that of `stochastic_mtj`.
    """
    parts = (stochastic_mtj(models, integration_time), domain_wall_mtj(models))
    return "\n".join([*_comment(tables.header(models)), "", parts[0], "", parts[1], ""])
