"""Which parameter moves a number most, and which points no other beats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from magbayes.workflow.studies.design import Design

LEAST_POINTS = 10
"""Points a parameter below which a ranking would be noise."""


class Index(NamedTuple):
    """Share of a number's variance that a parameter explains, with its 95 % margin."""

    parameter: str
    first: float
    first_margin: float
    total: float | None
    """With all interactions; only a Sobol design tells."""
    total_margin: float | None


def rank(design: Design, points: Mapping[str, np.ndarray], value: np.ndarray, whole: bool, seed: int) -> list[Index]:
    """Sobol indices of parameters, the largest first.

    From a Sobol design by A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010); from any other points, first-order
    indices by E. Plischke, E. Borgonovo and C. L. Smith, Eur. J. Oper. Res. 226, 536 (2013). Both by SALib.

    Parameters
    ----------
    design
        How the points were chosen.
    points
        Numbers (points,) by parameter.
    value : (points,)
        What is explained.
    whole
        Whether no point of the design is missing.
    seed
        Of the bootstrap.

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
    if design == "sobol" and whole and len(names) == len(points):
        found = sobol.analyze(problem, value, calc_second_order=False, seed=seed)
        rows = zip(names, found["S1"], found["S1_conf"], found["ST"], found["ST_conf"], strict=True)
        indices = [Index(name, *map(float, numbers)) for name, *numbers in rows]
        return sorted(indices, key=lambda index: -(index.total or 0))
    if len(value) < LEAST_POINTS * len(names):
        return []
    # Ranks of the parameters: their partition into classes is what counts, not their scale.
    table = np.column_stack([points[name] for name in names])
    found = delta.analyze(problem, table, value, seed=seed, method="sobol")
    rows = zip(names, found["S1"], found["S1_conf"], strict=True)
    return sorted((Index(name, float(s), float(c), None, None) for name, s, c in rows), key=lambda index: -index.first)


def front(*costs: np.ndarray) -> np.ndarray:
    """Whether (points,) each point is on the Pareto front: none is as good in every cost and better in one."""
    table = np.column_stack(costs)
    better = (table[:, None] <= table[None]).all(axis=-1) & (table[:, None] < table[None]).any(axis=-1)
    return ~better.any(axis=0)
