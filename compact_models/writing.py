"""Which pulse to give next: the policy that reaches a level with the fewest pulses expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

CONVERGED = 1e-6
"""Change of the expected number of pulses below which the iteration ends."""


class Moved(NamedTuple):
    """Pulses that were given, as indices of their width and current density, and the levels after them."""

    level: np.ndarray
    width: np.ndarray
    current: np.ndarray


@dataclass(frozen=True)
class Policy:
    """The best pulse for each level and goal, and what pulses of either direction do.

    Attributes
    ----------
    choice : (levels, goals)
        Index of the pulse among those of both directions.
    cumulative : (pulses, levels, ends)
        Distribution of the level after each pulse; the first and the last end are off the track.
    currents
        Current densities of each width.
    """

    choice: np.ndarray
    cumulative: np.ndarray
    currents: int

    def pulse(self, rng: np.random.Generator, level: np.ndarray, goal: np.ndarray) -> Moved:
        """Give the best pulse to devices at levels (n,), each with its goal (n,)."""
        pulse = self.choice[level, goal]
        end = (rng.random(len(level))[:, None] > self.cumulative[pulse, level]).sum(axis=-1)
        width, current = np.divmod(pulse % (len(self.cumulative) // 2), self.currents)
        return Moved(end.clip(max=self.cumulative.shape[-1] - 1) - 1, width, current)


def policy(transitions: np.ndarray, limit: float) -> Policy:
    """The policy that minimises the expected number of pulses, by value iteration.

    M. L. Puterman, Markov Decision Processes, Wiley (1994), section 6.3: a stochastic shortest path. A wall off the
    track is lost and counts as `limit` pulses, and so does a goal that no pulse reaches.

    Parameters
    ----------
    transitions : (widths, currents, levels, ends)
        Probabilities for positive pulses.
    limit
        Pulses after which writing gives up.
    """
    currents, levels, ends = transitions.shape[1:]
    forward = transitions.reshape(-1, levels, ends)
    pulses = np.concatenate([forward, forward[:, ::-1, ::-1]])
    goals = np.arange(levels)
    expected = np.where(np.eye(levels, dtype=bool), 0.0, limit)  # level, goal
    lost = np.full((1, levels), limit)
    while True:
        costs = 1 + np.einsum("ple,eg->plg", pulses, np.concatenate([lost, expected, lost]))
        better = np.minimum(costs.min(axis=0), limit)
        better[goals, goals] = 0.0
        change = np.abs(better - expected).max()
        expected = better
        if change < CONVERGED:
            return Policy(costs.argmin(axis=0), np.cumsum(pulses, axis=-1), currents)
