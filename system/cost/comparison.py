"""Energies and the area with intervals, and beside each other: the array, and what else makes the same prediction.

All intervals come from the same draws of the coefficients, so that a ratio knows what both its sides share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.cost import prices
from magbayes.system.cost.energy import CLOCKED, PARTS, Cost
from magbayes.system.cost.rivals import Rival
from magbayes.system.settings import AcceleratorSettings


class RivalEnergy(NamedTuple):
    """What a rival takes.

    Attributes
    ----------
    rival
        Which one.
    parts
        Energy of a prediction by part, J.
    total, ratio
        Of a prediction, J, and that as a multiple of the array's.
    """

    rival: Rival
    parts: dict[str, float]
    total: Estimate
    ratio: Estimate


@dataclass(frozen=True)
class Comparison:
    """Energies of a prediction, and the area that makes it.

    Attributes
    ----------
    array
        On the array, J.
    drawn : (draws,)
        The same with drawn coefficients, J: the same draws whatever the array.
    coefficients
        Names of the coefficients that are not exact.
    ends : (coefficients, 2)
        Energy on the array, J, with each coefficient at the low and at the high end of its range.
    area
        Of the array, m^2, with the same parts as `Cost.area`.
    area_drawn : (draws,)
        The same with drawn coefficients, m^2.
    rivals
        Beside it.
    """

    array: Estimate
    drawn: np.ndarray
    coefficients: tuple[str, ...]
    ends: np.ndarray
    area: Estimate
    area_drawn: np.ndarray
    rivals: tuple[RivalEnergy, ...]


def _total(parts: dict[str, Any]) -> np.ndarray:
    return np.asarray(sum(parts.values()))


def compare(cost: Cost, rivals: Sequence[Rival], settings: AcceleratorSettings) -> Comparison:
    """Return the energies of the array and of `rivals` with intervals, and what each coefficient does to the first."""
    known = prices.coefficients(settings)
    here, draws = prices.nominal(known), prices.drawn(known)
    names, ends = prices.one_at_a_time(known)
    ours = _total(prices.energies(cost.amounts, draws, PARTS, CLOCKED))
    spread = _total(prices.energies(cost.amounts, ends, PARTS, CLOCKED))
    area = sum(float(part.sum()) for part in cost.area.values())
    drawn = np.asarray(sum(number.sum() * prices.area_of(name, draws) for _, name, number in cost.circuits))
    found = []
    for rival in rivals:
        parts = {part: float(joules) for part, joules in rival.energy(here).items()}
        value, theirs = sum(parts.values()), _total(rival.energy(draws))
        ratio = prices.interval(value / cost.total, theirs / ours)
        found.append(RivalEnergy(rival, parts, prices.interval(value, theirs), ratio))
    return Comparison(
        prices.interval(cost.total, ours),
        ours,
        tuple(names),
        spread.reshape(-1, 2),
        prices.interval(area, drawn),
        drawn,
        tuple(found),
    )
