"""Differences of two evaluations: their intervals hold 0 where only the seed differs, and not where noise is off."""

from dataclasses import replace

import numpy as np
import pytest

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.differences import (
    VARIANTS,
    Difference,
    jointly,
    of_costs,
    of_variant,
    pairs,
    same_inputs,
)
from magbayes.system.evaluation.results import read_evaluation
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE
from magbayes.system.metrics.paired import independent
from tests.system.evaluations import write_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    paths = write_runs(tmp_path_factory.mktemp("differences"))
    return {name: read_evaluation(path) for name, path in paths.items()}


def by_name(found):
    return {each.name: each for each in found}


def test_another_seed_changes_nothing_significantly(runs):
    """Six figures of three networks, tested together at 5 %, so that a false alarm is rarer; the seeds are fixed."""
    found = [each for variant in VARIANTS for each in of_variant(runs["one"], runs["other seed"], variant)]
    assert {each.name for each in found} == {
        *("rmse", "nll", "coverage_50", "coverage_90", "coverage_95", "auroc_outside")
    }
    assert any(each.change.value for each in found)
    assert jointly(found) == []
    accelerator = of_variant(runs["one"], runs["other seed"], ACCELERATOR)
    assert all(each.change.low <= 0 <= each.change.high for each in accelerator)


def test_other_draws_of_the_weights_are_not_paired_by_input(runs):
    """All inputs share the draws, so that what these change is not in an interval over inputs alone."""
    assert [pairs(runs["one"], runs["other seed"], v) for v in VARIANTS] == [True, False, False]
    assert all(pairs(runs["one"], runs["silent"], variant) for variant in VARIANTS)
    # The control: taken as paired, the same network in software would differ from itself.
    one_seed = replace(runs["other seed"], provenance=runs["one"].provenance)
    assert jointly(of_variant(runs["one"], one_seed, DEVICE_RANGE)) != []


def test_noise_off_is_seen(runs):
    """The control of the test above: sigma off, the network tells inputs from elsewhere worse, and is too sure."""
    found = by_name(of_variant(runs["one"], runs["silent"], ACCELERATOR))
    assert found["auroc_outside"].change.high < 0
    assert found["auroc_outside"].significant
    assert found["coverage_90"].change.high < 0
    assert {"auroc_outside", "coverage_90"} <= {each.name for each in jointly(list(found.values()))}
    # In software nothing has changed: the noise of the same key, the same inputs.
    assert all(each.change == (0, 0, 0) for each in of_variant(runs["one"], runs["silent"], DEVICE_RANGE))


def test_pairs_make_intervals_narrower_than_those_of_their_own(runs):
    for each in of_variant(runs["one"], runs["silent"], ACCELERATOR):
        apart = independent(each.second, each.first)
        assert each.change.value == pytest.approx(apart.value, abs=1e-6)
        if each.name in ("rmse", "auroc_outside"):
            assert each.change.high - each.change.low < apart.high - apart.low


def test_a_difference_has_its_sign(runs):
    one, other = (by_name(of_variant(*pair, ACCELERATOR)) for pair in _both_ways(runs["one"], runs["silent"]))
    for name, each in one.items():
        assert each.change.value == pytest.approx(-other[name].change.value, abs=1e-9)
        assert (each.first, each.second) == (other[name].second, other[name].first)


def _both_ways(one, other):
    return (one, other), (other, one)


def test_other_inputs_are_not_paired(runs):
    assert same_inputs(runs["one"], runs["silent"])
    moved = replace(runs["silent"], data=runs["silent"].data | {"test/target": runs["silent"]["test/target"][::-1]})
    assert not same_inputs(runs["one"], moved)
    for each in of_variant(runs["one"], moved, ACCELERATOR):
        assert each.change == independent(each.second, each.first)


def test_costs_share_their_coefficients(runs):
    """Chips without noise hold other conductances; what a conversion costs is the same unknown in both."""
    energy, latency = of_costs(runs["one"], runs["silent"])
    apart = independent(energy.second, energy.first)
    assert energy.change.low < energy.change.value < energy.change.high
    assert energy.change.high - energy.change.low < 0.2 * (apart.high - apart.low)
    assert latency.exact
    assert latency.change == (0, 0, 0)
    assert not latency.significant
    dearer = replace(runs["one"], data={**runs["one"].data, "cost/latency": 2 * runs["one"]["cost/latency"]})
    assert list(of_costs(runs["one"], dearer))[1].significant


def test_two_tasks_cannot_be_compared(runs):
    other = replace(runs["one"], data={**runs["one"].data, "task": np.array(["classification"])})
    with pytest.raises(ValueError, match=r"is of a regression, .* of a classification; nothing"):
        of_variant(runs["one"], other, ACCELERATOR)


def test_a_number_without_an_interval_is_never_significant():
    one, other = (Estimate(value, value, value) for value in (1.0, 2.0))
    assert not Difference("dwmtj/level_jitter", "S", one, other, Estimate(1.0, 1.0, 1.0)).significant
    assert Difference("latency", "s", one, other, Estimate(1.0, 1.0, 1.0), exact=True).significant


def test_many_differences_are_tested_together():
    """Of 1000 numbers that do not differ, 50 are seen one by one, and none together; a large one still is."""
    normal = np.random.default_rng(1).standard_normal(1000)
    nothing = Estimate(0.0, 0.0, 0.0)
    found = [Difference(f"{i}", "1", nothing, nothing, Estimate(z, z - 1.96, z + 1.96)) for i, z in enumerate(normal)]
    assert 25 <= sum(each.significant for each in found) <= 80
    assert jointly(found) == []
    large = Difference("large", "1", nothing, nothing, Estimate(8.0, 6.04, 9.96))
    assert jointly([*found, large]) == [large]
    assert large.p_value == pytest.approx(1.24e-15, rel=0.1)
