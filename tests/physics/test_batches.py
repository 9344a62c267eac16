"""An ensemble is the same however it is run: in which batches, beside how many others, sampled how often."""

import numpy as np
import pytest

from magbayes.micromag import StochasticMTJ
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.model import to_grid, translate

REPLICAS, TIME_STEP, STEPS = 24, 2e-13, 240
# Products of other shapes round differently, in float32, and this many steps carry that on.
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def device():
    # Large cells, so that the disk has 12 of them.
    return StochasticMTJ(cell_size=10e-9)


@pytest.fixture
def moments(device, run):
    """Mean moments (replicas, samples, 3) of a disk at 300 K."""
    model = translate(device.system(voltage=-4.0, temperature=300))
    start = to_grid(device.magnetisation.orientation.array)

    def moments(replicas=REPLICAS, samples=1, seed=5):
        interval = STEPS * TIME_STEP / samples
        return run(
            model, start, replicas=replicas, samples=samples, interval=interval, seed=seed, time_step=TIME_STEP
        ).mean

    return moments


@pytest.mark.slow
@pytest.mark.parametrize("largest", [4, 5])
def test_batches_change_no_replica(moments, monkeypatch, largest):
    """In 6 batches of 4; in 5 of 5, whose last replica is one too many."""
    together = moments()
    monkeypatch.setattr(ensemble, "BATCH_NUMBERS", {"cpu": 3 * 12 * largest, "gpu": 3 * 12 * largest})
    assert moments() == pytest.approx(together, abs=ROUNDING)


def test_replica_has_its_noise_whatever_runs_beside_it(moments):
    assert moments(replicas=5) == pytest.approx(moments()[:5], abs=ROUNDING)


def test_sampling_changes_no_path(moments):
    assert moments(samples=4)[:, -1] == pytest.approx(moments()[:, -1], abs=ROUNDING)


def test_same_call_gives_same_bits(moments):
    assert np.array_equal(moments(), moments())


def test_replicas_and_seeds_differ(moments):
    """Negative control for all of the above: other noise is seen at once."""
    first = moments()[:, 0]
    distance = np.linalg.norm(first[:, None] - np.concatenate([first, moments(seed=6)[:, 0]]), axis=-1)
    assert distance[~np.eye(REPLICAS, 2 * REPLICAS, dtype=bool)].min() > 10 * ROUNDING
