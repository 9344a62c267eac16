"""Which parameter moves a number most: Sobol indices, by SALib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from magbayes.data.seeds import derive

LEAST_POINTS = 10
"""Points a parameter below which a ranking would be noise."""


class Index(NamedTuple):
    """Share of a number's variance that a parameter explains, with its 95 % margin."""

    parameter: str
    first: float
    first_margin: float
    total: float | None
    """Share of the variance that the parameter explains with all interactions; only a Sobol design tells."""
    total_margin: float | None


def sobol_indices(points: Mapping[str, np.ndarray], value: np.ndarray, saltelli: bool, seed: int) -> list[Index]:
    """Return the Sobol indices of parameters, the largest first.

    From Saltelli's points by A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010); from any other points,
    first-order indices by E. Plischke, E. Borgonovo and C. L. Smith, Eur. J. Oper. Res. 226, 536 (2013).

    Parameters
    ----------
    points
        Numbers (points,) by parameter.
    value : (points,)
        What is explained.
    saltelli
        Whether the points are all of a Sobol design, in its order.
    seed
        Seed of the bootstrap.

    Returns
    -------
    list
        Empty where there is nothing to rank: one parameter, too few points, or a number that does not vary.
    """
    from SALib.analyze import delta, sobol

    names = [name for name, values in points.items() if len(np.unique(values)) > 1]
    if len(names) < 2 or np.ptp(value) == 0:
        return []
    problem: dict[str, Any] = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
    if saltelli and len(names) == len(points):
        answer = sobol.analyze(problem, value, calc_second_order=False, seed=derive(seed, "bootstrap"))
        rows = zip(names, answer["S1"], answer["S1_conf"], answer["ST"], answer["ST_conf"], strict=True)
        indices = [Index(name, *map(float, numbers)) for name, *numbers in rows]
        return sorted(indices, key=lambda index: -(index.total or 0))
    if len(value) < LEAST_POINTS * len(names):
        return []
    # Ranks of the parameters: their partition into classes is what counts, not their scale.
    table = np.column_stack([points[name] for name in names])
    answer = delta.analyze(problem, table, value, seed=derive(seed, "bootstrap"), method="sobol")
    first = [
        Index(name, float(share), float(margin), None, None)
        for name, share, margin in zip(names, answer["S1"], answer["S1_conf"], strict=True)
    ]
    return sorted(first, key=lambda index: -index.first)
