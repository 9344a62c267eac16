"""Reads over an integration time against trajectories that the fit has not seen, and closed forms."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models import precession
from magbayes.compact_models.fit import fit_stochastic_mtj
from magbayes.compact_models.fit.averages import averages, variance_function, windows
from magbayes.compact_models.precession import Memory
from tests.compact_models.conftest import CONDUCTANCE, CONTRAST, DECAY, FREQUENCY, INTERVAL, SHIFT, rotating_process

TIMES = (0.1e-9, 0.3e-9, 1e-9, 3e-9)
SLOW, SHARE = 3e-9, 0.04
"""Decay time of noise of low frequency, and its share of the variance: at 3 ns it is most of what is left."""
FINE = 10e-12
LIMIT = stats.norm.isf(0.5e-4)
WIDTHS = {-0.5: 0.1, 0.0: 0.2}


def slow_and_fast(rng, replicas, samples, interval=INTERVAL):
    """Precession, and noise of low frequency that no precession has."""
    kept = np.exp(-interval / SLOW)
    slow = rng.normal(size=(replicas, samples, 2)) @ np.array([1, 1j])
    slow[:, 1:] *= np.sqrt(1 - kept**2)
    for i in range(1, samples):
        slow[:, i] += kept * slow[:, i - 1]
    return np.sqrt(1 - SHARE) * rotating_process(rng, replicas, samples, interval) + np.sqrt(SHARE) * slow


def flat(z):
    """A marginal far from Gaussian: excess kurtosis -0.9."""
    return np.arctan(2 * z)


@pytest.fixture(scope="module")
def model(fluctuation, varied):
    """Records of 40 ns, 50 ps from sample to sample."""
    ensembles = [
        fluctuation(v, lambda z, w=w: w * z, seed=i, replicas=64, process=slow_and_fast)
        for i, (v, w) in enumerate(WIDTHS.items())
    ]
    return fit_stochastic_mtj(ensembles, varied, seed=1)[0]


@pytest.fixture(scope="module")
def unseen():
    """600 trajectories of 30 ns, 10 ps from sample to sample; scores (1200, samples)."""
    z = slow_and_fast(np.random.default_rng(77), 600, 3000, FINE)
    return np.concatenate([z.real, z.imag])


def averaged(x, time):
    """Averages (trajectories, windows) of samples `FINE` apart over all windows of a length in s, by the trapezoid."""
    total = np.concatenate([0 * x[:, :1], np.cumsum(x[:, 1:] + x[:, :-1], axis=1) / 2], axis=1)
    length = round(time / FINE)
    return (total[:, length:] - total[:, :-length]) / length


def sigma_of(x):
    """Width in S of scores at 0 V, and its standard error."""
    square = (x**2).mean(axis=1)
    sigma = np.sqrt(square.mean())
    return CONDUCTANCE * CONTRAST * WIDTHS[0.0] * np.array([sigma, stats.sem(square) / (2 * sigma)])


@pytest.mark.parametrize("time", TIMES)
def test_width_is_that_of_trajectories_that_the_fit_has_not_seen(model, unseen, time):
    """Within 3 %, and a little for the trajectories' own error of 0.6 % at most. Three wrong models are not."""
    truth, error = sigma_of(averaged(unseen, time))
    assert error < 0.008 * truth
    within = lambda sigma: abs(sigma - truth) < 0.03 * truth + 2 * error  # noqa: E731
    assert within(float(model.sigma(0.0, time).value))
    # No memory at all; half of the time; and precession alone, without the noise of low frequency.
    if time > 0.1e-9:
        assert not within(float(model.sigma(0.0).value))
        assert not within(float(model.sigma(0.0, time / 2).value))
    if time > 0.5e-9:
        memory = (np.asarray(estimate.value) for estimate in model.memory(0.0))
        alone = model.sigma(0.0).value * np.sqrt(precession.variance_function(time, *memory))
        assert not within(float(alone))


