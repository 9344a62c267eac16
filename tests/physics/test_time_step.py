"""The largest validated time step: below it the moment of a thermal mesh is right, above it it is refused."""

import pytest

from micromag import StochasticMTJ, simulate
from micromag.llg import ensemble, heun
from micromag.llg.model import to_grid, translate

VOLTAGE = -1.0


def loss(model, damping, time_step, monkeypatch):
    """1 - <m_z> of a stiff disk in equilibrium: it grows when short spin waves gain energy."""
    monkeypatch.setattr(heun, "largest_step", lambda *_: 1.0)
    # Ten relaxation times of the slowest mode, whose rate is damping times some 2e10 rad/s.
    samples = round(10 / (damping * 2e10) / 1e-11)
    trajectory = ensemble.run(
        model,
        to_grid(StochasticMTJ().magnetisation.orientation.array),
        replicas=64,
        samples=samples,
        interval=1e-11,
        seed=5,
        time_step=time_step,
    )
    return 1 - trajectory.mean[:, samples // 2 :, 2].astype(float).mean()


@pytest.mark.parametrize("damping", [0.03, 0.2])
def test_limit_is_right_and_twice_the_limit_is_not(monkeypatch, damping):
    model = translate(StochasticMTJ(damping=damping).system(voltage=VOLTAGE))
    largest = heun.largest_step(model.fastest_precession, model.fastest_diffusion, damping)
    reference = loss(model, damping, largest / 4, monkeypatch)
    # A tenth of the thermal loss is half a per cent of the moment and moves sigma by about a per cent.
    assert loss(model, damping, largest, monkeypatch) == pytest.approx(reference, rel=0.10)
    assert loss(model, damping, 2 * largest, monkeypatch) > 1.5 * reference


def test_limit_falls_with_the_damping():
    """(omega dt)^3 / (8 damping) is what heats; a limit of omega dt alone would be wrong for low damping."""
    limit = {a: heun.largest_step(1e12, 0.0, a) for a in (0.003, 0.03, 1.0)}
    assert limit[0.03] / limit[0.003] == pytest.approx(10 ** (1 / 3))
    assert limit[1.0] == pytest.approx(heun.LIMIT / 1e12)


def test_too_large_a_step_is_refused_with_the_largest_allowed():
    with pytest.raises(ValueError, match=r"largest step allowed is 1\.\d+e-13 s"):
        simulate(StochasticMTJ().system(), replicas=1, duration=1e-12, sample_interval=1e-12, seed=0, time_step=5e-13)


def test_the_step_divides_the_sample_interval():
    model = translate(StochasticMTJ().system())
    largest = heun.largest_step(model.fastest_precession, model.fastest_diffusion, 0.03)
    step, count = ensemble.time_step_for(model, 50e-12)
    assert step * count == pytest.approx(50e-12, rel=1e-12)
    assert largest * count / (count + 1) < step <= largest
