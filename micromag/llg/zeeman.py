"""Applied field, constant or varying in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

Profile = Callable[[np.ndarray], np.ndarray]
"""Factors (times,) or (times, n) at times (times,) in s."""


@dataclass(frozen=True, eq=False)
class Zeeman:
    """Sum of patterns in space, each times its factor in time."""

    name: str
    patterns: np.ndarray
    """(n, 3, nz, ny, nx), A/m."""
    profile: Profile | None = None
    """Factors of the patterns; None for a constant field of one pattern."""

    def field(self, factors: Array) -> Array:
        """Field (3, nz, ny, nx) for the factors (n,)."""
        return jnp.tensordot(factors, jnp.asarray(self.patterns, factors.dtype), axes=1)
