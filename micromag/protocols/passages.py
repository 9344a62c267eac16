"""Rare passages through the plane: trajectories that start from states of a softer device, each with its weight.

Once in some hundred nanoseconds m passes the plane of the film. There it turns slowly, so that an average over a
nanosecond or more, in which the precession has gone, shows little else; too few replicas that start from equilibrium
ever pass, and the spread between them does not tell of those that did not. So some replicas start from states of the
same device with an anisotropy that holds m nowhere. Where its energies in both are known, a state counts by

    w = p / (n p + n' p')

with the densities p and p' of the states of the device and of the softer one, and n and n' replicas that start from
either (E. Veach and L. J. Guibas, SIGGRAPH 95, 419, the balance heuristic). What such replicas show at any later time,
weighted by their starts, has the mean of equilibrium, since the device's own motion keeps that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.constants import k

from magbayes.data.free_energies import free_energies
from magbayes.micromag.engines import Equilibrium, sample
from magbayes.micromag.raw import GATED

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

LOWEST, HIGHEST = 1.5, 15.0
"""Barriers in kT between which passages are rare and count: below they are no events of their own, above, at some 1e-7
of all time, an average over ten nanoseconds does not see them."""

DRAWS = 64
"""States that each chain of the softer device draws."""


@dataclass(frozen=True)
class Starts:
    """States that trajectories start from.

    Attributes
    ----------
    states
        (replicas, nx, ny, nz, 3), those of the device itself first.
    weights
        (replicas,), share of each trajectory in an average over equilibrium; their sum is 1.
    voltage
        Gate voltage that makes the device as soft as the others were drawn, V; None where all are its own.
    """

    states: np.ndarray
    weights: np.ndarray
    voltage: float | None = None


def others(replicas: int) -> int:
    """Replicas that start from a softer device, beside so many that start from the device itself."""
    return replicas // 2


def starts(
    device: StochasticJunction, voltage: float, temperature: float, last: Equilibrium, drawn: np.ndarray, seed: int
) -> Starts:
    """Starts from equilibrium and, where passages through the plane are rare, from a softer device.

    Parameters
    ----------
    device, voltage, temperature
        The device, its gate voltage in V, and its temperature in K.
    last
        The last stage that was drawn of it; a start is the last state of each chain.
    drawn
        (chains, draws, 3), m over Ms of all states.
    seed
        Of the softer device's chains.
    """
    replicas = len(last.final)
    own = Starts(last.final, np.full(replicas, 1 / replicas))
    # Of small turns the mean square over the in-plane axes is kT over the barrier.
    barrier = 1 / (drawn[..., :2].astype(float) ** 2).sum(axis=-1).mean()
    at = device.coefficients(voltage, temperature)[GATED]
    slope = device.coefficients(voltage + 1, temperature)[GATED] - at
    if not LOWEST < barrier < HIGHEST:
        return own
    unit = k * temperature
    conjugate = last.energies[GATED] / at / unit
    softer = voltage + barrier / conjugate.mean() / slope
    change = device.coefficients(softer, temperature)[GATED] - at
    soft = sample(
        device.system(softer, temperature),
        replicas=others(replicas),
        samples=DRAWS,
        seed=seed,
        start=last.final[: others(replicas)],
    )
    theirs = soft.energies[GATED] / (at + change) / unit
    work = change * np.concatenate([conjugate.ravel(), theirs.ravel()])
    difference = free_energies(np.stack([np.zeros_like(work), work]), np.array([conjugate.size, theirs.size]))[1]
    begun = change * np.concatenate([conjugate[:, -1], theirs[:, -1]])
    weights = 1 / (replicas + others(replicas) * np.exp(difference - begun))
    return Starts(np.concatenate([last.final, soft.final]), weights / weights.sum(), softer)
