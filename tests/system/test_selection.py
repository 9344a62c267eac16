"""The weight of the KL term and the prior, chosen on training inputs that are set apart."""

from dataclasses import replace

import numpy as np
import pytest

from magbayes.data import container
from magbayes.system.datasets import Dataset
from magbayes.system.network import selection as module
from magbayes.system.network.candidates import Selection
from magbayes.system.network.file import choice_of, read_networks, read_selection, write_networks
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks
from magbayes.system.network.selection import divided, select, settled
from magbayes.system.network.settings import NetworkSettings


def line(slope=0.8, count=200):
    """y = slope x + N(0, 0.2^2); the test targets have no slope: whoever looked at them would choose otherwise."""
    random = np.random.default_rng(0)
    x = random.normal(size=(count, 1))
    y = slope * x[:, 0] + 0.2 * random.normal(size=count)
    one = np.ones(1)
    return Dataset("line", "regression", x, y, x, 0 * y, 0 * one, one, 0.0, 1.0, x, np.empty((0, 1)), 1)


@pytest.fixture(scope="module")
def found():
    """Priors of which the narrow one allows no slope."""
    settings = NetworkSettings(hidden=(), steps=1500, learning_rate=0.05, prior_std=(0.003, 1.5), kl_weight=(1.0, 0.5))
    return select(line(), settings, 1)


@pytest.mark.slow
def test_the_candidate_that_makes_unseen_targets_most_likely_is_taken(found):
    assert found.kl_weight.tolist() == [1.0, 1.0, 0.5, 0.5]
    assert found.prior_std.tolist() == [0.003, 1.5, 0.003, 1.5]
    assert found.prior_std[found.taken] == 1.5
    # Noise of 0.2 has an entropy of -0.19 nat, a target whose slope is not known one of 1.2.
    assert found.nll.min() == pytest.approx(-0.19, abs=0.3)
    assert (found.nll[[0, 2]] > found.nll.min() + 1).all()
    assert found.excess_error[found.taken] == 0
    assert found.inputs == 40
    # The test targets have no slope: by them the narrow prior would have been taken.
    settings = found.of(NetworkSettings(prior_std=(0.003, 1.5), kl_weight=(1.0, 0.5), steps=7))
    assert (settings.prior_std, settings.chooses, settings.steps) == (1.5, False, 7)


def test_what_is_set_apart_is_not_trained_on_and_depends_on_the_seed_alone():
    data = line(count=50)
    part, inputs, targets = divided(data, 0.2, 1)
    assert len(inputs) == len(targets) == 10
    assert not set(part.train_inputs[:, 0]) & set(inputs[:, 0])
    assert set(part.train_inputs[:, 0]) | set(inputs[:, 0]) == set(data.train_inputs[:, 0])
    again = divided(replace(data, test_inputs=data.test_inputs[:3]), 0.2, 1)
    assert (again[1] == inputs).all()
    assert (divided(data, 0.2, 2)[1] != inputs).any()
    with pytest.raises(ValueError, match=r"line: of 2 training inputs a share of 0\.2 leaves 0 to choose by"):
        divided(replace(data, train_inputs=data.train_inputs[:2], train_targets=data.train_targets[:2]), 0.2, 1)


def test_without_candidates_nothing_is_chosen_or_trained(monkeypatch):
    monkeypatch.setattr(module, "train_unconstrained", None)
    settings = NetworkSettings()
    assert settled(line(), settings, 1) == (settings, None)


def made():
    """Three networks of one weight and its bias."""
    layer = Layer(np.ones((2, 1)), np.ones((2, 1)))
    return TrainedNetworks(*[Posterior((layer,), "regression", 1.0, 0.2, np.zeros((3, 1)), np.zeros(1))] * 3)


def test_a_choice_is_in_the_file_of_the_networks_and_in_words(tmp_path):
    choice = Selection(np.array([1.0, 0.1]), np.array([2.0, 2.0]), np.array([0.5, 0.25]), np.array([0.03, 0.0]), 40)
    write_networks(tmp_path / "n.h5", made(), container.provenance({}), choice)
    back = read_selection(tmp_path / "n.h5")
    assert all(np.all(getattr(back, name) == value) for name, value in vars(choice).items())
    assert len(read_networks(tmp_path / "n.h5").posterior.layers) == 1
    assert choice_of(tmp_path / "n.h5") == [
        "KL weight 0.1, prior std 2 was taken of 2 candidates, since its NLL of 40 training inputs that were set apart "
        "is the least, 0.250 nat",
        "the others' is higher by (± standard error): KL weight 1, prior std 2 +0.250 ± 0.030",
    ]
    write_networks(tmp_path / "none.h5", made(), container.provenance({}))
    assert read_selection(tmp_path / "none.h5") is None
    assert choice_of(tmp_path / "none.h5") == []
    # One number too few is no choice.
    write_networks(tmp_path / "bad.h5", made(), container.provenance({}), replace(choice, nll=choice.nll[:1]))
    with pytest.raises(container.FileFormatError, match="selection/nll"):
        read_selection(tmp_path / "bad.h5")
