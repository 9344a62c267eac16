"""Thermal noise: reproducible increments by replica and step.

An increment takes the values -1.63, 0, 1.63 with probabilities 3/16, 5/8, 3/16: mean, variance and third moment are
those of a normal variable, which is what an integrator of weak order 1 needs, and the fourth is 8/3 in place of 3.
P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential Equations (1992), section 14.1. Eight of them
come from one random word, where eight normal variables would need eight words, logarithms and trigonometric functions.

The words are those of a counter-based generator, J. K. Salmon et al., Proc. SC11 (2011), article 16: seed and step
make its key, replica and cell its counter, so a replica's noise depends on nothing else.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.random import threefry_2x32
from jax.typing import DTypeLike

from magbayes.data.shapes import RandomKey, ReplicaNumbers, Vectors

_BITS = 4
_TAIL = 3
_SCALE = (2**_BITS / (2 * _TAIL)) ** 0.5
_SHIFTS = range(0, 32, _BITS)


def increments(seed: RandomKey, step: Array | int, replicas: ReplicaNumbers, cells: int, dtype: DTypeLike) -> Vectors:
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
    half = -(-3 * cells // (2 * len(_SHIFTS)))  # every counter gives two words
    shape = (half, len(replicas))
    counters = [
        jnp.broadcast_to(replicas.astype(jnp.uint32), shape),
        jnp.broadcast_to(jnp.arange(half, dtype=jnp.uint32)[:, None], shape),
    ]
    words = threefry_2x32(key, jnp.concatenate([counter.ravel() for counter in counters]))
    words = words.reshape(2 * half, len(replicas))
    fields = jnp.concatenate([(words >> jnp.uint32(shift)) & jnp.uint32(2**_BITS - 1) for shift in _SHIFTS])
    fields = fields[: 3 * cells].reshape(3, cells, len(replicas))
    signs = (fields < _TAIL).astype(dtype) - (fields >= 2**_BITS - _TAIL).astype(dtype)
    return jnp.asarray(_SCALE, dtype) * signs
