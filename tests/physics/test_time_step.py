"""The largest validated time step: below it the moment of a thermal mesh is right, above it it is refused."""

import numpy as np
import pytest
from micromag import StochasticMTJ, simulate
from micromag.llg import ensemble, heun
from micromag.llg.model import to_grid, translate

DEVICE = StochasticMTJ(damping=0.5)


def mean_cell_moment(model, time_step):
    """Mean of m_z over cells and replicas of a stiff disk: it falls when short spin waves gain energy."""
    trajectory = ensemble.run(
        model,
        to_grid(DEVICE.magnetisation.orientation.array),
        replicas=64,
        samples=20,
        interval=1e-11,
        seed=5,
        time_step=time_step,
    )
    return trajectory.mean[:, 5:, 2].astype(float).mean()


def test_limit_is_right_and_twice_the_limit_is_not(monkeypatch):
    model = translate(DEVICE.system(voltage=-1.0))
    largest = heun.LIMIT / model.fastest_precession
    monkeypatch.setattr(heun, "LIMIT", 10.0)
    reference = mean_cell_moment(model, largest / 4)
    # The loss 1 - <m_z> is thermal; 10 % of it moves sigma by less than 1 %.
    assert 1 - mean_cell_moment(model, largest) == pytest.approx(1 - reference, rel=0.10)
    assert 1 - mean_cell_moment(model, 2 * largest) > 1.5 * (1 - reference)


def test_too_large_a_step_is_refused_with_the_largest_allowed():
    system = DEVICE.system()
    with pytest.raises(ValueError, match=r"largest step allowed is 2\.\d+e-13 s"):
        simulate(system, replicas=1, duration=1e-12, sample_interval=1e-12, seed=0, time_step=5e-13)


def test_the_step_divides_the_sample_interval():
    model = translate(DEVICE.system())
    step, count = ensemble.time_step_for(model, 50e-12)
    assert step * count == pytest.approx(50e-12, rel=1e-12)
    assert step * model.fastest_precession <= heun.LIMIT
    assert np.isclose(step, 50e-12 / np.ceil(50e-12 * model.fastest_precession / heun.LIMIT))
