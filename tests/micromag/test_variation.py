"""Devices that differ, and what the protocols record of them."""

import numpy as np
import pytest

from micromag import DomainWallMTJ, Pulses, StochasticMTJ, Variation

DISK = StochasticMTJ(cell_size=8e-9)
TRACK = DomainWallMTJ(notches=2)
SHORT = {"replicas": 4, "equilibration": 0.0, "duration": 1e-10, "tracks": 3, "voltages": (0.0, 0.2)}
TRACKS = {"track_equilibration": 0.0, "track_duration": 5e-11}


def run(seed=1, **settings):
    variation = Variation(**SHORT | TRACKS | settings)
    return variation.run(DISK, TRACK, temperature=300.0, seed=seed, engine="native")[0]


def test_anisotropy_acts_as_a_gate_voltage():
    """One standard deviation of K_i is the same system as a gate voltage of the offset."""
    offset = run()["smtj/anisotropy_offset"]
    stiffer = DISK.model_copy(update={"interface_anisotropy": DISK.interface_anisotropy * 1.002})
    assert stiffer.anisotropy_at(0.1) == pytest.approx(DISK.anisotropy_at(0.1 - offset), rel=1e-12)
    assert stiffer.anisotropy_at(0.1) != pytest.approx(DISK.anisotropy_at(0.1), rel=1e-3)


def test_the_same_seed_varies_alike():
    one, again, other = run(), run(), run(seed=2)
    for name in ("smtj/diameter_response", "dwmtj/level"):
        assert np.array_equal(one[name], again[name])
        assert not np.array_equal(one[name], other[name])
    assert one["smtj/diameter_response"].shape == one["smtj/diameter_response_error"].shape == (2,)
    assert one["dwmtj/level"].shape == (3, 2)
    assert (np.diff(one["dwmtj/level"], axis=1) > 0.3).all()  # two notches, 0 and 1 of two


def test_notches_are_where_they_were_drawn():
    """Standard deviations of 400 draws are known to 3.5 %; a shift of one cell moves the mask by one cell."""
    drawn = [Variation().draw(TRACK, np.random.default_rng(seed)) for seed in range(200)]
    assert np.std([d.shifts for d in drawn]) == pytest.approx(2e-9, rel=0.15)
    assert np.std([d.deepenings for d in drawn]) == pytest.approx(2e-9, rel=0.15)
    anisotropy = [d.interface_anisotropy / TRACK.interface_anisotropy for d in drawn]
    assert np.std(anisotropy) == pytest.approx(0.002, rel=0.2)
    made = drawn[0].model_copy(update={"shifts": (TRACK.cell_size,) * 2, "deepenings": (0.0, 0.0)})
    plain, moved = (device.shape.array[..., 0, 0] > 0 for device in (TRACK, made))
    assert np.array_equal(moved[1:], plain[:-1])
    deeper = drawn[0].model_copy(update={"shifts": (0.0, 0.0), "deepenings": (4e-9, 0.0)})
    assert (deeper.shape.array > 0).sum() < plain.sum()


def test_what_cells_cannot_show_is_said():
    assert Variation().warnings(TRACK) == []
    assert any("notch_position 1e-09 m" in doubt for doubt in Variation(notch_position=1e-9).warnings(TRACK))


def test_pulses_start_at_every_notch():
    """A pulse too short to move anything: the walls are where they started, and every notch has noise of its own."""
    pulses = Pulses(widths=(5e-11,), relaxation=5e-11, replicas=2)
    ensemble = pulses.run_pulse(TRACK, 5e11, 5e-11, temperature=300.0, seed=3, engine="native")
    assert ensemble.magnetisation.shape == (2, 2, 2, 3)
    assert ensemble.value("start_notch").tolist() == [0, 1]
    assert ensemble.value("wall_position") == pytest.approx(np.tile(TRACK.notch_positions[:, None], 2), abs=8e-9)
    assert float(ensemble.value("pulse_width")) == 5e-11
    assert len(np.unique(ensemble.magnetisation[..., -1, 0])) == 4
