"""Converters between digital numbers and the array's voltages and currents.

Both are uniform and saturate. Their nonlinearity and their own noise are not modelled.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def quantise(value: jax.Array, full_scale: jax.Array, bits: int, signed: bool) -> jax.Array:
    """Round `value` to the codes of a converter and saturate at its full scale.

    A signed converter has ``2**bits - 1`` codes, symmetric about an exact zero; an unsigned one has
    ``2**bits``, from zero to full scale.
    """
    highest = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    step = full_scale / highest
    return step * jnp.clip(jnp.round(value / step), -highest if signed else 0, highest)
