"""Fit and sampler of the stochastic MTJ against processes whose statistics are known."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models import precession
from magbayes.compact_models.fit import analyse_fluctuation, fit_stochastic_mtj
from magbayes.compact_models.fit.stochastic_mtj import alike, normal_scores
from magbayes.data.container import FileFormatError, Quantity
from tests.compact_models.conftest import CONDUCTANCE, CONTRAST, DECAY, FREQUENCY, SHIFT

WIDTHS = {-1.0: 0.10, -0.5: 0.13, 0.0: 0.18, 0.5: 0.26}
# Two-sided; one false alarm in ten thousand runs of a test.
LIMIT = stats.norm.isf(0.5e-4)


@pytest.fixture(scope="module")
def model(fluctuation, varied):
    ensembles = [fluctuation(v, lambda z, w=w: w * z, seed=i) for i, (v, w) in enumerate(WIDTHS.items())]
    return fit_stochastic_mtj(ensembles, varied, seed=1)[0]


def flat(z):
    """A marginal far from Gaussian: uniform, std 0.35."""
    return 1.2 * (stats.norm.cdf(z) - 0.5)


def test_fit_finds_width_memory_and_shape(fluctuation):
    point = analyse_fluctuation(fluctuation(0.0, lambda z: 0.2 * z), seed=1)
    assert abs(point.marginal.sigma - 0.2) < LIMIT * point.marginal.sigma_error
    assert point.marginal.sigma_error < 0.02 * 0.2  # else the test above has no power
    # 32 x 40 ns hold about 850 decay times; the fits of 24 such ensembles spread by 8, 2 and 14 %.
    assert point.decay_time == pytest.approx(DECAY, rel=0.3)
    assert point.angular_frequency == pytest.approx(FREQUENCY, rel=0.08)
    assert point.frequency_shift == pytest.approx(SHIFT, rel=0.55)
    assert point.memory_misfit < 0.1
    assert point.gaussian_p_value > 1e-4
    assert point.marginal.convergence == pytest.approx(1, abs=0.02)
    assert analyse_fluctuation(fluctuation(0.0, flat), seed=1).gaussian_p_value < 1e-8


@pytest.mark.slow
def test_x_and_y_count_where_they_are_equals_and_x_alone_elsewhere(fluctuation):
    """An ellipse whose m_y is 0.75 times as wide as its m_x: to pool both is to lose 12 % of sigma."""
    disk = fluctuation(0.0, lambda z: 0.2 * z)
    narrow = disk.magnetisation * np.array([1, 0.75, 1], dtype=np.float32)

    def fitted(symmetric, magnetisation=narrow):
        shape = {"in_plane_symmetric": Quantity(symmetric, "1")}
        return analyse_fluctuation(replace(disk, magnetisation=magnetisation, device=dict(disk.device) | shape), seed=1)

    point, pooled = fitted(False), fitted(True)
    assert abs(point.marginal.sigma - 0.2) < LIMIT * point.marginal.sigma_error
    # Control: an ensemble that says it is of a disk is wrong by many errors.
    assert abs(pooled.marginal.sigma - 0.2) > LIMIT * pooled.marginal.sigma_error
    # What is not along the reference layer has no say in width, shape or memory.
    other = fitted(False, disk.magnetisation * np.array([1, 0, 0], dtype=np.float32))
    assert other.marginal.sigma == point.marginal.sigma
    assert other.decay_time == point.decay_time
    assert np.array_equal(other.quantiles, point.quantiles)


def test_an_ensemble_that_does_not_say_whether_x_and_y_are_equals_is_refused(fluctuation):
    ensemble = fluctuation(0.0, lambda z: 0.2 * z)
    device = {name: quantity for name, quantity in ensemble.device.items() if name != "in_plane_symmetric"}
    with pytest.raises(FileFormatError, match="stochastic_mtj has no dataset 'in_plane_symmetric'"):
        analyse_fluctuation(replace(ensemble, device=device), seed=1)


def test_integrated_time_is_that_of_the_rotating_process(fluctuation):
    """The integral over all lags is a hundredth of the 2 tau without rotation."""
    point = analyse_fluctuation(fluctuation(0.0, lambda z: 0.2 * z, replicas=256, samples=600), seed=1)
    time = np.linspace(0, 20 * DECAY, 100_001)
    expected = 2 * np.trapezoid(precession.autocorrelation(time, DECAY, FREQUENCY, SHIFT), time)
    assert expected < 0.02 * 2 * DECAY
    # A variance of 512 means, and the record's ends, which add tau / duration = 5 % of what their excess is.
    assert point.integrated_time == pytest.approx(expected, rel=LIMIT * np.sqrt(2 / 512) + 0.1)


@pytest.mark.slow
def test_skewness_of_a_symmetric_and_of_a_lopsided_marginal(fluctuation):
    even = analyse_fluctuation(fluctuation(0.0, lambda z: 0.2 * z), seed=1)
    assert abs(even.marginal.skewness) < LIMIT * even.marginal.skewness_error
    lopsided = analyse_fluctuation(fluctuation(0.0, lambda z: 0.2 * z + 0.03 * (z**2 - 1)), seed=1)
    assert lopsided.marginal.skewness > LIMIT * lopsided.marginal.skewness_error


@pytest.mark.slow
def test_memory_has_intervals_that_hold_the_truth(fluctuation, varied):
    """As often as they say, but for 32 replicas' bootstrap being a little narrow; bounds of binomial chance at 1e-4."""
    held = []
    for seed in range(20):
        ensembles = [
            fluctuation(v, lambda z, w=w: w * z, seed=200 + 2 * seed + i)
            for i, (v, w) in enumerate([(0.0, 0.1), (1.0, 0.2)])
        ]
        memory = fit_stochastic_mtj(ensembles, varied, seed=1)[0].memory(0.0)
        held += [e.low < truth < e.high for e, truth in zip(memory, (DECAY, FREQUENCY, SHIFT), strict=True)]
    assert sum(held) >= stats.binom.ppf(1e-4, len(held), 0.9)
    decay = memory.decay_time
    assert decay.high - decay.low < 0.7 * DECAY  # else the test above has no power


