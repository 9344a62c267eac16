"""Which parameter moves a number most: Sobol indices of a surrogate that predicts points which it has not seen.

The indices are those of functions drawn from a Gaussian process, so that their margins have what few points leave open:
L. Le Gratiet, C. Cannamela and B. Iooss, SIAM/ASA J. Uncertain. Quantif. 2, 336 (2014).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import norm

from magbayes.data.seeds import derive
from magbayes.system.metrics.surrogate import Surrogate

LEAST_POINTS = 10
"""Points below which too few can be held out."""

LEAST_PREDICTED = 0.7
"""Share of the variance of held-out points that a surrogate has to predict: what is left bounds how far its indices may
be off."""

FUNCTIONS = 40
"""Functions drawn from a surrogate."""

MOST_PLACES = 2048
"""Places at which they are drawn together."""


class Index(NamedTuple):
    """Share of a number's variance that a parameter explains, with its 95 % margin."""

    parameter: str
    first: float
    first_margin: float
    total: float
    """Share of the variance that the parameter explains with all interactions."""
    total_margin: float


class Ranking(NamedTuple):
    """How parameters rank."""

    predicted: float
    """Share of the variance of held-out points that the surrogate predicts."""
    indices: list[Index]
    """The largest first; empty where the surrogate predicts less than `LEAST_PREDICTED`."""


def sobol_indices(
    points: Mapping[str, np.ndarray], value: np.ndarray, at: Callable[[np.ndarray], np.ndarray], seed: int
) -> Ranking | None:
    """Return the Sobol indices of parameters, first order and total.

    By Saltelli's points on a surrogate: A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010).

    Parameters
    ----------
    points
        Numbers (points,) by parameter.
    value : (points,)
        What is explained.
    at
        Numbers (places, parameters) for shares (places, parameters) from 0 to 1 of the parameters' distributions, which
        are independent.
    seed
        Of the surrogate, of Saltelli's points and of the functions.

    Returns
    -------
    ranking
        None where there is nothing to rank: one parameter, too few points, or a number that does not vary.
    """
    from SALib.analyze import sobol
    from SALib.sample import sobol as saltelli

    names = list(points)
    varying = [name for name, values in points.items() if len(np.unique(values)) > 1]
    if len(varying) < 2 or np.ptp(value) == 0 or len(value) < LEAST_POINTS:
        return None
    columns = [names.index(name) for name in varying]
    surrogate = Surrogate(np.column_stack([points[name] for name in varying]), value, derive(seed, "surrogate"))
    if not surrogate.predicted >= LEAST_PREDICTED:
        return Ranking(surrogate.predicted, [])
    problem: dict[str, Any] = {"num_vars": len(varying), "names": varying, "bounds": [[0, 1]] * len(varying)}
    samples = 2 ** int(np.log2(MOST_PLACES / (len(varying) + 2)))
    shares = saltelli.sample(problem, samples, calc_second_order=False, seed=derive(seed, "saltelli"))
    whole = np.full((len(shares), len(names)), 0.5)
    whole[:, columns] = shares
    drawn = surrogate.draw(at(whole)[:, columns], FUNCTIONS)
    answers = [
        sobol.analyze(problem, function, calc_second_order=False, seed=derive(seed, "bootstrap")) for function in drawn
    ]
    indices = []
    for index, name in enumerate(varying):
        numbers = []
        for kind in ("S1", "ST"):
            found = np.array([answer[kind][index] for answer in answers])
            # That of the functions, and that of the places.
            places = np.mean([answer[f"{kind}_conf"][index] for answer in answers])
            numbers += [float(found.mean()), float(np.hypot(norm.ppf(0.975) * found.std(ddof=1), places))]
        indices.append(Index(name, *numbers))
    return Ranking(surrogate.predicted, sorted(indices, key=lambda index: -index.total))
