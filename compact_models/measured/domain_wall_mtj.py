"""Compact model of a domain-wall MTJ from its measured levels and pulses."""

from __future__ import annotations

import math

import numpy as np

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.measured.sheet import Measured


def _jitter(measured: Measured, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jitter (levels,) over the shortest time, times (times,) from 0, and the variance over it (levels, times).

    Below the shortest time it is taken as over that; none where none was measured.
    """
    table = measured.tables.get("jitter")
    if table is None:
        return np.zeros(levels), np.zeros(1), np.ones((levels, 1))
    times, jitter = table.axes[1], table["jitter"]
    first = jitter[:, 0]
    share = np.divide(jitter, first[:, None], out=np.ones_like(jitter), where=first[:, None] > 0) ** 2
    if times[0] > 0:
        times, share = np.insert(times, 0, 0.0), np.column_stack([np.ones(levels), share])
    return first, times, share


def domain_wall_model(measured: Measured) -> DomainWallModel:
    """The model; a wall was not watched at rest, and what was not measured is 0."""
    sheet, levels, pulses = measured.sheet, measured.tables["levels"], measured.tables["pulses"]
    mean = levels["conductance"]
    jitter, times, share = _jitter(measured, len(mean))
    spread = levels["spread"] if "spread" in levels else np.zeros_like(mean)
    width, current, moves = pulses.axes
    barriers = measured.tables.get("barriers")
    held = {
        name: np.zeros(0) if barriers is None else barriers[name]
        for name in ("temperature", "barrier", "barrier_spread", "attempt_rate")
    }
    return DomainWallModel(
        level_mean=mean,
        level_std=jitter,
        level_integration_time=times,
        level_variance_function=share,
        level_error=levels["conductance_error"],
        level_drift=0.0,
        drift_p_value=1.0,
        # Two devices whose standard deviation is the spread.
        track_level=np.stack([mean - spread / math.sqrt(2), mean + spread / math.sqrt(2)]),
        track_level_error=np.zeros((2, len(mean))),
        rest_escapes=np.zeros(len(mean), dtype=int),
        rest_replicas=0,
        rest_time=0.0,
        pulse_width=width,
        current_density=current,
        peak_temperature=np.zeros((len(width), len(current))),
        moves=moves.astype(int),
        moved=pulses["pulses"].astype(int),
        mirror_p_value=1.0,
        settling_time=sheet.number("settling_time"),
        barrier_temperature=held["temperature"],
        barrier=held["barrier"],
        barrier_spread=held["barrier_spread"],
        attempt_rate=held["attempt_rate"],
        barrier_converged=np.ones(len(held["barrier"])),
        metal_resistance=sheet.number("metal_resistance"),
        metal_cross_section=sheet.number("metal_cross_section"),
    )
