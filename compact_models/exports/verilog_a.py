"""Compact models as Verilog-A modules.

The equations are those of `spice` beside this module; the noise is made inside, because Verilog-A has no source of
it that every transient run knows. ``white_noise`` is for small signals, and ``$rdist_normal`` in a ``timer`` event is
refused by compilers of compact models (OpenVAF), which is how ngspice and other free simulators take Verilog-A.

So each module draws Gaussian numbers `STEP` apart from its parameter `seed` and the number of the time step, and joins
them by straight lines. A function of the time alone is the same in every iteration and after a rejected step. The
numbers are the permutation of MiMC (M. Albrecht et al., ASIACRYPT 2016) with the seed as the key: cubes modulo a
prime, exact in real numbers. Instances need different seeds, or they fluctuate alike.

The tests compile the text with OpenVAF and integrate its equations in time. No circuit simulator has run it yet.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from magbayes.compact_models.exports import tables
from magbayes.compact_models.exports.tables import CAPACITANCE, JITTER_AMPLITUDE, JITTER_STEP, STEP, Table
from magbayes.compact_models.store import CompactModels

PRIME = 2**26 - 5
"""Modulus. Products of two remainders are exact in 53 bits; cubing is a permutation: 3 does not divide PRIME - 1."""

CONSTANTS = tuple(int(PRIME * part) for part in np.sqrt([2, 3, 5, 7, 11, 13, 17, 19]) % 1)
"""One of each round: any numbers that differ."""

SEEDS = 2**25
"""Accepted seeds are below; the keys of the other module begin there."""

LONGEST = (PRIME - 3) // 2
"""Steps after which the noise repeats: each takes two numbers of the permutation."""

BREAK = "\n\n"


def _indented(lines: Iterable[str], by: int) -> str:
    return "\n".join("  " * by + line for line in lines)


def _comment(lines: Iterable[str]) -> str:
    return "\n".join(f"// {line}" for line in lines)


def _function(name: str, table: Table) -> str:
    """Analog function of a table."""
    x, y = table
    slopes = np.diff(y) / np.diff(x)
    branches = [f"if (x <= {x[0]:.9g}) {name} = {y[0]:.9g};"]
    branches += [
        f"else if (x < {right:.9g}) {name} = {value:.9g} + {slope:.9g} * (x - ({left:.9g}));"
        for left, right, value, slope in zip(x[:-1], x[1:], y[:-1], slopes, strict=True)
    ]
    branches.append(f"else {name} = {y[-1]:.9g};")
    lines = [f"analog function real {name};", "  input x; real x;", "  begin", *(f"    {b}" for b in branches)]
    return _indented([*lines, "  end", "endfunction"], 1)


def _uniform() -> str:
    """Analog functions for numbers in (0, 1)."""
    return f"""\
  analog function real remainder;
    input x; real x;
    begin
      remainder = x - {PRIME}.0 * floor(x / {PRIME}.0);
    end
  endfunction
  analog function real cube;
    input x; real x, y;
    begin
      y = remainder(x);
      cube = remainder(y * remainder(y * y));
    end
  endfunction
  analog function real uniform;
    input counter, key; real counter, key, x;
    begin
      x = counter;
{_indented((f"x = cube(x + key + {constant}.0);" for constant in CONSTANTS), 3)}
      uniform = (remainder(x + key) + 0.5) / {PRIME}.0;
    end
  endfunction"""


def _draws(step: float, key: str) -> str:
    """Statements for the radii and angles of two points around now, and the distance from the first in steps."""
    return f"""\
    now = $abstime / {step:.9g};
    point = floor(now);
    part = now - point;
    ra = sqrt(-2.0 * ln(uniform(2.0 * point, {key})));
    aa = {2 * np.pi:.15g} * uniform(2.0 * point + 1.0, {key});
    rb = sqrt(-2.0 * ln(uniform(2.0 * point + 2.0, {key})));
    ab = {2 * np.pi:.15g} * uniform(2.0 * point + 3.0, {key});
    // No noise in the operating point.
    loud = analysis("static") ? 0.0 : 1.0;"""


def _joined(function: str) -> str:
    return f"loud * ((1.0 - part) * ra * {function}(aa) + part * rb * {function}(ab))"


def stochastic_mtj(models: CompactModels, integration_time: float = 0.0) -> str:
    """Module ``smtj(p, n, g)``, parameter ``seed``: ports as those of the subcircuit."""
    model = models.smtj
    tables.require_gate(model)
    functions = [_function(f"{name}_at", table) for name, table in tables.over_gate(model, integration_time).items()]
    functions.append(_function("leakage", tables.leakage(model)))
    terms = []
    for i, (weight, quantile) in enumerate(tables.marginals(model)):
        functions += [_function(f"weight_{i}", weight), _function(f"quantile_{i}", quantile)]
        terms.append(f"weight_{i}(field) * quantile_{i}(V(u1))")
    amplitude = f"{tables.noise_amplitude(STEP):.9g}"
    return f"""\
{_comment(tables.scope_of_smtj(model, integration_time))}
// The noise repeats after {LONGEST * STEP:.3g} s. Give every instance a seed of its own.
module smtj(p, n, g);
  inout p, n, g;
  electrical p, n, g, u1, u2;
  parameter integer seed = 1 from [1:{SEEDS});
  parameter real half = {tables.NO_FALL:g} from (0:inf);
  real field, now, point, part, ra, aa, rb, ab, loud, x1, x2, tau, turn, bound, deviation, mean, less;

