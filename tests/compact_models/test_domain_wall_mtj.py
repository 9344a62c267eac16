"""Fit of levels and moves, and writing with verification."""

import jax
import numpy as np
import pytest

from compact_models.fit import fit_domain_wall_mtj
from micromag.fileformat import FileFormatError


@pytest.fixture(scope="module")
def model(pulses, rest):
    return fit_domain_wall_mtj(pulses, rest)


def test_levels(model):
    assert model.levels.mean == pytest.approx(2e-4 * (1 + 0.46 * np.linspace(-0.75, 0.75, 4)), rel=1e-3)
    # 3200 independent readings know a standard deviation to 1.3 %.
    assert model.levels.std == pytest.approx(np.full(4, 2e-4 * 0.46 * 0.01), rel=0.06)
    assert model.rest_escapes.tolist() == [0, 0, 0, 0]


def test_moves_and_their_intervals(model):
    assert model.moves.tolist() == [0, 1, 2]
    assert model.counts.tolist() == [[80, 20, 0], [10, 80, 10]]
    estimate = model.depinning_probability
    assert estimate.value.tolist() == [0.2, 0.9]
    # Wilson's interval of 20 in 100 at 95 %.
    assert [estimate.low[0], estimate.high[0]] == pytest.approx([0.1334, 0.2888], abs=1e-4)


def test_energy_of_a_pulse(model):
    assert model.pulse_energy[1] == pytest.approx((6e11 * 1.6e-16) ** 2 * 4000 * 5e-10)
    assert model.pulse_latency == pytest.approx(10 * 50e-12)


def test_writing_reaches_its_level_and_counts_its_pulses(model):
    written = model.program(jax.random.key(0), np.full(4000, model.level_mean[1]))
    assert not written.failed.any()
    # From level 0: a first pulse that moves by one at 80 %, by two at 10 %, not at all at 10 %. With n the mean
    # number of pulses from one notch away on either side, n = 1 + 0.2 n. Its variance is 0.3: error 0.9 %.
    assert written.pulses.mean() == pytest.approx(1 / 0.8, rel=0.04)
    assert written.energy == pytest.approx(written.pulses * model.pulse_energy[1])
    assert written.latency == pytest.approx(written.pulses * model.pulse_latency)
    assert written.conductance.mean() == pytest.approx(model.level_mean[1], rel=1e-3)
    assert written.conductance.std() == pytest.approx(model.level_std[1], rel=0.06)


def test_writing_the_present_level_costs_nothing(model):
    written = model.program(jax.random.key(0), model.level_mean[0])
    assert (written.pulses, written.energy, written.failed) == (0, 0, False)


def test_a_pulse_that_never_moves_is_a_failure_and_is_said(track, pulses, rest):
    stuck = [
        track(np.full((1, 50), 32e-9), np.zeros((1, 50, 10, 3)), current_density=j, pulse_width=5e-10, start_notch=1)
        for j in (1e11, 2e11)
    ]
    model = fit_domain_wall_mtj(stuck, rest)
    assert model.program(jax.random.key(0), np.full(3, rest_level(rest))).failed.all()
    assert any("no pulse moves the wall" in doubt for doubt in model.doubts())


def test_a_wall_that_leaves_its_notch_at_rest_is_doubted(track, pulses, rest, model):
    positions = rest.value("wall_position").copy()
    positions[2, 0] += 32e-9
    strayed = track(positions, rest.magnetisation)
    assert any("1 of 64 walls left their notch" in doubt for doubt in fit_domain_wall_mtj(pulses, strayed).doubts())
    assert model.doubts() == []


def rest_level(rest):
    return 2e-4 * (1 + 0.46 * float(rest.magnetisation[2, ..., 2].mean()))


def test_targets_beyond_the_levels_are_refused(model):
    with pytest.raises(ValueError, match="outside the levels; accepted"):
        model.program(jax.random.key(0), 1e-3)


def test_an_ensemble_of_the_other_device_is_refused(fluctuation, rest):
    with pytest.raises(FileFormatError, match="expected a domain_wall_mtj"):
        fit_domain_wall_mtj([fluctuation(0.0, lambda z: z)], rest)
