"""The current of which half of the pulses move a wall, from counts of pulses."""

import numpy as np
import pytest
from scipy.stats import binomtest

from magbayes.compact_models.threshold import half_current, half_currents

CURRENT = np.array([2.6e11, 3.0e11, 3.4e11])
HALF, WIDTH = 3.05e11, 0.04


def drawn(rng, half, width=WIDTH, pulses=16, current=CURRENT):
    """Pulses of each current that moved a wall, of walls that do so by a logistic function."""
    return rng.binomial(pulses, 1 / (1 + (half / current) ** (1 / width)))


def held(half, tries, **changes):
    """How often the interval holds the current that the data were drawn with, of those that have one."""
    rng = np.random.default_rng(3)
    found = [half_current(CURRENT, drawn(rng, HALF, **changes), np.full(3, 16)) for _ in range(tries)]
    known = [one for one in found if one is not None]
    return sum(one.low <= half <= one.high for one in known), len(known)


@pytest.mark.parametrize("width", [0.01, 0.04, 0.12])
def test_the_interval_holds_what_it_says(width):
    """Of 400 runs 95 % or more: a false alarm in a thousand. Where the width is unknown it holds more."""
    inside, known = held(HALF, 400, width=width)
    assert known > 390
    assert binomtest(inside, known, 0.95, alternative="less").pvalue > 1e-3


def test_another_current_is_not_held():
    """Control: 15 % more."""
    inside, known = held(1.15 * HALF, 400)
    assert inside < 0.5 * known


def test_counts_that_are_symmetric_have_half_in_the_middle():
    middle, low, high = half_current(CURRENT[[0, 2]], np.array([2, 14]), np.array([16, 16]))
    assert middle == pytest.approx(np.sqrt(CURRENT[0] * CURRENT[2]), rel=1e-3)
    assert low < middle < high
    assert middle / low == pytest.approx(high / middle, rel=1e-2)


def test_a_jump_between_two_currents_leaves_all_between_them():
    middle, low, high = half_current(CURRENT, np.array([0, 0, 32]), np.array([32, 32, 32]))
    assert CURRENT[1] < middle < CURRENT[2]
    assert low == pytest.approx(CURRENT[1], rel=0.01)
    assert high == pytest.approx(CURRENT[2], rel=0.01)


@pytest.mark.parametrize("moved", [[0, 0, 0], [32, 32, 32], [0, 1, 2], [30, 31, 32]])
def test_what_is_not_enclosed_is_none(moved):
    assert half_current(CURRENT, np.array(moved), np.full(3, 32)) is None


def test_moves_either_way_count():
    class Model:
        current_density = CURRENT
        moves = np.array([-1, 0, 1])
        moved = np.array([[[0, 16, 0], [4, 8, 4], [0, 0, 16]], [[0, 16, 0]] * 3])

    one, none = half_currents(Model)
    assert one == half_current(CURRENT, np.array([0, 8, 16]), np.full(3, 16))
    assert none is None
