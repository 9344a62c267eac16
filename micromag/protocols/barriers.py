"""How barriers differ between tracks whose films have grains and whose edges are rough.

To first order a barrier changes by what the saddle's energy changes more than the minimum's, with m held in both: both are
stationary, so that how they give way counts in second order only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from magbayes.micromag.devices.disorder import varied_track
from magbayes.micromag.devices.grains import deviation_of_sum
from magbayes.micromag.devices.roughness import Roughness, spectrum

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.paths.path import Path

STEP = 0.25
"""Amplitude of the waves of an edge from which their effect is told, over the edge of a cell, either way."""

NEGLIGIBLE = 1e-3
"""Share of the variance of an edge below which a wave is left out."""


def grain_spread(track: DomainWallTrack, path: Path, size: float) -> float:
    """Standard deviation of the barrier in J over that of K_i between grains of a diameter in m.

    More K_i lowers the energy of a cell by its m_z^2, which the wall takes from where it stands.
    """
    normal = path.states[[0, path.top], :, :, 0, 2] ** 2
    cell = track.cell_size**2 * track.thickness
    weights = track.coverage.of_parts(track.anisotropy * cell * (normal[0] - normal[1]))
    return deviation_of_sum(weights, track.cell_size * len(normal[0]) / len(weights), size)


def edge_spread(track: DomainWallTrack, path: Path, correlation_length: float, temperature: float) -> float:
    """Standard deviation of the barrier in J over that of an edge in m, for a correlation length in m; both edges vary.

    The waves of an edge are independent, and each is tried by itself.
    """
    none = Roughness.drawn(track.length, 0.0, correlation_length, np.random.default_rng(0))
    shares = spectrum(none.period, correlation_length)
    step = STEP * track.cell_size
    variance = 0.0
    for name in ("cosines", "sines"):
        for edge in (0, 1):
            for wave in np.flatnonzero(shares > NEGLIGIBLE).tolist():
                if name == "sines" and wave == 0:
                    continue
                heights = []
                for amplitude in (step, -step):
                    amplitudes = np.zeros((2, len(shares)))
                    amplitudes[edge, wave] = amplitude
                    heights.append(
                        _height(track, none.model_copy(update={name: amplitudes.tolist()}), path, temperature)
                    )
                variance += shares[wave] * ((heights[0] - heights[1]) / (2 * step)) ** 2
    return float(np.sqrt(variance))


def _height(track: DomainWallTrack, roughness: Roughness, path: Path, temperature: float) -> float:
    """Energy of the saddle over that of the minimum in a track with other edges, m held, J."""
    from scipy.ndimage import distance_transform_edt

    from magbayes.micromag.llg.fields import energies
    from magbayes.micromag.llg.model import to_grid, translate

    still: dict[str, Any] = {"shifts": (0.0,) * track.notches, "deepenings": (0.0,) * track.notches}
    made = varied_track(type(track))(**track.model_dump() | still | {"roughness": roughness})
    model = translate(made.system(0, temperature=temperature))
    rows = (made.rows - track.rows) // 2
    states = np.pad(path.states, ((0, 0), (0, 0), (rows, rows), (0, 0), (0, 0)))
    # What is new has the direction of the nearest cell.
    nearest = distance_transform_edt(np.all(states[0] == 0, axis=-1), return_distances=False, return_indices=True)
    low, high = (
        sum(energies(model, to_grid(states[image][tuple(nearest)]) * model.mask).values()) for image in (0, path.top)
    )
    return float(high - low)
