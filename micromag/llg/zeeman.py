"""Applied field, constant or varying in time."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.profiles import Profile


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

    def strength(self, factors: np.ndarray) -> np.ndarray:
        """Bound on the field (times,) in A/m of any cell for factors (times, n); n = 9 are the rows of a matrix."""
        if len(self.patterns) == 1:
            return np.abs(factors[:, 0]) * np.linalg.norm(self.patterns[0], axis=0).max(initial=0.0)
        # The first three patterns are the components of H, each along x.
        field = np.linalg.norm(self.patterns[:3, 0], axis=0).max(initial=0.0)
        matrices = np.abs(factors.reshape(-1, 3, 3))
        return field * np.sqrt(matrices.sum(axis=1).max(axis=1) * matrices.sum(axis=2).max(axis=1))
