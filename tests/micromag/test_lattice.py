"""The list of cells: its colours, and the sparse couplings that stand for exchange and DMI."""

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

from magbayes.micromag.llg.dmi import DIRECTIONS
from magbayes.micromag.llg.fields import pair_terms
from magbayes.micromag.llg.grid import AXES
from magbayes.micromag.llg.lattice import couplings, lattice
from magbayes.micromag.llg.model import translate


def model(n, bc="", energy=None, hole=None):
    mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(4e-9 * count for count in n), n=n, bc=bc)
    return translate(
        mm.System(
            name="lattice",
            energy=mm.Exchange(A=1e-11) + mm.DMI(D=2e-3, crystalclass="T") if energy is None else energy,
            dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1),
            m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=lambda p: 0.0 if hole and hole(p) else 8e5),
        )
    )


CASES = {
    "open": model((5, 4, 3)),
    "with a hole": model((5, 4, 2), hole=lambda p: p[0] > 12e-9 and p[1] < 6e-9),
    "periodic, even": model((6, 4, 1), bc="x"),
    "periodic, odd": model((5, 7, 1), bc="xy"),
    "odd in three directions": model((3, 5, 3), bc="xyz"),
    "without neighbours": model((4, 3, 1), energy=mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1))),
}


COUNTS = [(count, repeats) for count in range(1, 6) for repeats in (False, True)]
"""Cells along a direction, and whether it repeats."""


# Each level along each direction once; and each pair of levels of two directions once, as a Latin square.
FEW = [(COUNTS[i], COUNTS[(i + 3) % 10], COUNTS[(i + 6) % 10]) for i in range(10)]
MANY = [(COUNTS[i], COUNTS[j], COUNTS[(i + j) % 10]) for i in range(10) for j in range(10)]

STIFFNESS, DMI_CONSTANT = 1e-11, 2e-3


def small_mesh_agrees(levels):
    """Couplings with sums over neighbours, written out, and colours with couplings.

    The mesh has exchange and a DMI of any class, and the `levels`, which are of `COUNTS`, along x, y, z.
    """
    kind = sorted(DIRECTIONS)[sum(3**d * COUNTS.index(level) for d, level in enumerate(levels)) % len(DIRECTIONS)]
    bc = "".join(axis for axis, (_, repeats) in zip("xyz", levels, strict=True) if repeats)
    energy = mm.Exchange(A=STIFFNESS) + mm.DMI(D=DMI_CONSTANT, crystalclass=kind)
    system = model(tuple(count for count, _ in levels), bc=bc, energy=energy)
    cells = lattice(system)
    parts = couplings(system, cells)
    only_other_colours(system, cells, parts)
    m = np.random.default_rng(1).normal(size=(3, *system.shape))
    expected = np.zeros_like(m)
    for place in np.ndindex(*system.shape):
        for d, (count, repeats) in enumerate(levels):
            for sign in (1, -1):
                beside = list(place)
                beside[AXES[d]] += sign
                if count == 1 or not (repeats or 0 <= beside[AXES[d]] < count):
                    continue
                beside[AXES[d]] %= count
                other = m[:, *beside]
                axis, turn = DIRECTIONS[kind].get(d, (0, 0))
                across = np.cross(sign * turn * np.eye(3)[axis], other)
                expected[:, *place] += 2 * STIFFNESS / 4e-9**2 * other - DMI_CONSTANT / 4e-9 * across
    agree(field_of(parts, cells, m), expected / (mu_0 * 8e5))


@pytest.mark.parametrize("levels", FEW)
def test_small_meshes(levels):
    small_mesh_agrees(levels)


@pytest.mark.slow
@pytest.mark.parametrize("levels", MANY)
def test_small_meshes_of_every_pair_of_counts(levels):
    small_mesh_agrees(levels)


def field_of(parts, cells, m):
    """Field (3, nz, ny, nx) of couplings, in double precision."""
    fields = [
        np.einsum("ik,ik->i", entries, cells.pick(m).ravel()[columns]).reshape(3, -1) for columns, entries in parts
    ]
    return cells.spread(np.concatenate(fields, axis=1))


def agree(found, expected):
    # Sums of at most 18 products in double precision.
    assert found == pytest.approx(expected, abs=1e-12 * max(np.abs(expected).max(), 1.0))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_couplings_are_the_fields_of_exchange_and_dmi(case):
    system, cells = CASES[case], lattice(CASES[case])
    m = np.random.default_rng(1).normal(size=(3, *system.shape)) * system.mask
    with jax.enable_x64(True):
        expected = sum((np.asarray(field(jnp.asarray(m))) for field in pair_terms(system).values()), 0 * m)
    agree(field_of(couplings(system, cells), cells, m), expected * system.mask)


@pytest.mark.parametrize("case", CASES)
def test_no_cell_is_coupled_to_its_own_colour(case):
    cells = lattice(CASES[case])
    only_other_colours(CASES[case], cells, couplings(CASES[case], cells))


def only_other_colours(system, cells, parts):
    count = len(cells.cells)
    assert sorted(cells.cells) == np.flatnonzero(system.mask).tolist()
    for (start, end), (columns, entries) in zip(cells.colours, parts, strict=True):
        sources = columns[entries != 0] % count
        assert not ((sources >= start) & (sources < end)).any()


def test_an_open_mesh_needs_two_colours():
    assert len(lattice(CASES["open"]).colours) == 2
    assert len(lattice(CASES["periodic, odd"]).colours) > 2
