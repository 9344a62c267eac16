"""Whether a record is in equilibrium: false alarms at the stated rate, and records that still relax are caught."""

from dataclasses import replace

import numpy as np
import pytest
from numpyro.diagnostics import split_gelman_rubin
from scipy.signal import lfilter
from scipy.stats import binom

from magbayes.compact_models.equilibrium import (
    FALSE_ALARM,
    LONGEST,
    PARTS,
    by_parts,
    drift_p_value,
    joint_p_value,
    missing_of_start,
    relaxation_time,
)
from magbayes.compact_models.fit import analyse_fluctuation, fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.data.convergence import WORST_CONVERGENCE

RECORDS = 2000


def p_values(rng, memory, growth=0.0):
    """Of records of 24 replicas, Gaussian with a memory in samples, whose std grows by a share along the record."""
    decay = np.exp(-1 / memory)
    kicks = rng.normal(size=(RECORDS, 24, 200 + 20 * int(memory)))
    series = lfilter([np.sqrt(1 - decay**2)], [1, -decay], kicks, axis=-1)[..., -200:]
    series *= 1 + growth * np.linspace(-0.5, 0.5, 200)
    return np.array([drift_p_value(by_parts(record**2)) for record in series])


@pytest.mark.slow
@pytest.mark.parametrize("memory", [1.0, 20.0])
def test_false_alarms_come_as_often_as_stated(memory):
    """At 5 % and at the rate of the warning, of 2000 records; bounds of binomial chance at 1e-4. Memory is no alarm."""
    found = p_values(np.random.default_rng(1), memory)
    for rate in (0.05, FALSE_ALARM):
        low, high = binom.ppf([0.5e-4, 1 - 0.5e-4], RECORDS, rate)
        assert low <= (found < rate).sum() <= high


def test_a_std_that_grows_by_a_third_is_caught():
    found = p_values(np.random.default_rng(2), 1.0, growth=0.33)
    assert (found < FALSE_ALARM).mean() > 0.95


STEP, MEMORY = 0.05, 3.0
"""Sample interval, and memory of the square of a component, in ns."""


def from_rest(rng, discarded, replicas=48, recorded=5.0):
    """Two components (replicas, samples, 2) of variance 1 in equilibrium that start at 0, `discarded` ns before."""
    decay = np.exp(-STEP / (2 * MEMORY))
    count = round((discarded + recorded) / STEP)
    kicks = np.sqrt(1 - decay**2) * rng.normal(size=(replicas, 2, count))
    return np.moveaxis(lfilter([1], [1, -decay], kicks, axis=-1), 1, 2)[:, round(discarded / STEP) :]


@pytest.mark.parametrize("discarded", [2.0, 6.0])
def test_what_the_start_leaves_missing_is_told_from_the_memory(discarded):
    """100 ensembles of 48 records, shorter than two memories; the truth is that of an exponential relaxation."""
    rng, told, found = np.random.default_rng(3), [], []
    for _ in range(100):
        square = (from_rest(rng, discarded) ** 2).mean(axis=2)
        told.append(missing_of_start(relaxation_time(square, 5.0), discarded, 5.0))
        found.append(1 - square.mean())
    truth = missing_of_start(MEMORY, discarded, 5.0)
    error = np.std(found) / 10
    assert np.mean(found) == pytest.approx(truth, abs=4 * error)
    # A record that is still far off shows a part of its memory: half of what is missing at least, not more than all.
    assert 0.5 < np.mean(told) / truth < 1.35


def test_memory_of_records_longer_and_shorter_than_it():
    rng = np.random.default_rng(4)
    for recorded in (2.0, 40.0):
        square = (from_rest(rng, 30.0, replicas=2000, recorded=recorded) ** 2).mean(axis=2)
        assert relaxation_time(square, recorded) == pytest.approx(MEMORY, rel=0.15)
    assert relaxation_time(np.ones((4, 10)), 1.0) == 0.0
    assert relaxation_time(np.repeat(np.arange(4.0)[:, None], 10, axis=1), 1.0) == LONGEST


