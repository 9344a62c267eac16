"""A track whose cells are in or out, for tests of those that are cut."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import Field

from magbayes.micromag import DomainWallMTJ
from magbayes.micromag.devices.coverage import FINER, Coverage


class StaircaseTrack(DomainWallMTJ):
    """Each cell is material if its middle is."""

    type: Literal["staircase"] = Field("staircase", description="cells that are in or out")

    @cached_property
    def coverage(self) -> Coverage:
        """Whole cells, coupled where both are there."""
        size = self.cell_size
        nx, ny = round(self.length / size), round(self.width / size)
        x, y = ((np.arange(n) - (n - 1) / 2) * size for n in (nx, ny))
        fill = (self.half_width(x)[:, None] > np.abs(y)).astype(float)
        none = np.zeros(0, int)
        return Coverage(
            cell=(size, size, self.thickness),
            fill=fill,
            along=fill[1:] * fill[:-1],
            across=fill[:, 1:] * fill[:, :-1],
            fine=np.kron(fill, np.ones((FINER, FINER))),
            lent=(none, none, np.zeros(0)),
        )


SMALL_TRACK: dict[str, Any] = {
    "saturation_magnetisation": 0.97e6,
    "interface_anisotropy": 1e-3,
    "exchange_stiffness": 11e-12,
    "dmi": 0.68e-3,
    "measuring_field": 0.5,
    "resistance_area": 29e-12,
    "thickness": 1.2e-9,
    "cell_size": 4e-9,
    "notch_pitch": 32e-9,
    "notch_depth": 10e-9,
    "notch_width": 20e-9,
    "end_length": 32e-9,
    "width": 40e-9,
    "heavy_metal_etched": False,
}
"""Keys of a track that is small and soft, in a uniform current, so that tests take little time; it holds no weight."""


def small_track(**changes: Any) -> DomainWallMTJ:
    """The small track with some keys changed."""
    return DomainWallMTJ(**SMALL_TRACK | changes)
