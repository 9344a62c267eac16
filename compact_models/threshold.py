"""The current of which half of the pulses move a wall, from how many of each current did.

The probability rises with the logarithm of the current as a logistic function: 1 / (1 + exp(-ln(J / J_half) / s)).
Where few currents were tried, between which pulses go from moving no wall to moving all, the width s is not known. So
the interval is that of the profile likelihood, in which each J_half has the width that suits it best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.estimate import Estimate

if TYPE_CHECKING:
    from magbayes.compact_models.domain_wall_mtj import DomainWallModel

NARROWEST, WIDEST = 1e-3, 0.3
"""Widths s that are looked at, over the current. The default track has some 0.03."""

WIDTHS, CURRENTS = 60, 2001
"""Widths, and currents of half, on the grid of the likelihood."""

BEYOND = 0.25
"""How far beyond the currents that were tried half is looked for, as a part of them."""

CHI_SQUARED_95 = 3.841
"""95 % quantile of chi-squared with one degree of freedom."""


def half_current(current: np.ndarray, moved: np.ndarray, pulses: np.ndarray) -> Estimate | None:
    """Current density in A/m^2 of which half of the pulses move a wall, with its 95 % interval.

    Parameters
    ----------
    current
        (J,), current densities in A/m^2, rising.
    moved, pulses
        (J,), pulses of each that moved a wall, and all of them.

    Returns
    -------
    Estimate or None
        The middle of the likeliest currents, where several are as likely. None where the data do not enclose it: half
        is likeliest beyond the currents that were tried, or its interval ends further off than `BEYOND`.
    """
    logarithm = np.log(current)
    half = np.linspace(logarithm[0] + np.log(1 - BEYOND), logarithm[-1] + np.log(1 + BEYOND), CURRENTS)
    width = np.geomspace(NARROWEST, WIDEST, WIDTHS)
    distance = (logarithm - half[:, None])[:, None, :] / width[None, :, None]
    # ln of the probability of each answer; logaddexp does not overflow.
    likelihood = -(moved * np.logaddexp(0, -distance) + (pulses - moved) * np.logaddexp(0, distance)).sum(axis=-1)
    profile = likelihood.max(axis=1)
    best = half[profile > profile.max() - 1e-3]
    middle = (best[0] + best[-1]) / 2
    inside = half[2 * (profile.max() - profile) < CHI_SQUARED_95]
    enclosed = half[0] < inside[0] and inside[-1] < half[-1]
    if not (enclosed and logarithm[0] <= middle <= logarithm[-1]):
        return None
    return Estimate(*(float(np.exp(end)) for end in (middle, inside[0], inside[-1])))


def half_currents(model: DomainWallModel) -> list[Estimate | None]:
    """Current density in A/m^2 of which half of the pulses of each width move a wall; None as of `half_current`."""
    moved = model.moved[..., model.moves != 0].sum(axis=-1)
    rows = zip(moved, model.moved.sum(axis=-1), strict=True)
    return [half_current(model.current_density, some, every) for some, every in rows]
