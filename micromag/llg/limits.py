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


def largest_step(model: Model, duration: float, fast: float, weak: float, kick: float = KICK) -> float:
    """Largest step in s for a largest omega dt of the fastest spin wave, and of all that is not exchange or DMI.

    Fields and currents count with their largest values in the run, and the step resolves how they vary.

    Parameters
    ----------
    model
        The system.
    duration
        Length of the run, s.
    fast, weak
        Both limits, rad.
    kick
        Largest turn by the noise of one step, rad.

    Raises
    ------
    ValueError
        Something varies in time, and `duration` is 0.
    """
    if model.profiles and duration <= 0:
        raise ValueError(f"duration {duration:g} s of a run with terms that vary in time must be above 0 s")
    limits = (
        (fast, model.fastest_precession(duration)),
        (weak, model.weak_precession(duration)),
        (kick**2, model.fastest_diffusion),
    )
    step = min((limit / rate for limit, rate in limits if rate > 0), default=math.inf)
    for profile in model.profiles:
        step = profile.resolving_step(duration, step)
    return step