def test_between_the_measured_times_nothing_jumps(model):
    """Every length up to the longest: neighbours 3 % apart in time differ by little."""
    times = np.geomspace(model.integration_time[1] / 10, model.longest_integration, 300)
    sigma = np.array([float(model.sigma(0.0, float(time)).value) for time in times])
    assert np.abs(np.diff(np.log(sigma))).max() < 0.12
    assert float(model.sigma(0.0, 1e-15).value) == pytest.approx(float(model.sigma(0.0).value), rel=1e-4)
    for i, time in enumerate(model.integration_time):
        expected = model.conductance_sigma * np.sqrt(model.variance_function[:, i])
        assert model.sigma(model.voltage, float(time)).value == pytest.approx(expected)


@pytest.mark.parametrize(("time", "interval"), [(0.5e-9, 0.6e-9), (1e-9, 1e-9)])
def test_successive_reads_have_the_width_and_the_memory(model, time, interval):
    """Of precession alone; correlations of 20 000 reads are known to 0.007, those of 600 trajectories to 0.012."""
    memory = Memory(*(np.full(2, value) for value in (DECAY, FREQUENCY, SHIFT)))
    share = [precession.variance_function(float(t), *memory) for t in model.integration_time]
    known = replace(model, variance_function=np.stack(share, axis=-1), **memory._asdict())
    z = rotating_process(np.random.default_rng(78), 300, 1500, FINE)
    reads = averaged(np.concatenate([z.real, z.imag]), time)
    draws = np.asarray(known.sample(jax.random.key(1), 0.0, interval, (6, 20_000), time)) - CONDUCTANCE
    assert draws.std() == pytest.approx(float(known.sigma(0.0, time).value), rel=0.02)
    lag = round(interval / FINE)
    for count in (1, 2, 5):
        expected = np.mean(reads[:, : -count * lag] * reads[:, count * lag :]) / np.mean(reads**2)
        assert np.corrcoef(draws[0], draws[count])[0, 1] == pytest.approx(expected, abs=0.06)
    between = np.corrcoef(draws[0], draws[1])[0, 1]
    assert abs(between - float(known.autocorrelation(0.0, interval, time))) < LIMIT / np.sqrt(20_000)
    # Control: instants correlate otherwise.
    assert abs(between - float(known.autocorrelation(0.0, interval))) > 0.1


@pytest.mark.slow
def test_marginal_of_a_read_is_that_of_its_windows(fluctuation, varied):
    """Averages of a flat marginal grow Gaussian; the distribution of its instants is told apart."""
    ensembles = [
        fluctuation(v, lambda z, w=w: w * flat(z), seed=i, replicas=64) for i, (v, w) in enumerate(WIDTHS.items())
    ]
    model = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
    x = flat(rotating_process(np.random.default_rng(5), 400, 2000, FINE).real)
    time = 0.3e-9
    windows = averaged(x, time)[:, :: round(time / FINE)].ravel()
    truth = windows / windows.std()
    draws = np.asarray(model.sample(jax.random.key(2), 0.0, 1e-6, (1, 40_000), time))[0] - CONDUCTANCE
    instants = np.asarray(model.sample(jax.random.key(3), 0.0, 1e-6, (1, 40_000)))[0] - CONDUCTANCE
    # 25 quantiles of an ensemble of some 3000 independent windows: three errors of a distribution function.
    assert stats.ks_2samp(draws / draws.std(), truth).statistic < 0.03
    assert stats.ks_2samp(instants / instants.std(), truth).statistic > 0.03
    kurtosis = float(model.excess_kurtosis_at(0.0, time))
    assert kurtosis == pytest.approx(stats.kurtosis(windows), abs=0.2)
    assert kurtosis > float(model.excess_kurtosis_at(0.0)) + 0.4


@pytest.mark.slow
def test_interval_covers_the_truth_as_often_as_it_says(fluctuation, varied):
    """The closed form at two times; 32 replicas' bootstrap is a little narrow; binomial chance at 1e-4."""
    held = []
    for seed in range(12):
        ensembles = [
            fluctuation(v, lambda z, w=w: w * z, seed=300 + 2 * seed + i, samples=600)
            for i, (v, w) in enumerate(WIDTHS.items())
        ]
        model = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
        for time in (0.5e-9, 3e-9):
            share = float(precession.variance_function(time, DECAY, FREQUENCY, SHIFT))
            truth = CONDUCTANCE * CONTRAST * WIDTHS[0.0] * np.sqrt(share)
            estimate = model.sigma(0.0, time)
            held.append(estimate.low < truth < estimate.high)
            assert estimate.high - estimate.low < 0.2 * truth  # else the test has no power
    assert stats.binom.ppf(1e-4, len(held), 0.92) <= sum(held)


