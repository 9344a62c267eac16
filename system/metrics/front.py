"""Points that no other beats in every cost at once."""

from __future__ import annotations

import numpy as np


def pareto_front(*costs: np.ndarray) -> np.ndarray:
    """Return whether (points,) each point is on the Pareto front: none is as good in every cost and better in one."""
    table = np.column_stack(costs)
    better = (table[:, None] <= table[None]).all(axis=-1) & (table[:, None] < table[None]).any(axis=-1)
    return np.asarray(~better.any(axis=0))


def surely_behind(costs: np.ndarray, ends: np.ndarray, front: np.ndarray) -> np.ndarray:
    """Return whether (points,) each point is worse than one of the front by more than their intervals.

    It is if some point of the front is as good in every cost, and in one of them better with intervals that do not
    overlap. Intervals count as independent.

    Parameters
    ----------
    costs
        (points, costs).
    ends
        (points, costs, 2): low and high end of each cost's interval.
    front
        (points,), whether a point is on the front.
    """
    as_good = (costs[front][:, None] <= costs[None]).all(axis=-1)
    apart = (ends[front][:, None, :, 1] < ends[None, :, :, 0]).any(axis=-1)
    return np.asarray((as_good & apart).any(axis=0))
