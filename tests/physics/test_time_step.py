"""The largest validated time step: up to it a thermal mesh is right, above it it is refused."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.llg import ensemble, heun, midpoint
from magbayes.micromag.llg.model import to_grid, translate
from tests.oommf_cases import AS_GIVEN

VOLTAGE = -4.0
DAMPING = 0.2
P_VALUE = 1e-4

# <m_z> and std(m_x) of the disk in equilibrium, each with its standard error, from Heun's scheme with steps of 0.1 ps,
# a third of its limit: 512 replicas of 7 ns, 23 November 2026. Equilibrium does not know the damping.
MOMENT, SIGMA = (0.93310, 0.00019), (0.13614, 0.00058)


def equilibrium(model, scheme, time_step, monkeypatch, replicas=192):
    """<m_z> and std(m_x), each with its standard error, of a stiff disk."""
    start = to_grid(StochasticMTJ().magnetisation.orientation.array)
    with monkeypatch.context() as patch:
        # `heun` and `midpoint` of this file are the same modules, which tell their own limits again afterwards.
        patch.setattr(ensemble.SCHEMES[scheme], "largest_step", lambda model, duration: 1.0)
        records = ensemble.run(
            # Ten relaxation times of the slowest mode, whose rate is damping times some 2e10 rad/s, half of them kept.
            model,
            start,
            replicas=replicas,
            samples=250,
            interval=1e-11,
            seed=5,
            time_step=time_step,
            scheme=scheme,
        )
    m = records.mean[:, 125:].astype(float)
    moments, variances = m[..., 2].mean(axis=1), (m[..., :2] ** 2).mean(axis=(1, 2))
    sigma = np.sqrt(variances.mean())
    return (moments.mean(), stats.sem(moments)), (sigma, stats.sem(variances) / (2 * sigma))


def deviation(found, expected):
    """Difference in units of its standard error."""
    return (found[0] - expected[0]) / np.hypot(found[1], expected[1])


@pytest.fixture(scope="module")
def disk():
    return translate(StochasticMTJ(damping=DAMPING, **AS_GIVEN).system(voltage=VOLTAGE))


@pytest.mark.slow
def test_moment_and_sigma_are_right_at_the_limit(disk, monkeypatch):
    """Of the default scheme; a standard error is 1 % of the loss of moment and 1 % of sigma."""
    found = equilibrium(disk, "midpoint", midpoint.largest_step(disk), monkeypatch)
    limit = stats.norm.isf(P_VALUE / 2)
    assert abs(deviation(found[0], MOMENT)) < limit
    assert abs(deviation(found[1], SIGMA)) < limit
    # Control: the same with noise that is 10 % too strong.
    hotter = dataclasses.replace(disk, temperature=1.1**2 * disk.temperature)
    heated = equilibrium(hotter, "midpoint", midpoint.largest_step(disk), monkeypatch)
    assert deviation(heated[0], MOMENT) < -2 * limit


@pytest.mark.slow
def test_fast_spin_waves_stay_cool_far_above_the_limit(disk, monkeypatch):
    """What the scheme is for: at four times its limit, sixteen times Heun's, the moment is still there.

    Heun's scheme loses it at four times its own limit.
    """
    expected = 1 - MOMENT[0]
    far = equilibrium(disk, "midpoint", 4 * midpoint.largest_step(disk), monkeypatch, replicas=64)
    assert 1 - far[0][0] == pytest.approx(expected, rel=0.15)
    heated = equilibrium(disk, "heun", 4 * heun.largest_step(disk), monkeypatch, replicas=64)
    assert 1 - heated[0][0] > 1.5 * expected


@pytest.mark.slow
def test_heun_is_within_a_tenth_at_its_limit(disk, monkeypatch):
    """A tenth of the thermal loss is half a per cent of the moment and moves sigma by about a per cent."""
    found = equilibrium(disk, "heun", heun.largest_step(disk), monkeypatch, replicas=64)
    assert 1 - found[0][0] == pytest.approx(1 - MOMENT[0], rel=0.10)


@pytest.mark.parametrize("scheme", [heun, midpoint])
def test_limit_falls_with_the_damping(scheme):
    """(omega dt)^3 / (8 damping) is what heats; a limit of omega dt alone would be wrong for low damping."""
    limit = {
        damping: scheme.largest_step(translate(StochasticMTJ(damping=damping).system(temperature=1.0)))
        for damping in (0.001, 0.003, 0.2)
    }
    assert limit[0.003] / limit[0.001] == pytest.approx(3 ** (1 / 3))
    assert limit[0.2] > limit[0.003]


def test_too_large_a_step_is_refused_with_the_largest_allowed():
    with pytest.raises(ValueError, match=r"largest step allowed is 4\.\d+e-13 s"):
        simulate(StochasticMTJ().system(), replicas=1, duration=1e-12, sample_interval=1e-12, seed=0, time_step=5e-13)


@pytest.mark.parametrize("step", [0.0, -1e-13, float("nan"), float("inf")])
def test_a_step_that_is_no_positive_number_is_refused(step):
    with pytest.raises(ValueError, match=f"time step {step}.*must be a positive number"):
        ensemble.time_step_for(translate(StochasticMTJ().system()), 1e-12, step)


def test_an_unknown_scheme_is_refused_by_name():
    with pytest.raises(ValueError, match="scheme 'euler' is not known; there are: midpoint, heun"):
        ensemble.time_step_for(translate(StochasticMTJ().system()), 1e-12, scheme="euler")


def test_the_step_divides_the_sample_interval():
    model = translate(StochasticMTJ().system())
    largest = midpoint.largest_step(model)
    step, count = ensemble.time_step_for(model, 50e-12)
    assert step * count == pytest.approx(50e-12, rel=1e-12)
    assert largest * count / (count + 1) < step <= largest
