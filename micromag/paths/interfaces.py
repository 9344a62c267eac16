"""States at the interfaces of forward-flux sampling, by groups, and the trajectories from one interface to the next."""

from __future__ import annotations

import math

import numpy as np

from magbayes.data import seeds
from magbayes.micromag.llg.model import Model
from magbayes.micromag.paths.order import Order
from magbayes.micromag.paths.swarm import LONGEST, Swarm, order_of

GROUPS = 10
"""Independent repetitions, whose spread is the interval."""

SHARE = 0.35
"""Share of trials that the next interface is placed for."""

PILOTS = 0.3
"""Trials thrown away for the place of an interface, over those that count."""

RETURNED, FIRST = 0.5, 0.9
"""Quantiles of the order parameter in A below which a trajectory has returned, and at which the first interface
lies."""

ARRIVED = 0.5
"""Quantile of the order parameter at the end at which B begins."""

APART = 0.975
"""Quantile of the start that lies below that of the same rank from above at the end, if both are told apart."""

KNOWN = 0.98
"""Share of replicas that have been in A before their crossings count."""

FEWER = 4
"""Replicas that run at once, over those that settle and leave: these need time more than number."""

JUMP = 0.5
"""Change of the order parameter from look to look over its spread at the start: as fine as shares of a third need."""

GOING = 0.3
"""Share of pilots that are seen beyond their starts; below it looks are too rare."""

LOOKS = 4
"""Ratio by which looks may become rarer than they were while the ends settled."""

SHORTEST, DRIFT = 20, 0.2
"""Looks of the first run in which a state may settle, and difference of the means of its halves, over their spread, and
of the logarithms of their spreads, from which on it has."""

LOST = 0.7
"""Share of replicas beyond the middle after it that is no metastable state any more. An order parameter that does not
tell both states apart has a half there, and is named as such."""

SETTLING = 12
"""Doublings of the run in which a state has to settle."""


