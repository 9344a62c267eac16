"""Compact models written down as data sheets and read again are the same device, within what a table leaves out."""

import jax
import numpy as np
import pytest

from magbayes.compact_models.measured.models import assemble
from magbayes.compact_models.measured.writing import DIGITS, write_sheets
from magbayes.compact_models.store import load, save

# Numbers are written with so many digits; some are sums and differences of others.
WRITTEN = 10.0 ** (3 - DIGITS)
# Sigma between two voltages: a table has no slopes, and a curve through the points alone is off by that.
BETWEEN = 0.01


@pytest.fixture(scope="module")
def again(frozen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheets")
    write_sheets(frozen, folder, "a test")
    return assemble(folder / "smtj.yaml", folder / "dwmtj.yaml", 1)


def test_sigma_at_every_voltage_and_time(frozen, again):
    one, other = frozen.smtj, again.smtj
    for time in one.integration_time.tolist():
        assert other.sigma(one.voltage, time).value == pytest.approx(one.sigma(one.voltage, time).value, rel=WRITTEN)
    between = np.linspace(*one.voltage_range, 101)
    assert other.sigma(between).value == pytest.approx(one.sigma(between).value, rel=BETWEEN)
    assert one.sigma_range() == pytest.approx(other.sigma_range(), rel=WRITTEN)


def test_intervals_of_sigma_are_as_wide(frozen, again):
    # The spread of 64 draws is known to 9 %; three times that on either side.
    for time in frozen.smtj.integration_time[:3].tolist():
        one, other = (model.smtj.sigma(frozen.smtj.voltage, time) for model in (frozen, again))
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.3)


def test_what_a_draw_moves_is_as_much(frozen, again):
    one, other = (np.log(model.smtj.resampled_sigma).std(axis=0) for model in (frozen, again))
    assert other == pytest.approx(one, rel=0.5)  # both of few draws
    again.draw(jax.random.key(0))


def test_levels_jitter_and_spread(frozen, again):
    one, other = frozen.dwmtj, again.dwmtj
    assert other.level_mean == pytest.approx(one.level_mean, rel=WRITTEN)
    assert other.level_error == pytest.approx(one.level_error, rel=WRITTEN)
    assert other.level_spread == pytest.approx(one.level_spread, rel=1e-4)  # a small difference of large numbers
    for time in (0.0, float(one.level_integration_time[1]), 2e-9):
        assert other.jitter(time) == pytest.approx(one.jitter(time), rel=WRITTEN)


def test_writing_is_the_same(frozen, again):
    targets = np.repeat(frozen.dwmtj.level_mean, 50)
    one, other = (model.dwmtj.program(jax.random.key(3), targets) for model in (frozen, again))
    assert (other.pulses == one.pulses).all()
    assert other.energy == pytest.approx(one.energy, rel=WRITTEN)
    assert other.latency == pytest.approx(one.latency, rel=WRITTEN)
    assert (other.failed == one.failed).all()


def test_retention_and_devices_beside(frozen, again):
    for kelvin in frozen.dwmtj.barrier_temperature.tolist():
        one, other = (model.dwmtj.retention(kelvin, 1e5).value for model in (frozen, again))
        assert np.log(other) == pytest.approx(np.log(one), rel=1e-6)
    one, other = frozen.smtj, again.smtj
    assert other.offset_std == pytest.approx(one.offset_std, rel=WRITTEN)
    assert other.scale_std == pytest.approx(one.scale_std, rel=WRITTEN)
    assert other.leakage(one.voltage) == pytest.approx(one.leakage(one.voltage), rel=WRITTEN)


def test_the_file_is_read_as_it_was_written(again, tmp_path):
    save(tmp_path / "models.h5", again)
    read = load(tmp_path / "models.h5")
    assert read.measured == again.measured
    assert read.warnings() == again.warnings()
    # A device of a file that was measured is said to be measured wherever it goes.
    taken = assemble(tmp_path / "models.h5", tmp_path / "models.h5", 2)
    assert taken.measured == again.measured
    assert (taken.smtj.resampled_sigma == read.smtj.resampled_sigma).all()


def test_one_device_measured_and_the_other_simulated(frozen, tmp_path):
    save(tmp_path / "simulated.h5", frozen)
    write_sheets(frozen, tmp_path, "a test")
    mixed = assemble(tmp_path / "smtj.yaml", tmp_path / "simulated.h5", 1)
    assert list(mixed.measured) == ["smtj"]
    assert (mixed.dwmtj.moved == frozen.dwmtj.moved).all()
    assert mixed.device_warnings("dwmtj") == frozen.dwmtj.warnings()


@pytest.mark.parametrize(("column", "scale"), [("sigma", 1.02), ("conductance", 1.001)])
def test_another_device_is_told_apart(frozen, tmp_path, column, scale):
    write_sheets(frozen, tmp_path, "a test")
    path = tmp_path / ("smtj_sigma.csv" if column == "sigma" else "dwmtj_levels.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if " / " in line and not line.startswith("#"))
    index = [head.split(" / ")[0] for head in lines[start].split(", ")].index(column)
    for i in range(start + 1, len(lines)):
        cells = lines[i].split(", ")
        cells[index] = repr(scale * float(cells[index]))
        lines[i] = ", ".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")
    other = assemble(tmp_path / "smtj.yaml", tmp_path / "dwmtj.yaml", 1)
    check = test_sigma_at_every_voltage_and_time if column == "sigma" else test_levels_jitter_and_spread
    with pytest.raises(AssertionError):
        check(frozen, other)
