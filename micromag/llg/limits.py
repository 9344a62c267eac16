"""What the limits of the stochastic schemes on their time step have in common."""

from __future__ import annotations

import math

from magbayes.micromag.llg.model import Model

KICK = 0.06
"""Largest standard deviation in rad of a spin's turn by the noise of one step; it matters at high damping.

For one spin 0.1 would do. The disk's sigma answers ten times as strongly where anisotropy and shape nearly cancel: at
0.1 and a damping of 0.5 it is 1.5 % too small, at 0.06 a third of that."""


def largest_turn(model: Model, heating: float) -> float:
    """Largest omega dt at which a precession gains (omega dt)^3 / (8 damping) = `heating` of its energy.

    The smallest damping counts; it is taken for 0.001 below that.
    """
    damping = max(float(model.damping[model.mask].min()), 1e-3)
    return (8 * damping * heating) ** (1 / 3)


def largest_step(model: Model, fast: float, weak: float, kick: float = KICK) -> float:
    """Largest step in s for a largest omega dt of the fastest spin wave, and of all that is not exchange or DMI.

    `kick` is the largest turn by the noise of one step, rad.
    """
    limits = (
        (fast, model.fastest_precession),
        (weak, model.weak_precession),
        (kick**2, model.fastest_diffusion),
    )
    return min((limit / rate for limit, rate in limits if rate > 0), default=math.inf)
