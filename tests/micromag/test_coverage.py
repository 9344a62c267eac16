"""What the cells of a track hold of its drawing, held against the drawing; cells that are in or out fail it."""

from typing import Literal

import discretisedfield as df
import numpy as np
import pytest
from pydantic import Field
from scipy.constants import k, mu_0

from magbayes.micromag import DomainWallMTJ
from magbayes.micromag.devices.coverage import LEAST
from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
from magbayes.micromag.llg import midpoint
from magbayes.micromag.llg.fields import energies, energies_once
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.newell import demag_tensor
from magbayes.micromag.protocols.variation import varied_track
from tests.tracks import SMALL_TRACK, StaircaseTrack, small_track

SIZES = [8e-9, 4e-9, 8e-9 / 3, 2e-9, 1e-9]


class Box(DomainWallTrack):
    """Rectangular notches."""

    type: Literal["box"] = Field("box", description="rectangular notches")

    def notch_profile(self, distance):
        return 1.0 * (distance < self.notch_width / 2)


class Arc(DomainWallTrack):
    """Notches that are half an ellipse."""

    type: Literal["arc"] = Field("arc", description="elliptic notches")

    def notch_profile(self, distance):
        return np.sqrt(np.maximum(1 - (2 * distance / self.notch_width) ** 2, 0))


def drawn(track):
    """Area of the drawing under the reference layer, by its outline at a million points."""
    length = track.notches * track.notch_pitch
    x = ((np.arange(1_000_000) + 0.5) / 1_000_000 - 0.5) * length
    return 2 * track.half_width(x).mean() * length


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [DomainWallMTJ, Box, Arc])
def test_area_is_that_of_the_drawing(shape, size):
    """An arc is taken for straight on a sixteenth of a cell, which at its end, where it is upright, is 2e-4 of all."""
    track = shape(**SMALL_TRACK | {"notches": 2, "cell_size": size})
    assert track.area == pytest.approx(drawn(track), rel=1e-3 if shape is Arc else 1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_neck_is_that_of_the_drawing(size):
    """Each column is as wide as the drawing is on the mean over it, the narrowest as its narrowest parts."""
    track = small_track(notches=2, cell_size=size)
    x = (np.arange(len(track.coverage.widths))[:, None] + (np.arange(1000) + 0.5) / 1000) * size - track.length / 2
    wide = 2 * track.half_width(x.ravel()).reshape(x.shape).mean(axis=1)
    assert track.coverage.widths == pytest.approx(wide, rel=1e-3)
    # The tip, 20 nm wide, is in the middle between two columns, whose slant edges have a slope of 1.
    assert track.coverage.widths.min() == pytest.approx(20e-9 + size, rel=1e-6)
    # What couples two columns reaches from the middle of one to that of the other.
    assert size * track.coverage.along.sum(axis=1).min() == pytest.approx(20e-9 + size / 2, rel=1e-6)


def notches(shape, size):
    """Cells of eight notches, a block a notch: (8, columns, rows)."""
    track = shape(**SMALL_TRACK | {"cell_size": size})
    ends = round(track.end_length / size)
    return track.coverage.fill[ends:-ends].reshape(8, -1, track.coverage.fill.shape[1])


def alike(blocks):
    """Whether all are equal to their mirror images and to each other."""
    mirrored = (blocks[::-1], blocks[:, ::-1], blocks[..., ::-1], np.broadcast_to(blocks[:1], blocks.shape))
    return all(np.array_equal(other, blocks) for other in mirrored)


@pytest.mark.parametrize("size", SIZES)
def test_all_notches_are_alike_and_mirror_symmetric(size):
    assert alike(notches(DomainWallMTJ, size))


@pytest.mark.parametrize("size", [2e-9, 1e-9])
def test_cells_that_are_in_or_out_make_notches_of_many_shapes(size):
    assert not alike(notches(StaircaseTrack, size))


def uniform_energy(fill, cell, direction):
    """Magnetostatic energy of cells with a uniform m, in units of mu0 Ms^2 / 2, by the sum over all pairs."""
    tensor = demag_tensor((*fill.shape, 1), cell)
    components = np.outer(direction, direction)
    mixed = {"xx": components[0, 0], "yy": components[1, 1], "zz": components[2, 2], "xy": 2 * components[0, 1]}
    shape = [2 * n - 1 for n in fill.shape]
    pairs = np.fft.fftshift(np.fft.ifft2(np.abs(np.fft.fft2(fill, shape)) ** 2).real)
    return np.prod(cell) * sum(weight * np.sum(tensor[name][:, :, 0] * pairs) for name, weight in mixed.items())


def test_cut_cells_have_the_stray_field_of_the_drawing():
    """Energy of a uniform m along z over that along x, y or between: that of cells four times finer.

    In units of mu0 Ms^2 / 2 times a cell. Without what cut cells lack it is wrong by a part of a cell.
    """
    track = small_track(notches=2, renormalise="none")
    model = translate(track.system(0))
    cell, fine = track.coverage.cell, track.coverage.fine
    unit = mu_0 / 2 * track.saturation_magnetisation**2 * np.prod(cell)
    film = track.anisotropy * track.coverage.fill.sum() * np.prod(cell)

    def above_normal(direction):
        whole, rough, exact = [], [], []
        for m in ((0.0, 0.0, 1.0), direction):
            parts = energies(model, np.array(m)[:, None, None, None] * model.mask)
            rough.append(parts["demag"] / unit)
            whole.append((parts["demag"] + parts["edge"] + parts["uniaxialanisotropy"] + film * m[2] ** 2) / unit)
            exact.append(uniform_energy(fine, (cell[0] / 4, cell[1] / 4, cell[2]), m) / np.prod(cell))
        return np.diff(whole)[0], np.diff(rough)[0], np.diff(exact)[0]

    for direction in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (np.sqrt(0.5), np.sqrt(0.5), 0.0)):
        whole, rough, exact = above_normal(direction)
        assert whole == pytest.approx(exact, abs=1e-4)
        assert abs(rough - exact) > 0.1


