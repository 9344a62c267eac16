"""Converters between digital numbers and the array's voltages and currents.

Both are uniform and saturate. Their nonlinearity is not modelled.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from magbayes.data.shapes import Same


def quantise(value: Same, full_scale: jax.Array, bits: int | jax.Array, signed: bool) -> Same:
    """Round `value` to the codes of a converter and saturate at its full scale.

    A signed converter has ``2**bits - 1`` codes, symmetric about an exact zero; an unsigned one has
    ``2**bits``, from zero to full scale.
    """
    highest = (1 << (bits - signed)) - 1
    step = full_scale / highest
    quantised: jax.Array = step * jnp.clip(jnp.round(value / step), -highest if signed else 0, highest)
    return quantised


def bits_of(value: jax.Array, full_scale: jax.Array, bits: int, signed: bool) -> jax.Array:
    """Return the bits (bits, ...) of the magnitude of `value` (...), least first, with its sign: -1, 0 or 1.

    ``2**bits - 1`` stands for full scale, at which it saturates; without `signed` what is negative is 0.
    """
    highest = 2**bits - 1
    code = jnp.clip(jnp.round(value * highest / full_scale), -highest if signed else 0, highest).astype(jnp.int32)
    shifts = jnp.arange(bits).reshape(-1, *(1,) * code.ndim)
    return (jnp.sign(code) * ((jnp.abs(code) >> shifts) & 1)).astype(value.dtype)


def noise_of(effective_bits: float, bits: int) -> float:
    """Return the variance of an ADC's noise in units of its full scale squared; 0 where rounding is more already.

    Rounding and noise together have the power that an ideal converter of `effective_bits` has by rounding, a third of
    4^-bits: the definition of effective bits, by which the ratio to a full-scale sine is 6.02 bits + 1.76 dB.
    """
    step = 1 / ((1 << (bits - 1)) - 1)
    return float(max(4.0**-effective_bits / 3 - step**2 / 12, 0.0))
