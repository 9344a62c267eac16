"""Keys of JAX from seeds by name, beside `magbayes.data.seeds`, whose readers need no JAX."""

from __future__ import annotations

import jax
import numpy as np

from magbayes.data.seeds import derive


def random_key(seed: int, name: str | int, *names: str | int, impl: str | None = None) -> jax.Array:
    """Key for the consumer of this name below `seed`; `impl` as `jax.random.key` takes it."""
    return jax.random.key(derive(seed, name, *names), impl=impl)


def generator_of(key: jax.Array) -> np.random.Generator:
    """NumPy's generator that a key decides, for what is drawn outside of JAX."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
