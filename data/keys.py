"""Keys of JAX from seeds by name, beside `magbayes.data.seeds`, whose readers need no JAX."""

from __future__ import annotations

import jax
import numpy as np

from magbayes.data.seeds import derive, generator


def random_key(seed: int, name: str | int, *names: str | int, impl: str | None = None) -> jax.Array:
    """Key for the consumer of this name below `seed`; `impl` as `jax.random.key` takes it."""
    return jax.random.key(derive(seed, name, *names), impl=impl)


def generator_of(key: jax.Array, name: str | int, *names: str | int) -> np.random.Generator:
    """NumPy's generator for the consumer of this name below a key, for what is drawn outside of JAX."""
    words = np.asarray(jax.random.key_data(key))
    return generator(int.from_bytes(words.tobytes(), "big"), name, *names)