{_uniform()}

{BREAK.join(functions)}

  analog begin
    $bound_step({STEP:.9g});
{_draws(STEP, "seed")}
    x1 = {amplitude} * {_joined("cos")};
    x2 = {amplitude} * {_joined("sin")};
    field = V(g, n) + {model.read_lever:.9g} * V(p, n);
    I(g, n) <+ ddt({model.gate_capacitance:.9g} * V(g, n)) + (V(g, n) < 0.0 ? -1.0 : 1.0) * leakage(V(g, n));
    // Nanoseconds.
    tau = decay_time_at(field);
    turn = angular_frequency_at(field) + frequency_shift_at(field) * (V(u1) * V(u1) + V(u2) * V(u2)) / 2.0;
    I(u1) <+ ddt({CAPACITANCE:.9g} * V(u1));
    I(u2) <+ ddt({CAPACITANCE:.9g} * V(u2));
    I(u1) <+ {1e9 * CAPACITANCE:.9g} * (V(u1) / tau + turn * V(u2) - sqrt(2.0 / tau) * x1);
    I(u2) <+ {1e9 * CAPACITANCE:.9g} * (V(u2) / tau - turn * V(u1) - sqrt(2.0 / tau) * x2);
    deviation = {" + ".join(terms)};
    bound = largest_deviation_at(field);
    deviation = max(-bound, min(bound, conductance_sigma_at(field) * deviation));
    mean = conductance_mean_at(field);
    // The distance from the parallel state falls with the voltage.
    less = V(p, n) * V(p, n) / (half * half) * (mean - bound) / (mean + bound);
    I(p, n) <+ V(p, n) * (mean + deviation + (bound - deviation) * less / (1.0 + less));
  end
endmodule"""


def domain_wall_mtj(models: CompactModels) -> str:
    """Module ``dwmtj(p, n, h1, h2)``, parameters ``level``, ``seed`` and ``half``: ports as those of the subcircuit."""
    model = models.dwmtj
    mean, jitter = tables.levels(model)
    last = f"{mean.x[-1]:g}"
    functions = [
        _function("motion", tables.motion(model)),
        _function("mean_at", mean),
        _function("jitter_at", jitter),
    ]
    return f"""\
{_comment(tables.scope_of_dwmtj(model))}
// The jitter repeats after {LONGEST * JITTER_STEP:.3g} s. Give every instance a seed of its own.
module dwmtj(p, n, h1, h2);
  inout p, n, h1, h2;
  electrical p, n, h1, h2, moved;
  parameter real level = 0 from [0:{last}];
  parameter integer seed = 1 from [1:{SEEDS});
  parameter real half = {tables.NO_FALL:g} from (0:inf);
  real now, point, part, ra, aa, rb, ab, loud, metal, speed, place, held, less;

{_uniform()}

{BREAK.join(functions)}

  analog begin
    $bound_step({JITTER_STEP:.9g});
{_draws(JITTER_STEP, f"(seed + {SEEDS}.0)")}
    metal = V(h1, h2) / {model.metal_resistance:.9g};
    I(h1, h2) <+ metal;
    // The node holds the levels moved since the operating point.
    place = level + V(moved);
    speed = metal > 0.0 ? motion(metal) : -motion(-metal);
    // The ends of the track stop the wall.
    if ((speed > 0.0 && place >= {last}) || (speed < 0.0 && place <= 0.0)) speed = 0.0;
    I(moved) <+ ddt({CAPACITANCE:.9g} * V(moved));
    I(moved) <+ (1.0 - loud) * V(moved) - loud * {CAPACITANCE:.9g} * speed;
    held = mean_at(place) + jitter_at(place) * {JITTER_AMPLITUDE:.9g} * {_joined("cos")};
    // The distance from the parallel state falls with the voltage.
    less = V(p, n) * V(p, n) / (half * half) * {mean.y[0] / mean.y[-1]:.9g};
    I(p, n) <+ V(p, n) * (held + ({mean.y[-1]:.9g} - held) * less / (1.0 + less));
  end
endmodule"""


def library(models: CompactModels, integration_time: float = 0.0) -> str:
    """Text of a file with both modules; the width is that of reads averaged over `integration_time` in s."""
    tried = "Compiled by OpenVAF, its equations integrated in time; not yet run in a circuit simulator."
    top = [_comment([*tables.header(models), tried]), '`include "disciplines.vams"']
    return BREAK.join([*top, stochastic_mtj(models, integration_time), domain_wall_mtj(models)]) + "\n"
