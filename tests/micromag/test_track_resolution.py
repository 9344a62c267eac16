"""Barrier, depinning and levels against the cell size, on a small track."""

import numpy as np
import pytest
from scipy.constants import k

from magbayes.data import container
from magbayes.micromag.protocols import track_resolution
from magbayes.micromag.protocols.pulses import Pulses
from magbayes.micromag.protocols.retention import Retention
from magbayes.micromag.protocols.track_resolution import FORMS, KIND, VERSION, TrackResolution, in_cells
from tests.tracks import small_track

TRACK = small_track()
PATHS = Retention(other_temperatures=(), images=7)
RUN = {"heating": False, "stages": 1, "temperature": 300.0, "seed": 1, "engine": "native"}


def test_cells_of_all_sizes_make_one_track():
    tracks = TrackResolution(finer=(2, 4)).tracks(TRACK)
    assert [track.cell_size for track in tracks] == pytest.approx([4e-9, 2e-9, 1e-9])
    assert {track.notches for track in tracks} == {track_resolution.NOTCHES}
    assert all(track.length == pytest.approx(tracks[0].length) for track in tracks)
    with pytest.raises(ValueError, match="does not divide"):
        in_cells(TRACK, 1.3)


@pytest.fixture(scope="module")
def found():
    protocol = TrackResolution(finer=(1.5,), current_density=7.3e11, width=0.5e-9, relaxation=0.2e-9, replicas=16)
    return protocol.run(TRACK, PATHS, **RUN)


@pytest.mark.slow
def test_a_file_holds_all_of_it(found, tmp_path):
    data, meta = found
    path = tmp_path / "resolution.h5"
    container.write(path, KIND, VERSION, data, container.provenance({}, simulation=meta))
    read = container.read(path, KIND, VERSION, FORMS)
    assert read["cell_size"] == pytest.approx([4e-9, 8e-9 / 3])
    assert read["depinning"].shape == (2, 3)
    assert read["depinning"][:, 0] == pytest.approx(read["moved"] / 16)
    assert (read["moved"] > 0).all()


@pytest.mark.slow
def test_barriers_are_those_of_the_retention(found):
    short = small_track(notches=2)
    expected = PATHS.between_notches(short.changed(renormalise="none"), 300.0).barrier
    assert found[0]["barrier"].value[0] == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(18.9 * k * 300, rel=0.05)  # docs/measurements.md


@pytest.mark.slow
def test_levels_are_as_far_apart_as_walls_are_shifted(found):
    """A wall takes a notch's pitch with it, less what both lean to the ends of the track; in all cells alike."""
    area = TRACK.area / TRACK.notches
    expected = 2 * TRACK.perpendicular_conductance(area) * TRACK.polarisation_squared
    assert found[0]["level_spacing"].value == pytest.approx(np.full(2, expected), rel=0.03)
    first, second = found[0]["level_spacing"].value
    assert first == pytest.approx(second, rel=1e-3)


@pytest.mark.slow
def test_pulses_are_those_of_the_pulses(found):
    protocol = Pulses(widths=(0.5e-9,), relaxation=0.2e-9, replicas=16, heating=False)
    keys = {name: RUN[name] for name in ("temperature", "engine")}
    seed = track_resolution.derive(1, "finer", "1")
    ensemble = protocol.run_pulse(TRACK.changed(notches=2), 7.3e11, 0.5e-9, seed=seed, **keys)
    end = np.rint(ensemble.value("wall_position") / TRACK.notch_pitch - 0.5) + 1
    assert found[0]["moved"].value[0] == (end != ensemble.value("start_notch")[:, None]).sum()


@pytest.mark.slow
@pytest.mark.parametrize("renormalise", ["film", "none"])
def test_one_probability_for_all_cells_is_told_from_double_counting(renormalise):
    """Cells of 4 and 2 nm, 64 pulses each: with bare parameters one share, a false alarm in a thousand.

    With the film's parameters in all cells thermal fluctuations count twice, and the more the smaller the cells.
    """
    track = small_track(renormalise=renormalise)
    protocol = TrackResolution(
        finer=(2,), current_density=CURRENTS[renormalise], width=0.5e-9, relaxation=0.2e-9, replicas=64
    )
    data, _ = protocol.run(track, PATHS, **RUN)
    if renormalise == "film":
        assert data["p_value"].value > 1e-3
    else:
        assert data["p_value"].value < 1e-3


CURRENTS = {"film": 7.3e11, "none": 5.9e11}
"""Of the size that moves half of the walls in cells of 4 nm, A/m^2."""
