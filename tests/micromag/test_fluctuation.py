"""The protocol of the stochastic MTJ: how many replicas it runs."""

import numpy as np
import pytest
from scipy.stats import t as student

from magbayes.micromag import Fluctuation, StochasticMTJ
from magbayes.micromag.protocols.fluctuation import replicas_for

SHORT = {"replicas": 8, "equilibration": 0.0, "duration": 2e-10, "sample_interval": 5e-11}


def run(**settings):
    device = StochasticMTJ(cell_size=8e-9, damping=0.2)
    return Fluctuation(**SHORT | settings).run(device, 0.0, temperature=300, seed=7, engine="native")


def margin(m):
    """Relative margin of sigma, from the spread between replicas."""
    variances = (m[..., :2] ** 2).mean(axis=(1, 2))
    error = variances.std(ddof=1) / np.sqrt(len(m)) / (2 * variances.mean())
    return student.ppf(0.975, len(m) - 1) * error


def test_replicas_reach_the_precision():
    """The true width lies within the margin in 95 % of repetitions, 300 of them to 3.8 points (three standard errors).
    Stopping as soon as the margin looks small costs about one point of that; half of the replicas would miss it three
    times as often."""
    rng = np.random.default_rng(1)
    hits = {1.0: 0, 0.5: 0}
    for _ in range(300):
        m = rng.normal(size=(12, 50, 3))
        while (wanted := replicas_for(m, 0.03)) > len(m):
            m = np.concatenate([m, rng.normal(size=(wanted - len(m), 50, 3))])
        for share in hits:
            part = m[: round(share * len(m))]
            hits[share] += abs(np.sqrt((part[..., :2] ** 2).mean()) - 1) < 0.03
    assert hits[1.0] / 300 > 0.95 - 0.038
    assert hits[0.5] / 300 < 0.95 - 0.038


@pytest.mark.slow
def test_more_replicas_follow_the_first():
    first, more = run(), run(precision=0.1)
    assert more.magnetisation.shape[1] > 8
    assert np.array_equal(more.magnetisation[:, :8], first.magnetisation)
    assert len(np.unique(more.magnetisation[0, :, -1, 0])) == more.magnetisation.shape[1]
    assert margin(more.magnetisation[0].astype(float)) < 0.1
    assert margin(first.magnetisation[0].astype(float)) > 0.1


def test_a_precision_that_is_met_adds_nothing():
    assert run(precision=0.9).magnetisation.shape[1] == 8


@pytest.mark.parametrize("precision", [0.0, -0.1, 1.0])
def test_impossible_precision_is_refused(precision):
    with pytest.raises(ValueError, match="precision"):
        Fluctuation(precision=precision)