def test_no_cell_is_so_small_that_it_needs_short_steps():
    """Cells that are cut anywhere have 0.3 of the moment at least, and steps half as long as those of whole cells."""
    whole = midpoint.largest_step(
        translate(StaircaseTrack(**SMALL_TRACK | {"notches": 2}).system(0, 6e11, 5e-10)), 1e-9
    )
    for shift in np.arange(0, 4, 0.5) * 1e-9:
        track = varied_track(DomainWallMTJ)(
            **small_track(notches=2).model_dump(), shifts=(shift,) * 2, deepenings=(0, 0)
        )
        fill = track.coverage.fill
        assert fill[fill > 0].min() >= LEAST * (1 - 1e-9)
        assert midpoint.largest_step(translate(track.system(0, 6e11, 5e-10)), 1e-9) > whole / 2


SHIFTS = np.array([0.0, 0.7, 1.3, 2.0]) * 1e-9


def wall_at_notch(shape, shift):
    """Place of the wall at a notch displaced by `shift`, m, and its energy over that of one domain, kT."""
    track = varied_track(shape)(
        **shape(**SMALL_TRACK | {"notches": 2, "renormalise": "none"}).model_dump(),
        shifts=(shift,) * 2,
        deepenings=(0.0, 0.0),
    )
    system = track.system(0)
    model = translate(system)
    minimise = Minimiser(model)
    wall = minimise(to_grid(system.m.orientation.array), tolerance=10.0).m
    up = np.zeros_like(wall)
    up[2] = model.mask
    energy = [sum(energies(model, m).values()) for m in (wall, minimise(up, tolerance=10.0).m)]
    across = (wall[0] * model.saturation).sum(axis=(0, 1))
    x = (np.arange(len(across)) + 0.5) * track.cell_size - track.length / 2
    return float((x * across).sum() / across.sum()), (energy[0] - energy[1]) / (k * 300)


