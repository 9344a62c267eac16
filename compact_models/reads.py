"""Reads of programmed stochastic MTJs, one after another: the sampler of the compact model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.data.normals import normals
from magbayes.data.shapes import AnyShape, RandomKey, Same, Scores

SCORES = np.linspace(-3.0, 3.0, 25)
"""Normal scores at which the quantile function of a marginal is tabulated."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Reads:
    """Programmed devices (arrays of one shape S) that are read at a fixed interval, over an integration time each.

    A read is a monotone function, the marginal, of a normal score. The scores of successive reads are an
    autoregression (module `autoregression`), so that a state is the latest scores (order,) + shape, the last one first.
    """

    mean: Array
    sigma: Array
    weights: Array
    """(order, order) + S: those of the k + 1 latest scores in the next one, in row k."""
    widths: Array
    """(order + 1,) + S: standard deviation of a score behind k others."""
    start_value: Array
    """Value of the standardised marginal at the first score."""
    slope: Array
    """Slope of the standardised marginal up to the second score."""
    bends: Array
    """(inner scores,) + S, changes of its slope at each score; this axis comes first, so that loads are contiguous."""
    bound: Array
    """Largest deviation in units of sigma, where m is along the reference layer."""
    independent: Array
    """Whether nothing is left of the correlation after an interval, see `INDEPENDENT`; no program needs it."""

    @partial(jax.jit, static_argnames="shape")
    def afresh(self, key: RandomKey, shape: tuple[int, ...]) -> AnyShape:
        """Conductances in S of `shape` (leading axes + S), each read without memory of any other."""
        return self.of_score(self._normals(key, shape))

    def forgetful(self) -> Reads:
        """Devices with these marginals, each read of which is drawn without memory of any other.

        A single read is distributed alike. What is compiled for it is then one program, whatever the order.
        """
        one = jnp.ones_like(self.mean)
        return replace(self, weights=jnp.zeros_like(one)[None, None], widths=jnp.stack([one, one]))

    def start(self, key: RandomKey, shape: tuple[int, ...]) -> Scores:
        """Stationary state of `shape` (leading axes + S): the first scores of the series, each from all before it."""
        order = len(self.weights)
        drawn = self._normals(key, (order, *shape))
        scores = drawn[:1]
        for k in range(1, order):
            scores = self._followed(scores, self.weights[k - 1, :k], self.widths[k], drawn[k])
        return scores

    def advance(self, key: RandomKey, state: Scores) -> tuple[Scores, AnyShape]:
        """State one interval later, and the conductances in S that are read then."""
        fresh = self._normals(key, state.shape[1:])
        after = self._followed(state, self.weights[-1], self.widths[-1], fresh)[: len(state)]
        return after, self.conductance(after)

    def _followed(self, scores: AnyShape, weights: Array, width: Array, fresh: AnyShape) -> AnyShape:
        """Scores with the next one in front."""
        # A sum that is written out: XLA on a CPU does not vectorise a reduction over the first axis as well.
        pairs = zip(weights, scores, strict=True)
        following = sum((weight * score for weight, score in pairs), start=width * fresh)
        return jnp.concatenate([following[None], scores])

    def _normals(self, key: RandomKey, shape: tuple[int, ...]) -> AnyShape:
        # One row only: XLA does not vectorise what joins two.
        return normals(key, math.prod(shape))[0].reshape(shape).astype(self.mean.dtype)

    def conductance(self, state: Scores) -> AnyShape:
        """Conductances in S that are read in `state`."""
        return self.of_score(state[0])

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
