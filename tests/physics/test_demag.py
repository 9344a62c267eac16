"""Demagnetising factors of bodies with known answers."""

import discretisedfield as df
import numpy as np
import pytest

from magbayes.micromag.devices.device import demagnetising_factors
from magbayes.micromag.llg import demag
from magbayes.micromag.llg import periodic as periodic_module
from magbayes.micromag.llg.grid import in_double_precision
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


def test_both_methods_give_the_same_field():
    model = translate(small_track().system(wall=2))
    m = np.random.default_rng(0).normal(size=(3, *model.shape)) * model.mask
    strip, fourier = (
        in_double_precision(method(model), m) for method in (demag.strip_demag_field, demag.fourier_demag_field)
    )
    assert strip == pytest.approx(fourier, abs=1e-12 * np.abs(fourier).max())


# See `magbayes.micromag.llg.periodic.REACH`; the errors of some ten cells of a period add up.
SMEARED = {1: 1e-8, 2: 5e-7}
CELL = (4e-9, 3e-9, 2e-9)


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
