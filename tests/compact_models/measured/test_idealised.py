"""Idealised devices are what their numbers say, and have a place for real ones."""

import jax
import numpy as np
import pytest
from pydantic import ValidationError

from magbayes.compact_models.measured.idealised import equivalent
from magbayes.compact_models.measured.models import assemble
from magbayes.compact_models.measured.settings import GivenModels, Idealised
from magbayes.compact_models.store import load, save

OWN = Idealised(
    sigma_ratio=5.0, decay_time=4e-9, levels=6, level_spread=0.1, level_jitter=0.02, conductance_spread=0.05
)


@pytest.fixture(scope="module")
def models():
    return assemble("idealised", "idealised", 1, OWN)


def test_numbers_come_back(models):
    wanted = OWN.model_dump(exclude={"temperature"})
    # The compact model is good to the digits of a file, and the spread is a small difference of large numbers.
    assert equivalent(models.smtj, models.dwmtj) == pytest.approx(wanted, rel=1e-6)
    # Control: other devices are elsewhere.
    other = assemble("idealised", "idealised", 1)
    assert equivalent(other.smtj, other.dwmtj)["sigma_ratio"] != pytest.approx(5.0, rel=0.1)


@pytest.mark.parametrize("time", [1e-10, 1e-9, 3e-8])
def test_reads_are_averages_of_an_ornstein_uhlenbeck_process(models, time):
    """Variance of a mean over t: 2 (x - 1 + exp(-x)) / x^2 with x = t / decay time."""
    x = time / OWN.decay_time
    narrowed = np.sqrt(2 * (x - 1 + np.exp(-x))) / x
    voltage = np.linspace(0, 1, 50)
    expected = OWN.sigma_largest * OWN.sigma_ratio ** (voltage - 1) * narrowed
    # Between the times of the table on straight lines, ten a decade, and between its voltages on a cubic curve.
    assert models.smtj.sigma(voltage, time).value == pytest.approx(expected, rel=5e-3)
    assert np.max(np.abs(models.smtj.excess_kurtosis_at(voltage, time))) < 1e-6


def test_reads_remember_as_long(models):
    """Drawn devices: std, and correlation of reads that begin a decay time apart."""
    reads = models.smtj.at(np.full(4000, 1.0), OWN.decay_time, 1e-11)
    state = reads.start(jax.random.key(1), (4000,))
    _, first = reads.advance(jax.random.key(2), state)
    state, first = reads.advance(jax.random.key(2), state)
    _, second = reads.advance(jax.random.key(3), state)
    # Of 4000 independent devices a std is known to 1.1 %, a correlation to 1.4 points; four times that.
    assert np.std(first) == pytest.approx(OWN.sigma_largest, rel=0.045)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(np.exp(-1), abs=0.056)


def test_every_level_is_written_with_as_many_pulses(models):
    levels = models.dwmtj.level_mean
    written = models.dwmtj.program(jax.random.key(1), levels, 0)
    assert not written.failed.any()
    assert written.pulses.tolist() == list(range(OWN.levels))
    assert models.dwmtj.jitter(1e-9) == pytest.approx(OWN.level_jitter * np.diff(levels)[0], rel=1e-9, abs=0)


def test_a_file_of_them(models, tmp_path):
    save(tmp_path / "models.h5", models)
    again = load(tmp_path / "models.h5")
    assert equivalent(again.smtj, again.dwmtj) == pytest.approx(equivalent(models.smtj, models.dwmtj), rel=1e-9)
    assert again.measured["smtj"]["name"] == "idealised stochastic MTJ"


def test_one_device_may_be_real(frozen, tmp_path):
    save(tmp_path / "models.h5", frozen)
    mixed = assemble("idealised", tmp_path / "models.h5", 1, OWN)
    assert np.array_equal(mixed.dwmtj.level_mean, frozen.dwmtj.level_mean)
    assert equivalent(mixed.smtj, mixed.dwmtj)["sigma_ratio"] == pytest.approx(5.0)


@pytest.mark.parametrize(
    "wrong", [{"sigma_ratio": 1.0}, {"levels": 1}, {"level_lowest": 1e-3}, {"sigma_largest": 5e-5}, {"sigma": 1}]
)
def test_numbers_of_no_device_are_refused(wrong):
    with pytest.raises(ValidationError):
        GivenModels(smtj="idealised", dwmtj="idealised", idealised=wrong)
