"""Differences of what shares random numbers: their intervals hold, and are smaller than without pairs."""

from itertools import pairwise

import numpy as np
import pytest

from magbayes.data.estimate import Estimate
from magbayes.system.metrics import paired
from magbayes.system.metrics.paired import DRAWS, RESAMPLES, Measured, Spread
from magbayes.system.metrics.resampling import bootstrapped, mean_of, over_chips

INPUTS, CHIPS = 200, 5
CHANGE = 0.02


def measured(scores, **further):
    """A network by its scores (chips, inputs), with the unpaired interval of their mean."""
    chips = [bootstrapped(mean_of(chip), scores.shape[1], 1) for chip in scores]
    return Measured(over_chips(chips), {"nll": scores, **further})


def two_networks(rng, chips=CHIPS, apart=0.02):
    """NLL of two networks: hard inputs are so for both, chips of one number are alike, and each has its own error."""
    common = rng.exponential(0.3, INPUTS) + 0.03 * rng.standard_normal((chips, 1))
    one, other = (
        common + apart * rng.standard_normal((chips, 1)) + 0.1 * rng.standard_normal((chips, INPUTS)) for _ in range(2)
    )
    return one + CHANGE, other


def test_paired_intervals_hold_the_change_and_are_smaller():
    """400 trials of 95 %: 380 ± 9, of intervals that are rather too wide; 3.3 standard deviations leave one in 2000."""
    rng = np.random.default_rng(1)
    held, only_inputs, ratios = 0, 0, []
    for _ in range(400):
        one, other = (measured(scores) for scores in two_networks(rng))
        gap = paired.difference("nll", one, other, 1)
        held += gap.low <= CHANGE <= gap.high
        apart = paired.independent(one.estimate, other.estimate)
        assert gap.value == pytest.approx(apart.value)
        ratios.append((gap.high - gap.low) / (apart.high - apart.low))
        # The control: an interval that leaves out that chips differ.
        spread = paired.spread_of("nll", one, other, 1)
        only_inputs += abs(gap.value - CHANGE) <= 1.96 * np.sqrt(spread.inputs / INPUTS)
    assert held >= 365
    assert only_inputs < 340
    assert np.mean(ratios) < 0.7


def test_a_change_is_seen_as_often_as_is_said():
    """Power of 80 % in 400 trials: 320 ± 8; the interval is somewhat too wide, and few chips are less than normal."""
    rng = np.random.default_rng(2)
    trials = [two_networks(rng) for _ in range(400)]
    spreads = [paired.spread_of("nll", measured(one), measured(other), 1) for one, other in trials[:50]]
    change = paired.visible(Spread(*np.mean(spreads, axis=0)), INPUTS, CHIPS)
    seen = 0
    for one, other in trials:
        gap = paired.difference("nll", measured(one - CHANGE + change), measured(other), 1)
        seen += gap.low > 0
    assert 285 <= seen <= 375
    # As many of half of it would mean that nothing was tested.
    half = sum(
        paired.difference("nll", measured(one - CHANGE + change / 2), measured(other), 1).low > 0
        for one, other in trials[:200]
    )
    assert half < 100


def test_what_it_takes_to_see_a_change():
    spread = Spread(inputs=0.04, chips=1e-4)
    chips = paired.chips_for(0.05, spread, 450)
    assert paired.visible(spread, 450, chips) <= 0.05 < paired.visible(spread, 450, chips - 1)
    inputs = paired.inputs_for(0.03, spread, 10)
    assert paired.visible(spread, inputs, 10) <= 0.03 < paired.visible(spread, inputs - 1, 10)
    # More chips do not make up for inputs, nor the other way round.
    assert paired.chips_for(0.01, spread, 450) is None
    assert paired.inputs_for(0.002, spread, 3) is None
    assert all(a > b for a, b in pairwise(paired.visible(spread, 450, c) for c in (2, 3, 5, 10, 100)))
    # One chip tells no spread between chips.
    one = paired.spread_of("nll", *(measured(scores[:1]) for scores in two_networks(np.random.default_rng(3))), 1)
    assert np.isnan(one.chips)
    assert np.isnan(paired.visible(one, INPUTS, 3))


def test_the_same_differs_by_nothing():
    one, _ = two_networks(np.random.default_rng(4))
    assert paired.difference("nll", measured(one), measured(one), 1) == Estimate(0, 0, 0)
    alike = Measured(Estimate(1.0, 0.9, 1.1))
    assert paired.difference("", alike, alike, 1) == Estimate(0, 0, 0)
    # Numbers of two devices that happen to be alike are not the same device.
    other = Measured(Estimate(1.0, 0.9, 1.2))
    assert paired.difference("", alike, other, 1).high == pytest.approx(0.1 * np.sqrt(2))


def test_calibration_and_coverage_are_paired_too():
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.5, 1, (CHIPS, INPUTS))
    correct = (rng.random((CHIPS, INPUTS)) < confidence).astype(float)
    sure = Measured(Estimate(0, -1, 1), {"confidence": np.minimum(confidence + 0.1, 1), "correct": correct})
    right = Measured(Estimate(0, -1, 1), {"confidence": confidence, "correct": correct})
    gap = paired.difference("ece", sure, right, 1)
    assert 0 < gap.value < 0.1
    assert gap.low < gap.value < gap.high
    position = rng.random((CHIPS, INPUTS))
    one, other = (Measured(Estimate(0, -1, 1), {"position": p}) for p in (position, np.sqrt(position)))
    gap = paired.difference("coverage_90", one, other, 1)
    held = [(np.abs(p - 0.5) <= 0.45).mean() for p in (position, np.sqrt(position))]
    assert gap.value == pytest.approx(held[0] - held[1])


def test_what_cannot_be_paired_is_independent():
    one, other = two_networks(np.random.default_rng(6))
    ours, fewer = measured(one), measured(other[:, :100])
    apart = paired.independent(ours.estimate, fewer.estimate)
    assert paired.difference("nll", ours, fewer, 1) == apart
    # Of chips, those count that both have.
    assert paired.difference("nll", ours, measured(other[:3]), 1).value == pytest.approx((one[:3] - other[:3]).mean())


def test_devices_are_paired_by_replica_and_energies_by_coefficients():
    rng = np.random.default_rng(7)
    common = rng.standard_normal(2000)
    one, other = (
        Measured(
            Estimate(value, value - 0.2, value + 0.2), {RESAMPLES: 0.1 * common + 0.02 * rng.standard_normal(2000)}
        )
        for value in (1.0, 2.0)
    )
    gap = paired.difference("sigma_largest", other, one, 1)
    assert gap.value == 1.0
    # Of independent ones 0.2 * sqrt(2); the common part is gone.
    assert gap.high - gap.value == pytest.approx(0.2 * np.sqrt(2) * 0.02 / np.hypot(0.1, 0.02), rel=0.1)
    apart = Measured(one.estimate, {RESAMPLES: 0.1 * rng.standard_normal(2000)})
    loose = paired.difference("sigma_largest", other, apart, 1)
    assert loose.high - loose.value == pytest.approx(0.2 * np.sqrt(2), rel=0.1)
    price = rng.lognormal(0, 0.5, 512)
    cheap, dear = (
        Measured(Estimate(n, *(n * np.quantile(price, (0.025, 0.975)))), {DRAWS: n * price}) for n in (1.0, 1.1)
    )
    gap = paired.difference("energy", dear, cheap, 1)
    assert 0 < gap.low < 0.1 < gap.high < 0.4