@pytest.mark.slow
def test_interval_of_sigma_covers_the_truth_as_often_as_it_says(fluctuation):
    inside = []
    for seed in range(60):
        point = analyse_fluctuation(
            fluctuation(0.0, lambda z: 0.2 * z, seed=100 + seed, replicas=8, samples=600), seed=1
        )
        inside.append(abs(point.marginal.sigma - 0.2) < stats.t.ppf(0.975, 7) * point.marginal.sigma_error)
    # 95 % of 60, and two-sided bounds of binomial chance at 1e-4.
    low, high = stats.binom.ppf([0.5e-4, 1 - 0.5e-4], 60, 0.95)
    assert low <= sum(inside) <= high


def test_sigma_and_its_inverse(model):
    voltages = np.linspace(*model.voltage_range, 37)
    assert model.voltage_for(model.sigma(voltages).value) == pytest.approx(voltages, abs=1e-9)
    assert (np.diff(model.sigma(voltages).value) > 0).all()
    assert model.sigma(0.0).value == pytest.approx(CONDUCTANCE * CONTRAST * 0.18, rel=0.08)
    low, high = model.sigma_range()
    assert model.voltage_for([low, high]) == pytest.approx(model.voltage_range, abs=1e-9)


def test_scores_of_weighted_records_are_those_of_records_that_come_as_often():
    counts = np.array([1, 2, 1, 3, 1])
    # Records that lie apart, so that the scores depend on how often each of them counts.
    read = np.random.default_rng(1).normal(size=(5, 30, 2)) + np.arange(5)[:, None, None]
    repeated = normal_scores(np.repeat(read, counts, axis=0), np.full(8, 1 / 8))
    assert repeated.std() == pytest.approx(1, abs=0.02)
    # Of a record that comes three times the ranks are next to each other; theirs is the middle one, so that the last of
    # them is off by one rank of 480: 0.35 at the outermost, 0.005 in the mean.
    last = repeated[np.cumsum(counts) - 1]
    off = np.abs(normal_scores(read, counts / 8) - last)
    assert off.max() < 0.36
    assert off.mean() < 0.01
    plain = normal_scores(read, np.full(5, 1 / 5))
    ranks = read.ravel().argsort().argsort().reshape(read.shape)
    assert plain == pytest.approx(stats.norm.ppf((ranks + 0.5) / read.size))
    # The control: records that all count alike.
    assert np.abs(plain - last).mean() > 0.05


def test_records_count_as_their_weights_say():
    assert alike(np.full(7, 1 / 7)).tolist() == list(range(7))
    weights = np.array([0.5, 0.05, 0.25, 0.2])
    counts = np.bincount(alike(weights), minlength=4)
    assert counts.sum() == 16
    assert (np.abs(counts - 16 * weights) < 1).all()


def test_a_read_voltage_counts_by_its_lever(model):
    levered = replace(model, read_lever=4.0)
    assert levered.sigma(-0.2, read_voltage=0.05).value == pytest.approx(model.sigma(0.0).value)
    assert levered.voltage_for(float(model.sigma(0.0).value), read_voltage=0.05) == pytest.approx(-0.2)
    assert levered.at(-0.2, 1e-9, read_voltage=0.05).sigma == pytest.approx(float(model.sigma(0.0).value))
    assert levered.sigma(-0.2, read_voltage=0.05).value != pytest.approx(model.sigma(-0.2, read_voltage=0.05).value)


