"""The protocol of the retention: the barrier of a track, and how it differs between tracks."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.constants import k

from magbayes.micromag import DomainWallMTJ
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import translate
from magbayes.micromag.protocols.retention import USUAL_ATTEMPTS, Retention
from magbayes.micromag.protocols.variation import TrackVariation
from tests.tracks import SMALL_TRACK

TRACK = DomainWallMTJ(**SMALL_TRACK, notches=2, end_length=16e-9)


@pytest.fixture(scope="module")
def found():
    variation = TrackVariation(notch_depth=1e-9, interface_anisotropy=0.0)
    return Retention(other_temperatures=(), images=9).run(TRACK, variation, temperature=300.0)[0]


def barrier_of(track):
    """Energy in kT of a wall half way between the notches, where symmetry holds it, over that of one at a notch."""
    model = translate(track.system(0))
    x = (np.arange(model.shape[2]) - (model.shape[2] - 1) / 2) * track.cell_size
    heights = []
    for place in (float(track.notch_positions[0]), 0.0):
        wall = np.array([track.wall(place)((at, 0.0, 0.0)) for at in x]).T[:, None, None] * model.mask
        minimum = Minimiser(model)(wall, tolerance=10.0, leave_saddles=False)
        assert minimum.converged
        heights.append(sum(energies(model, minimum.m).values()) / (k * 300))
    return heights[1] - heights[0]


@pytest.mark.slow
def test_the_barrier_is_that_of_the_film_half_way_between_notches(found):
    """To the 2 % of a wall that is held half way. With bare parameters, whose fluctuations are still to come, it is a
    fifth higher."""
    assert found["temperature"].tolist() == [300.0]
    assert found["converged"].all()
    assert found["barrier"][0] == pytest.approx(found["path_energy"].max(), rel=1e-3)
    expected = barrier_of(TRACK.changed(renormalise="none"))
    assert found["barrier"][0] / (k * 300) == pytest.approx(expected, rel=0.02)
    assert barrier_of(TRACK) > 1.1 * expected


def test_notches_that_hold_no_wall_are_refused(monkeypatch):
    def refuse(*_, **__):
        raise ValueError("start and end relax to one state")

    monkeypatch.setattr("magbayes.micromag.paths.path.path", refuse)
    with pytest.raises(ValueError, match=r"at 300 K by notches of depth 1e-08 m \(start and end .*accepted: deeper"):
        Retention(other_temperatures=()).run(TRACK, TrackVariation(), temperature=300.0)


@pytest.mark.parametrize("depth", [8e-9, 16e-9])
def test_the_shallowest_and_the_deepest_notch_can_be_changed(monkeypatch, depth):
    """Barriers in proportion to the depth: a tenth of it is a tenth."""
    track = DomainWallMTJ(**SMALL_TRACK, notches=2, cell_size=8e-9 if depth == 8e-9 else 4e-9, notch_depth=depth)
    monkeypatch.setattr(Retention, "_path", lambda _, t, kelvin: SimpleNamespace(barrier=t.notch_depth))
    variation = TrackVariation(notch_depth=0.1 * depth, interface_anisotropy=0.1)
    assert Retention()._spread(track, variation, 300.0, depth) == pytest.approx(0.1)


@pytest.mark.slow
def test_a_flat_top_has_the_usual_attempts(monkeypatch):
    def refuse(path, temperature):
        raise ValueError("the path's highest state curves down in 0 directions")

    monkeypatch.setattr("magbayes.micromag.paths.langer.rate", refuse)
    settings = Retention(other_temperatures=(), images=5, iterations=5)
    values, meta = settings.run(
        TRACK.changed(cell_size=8e-9), TrackVariation(notch_depth=0.0, interface_anisotropy=0.0), temperature=300.0
    )
    assert values["attempt_rate"].tolist() == [USUAL_ATTEMPTS]
    assert not values["converged"].any()
    assert "300 K: the path's highest state curves down in 0 directions" in meta["notes"]


@pytest.mark.slow
def test_barriers_differ_as_depths_do(found):
    """A tenth of the depth is a tenth of the barrier, to the rounding of a wall as wide as a notch."""
    share = found["barrier_spread"][0] / found["barrier"][0]
    assert share == pytest.approx(0.1, rel=0.35)
    none = TrackVariation(notch_depth=0.0, interface_anisotropy=0.0)
    still = Retention(other_temperatures=(), images=9).run(TRACK, none, temperature=300.0)[0]
    assert still["barrier_spread"][0] == 0
    assert np.isfinite(still["attempt_rate"]).all()
