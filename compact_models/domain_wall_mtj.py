"""Compact model of the domain-wall MTJ: levels, response to a pulse, and writing with verification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, NamedTuple

import jax
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from compact_models.estimate import Estimate, share
from compact_models.schema import Column

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
    """S, as verified."""
    pulses: np.ndarray
    """Number of pulses."""
    energy: np.ndarray
    """Joule heat of the pulses, J."""
    latency: np.ndarray
    """Time of pulses and settling, s."""
    failed: np.ndarray
    """True where `PULSE_LIMIT` pulses did not reach the level."""


@dataclass(frozen=True)
class DomainWallModel:
    """Statistics of one device; source: fit of raw ensembles (`compact_models.fit`)."""

    level_mean: Annotated[np.ndarray, Column("levels", "S", "conductance of each level, rising")]
    level_std: Annotated[np.ndarray, Column("levels", "S", "thermal jitter of the conductance at rest")]
    level_error: Annotated[np.ndarray, Column("levels", "S", "standard error of `level_mean`, between replicas")]
    rest_escapes: Annotated[np.ndarray, Column("levels", "1", "replicas whose wall left its notch while resting")]
    rest_replicas: Annotated[int, Column("", "1", "replicas of each level at rest")]
    rest_time: Annotated[float, Column("", "s", "simulated rest of each replica")]
    current_density: Annotated[np.ndarray, Column("J", "A/m^2", "pulses in the heavy metal, rising")]
    moves: Annotated[np.ndarray, Column("M", "1", "notches moved, in the direction of the pulse")]
    counts: Annotated[np.ndarray, Column("J, M", "1", "pulses after which the wall had moved so far")]
    pulse_energy: Annotated[np.ndarray, Column("J", "J", "Joule heat of a pulse in the heavy metal")]
    pulse_width: Annotated[float, Column("", "s", "width of a pulse")]
    pulse_latency: Annotated[float, Column("", "s", "pulse and settling")]
    metal_resistance: Annotated[float, Column("", "Ohm", "of the heavy metal under the track")]
    metal_cross_section: Annotated[float, Column("", "m^2", "of the same")]

    def draw(self, rng: np.random.Generator) -> DomainWallModel:
        """A model that the ensembles might as well have given: pulses drawn with replacement, levels by their error."""
        counts = [rng.multinomial(row.sum(), row / row.sum()) for row in self.counts]
        level = self.level_mean + self.level_error * rng.standard_normal(len(self.level_mean))
        return replace(self, counts=np.array(counts), level_mean=level)

    @property
    def levels(self) -> Levels:
        """Conductance of each level at rest."""
        return Levels(self.level_mean, self.level_std)

    @cached_property
    def move_probabilities(self) -> Estimate:
        """(J, M), probability of each move with its Wilson interval."""
        return share(self.counts, self.counts.sum(axis=1, keepdims=True))

    @cached_property
    def depinning_probability(self) -> Estimate:
        """(J,), probability that a pulse moves the wall at all, with its Wilson interval."""
        return share(self.counts[:, self.moves != 0].sum(axis=1), self.counts.sum(axis=1))

    def doubts(self) -> list[str]:
        """What of the device makes its levels or its writing unreliable."""
        found = []
        if escaped := int(self.rest_escapes.sum()):
            found.append(
                f"{escaped} of {self.rest_replicas * len(self.level_mean)} walls left their notch within "
                f"{self.rest_time:g} s of rest: the levels do not hold"
            )
        if (best := self.depinning_probability.value.max()) < LEAST_DEPINNING:
            found.append(
                f"no pulse moves the wall in more than {100 * best:.0f} % of cases: writing may fail; "
                "raise pulses.current_densities"
            )
        return found

    @cached_property
    def _best_pulse(self) -> np.ndarray:
        """(levels,), index of the current density that leaves least distance to go, by distance in notches."""
        distance = np.arange(len(self.level_mean))
        left = np.abs(distance[:, None] - self.moves[None, :])
        # The square favours certainty: an overshoot costs a pulse back.
        expected = np.einsum("dm,jm->dj", left**2, self.move_probabilities.value)
        return expected.argmin(axis=1)

    def program(self, key: Array, target: ArrayLike, start: ArrayLike = 0) -> Written:
        """Write levels by pulses with verification after each.

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
        Assumes that a pulse acts alike from every notch and mirrored in the other direction, and that the ends
        of the track stop a wall. Verification reads are not counted in energy or latency.

        Raises
        ------
        ValueError
            A target more than half a level beyond the first or the last level.
        """
        target = np.asarray(target, dtype=float)
        self._refuse_outside(target)
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
        goal = np.abs(target[..., None] - self.level_mean).argmin(axis=-1)
        level = np.broadcast_to(start, target.shape).copy()
        pulses = np.zeros(target.shape, dtype=int)
        energy = np.zeros(target.shape)
        cumulative = np.cumsum(self.move_probabilities.value, axis=1)
        for _ in range(PULSE_LIMIT):
            distance = goal - level
            active = distance != 0
            if not active.any():
                break
            pulse = self._best_pulse[np.abs(distance)]
            draw = rng.random(target.shape)
            index = (draw[..., None] > cumulative[pulse]).sum(axis=-1).clip(max=len(self.moves) - 1)
            moved = np.sign(distance) * self.moves[index]
            level = np.where(active, np.clip(level + moved, 0, len(self.level_mean) - 1), level)
            pulses += active
            energy += np.where(active, self.pulse_energy[pulse], 0.0)
        jitter = self.level_std[level] * rng.standard_normal(target.shape)
        return Written(
            conductance=self.level_mean[level] + jitter,
            pulses=pulses,
            energy=energy,
            latency=pulses * self.pulse_latency,
            failed=level != goal,
        )

    def _refuse_outside(self, target: np.ndarray) -> None:
        first, last = self.level_mean[0], self.level_mean[-1]
        half = 0.5 * (last - first) / (len(self.level_mean) - 1)
        if target.size and (target.min() < first - half or target.max() > last + half):
            raise ValueError(
                f"target {target.min():.6g} to {target.max():.6g} S is outside the levels; "
                f"accepted: {first - half:.6g} to {last + half:.6g} S"
            )