class Sampler:
    """States at interfaces, by groups, and the trajectories from one interface to the next."""

    def __init__(
        self,
        model: Model,
        order: Order,
        ends: np.ndarray,
        look: float,
        time_step: float | None,
        replicas: int,
        seed: int,
    ) -> None:
        low, high = order_of(order, ends)
        if low == high:
            raise ValueError(
                f"the order parameter is {low:.4g} at the start and at the end; accepted: one that tells them apart"
            )
        self.sign = math.copysign(1.0, high - low)
        self.swarm = Swarm(model, order, self.sign, replicas, look, time_step, seeds.derive(seed, "trajectories"))
        self.random = seeds.generator(seed, "choices")
        self.ends, self.least = ends, look
        self.notes: list[str] = []

    def find_ends(self, settling: float | None) -> None:
        """Settle at both ends; sets where A ends, where the first interface lies, and where B begins."""
        middle = float(self.swarm.order(self.ends).mean())
        other, _ = self._settle(self.ends[1], settling, middle, "end", -1.0)
        values, self.settled = self._settle(self.ends[0], settling, middle, "start", 1.0)
        self.returned, self.first, top = np.quantile(values, [RETURNED, FIRST, APART])
        bottom, self.arrived = np.quantile(other, [1 - APART, ARRIVED])
        if not top < bottom:
            a, b = np.quantile(values, [0.025, 0.975]), np.quantile(other, [0.025, 0.975])
            raise ValueError(
                f"the order parameter does not tell both states apart: 95 % of it lie between {min(self.sign * a):.4g} "
                f"and {max(self.sign * a):.4g} at the start, {min(self.sign * b):.4g} and {max(self.sign * b):.4g} at "
                "the end; take another one, states with a higher barrier, or a lower temperature"
            )

    def look_often(self, least: float) -> None:
        """Set the time between looks, of at least `least` s, taking the order parameter for one that diffuses.

        Where the barrier is steep, `place` looks more often: what goes on is then gone again at a later look.
        """
        interval, self.least = self.swarm.interval, least
        self.swarm.look_every(float(np.clip(interval * JUMP**2 / self.jump, least, LOOKS * interval)))

    def _settle(
        self, state: np.ndarray, settling: float | None, middle: float, name: str, side: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Order parameter in equilibrium at one end, and states there."""
        count = max(GROUPS, self.swarm.most // FEWER // GROUPS * GROUPS)  # as many in each group
        states = np.broadcast_to(state, (count, *state.shape)).astype(np.float32)
        length = SHORTEST if settling is None else max(2, round(settling / self.swarm.interval))
        for _ in range(SETTLING):
            values = []
            for _ in range(length):
                states = self.swarm.advance(states)
                values.append(self.swarm.order(states))
            gone = side * (values[-1] - middle) > 0
            if gone.mean() > LOST:
                raise ValueError(
                    f"{name} does not hold: after {length * self.swarm.interval:.2g} s {gone.mean():.0%} of the "
                    "replicas are nearer to the other state; give a metastable state, or take trajectories, which "
                    "escape by themselves"
                )
            if gone.any():  # back among those that stay
                states[gone] = states[self.random.choice(np.flatnonzero(~gone), gone.sum())]
            early, late = np.array_split(np.array(values)[:, ~gone], 2)
            drift, growth = abs(late.mean() - early.mean()) / late.std(), abs(np.log(late.std() / early.std()))
            self.jump = float((np.diff(late, axis=0) ** 2).mean() / late.var())
            if settling is not None or (drift < DRIFT and growth < DRIFT):
                return late, states
            length *= 2
        self.notes.append(f"{name} has not settled after {length * self.swarm.interval:.2g} s")
        return late, states

    def leave(self, trials: int) -> tuple[list[np.ndarray], list[float]]:
        """Crossings of the first interface by trajectories from A: states of each group, and fluxes in 1/s."""
        states = self.settled
        owner = np.arange(len(states)) % GROUPS
        armed = self.swarm.order(states) <= self.returned
        crossings: list[list[np.ndarray]] = [[] for _ in range(GROUPS)]
        # Whether a replica comes from A is known once it has been there.
        for _ in range(LONGEST):
            if armed.mean() >= KNOWN:
                break
            states = self.swarm.advance(states)
            armed |= self.swarm.order(states) <= self.returned
        armed &= self.swarm.order(states) < self.first
        looks, wanted = 0, trials // GROUPS
        # As many as there are trials on average, whatever single groups have: their times are the same.
        while sum(map(len, crossings)) < wanted * GROUPS:
            states = self.swarm.advance(states)
            value = self.swarm.order(states)
            looks += 1
            for replica in np.flatnonzero(armed & (value >= self.first)):
                crossings[owner[replica]].append(states[replica])
            armed = (armed & (value < self.first)) | (value <= self.returned)
            for replica in np.flatnonzero(value >= self.arrived):
                kept = np.flatnonzero((owner == owner[replica]) & (value <= self.first))
                source = self.random.choice(kept if len(kept) else np.flatnonzero(value <= self.first))
                states[replica], armed[replica] = states[source], armed[source]
        time = looks * self.swarm.interval * len(states) / GROUPS
        return [np.array(group) for group in crossings], [len(group) / time for group in crossings]

    def place(self, crossings: list[np.ndarray], last: float, trials: int) -> float:
        """The next interface, by trials that are thrown away."""
        pool = np.concatenate([group for group in crossings if len(group)])
        starts = pool[self.random.integers(len(pool), size=max(GROUPS, round(PILOTS * trials)))]
        while True:
            furthest = self.swarm.shoot(starts, self.returned, self.arrived).furthest
            finer = self.swarm.interval / 2
            if (furthest > self.swarm.order(starts)).mean() >= GOING or finer < self.least * (1 - 1e-9):
                break
            self.swarm.look_every(finer)
        if (furthest >= self.arrived).mean() >= SHARE / 2:
            return float(self.arrived)
        place = float(np.quantile(furthest, 1 - SHARE))
        if not place > last:  # few go further at all: as far as the least of those
            further = furthest[furthest > last]
            if not len(further):
                raise ValueError(
                    f"of {len(starts)} trajectories from the interface at {self.sign * last:.4g} none goes on: ask for "
                    "more trials, or take an order parameter along which the barrier rises less steeply"
                )
            place = float(np.quantile(further, 0.5))
        return min(place, float(self.arrived))

    def cross(self, crossings: list[np.ndarray], place: float, trials: int) -> tuple[list[np.ndarray], np.ndarray]:
        """States of each group at the next interface, and the shares of its trials that reached it."""
        each = trials // GROUPS
        living = [number for number, group in enumerate(crossings) if len(group)]
        starts = np.concatenate([crossings[n][self.random.integers(len(crossings[n]), size=each)] for n in living])
        shots = self.swarm.shoot(starts, self.returned, place)
        reached: list[np.ndarray] = [starts[:0]] * GROUPS
        shares = np.zeros(GROUPS)
        for row, number in enumerate(living):
            own = slice(row * each, (row + 1) * each)
            reached[number] = shots.states[own][shots.hit[own]]
            shares[number] = shots.hit[own].mean()
        if not shares.any():
            raise ValueError(
                f"no trajectory reached the interface at {self.sign * place:.4g}: ask for more than {trials} trials"
            )
        return reached, shares
