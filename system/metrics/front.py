"""Points that no other beats in every cost at once."""

from __future__ import annotations

import numpy as np


def pareto_front(*costs: np.ndarray) -> np.ndarray:
    """Return whether (points,) each point is on the Pareto front: none is as good in every cost and better in one."""
    table = np.column_stack(costs)
    better = (table[:, None] <= table[None]).all(axis=-1) & (table[:, None] < table[None]).any(axis=-1)
    return np.asarray(~better.any(axis=0))
