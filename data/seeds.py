"""Seeds by name: what every consumer of random numbers draws from, and from nothing else.

A seed is derived from the seed above it and a name, which is a path such as ``smtj/-0.6V_300K`` or ``stage/1``; names
that are given one by one are joined to such a path. So a new consumer, or one more of a series, moves no other's
numbers, which counting on from a seed, or drawing seeds one after the other, would do; and neighbours share no numbers,
which neighbouring seeds might.

Seeds lie between 1 and `LARGEST`, which all consumers take: OOMMF knows 31 bits and no zero, NumPy's old generator 32
bits, and JAX without 64-bit integers drops what lies above 32. That any two of n seeds agree has a probability of
n^2 / 2^32: 2e-6 for the hundred of a scenario. It would do harm only where both feed the same code. Generators take all
256 bits of the hash; JAX's keys come from `magbayes.data.keys`.
"""

from __future__ import annotations

import hashlib
from numbers import Integral

import numpy as np

LARGEST = 2**31 - 2
"""Largest seed that `derive` gives."""

JAX_LARGEST = 2**32 - 1
"""Largest seed of which JAX takes all bits, without 64-bit integers: 2^32 + 1 would be another name of 1."""


def checked(seed: object) -> int:
    """A seed of a user's, if JAX tells it from all others.

    Raises
    ------
    ValueError
        It is no integer from 0 to `JAX_LARGEST`.
    """
    number = int(seed) if isinstance(seed, Integral) and not isinstance(seed, bool) else -1
    if not 0 <= number <= JAX_LARGEST:
        raise ValueError(f"seed {seed!r} must be an integer from 0 to {JAX_LARGEST}")
    return number


def _hash(seed: int, *names: str | int) -> int:
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def text_of(value: float, sign: str = "") -> str:
    """Text of a number in a name: six digits, or as many as tell it from every other number; `sign` as in `format`."""
    short = format(value, f"{sign}g")
    return short if float(short) == value else format(float(value), sign)


def derive(seed: int, name: str | int, *names: str | int) -> int:
    """Seed of the consumer of this name below `seed`."""
    return 1 + _hash(seed, name, *names) % LARGEST


def generator(seed: int, name: str | int, *names: str | int) -> np.random.Generator:
    """NumPy's generator for the consumer of this name below `seed`."""
    return np.random.default_rng(_hash(seed, name, *names))
