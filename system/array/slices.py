"""Means in slices: several pairs of domain-wall MTJs hold one mean, each read with a smaller gain than that before.

A pair of devices of n levels has 2 n - 1 differences, a step apart. A second pair behind a mirror of gain 1/n divides
that step by n, and reaches half of it or more to either side, so that it makes up for what the first pair missed:
by its steps, and by the spread between devices where those are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a configuration is checked with this module, and without JAX
    from magbayes.data.shapes import OfLevels

MOST_LEVELS = 1024
"""Values of one sign that a mean may have: more are finer than the spread between devices."""


def slice_gains(levels: int, slices: int) -> np.ndarray:
    """Return the gains (slices,) by which pairs of devices of so many levels count, the first with 1."""
    gains: np.ndarray = float(levels) ** -np.arange(slices)
    return gains


def require_few(count: int, slices: int) -> None:
    """Refuse means of more values than can be compared, of so many levels and slices.

    Raises
    ------
    ValueError
        One line with what is accepted.
    """
    if count**slices > MOST_LEVELS:
        raise ValueError(
            f"slices {slices} of {count} levels make {count**slices} values of a mean; accepted: at most "
            f"{MOST_LEVELS}, so slices {max(int(np.log(MOST_LEVELS) / np.log(count)), 1)}"
        )


def composite_levels(levels: OfLevels, slices: int) -> np.ndarray:
    """Return what the devices of one sign can add up to, S: rising, and as good as equal ones once.

    Differences of two of them are those that a weight can have.

    Raises
    ------
    ValueError
        They are too many to be compared.
    """
    require_few(len(np.asarray(levels)), slices)
    sums = np.asarray(levels, float)
    for gain in slice_gains(len(levels), slices)[1:]:
        sums = np.add.outer(sums, gain * np.asarray(levels, float)).ravel()
    step = 1e-9 * (sums.max() - sums.min())
    _, first = np.unique(np.round(sums / step), return_index=True)
    return sums[first]