def test_a_gate_leaks_what_it_was_characterised_with_and_nothing_without_voltage(model):
    leaky = replace(model, gate_conductance=1e-12 * np.exp(2 * np.abs(model.voltage)))
    assert leaky.leakage(model.voltage) == pytest.approx(np.abs(model.voltage) * leaky.gate_conductance)
    assert leaky.leakage(0.0) == 0
    # Exponential in between, where straight lines would leak more.
    half = np.mean(model.voltage[-2:])
    ends = leaky.gate_conductance[-2:]
    assert leaky.leakage(half) / half < 0.97 * ends.mean()


def test_a_read_voltage_adds_to_the_gate(model):
    """Both drop across one oxide; compensated at the gate, the device is the same."""
    assert model.sigma(-0.2, read_voltage=0.1).value == model.sigma(-0.1).value
    assert model.sigma(-0.2, read_voltage=0.1).value > 1.02 * model.sigma(-0.2).value
    wanted = model.sigma([-0.5, 0.2]).value
    gate = model.voltage_for(wanted, read_voltage=0.1)
    assert model.sigma(gate, read_voltage=0.1).value == pytest.approx(wanted)
    key, sample = jax.random.key(0), (100, 3)
    again = model.sample(key, -0.2, 1e-9, sample, read_voltage=0.1)
    assert np.array_equal(again, model.sample(key, -0.2 + 0.1, 1e-9, sample))
    with pytest.raises(ValueError, match=r"accepted: -1 to 0\.5 V"):
        model.at(0.45, 1e-9, read_voltage=0.1)


def test_queries_outside_the_range_are_refused(model):
    with pytest.raises(ValueError, match=r"accepted: -1 to 0\.5 V"):
        model.sigma(0.6)
    with pytest.raises(ValueError, match="outside what the device offers"):
        model.voltage_for(2 * model.sigma_range()[1])
    with pytest.raises(ValueError, match="interval 0 s"):
        model.at(0.0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [lambda z: 0.3 * z, flat])
def test_sampler_has_the_measured_marginal(fluctuation, varied, shape):
    ensembles = [fluctuation(v, lambda z, i=i: 0.1 * (i + 1) * z, seed=i) for i, v in enumerate((-1.0, -0.5))]
    target = fluctuation(0.0, shape, seed=5, replicas=64)
    fitted = fit_stochastic_mtj([*ensembles, target], varied, seed=1)[0]
    draws = np.asarray(fitted.sample(jax.random.key(0), 0.0, 1e-6, (1, 40_000)))[0]
    measured = (draws - CONDUCTANCE) / (CONDUCTANCE * CONTRAST)
    truth = shape(stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000))
    # The table holds 25 quantiles of an ensemble of some 1700 independent samples: its own error in a
    # distribution function is 0.5 / sqrt(1700) = 1.2 %, three times which is allowed.
    assert stats.ks_2samp(measured, truth).statistic < 0.036
    assert stats.ks_2samp(0.8 * measured, truth).statistic > 0.045


@pytest.mark.slow
@pytest.mark.parametrize("interval", [0.2e-9, 0.7e-9, 3e-9])
def test_sampler_has_the_measured_memory(model, interval):
    draws = np.asarray(model.sample(jax.random.key(1), 0.0, interval, (2, 20_000))) - CONDUCTANCE
    found = np.corrcoef(draws)[0, 1]
    expected = precession.autocorrelation(interval, *(estimate.value for estimate in model.memory(0.0)))
    assert abs(np.arctanh(found) - np.arctanh(expected)) < LIMIT / np.sqrt(20_000) + 0.01
    assert abs(np.arctanh(found) - np.arctanh(0.5 * expected + 0.3)) > LIMIT / np.sqrt(20_000) + 0.01


def test_sigma_that_does_not_rise_is_refused(fluctuation, varied):
    ensembles = [fluctuation(v, lambda z: 0.2 * z, seed=1) for v in (0.0, 0.5)]
    with pytest.raises(ValueError, match=r"sigma does not rise from 0 V .* to 0.5 V"):
        fit_stochastic_mtj(ensembles, varied, seed=1)


@pytest.mark.slow
def test_short_ensembles_give_warnings(fluctuation, varied, model):
    short = [fluctuation(v, lambda z, w=w: w * z, replicas=4, samples=120) for v, w in WIDTHS.items()]
    warnings = fit_stochastic_mtj(short, varied, seed=1)[0].warnings()
    assert any("independent samples at -1 V" in warning for warning in warnings)
    assert model.warnings() == []


def test_devices_differ_by_anisotropy_and_diameter(model):
    """Anisotropy 0.04 V; the response is the mean of -0.5 and 1.0 by weights of 4 to 1; sigma trebles over 2 V."""
    assert model.scale_std == pytest.approx(0.025)
    assert model.diameter_response == pytest.approx(-0.2)
    slope = np.log(model.conductance_sigma[-1] / model.conductance_sigma[0]) / np.ptp(model.voltage)
    assert model.offset_std == pytest.approx(np.hypot(0.04, 0.2 * 0.0125 / slope))
