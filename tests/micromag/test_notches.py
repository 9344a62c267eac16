"""Walls at all notches as one ensemble, and runs of a system that is made ready once."""

import numpy as np
import pytest

from magbayes.micromag import simulate
from magbayes.micromag.engines import prepared
from magbayes.micromag.protocols.notches import at_notches
from tests.tracks import small_track

TRACK = small_track(notches=2)
TIMES = {"duration": 4e-11, "sample_interval": 2e-11}


@pytest.fixture(scope="module")
def by_notch():
    return at_notches(TRACK, 3, **TIMES, temperature=300.0, seed=1, engine="native")


def test_each_notch_has_its_own_wall(by_notch):
    """The domain at +z grows from notch to notch; copies differ by their noise alone."""
    assert len(by_notch) == TRACK.notches
    means = np.array([ensemble.magnetisation[..., 2].mean() for ensemble in by_notch])
    assert np.diff(means) == pytest.approx(2 / TRACK.notches, rel=0.3)
    for ensemble in by_notch:
        assert ensemble.magnetisation.shape == (3, 2, 3)
        assert len(np.unique(ensemble.magnetisation[:, -1, 2])) == 3
        assert np.ptp(ensemble.magnetisation[:, -1, 2]) < 0.5 / TRACK.notches


def test_the_first_notch_is_what_it_is_alone(by_notch):
    """Replicas have the noise of their number: the same walls at the same notch move alike beside others."""
    alone = simulate(
        TRACK.system(0, temperature=300.0), replicas=3, **TIMES, seed=1, engine="native", readout="reference"
    )
    assert by_notch[0].magnetisation == pytest.approx(alone.magnetisation, abs=1e-4)


def test_what_is_made_ready_runs_as_if_it_were_made_anew():
    """The same bits from the same seed and states, in whatever order."""
    system, keys = TRACK.system(0), {"replicas": 2, **TIMES}
    run = prepared(system, **keys)
    start = run(1, None).final
    for seed, states in ((2, start), (1, None)):
        expected = simulate(system, **keys, seed=seed, start=states)
        assert np.array_equal(run(seed, states).magnetisation, expected.magnetisation)
    assert not np.array_equal(run(2, start).magnetisation, run(3, start).magnetisation)
    with pytest.raises(ValueError, match="seed"):
        run(-1, None)
