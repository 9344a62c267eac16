"""How long a wall stays in its notch without current: by its barriers, and as far as that was observed.

A wall at an inner notch leaves to either side over the same barrier E, at the rate ``2 f exp(-E / kT)``, with f
the attempt rate. What is not known of either: the mesh leaves a barrier to 3 % (docs/physics.md,
"The mesh of a track"), and harmonic theory the rate to a factor.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.constants import k

from magbayes.data.estimate import Estimate

BARRIER_ERROR = 0.03
"""Relative error of a barrier, at 95 %."""

RATE_FACTOR = 10.0
"""Factor by which harmonic theory may miss a rate, at 95 %."""

WAYS = 2
"""Neighbours of a notch."""


def escape_rate(barrier: float, attempt_rate: float, temperature: float) -> Estimate:
    """Rate in 1/s at which a wall leaves over a barrier in J at a temperature in K, with its 95 % interval.

    `attempt_rate` is that to one neighbour, without the exponential, 1/s.
    """
    height = barrier / (k * temperature)
    middle = math.log(WAYS * attempt_rate) - height
    margin = math.hypot(BARRIER_ERROR * height, math.log(RATE_FACTOR))
    return Estimate(*np.exp([middle, middle - margin, middle + margin]))


def weakest(barrier: float, spread: float, cells: float) -> float:
    """Median of the lowest barrier in J of so many cells, whose barriers are normal with a standard deviation in J."""
    from scipy.stats import norm  # slow, and a configuration is checked without it

    return max(barrier - spread * float(norm.ppf(0.5 ** (1 / cells))), 0.0)


def observed_rate(events: int, time: float) -> Estimate:
    """Rate in 1/s from events in a time in s, with its exact 95 % Poisson interval (F. Garwood, 1936)."""
    from scipy.stats import chi2  # slow, and a configuration is checked without it

    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return Estimate(events / time, low / time, chi2.ppf(0.975, 2 * events + 2) / 2 / time)
