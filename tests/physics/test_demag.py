"""Demagnetising factors of bodies with known answers."""

import itertools

import discretisedfield as df
import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.micromag.devices.device import demagnetising_factors
from magbayes.micromag.llg import demag, folded
from magbayes.micromag.llg import periodic as periodic_module
from magbayes.micromag.llg.grid import Grid, in_double_precision
from magbayes.micromag.llg.lattice import lattice
from magbayes.micromag.llg.model import translate
from magbayes.micromag.llg.newell import demag_tensor
from magbayes.micromag.llg.periodic import periodic_demag_tensor
from tests.tracks import small_track


def aharoni(a, b, c):
    """Factor along c of a prism with half edges a, b, c: A. Aharoni, J. Appl. Phys. 83, 3432 (1998), eq. 1."""
    r = np.sqrt(a * a + b * b + c * c)
    ab, bc, ac = np.sqrt(a * a + b * b), np.sqrt(b * b + c * c), np.sqrt(a * a + c * c)
    return (
        (b * b - c * c) / (2 * b * c) * np.log((r - a) / (r + a))
        + (a * a - c * c) / (2 * a * c) * np.log((r - b) / (r + b))
        + b / (2 * c) * np.log((ab + a) / (ab - a))
        + a / (2 * c) * np.log((ab + b) / (ab - b))
        + c / (2 * a) * np.log((bc - b) / (bc + b))
        + c / (2 * b) * np.log((ac - a) / (ac + a))
        + 2 * np.arctan(a * b / (c * r))
        + (a**3 + b**3 - 2 * c**3) / (3 * a * b * c)
        + (a * a + b * b - 2 * c * c) / (3 * a * b * c) * r
        + c / (a * b) * (ac + bc)
        - (ab**3 + bc**3 + ac**3) / (3 * a * b * c)
    ) / np.pi


def factors(edges, n):
    mesh = df.Mesh(p1=(0, 0, 0), p2=edges, n=n)
    return demagnetising_factors(df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=1.0))


# Rounding of the second differences is all the error there is, so the tolerance is absolute and far below
# any that physics needs.
ROUNDING = 1e-10
CELL = (4e-9, 3e-9, 2e-9)


def test_cube_of_one_cell_and_of_many():
    assert factors((5e-9,) * 3, (1, 1, 1)) == pytest.approx(np.full(3, 1 / 3), abs=ROUNDING)
    assert factors((5e-9,) * 3, (4, 4, 4)) == pytest.approx(np.full(3, 1 / 3), abs=ROUNDING)


@pytest.mark.parametrize("n", [(1, 1, 1), (10, 5, 1), (5, 4, 3)])
def test_prism_is_aharonis(n):
    edges = (50e-9, 20e-9, 6e-9)
    a, b, c = edges
    expected = [aharoni(b, c, a), aharoni(c, a, b), aharoni(a, b, c)]
    assert factors(edges, n) == pytest.approx(expected, abs=ROUNDING)


def test_thin_film_keeps_only_the_normal_factor():
    # An edge of thickness t disturbs a width of about t log(L/t), which is 0.3 % of this film.
    assert factors((4e-6, 4e-6, 1e-9), (40, 40, 1)) == pytest.approx([0, 0, 1], abs=3e-3)


def test_trace_and_far_field():
    tensor = demag_tensor((100, 12, 2), (4e-9, 4e-9, 1.2e-9))
    trace = tensor["xx"] + tensor["yy"] + tensor["zz"]
    expected = np.zeros_like(trace)
    expected[99, 11, 1] = 1.0
    assert trace == pytest.approx(expected, abs=ROUNDING)
    # Point dipole; the next term of the expansion is below (cell / distance)^2 = 1e-4 of it.
    x, y = 95 * 4e-9, 6 * 4e-9
    r = np.hypot(x, y)
    dipole = -(4e-9**2 * 1.2e-9) / (4 * np.pi) * 3 * x * y / r**5
    assert tensor["xy"][99 + 95, 11 + 6, 1] == pytest.approx(dipole, rel=1e-3)


def layer(nx, ny, periodic, seed=0):
    """A layer of cells, of which a fifth are left out, with a saturation of its own each."""
    rng = np.random.default_rng(seed)
    saturation = rng.uniform(4e5, 1.2e6, (1, ny, nx)) * (rng.random((1, ny, nx)) < 0.8)
    saturation[0, 0, 0] = 8e5
    return Grid(cell=CELL, mask=saturation > 0, saturation=saturation, periodic=periodic)


def summed_field(grid, m):
    """Field (3, ny, nx) of unit vectors (3, ny, nx) by the sum over all pairs of cells of one layer."""
    _, ny, nx = grid.shape
    tensor = demag_tensor((nx, ny, 1), grid.cell)
    moments, field = grid.saturation[0] * m, np.zeros((3, ny, nx))
    for y, x in np.ndindex(ny, nx):
        # Differences from every cell to this one.
        columns, rows = x - np.arange(nx) + nx - 1, y - np.arange(ny) + ny - 1
        for first, second in itertools.product(range(3), repeat=2):
            name = "".join(sorted("xyz"[first] + "xyz"[second]))
            field[first, y, x] -= (tensor[name][np.ix_(columns, rows)][..., 0].T * moments[second]).sum()
    return field * grid.mask[0]


PARITIES = [(1, 1), (1, 4), (5, 1), (2, 2), (8, 5), (7, 4), (9, 7), (12, 6)]


