"""Compact model of the domain-wall MTJ: levels, response to pulses, and writing with verification."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from magbayes.compact_models import retention, writing
from magbayes.compact_models.equilibrium import FALSE_ALARM, p_text
from magbayes.compact_models.schema import FROM_ZERO, NOT_NEGATIVE, POSITIVE, RISING, Column
from magbayes.data.estimate import Estimate, binomial_share
from magbayes.data.keys import generator_of
from magbayes.data.shapes import RandomKey
from magbayes.micromag.raw import PULSED_NOTCHES

PULSE_LIMIT = 200
"""Pulses after which writing gives up."""

LEAST_DEPINNING = 0.5
"""Depinning probability that the strongest pulse should reach, or writing is called unreliable."""


class Levels(NamedTuple):
    """Conductance of each level at rest, S: mean and standard deviation (levels,)."""

    mean: np.ndarray
    std: np.ndarray


class Written(NamedTuple):
    """Result of writing: arrays of the target's shape."""

    conductance: np.ndarray
    """Mean conductance of the level that is held, S."""
    pulses: np.ndarray
    """Number of pulses."""
    energy: np.ndarray
    """Joule heat of the pulses, J."""
    latency: np.ndarray
    """Time of pulses and settling, s."""
    failed: np.ndarray
    """True where `PULSE_LIMIT` pulses did not reach the level, or the wall left the track."""


