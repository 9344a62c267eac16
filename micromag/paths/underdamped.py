"""What low damping takes off a rate: a system is back at the barrier before it has exchanged energy with the bath.

V. I. Mel'nikov and S. V. Meshkov, J. Chem. Phys. 85, 1018 (1986); P.-M. Dejardin, D. S. F. Crothers, W. T. Coffey and
Y. P. Kalmykov, Phys. Rev. E 63, 021102 (2001) for spins. The energy loss is that of one trajectory with damping and
without noise, from beside the saddle into the valley until it is nearest to the saddle again. In a system of many
cells the other modes take energy too, so that the factor is a lower bound there.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.integrate

from magbayes.micromag.llg.grid import dot
from magbayes.micromag.llg.runge_kutta import integrate
from magbayes.micromag.paths.landscape import norm, turn_between, turned
from magbayes.micromag.paths.path import Path

ENOUGH = 10.0
"""Energy loss in kT beyond which it does not matter how much it is: the depopulation factor is then 1 within 3 %."""

STAGE, PATIENCE = 0.1, 30.0
"""Time between two looks, and time in which the motion is back or never will be, over the growth time of the saddle."""


def depopulation(loss: float) -> float:
    """Factor of Mel'nikov and Meshkov for an energy loss in kT between two visits to the barrier.

    exp[(1 / 2 pi) int ln(1 - exp(-S (x^2 + 1/4))) dx / (x^2 + 1/4)]: S for small S, 1 for large.
    """
    if not loss > 0:
        return 0.0
    if loss > ENOUGH:
        return 1.0

    # With x = tan(t) / 2 the weight is constant.
    def integrand(t: float) -> float:
        return math.log(-math.expm1(-loss / 4 / max(math.cos(t) ** 2, 1e-300)))

    integral = scipy.integrate.quad(integrand, 0, math.pi / 2, limit=200)[0]
    return math.exp(2 * integral / math.pi)


def energy_loss(path: Path, thermal: float, growth: float, minimum: np.ndarray) -> float:
    """Energy in kT that the motion with damping has lost from the saddle into a valley until it is nearest again."""
    landscape, summit = path.landscape, path.saddle
    largest = float(np.sqrt(dot(summit.mode, summit.mode).max()))
    share = min(math.sqrt(0.1 * thermal / abs(summit.curvature)), 0.2 / largest)
    inward = float((turn_between(summit.m, minimum) * summit.mode).sum())
    start = turned(summit.m, math.copysign(share, inward) * summit.mode)
    begin, bottom = float(landscape(start[None])[0][0]), float(landscape(minimum[None])[0][0])
    loss, before, furthest, nearing = 0.0, 0.0, 0.0, False
    for stage in integrate(
        landscape.model, start, duration=STAGE / growth, stages=round(PATIENCE / STAGE), tolerance=1e-6
    ):
        loss = (begin - float(landscape(stage.m[None])[0][0])) / thermal
        away = float(norm(turn_between(summit.m, stage.m)))
        if loss > ENOUGH:
            return loss
        if loss > (begin - bottom) / thermal - 0.5:
            return math.inf
        furthest = max(furthest, away)
        if nearing and away > before and before < 0.7 * furthest:
            return loss
        before, nearing = away, away < before
    return math.inf
