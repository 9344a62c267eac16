"""Mismatch of converters and mirrors, and settling; statistical tests are two-sided, with false alarms of 1e-4."""

from typing import get_args

import jax
import numpy as np
import pytest
from scipy import stats

from magbayes.system.array import periphery
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.programming import program
from magbayes.system.array.settling import require_settled, settled, settling_time
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings, Imperfection

FALSE_ALARM = 1e-4
EVERY = frozenset(get_args(Imperfection))
KEY = jax.random.key(5)


def has_std(values, std):
    """Chi-squared test."""
    statistic = (values.size - 1) * values.var(ddof=1) / std**2
    return min(stats.chi2.sf(statistic, values.size - 1), stats.chi2.cdf(statistic, values.size - 1)) > FALSE_ALARM / 2


def test_converters_and_mirrors_differ_by_their_spread():
    """4000 or more of each tell 5 %."""
    settings = AcceleratorSettings(rows=1, columns=1)
    gain, offset = periphery.adc_errors(KEY, (70, 60), settings)
    rows = periphery.row_gains(KEY, (70, 60), settings)
    mirrors = periphery.mirror_gains(KEY, (70, 60), settings.model_copy(update={"pair_drive": "alike"}))
    together = periphery.mirror_gains(KEY, (70, 60), settings)
    assert (together[0] == together[1]).all()
    for drawn, std in ((gain - 1, 0.005), (offset, 0.5), (rows - 1, 0.005), (mirrors - 1, 0.01)):
        assert has_std(drawn, std)
        assert not has_std(drawn, 1.1 * std)
    # One generator each: none is another one's.
    assert max(abs(np.corrcoef(gain.ravel(), other.ravel())[0, 1]) for other in (offset, rows, mirrors[0])) < 0.07


def test_a_converter_serves_its_row_or_column_of_a_tile():
    settings = AcceleratorSettings(rows=4, columns=3)
    rows, mirrors = periphery.row_gains(KEY, (6, 5), settings), periphery.mirror_gains(KEY, (6, 5), settings)
    assert (rows[:, :3] == rows[:, :1]).all()
    assert (rows[:, 3:] == rows[:, 3:4]).all()
    assert (rows[:, 0] != rows[:, 3]).all()
    assert (mirrors[:, :4] == mirrors[:, :1]).all()
    assert (mirrors[:, 0] != mirrors[:, 4]).all()
    assert periphery.adc_errors(KEY, (6, 5), settings)[0].shape == (2, 5)


def test_what_is_switched_off_changes_nothing():
    settings = AcceleratorSettings(ideal={"mismatch"})
    gain, offset = periphery.adc_errors(KEY, (6, 5), settings)
    assert (gain == 1).all()
    assert (offset == 0).all()
    assert (periphery.row_gains(KEY, (6, 5), settings) == 1).all()
    assert (periphery.mirror_gains(KEY, (6, 5), settings) == 1).all()
    assert (settled((6, 5), AcceleratorSettings(ideal={"settling"})) == 1).all()
    spread = {"mirror_spread": 0.0, "dac_spread": 0.0, "adc_spread": 0.0, "adc_offset": 0.0, "driver_resistance": 0.0}
    spread["wire_resistance"] = 0.0
    assert {"mismatch", "settling"} <= AcceleratorSettings(**spread).absent
    assert not {"mismatch", "settling"} & AcceleratorSettings().absent


def test_an_offset_is_so_many_codes_of_every_output(models, key):
    """Of an ADC that does not round: what is put out at no input, over the code."""
    posterior = Posterior(
        (Layer(np.random.default_rng(0).normal(size=(5, 400)), np.full((5, 400), 0.1)),),
        "regression", 1.0, 0.1, np.random.default_rng(1).normal(size=(30, 4)), np.zeros(1),
    )  # fmt: skip
    settings = {"ideal": EVERY - {"mismatch"}, "mirror_spread": 0.0, "dac_spread": 0.0, "columns": 400, "zero_reads": 0}
    inputs = posterior.calibration[:3]

    def outputs(**changes):
        return Accelerator(posterior, models, AcceleratorSettings(**settings | changes), key), inputs

    chip, x = outputs(adc_spread=0.0)
    plain, _ = outputs(adc_spread=0.0, adc_offset=0.0)
    layer = chip.layers[0]
    code = float(layer.current_range * layer.scale * layer.input_range) / 127 / 0.1
    moved = (chip.predict(key, x, samples=1) - plain.predict(key, x, samples=1))[0] / code
    assert np.ptp(moved, axis=0).max() < 1e-2
    # 400 of them tell a std to 15 %.
    assert has_std(moved[0], 0.5)
    assert not has_std(moved[0], 0.75)
    gained = outputs(adc_offset=0.0)[0].predict(key, x, samples=1) / plain.predict(key, x, samples=1)
    assert has_std(gained[0, 0], 0.005)


