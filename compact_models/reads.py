"""Reads of programmed stochastic MTJs, one after another: the sampler of the compact model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from magbayes.data.normals import normals, sine_and_cosine
from magbayes.data.shapes import AnyShape, Precession, RandomKey, Same

SCORES = np.linspace(-3.0, 3.0, 25)
"""Normal scores at which the quantile function of a marginal is tabulated."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Reads:
    """Programmed devices (arrays of one shape S) that are read at a fixed interval.

    The conductance is a monotone function of one component of thermal precession (module `precession`). A step
    turns by half its angle, decays and is kicked, and turns again: exact without a shift of the frequency, and with the
    exact marginal always. Between kicks two half turns are one, so that a state is half a turn ahead of its reading.

    A state is the two components of the precession of each device, each of variance 1, as one complex number, whose
    real part is what is read. As two arrays XLA on a CPU would draw and turn everything once for either.
    """

    mean: Array
    sigma: Array
    decay: Array
    """exp(-step / tau)."""
    rotation: Array
    """omega times half a step, in turns."""
    shift: Array
    """Half the shift of the frequency times half a step, in turns."""
    start_value: Array
    """Value of the standardised marginal at the first score."""
    slope: Array
    """Slope of the standardised marginal up to the second score."""
    bends: Array
    """(inner scores,) + S, changes of its slope at each score; this axis comes first, so that loads are contiguous."""
    bound: Array
    """Largest deviation in units of sigma, where m is along the reference layer."""
    steps: Array
    """Number of steps of an interval; data, so that another number needs no other compilation."""
    independent: bool = field(metadata={"static": True})
    """Whether nothing is left of the correlation after an interval, see `INDEPENDENT`."""

    @partial(jax.jit, static_argnames="shape")
    def afresh(self, key: RandomKey, shape: tuple[int, ...]) -> AnyShape:
        """Conductances in S of `shape` (leading axes + S), each read without memory of any other."""
        return self.of_score(self.start(key, shape).real)

    def start(self, key: RandomKey, shape: tuple[int, ...]) -> Precession:
        """Stationary state of `shape` (leading axes + S)."""
        first, second = normals(key, math.prod(shape))
        kind = self.mean.dtype
        return lax.complex(first.reshape(shape).astype(kind), second.reshape(shape).astype(kind))

    def advance(self, key: RandomKey, state: Precession) -> tuple[Precession, Same]:
        """State one interval later, and the conductances in S that are read then."""
        width = jnp.sqrt(1 - self.decay**2)

        def step(index: Array, state: Precession) -> Precession:
            # A kick is distributed as a stationary state is.
            kick = self.start(jax.random.fold_in(key, index), state.shape)
            x = self.decay * state.real + width * kick.real
            y = self.decay * state.imag + width * kick.imag
            return lax.complex(*self._turned(x, y, 2.0))

        state = lax.fori_loop(0, self.steps, step, state)
        return state, self.conductance(state)

    def _turned(self, x: Same, y: Same, halves: float) -> tuple[Same, Same]:
        sine, cosine = sine_and_cosine(halves * (self.rotation + self.shift * (x * x + y * y)))
        return cosine * x - sine * y, sine * x + cosine * y

    def conductance(self, state: Precession) -> Same:
        """Conductances in S that are read in `state`."""
        return self.of_score(self._turned(state.real, state.imag, -1.0)[0])

    def of_score(self, score: Same) -> Same:
        """Conductances in S at standard normal scores: the marginal, linear between its scores and beyond them."""
        value = self.start_value + self.slope * (score - SCORES[0])
        # A sum of bends needs no look-up, which is what takes the time on a CPU.
        for bend, corner in zip(self.bends, SCORES[1:-1], strict=True):
            value = value + bend * jnp.maximum(score - corner, 0.0)
        return self.mean + self.sigma * jnp.clip(value, -self.bound, self.bound)


def pieces(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start value, slope and bends of `Reads` from quantiles (..., scores) of a standardised marginal."""
    slopes = np.diff(quantiles) / (SCORES[1] - SCORES[0])
    return quantiles[..., 0], slopes[..., 0], np.moveaxis(np.diff(slopes), -1, 0)