def wrong(grid):
    """Largest error of a batch's folded field, in parts of the largest field."""
    m = np.random.default_rng(1).normal(size=(2, 3, *grid.shape)) * grid.mask
    found = in_double_precision(demag.folded_demag_field(grid), m)
    expected = np.array([summed_field(grid, one[:, 0]) for one in m])[:, :, None]
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("nx", "ny"), PARITIES)
def test_the_folded_field_is_the_sum_over_all_pairs(nx, ny):
    assert wrong(layer(nx, ny, (False,) * 3)) < 1e-13


@pytest.mark.parametrize("name", ["cosine", "sine", "inplane", "axial", "side"])
def test_the_sum_over_all_pairs_tells_a_wrong_array(monkeypatch, name):
    def scaled(grid, cells):
        arrays = folded.fold(grid, cells)
        return arrays._replace(**{name: 1.01 * getattr(arrays, name)})

    monkeypatch.setattr(demag, "fold", scaled)
    assert wrong(layer(8, 5, (False,) * 3)) > 1e-4


@pytest.mark.parametrize("periodic", [p for p in itertools.product((False, True), repeat=3) if not all(p)])
@pytest.mark.parametrize(("nx", "ny"), PARITIES)
def test_both_methods_give_the_same_field(nx, ny, periodic):
    grid = layer(nx, ny, periodic)
    m = np.random.default_rng(0).normal(size=(2, 3, *grid.shape)) * grid.mask
    fold, fourier = (
        in_double_precision(method(grid), m) for method in (demag.folded_demag_field, demag.fourier_demag_field)
    )
    assert fold == pytest.approx(fourier, abs=1e-12 * np.abs(fourier).max())


def test_the_field_in_single_precision():
    """Of the track as ensembles have it, on the list of its cells: some roundings of 6e-8."""
    model = translate(small_track().system(wall=2))
    cells = lattice(model)
    m = np.random.default_rng(0).normal(size=(16, 3, *model.shape)) * model.mask
    expected = cells.pick(in_double_precision(demag.fourier_demag_field(model), m))
    arrays = folded.in_precision(folded.fold(model, cells.cells), "float32")
    found = np.moveaxis(folded.folded_field(arrays, jnp.asarray(np.moveaxis(cells.pick(m), 0, -1), "float32")), -1, 0)
    assert np.sqrt(np.mean((found - expected) ** 2)) < 3e-7 * np.sqrt(np.mean(expected**2))


@pytest.mark.parametrize(
    ("shape", "states", "expected"),
    [
        ((20, 68), 16, True),
        ((20, 68), 1, False),
        ((100, 100), 16, True),
        ((100, 100), 4, False),
        ((16, 1024), 16, False),
    ],
)
def test_the_faster_method_is_taken(monkeypatch, shape, states, expected):
    """By measured times, see `folded.LONGEST`."""
    taken = []
    for name in ("folded_demag_field", "fourier_demag_field"):
        monkeypatch.setattr(demag, name, lambda grid, name=name: lambda m: taken.append(name))
    mask = np.ones((1, *shape), bool)
    grid = Grid(cell=CELL, mask=mask, saturation=8e5 * mask)
    demag.Demag("demag").field(grid)(np.zeros((states, 3, *grid.shape)))
    assert taken == ["folded_demag_field" if expected else "fourier_demag_field"]


# See `magbayes.micromag.llg.periodic.REACH`; the errors of some ten cells of a period add up.
SMEARED = {1: 1e-8, 2: 5e-7}


def infinite_prism(width, thickness):
    """Factor along the thickness: the limit of Aharoni's eq. 1 for an infinite length."""
    p = thickness / width
    return ((1 - p * p) / (2 * p) * np.log(1 + p * p) + p * np.log(p) + 2 * np.arctan(1 / p)) / np.pi


def periodic_factors(n, periodic):
    """Factors of one row or layer of cells that goes on without end."""
    tensor = periodic_demag_tensor(n, CELL, periodic)
    row = tuple(slice(None) if wrap else slice(k - 1, k) for k, wrap in zip(n, periodic, strict=True))
    return [tensor[name][row].sum() for name in ("xx", "yy", "zz")]


@pytest.mark.parametrize(
    ("periodic", "expected"),
    [
        ((True, False, False), (0, infinite_prism(CELL[2], CELL[1]), infinite_prism(CELL[1], CELL[2]))),
        ((True, True, False), (0, 0, 1)),
        ((False, True, True), (1, 0, 0)),
    ],
)
@pytest.mark.parametrize("n", [(1, 1, 1), (5, 3, 1), (3, 4, 2)])
def test_infinite_prism_and_plate(n, periodic, expected, monkeypatch):
    tolerance = SMEARED[sum(periodic)]
    assert periodic_factors(n, periodic) == pytest.approx(expected, rel=0, abs=tolerance)
    # What lies beyond the images that are summed one by one matters.
    monkeypatch.setattr(periodic_module, "_tail", lambda *_: dict.fromkeys(("xx", "yy", "zz", "xy", "xz", "yz"), 0.0))
    assert periodic_factors(n, periodic) != pytest.approx(expected, rel=0, abs=100 * tolerance)


def test_two_periods_are_one_of_twice_the_length():
    for periodic in ((True, False, False), (True, False, True)):
        one, two = (periodic_demag_tensor((k, 2, 3), CELL, periodic) for k in (3, 6))
        for name, values in one.items():
            assert values == pytest.approx(two[name][:3] + two[name][3:], rel=0, abs=SMEARED[sum(periodic)])
