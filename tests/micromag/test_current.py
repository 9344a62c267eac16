"""The current in a sheet of metal, against what is known of it exactly."""

import numpy as np
import pytest

from magbayes.micromag.devices import build
from magbayes.micromag.devices.current import sheet_current
from magbayes.micromag.protocols.variation import TrackVariation
from tests.tracks import SMALL_TRACK


def of_a_gap(rows, gap):
    """Squares that a wall across a strip adds, one cell thick, with a gap in its middle."""
    fill = np.ones((6 * rows + 1, rows))
    shut = round(rows * (1 - gap) / 2)
    fill[3 * rows, :shut] = fill[3 * rows, rows - shut :] = 0.0
    # What is in the gap has a length as well.
    return sheet_current(fill).squares - 6 - 1 / (gap * rows)


@pytest.mark.parametrize("gap", [0.25, 0.5, 0.8])
def test_a_wall_with_a_gap(gap):
    """2/pi ln 1/sin(pi gap/2) squares, by conformal mapping; the error of cells falls with their size."""
    exact = 2 / np.pi * np.log(1 / np.sin(np.pi * gap / 2))
    coarse, fine = of_a_gap(40, gap), of_a_gap(80, gap)
    assert abs(fine - exact) < 0.6 * abs(coarse - exact)
    # What is left after extrapolation is of second order in 1 / rows.
    assert 2 * fine - coarse == pytest.approx(exact, rel=0.02, abs=2e-3)


def test_a_full_strip_is_uniform():
    along, across = sheet_current(np.ones((12, 5))).density
    np.testing.assert_allclose(along, 1, atol=1e-12)
    np.testing.assert_allclose(across, 0, atol=1e-12)


def test_a_slow_taper():
    """Resistance of slices in series; the current is denser by the inverse of the width."""
    widths = np.linspace(20, 10, 400)
    fill = np.clip(widths[:, None] / 2 - np.abs(np.arange(20) - 9.5) + 0.5, 0, 1)
    sheet = sheet_current(fill)
    # A slope of 1 in 80 makes lines of current longer by its square.
    assert sheet.squares == pytest.approx((1 / widths).sum(), rel=2e-3)
    assert sheet.density[0, -5, 9] == pytest.approx(20 / widths[-5], rel=0.01)


def test_charge_is_conserved():
    """The same current goes through every section."""
    fill = np.random.default_rng(1).uniform(0.2, 1, (40, 12))
    np.testing.assert_allclose(sheet_current(fill).density[0].mean(axis=1)[1:-1], 1, rtol=1e-9)


def test_what_leads_nowhere_carries_nothing():
    fill = np.ones((30, 9))
    fill[10:20, 3] = 0.0
    fill[[10, 19], :3] = 0.0
    sheet = sheet_current(fill)
    assert np.all(sheet.density[:, 11:19, :3] == 0)
    assert np.isfinite(sheet.density).all()


def test_a_cut_sheet_is_refused():
    fill = np.ones((10, 4))
    fill[5] = 0.0
    with pytest.raises(ValueError, match="no material leads from end to end"):
        sheet_current(fill)


def test_cells_of_a_track_converge():
    """Densities in the neck and the resistance do not belong to the mesh: 2 %, a fine cell at the neck's edges."""
    track = build.device("dwmtj", {"type": "notched_track", "renormalise": "none", **SMALL_TRACK})
    track = track.changed(heavy_metal_etched=True)
    coarse, fine = track, track.changed(cell_size=1e-9)
    assert coarse.resistance == pytest.approx(fine.resistance, rel=0.02)

    def in_the_neck(one):
        across = slice(one.current.density.shape[2] // 2 - 1, one.current.density.shape[2] // 2 + 1)
        return one.current.density[0][:, across].max()

    assert in_the_neck(coarse) == pytest.approx(in_the_neck(fine), rel=0.02)
    # Were it uniform, it were off by half.
    assert in_the_neck(fine) > 1.4


def test_a_full_strip_below_the_track():
    track = build.device("dwmtj", {"type": "notched_track", "renormalise": "none", **SMALL_TRACK})
    np.testing.assert_array_equal(track.current.density[0], track.coverage.fill)
    squares = track.length / track.width
    assert track.resistance == pytest.approx(track.heavy_metal_resistivity / track.heavy_metal_thickness * squares)


def test_a_rough_track_carries_the_current_that_is_asked_for():
    """Also where its edges reach beyond the width, and the mesh with them: a row more on either side is a tenth."""
    track = build.device("dwmtj", {"type": "notched_track", "renormalise": "none", "notches": 2})
    rough = TrackVariation(edge_roughness=1.5e-9).draw(track, np.random.default_rng(1000))
    assert rough.rows > track.rows
    carried = rough.current.density[0].sum(axis=1) * rough.cell_size / rough.width
    # What belongs to a cell may be counted to the next one along the track.
    assert carried.mean() == pytest.approx(1, rel=1e-3)
