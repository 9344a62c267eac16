"""The list of cells: its colours, and the sparse couplings that stand for exchange and DMI."""

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import pytest

from magbayes.micromag.llg.coefficients import neighbour_field
from magbayes.micromag.llg.fields import pair_terms
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


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_couplings_are_the_fields_of_exchange_and_dmi(case):
    system = CASES[case]
    cells = lattice(system)
    m = np.random.default_rng(1).normal(size=(3, *system.shape)) * system.mask
    with jax.enable_x64(True):
        expected = sum((np.asarray(field(jnp.asarray(m))) for field in pair_terms(system).values()), 0 * m)
        parts = [
            np.asarray(
                neighbour_field((jnp.asarray(columns), jnp.asarray(entries)), jnp.asarray(cells.pick(m))[..., None])
            )
            for columns, entries in couplings(system, cells)
        ]
    found = cells.spread(np.concatenate(parts, axis=1)[..., 0])
    # Sums of at most 18 products in double precision.
    assert found == pytest.approx(expected * system.mask, abs=1e-12 * max(np.abs(expected).max(), 1.0))


@pytest.mark.parametrize("case", CASES)
def test_no_cell_is_coupled_to_its_own_colour(case):
    cells = lattice(CASES[case])
    count = len(cells.cells)
    assert sorted(cells.cells) == np.flatnonzero(CASES[case].mask).tolist()
    for (start, end), (columns, entries) in zip(cells.colours, couplings(CASES[case], cells), strict=True):
        sources = columns[entries != 0] % count
        assert not ((sources >= start) & (sources < end)).any()


def test_an_open_mesh_needs_two_colours():
    assert len(lattice(CASES["open"]).colours) == 2
    assert len(lattice(CASES["periodic, odd"]).colours) > 2