def test_samples_that_are_far_apart_are_made_up_for():
    """Precession at 3.3 GHz, four samples and more a period: a plain sum of samples is 4 % off in width."""
    truth, near = (Memory(tau, 2 * np.pi * f, s) for tau, f, s in ((1.6e-9, 3.3e9, -5e8), (1.7e-9, 3.25e9, -4e8)))
    time = INTERVAL * np.array([0, *windows(400)])
    rho = precession.autocorrelation(INTERVAL * np.arange(400), *truth)
    lengths = np.rint(time[1:] / INTERVAL).astype(int)
    summed = [(n + 2 * np.sum((n - np.arange(1, n)) * rho[1:n])) / n**2 for n in lengths]
    square = np.array([1.0, *summed])
    exact = np.array([float(precession.variance_function(float(t), *truth)) for t in time])
    assert variance_function(square, time, near) == pytest.approx(exact, rel=0.02)
    assert np.abs(np.sqrt(square / exact) - 1).max() > 0.04


def test_windows_of_a_record_are_averages_of_its_samples():
    x = np.random.default_rng(0).normal(size=(3, 40, 2))
    found = averages(x, INTERVAL)
    assert found.time == pytest.approx(INTERVAL * np.array([0, *windows(20)]))
    assert windows(20)[-1] == 20
    for square, length in zip(found.square.T[1:], windows(20), strict=True):
        means = np.stack([x[:, i : i + length].mean(axis=1) for i in range(41 - length)], axis=1)
        assert square == pytest.approx((means**2).mean(axis=(1, 2)))
    assert found.square[:, 0] == pytest.approx(found.square[:, 1])


def test_times_that_were_not_recorded_are_refused(model):
    for time in (-1e-9, 1.001 * model.longest_integration, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"integration time .* accepted: 0 to 2e-08 s, half of fluctuation\.dur"):
            model.sigma(0.0, time)
        with pytest.raises(ValueError, match="integration time"):
            model.at(0.0, 1e-6, time)
        with pytest.raises(ValueError, match="integration time"):
            model.voltage_for(1e-6, time)
    with pytest.raises(ValueError, match="reads overlap"):
        model.at(0.0, 0.9e-9, 1e-9)


def test_voltages_where_sigma_rises_are_used_and_no_others(model):
    """A frequency that falls with the voltage from three to one period a read; in between sigma falls."""
    voltage = np.array([-1.0, -0.5, 0.0, 0.5])
    of_all = lambda value: np.resize(np.asarray(value), (4, *np.shape(value)[1:]))  # noqa: E731
    memory = Memory(np.full(4, 5e-9), 2 * np.pi * np.array([3.0, 2.5, 2.0, 1.0]) * 1e9, np.zeros(4))
    share = np.array([precession.variance_function(float(t), *memory) for t in model.integration_time]).T
    rising = replace(
        model,
        voltage=voltage,
        variance_function=share,
        **{
            name: of_all(getattr(model, name))
            for name in ("sigma_low", "sigma_high", "quantiles", "conductance_mean", "largest_deviation")
        },
        conductance_sigma=1e-6 * np.array([4.0, 5.0, 6.0, 7.0]),
        sigma_slope=np.full(4, 2e-6),
        **memory._asdict(),
    )
    time = 1e-9
    low, high = rising.sigma_range(time)
    sigma = np.linspace(low, high, 50)
    found = rising.voltage_for(sigma, time)
    assert rising.sigma_range() == pytest.approx((4e-6, 7e-6))
    assert (np.diff(found) > 0).all()
    at = np.linspace(-1, 0.5, 400)
    all_widths = np.interp(at, found, sigma)
    beyond = at < found[0] - 0.02
    assert beyond.any()
    assert (np.diff(all_widths) >= 0).all()
    share = np.ones_like(share)
    share[:, 1:] = np.array([1.0, 0.5, 0.4, 0.3])[:, None]
    with pytest.raises(ValueError, match="largest at the lowest gate voltage"):
        replace(rising, variance_function=share, angular_frequency=np.zeros(4)).sigma_range(time)