@dataclass(frozen=True)
class DomainWallModel:
    """Statistics of one kind of device; source: fit of raw ensembles (`magbayes.compact_models.fit`).

    A wall moves from every notch as from an inner one, and a negative pulse is the mirror image of a positive one.
    """

    level_mean: Annotated[np.ndarray, Column("levels", "S", "conductance of each level, rising", RISING)]
    level_std: Annotated[np.ndarray, Column("levels", "S", "thermal jitter of the conductance at rest", NOT_NEGATIVE)]
    level_integration_time: Annotated[
        np.ndarray,
        Column("jitter times", "s", "times over which levels at rest were averaged, rising from 0", FROM_ZERO),
    ]
    level_variance_function: Annotated[
        np.ndarray,
        Column(
            "levels, jitter times",
            "1",
            "variance of a level averaged over each time, over that of instants",
            NOT_NEGATIVE,
        ),
    ]
    level_error: Annotated[
        np.ndarray, Column("levels", "S", "standard error of `level_mean`, between replicas", NOT_NEGATIVE)
    ]
    level_drift: Annotated[
        float,
        Column(
            "", "S", "largest mean change of a level between the first and the last fifth of the rest", NOT_NEGATIVE
        ),
    ]
    drift_p_value: Annotated[
        float, Column("", "1", "p-value of the two-sided test that no level drifts along the rest", ("share",))
    ]
    track_level: Annotated[
        np.ndarray,
        Column("tracks, levels", "S", "conductance of each level in tracks made with variations", POSITIVE),
    ]
    track_level_error: Annotated[
        np.ndarray, Column("tracks, levels", "S", "standard error of `track_level`", NOT_NEGATIVE)
    ]
    rest_escapes: Annotated[
        np.ndarray, Column("levels", "1", "replicas whose wall left its notch while resting", ("count",))
    ]
    rest_replicas: Annotated[
        int, Column("", "1", "replicas of each level at rest; 0 where none was watched", ("count",))
    ]
    rest_time: Annotated[float, Column("", "s", "simulated time of each replica at rest", NOT_NEGATIVE)]
    pulse_width: Annotated[np.ndarray, Column("W", "s", "widths of pulses, rising", RISING)]
    current_density: Annotated[
        np.ndarray, Column("J", "A/m^2", "current densities of pulses in the heavy metal, rising", RISING)
    ]
    peak_temperature: Annotated[
        np.ndarray,
        Column(
            "W, J",
            "K",
            "temperature of the track at the end of each pulse, by its own heat; 0 where it is not known",
            NOT_NEGATIVE,
        ),
    ]
    moves: Annotated[
        np.ndarray,
        Column("moves", "1", "notches that pulses moved walls in their direction, one by one", ("whole", "rising")),
    ]
    moved: Annotated[
        np.ndarray,
        Column("W, J, moves", "1", "pulses of each that moved a wall from an inner notch so far", ("count",)),
    ]
    mirror_p_value: Annotated[
        float, Column("", "1", "p-value of the two-sided test that pulses of both signs move walls alike", ("share",))
    ]
    settling_time: Annotated[float, Column("", "s", "time from the end of a pulse to the next", NOT_NEGATIVE)]
    barrier_temperature: Annotated[
        np.ndarray, Column("temperatures", "K", "temperatures at which barriers are known, rising", RISING)
    ]
    barrier: Annotated[
        np.ndarray, Column("temperatures", "J", "energy that a wall needs to leave its notch without current", POSITIVE)
    ]
    barrier_spread: Annotated[
        np.ndarray, Column("temperatures", "J", "standard deviation of the barrier between devices", NOT_NEGATIVE)
    ]
    attempt_rate: Annotated[
        np.ndarray,
        Column("temperatures", "1/s", "rate to one neighbour without the exponential of the barrier", POSITIVE),
    ]
    barrier_converged: Annotated[
        np.ndarray, Column("temperatures", "1", "1 where the path over the barrier is converged", ("share",))
    ]
    metal_resistance: Annotated[float, Column("", "Ohm", "resistance of the heavy metal under the track", POSITIVE)]
    metal_cross_section: Annotated[
        float, Column("", "m^2", "cross-section of the heavy metal under the track", POSITIVE)
    ]

    def draw(self, rng: np.random.Generator) -> DomainWallModel:
        """A model that the ensembles might as well have given: pulses drawn with replacement, levels by their error."""
        total = self.moved.sum(axis=-1)
        level = self.level_mean + self.level_error * rng.standard_normal(len(self.level_mean))
        return replace(self, moved=rng.multinomial(total, self.moved / total[..., None]), level_mean=level)

    @property
    def levels(self) -> Levels:
        """Conductance of each level at rest."""
        return Levels(self.level_mean, self.level_std)

    def nearest_level(self, conductance: np.ndarray) -> np.ndarray:
        """Numbers (...) of the levels that are nearest to conductances (...) in S."""
        return np.asarray(np.abs(conductance[..., None] - self.level_mean).argmin(axis=-1))

    def jitter(self, integration_time: float = 0.0) -> np.ndarray:
        """Standard deviation (levels,) in S of reads of a wall at rest over an integration time in s; 0 is an instant.

        A wall in its notch forgets within half a nanosecond. Beyond the record its noise is white: the variance falls
        as one over the time.

        Raises
        ------
        ValueError
            The time is below 0.
        """
        if not integration_time >= 0:
            raise ValueError(f"integration time {integration_time:g} s is not 0 or more")
        longest = self.level_integration_time[-1]
        known = min(integration_time, longest)
        share = np.array([np.interp(known, self.level_integration_time, row) for row in self.level_variance_function])
        white = longest / integration_time if integration_time > longest else 1.0
        std: np.ndarray = self.level_std * np.sqrt(share * white)
        return std

    @cached_property
    def level_spread(self) -> np.ndarray:
        """(levels,), standard deviation between devices in S, less what the tracks' own errors explain."""
        excess = self.track_level.var(axis=0, ddof=1) - (self.track_level_error**2).mean(axis=0)
        spread: np.ndarray = np.sqrt(np.maximum(excess, 0.0))
        return spread

    @property
    def pulse_energy(self) -> np.ndarray:
        """(W, J), Joule heat of a pulse in the heavy metal, J."""
        power = (self.current_density * self.metal_cross_section) ** 2 * self.metal_resistance
        energy: np.ndarray = np.multiply.outer(self.pulse_width, power)
        return energy

    @property
    def pulse_latency(self) -> np.ndarray:
        """(W,), time of a pulse with settling, s."""
        return self.pulse_width + self.settling_time

    @cached_property
    def move_probabilities(self) -> Estimate:
        """(W, J, moves), probability of each move, with its Wilson interval."""
        return binomial_share(self.moved, self.moved.sum(axis=-1, keepdims=True))

    @property
    def mean_moves(self) -> np.ndarray:
        """(W, J), notches that a pulse moves the wall on average."""
        mean: np.ndarray = self.move_probabilities.value @ self.moves
        return mean

    @cached_property
    def depinning_probability(self) -> Estimate:
        """(W, J), probability that a pulse moves the wall at all, with its Wilson interval."""
        return binomial_share(self.moved[..., self.moves != 0].sum(axis=-1), self.moved.sum(axis=-1))

    @cached_property
    def transition_probabilities(self) -> Estimate:
        """(W, J, levels, ends), probability of each end from each level, with its Wilson interval.

        Ends are: off the track in front of level 0, the levels, off behind. A wall moves from each notch as from an
        inner one, and one that moves further than there are notches has left the track.
        """
        levels = np.arange(len(self.level_mean))
        counts = np.zeros((*self.moved.shape[:2], len(levels), len(levels) + 2), dtype=int)
        for index, move in enumerate(self.moves):
            end = (levels + move).clip(-1, len(levels)) + 1
            counts[:, :, levels, end] += self.moved[:, :, index, None]
        return binomial_share(counts, counts.sum(axis=-1, keepdims=True))

    def _barrier(self, temperature: float) -> tuple[float, float, float]:
        """Barrier and its spread in J, and attempt rate in 1/s, between the temperatures (K) of the barriers.

        Raises
        ------
        ValueError
            The temperature is outside of them.
        """
        known = self.barrier_temperature
        if not len(known):
            raise ValueError("no barrier of the domain-wall MTJ is known, and so not for how long a level holds")
        if not known[0] <= temperature <= known[-1]:
            raise ValueError(
                f"temperature {temperature:g} K is outside of those of the barriers; accepted: {known[0]:g} to "
                f"{known[-1]:g} K"
            )
        barrier, spread, logarithm = (
            float(np.interp(temperature, known, row))
            for row in (self.barrier, self.barrier_spread, np.log(self.attempt_rate))
        )
        return barrier, spread, float(np.exp(logarithm))

    def escape_rate(self, temperature: float) -> Estimate:
        """Rate in 1/s at which a wall leaves an inner notch at rest, at a temperature in K; see `retention`.

        Raises
        ------
        ValueError
            No barrier is known for the temperature.
        """
        barrier, _, attempts = self._barrier(temperature)
        return retention.escape_rate(barrier, attempts, temperature)

    def retention(self, temperature: float, cells: float = 1.0) -> Estimate:
        """Mean time in s for which a level holds at a temperature in K: of the median device, or the worst of `cells`.

        Raises
        ------
        ValueError
            No barrier is known for the temperature.
        """
        barrier, spread, attempts = self._barrier(temperature)
        rate = retention.escape_rate(retention.weakest(barrier, spread, cells), attempts, temperature)
        return Estimate(1 / rate.value, 1 / rate.high, 1 / rate.low)

    @property
    def observed_escape_rate(self) -> Estimate:
        """Escape rate as far as it was observed at rest, 1/s; the upper end is what no escape leaves possible."""
        time = self.rest_replicas * len(self.level_mean) * self.rest_time
        if time == 0:
            return Estimate(0.0, 0.0, math.inf)  # nobody looked
        return retention.observed_rate(int(self.rest_escapes.sum()), time)

    def _beyond(self) -> int:
        """Pulses after which the wall is beyond the notches that were simulated, where the track has more of them."""
        if len(self.level_mean) <= PULSED_NOTCHES:
            return 0
        # From the second notch: two moves on is the last one, and one back the first.
        return int(self.moved[..., (self.moves >= PULSED_NOTCHES - 1) | (self.moves < -1)].sum())

    def warnings(self) -> list[str]:
        """What of the device makes its levels or its writing unreliable."""
        lines = []
        if escaped := int(self.rest_escapes.sum()):
            lines.append(
                f"{escaped} of {self.rest_replicas * len(self.level_mean)} walls left their notch within "
                f"{self.rest_time:g} s of rest: the levels do not hold"
            )
        if self.drift_p_value < FALSE_ALARM:
            lines.append(
                f"levels drift while resting, by up to {1e6 * self.level_drift:.2g} µS from first to last fifth "
                f"(p {p_text(self.drift_p_value)}): not in equilibrium; lengthen pulses.rest_equilibration"
            )
        if lost := self._beyond():
            lines.append(
                f"{lost} of {self.moved.sum()} pulses moved the wall beyond the {PULSED_NOTCHES} notches on which "
                "pulses are simulated: it counts as one notch further, and may have gone on; lower "
                "pulses.current_densities or pulses.widths"
            )
        if self.mirror_p_value < FALSE_ALARM:
            lines.append(
                f"pulses of one sign move the wall more often than the others (p {p_text(self.mirror_p_value)}), "
                "though the track is its own mirror image: levels are written by the mean of both"
            )
        for temperature in self.barrier_temperature[self.barrier_converged == 0]:
            lines.append(
                f"the path from notch to notch at {temperature:g} K is not converged: barrier and retention are rough; "
                "take smaller cells, or raise retention.iterations and retention.images"
            )
        best, current = self.depinning_probability.value.max(), self.current_density[-1]
        if best == 0:
            lines.append("no pulse moves the wall: levels cannot be written; raise pulses.current_densities")
        elif best < LEAST_DEPINNING:
            lines.append(
                f"the strongest pulse ({current:.3g} A/m^2) moves the wall in {100 * best:.0f} % of cases: writing "
                "takes many pulses; raise pulses.current_densities"
            )
        return lines

    @cached_property
    def _policy(self) -> writing.Policy:
        return writing.policy(self.transition_probabilities.value, PULSE_LIMIT)

    def program(self, key: RandomKey, target: ArrayLike, start: ArrayLike = 0) -> Written:
        """Write levels by pulses with verification after each.

        Before each pulse the level is known, and the pulse is that from which fewest further ones are expected.

        Parameters
        ----------
        key
            JAX random key.
        target
            Conductances in S; the nearest level is written.
        start
            Level from which writing starts.

        Notes
        -----
        A wall that leaves the track is lost, and its conductance that of the end. Verification reads are not counted in
        energy or latency.

        Raises
        ------
        ValueError
            A target more than half a level beyond the first or the last level.
        """
        target = np.asarray(target, dtype=float)
        self._refuse_outside(target)
        pulse_rng = generator_of(key, "pulses")
        goal = self.nearest_level(target)
        last = len(self.level_mean) - 1
        level = np.broadcast_to(start, target.shape).copy()
        pulses = np.zeros(target.shape, dtype=int)
        energy, latency = np.zeros(target.shape), np.zeros(target.shape)
        for _ in range(PULSE_LIMIT):
            active = (level != goal) & (level >= 0) & (level <= last)
            if not active.any():
                break
            moved = self._policy.pulse(pulse_rng, level[active], goal[active])
            level[active] = moved.level
            pulses[active] += 1
            energy[active] += self.pulse_energy[moved.width, moved.current]
            latency[active] += self.pulse_latency[moved.width]
        held = np.clip(level, 0, last)
        return Written(self.level_mean[held], pulses, energy, latency, level != goal)

    def _refuse_outside(self, target: np.ndarray) -> None:
        first, last = self.level_mean[0], self.level_mean[-1]
        half = 0.5 * (last - first) / (len(self.level_mean) - 1)
        if target.size and (target.min() < first - half or target.max() > last + half):
            raise ValueError(
                f"target {target.min():.6g} to {target.max():.6g} S is outside the levels; "
                f"accepted: {first - half:.6g} to {last + half:.6g} S"
            )
