"""What spoils a chip, and what its samples buy, on a classification whose answer is known."""

import jax
import numpy as np
import pytest

from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.correction import Correction
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation import ablation, tradeoff
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings

CLASSES = 3
OTHERS = frozenset(ablation.IMPERFECTIONS) - {"reads"}
KEYS = tuple(jax.random.split(jax.random.key(2)))


@pytest.fixture
def dataset():
    """Noisy logits as inputs, 200 of them."""
    random = np.random.default_rng(5)
    labels = random.integers(CLASSES, size=200)
    inputs = np.eye(CLASSES)[labels] + 0.3 * random.normal(size=(200, CLASSES))
    whole = (inputs, labels, inputs, labels, np.zeros(CLASSES), np.ones(CLASSES), 0.0, 1.0, inputs)
    return Dataset("made", "classification", *whole, inputs[:0], CLASSES, shifted={"far": inputs + 9})


def posterior_of(dataset, std):
    mean = np.vstack([4 * np.eye(CLASSES), np.zeros(CLASSES)])
    return Posterior((Layer(mean, np.full(mean.shape, std)),), "classification", 1.0, 0.0, dataset.calibration, [0.0])


@pytest.fixture
def posterior(dataset):
    return posterior_of(dataset, 2.0)


def table(dataset, posterior, models, **keys):
    settings = AcceleratorSettings(samples=20, target_noise="nominal", **keys)
    return ablation.ablation(dataset, posterior, models, settings, KEYS, seed=0)


@pytest.mark.slow
def test_an_imperfection_that_is_not_there_has_no_row(dataset, posterior, models):
    found, left_out = table(dataset, posterior, models, ideal={"dac"}, wire_resistance=0.0, terminal_resistance=0.0)
    assert next(iter(found)) == "ideal"
    assert not {"only stuck", "only drift", "only temperature", "only wires", "only noise", "only dac"} & found.keys()
    assert {"only reads", "only adc", "only sigma_spread", "only level_spread"} < found.keys()
    assert left_out == []
    with_stuck, _ = table(dataset, posterior, models, stuck_low=0.4)
    assert "only stuck" in with_stuck


@pytest.mark.slow
def test_what_spoils_the_chip_stands_out(dataset, models):
    """Devices whose levels scatter by ten steps and are written blindly, and that are perfect otherwise."""
    spoiled = models.with_dwmtj(spread=1.5e-4)
    found, _ = table(dataset, posterior_of(dataset, 1.0), spoiled, writing="nominal")
    seen, _ = table(dataset, posterior_of(dataset, 1.0), spoiled)
    assert seen["only level_spread"]["nll"].value == pytest.approx(seen["ideal"]["nll"].value, rel=1e-3)
    costs = {name: metrics["nll"].value - found["ideal"]["nll"].value for name, metrics in found.items()}
    assert max(costs, key=costs.get) == "only level_spread"
    assert costs["only level_spread"] > 5 * max(abs(costs[name]) for name in ("only adc", "only dac", "only levels"))


@pytest.mark.parametrize(("memory", "worse"), [(1.0, True), (5e-9, False)])
def test_reads_are_drawn_device_by_device_where_they_are_what_is_asked_for(dataset, posterior, models, memory, worse):
    """With devices that never forget every sample is the first one, and a mean of twenty is no better than one."""
    found, _ = table(dataset, posterior, models.with_smtj(decay_time=memory), ideal=OTHERS)
    assert (found["only reads"]["nll"].value > found["ideal"]["nll"].high) == worse


def looked_at(dataset, posterior, models, settings, intervals):
    chip = Accelerator(posterior, models, settings, KEYS[0])
    draws = chip.predict(KEYS[1], dataset.test_inputs)
    return tradeoff.operating_points(dataset, chip, draws, Correction(posterior.noise_std), models, intervals, KEYS, 0)


@pytest.mark.slow
def test_more_samples_cost_more_and_are_worth_it(dataset, posterior, models):
    settings = AcceleratorSettings(samples=50, target_noise="nominal")
    points, left_out = looked_at(dataset, posterior, models, settings, (5e-9,))
    own, (other,) = points[:-1], points[-1:]
    assert [point.samples for point in own] == [1, 2, 5, 10, 20, 50]
    energy, counts = (np.array([getattr(point, name) for point in own]) for name in ("energy", "samples"))
    # A pass takes as much as any other; inputs that are fetched once, and the share of writing, come on top.
    a_pass = np.diff(energy) / np.diff(counts)
    np.testing.assert_allclose(a_pass, a_pass[0], rtol=1e-9)
    assert a_pass[0] < energy[0] < 2 * a_pass[0]
    assert own[-1].metrics["nll"].value < own[0].metrics["nll"].low
    assert (other.samples, other.interval) == (50, 5e-9)
    assert other.latency == pytest.approx(own[-1].latency / 4)
    assert left_out == []


def test_what_takes_too_long_is_left_out_and_said(dataset, posterior, models, monkeypatch):
    monkeypatch.setattr(ablation, "MOST_READS", 1000)
    monkeypatch.setattr(tradeoff, "MOST_READS", 1000)
    found, left_out = table(dataset, posterior, models, sample_interval=1e-7)
    assert "only reads" not in found
    assert left_out == ["only reads: not in the ablation, which would take 1e+05 reads of single devices"]
    settings = AcceleratorSettings(samples=2, sample_interval=1e-7, target_noise="nominal")
    points, left_out = looked_at(dataset, posterior, models, settings, (5e-9, 8e-8))
    assert [point.interval for point in points] == [1e-7, 1e-7, 8e-8]
    assert len(left_out) == 1
    assert left_out[0].startswith("reads 5e-09 s apart are not looked at: sampling = columns needs")


@pytest.mark.parametrize(
    ("samples", "counts"), [(1, [1]), (2, [1, 2]), (7, [1, 2, 5, 7]), (100, [1, 2, 5, 10, 20, 50, 100])]
)
def test_counts_go_up_to_all_samples(samples, counts):
    assert tradeoff.sample_counts(samples) == counts
