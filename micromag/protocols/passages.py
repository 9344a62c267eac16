"""Rare passages through the plane: trajectories that begin near it, each with its weight.

Once in some hundred nanoseconds m passes the plane of the film. There it turns slowly, so that an average over a
nanosecond or more, in which the precession has gone, shows little else; too few replicas that start from equilibrium
ever pass, and the spread between them does not tell of those that did not. So other replicas are led through states of
the same device with an anisotropy that draws m into the plane, at any of `places` times along their record with one
probability. What comes before that time is followed backwards: all terms of the energy are even in m, so that in
equilibrium -m(-t) is as likely as m(t), and a trajectory from -m, turned round, has led to m.

A trajectory counts by its share in the mixture of both kinds (E. Veach and L. J. Guibas, SIGGRAPH 95, 419, the balance
heuristic): of n replicas from equilibrium and n' others, by

    w = c / (n + n' R),    R = mean of r(m(t)) over the places.

r is any function of m: here one that fits p' / p, with the densities p and p' of the states of the device and of the
softer one. c is 1 for the former replicas, and r over the true p' / p at the state that the others were led through,
where the energies in both are known. However a trajectory came to its passages, it counts by what it shows of them: a
replica that passes by itself no more than one that was led there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import polynomial
from scipy.constants import k

from magbayes.data.free_energies import free_energies
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Ensemble, Equilibrium, sample
from magbayes.micromag.raw import GATED

if TYPE_CHECKING:
    import micromagneticmodel as mm

    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

LOWEST, HIGHEST = 1.5, 15.0
"""Barriers in kT between which passages are rare and count: below they are no events of their own, above, at some 1e-7
of all time, an average over ten nanoseconds does not see them."""

AGAIN = 2
"""Replicas that start from equilibrium, for each chain."""

OTHERS = 2
"""Replicas that are led through a softer device's states, for each chain."""

DEPTH = 1.5
"""Change of the anisotropy in barriers: 1 holds m nowhere, and more in the plane."""

DRAWS, WARM_UP = 20, 90
"""States that each chain of the softer device draws, and updates before them."""

MOST_PLACES = 16
"""Times along a record at which a replica may be at its drawn state: closer ones than half a nanosecond tell no more of
a passage, and each takes a call of the engine."""


@dataclass(frozen=True)
class Softer:
    """States of a device that is softer than the one in question.

    Attributes
    ----------
    states
        (n', nx, ny, nz, 3), unit vectors.
    magnetisation
        (n', 3), m over Ms of each.
    correction
        (n',), `ratio` over p' / p.
    coefficients
        (3,), those of a polynomial in m_z^2 that fits ln(p' / p).
    voltage
        Gate voltage that makes the device so soft, V.
    """

    states: np.ndarray
    magnetisation: np.ndarray
    correction: np.ndarray
    coefficients: np.ndarray
    voltage: float

    def ratio(self, m: np.ndarray) -> np.ndarray:
        """The function r (...) of m over Ms (..., 3)."""
        return np.asarray(np.exp(polynomial.polyval(m[..., 2].astype(float) ** 2, self.coefficients)))


@dataclass(frozen=True)
class Paths:
    """Trajectories, those from equilibrium first.

    Attributes
    ----------
    magnetisation
        (replicas, samples, 3), m over Ms.
    weights
        (replicas,), share of each in an average over equilibrium; their sum is 1.
    last
        What the engine returned last.
    """

    magnetisation: np.ndarray
    weights: np.ndarray
    last: Ensemble


