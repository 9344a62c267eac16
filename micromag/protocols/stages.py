"""Stages of constant temperature, of a pulse that heats the track and of the rest after it.

An engine simulates one temperature at a time, with the bare parameters of a mesh at it. So a pulse is a chain of runs,
each from the last states of the one before. Within a stage the temperature is the mean over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from magbayes.micromag.devices.heat import Pulse


@dataclass(frozen=True)
class Stage:
    """Part of a run at one temperature.

    Attributes
    ----------
    start
        s since the start of the pulse.
    samples
        Number of samples.
    rise
        Temperature over that of the device, whole K: bare parameters are then those of few temperatures.
    """

    start: float
    samples: int
    rise: float


SOUGHT = 500
"""Samples of a part, densest at its start where the temperature changes most, among which stages end."""


def _ends(heat: Pulse, first: int, last: int, interval: float, count: int) -> list[int]:
    """Samples behind `first`, up to `last`, that divide the curve between them into about `count` equal changes."""
    samples = first + np.unique(np.rint((last - first) * np.linspace(0, 1, SOUGHT) ** 2).astype(int))
    rises = heat.rise(interval * samples)
    wanted = rises[0] + (rises[-1] - rises[0]) * np.arange(1, count) / count
    inner = samples[np.abs(rises[:, None] - wanted).argmin(axis=0)]
    return sorted({*inner.tolist(), last} - {first})


def stages(heat: Pulse | None, samples: int, interval: float, count: int) -> list[Stage]:
    """Stages of a run that begins with a pulse.

    About `count` of them while it heats and `count` while the track cools, which end at samples. Neighbours that are
    equally warm are one.

    Parameters
    ----------
    heat
        Warming by the pulse; None keeps the device's temperature.
    samples, interval
        Number of samples of the whole run, and their distance in s.
    count
        Parts of equal change of temperature.
    """
    if heat is None:
        return [Stage(0.0, samples, 0.0)]
    hottest = min(max(1, round(heat.width / interval)), samples)
    ends = [0, *_ends(heat, 0, hottest, interval, count), *_ends(heat, hottest, samples, interval, count)]
    means = [round(heat.mean_rise(a * interval, b * interval)) for a, b in pairwise(ends)]
    parts = [Stage(a * interval, b - a, float(rise)) for (a, b), rise in zip(pairwise(ends), means, strict=True)]
    return [_joined(list(alike)) for _, alike in groupby(parts, key=lambda stage: stage.rise)]


def _joined(parts: Sequence[Stage]) -> Stage:
    return Stage(parts[0].start, sum(part.samples for part in parts), parts[0].rise)
