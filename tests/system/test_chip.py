"""What makes one device differ from another, against theory; two-sided tests, false alarms of 1e-4."""

import jax
import numpy as np
import pytest
from scipy import stats

from magbayes.system.array import chip
from magbayes.system.settings import AcceleratorSettings

FALSE_ALARM = 1e-4
NOMINAL = {"writing": "nominal"}
SHAPE = (2, 60, 50)
OTHERS = frozenset({"level_spread", "stuck", "drift", "sigma_spread", "input_voltage"})


KEY = jax.random.key(5)


def rng():
    return np.random.default_rng(5)


def only(imperfection, **settings):
    return AcceleratorSettings(ideal=OTHERS - {imperfection}, **settings)


def used(models, settings, level=3):
    operated = models if settings.temperature is None else models.at_temperature(settings.temperature)
    own = chip.own_levels(KEY, SHAPE, models.dwmtj, settings)
    return chip.domain_walls(KEY, np.full(SHAPE, level), own, models, operated, settings)


def stochastic(models, gate, settings):
    return chip.stochastic(KEY, np.full(SHAPE, gate), models, models, settings)


def has_std(values, std):
    """Two-sided chi-squared test; 6000 values tell 5 %."""
    statistic = (values.size - 1) * values.var(ddof=1) / std**2
    return min(stats.chi2.sf(statistic, values.size - 1), stats.chi2.cdf(statistic, values.size - 1)) > FALSE_ALARM / 2


def has_share(found, probability):
    return stats.binomtest(int(found.sum()), found.size, probability).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("actual", "agrees"), [(4e-6, True), (4.4e-6, False), (0.0, False)])
def test_levels_differ_between_devices_by_their_spread(models, actual, agrees):
    conductance = used(models.with_dwmtj(spread=actual), only("level_spread"))
    assert has_std(conductance - models.dwmtj.levels.mean[3], 4e-6) == agrees


@pytest.mark.parametrize(("rate", "agrees"), [(0.1, True), (0.12, False)])
def test_walls_leave_their_level_at_the_escape_rate(rate, agrees):
    """A share of exp(-rate t) has stayed, and to second order half of those that left twice are back."""
    start = np.full(60_000, 3)
    after = chip.walls_after(rng(), start, np.full(8, rate), 1.0)
    assert has_share(after == start, np.exp(-0.1) * (1 + 0.1**2 / 4)) == agrees
    if agrees:
        assert has_share(after[after != start] < 3, 0.5)


def test_walls_that_rest_for_ever_are_anywhere():
    """A walk between neighbours spends half as long at either end as in between."""
    after = chip.walls_after(rng(), np.full(20_000, 3), np.full(8, 1.0), 1e3)
    expected = np.array([1, 2, 2, 2, 2, 2, 2, 1]) / 14 * after.size
    assert stats.chisquare(np.bincount(after, minlength=8), expected).pvalue > FALSE_ALARM


def test_refresh_ends_drift(models):
    """Weights that are written anew every second drift for a second, however long ago the first writing was."""
    second = used(models.with_dwmtj(rate=0.5), only("drift", rest=1.0))
    refreshed = used(models.with_dwmtj(rate=0.5), only("drift", rest=1e6, refresh_interval=1.0))
    np.testing.assert_array_equal(refreshed, second)
    never = used(models.with_dwmtj(rate=0.5), only("drift", rest=1e6))
    assert not np.array_equal(never, second)
    assert "drift" in AcceleratorSettings(refresh_interval=1.0).absent


def test_drift_moves_whole_levels(models):
    conductance = used(models.with_dwmtj(rate=0.5), only("drift", rest=1.0))
    moves = (conductance - models.dwmtj.levels.mean[3]) / np.diff(models.dwmtj.levels.mean)[0]
    np.testing.assert_allclose(moves, np.round(moves), atol=1e-9)
    assert 0.2 < (np.abs(moves) > 0.5).mean() < 0.5


