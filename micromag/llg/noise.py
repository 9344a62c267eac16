"""Thermal noise: reproducible increments by replica and step.

An increment takes the values -sqrt(3), 0, sqrt(3) with probabilities 1/6, 2/3, 1/6 (to 0.3 %, the mean and the
variance exactly), which has the moments of a normal variable up to the fifth and therefore keeps the weak order
of the integrator: P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential Equations (1992),
section 14.2. Three of them come from one random word, where three normal variables would need three words, a
logarithm and trigonometric functions.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import DTypeLike

_BITS = 10
_TAIL = round(2**_BITS / 6)
_SCALE = (2**_BITS / (2 * _TAIL)) ** 0.5


def replica_keys(seed: int, count: int) -> Array:
    """Keys of the first `count` replicas; a replica's noise depends on seed and index alone."""
    return jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(jnp.arange(count))


def increments(keys: Array, step: Array, cells: int, dtype: DTypeLike) -> Array:
    """Independent increments of mean 0 and variance 1, shape (replicas, 3, cells)."""
    words = jax.vmap(lambda key: jax.random.bits(jax.random.fold_in(key, step), (cells,), jnp.uint32))(keys)
    shifts = jnp.array([0, _BITS, 2 * _BITS], dtype=jnp.uint32)[:, None]
    fields = (words[:, None, :] >> shifts) & jnp.uint32(2**_BITS - 1)
    signs = (fields < _TAIL).astype(dtype) - (fields >= 2**_BITS - _TAIL).astype(dtype)
    return jnp.asarray(_SCALE, dtype) * signs
