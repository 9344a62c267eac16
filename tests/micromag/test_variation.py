"""Devices that differ, and what the protocols record of them."""

import numpy as np
import pytest

from magbayes.micromag import DomainWallMTJ, Pulses, StochasticMTJ
from magbayes.micromag.protocols.variation import DiskVariation, TrackVariation, varied_track
from tests.tracks import small_track

DISK = StochasticMTJ(cell_size=8e-9)
TRACK = small_track(notches=2)
DISKS = DiskVariation(replicas=4, draws=20, voltages=(0.0, 0.8))
TRACKS = TrackVariation(tracks=3, equilibration=0.0, duration=5e-11)


def run(protocol, device, seed=1):
    return protocol.run(device, temperature=300.0, seed=seed, engine="native")[0]


@pytest.mark.slow
def test_anisotropy_acts_as_a_gate_voltage():
    """One standard deviation of K_i is the same system as a gate voltage of the offset."""
    offset = run(DISKS, DISK)["anisotropy_offset"]
    stiffer = DISK.model_copy(update={"interface_anisotropy": DISK.interface_anisotropy * 1.002})
    assert stiffer.anisotropy_at(0.1) == pytest.approx(DISK.anisotropy_at(0.1 - offset), rel=1e-12)
    assert stiffer.anisotropy_at(0.1) != pytest.approx(DISK.anisotropy_at(0.1), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "device", "name", "shape"),
    [(DISKS, DISK, "diameter_response", (2,)), (TRACKS, TRACK, "level", (3, 2))],
)
def test_the_same_seed_varies_alike(protocol, device, name, shape):
    one, again, other = run(protocol, device), run(protocol, device), run(protocol, device, seed=2)
    assert np.array_equal(one[name], again[name])
    assert not np.array_equal(one[name], other[name])
    assert one[name].shape == one[f"{name}_error"].shape == shape


@pytest.mark.slow
def test_levels_rise_from_notch_to_notch():
    """Two notches on a track: the domain grows from a quarter to three quarters of what is read."""
    level = run(TRACKS, TRACK)["level"]
    assert np.diff(level, axis=1) == pytest.approx(np.full((3, 1), 1.0), abs=0.4)


def test_notches_are_where_they_were_drawn():
    """Standard deviations of 400 draws are known to 3.5 %; a shift of one cell moves the mask by one cell."""
    drawn = [TrackVariation().draw(TRACK, np.random.default_rng(seed)) for seed in range(200)]
    assert np.std([d.shifts for d in drawn]) == pytest.approx(0.8e-9, rel=0.15)
    assert np.std([d.deepenings for d in drawn]) == pytest.approx(0.5e-9, rel=0.15)
    anisotropy = [d.interface_anisotropy / TRACK.interface_anisotropy for d in drawn]
    assert np.std(anisotropy) == pytest.approx(0.002, rel=0.2)
    made = drawn[0].model_copy(update={"shifts": (TRACK.cell_size,) * 2, "deepenings": (0.0, 0.0), "roughness": None})
    plain, moved = (device.coverage.fill for device in (TRACK, made))
    assert np.array_equal(moved[1:], plain[:-1])


@pytest.mark.parametrize("share", [0.0125, 0.5])
def test_a_part_of_a_cell_counts(share):
    """Of a displacement and a deepening, what the drawing says: cells that are in or out take no notice of a tenth."""
    length = share * TRACK.cell_size
    made = varied_track(DomainWallMTJ)(**TRACK.model_dump(), shifts=(length, 0.0), deepenings=(0.0, length))
    missing = TRACK.cell_size * (TRACK.width - made.coverage.widths)
    x = (np.arange(len(missing)) + 0.5) * TRACK.cell_size - TRACK.length / 2
    first, second = missing[x < 0], missing[x > 0]
    # What is cut off a column is not quite in its middle: 4 % of the displacement.
    assert (first * x[x < 0]).sum() / first.sum() - TRACK.notch_positions[0] == pytest.approx(length, rel=0.05)
    assert second.sum() == pytest.approx(first.sum() * (1 + length / TRACK.notch_depth), rel=1e-6)


def test_notches_that_change_places_are_said():
    assert TrackVariation().warnings(TRACK) == []
    assert any("notch_position 2e-08 m" in warning for warning in TrackVariation(notch_position=2e-8).warnings(TRACK))


@pytest.mark.slow
def test_pulses_of_both_signs_start_at_inner_notches():
    """Pulses too short to move anything, on a part of the track: the ensemble is that of the whole one."""
    track = TRACK.changed(notches=7)
    pulses = Pulses(widths=(5e-11,), relaxation=5e-11, replicas=4)
    ensemble = pulses.run_pulse(track, 5e11, 5e-11, temperature=300.0, seed=3, engine="native")
    assert ensemble.magnetisation.shape == (2, 2, 2, 3)
    assert ensemble.value("start_notch").tolist() == [1, 5]
    assert ensemble.value("direction").tolist() == [1, -1]
    starts = track.notch_positions[[1, 5]]
    assert ensemble.value("wall_position") == pytest.approx(np.tile(starts[:, None], 2), abs=8.1e-9)
    assert float(ensemble.value("pulse_width")) == 5e-11
    assert len(np.unique(ensemble.magnetisation[..., -1, 0])) == 4
    # In front of the wall the notched section points up: notches that were not simulated are counted in.
    up = (np.array([1, 5]) + 0.5) / 7
    assert ensemble.magnetisation[..., -1, 2] == pytest.approx(np.tile(2 * up[:, None] - 1, 2), abs=0.05)
    assert float(ensemble.value("metal_resistance")) == track.resistance
