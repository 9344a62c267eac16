"""Numbers that a study collects of the compact models, on made-up models."""

from types import SimpleNamespace

import numpy as np
import pytest

from magbayes.compact_models import numbers, threshold
from magbayes.data.estimate import Estimate


def resample(row):
    """Device of which a row of resamples makes the largest width of reads larger by a percent a row; none of row 2."""
    if row == 2:
        raise ValueError("sigma does not rise")
    return SimpleNamespace(sigma_range=lambda time: (1.5, 4.5 * (1 + row / 100)))


SMTJ = SimpleNamespace(
    conductance_sigma=np.array([2.0, 3.0, 6.0]),
    sigma_low=np.array([1.8, 2.9, 5.7]),
    sigma_high=np.array([2.2, 3.1, 6.3]),
    decay_time=np.array([1.0, 4.0, 2.0]),
    voltage=np.array([-2.0, 0.0, 1.0]),
    leakage=lambda voltage: 1e-12 * np.abs(voltage),
    resampled_sigma=np.array([[2.0, 3.0, 6.0], [2.1, 3.1, 6.2], [1.9, 2.9, 5.9]]),
    sensitivity=np.arange(12.0).reshape(4, 3),
    sensitivity_error=np.arange(12.0).reshape(4, 3) / 100,
    # Reads: of 1.5 and 4.5 S, known to 10 and 5 %.
    sigma_range=lambda time: (1.5, 4.5),
    voltage_for=lambda sigma, time: sigma,
    sigma=lambda sigma, time: Estimate(sigma, *(sigma * (1 + way * (0.1 if sigma < 2 else 0.05)) for way in (-1, 1))),
    resample=resample,
    resampled_decay_time=np.linspace(0, 1, 1001)[:, None] * np.array([1.0, 8.0, 2.0]),
)
CURRENT = np.array([1.0, 4.0])
DWMTJ = SimpleNamespace(
    level_mean=np.array([1.0, 2.5, 3.0]),
    level_error=np.array([0.03, 9.0, 0.04]),
    level_std=np.array([0.1, 0.3, 0.2]),
    level_spread=np.array([0.5, 0.4, 0.1]),
    barrier_temperature=np.array([300.0, 358.0]),
    barrier=np.array([2e-19, 1e-19]),
    retention=lambda temperature, cells=1.0: Estimate(*(temperature * part / cells for part in (1, 0.5, 2))),
    depinning_probability=Estimate(*(np.array([[9.0, 9.0], [end, end + 0.5]]) for end in (0.2, 0.1, 0.3))),
    pulse_width=np.array([1e-9, 2e-9]),
    current_density=CURRENT,
    moves=np.array([-1, 0, 1, 2]),
    moved=np.array([[[0, 40, 0, 0], [1, 0, 10, 29]], [[0, 39, 1, 0], [0, 1, 9, 30]]]),
    # Per cent of the pulses that move a wall by -1, 0, 1 and 2 notches.
    move_probabilities=Estimate(
        *(
            part * np.array([[[0, 1, 0, 0], [0.025, 0, 0.25, 0.725]], [[0, 0.9, 0.1, 0], [0, 0.025, 0.225, 0.75]]])
            for part in (1, 0.5, 2)
        )
    ),
    pulse_energy=np.array([[1.0, 16.0], [2.0, 32.0]]),
)
MODELS = SimpleNamespace(smtj=SMTJ, dwmtj=DWMTJ)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smtj/sigma_smallest", (2.0, 1.8, 2.2)),
        ("smtj/sigma_largest", (6.0, 5.7, 6.3)),
        # 10 % and 5 %, independent.
        ("smtj/sigma_ratio", (3.0, 3 - 3 * np.hypot(0.1, 0.05), 3 + 3 * np.hypot(0.1, 0.05))),
        ("smtj/read_ratio", (3.0, 3 - 3 * np.hypot(0.1, 0.05), 3 + 3 * np.hypot(0.1, 0.05))),
        # The voltage of the longest time, and the middle 95 % of its resamples.
        ("smtj/decay_time", (4.0, 0.2, 7.8)),
        ("smtj/gate_leakage", (2e-12, 2e-12, 2e-12)),
        # The inner level and its error do not count.
        ("dwmtj/level_spacing", (1.0, 1 - 1.96 * 0.05 / 2, 1 + 1.96 * 0.05 / 2)),
        ("dwmtj/level_jitter", (0.3, 0.3, 0.3)),
        ("dwmtj/level_spread", (0.5, 0.5, 0.5)),
        # At the highest temperature, and to the 3 % that the mesh leaves.
        ("dwmtj/barrier", (1e-19, 0.97e-19, 1.03e-19)),
        ("dwmtj/retention", (358.0, 179.0, 716.0)),
        ("dwmtj/retention_worst", (358e-5, 179e-5, 716e-5)),
        # Of the longer pulses, as many as do not move a wall by the lower current do by the higher one.
        ("dwmtj/threshold_current", threshold.half_current(CURRENT, np.array([1, 39]), np.full(2, 40))),
        # 2 J over a tenth; 16 J over a quarter are more, and further moves miss.
        ("dwmtj/write_energy", (20.0, 10.0, 40.0)),
        ("dwmtj/depinning_weakest", (0.2, 0.1, 0.3)),
        ("dwmtj/depinning_strongest", (0.7, 0.6, 0.8)),
    ],
)
def test_numbers_by_hand(name, expected):
    assert numbers.NUMBERS[name].of(MODELS) == pytest.approx(expected)


def test_every_number_is_compared_by_hand():
    marks = test_numbers_by_hand.pytestmark[0].args[1]
    assert {name for name, _ in marks} == set(numbers.NUMBERS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smtj/sigma_smallest", [2.0, 2.1, 1.9]),
        ("smtj/sigma_largest", [6.0, 6.2, 5.9]),
        ("smtj/sigma_ratio", [3.0, 6.2 / 2.1, 5.9 / 1.9]),
        ("smtj/read_ratio", [3.0, 3.03, 0.0]),  # none of the last
    ],
)
def test_resamples_are_those_of_the_number(name, expected):
    assert numbers.NUMBERS[name].resampled(MODELS).tolist() == pytest.approx(expected)


def test_cells_are_those_of_the_number():
    found = numbers.of_cells(MODELS)
    assert found["smtj/sigma_largest"].voltage == 1.0
    assert found["smtj/sigma_largest"].sensitivity[:, 0].tolist() == [2, 5, 8, 11]
    assert found["smtj/sigma_smallest"].sensitivity[:, 1].tolist() == pytest.approx([0, 0.03, 0.06, 0.09])
    none = SimpleNamespace(smtj=SimpleNamespace(sensitivity=np.zeros((0, 3))))
    assert numbers.of_cells(none) == {}
