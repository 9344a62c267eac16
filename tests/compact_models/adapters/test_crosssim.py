"""The cell in CrossSim itself, and without it."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from magbayes.compact_models.adapters.cell import Cell

GATE, READ = -0.3, 0.1


@pytest.fixture(scope="module")
def crosssim():
    """The adapter; its own error is tested below."""
    pytest.importorskip("simulator", reason="CrossSim (package 'simulator') is not installed")
    from magbayes.compact_models.adapters import crosssim

    return crosssim


def build(crosssim, models, weights, name, gate=GATE, **settings):
    """Core that holds `weights`, and conductance in S of a weight of 1."""
    from simulator import AnalogCore, CrossSimParameters

    params = CrossSimParameters()
    device = params.xbar.device
    device.Vread = READ
    crosssim.configure(device, models, gate, name)
    for key, value in settings.items():
        setattr(device, key, value)
    return AnalogCore(weights, params), 1 / device.Rmin - 1 / device.Rmax


def test_weights_are_levels(crosssim, models):
    """Differences of a pair's levels, whatever the draw."""
    np.random.seed(0)  # noqa: NPY002, CrossSim's random state
    level = models.dwmtj.levels
    steps = (level.mean - level.mean[0]) / (level.mean[-1] - level.mean[0])
    weights = np.tile(np.concatenate([steps, -steps[1:]]), (40, 1))
    core, scale = build(crosssim, models, weights, "levels")
    stored = core.cores[0][0]._read_matrix() * scale
    for column, signed in zip(stored.T, [0, 1, 2, 3, -1, -2, -3], strict=True):
        expected = np.sign(signed) * (level.mean[abs(signed)] - level.mean[0])
        assert column == pytest.approx(expected, abs=1e-5 * scale)


def test_between_the_levels_the_nearest_is_written(crosssim, models):
    """With 0.4 of a level more each lands where it did, and with 0.6 one further."""
    np.random.seed(1)  # noqa: NPY002
    spacing = 1 / (len(models.dwmtj.levels.mean) - 1)
    core, scale = build(crosssim, models, np.array([[1.4 * spacing, 1.6 * spacing, 1.0]]), "nearest")
    level = models.dwmtj.levels
    expected = level.mean[[1, 2, 3]] - level.mean[0]
    assert core.cores[0][0]._read_matrix()[0] * scale == pytest.approx(expected, abs=8 * level.std.max())
    assert 8 * level.std.max() < 0.5 * np.diff(level.mean).min()


def test_every_product_draws_the_measured_noise(crosssim, models):
    """1500 products of 32 independent pairs: the width is known to 0.4 %, and the tables' own is 1.4 % off at most."""
    np.random.seed(2)  # noqa: NPY002
    core, scale = build(crosssim, models, np.ones((32, 1)), "noise")
    read = np.array([core @ np.ones(1) for _ in range(1500)]) * scale
    noise = (read - read.mean(axis=0)).ravel()
    sigma, jitter = float(models.smtj.sigma(GATE, read_voltage=READ).value), models.dwmtj.jitter()
    walls = np.hypot(jitter[-1], jitter[0])
    assert noise.std() == pytest.approx(np.hypot(np.sqrt(2) * sigma, walls), rel=0.025)
    assert np.sqrt(2) * sigma != pytest.approx(np.sqrt(2) * float(models.smtj.sigma(GATE).value), rel=0.025)
    draw = np.random.default_rng(3).normal(size=(3, noise.size))
    cell = Cell(models, GATE, READ)
    assert ks_2samp(noise, cell.noise(draw[0]) - cell.noise(draw[1]) + walls * draw[2]).pvalue > 1e-3
    assert kstest(noise / noise.std(), "norm").pvalue < 1e-3  # not Gaussian, and neither was the ensemble
    between = np.corrcoef(read.T)[np.triu_indices(32, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(1500)
    again = np.array([np.corrcoef(column[1:], column[:-1])[0, 1] for column in read.T])
    assert np.abs(again).max() < 5 / np.sqrt(1500)


def test_each_cell_can_have_a_gate_voltage(crosssim, models):
    """800 products; widths known to 2.5 %."""
    np.random.seed(4)  # noqa: NPY002
    gates = np.array([[-0.9], [0.0], [0.8]])
    core, scale = build(crosssim, models, np.ones((3, 1)), "gates", gate=gates)
    read = np.array([core @ np.ones(1) for _ in range(800)]) * scale
    jitter = models.dwmtj.jitter()
    expected = np.sqrt(
        2 * models.smtj.sigma(gates[:, 0], read_voltage=READ).value ** 2 + jitter[-1] ** 2 + jitter[0] ** 2
    )
    assert read.std(axis=0) == pytest.approx(expected, rel=0.1)


def test_what_was_not_characterised_is_refused(crosssim, models):
    one = np.ones((2, 2))
    with pytest.raises(ValueError, match="outside the characterised range"):
        build(crosssim, models, one, "far", gate=0.95)
    for setting in ({"Vread": 2.0}, {"Rmin": 1.0}, {"infinite_on_off_ratio": True}):
        with pytest.raises(ValueError, match="accepted: "):
            build(crosssim, models, one, f"refused {setting}", **setting)
    build(crosssim, models, one, "taken")
    with pytest.raises(ValueError, match="device 'taken' already"):
        build(crosssim, models, one, "taken")
    with pytest.raises(ValueError, match="device 'SONOS' already"):
        build(crosssim, models, one, "SONOS")


def test_drift_is_refused(crosssim, models):
    np.random.seed(5)  # noqa: NPY002
    with pytest.raises(ValueError, match=r"time 10 s .*accepted: 0"):
        build(crosssim, models, np.ones((2, 2)), "old", time=10)


@pytest.mark.slow
def test_without_crosssim_one_line_says_what_is_missing():
    code = "import sys; sys.modules['simulator'] = None; import magbayes.compact_models.adapters.crosssim"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stderr.splitlines()[-1].startswith("ImportError: this adapter needs CrossSim")