@pytest.mark.parametrize(("noise", "reads", "left"), [(1e-8, 1000, 0.1), (1e-8, 0, 0.6), (1e-12, 1000, 0.35)])
def test_reads_without_an_input_tell_the_offset_of_an_adc(models, key, noise, reads, left):
    """Of a converter that rounds; without noise the mean of all reads is a whole code, up to half of one off."""
    posterior = Posterior(
        (Layer(np.random.default_rng(0).normal(size=(5, 400)), np.full((5, 400), 0.1)),),
        "regression", 1.0, 0.1, np.random.default_rng(1).normal(size=(30, 4)), np.zeros(1),
    )  # fmt: skip
    settings = AcceleratorSettings(
        ideal=EVERY - {"mismatch", "adc", "amplifier"}, adc_offset=0.6, amplifier_noise=noise, integrator_swing=5.0,
        zero_reads=reads, mirror_spread=0.0, dac_spread=0.0, pair_drive="alike", quiet_read_time=None,
    )  # fmt: skip
    layer = Accelerator(posterior, models, settings, key).layers[0]
    error = np.asarray(layer.adc_zero - layer.adc_offset, float)
    # 400 of them; the mean of a thousand reads with some codes of noise is good to 0.1, what is rounded to 0.29.
    assert 0.7 * left < error.std() < 1.3 * left


@pytest.mark.parametrize(("writing", "left"), [("measured", 0.0), ("nominal", 1.0)])
def test_writing_by_what_devices_show_makes_up_for_mirrors(models, key, writing, left):
    """Their gains do not cancel in the mean conductances of a pair; levels without steps take the difference away."""
    layer = Layer(np.random.default_rng(3).uniform(-1, 1, (40, 30)), np.full((40, 30), 0.19))
    settings = AcceleratorSettings(
        ideal=EVERY - {"mismatch"}, writing=writing, dac_spread=0.0, rows=1, slices=1, pair_drive="alike"
    )
    written = program(key, layer, models, settings)
    held = np.asarray(written.layer.difference + written.layer.mirror * written.layer.offset, float)
    error = np.std(held - written.mapping.difference)
    assert error == pytest.approx(left * written.mapping.mirror * np.sqrt(2) * 0.01 * 9e-5, rel=0.1, abs=1e-9)


def test_a_read_loses_what_its_wires_take_to_settle():
    """A driver of 1 kOhm: 26 ps for a row and a column each; against the mean of the exponential, step by step."""
    settings = AcceleratorSettings(driver_resistance=1000.0, wire_resistance=0.0, slices=1, rows=128, columns=128)
    tau = 2 * 1000 * 128 * 0.2e-15
    time = (np.arange(100_000) + 0.5) * 1e-14
    exact = np.mean(1 - np.exp(-time / tau))
    left = settled((130, 5), settings)
    assert left == pytest.approx(exact, rel=1e-6)
    assert exact == pytest.approx(0.949, abs=1e-3)
    # Rows are half as long again with three pairs in a cell.
    wider = settled((130, 5), settings.model_copy(update={"slices": 2}))
    assert wider == pytest.approx(np.mean(1 - np.exp(-time / (1.25 * tau))), rel=1e-6)


def test_wires_slow_down_what_is_far_from_both_ends():
    """Elmore's sum over the segments, by hand, for a corner and its opposite."""
    settings = AcceleratorSettings(wire_resistance=50.0, driver_resistance=0.0, rows=3, columns=2, slices=1)
    left = settled((3, 2), settings)
    cell = 0.2e-15
    near, far = 50 * cell * (2 + 3), 50 * cell * ((2 + 1) + (3 + 2 + 1))
    for value, tau in ((left[2, 0], near), (left[0, 1], far)):
        assert 1 - value == pytest.approx(tau / 1e-9, rel=1e-6)
    assert left.min() == left[0, 1]


def test_a_read_that_ends_before_its_wires_settle_is_refused():
    """Half a code of 8 bit is 5.5 time constants away."""
    settings = AcceleratorSettings(driver_resistance=1000.0, wire_resistance=0.0, slices=1, rows=128, columns=128)
    assert settling_time(settings) == pytest.approx(np.log(256) * 51.2e-12)
    require_settled(settings.model_copy(update={"read_time": 2.85e-10}))
    short = settings.model_copy(update={"read_time": 2.8e-10})
    with pytest.raises(
        ValueError, match=r"read_time = 2\.8e-10 s ends before .*driver_resistance 1000 Ohm.*2\.84e-10 s"
    ):
        require_settled(short)
    require_settled(short.model_copy(update={"ideal": frozenset({"settling"})}))
