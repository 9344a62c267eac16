"""Trajectories that start from a softer device tell of equilibrium by their weights, of rare passages far better."""

import numpy as np
import pytest

from magbayes.compact_models.fit.averages import averages
from magbayes.compact_models.fit.stochastic_mtj import analyse_fluctuation
from magbayes.data import cited
from magbayes.micromag import Fluctuation, StochasticMTJ, sample
from magbayes.micromag.protocols import passages

DEVICE = StochasticMTJ(cell_size=8e-9, damping=0.2)
RUN = {"temperature": 300.0, "engine": "native"}


@pytest.fixture(scope="module")
def ensemble():
    """Replicas at a gate at which m passes the plane once in some thousand states; 64 and 64 from equilibrium."""
    protocol = Fluctuation(replicas=64, draws=400, duration=6e-9)
    return protocol.run(DEVICE, 0.8, seed=5, **RUN)


def moments(m):
    """Mean over the later samples of m_x^2 + m_y^2 and of its square, by replica."""
    size = (m[..., :2].astype(float) ** 2).sum(axis=-1)
    return np.stack([size.mean(axis=1), (size**2).mean(axis=1)], axis=1)


def test_weighted_trajectories_are_in_equilibrium(ensemble):
    """All along the record, to four standard errors, of a few percent each. Without their weights the fourth moment
    is far too large in each third, in those that ran backwards as in the others."""
    drawn = moments(ensemble.draws.magnetisation)
    for part in np.array_split(ensemble.magnetisation[0], 3, axis=1):
        shown = moments(part)
        assert shown.mean(axis=0)[1] > 1.3 * drawn.mean(axis=0)[1]
        mean = ensemble.weights @ shown
        error = np.sqrt((ensemble.weights**2) @ (shown - mean) ** 2)
        error = np.hypot(error, drawn.std(axis=0) / np.sqrt(len(drawn)))
        assert (np.abs(mean - drawn.mean(axis=0)) < 4 * error).all()
        assert (error < 0.2 * mean).all()


def test_the_plane_has_the_share_of_its_states(ensemble):
    """Of states drawn from equilibrium so few are that near to the plane that it takes 80 000 to count them."""
    near = (np.abs(ensemble.magnetisation[0, ..., 2]) < 0.4).mean(axis=1)
    share = ensemble.weights @ near
    error = np.sqrt(ensemble.weights**2 @ (near - share) ** 2)
    drawn = sample(DEVICE.system(0.8, 300.0), replicas=128, samples=640, seed=9).magnetisation
    chains = (np.abs(drawn[..., 2]) / DEVICE.bare(300.0).moment < 0.4).mean(axis=1)
    error = np.hypot(error, chains.std() / np.sqrt(len(chains)))
    assert abs(share - chains.mean()) < 4 * error
    assert error < 0.25 * share
    # Of replicas from equilibrium few have been there; all without weights were there for far too long.
    own, led = np.split(near, [2 * ensemble.own])
    assert (led > 0).mean() > 4 * (own > 0).mean()
    assert near.mean() > 5 * share


def test_what_ran_backwards_turns_as_the_rest_does(ensemble):
    """Above the plane m turns one way, and the other way below; a reversed record that were not inverted would not."""
    m = ensemble.magnetisation[0, 2 * ensemble.own :].astype(float)
    turn = m[:, :-1, 0] * m[:, 1:, 1] - m[:, :-1, 1] * m[:, 1:, 0]
    sense = (turn * np.sign(m[:, :-1, 2])).reshape(len(m), -1)
    place, places = np.arange(len(m)) % passages.places(m.shape[1]), passages.places(m.shape[1])
    first = sense[:, : m.shape[1] // 2].mean(axis=1)
    for part in (first[place < places // 4], first[place >= places - places // 4]):
        assert part.mean() > 4 * part.std() / np.sqrt(len(part)) > 0


@pytest.mark.parametrize("voltage", [-4.0, 4.8])
def test_where_no_passages_are_rare_all_starts_are_the_devices_own(voltage):
    """Held too well, and soft already."""
    drawn = sample(DEVICE.system(voltage, 300.0), replicas=8, samples=40, seed=1)
    shown = drawn.magnetisation / DEVICE.bare(300.0).moment
    assert passages.softer(DEVICE, voltage, 300.0, drawn, shown, 2) is None


def test_energies_have_no_odd_part():
    """Following a trajectory backwards from -m needs that."""
    system = StochasticMTJ().system(0.8, 300.0)
    assert {type(term).__name__ for term in system.energy} == {"Exchange", "UniaxialAnisotropy", "Demag"}


def test_a_replica_of_twice_the_weight_counts_twice():
    x = np.random.default_rng(1).normal(size=(3, 40, 2))
    weighted = averages(x, 1e-10, np.array([0.25, 0.5, 0.25]))
    repeated = averages(x[[0, 1, 1, 2]], 1e-10)
    assert weighted.weights @ weighted.square == pytest.approx(repeated.square.mean(axis=0))
    assert weighted.kurtosis == pytest.approx(repeated.kurtosis)
    assert np.allclose(weighted.quantiles, repeated.quantiles)
    assert averages(x, 1e-10).kurtosis != pytest.approx(repeated.kurtosis)


REFERENCE = cited.load("reads", "disk")


@pytest.mark.slow
@pytest.mark.parametrize(("voltage", "within"), [(-2.4, 0.04), (0.0, 0.04), (0.8, 0.12)])
def test_reads_of_the_default_are_those_of_far_longer_trajectories(voltage, within):
    """At 0.1, 0.3, 1 and 3 ns within four of the standard errors that the resamples say, and these are small.

    Replicas that start from equilibrium alone know 3 ns at 0 V to 19 %, and are below in 30 % of repetitions.
    """
    (gate,) = (row for row in REFERENCE["gates"] if row["voltage"] == voltage)
    statistics = analyse_fluctuation(Fluctuation().run(StochasticMTJ(), voltage, seed=11, **RUN), 1)
    for number, time in enumerate(REFERENCE["times"][:4]):
        index = np.abs(statistics.integration_time - time).argmin()
        assert statistics.integration_time[index] == pytest.approx(time)
        width = np.sqrt(statistics.variance_function[index])
        error = np.sqrt(statistics.resampled_variance_function[:, index]).std()
        assert error < within * width
        assert abs(width - gate["width"][number]) < 4 * np.hypot(error, gate["error"][number])
