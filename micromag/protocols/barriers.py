"""How barriers differ between tracks whose films have grains and whose edges are rough.

To first order a barrier changes by what the saddle's energy changes more than the minimum's, with m held in both: both
are stationary, so that how they give way counts in second order only.

A slanted wall has a mirror image, slanted the other way, with a barrier of its own in a track whose halves differ. The
lower one counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from magbayes.data.seeds import generator
from magbayes.micromag.devices.disorder import varied_track
from magbayes.micromag.devices.grains import covariance
from magbayes.micromag.devices.roughness import Roughness, spectrum

if TYPE_CHECKING:
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.paths.path import Path

STEP = 0.25
"""Amplitude of the waves of an edge from which their effect is told, over the edge of a cell, either way."""

NEGLIGIBLE = 1e-3
"""Share of the variance of an edge below which a wave is left out."""


def from_grains(track: DomainWallTrack, path: Path, size: float) -> tuple[float, float]:
    """Variance of the barrier in J^2, and how much less its mirror image shares of it, for grains of a diameter in m.

    Both over the relative variance of K_i between grains. More K_i lowers the energy of a cell by its m_z^2, which the
    wall takes from where it stands.
    """
    normal = path.states[[0, path.top], :, :, 0, 2] ** 2
    volume = track.cell_size**2 * track.thickness
    weights = track.coverage.of_parts(track.anisotropy * volume * (normal[0] - normal[1]))
    spacing = track.cell_size * len(normal[0]) / len(weights)
    variance, shared = (covariance(weights, other, spacing, size) for other in (weights, weights[:, ::-1]))
    return variance, variance - shared


def from_edges(
    track: DomainWallTrack, path: Path, correlation_length: float, temperature: float
) -> tuple[float, float]:
    """Variance of the barrier in J^2, and how much less its mirror image shares of it, for rough edges.

    Both over the variance of an edge in m^2, with a correlation length in m, at a temperature in K. The waves of an
    edge are independent, and each is tried by itself.
    """
    none = Roughness.drawn(track.length, 0.0, correlation_length, generator(0, "edges"))
    shares = spectrum(none.period, correlation_length)
    waves = np.flatnonzero(shares > NEGLIGIBLE)
    variance, apart = 0.0, 0.0
    for name in ("cosines", "sines"):
        for wave in waves[name == "sines" :].tolist():  # the first is constant
            upper, lower = (_slope(track, none, path, temperature, (name, edge, wave)) for edge in (0, 1))
            variance += shares[wave] * (upper**2 + lower**2)
            apart += shares[wave] * (upper - lower) ** 2
    return variance, apart


def _slope(
    track: DomainWallTrack, none: Roughness, path: Path, temperature: float, wave: tuple[str, int, int]
) -> float:
    """Change of the barrier with the amplitude of one wave of an edge, J/m."""
    name, edge, number = wave
    step = STEP * track.cell_size
    heights = []
    for amplitude in (step, -step):
        amplitudes = np.zeros((2, len(none.cosines[0])))
        amplitudes[edge, number] = amplitude
        roughness = none.model_copy(update={name: amplitudes.tolist()})
        heights.append(height(track, roughness, path, temperature))
    return (heights[0] - heights[1]) / (2 * step)


def height(track: DomainWallTrack, roughness: Roughness, path: Path, temperature: float) -> float:
    """Energy of the saddle over that of the minimum in a track with other edges, m held, J."""
    from magbayes.micromag.llg.fields import energies_once
    from magbayes.micromag.llg.model import to_grid, translate

    still: dict[str, Any] = {"shifts": (0.0,) * track.notches, "deepenings": (0.0,) * track.notches}
    made = varied_track(type(track))(**track.model_dump() | still | {"roughness": roughness})
    model = translate(made.system(0, temperature=temperature))
    rows = (made.rows - track.rows) // 2
    ends = np.pad(path.states[[0, path.top]], ((0, 0), (0, 0), (rows, rows), (0, 0), (0, 0)))
    low, high = (sum(energies_once(model, to_grid(state) * model.mask).values()) for state in nearest(ends))
    return float(high - low)


def nearest(states: np.ndarray) -> np.ndarray:
    """States (n, nx, ny, nz, 3) that have the direction of the nearest cell where they have none."""
    from scipy.ndimage import distance_transform_edt

    cells = distance_transform_edt(np.all(states[0] == 0, axis=-1), return_distances=False, return_indices=True)
    filled: np.ndarray = states[(slice(None), *cells)]
    return filled
