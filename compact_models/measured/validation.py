"""Whether measurements agree with each other: points left out and predicted, and reads of several times.

The numbers of a model are those of its table, so that only what it puts between them can be wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.stats import norm

from magbayes.compact_models import precession
from magbayes.compact_models.numbers import NORMAL_95
from magbayes.compact_models.precession import Memory
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data.estimate import Estimate

FALSE_ALARM = 0.01
"""Share of sound tables of which a point is called wrong."""

NOTICED = 0.05
"""Relative difference of sigma from what others predict below which nothing is said: devices differ by that."""

FEWEST = 4
"""Voltages from which one can be left out: a curve through two points has no shape."""


class LeftOut(NamedTuple):
    """Points that were left out."""

    voltage: np.ndarray
    """(V - 2,), gate voltages, V."""
    residual: Estimate
    """Sigma over what the model of the other points says, less 1, with the 95 % interval of all points' errors."""
    distance: np.ndarray
    """Residuals over their standard errors."""


def _residual(voltage: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Residuals (..., V - 2) of the inner points of sigma (..., V), from monotone curves through the others alone."""
    values = []
    for i in range(1, len(voltage) - 1):
        other = np.arange(len(voltage)) != i
        # The slopes of a model without energies are those of this curve.
        curve = PchipInterpolator(voltage[other], sigma[..., other], axis=-1)
        values.append(sigma[..., i] / curve(voltage[i]) - 1)
    return np.stack(values, axis=-1)


def predicted(voltage: np.ndarray, sigma: np.ndarray, drawn: np.ndarray) -> LeftOut:
    """Every inner point left out and predicted from the others; none where there are fewer than `FEWEST`.

    In every draw from the errors all points move, so that what they have in common does not count.

    Parameters
    ----------
    voltage, sigma
        (V,), V and S.
    drawn
        (draws, V), what sigma might be within its errors, S.
    """
    if len(voltage) < FEWEST:
        none = np.zeros(0)
        return LeftOut(none, Estimate(none, none, none), none)
    value = _residual(voltage, sigma)
    # A curve through a draw that does not rise is none that the model could have.
    rising = (np.diff(drawn) > 0).all(axis=-1)
    residuals = _residual(voltage, drawn[rising])
    error = residuals.std(axis=0, ddof=1) if len(residuals) > 1 else np.full(len(value), np.inf)
    return LeftOut(
        voltage[1:-1],
        Estimate(value, value - NORMAL_95 * error, value + NORMAL_95 * error),
        value / np.maximum(error, np.finfo(float).tiny),
    )


def left_out(model: StochasticModel) -> LeftOut:
    """Sigma of an instant at every inner gate voltage of a model, left out and predicted from the others."""
    return predicted(model.voltage, model.conductance_sigma, model.resampled_sigma)


def wrong_points(left: LeftOut) -> list[str]:
    """Points that are further from their neighbours than errors explain, all tested together, and than is noticed."""
    limit = norm.isf(FALSE_ALARM / 2 / max(len(left.voltage), 1))
    far = (np.abs(left.distance) > limit) & (np.abs(left.residual.value) > NOTICED)
    if not far.any():
        return []
    # A wrong point bends the curve at its neighbours too: none of them can be told to be the one.
    points = ", ".join(
        f"{voltage:g} V ({100 * value:+.2g} %)"
        for voltage, value in zip(left.voltage[far], left.residual.value[far], strict=True)
    )
    return [
        f"sigma is not what the other voltages predict at {points}: one of these numbers, or one beside them, is "
        "wrong, errors are stated too small, or voltages are too far apart"
    ]


def inconsistent_reads(model: StochasticModel, first: int) -> list[str]:
    """Reads that are wider or narrower than the memory makes of those over the shortest measured time.

    `first` is the index of that time among those of the model.
    """
    memories = Memory(model.resampled_decay_time, model.resampled_frequency, model.resampled_shift)
    memory = Memory(model.decay_time, model.angular_frequency, model.frequency_shift)
    shares, drawn = (
        np.stack([precession.variance_function(float(time), *one) for time in model.integration_time], axis=-1)
        for one in (memory, memories)
    )
    measured, drawn_measured = model.variance_function, model.resampled_variance_function
    ratio, drawn_ratio = (
        np.sqrt(have / have[..., first : first + 1] * say[..., first : first + 1] / say)
        for have, say in ((measured, shares), (drawn_measured, drawn))
    )
    error = np.log(drawn_ratio).std(axis=0, ddof=1)
    far = (np.abs(np.log(ratio)) > 2 * NORMAL_95 * error) & (np.abs(ratio - 1) > 2 * NOTICED)
    if not far.any():
        return []
    v, j = np.unravel_index(int(np.argmax(np.where(far, np.abs(np.log(ratio)), 0.0))), far.shape)
    return [
        f"reads over {model.integration_time[j]:.3g} s at {model.voltage[v]:g} V are {ratio[v, j]:.2g} times as wide "
        f"as decay_time makes of those over {model.integration_time[first]:.3g} s: between the measured times sigma, "
        "and between reads their correlation, are rough"
    ]