@pytest.mark.parametrize(("temperature", "rate"), [(None, 0.05), (350.0, 0.1)])
def test_walls_drift_at_the_rate_of_the_temperature_of_use(models, temperature, rate):
    """A share of exp(-rate t) stays, to second order: of 6000 walls 9.6 % leave at 350 K, and half as many at 300 K."""
    settings = only("drift", rest=1.0, temperature=temperature)
    conductance = used(models.with_dwmtj(rate=0.05), settings)
    operated = models if temperature is None else models.at_temperature(temperature)
    stayed = np.isclose(conductance, operated.dwmtj.levels.mean[3])
    assert has_share(stayed, np.exp(-rate) * (1 + rate**2 / 4))
    assert not has_share(stayed, np.exp(-2 * rate))


def test_stuck_devices_are_as_many_as_was_asked(models):
    conductance = used(models, only("stuck", stuck_low=0.02, stuck_high=0.05))
    levels = models.dwmtj.levels.mean
    assert has_share(conductance == levels[0], 0.02)
    assert has_share(conductance == levels[-1], 0.05)
    assert not has_share(conductance == levels[-1], 0.02)


def test_another_temperature_moves_the_levels(models):
    conductance = used(models, AcceleratorSettings(ideal=OTHERS, temperature=350.0))
    np.testing.assert_allclose(conductance, 0.95 * models.dwmtj.levels.mean[3])


@pytest.mark.parametrize("name", sorted(OTHERS - {"sigma_spread", "input_voltage"}))
def test_what_is_switched_off_changes_nothing(models, name):
    spoiled = models.with_dwmtj(spread=1e-6, rate=1.0)
    settings = {"stuck_low": 0.1, "rest": 1.0}
    assert (used(spoiled, AcceleratorSettings(ideal=OTHERS, **settings)) == models.dwmtj.levels.mean[3]).all()
    assert (used(spoiled, only(name, **settings)) != models.dwmtj.levels.mean[3]).any()


def test_a_difference_between_devices_does_not_move_another(models):
    """Nor do the offsets of the gate those of the conductance: a share of 0.02 is far from the largest of 6000."""
    spoiled = models.with_dwmtj(spread=1e-9, rate=1.0)
    alone = used(spoiled, only("stuck", stuck_low=0.1))
    beside = used(
        spoiled, AcceleratorSettings(ideal=OTHERS - {"stuck", "level_spread", "drift"}, stuck_low=0.1, rest=1.0)
    )
    low = models.dwmtj.levels.mean[0]
    assert ((alone == low) == (beside == low)).all()
    devices = stochastic(models.with_smtj(offset_std=0.02, scale_std=0.05), 0.5, only("sigma_spread", **NOMINAL))
    assert abs(np.corrcoef(devices.gate.ravel(), devices.scale.ravel())[0, 1]) < 0.06


def test_gates_and_scales_differ_between_devices(models):
    devices = stochastic(models.with_smtj(offset_std=0.02, scale_std=0.05), 0.5, only("sigma_spread", **NOMINAL))
    assert has_std(devices.gate, 0.02)
    assert has_std(devices.scale, 0.05)
    assert not has_std(devices.gate, 0.022)
    assert devices.clamped == 0


def test_what_leaves_the_characterised_range_is_clamped_and_counted(models):
    """A gate one std inside the end of the range: a sixth of the devices would be beyond."""
    spoiled = models.with_smtj(offset_std=0.02)
    devices = stochastic(spoiled, 0.78, only("sigma_spread", **NOMINAL))
    assert devices.gate.max() == 0.8
    assert has_share(devices.gate == 0.8, stats.norm.sf(1))
    assert devices.clamped == (devices.gate == 0.8).mean()
    # With the read voltage of 0.1 V on top, all devices above 0.7 V are.
    assert stochastic(spoiled, 0.78, only("input_voltage")).clamped == 1


def test_offsets_that_no_applied_voltage_makes_up_for_are_counted(models):
    """A tenth of a std below the end of the gate's range: offsets further down would want more than that."""
    spoiled = models.with_smtj(offset_std=0.02)
    devices = stochastic(spoiled, 0.798, only("sigma_spread", trim_reads=10**9))
    short = spoiled.smtj.sigma(devices.gate, 1e-9).value < 0.9999 * spoiled.smtj.sigma(0.798, 1e-9).value
    assert has_share(short, stats.norm.sf(0.1))
    assert devices.clamped >= short.mean()


