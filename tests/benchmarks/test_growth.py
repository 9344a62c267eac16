"""Exponents of recorded costs, and what is said where there are none."""

import math

import numpy as np
import pytest

from tests.benchmarks import growth

SIZES = [10.0**k for k in range(1, 7)]


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_exponent_is_that_of_the_cost(power):
    noise = np.exp(0.05 * np.random.default_rng(1).normal(size=len(SIZES)))
    found = growth.exponent(SIZES, [size**power * factor for size, factor in zip(SIZES, noise, strict=True)])
    assert found.low < power < found.high
    other = 3 - power  # the control: 1 for 2 and 2 for 1
    assert not found.low < other < found.high


def test_a_constant_part_does_not_count_where_it_is_small():
    found = growth.exponent(SIZES, [1.0 + size for size in SIZES])
    assert found.value == pytest.approx(1, abs=0.03)


def test_n_log_n_is_between_one_and_two():
    assert 1.05 < growth.n_log_n(SIZES) < 1.2


@pytest.mark.parametrize(("sizes", "values"), [([1, 2], [1.0, 2.0]), ([1, 2, 3], [1.0, 0.0, 2.0])])
def test_what_has_no_exponent_says_why(sizes, values):
    assert "not measured" in growth.told(sizes, values)


def test_memory_below_the_allocators_is_left_out(tmp_path):
    costs = {size: growth.Cost(1e-6 * size, math.nan, 1e3 * size) for size in (10, 10_000, 100_000, 1_000_000)}
    found = growth.columns(costs)
    assert found["time"][0] == [10, 10_000, 100_000, 1_000_000]
    assert found["memory"][0] == [100_000, 1_000_000]
    assert "setting up" not in found
    growth.draw({"cells": costs}, tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").stat().st_size > 1000


@pytest.mark.slow
def test_a_point_is_measured():
    found = growth.measured("samples", [1000])[1000]
    assert found.time > 0
    assert math.isnan(found.set_up)
