"""Rates of rare events from trajectories with thermal noise: direct forward-flux sampling, with an interval.

Interfaces at rising values of an order parameter lie between a start A and an end B. Trajectories in A give the flux
out of its first interface; from states that have crossed one interface others are started, of which a share reaches
the next one before it returns to A. The rate is the flux times all shares. Whatever the order parameter and the
interfaces are, its expectation is the rate of the simulated motion, at any damping and without a saddle to be known.

R. J. Allen, D. Frenkel and P. R. ten Wolde, J. Chem. Phys. 124, 024102 (2006); C. Vogler, F. Bruckner, B. Bergmair, T.
Huber, D. Suess and C. Dellago, Phys. Rev. B 88, 134409 (2013) for magnets. Interfaces are placed by trajectories that
are thrown away: K. Kratzer, A. Arnold and R. J. Allen, J. Chem. Phys. 138, 164112 (2013).

The order parameter is looked at in equal steps of time, and a crossing is a look beyond an interface: a chain of which
forward flux is true as it is of continuous motion.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import micromagneticmodel as mm
import numpy as np
from scipy import stats

from magbayes.data import seeds
from magbayes.data.estimate import Estimate
from magbayes.micromag.llg import midpoint
from magbayes.micromag.llg.model import UnsupportedError, translate
from magbayes.micromag.paths.interfaces import GROUPS, Sampler
from magbayes.micromag.paths.landscape import require_energy
from magbayes.micromag.paths.order import Order
from magbayes.micromag.paths.path import PathWarning
from magbayes.micromag.paths.states import grid_states

STEPS = 10
"""Time steps between two looks at the order parameter while the ends settle, where the interval is not given."""

MOST_INTERFACES = 100
"""Interfaces after which the sampling is given up."""


@dataclass(frozen=True)
class ForwardFlux:
    """A rate of escape with its 95 % interval.

    Attributes
    ----------
    rate
        1/s, with its interval from `groups`.
    flux
        Crossings of the first interface by trajectories that come from the start, 1/s.
    interfaces
        (interfaces,), order parameter: the first, those between, and where the end begins.
    shares
        (interfaces - 1,), of the trials from one interface those that reached the next.
    returned
        Order parameter at which a trajectory has returned to the start.
    groups
        (groups,), rates of independent repetitions with the same interfaces, 1/s; `rate` is their mean.
    warnings
        What does not hold, in words.
    meta
        interval in s, trials, seed, simulated time in s summed over all replicas, wall_time in s, time_step in s.
    """

    rate: Estimate
    flux: float
    interfaces: np.ndarray
    shares: np.ndarray
    returned: float
    groups: np.ndarray
    warnings: tuple[str, ...]
    meta: dict[str, Any]


def forward_flux(
    system: mm.System,
    order: Order,
    start: Any,
    end: Any,
    *,
    seed: int,
    trials: int = 400,
    replicas: int = 200,
    interval: float | None = None,
    settling: float | None = None,
    time_step: float | None = None,
) -> ForwardFlux:
    """Rate at which heat takes a system from one metastable state to another, by forward-flux sampling.

    Parameters
    ----------
    system
        Any system with precession, damping and a temperature above 0, and without torques; it is not changed.
    order
        From unit vectors (replicas, nx, ny, nz, 3) to a number each, (replicas,), which tells how far they have come:
        such as `wall_position`, or ``lambda m: m[..., 2].mean(axis=(1, 2, 3))`` for m_z. It may rise or fall on the
        way.
    start, end
        Magnetisation of both states, as for `magbayes.micromag.path`.
    seed
        The same call gives the same bits. An integer from 0 to 2^32 - 1.
    trials
        Trajectories that are started at every interface; a multiple of 10. The relative error is near
        sqrt(2 interfaces / trials).
    replicas
        Trajectories that run at once.
    interval
        Time in s between two looks at the order parameter; such that it changes by half of its spread at the start, if
        left out.
    settling
        Time in s in which both states settle into equilibrium; it is doubled until they have, if left out.
    time_step
        s; the largest step that the engine was validated for, if left out.

    Raises
    ------
    ValueError
        An argument is out of its range, the order parameter does not tell the two states apart, or one of them does not
        hold.
    NotImplementedError
        The system has a torque, a field that varies in time, no temperature, or no damping.
    EngineError
        A trajectory never ends.
    """
    begin = time.perf_counter()
    seeds.checked(seed)
    for name, value, least in (("trials", trials, 2 * GROUPS), ("replicas", replicas, GROUPS)):
        if not isinstance(value, Integral) or value < least or value % GROUPS:
            raise ValueError(f"{name} {value!r} must be a multiple of {GROUPS}, and at least {least}")
    for name, span in (("interval", interval), ("settling", settling)):
        if span is not None and not 0 < span < math.inf:
            raise ValueError(f"{name} {span!r} s must be a positive number")
    model = translate(system)
    require_energy(model)
    if not model.temperature > 0 or not model.damping[model.mask].any():
        raise UnsupportedError(
            f"forward flux needs thermal noise: T = {model.temperature:g} K and damping "
            f"{model.damping[model.mask].max():g}; both must be above 0"
        )
    look = interval or STEPS * (time_step or midpoint.largest_step(model))
    sampler = Sampler(model, order, grid_states(system, {"start": start, "end": end}), look, time_step, replicas, seed)
    sampler.find_ends(settling)
    if interval is None:
        sampler.look_often(look / STEPS)
    crossings, fluxes = sampler.leave(trials)
    interfaces, shares, group_shares = [sampler.first], [], np.ones(GROUPS)
    while interfaces[-1] < sampler.arrived:
        if len(interfaces) > MOST_INTERFACES:
            raise ValueError(
                f"{MOST_INTERFACES} interfaces do not reach the end ({sampler.sign * sampler.arrived:.4g}): take an "
                "order parameter along which the barrier rises less steeply"
            )
        interfaces.append(sampler.place(crossings, interfaces[-1], trials))
        crossings, hits = sampler.cross(crossings, interfaces[-1], trials)
        shares.append(hits.mean())
        group_shares = group_shares * hits
    rates = np.array(fluxes) * group_shares
    notes = list(sampler.notes)
    rate = _estimate(rates, notes)
    for note in notes:
        warnings.warn(note, PathWarning, stacklevel=2)
    return ForwardFlux(
        rate=rate,
        flux=float(np.mean(fluxes)),
        interfaces=sampler.sign * np.array(interfaces),
        shares=np.array(shares),
        returned=sampler.sign * sampler.returned,
        groups=rates,
        warnings=tuple(notes),
        meta={
            "interval": sampler.swarm.interval,
            "trials": trials,
            "seed": seed,
            "simulated_time": sampler.swarm.simulated,
            "wall_time": time.perf_counter() - begin,
        },
    )


def _estimate(rates: np.ndarray, notes: list[str]) -> Estimate:
    """Mean of the groups with the interval of a log-normal variable of its standard error."""
    mean = float(rates.mean())
    if not mean > 0:
        raise ValueError("no trajectory reached the end: ask for more trials")
    relative = float(stats.sem(rates)) / mean
    if (rates == 0).any() or relative > 0.5:
        notes.append(
            f"the groups' rates differ by {relative:.2g} of their mean, and {(rates == 0).sum()} of {len(rates)} "
            "reached nothing: the interval is rough; ask for more trials"
        )
    spread = math.exp(stats.t.ppf(0.975, len(rates) - 1) * math.sqrt(math.log1p(relative**2)))
    return Estimate(mean, mean / spread, mean * spread)