@pytest.mark.parametrize(("reads", "agrees"), [(1000, True), (250, False)])
def test_a_trimmed_gate_shows_the_nominal_width_as_well_as_its_reads_tell(models, reads, agrees):
    """To 1 / sqrt(2 n) of n reads; untrimmed devices differ by three times that."""
    spoiled = models.with_smtj(offset_std=0.02, scale_std=0.05)

    def shown(**settings):
        devices = stochastic(spoiled, 0.5, only("sigma_spread", read_time=1e-9, **settings))
        assert devices.clamped == 0
        return devices.scale * spoiled.smtj.sigma(devices.gate, 1e-9).value / spoiled.smtj.sigma(0.5, 1e-9).value - 1

    assert has_std(shown(trim_reads=reads), 1 / np.sqrt(2 * 1000)) == agrees
    assert shown(**NOMINAL).std() > 2.5 / np.sqrt(2 * 1000)


def test_what_no_gate_voltage_reaches_is_counted(models):
    """At the end of the range half of the devices, whose area makes them too quiet, cannot be trimmed."""
    spoiled = models.with_smtj(scale_std=0.05)
    highest = spoiled.smtj.voltage_for(spoiled.smtj.sigma_range(1e-9)[1], 1e-9)
    devices = stochastic(spoiled, float(highest), only("sigma_spread", trim_reads=10**8))
    assert has_share(devices.scale < 1, 0.5)
    assert devices.clamped == pytest.approx((devices.scale < 1).mean(), abs=0.01)


class Curved:
    """Sigma grows exponentially with the voltage, a factor of e in 0.5 V: steeper than the real device at its end.

    Reads of a nanosecond are half as wide at all voltages.
    """

    voltage_range = (-1.0, 1.0)
    read_lever = 1.0

    def sigma(self, voltage, integration_time):
        return np.stack([np.exp(np.asarray(voltage) / 0.5) * (0.5 if integration_time else 1.0)] * 3).view(Named)


class Named(np.ndarray):
    @property
    def value(self):
        return np.asarray(self[0])


def test_the_parabola_follows_the_width_under_a_read_voltage():
    gate, read_voltage = np.linspace(-0.5, 0.5, 7), 0.1
    (first, second), beyond = chip.voltage_response(gate, Curved(), read_voltage, 1e-9)
    assert not beyond.any()
    for v in np.linspace(-read_voltage, read_voltage, 21):
        exact = Curved().sigma(gate + v, 1e-9).value / Curved().sigma(gate, 1e-9).value
        ours = np.sqrt(1 + first * v + second * v**2)
        # The cubic term that a parabola lacks, (4 v)^3 / 6 of the variance, is 0.4 % of sigma where it is worst
        # between the nodes; without the response it would be 22 %, and with its first order only 3.5 %.
        np.testing.assert_allclose(ours, exact, rtol=3e-3)
    np.testing.assert_allclose(np.sqrt(1 + first * 0.1 + second * 0.01), np.exp(0.2), rtol=1e-12)


def test_a_read_voltage_acts_by_its_lever():
    """Half the lever, half the voltage; what counts at the gate is 0.05 V of 0.1 V."""

    class Levered(Curved):
        read_lever = 0.5

    gate = np.linspace(-0.5, 0.5, 7)
    (first, second), _ = chip.voltage_response(gate, Levered(), 0.1, 1e-9)
    np.testing.assert_allclose(np.sqrt(1 + first * 0.1 + second * 0.01), np.exp(0.1), rtol=1e-12)


@pytest.mark.parametrize(("drive", "changes"), [("opposite", 1.0), ("alike", 1.44)])
def test_a_pair_driven_with_opposite_voltages_undoes_what_they_do_to_sigma(models, drive, changes):
    """Sigma in proportion to the gate, 0.5 V: 0.1 V makes a variance 1.44 or 0.64 times as large, the pair's 1.04."""
    devices = stochastic(models, 0.5, only("input_voltage", pair_drive=drive))
    factor = 1 + 0.1 * devices.response[0] + 0.01 * devices.response[1]
    assert factor[0].mean() == pytest.approx(1.44)
    assert factor.mean() == pytest.approx(1.04 if drive == "opposite" else changes)
    first = devices.response[0].mean(axis=0)
    assert np.abs(first).max() == pytest.approx(0 if drive == "opposite" else 4.0, abs=1e-12)