def softer(
    device: StochasticJunction, voltage: float, temperature: float, last: Equilibrium, drawn: np.ndarray, seed: int
) -> Softer | None:
    """States of a softer device where passages through the plane are rare and count; None elsewhere.

    Parameters
    ----------
    device, voltage, temperature
        The device, its gate voltage in V, and its temperature in K.
    last
        The last stage that was drawn of it.
    drawn
        (chains, draws, 3), m over Ms of all states.
    seed
        Of the softer device's chains.
    """
    # Of small turns the mean square over the in-plane axes is kT over the barrier.
    barrier = 1 / (drawn[..., :2].astype(float) ** 2).sum(axis=-1).mean()
    if not LOWEST < barrier < HIGHEST:
        return None
    at = device.coefficients(voltage, temperature)[GATED]
    slope = device.coefficients(voltage + 1, temperature)[GATED] - at
    unit = k * temperature
    own = last.energies[GATED] / at / unit
    gate = voltage + DEPTH * barrier / own.mean() / slope
    change = device.coefficients(gate, temperature)[GATED] - at
    replicas = OTHERS * len(last.final)
    soft = sample(
        device.system(gate, temperature),
        replicas=replicas,
        samples=DRAWS,
        warm_up=WARM_UP,
        seed=seed,
        start=np.resize(last.final, (replicas, *last.final.shape[1:])),
    )
    theirs = soft.energies[GATED] / (at + change) / unit
    work = change * np.concatenate([own.ravel(), theirs.ravel()])
    difference = free_energies(np.stack([np.zeros_like(work), work]), np.array([own.size, theirs.size]))[1]
    logarithm = difference - work  # of p' / p
    moment = device.bare(temperature).moment
    shown = [stage.magnetisation / moment for stage in (last, soft)]
    square = np.concatenate([m[..., 2].ravel() for m in shown]).astype(float) ** 2
    coefficients = polynomial.polyfit(square, logarithm, 2)
    end = shown[1][:, -1]
    fitted = polynomial.polyval(end[:, 2].astype(float) ** 2, coefficients)
    return Softer(
        soft.final,
        end,
        np.exp(fitted - (difference - change * theirs[:, -1])),
        coefficients,
        gate,
    )


def independent(system: mm.System, last: Equilibrium, seed: int) -> np.ndarray:
    """States (`AGAIN` * n, nx, ny, nz, 3) of equilibrium: the last of each chain, and what comes after it."""
    states = [last.final]
    for number in range(1, AGAIN):
        more = sample(
            system,
            replicas=len(last.final),
            samples=1,
            warm_up=WARM_UP,
            seed=derive(seed, number),
            start=states[-1],
        )
        states.append(more.final)
    return np.concatenate(states)


def places(samples: int) -> int:
    """Number of times along a record of so many samples at which replicas are at their drawn states."""
    return max(number for number in range(1, MOST_PLACES + 1) if samples % number == 0)


def follow(
    advance: Callable[[np.ndarray, int, int], Ensemble],
    own: np.ndarray,
    through: Softer,
    samples: int,
    moment: float,
) -> Paths:
    """Trajectories of a device from equilibrium, and others that are led through states of a softer one.

    Parameters
    ----------
    advance
        Runs replicas from states (replicas, nx, ny, nz, 3) for a number of samples; the last argument is that of the
        call.
    own
        (n, nx, ny, nz, 3), states of equilibrium.
    through
        States of the softer device.
    samples
        Length of each record.
    moment
        Mean length of a cell's m: m over Ms is the engine's mean over it.
    """
    parts = places(samples)
    length = samples // parts
    # The others are followed backwards for as many parts as their place says, from -m, and then forwards from m.
    place = np.arange(len(through.states)) % parts
    turned = np.where((place > 0)[:, None, None, None, None], -through.states, through.states)
    state, records = np.concatenate([own, turned]), []
    for part in range(parts):
        ensemble = advance(state, length, part)
        records.append(ensemble.magnetisation / moment)
        state = np.array(ensemble.final)
        state[len(own) :][place == part + 1] = through.states[place == part + 1]
    record = np.concatenate(records, axis=1)
    others = [
        _joined(one, int(number) * length, m)
        for one, number, m in zip(record[len(own) :], place, through.magnetisation, strict=True)
    ]
    paths = np.concatenate([record[: len(own)], np.stack(others)])
    share = np.concatenate([np.ones(len(own)), through.correction])
    weights = share / (len(own) + len(others) * through.ratio(paths[:, ::length]).mean(axis=1))
    return Paths(paths, weights / weights.sum(), ensemble)


def _joined(record: np.ndarray, before: int, m: np.ndarray) -> np.ndarray:
    """One trajectory (samples, 3) through m (3,) at sample `before`, from a record that ran backwards up to there."""
    return np.concatenate([-record[:before][::-1], m[None], record[before:-1]])
