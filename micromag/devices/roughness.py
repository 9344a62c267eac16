"""Rough edges of a track: Gaussian random functions of the place along it.

Correlations between places x apart go with exp(-(x / length)^2), the smooth one (roughness exponent 1) of those in use
for lines (C. A. Mack, J. Micro/Nanolith. MEMS MOEMS 10, 040501 (2011)). A function is a sum of waves, periodic beyond
the track, so that it is smooth and belongs to no mesh.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field

from magbayes.data.section import Section

SHORTEST = 8.0
"""Wave number times correlation length above which waves are left out: the spectrum is 1e-7 there."""

APART = 4.0
"""Correlation lengths between the ends of a track, around the period: correlations are 1e-7 there."""

LARGEST = 2**22
"""Waves times places that are held at once."""

Pair = tuple[tuple[float, ...], tuple[float, ...]]


class Roughness(Section):
    """Displacement of both edges outwards: sums of waves with 0, 1, 2, ... periods in `period`."""

    period: float = Field(gt=0, description="length after which the edges repeat, m")
    cosines: Pair = Field(description="amplitudes of the upper and of the lower edge, m")
    sines: Pair = Field(description="amplitudes of the upper and of the lower edge, m")

    @classmethod
    def drawn(cls, length: float, deviation: float, correlation_length: float, rng: np.random.Generator) -> Self:
        """Edges of a track of `length`, with standard deviation and correlation length, all in m."""
        period = length + APART * correlation_length
        shares = spectrum(period, correlation_length)
        cosines, sines = deviation * np.sqrt(shares) * rng.normal(size=(2, 2, len(shares)))
        return cls(period=period, cosines=cosines.tolist(), sines=sines.tolist())

    def displacement(self, x: np.ndarray) -> np.ndarray:
        """How far the upper and the lower edge are displaced outwards at x (n,) in m: (2, n) in m."""
        number = 2 * np.pi / self.period * np.arange(len(self.cosines[0]))[:, None]
        cosines, sines = np.array(self.cosines), np.array(self.sines)
        blocks = np.array_split(x, 1 + len(x) * len(number) // LARGEST)
        return np.concatenate([cosines @ np.cos(number * x) + sines @ np.sin(number * x) for x in blocks], axis=1)


def spectrum(period: float, correlation_length: float) -> np.ndarray:
    """Share of the variance in the waves of each wave number; period and correlation length in m."""
    number = np.arange(1 + int(SHORTEST * period / (2 * np.pi * correlation_length)))
    shares = np.where(number > 0, 2.0, 1.0) * np.exp(-((np.pi * number * correlation_length / period) ** 2))
    normalised: np.ndarray = shares / shares.sum()
    return normalised
