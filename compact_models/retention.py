"""How long a wall stays in its notch without current: observed for nanoseconds, extrapolated from pulses beyond.

A current tilts the barrier of a notch, so that the logarithm of the escape rate rises with it; its straight line
through the measured pulses, extended to no current, is the estimate. A barrier falls slower the closer it is to
vanishing (as (1 - J/J_c)^p with p above 1), so that the true rate at rest is rather lower: the extrapolation errs to
the side of too short a retention. Its interval knows of the counts and not of this.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.stats import chi2, norm

from magbayes.data.estimate import Estimate

LARGEST_SHARE = 0.5
"""Depinning probability above which a pulse no longer waits for a fluctuation, and is left out."""


def escape_rate(current: np.ndarray, width: np.ndarray, escapes: np.ndarray, pulses: np.ndarray) -> Estimate:
    """Rate at no current in 1/s with its 95 % interval, extrapolated from pulses.

    Binomial regression with complementary log-log link, 1 - exp(-rate * width) being the probability to escape, by
    maximum likelihood.

    Parameters
    ----------
    current : (J,)
        Of the pulses, A/m^2.
    width : (W,)
        Of the pulses, s.
    escapes, pulses : (W, J)
        Walls that left their notch, and all.

    Raises
    ------
    ValueError
        Fewer than two current densities have escapes in some, but at most half, of their pulses.
    """
    used = (escapes <= LARGEST_SHARE * pulses) & (pulses > 0)
    if ((escapes > 0) & used).any(axis=0).sum() < 2:
        raise ValueError(
            "retention cannot be extrapolated: fewer than two current densities move the wall in up to "
            f"{100 * LARGEST_SHARE:.0f} % of their pulses; add lower ones to pulses.current_densities"
        )
    scale = current[-1]
    x = np.broadcast_to(current / scale, used.shape)[used]
    log_width = np.broadcast_to(np.log(width)[:, None], used.shape)[used]
    hits, total = escapes[used], pulses[used]

    def hazard(parameters: np.ndarray) -> np.ndarray:
        return np.exp(parameters[0] + parameters[1] * x + log_width)

    def loss(parameters: np.ndarray) -> float:
        h = hazard(parameters)
        return float(np.sum((total - hits) * h - hits * np.log(-np.expm1(-h))))

    # The rate that the strongest of these pulses shows, and a slope of e for a tenth of the current.
    strongest = x.argmax()
    start = np.log((hits[strongest] + 0.5) / total[strongest]) - log_width[strongest]
    found = minimize(loss, [start - 10 * x[strongest], 10.0], method="Nelder-Mead", options={"maxiter": 4000}).x
    h = hazard(found)
    # Fisher information of the binomial with p = 1 - exp(-h): n (dp/deta)^2 / (p (1 - p)), dp/deta = h exp(-h).
    weight = total * h**2 * np.exp(-h) / -np.expm1(-h)
    design = np.stack([np.ones_like(x), x])
    error = np.sqrt(np.linalg.inv((design * weight) @ design.T)[0, 0])
    return Estimate(*np.exp(found[0] + norm.ppf([0.5, 0.025, 0.975]) * error))


def observed_rate(events: int, time: float) -> Estimate:
    """Rate in 1/s from events in a time in s, with its exact 95 % Poisson interval (F. Garwood, 1936)."""
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return Estimate(events / time, low / time, chi2.ppf(0.975, 2 * events + 2) / 2 / time)
