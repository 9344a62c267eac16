"""The cell in aihwkit itself, and without it."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import ks_2samp

from magbayes.compact_models.adapters.cell import Cell

GATE, READ = -0.3, 0.1


@pytest.fixture(scope="module")
def noise_model(models):
    """The adapter's model; its own error is tested below."""
    pytest.importorskip("aihwkit", reason="aihwkit is not installed")
    from magbayes.compact_models.adapters.aihwkit import MagbayesNoiseModel

    return MagbayesNoiseModel(models, GATE, READ)


@pytest.fixture(scope="module")
def scale(models):
    """Conductance of a weight of 1, S."""
    mean = models.dwmtj.levels.mean
    return mean[-1] - mean[0]


def test_weights_are_levels(noise_model, scale, models):
    """Differences of a pair's levels, whatever the draw."""
    import torch

    torch.manual_seed(0)
    level = models.dwmtj.levels
    steps = (level.mean - level.mean[0]) / scale
    weights = torch.tensor(np.tile(np.concatenate([steps, -steps[1:]]), (40, 1)), dtype=torch.float32)
    written, _ = noise_model.apply_programming_noise(weights)
    for column, signed in zip(written.numpy().T * scale, [0, 1, 2, 3, -1, -2, -3], strict=True):
        expected = np.sign(signed) * (level.mean[abs(signed)] - level.mean[0])
        assert column == pytest.approx(expected, abs=1e-5 * scale)


def test_every_read_draws_the_measured_noise(noise_model, scale, models):
    """40 000 weights: their width is known to 0.3 %, and the tables' own is 1.4 % off at most."""
    import torch

    torch.manual_seed(1)
    weights = torch.full((200, 200), 1.0)
    _, drift = noise_model.apply_programming_noise(weights)
    one, two = (
        noise_model.apply_drift_noise(weights, drift, 1.0).numpy().astype(float).ravel() * scale for _ in range(2)
    )
    noise = one - scale
    sigma = float(models.smtj.sigma(GATE, read_voltage=READ).value)
    assert noise.mean() == pytest.approx(0, abs=4 * sigma * np.sqrt(2 / noise.size))
    jitter = models.dwmtj.jitter()
    walls = np.hypot(jitter[-1], jitter[0])
    assert noise.std() == pytest.approx(np.hypot(np.sqrt(2) * sigma, walls), rel=0.025)
    assert noise.std() != pytest.approx(np.hypot(np.sqrt(2) * float(models.smtj.sigma(GATE).value), walls), rel=0.025)
    cell, rng = Cell(models, GATE, READ), np.random.default_rng(2)
    expected = cell.noise(rng.normal(size=noise.size)) - cell.noise(rng.normal(size=noise.size))
    expected = expected + walls * rng.normal(size=noise.size)
    assert ks_2samp(noise, expected).pvalue > 1e-3
    assert ks_2samp(noise, 1.05 * expected).pvalue < 1e-3
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(noise.size)


def test_what_was_not_characterised_is_refused(noise_model, models):
    from aihwkit.inference.converter.conductance import SinglePairConductanceConverter

    with pytest.raises(ValueError, match="outside the characterised range"):
        type(noise_model)(models, 0.95, READ)
    with pytest.raises(ValueError, match="accepted: "):
        type(noise_model)(models, GATE, READ, SinglePairConductanceConverter())
    assert "gate_voltage=-0.3" in str(noise_model)


@pytest.mark.slow
def test_without_aihwkit_one_line_says_what_is_missing():
    code = "import sys; sys.modules['aihwkit'] = None; import magbayes.compact_models.adapters.aihwkit"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stderr.splitlines()[-1].startswith("ImportError: this adapter needs aihwkit")
