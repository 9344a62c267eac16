"""Fit of levels and moves, and writing with verification."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from magbayes.compact_models.fit import fit_domain_wall_mtj
from magbayes.data.container import FileFormatError
from tests.compact_models.conftest import SPREAD

CONTRAST = 2e-4 * 0.46


@pytest.fixture(scope="module")
def model(pulses, rest, varied, held):
    return fit_domain_wall_mtj(pulses, rest, varied, held)


def test_levels(model):
    assert model.levels.mean == pytest.approx(2e-4 + CONTRAST * np.linspace(-0.75, 0.75, 4), rel=1e-3)
    # 3200 independent readings know a standard deviation to 1.3 %.
    assert model.levels.std == pytest.approx(np.full(4, CONTRAST * 0.01), rel=0.06)
    assert model.rest_escapes.tolist() == [0, 0, 0, 0]


def test_spread_between_devices_is_that_of_the_tracks_without_their_error(model):
    """400 tracks know a standard deviation to 3.5 %; with the error of each left in, it were 12 % larger."""
    assert model.level_spread == pytest.approx(np.full(4, CONTRAST * SPREAD), rel=0.1)
    assert model.track_level.std(axis=0).mean() > 1.09 * CONTRAST * SPREAD


def test_moves_and_their_intervals(model):
    assert model.moves.tolist() == [0, 1, 2]
    assert model.moved[0].tolist() == [[320, 80, 0], [40, 320, 40]]
    estimate = model.depinning_probability
    assert estimate.value.tolist() == [[0.2, 0.9]]
    # Wilson's interval of 80 in 400 at 95 %.
    assert [estimate.low[0, 0], estimate.high[0, 0]] == pytest.approx([0.1637, 0.2420], abs=1e-4)
    assert model.mean_moves == pytest.approx(np.array([[0.2, 1.0]]))


def test_a_wall_moves_from_every_level_as_from_an_inner_notch(model):
    """Beyond the last notch is off the track, for two moves as for one."""
    ends = [
        [0, 0.1, 0.8, 0.1, 0, 0],
        [0, 0, 0.1, 0.8, 0.1, 0],
        [0, 0, 0, 0.1, 0.8, 0.1],
        [0, 0, 0, 0, 0.1, 0.9],
    ]
    np.testing.assert_allclose(model.transition_probabilities.value[0, 1], ends)


def test_walls_that_move_backwards(track, pulses, rest, varied, held):
    """From an inner notch of another, shorter track; a pulse in its own direction."""
    positions = np.array([[0, 1, 1, 2]]) * 32e-9
    back = track(
        positions,
        np.zeros((1, 4, 40, 3)),
        current_density=5e11,
        pulse_width=5e-10,
        start_notch=np.array([1]),
        direction=np.ones(1),
        peak_temperature=340.0,
    )
    model = fit_domain_wall_mtj([back, pulses[1]], rest, varied, held)
    assert model.moves.tolist() == [-1, 0, 1, 2]
    assert model.moved[0].tolist() == [[1, 2, 1, 0], [0, 40, 320, 40]]
    assert model.transition_probabilities.value[0, 0, 0, 0] == pytest.approx(0.25)


def test_pulses_of_both_signs_count_together(track, rest, varied, held):
    """A wall that a negative pulse moves to a lower notch has moved in its direction; signs that differ are said."""

    def fitted(positive, negative):
        ends = np.array([np.repeat([1, 2], [100 - positive, positive]), np.repeat([2, 1], [100 - negative, negative])])
        pulse = track(
            ends * 32e-9,
            np.zeros((2, 100, 40, 3)),
            current_density=5e11,
            pulse_width=5e-10,
            start_notch=np.array([1, 2]),
            direction=np.array([1, -1]),
            peak_temperature=340.0,
        )
        return fit_domain_wall_mtj([pulse], rest, varied, held)

    alike, unlike = fitted(60, 55), fitted(90, 30)
    assert alike.moved.tolist() == [[[85, 115]]]
    assert alike.mirror_p_value > 0.3
    assert alike.warnings() == []
    assert any("pulses of one sign move the wall more often than the others" in line for line in unlike.warnings())


@pytest.mark.parametrize(("moves", "lost"), [([-1, 0, 1, 2], 0), ([0, 1, 2, 3], 7), ([-2, -1, 0, 1], 4)])
def test_walls_beyond_the_notches_of_a_pulse_give_a_warning(model, moves, lost):
    """Pulses start at the second of four notches; a track that has no more than these loses walls in earnest."""
    counts = np.array([[[4, 40, 40, 7]]])
    long = replace(model, level_mean=1e-5 * np.arange(1.0, 9), moves=np.array(moves), moved=counts)
    said = [line for line in long.warnings() if "beyond the 4 notches" in line]
    assert said == [line for line in said if line.startswith(f"{lost} of 91 pulses moved the wall")]
    assert len(said) == (lost > 0)
    whole = replace(long, level_mean=long.level_mean[:4])
    assert not any("beyond the 4 notches" in line for line in whole.warnings())


def test_energy_and_latency_of_a_pulse(pulse, rest, varied, held):
    longer = [pulse(current, {0: 50, 1: 50}, width) for width in (1e-9, 5e-10) for current in (6e11, 5e11)]
    model = fit_domain_wall_mtj(longer, rest, varied, held)
    assert model.pulse_width.tolist() == [5e-10, 1e-9]
    assert model.current_density.tolist() == [5e11, 6e11]
    assert model.pulse_energy[0, 1] == pytest.approx((6e11 * 1.6e-16) ** 2 * 4000 * 5e-10)
    assert model.pulse_energy[1] == pytest.approx(2 * model.pulse_energy[0])
    assert model.pulse_latency == pytest.approx([2e-9, 2.5e-9])


def test_writing_reaches_its_level_and_counts_its_pulses(model):
    written = model.program(jax.random.key(0), np.full(4000, model.level_mean[1]))
    assert not written.failed.any()
    # From level 0: a first pulse that moves by one at 80 %, by two at 10 %, not at all at 10 %. With n the mean
    # number of pulses from one notch away on either side, n = 1 + 0.2 n. Its variance is 0.3: error 0.9 %.
    assert written.pulses.mean() == pytest.approx(1 / 0.8, rel=0.04)
    assert written.energy == pytest.approx(written.pulses * model.pulse_energy[0, 1])
    assert written.latency == pytest.approx(written.pulses * model.pulse_latency[0])
    assert (written.conductance == model.level_mean[1]).all()


def test_jitter_averages_out_over_a_read(model):
    """The readings of these ensembles are independent: n of them leave 1 / sqrt(n), beyond the record too."""
    interval = model.level_integration_time[1]
    assert model.jitter() == pytest.approx(model.level_std)
    for count in (1, 4, 1000):
        assert model.jitter(count * interval) == pytest.approx(model.level_std / np.sqrt(count), rel=0.3)
    with pytest.raises(ValueError, match="integration time -1 s is not 0 or more"):
        model.jitter(-1.0)


def test_a_wall_driven_off_the_track_is_a_failure(model):
    """To the last level, from the one before it, by pulses of 6e11 A/m^2: 0.1 of 0.9 that move leave the track, and
    those of 5e11 A/m^2, none of which does, are slow but safe: five are expected, and a lost wall counts as 200."""
    written = model.program(jax.random.key(1), np.full(4000, model.level_mean[3]), start=2)
    assert not written.failed.any()
    assert written.pulses.mean() == pytest.approx(5, rel=0.06)  # a geometric distribution's error is 1.4 %


def test_writing_where_no_pulse_is_safe_loses_walls(pulse, rest, varied, held):
    wild = [pulse(current, {1: 50, 4: 50}) for current in (5e11, 6e11)]
    model = fit_domain_wall_mtj(wild, rest, varied, held)
    written = model.program(jax.random.key(1), np.full(4000, model.level_mean[3]), start=2)
    assert written.failed.mean() == pytest.approx(0.5, abs=0.03)  # four standard errors
    assert written.conductance[written.failed].mean() == pytest.approx(model.level_mean[3], rel=0.01)


def test_negative_pulses_are_the_mirror_image(model):
    """Down from the last level as up from the first: the same pulses on average, 4000 of each known to 0.9 %."""
    up = model.program(jax.random.key(2), np.full(4000, model.level_mean[2]), start=0)
    down = model.program(jax.random.key(3), np.full(4000, model.level_mean[1]), start=3)
    assert up.pulses.mean() == pytest.approx(down.pulses.mean(), rel=0.05)
    assert up.pulses.mean() > 1.3  # two notches are further than one


def test_writing_the_present_level_costs_nothing(model):
    written = model.program(jax.random.key(0), model.level_mean[0])
    assert (written.pulses, written.energy, written.failed) == (0, 0, False)


def test_a_pulse_that_never_moves_is_a_failure_and_is_said(pulse, rest, varied, held):
    model = fit_domain_wall_mtj([pulse(j, {0: 50}) for j in (1e11, 2e11)], rest, varied, held)
    assert model.program(jax.random.key(0), np.full(3, rest_level(rest))).failed.all()
    assert any("no pulse moves the wall" in warning for warning in model.warnings())


def test_a_wall_that_leaves_its_notch_at_rest_gives_a_warning(track, pulses, rest, model, varied, held):
    positions = rest.value("wall_position").copy()
    positions[2, 0] += 32e-9
    strayed = fit_domain_wall_mtj(pulses, track(positions, rest.magnetisation), varied, held)
    assert any("1 of 64 walls left their notch" in warning for warning in strayed.warnings())
    assert strayed.observed_escape_rate.value == pytest.approx(1 / (64 * model.rest_time))
    assert model.warnings() == []


def rest_level(rest):
    return 2e-4 * (1 + 0.46 * float(rest.magnetisation[2, ..., 2].mean()))


def test_targets_beyond_the_levels_are_refused(model):
    with pytest.raises(ValueError, match="outside the levels; accepted"):
        model.program(jax.random.key(0), 1e-3)


def test_an_ensemble_of_the_other_device_is_refused(fluctuation, rest, varied, held):
    with pytest.raises(FileFormatError, match="expected a domain_wall_mtj"):
        fit_domain_wall_mtj([fluctuation(0.0, lambda z: z)], rest, varied, held)


def test_pulses_that_leave_a_hole_are_refused(pulse, rest, varied, held):
    hole = [pulse(5e11, {0: 1}), pulse(6e11, {0: 1}), pulse(5e11, {0: 1}, 1e-9)]
    with pytest.raises(FileFormatError, match=r"no pulses of 6e\+11 A/m\^2 and 1e-09 s"):
        fit_domain_wall_mtj(hole, rest, varied, held)