@pytest.mark.slow
def test_the_grid_shifts_neither_the_wall_nor_its_energy():
    """Of notches displaced by up to half a cell, 2 nm.

    The wall goes with its notch to half a nm, and its energy stays within 3 %; cells that are in or out leave the wall
    where it was until half a cell is reached, and there make other notches.
    """
    place, energy = np.array([wall_at_notch(DomainWallMTJ, shift) for shift in SHIFTS]).T
    rough, _ = np.array([wall_at_notch(StaircaseTrack, shift) for shift in SHIFTS]).T
    assert place - place[0] == pytest.approx(SHIFTS, abs=0.5e-9)
    assert np.ptp(energy) < 0.03 * energy.mean()
    assert np.abs(rough - rough[0] - SHIFTS).max() > 1e-9


def barrier(shape, size):
    """Barrier in kT between two notches: the wall in the middle, by symmetry a saddle, over that at a notch."""
    track = shape(**SMALL_TRACK | {"notches": 2, "cell_size": size, "renormalise": "none"})
    system = track.system(0)
    model = translate(system)
    minimise = Minimiser(model)
    at_notch = to_grid(system.m.orientation.array)
    u = (np.arange(model.shape[2]) - (model.shape[2] - 1) / 2) * size / track.wall_width
    between = np.stack([1 / np.cosh(u), np.zeros_like(u), -np.tanh(u)])[:, None, None] * model.mask
    low = minimise(at_notch, tolerance=10.0)
    high = minimise(between, tolerance=10.0, leave_saddles=False)
    assert low.converged
    assert high.converged
    assert (high.m[2] * model.saturation).sum() == pytest.approx(0, abs=1e-6 * model.saturation.sum())
    return (sum(energies(model, high.m).values()) - sum(energies(model, low.m).values())) / (k * 300)


@pytest.mark.slow
def test_the_barrier_does_not_depend_on_the_cells():
    """Within 3 % in cells of 4, 2.67 and 2 nm; in cells that are in or out it differs by more."""
    found = [barrier(DomainWallMTJ, size) for size in (4e-9, 8e-9 / 3, 2e-9)]
    assert np.ptp(found) < 0.03 * np.mean(found)
    rough = [barrier(StaircaseTrack, size) for size in (4e-9, 8e-9 / 3)]
    assert np.ptp(rough) > 0.03 * np.mean(rough)


def test_ubermag_accepts_the_cells_that_it_has_not_checked():
    """A mesh whose setter checks them has the same; the control, a cell that is shifted by half an edge, is refused."""
    mesh = small_track().mesh
    checked = df.Mesh(region=mesh.region, n=mesh.n, subregions=mesh.subregions)
    assert len(mesh.subregions) > 10
    assert checked.subregions == mesh.subregions
    name, cell = next(iter(mesh.subregions.items()))
    shifted = cell.translate((mesh.cell[0] / 2, 0, 0))
    with pytest.raises(ValueError, match="not aligned"):
        df.Mesh(region=mesh.region, n=mesh.n, subregions={**mesh.subregions, name: shifted})


@pytest.mark.parametrize("cell_size", [8e-9, 8e-9 / 3])
def test_a_wall_column_by_column_is_that_of_a_function_of_points(cell_size):
    track = small_track(cell_size=cell_size)
    system = track.system(1)
    at_points = df.Field(track.mesh, nvdim=3, value=track.wall(float(track.notch_positions[1])), norm=system.m.norm)
    assert system.m.array == pytest.approx(at_points.array, abs=1e-9 * track.saturation_magnetisation)
    other = df.Field(track.mesh, nvdim=3, value=track.wall(float(track.notch_positions[2])), norm=system.m.norm)
    assert system.m.array != pytest.approx(other.array, abs=1e-9 * track.saturation_magnetisation)


def test_energies_of_a_model_that_is_asked_once():
    """Those of the compiled program but for rounding, of a wall in a track whose cells are partly filled."""
    model, m = translate(small_track().system(1)), to_grid(small_track().system(1).m.orientation.array)
    expected = energies(model, m)
    found = energies_once(model, m)
    assert found == pytest.approx(expected, rel=1e-12, abs=0)
    mirrored = sum(energies_once(model, m * np.array([-1, -1, 1])[:, None, None, None]).values())
    assert sum(found.values()) != pytest.approx(mirrored, rel=1e-3, abs=0)  # the control: the other chirality
