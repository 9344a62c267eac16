"""Spin waves of a film on a mesh: by how much they lower what was put in, from cell size, stack and temperature alone.

Derivation and sources: docs/physics.md, "Bare parameters".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.constants import k

from magbayes.micromag.llg.newell import demag_tensor

LARGEST_SHORTENING = 0.3
"""1 - m above which spin waves say nothing of a film: the neglected order, s^3, is then 3 % of the moment."""

REACH = 6
"""Correlation lengths of the fluctuations from the middle of the periodic patch to its edge; exp(-6) is 0.2 %."""

LARGEST_PATCH, LARGEST_REACH = 1024, 128
"""Cells across the patch, and from a cell to the last whose dipoles are summed: for lengths below 20 cells."""

TOLERANCE = 1e-11
"""Last change of the fixed point: above rounding, and far below the 1e-4 that the theory is good for."""


@dataclass(frozen=True)
class FilmWaves:
    """What a saturated film on the mesh shows, as a share of what was put in.

    Attributes
    ----------
    shortening
        s: variance of one transverse component of a cell's m.
    moment
        m = 1 - s: mean of a cell's m along the film's magnetisation.
    bond
        m_i . m_j of neighbours is the square of it.
    demagnetisation
        Shape anisotropy over that of cells without fluctuations, between m^2 and m^3.
    temperature_scale
        k T / (2 A t) with the bare A: the temperature in units of the coupling of two cells.
    """

    shortening: float
    moment: float
    bond: float
    demagnetisation: float
    temperature_scale: float

    @property
    def anisotropy(self) -> float:
        """Uniaxial anisotropy, m^3."""
        return self.moment**3

    @property
    def exchange(self) -> float:
        """Exchange stiffness, and of the same share the DMI."""
        return self.moment * self.bond


def correlations(scale: float, bond: float, gap: float, cells: int) -> np.ndarray:
    """<m_x m_x> over the distance of two cells of a periodic square patch (cells, cells), without unit.

    Parameters
    ----------
    scale, bond
        See `FilmWaves`.
    gap
        Energy of a uniform tilt, in units of the coupling of two cells.
    cells
        Cells along x and y.
    """
    wave = 2 - 2 * np.cos(2 * np.pi * np.arange(cells) / cells)
    found: np.ndarray = np.fft.ifft2(scale / (bond * (wave[:, None] + wave) + gap)).real
    return found


@lru_cache(maxsize=256)
def fixed_point(
    cell_size: float,
    thickness: float,
    saturation_magnetisation: float,
    exchange_stiffness: float,
    temperature: float,
    field: float,
) -> tuple[float, float, float, float, int]:
    """`moment`, `bond` and `temperature_scale` of `FilmWaves`, the gap of `correlations`, and cells across the patch.

    Parameters and errors are those of `film_waves`, which takes longer.
    """
    length = np.sqrt(2 * exchange_stiffness / (field * saturation_magnetisation))
    cells = 2 * min(max(8, int(np.ceil(REACH * length / cell_size))), LARGEST_PATCH // 2)
    cosine = np.cos(2 * np.pi * np.arange(cells) / cells)
    wave = 4 - 2 * cosine[:, None] - 2 * cosine
    moment, bond, change = 1.0, 1.0, np.inf
    while change > TOLERANCE:
        coupling = 2 * exchange_stiffness / (moment * bond)  # J/m: over the thickness
        scale = k * temperature / (coupling * thickness)
        gap = field * saturation_magnetisation / moment * cell_size**2 / coupling
        # `correlations` at a distance of 0 and 1, without all others.
        spectrum = scale / (bond * wave + gap)
        shortening = float(spectrum.mean())
        if not shortening <= LARGEST_SHORTENING:
            raise ValueError(
                f"temperature {temperature:g} K is above what spin waves hold for: they take {shortening:.2g} off the "
                f"moment in cells of {cell_size:g} m; accepted: {LARGEST_SHORTENING:g} at most, by a lower temperature "
                "or a stiffer stack, or 'renormalise: none'"
            )
        new = 1 - shortening, 1 - shortening + float((spectrum.mean(axis=0) @ cosine) / cells)
        change = abs(new[0] - moment) + abs(new[1] - bond)
        moment, bond = new
    return moment, bond, scale, gap, cells


@lru_cache(maxsize=256)
def film_waves(
    cell_size: float,
    thickness: float,
    saturation_magnetisation: float,
    exchange_stiffness: float,
    temperature: float,
    field: float,
) -> FilmWaves:
    """Self-consistent spin waves of a film that shows the given Ms and A in a field.

    Parameters
    ----------
    cell_size, thickness
        Edges of a cell, m.
    saturation_magnetisation, exchange_stiffness
        What the film shows at the temperature, A/m and J/m.
    temperature
        K.
    field
        Along the magnetisation, T.

    Raises
    ------
    ValueError
        The fluctuations are too large for spin waves.
    """
    moment, bond, scale, gap, cells = fixed_point(
        cell_size, thickness, saturation_magnetisation, exchange_stiffness, temperature, field
    )
    g = correlations(scale, bond, gap, cells)
    # Sum over pairs of (N_zz - N_xx) <m_z m_z - m_x m_x>. In a film the sum over all pairs of N_zz - N_xx is 1, and on
    # the average over directions N_xx is (1 - N_zz) / 2 for a cell with itself, -N_zz / 2 for two.
    reach = min(cells // 2, LARGEST_REACH)
    tensor = demag_tensor((reach, reach, 1), (cell_size, cell_size, thickness))["zz"][:, :, 0]
    weights = 1.5 * tensor
    weights[reach - 1, reach - 1] -= 0.5
    index = np.arange(1 - reach, reach)
    near = g[np.ix_(index, index)]
    demagnetisation = moment**2 + float(np.sum(weights * (near**2 - moment * near)))
    return FilmWaves(1 - moment, moment, bond, demagnetisation, scale)
