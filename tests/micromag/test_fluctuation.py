"""The protocol of the stochastic MTJ: what it draws, and how many replicas it runs."""

import numpy as np
import pytest
from scipy.stats import t as student

from magbayes.micromag import Fluctuation, StochasticMTJ
from magbayes.micromag.protocols.drawing import settled
from magbayes.micromag.protocols.fluctuation import replicas_for
from magbayes.micromag.raw import COEFFICIENTS

SHORT = {"replicas": 8, "draws": 0, "equilibration": 0.0, "duration": 2e-10, "sample_interval": 5e-11}
DRAWN = SHORT | {"draws": 60, "equilibration": 1e-9}


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


@pytest.fixture(scope="module")
def drawn():
    return run(**DRAWN | {"replicas": 64})


def test_states_are_drawn_with_their_energies(drawn):
    assert drawn.draws.magnetisation.shape == (64, 60, 3)
    assert {term: energy.shape for term, energy in drawn.draws.energies.items()} == dict.fromkeys(
        COEFFICIENTS, (64, 60)
    )
    system = StochasticMTJ(cell_size=8e-9, damping=0.2).system(0.0, 300)
    assert drawn.draws.coefficients["exchange"] == pytest.approx(system.energy.exchange.A)
    assert drawn.draws.coefficients["uniaxialanisotropy"] == pytest.approx(system.energy.uniaxialanisotropy.K)
    assert drawn.draws.coefficients["demag"] == pytest.approx(system.m.norm.array.max() ** 2)
    assert drawn.equilibrium is drawn.draws.magnetisation
    assert drawn.provenance["equilibrium"]["stages"] == 1


def test_trajectories_start_in_equilibrium(drawn):
    """From +z the mean square of m_x would be 6 % of what it is after the first 50 ps; nothing is thrown away."""
    assert drawn.time[0] == pytest.approx(SHORT["sample_interval"])
    first = (drawn.magnetisation[0, : drawn.own, 0, :2].astype(float) ** 2).mean()
    # 128 numbers know it to 12 %; the draws far better.
    assert first == pytest.approx((drawn.draws.magnetisation[..., :2].astype(float) ** 2).mean(), rel=0.5)
    cold = run(replicas=64)
    assert (cold.magnetisation[0, :, 0, :2].astype(float) ** 2).mean() < first / 3


def test_more_states_are_drawn_until_the_precision_is_met():
    more = run(**DRAWN | {"precision": 0.02})
    assert more.draws.magnetisation.shape[1] > 60
    assert margin(more.draws.magnetisation.astype(float)) < 0.02
    assert more.magnetisation.shape[1:3] == (8 + 8 + 16, 2)  # again from equilibrium, and through a softer device
    assert more.own == 8
    assert more.provenance["equilibrium"]["stages"] > 1


def test_chains_that_disagree_are_told():
    rng = np.random.default_rng(1)
    m = rng.normal(size=(16, 100, 3))
    assert settled(m, in_plane_symmetric=True)
    # Half of the chains are stuck where m_y is twice as wide; along x nothing is wrong.
    m[:8, :, 1] *= 2
    assert not settled(m, in_plane_symmetric=True)
    assert settled(m, in_plane_symmetric=False)


def test_an_engine_without_draws_forgets_its_start_first():
    protocol = Fluctuation(**DRAWN)
    assert protocol.draws_with("native") == 60
    assert protocol.draws_with("oommf") == 0
    assert protocol.settling("native") == 0
    assert protocol.settling("oommf") == 1e-9
    with pytest.raises(ValueError, match="draws 5 are too few; accepted: 0, or 20 and more"):
        Fluctuation(draws=5)


@pytest.mark.parametrize("precision", [0.0, -0.1, 1.0])
def test_impossible_precision_is_refused(precision):
    with pytest.raises(ValueError, match="precision"):
        Fluctuation(precision=precision)
