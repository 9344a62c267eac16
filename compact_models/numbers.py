"""Numbers of the compact models with their 95 % intervals: what a study can collect from them.

Of several, levels or voltages for instance, the largest; depinning by the longest pulse of the weakest or strongest
current. Where low and high end are the value, the interval is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magbayes.compact_models.retention import BARRIER_ERROR
from magbayes.compact_models.threshold import half_currents
from magbayes.data.estimate import Estimate

if TYPE_CHECKING:
    from magbayes.compact_models.store import CompactModels

NORMAL_95 = 1.96
"""Standard errors from the middle of a 95 % interval to its ends, of a normal distribution, to two decimals."""

MANY = 1e5
"""Devices of which the worst is looked at."""


class Number(NamedTuple):
    """A number of the compact models: its unit, and the function that takes it from them."""

    unit: str
    of: Callable[[CompactModels], Estimate]


def _estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(float(value), float(low), float(high))


def sigma_at(models: CompactModels, index: int) -> Estimate:
    """Standard deviation of the conductance at a characterised gate voltage, S."""
    smtj = models.smtj
    return _estimate(smtj.conductance_sigma[index], smtj.sigma_low[index], smtj.sigma_high[index])


def sigma_smallest(models: CompactModels) -> Estimate:
    """Smallest standard deviation of the conductance, S."""
    return sigma_at(models, int(np.argmin(models.smtj.conductance_sigma)))


def sigma_largest(models: CompactModels) -> Estimate:
    """Largest standard deviation of the conductance, S."""
    return sigma_at(models, int(np.argmax(models.smtj.conductance_sigma)))


def sigma_ratio(models: CompactModels) -> Estimate:
    """Largest over smallest standard deviation of the conductance."""
    bottom, top = sigma_smallest(models), sigma_largest(models)
    ratio = top.value / bottom.value
    # Ensembles at two voltages are independent: relative errors add in squares.
    margin = ratio * float(np.hypot(*((high - low) / 2 / value for value, low, high in (bottom, top))))
    return _estimate(ratio, ratio - margin, ratio + margin)


def decay_time(models: CompactModels) -> Estimate:
    """Longest decay time of the fluctuation, s, with its percentile interval over resampled replicas."""
    i = models.smtj.decay_time.argmax()
    low, high = np.percentile(models.smtj.resampled_decay_time[:, i], [2.5, 97.5])
    return _estimate(models.smtj.decay_time[i], low, high)


def gate_leakage(models: CompactModels) -> Estimate:
    """Largest current through the gate, A."""
    value = models.smtj.leakage(models.smtj.voltage).max()
    return _estimate(value, value, value)


def level_spacing(models: CompactModels) -> Estimate:
    """Mean distance of neighbouring levels, S."""
    mean, error = models.dwmtj.level_mean, models.dwmtj.level_error
    gaps = len(mean) - 1
    spacing, margin = (mean[-1] - mean[0]) / gaps, NORMAL_95 * np.hypot(error[0], error[-1]) / gaps
    return _estimate(spacing, spacing - margin, spacing + margin)


def level_jitter(models: CompactModels) -> Estimate:
    """Largest thermal standard deviation of a level at rest, S."""
    value = models.dwmtj.level_std.max()
    return _estimate(value, value, value)


def level_spread(models: CompactModels) -> Estimate:
    """Largest standard deviation of a level between devices, S."""
    value = models.dwmtj.level_spread.max()
    return _estimate(value, value, value)


def depinning(models: CompactModels, current: int) -> Estimate:
    """Probability that the longest pulse of a current, by its index, moves the wall."""
    value, low, high = (end[-1, current] for end in models.dwmtj.depinning_probability)
    return _estimate(value, low, high)


def _hottest(models: CompactModels) -> float:
    """Highest temperature at which barriers are known, K.

    Raises
    ------
    ValueError
        None is known, of a device that was measured without.
    """
    if not len(models.dwmtj.barrier_temperature):
        raise ValueError(
            "dwmtj/barrier and dwmtj/retention: no barrier was measured; add a table of barriers to its sheet"
        )
    return float(models.dwmtj.barrier_temperature[-1])


def barrier(models: CompactModels) -> Estimate:
    """Barrier of a level at the highest temperature at which barriers are known, J."""
    _hottest(models)
    value = models.dwmtj.barrier[-1]
    return _estimate(value, (1 - BARRIER_ERROR) * value, (1 + BARRIER_ERROR) * value)


def retention(models: CompactModels) -> Estimate:
    """Mean time for which the median device holds a level at that temperature, s."""
    return models.dwmtj.retention(_hottest(models))


def retention_worst(models: CompactModels) -> Estimate:
    """Median time in s for which the worst of `MANY` devices holds a level at that temperature."""
    return models.dwmtj.retention(_hottest(models), MANY)


def threshold_current(models: CompactModels) -> Estimate:
    """Current density in A/m^2 of which half of the longest pulses move a wall.

    Raises
    ------
    ValueError
        It is not within the currents of the pulses.
    """
    dwmtj = models.dwmtj
    if (half := half_currents(dwmtj)[-1]) is None:
        shares = ", ".join(f"{100 * share:.3g}" for share in dwmtj.depinning_probability.value[-1])
        raise ValueError(
            f"dwmtj/threshold_current: pulses of {dwmtj.pulse_width[-1]:g} s move {shares} % of the walls, which does "
            "not enclose the current that moves half; widen pulses.current_densities, or raise pulses.replicas"
        )
    return half


def write_energy(models: CompactModels) -> Estimate:
    """Mean Joule heat in J of the pulses that it takes to move a wall by one notch, of those that take least.

    Every pulse is tried at a wall that has not moved. One that moves it further has missed.

    Raises
    ------
    ValueError
        No pulse moves a wall by one notch.
    """
    dwmtj = models.dwmtj
    share, low, high = (end[..., dwmtj.moves == 1].sum(axis=-1) for end in dwmtj.move_probabilities)
    if not share.any():
        raise ValueError("dwmtj/write_energy: no pulse moves a wall by one notch; change pulses.current_densities")
    energy = np.divide(dwmtj.pulse_energy, share, out=np.full(share.shape, np.inf), where=share > 0)
    best = np.unravel_index(energy.argmin(), energy.shape)
    return _estimate(energy[best], *(dwmtj.pulse_energy[best] / end[best] for end in (high, low)))


NUMBERS = {
    "smtj/sigma_smallest": Number("S", sigma_smallest),
    "smtj/sigma_largest": Number("S", sigma_largest),
    "smtj/sigma_ratio": Number("1", sigma_ratio),
    "smtj/decay_time": Number("s", decay_time),
    "smtj/gate_leakage": Number("A", gate_leakage),
    "dwmtj/level_spacing": Number("S", level_spacing),
    "dwmtj/level_jitter": Number("S", level_jitter),
    "dwmtj/level_spread": Number("S", level_spread),
    "dwmtj/barrier": Number("J", barrier),
    "dwmtj/retention": Number("s", retention),
    "dwmtj/retention_worst": Number("s", retention_worst),
    "dwmtj/threshold_current": Number("A/m^2", threshold_current),
    "dwmtj/write_energy": Number("J", write_energy),
    "dwmtj/depinning_weakest": Number("1", lambda models: depinning(models, 0)),
    "dwmtj/depinning_strongest": Number("1", lambda models: depinning(models, -1)),
}
"""Numbers of the compact models, by the name under which a study collects them."""