def ensemble_of(like, components, discarded):
    """A raw ensemble like another one with m_x and m_y of these (replicas, samples, 2), after a time in ns."""
    m = np.concatenate([components, 0 * components[..., :1]], axis=-1)[None].astype(np.float32)
    time = 1e-9 * (discarded + STEP * np.arange(1, components.shape[1] + 1))
    return replace(like, magnetisation=m, time=time)


@pytest.mark.slow
def test_an_ensemble_that_is_still_too_narrow_is_in_doubt_and_one_in_equilibrium_is_not(fluctuation, varied):
    """As in records of 5 ns behind 2 ns of a disk that needs 3 ns to forget: sigma is 13 % too small."""
    rng, like = np.random.default_rng(5), fluctuation(0.0, lambda z: 0.1 * z, samples=100)

    def warnings(discarded):
        ensembles = []
        for voltage, width in ((-1.0, 0.1), (0.0, 0.2)):
            bias = {**like.bias, "voltage": replace(like.bias["voltage"], value=voltage)}
            components = width * from_rest(rng, discarded, replicas=96)
            ensembles.append(replace(ensemble_of(like, components, discarded), bias=bias))
        return fit_stochastic_mtj(ensembles, varied, seed=1)[0].warnings()

    assert sum(line.startswith("too short an equilibration at") for line in warnings(2.0)) == 2
    assert not any("equilibrium" in line or "equilibration at" in line for line in warnings(30.0))


def test_an_ensemble_whose_sigma_drifts_is_in_doubt(fluctuation, varied):
    """Sigma grows from 0.156 to 0.214 along a record of 5 ns; split R-hat sees nothing, that of ranks does."""
    still = fluctuation(0.0, lambda z: 0.185 * z, replicas=256, samples=100)
    growth = np.linspace(0.156, 0.214, 100) / 0.185
    moving = replace(still, magnetisation=(still.magnetisation * growth[:, None]).astype(np.float32))
    assert analyse_fluctuation(still, seed=1).drift_p_value > FALSE_ALARM
    point = analyse_fluctuation(moving, seed=1)
    assert point.drift_p_value < FALSE_ALARM
    assert point.sigma_parts[-1] / point.sigma_parts[0] == pytest.approx(0.208 / 0.162, rel=0.1)
    read = moving.magnetisation[0, ..., :2].astype(float)
    assert split_gelman_rubin(read).max() < WORST_CONVERGENCE < point.marginal.convergence
    narrow = fluctuation(-1.0, lambda z: 0.1 * z, samples=100)
    (said,) = [w for w in fit_stochastic_mtj([narrow, moving], varied, seed=1)[0].warnings() if "equilibrium" in w]
    assert said.startswith("not in equilibrium at 0 V: sigma in equal parts of the record is ")
    assert said.count(", ") == PARTS - 1


def test_levels_that_drift_at_rest_are_in_doubt(pulses, rest, varied, held):
    still = fit_domain_wall_mtj(pulses, rest, varied, held)
    assert not any("drift" in line for line in still.warnings())
    m = rest.magnetisation.copy()
    m[..., 2] += 0.01 * np.linspace(0, 1, m.shape[2])[None, None]
    drifting = fit_domain_wall_mtj(pulses, replace(rest, magnetisation=m), varied, held)
    assert any(line.startswith("levels drift while resting") for line in drifting.warnings())
    assert drifting.level_drift == pytest.approx(0.8 * 0.01 * 2e-4 * 0.46, rel=0.3)


def test_records_too_short_for_a_trend_give_no_alarm():
    assert drift_p_value(by_parts(np.ones((8, 1)))) == 1.0
    assert drift_p_value(by_parts(np.random.default_rng(1).normal(size=(1, 10)))) == 1.0
    assert by_parts(np.arange(14.0)[None]).tolist() == [[0.5, 2.5, 4.5, 6.5, 8.5]]
    assert joint_p_value([]) == 1.0
    assert joint_p_value([0.5, 0.0]) == 0.0
