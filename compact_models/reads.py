"""Reads of programmed stochastic MTJs, one after another: the sampler of the compact model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.data.normals import normals, sine_and_cosine
from magbayes.data.shapes import AnyShape, RandomKey, Same

SCORES = np.linspace(-3.0, 3.0, 25)
"""Normal scores at which the quantile function of a marginal is tabulated."""

State = tuple[Same, Same]
"""Components of the precession of each device, each of variance 1; the first is what is read."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Reads:
    """Programmed devices (arrays of one shape S) that are read at a fixed interval.

    The conductance is a monotone function of one component of thermal precession (module `precession`). A step
    turns by half its angle, decays and is kicked, and turns again: exact without a shift of the frequency, and with the
    exact marginal always. Between kicks two half turns are one, so that a state is half a turn ahead of its reading.
    """

    mean: Array
    sigma: Array
    decay: Array
    """exp(-step / tau)."""
    rotation: Array
    """omega times half a step, in turns."""
    shift: Array
    """Half the shift of the frequency times half a step, in turns."""
    quantiles: Array
    """S + (scores,), of the standardised marginal."""
    bound: Array
    """Largest deviation in units of sigma, where m is along the reference layer."""
    steps: Array
    """Number of steps of an interval; data, so that another number needs no other compilation."""
    independent: bool = field(metadata={"static": True})
    """Whether nothing is left of the correlation after an interval, see `INDEPENDENT`."""

    @partial(jax.jit, static_argnames="shape")
    def afresh(self, key: RandomKey, shape: tuple[int, ...]) -> AnyShape:
        """Conductances in S of `shape` (leading axes + S), each read without memory of any other."""
        return self.of_score(self._normals(key, shape)[0])

    def start(self, key: RandomKey, shape: tuple[int, ...]) -> State:
        """Stationary state of `shape` (leading axes + S): the two components of the precession."""
        return self._normals(key, shape)

    def advance(self, key: RandomKey, state: State) -> tuple[State, Same]:
        """State one interval later, and the conductances in S that are read then."""
        width = jnp.sqrt(1 - self.decay**2)

        def step(index: Array, state: State) -> State:
            kicks = self._normals(jax.random.fold_in(key, index), state[0].shape)
            x, y = (self.decay * part + width * kick for part, kick in zip(state, kicks, strict=True))
            return self._turn((x, y), 2.0)

        state = jax.lax.fori_loop(0, self.steps, step, state)
        return state, self.conductance(state)

    def _normals(self, key: RandomKey, shape: tuple[int, ...]) -> State:
        first, second = normals(key, math.prod(shape))
        return first.reshape(shape).astype(self.mean.dtype), second.reshape(shape).astype(self.mean.dtype)

    def _turn(self, state: State, halves: float) -> State:
        x, y = state
        sine, cosine = sine_and_cosine(halves * (self.rotation + self.shift * (x * x + y * y)))
        return cosine * x - sine * y, sine * x + cosine * y

    def conductance(self, state: State) -> Same:
        """Conductances in S that are read in `state`."""
        return self.of_score(self._turn(state, -1.0)[0])

    def of_score(self, score: Same) -> Same:
        """Conductances in S at standard normal scores: the marginal."""
        return self.mean + self.sigma * self._deviation(score)

    def _deviation(self, score: Same) -> Same:
        """Standardised deviation at a normal score: linear between the tabulated scores and beyond them."""
        slope = jnp.diff(self.quantiles, axis=-1) / (SCORES[1] - SCORES[0])
        bend = jnp.diff(slope, axis=-1)
        value = self.quantiles[..., 0] + slope[..., 0] * (score - SCORES[0])
        # A sum of bends needs no look-up, which is what takes the time on a CPU.
        for k, corner in enumerate(SCORES[1:-1]):
            value = value + bend[..., k] * jnp.maximum(score - corner, 0.0)
        return jnp.clip(value, -self.bound, self.bound)
