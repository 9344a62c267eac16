"""Walls at every notch of a track as one ensemble: few replicas of each by themselves would leave vector units idle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from magbayes.micromag.engines import Engine, Ensemble, simulate

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack


def at_notches(
    track: DomainWallTrack,
    replicas: int,
    *,
    duration: float,
    sample_interval: float,
    temperature: float,
    seed: int,
    engine: Engine,
) -> list[Ensemble]:
    """Run copies of a track without current, with its wall at each notch in turn.

    Parameters
    ----------
    track
        The device. What is sampled is its mean magnetisation under the reference layer.
    replicas
        Copies at each notch.
    duration, sample_interval
        As of `magbayes.micromag.simulate`, s.
    temperature
        K.
    seed
        Of all of them.
    engine
        Which one runs them.

    Returns
    -------
    list
        Of each notch what `magbayes.micromag.simulate` returns of its copies; the time that was spent is that of all.
    """
    # A wall that runs straight across is alike in all cells of a column.
    walls = [[track.wall(float(x))((along, 0.0, 0.0)) for along in track.mesh.cells.x] for x in track.notch_positions]
    starts = np.broadcast_to(np.array(walls)[:, :, None, None], (len(walls), *track.mesh.n, 3))
    ensemble = simulate(
        track.system(0, temperature=temperature),
        replicas=replicas * track.notches,
        duration=duration,
        sample_interval=sample_interval,
        seed=seed,
        engine=engine,
        readout="reference",
        start=np.repeat(starts, replicas, axis=0),
    )
    parts = (np.split(values, track.notches) for values in (ensemble.magnetisation, ensemble.final))
    return [replace(ensemble, magnetisation=m, final=final) for m, final in zip(*parts, strict=True)]
