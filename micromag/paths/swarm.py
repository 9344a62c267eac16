"""Trajectories from many states at once, until an order parameter says that they have ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.data import seeds
from magbayes.data.errors import EngineError
from magbayes.micromag.llg.ensemble import Integrator
from magbayes.micromag.llg.model import Model, from_grid
from magbayes.micromag.paths.order import Order

SHRINK = 4
"""Ratio of the sizes of programs: the last trajectories of a stage run in a smaller one."""

SMALLEST = 8
"""Replicas of the smallest program."""

LONGEST = 1_000_000
"""Looks after which a trajectory counts as one that never ends."""


@dataclass(frozen=True)
class Shots:
    """How trajectories ended.

    Attributes
    ----------
    hit
        (trials,), whether each reached the upper bound before it fell to the lower one.
    furthest
        (trials,), largest order parameter that was seen.
    states
        (trials, 3, nz, ny, nx), the last states.
    """

    hit: np.ndarray
    furthest: np.ndarray
    states: np.ndarray


class Swarm:
    """Advances states by one look; counts looks, of which each has noise of its own."""

    def __init__(
        self,
        model: Model,
        order: Order,
        sign: float,
        replicas: int,
        interval: float,
        time_step: float | None,
        seed: int,
    ) -> None:
        self._order, self._sign = order, sign
        self.interval, self.seed, self.looks, self.simulated = interval, seed, 0, 0.0
        sizes = [replicas]
        while sizes[-1] // SHRINK >= SMALLEST:
            sizes.append(sizes[-1] // SHRINK)
        self._programs: dict[int, Integrator] = {}
        self._make = lambda size: Integrator(
            model, replicas=size, samples=1, interval=self.interval, time_step=time_step
        )
        self._sizes = sizes[::-1]

    def order(self, states: np.ndarray) -> np.ndarray:
        """Order parameter (n,) of states, rising from the start to the end."""
        return order_of(self._order, states, self._sign)

    def advance(self, states: np.ndarray) -> np.ndarray:
        """States one look later."""
        count = len(states)
        size = next(size for size in self._sizes if size >= count)
        if size not in self._programs:
            self._programs[size] = self._make(size)
        padded = states if count == size else np.resize(states, (size, *states.shape[1:]))
        self.looks += 1
        self.simulated += count * self.interval
        return self._programs[size](padded, seeds.derive(self.seed, "look", self.looks)).final[:count]

    def look_every(self, interval: float) -> None:
        """Change the time in s from one look to the next."""
        self.interval, self._programs = interval, {}

    @property
    def most(self) -> int:
        """Replicas that run at once."""
        return self._sizes[-1]

    def shoot(self, starts: np.ndarray, low: float, high: float) -> Shots:
        """Run each of the states until its order parameter is at `high` or above, or at `low` or below.

        All trials run to their ends, whatever the others do, so that quick ones do not count more.
        """
        furthest = self.order(starts)
        states = starts.copy()
        waiting = list(np.flatnonzero((furthest < high) & (furthest > low))[::-1])
        running: list[int] = []
        last = furthest.copy()
        looks = 0
        while waiting or running:
            while waiting and len(running) < self.most:
                running.append(int(waiting.pop()))
            index = np.array(running)
            states[index] = self.advance(states[index])
            last[index] = self.order(states[index])
            furthest[index] = np.maximum(furthest[index], last[index])
            running = [i for i in running if low < last[i] < high]
            looks += 1
            if looks > LONGEST:
                raise EngineError(
                    f"{len(running)} trajectories neither return nor go on after {looks} looks: take an order "
                    "parameter that tells both states apart, or a longer interval"
                )
        return Shots(last >= high, furthest, states)


def order_of(order: Order, states: np.ndarray, sign: float = 1.0) -> np.ndarray:
    """Order parameter (n,) of states (n, 3, nz, ny, nx).

    Raises
    ------
    ValueError
        It does not give one finite number a state.
    """
    values = np.asarray(order(from_grid(states)), float)
    if values.shape != (len(states),) or not np.isfinite(values).all():
        raise ValueError(
            f"the order parameter gives the shape {values.shape} for {len(states)} states of shape (nx, ny, nz, 3), or "
            "numbers that are not finite; accepted: one finite number a state"
        )
    return sign * values
