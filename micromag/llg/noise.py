"""Thermal noise: reproducible increments by replica and step.

An increment takes the values -sqrt(3), 0, sqrt(3) with probabilities 1/6, 2/3, 1/6 (to 0.3 %, the mean and the
variance exactly), which has the moments of a normal variable up to the fifth and therefore keeps the weak order
of the integrator: P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential Equations (1992),
section 14.2. Three of them come from one random word, where three normal variables would need three words, a
logarithm and trigonometric functions.

The words are those of a counter-based generator, J. K. Salmon et al., Proc. SC11 (2011), article 16: seed and step
make its key, replica and cell its counter, so a replica's noise depends on nothing else.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.random import threefry_2x32
from jax.typing import DTypeLike

_BITS = 10
_TAIL = round(2**_BITS / 6)
_SCALE = (2**_BITS / (2 * _TAIL)) ** 0.5


def increments(seed: Array, step: Array, replicas: Array, cells: int, dtype: DTypeLike) -> Array:
    """Independent increments of mean 0 and variance 1, shape (3, cells, replicas).

    Parameters
    ----------
    seed
        Key of `jax.random.key`.
    step
        Number of the time step.
    replicas
        (replicas,), their numbers.
    cells, dtype
        Number of cells, and type of the result.
    """
    key = jax.random.key_data(jax.random.fold_in(seed, step))
    half = (cells + 1) // 2  # every counter gives two words
    shape = (half, len(replicas))
    counters = [
        jnp.broadcast_to(replicas.astype(jnp.uint32), shape),
        jnp.broadcast_to(jnp.arange(half, dtype=jnp.uint32)[:, None], shape),
    ]
    words = threefry_2x32(key, jnp.concatenate([counter.ravel() for counter in counters]))
    words = words.reshape(2 * half, len(replicas))[:cells]
    fields = jnp.stack([(words >> jnp.uint32(shift)) & jnp.uint32(2**_BITS - 1) for shift in (0, _BITS, 2 * _BITS)])
    signs = (fields < _TAIL).astype(dtype) - (fields >= 2**_BITS - _TAIL).astype(dtype)
    return jnp.asarray(_SCALE, dtype) * signs
