"""Sensitivities and rankings of functions of which they are known, and of noise."""

import numpy as np
import pytest
from scipy.stats import qmc

from magbayes.data.estimate import Estimate
from magbayes.system.metrics import slopes
from magbayes.system.metrics.paired import Measured
from magbayes.system.metrics.sensitivity import LEAST_POINTS, LEAST_PREDICTED, sobol_indices
from magbayes.system.metrics.surrogate import MOST_POINTS, Surrogate

# T. Ishigami and T. Homma, Proc. ISUMA 1990; a = 7, b = 0.1: exact first-order and total indices by integration.
EXACT = {"a": (0.3139, 0.5576), "b": (0.4424, 0.4424), "c": (0.0, 0.2437)}


def ishigami(shares):
    x = np.pi * (2 * shares - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def latin(parameters, points, seed=1):
    return qmc.LatinHypercube(parameters, rng=np.random.default_rng(seed)).random(points)


def ranked(shares, value, at=lambda shares: shares):
    return sobol_indices(dict(zip("abc", shares.T, strict=False)), value, at, 1)


def test_sobol_indices_of_a_known_function():
    shares = latin(3, 120)
    ranking = ranked(shares, ishigami(shares))
    assert ranking.predicted > 0.8
    assert [index.parameter for index in ranking.indices] == ["a", "b", "c"]
    for name, first, first_margin, total, total_margin in ranking.indices:
        # Margins of 95 % and what a surrogate of a tenth of unexplained variance may be off by.
        assert first == pytest.approx(EXACT[name][0], abs=first_margin + 0.05)
        assert total == pytest.approx(EXACT[name][1], abs=total_margin + 0.05)
    # The control: a parameter that keeps near to its middle explains nothing.
    narrow = np.array([1, 0.05, 1])
    other = ranked(shares, ishigami(shares), lambda shares: 0.5 + narrow * (shares - 0.5))
    assert {index.parameter: index.total for index in other.indices}["b"] < 0.1


def test_the_surrogate_of_noise_is_refused():
    rng = np.random.default_rng(2)
    for points in (LEAST_POINTS, 24, 100):
        shares = latin(2, points)
        ranking = ranked(shares, rng.standard_normal(points))
        assert ranking.predicted < LEAST_PREDICTED
        assert ranking.indices == []
    # The control: a function of the same size under it.
    shares = latin(2, 24)
    smooth = 3 * shares[:, 0] + shares[:, 1]
    ranking = ranked(shares, smooth + 0.1 * rng.standard_normal(24))
    assert ranking.predicted > LEAST_PREDICTED
    assert [index.parameter for index in ranking.indices] == ["a", "b"]
    assert ranking.indices[0].total == pytest.approx(0.9, abs=0.1)


def test_points_beyond_the_most_are_held_out():
    shares = latin(2, MOST_POINTS + 50)
    assert Surrogate(shares, shares.sum(axis=1), 1).predicted > 0.999


def test_functions_of_a_surrogate_know_how_little_they_know():
    x = np.linspace(0, 1, 12)[:, None]
    surrogate = Surrogate(x, np.sin(6 * x[:, 0]), 1)
    near, far = surrogate.draw(np.array([[0.5], [1.6]]), 200).T
    assert near.mean() == pytest.approx(np.sin(3), abs=0.02)
    assert far.std() > 10 * near.std()


def test_nothing_is_ranked_where_there_is_nothing_to_rank():
    x = np.linspace(0, 1, 30)
    for points, value in (
        ({"a": x}, x),
        ({"a": x, "b": 0 * x}, x),
        ({"a": x, "b": x[::-1]}, 0 * x),
        ({"a": x[:9], "b": x[:9] ** 2}, x[:9]),
    ):
        assert sobol_indices(points, value, lambda shares: shares, 1) is None


def test_slopes_of_a_power_law():
    rng = np.random.default_rng(3)
    points = np.exp(0.02 * rng.standard_normal((40, 2)))
    values = 5e-6 * points[:, 0] ** -12.8 * points[:, 1] ** 2 * np.exp(0.01 * rng.standard_normal(40))
    held = 0
    first, second = slopes.over_points(points, values)
    assert first.low < -12.8 < first.high
    assert second.low < 2 < second.high
    # The control: of the wrong sign.
    assert not first.low < 12.8 < first.high
    for seed in range(300):  # 95 % of 600: 570 ± 5.3
        noise = np.exp(0.01 * np.random.default_rng(seed).standard_normal(40))
        one, other = slopes.over_points(points, points[:, 0] ** -12.8 * points[:, 1] ** 2 * noise)
        held += (one.low < -12.8 < one.high) + (other.low < 2 < other.high)
    assert 550 <= held <= 590


def test_slope_between_two_points():
    one, other = (Measured(Estimate(x**3, 0.99 * x**3, 1.01 * x**3)) for x in (1.05, 0.95))
    found = slopes.between("", one, other, (1.05, 0.95), 1)
    assert found.value == pytest.approx(3)
    # Two independent hundredths over the step; the two differ by 30 %, which is no small change any more.
    assert found.high - found.value == pytest.approx(0.01 * np.sqrt(2) / np.log(1.05 / 0.95), rel=0.05)
    assert slopes.between("", other, one, (0.95, 1.05), 1).value == pytest.approx(3)
    assert slopes.between("", other, one, (1.05, 0.95), 1).value == pytest.approx(-3)
