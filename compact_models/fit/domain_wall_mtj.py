"""Fit the compact model of the domain-wall MTJ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import fisher_exact, sem

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.equilibrium import by_parts, drift_p_value, joint_p_value
from magbayes.compact_models.fit.averages import Averages, averages
from magbayes.compact_models.fit.ensembles import expect
from magbayes.data.container import FileFormatError
from magbayes.micromag import raw


def _moves(pulse: raw.RawEnsemble) -> np.ndarray:
    """Notches (groups, replicas) that each pulse moved its wall in its direction; one beyond an end is off it."""
    notches, starts = pulse.value("notch_positions"), pulse.value("start_notch").astype(int)
    end = np.rint((pulse.value("wall_position") - notches[0]) / (notches[1] - notches[0])).astype(int)
    moves: np.ndarray = (end.clip(-1, len(notches)) - starts[:, None]) * pulse.value("direction").astype(int)[:, None]
    return moves


def _mirror_p_value(moves: Sequence[np.ndarray], directions: Sequence[np.ndarray]) -> float:
    """P-value that pulses of both signs move a wall as often: Fisher's exact test of each kind of pulse, together."""
    p_values = []
    for moved, direction in zip(moves, directions, strict=True):
        by_sign = [(moved[direction == sign] != 0).ravel() for sign in (1, -1)]
        if all(len(left) for left in by_sign):
            table = [[int(left.sum()), int((~left).sum())] for left in by_sign]
            p_values.append(float(fisher_exact(table).pvalue))
    return joint_p_value(p_values)


def _variance_function(row: Averages) -> np.ndarray:
    """Variance of averages (times,) over that of instants; 0 for a wall that holds still."""
    square = row.weights @ row.square
    return square / square[0] if square[0] else np.zeros_like(square)


def fit_domain_wall_mtj(
    pulses: Sequence[raw.RawEnsemble], rest: raw.RawEnsemble, varied: Mapping[str, Any], held: Mapping[str, Any]
) -> DomainWallModel:
    """Model of the domain-wall MTJ.

    Parameters
    ----------
    pulses
        An ensemble of each current density with each width, from inner notches.
    rest
        One of every notch at rest.
    varied
        What `raw.read_variation` read for the device.
    held
        What `raw.read_retention` read.
    """
    expect([*pulses, rest], "domain_wall_mtj")
    notches = rest.value("notch_positions")
    pitch = notches[1] - notches[0]
    conductance = float(rest.value("perpendicular_conductance"))
    contrast = conductance * float(rest.value("polarisation_squared"))
    readings = conductance + contrast * rest.magnetisation[..., 2].astype(np.float64)
    strayed = np.abs(rest.value("wall_position") - notches[:, None]) > pitch / 2
    # A wall that left its notch shows another level; it counts as an escape and not as jitter.
    level = np.array([r[~s].mean() if (~s).any() else r.mean() for r, s in zip(readings, strayed, strict=True)])
    jitter = np.array([r[~s].std() if (~s).any() else r.std() for r, s in zip(readings, strayed, strict=True)])
    averaged = [
        averages((r[~s] if (~s).any() else r)[..., None] - mean, float(rest.time[1] - rest.time[0]))
        for r, s, mean in zip(readings, strayed, level, strict=True)
    ]
    # Replicas are independent, their readings are not.
    error = np.array(
        [sem(r[~s].mean(axis=1)) if (~s).sum() > 1 else j for r, s, j in zip(readings, strayed, jitter, strict=True)]
    )
    if (np.diff(level) <= 0).any():
        raise ValueError("the levels of the domain-wall MTJ do not rise from notch to notch; the notches do not pin")
    # A single replica that stays says nothing of a drift.
    parts = [by_parts(r[~s]) for r, s in zip(readings, strayed, strict=True) if (~s).sum() > 1]
    currents, widths = (sorted({float(e.value(name)) for e in pulses}) for name in ("current_density", "pulse_width"))
    found = [_moves(pulse) for pulse in pulses]
    furthest = [min(int(one.min()) for one in found), max(int(one.max()) for one in found)]
    moves = np.arange(min(furthest[0], 0), max(furthest[1], 0) + 1)
    peak = np.zeros((len(widths), len(currents)))
    moved = np.zeros((len(widths), len(currents), len(moves)), dtype=int)
    for pulse, one in zip(pulses, found, strict=True):
        place = (widths.index(float(pulse.value("pulse_width"))), currents.index(float(pulse.value("current_density"))))
        peak[place] = pulse.value("peak_temperature")
        moved[place] = (one.ravel()[:, None] == moves).sum(axis=0)
    if (missing := np.argwhere(moved.sum(axis=-1) == 0)).size:
        w, j = missing[0]
        raise FileFormatError(f"no pulses of {currents[j]:g} A/m^2 and {widths[w]:g} s; all widths need all currents")
    return DomainWallModel(
        level_mean=level,
        level_std=jitter,
        level_integration_time=averaged[0].time,
        level_variance_function=np.stack([_variance_function(row) for row in averaged]),
        level_error=error,
        level_drift=float(max((np.abs((p[:, -1] - p[:, 0]).mean()) for p in parts), default=0.0)),
        drift_p_value=joint_p_value([drift_p_value(p) for p in parts]),
        track_level=conductance + contrast * varied["level"],
        track_level_error=contrast * varied["level_error"],
        rest_escapes=strayed.sum(axis=1),
        rest_replicas=strayed.shape[1],
        rest_time=float(rest.time[-1]),
        pulse_width=np.array(widths),
        current_density=np.array(currents),
        peak_temperature=peak,
        moves=moves,
        moved=moved,
        mirror_p_value=_mirror_p_value(found, [pulse.value("direction") for pulse in pulses]),
        settling_time=max(0.0, float(pulses[0].time[-1] - pulses[0].value("pulse_width"))),
        barrier_temperature=held["temperature"],
        barrier=held["barrier"],
        barrier_spread=held["barrier_spread"],
        attempt_rate=held["attempt_rate"],
        barrier_converged=held["converged"],
        metal_resistance=float(rest.value("metal_resistance")),
        metal_cross_section=float(rest.value("metal_cross_section")),
    )
