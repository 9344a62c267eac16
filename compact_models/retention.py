"""How long a wall stays in its notch without current: observed for nanoseconds, extrapolated from pulses beyond.

A current tilts the barrier of a notch, so that the logarithm of the escape rate rises with it; its straight line
through the measured pulses, extended to no current, is the estimate. A barrier falls slower the closer it is to
vanishing (as (1 - J/J_c)^p with p above 1), so that the true rate at rest is rather lower: the extrapolation errs to
the side of too short a retention. Its interval knows of the counts and not of this.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.stats import chi2, norm

from magbayes.data.estimate import Estimate

LARGEST_SHARE = 0.5
"""Depinning probability above which a pulse no longer waits for a fluctuation, and is left out."""


def escape_rate(current: np.ndarray, width: np.ndarray, escapes: np.ndarray, pulses: np.ndarray) -> Estimate:
    """Rate at no current in 1/s with its 95 % interval, extrapolated from pulses.

    Binomial regression by maximum likelihood. 1 - exp(-rate * width) being the probability to escape, the link is the
    complementary log-log, and the logarithm of the width an offset.

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
    # Of all that import this module few extrapolate, and statsmodels takes seconds to import.
    import statsmodels.api as sm

    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    design = np.stack([np.ones_like(x), x], axis=1)
    regression = sm.GLM(np.stack([hits, total - hits], axis=1), design, family=family, offset=log_width)
    with warnings.catch_warnings():
        # As many counts as parameters are fitted exactly. It is no separation: two currents have escapes and survivors.
        warnings.simplefilter("ignore")
        fit = regression.fit(tol=1e-12)
    return Estimate(*np.exp(fit.params[0] + norm.ppf([0.5, 0.025, 0.975]) * fit.bse[0]))


def observed_rate(events: int, time: float) -> Estimate:
    """Rate in 1/s from events in a time in s, with its exact 95 % Poisson interval (F. Garwood, 1936)."""
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return Estimate(events / time, low / time, chi2.ppf(0.975, 2 * events + 2) / 2 / time)
