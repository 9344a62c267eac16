"""Whether chains of samples agree: split R-hat of ranks, by ArviZ."""

from __future__ import annotations

import numpy as np

WORST_CONVERGENCE = 1.05
"""R-hat above which chains are called unequal."""


def with_squares(values: np.ndarray) -> np.ndarray:
    """Values (chains, samples, components) and their squares, as further components.

    A mean that is 0 by symmetry agrees between chains from the start on; a width that still grows does not.
    """
    return np.concatenate([values, values**2], axis=-1)


def convergence(values: np.ndarray) -> float:
    """Largest split R-hat of the ranks, and of those about the median, of values (chains, samples, components).

    A. Vehtari et al., Bayesian Analysis 16, 667 (2021). 1 where nothing varies.
    """
    from arviz_stats.base import array_stats  # slow, and a configuration is checked without it

    varying = values[..., np.ptp(values, axis=(0, 1)) > 0]
    return float(np.max(array_stats.rhat(varying, chain_axis=0, draw_axis=1, method="rank"), initial=1.0))
