"""The native engine against real runs of OOMMF that are on record in ``data/oommf``."""

import numpy as np
import pytest
from scipy.stats import t as student

from magbayes.data import cited
from magbayes.micromag import DomainWallMTJ, StochasticMTJ, simulate
from magbayes.micromag.engines.native import readout_weights
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.runge_kutta import integrate
from tests import oommf_cases as cases

STOCHASTIC = cited.load("oommf", "stochastic_mtj")
DOMAIN_WALL = cited.load("oommf", "domain_wall_mtj")
PULSE = np.array(DOMAIN_WALL["pulse"]["m"])


@pytest.mark.parametrize(("device", "table"), [("smtj", STOCHASTIC), ("dwmtj", DOMAIN_WALL)])
def test_energies_of_a_random_state(device, table):
    """Term by term; OOMMF's mu0 is the value before 2019, which differs by 1e-10."""
    system = cases.random_state(device)
    found = energies(translate(system), to_grid(system.m.orientation.array))
    assert found.keys() == table["energies"]["J"].keys()
    assert found == pytest.approx(table["energies"]["J"], rel=1e-6)


@pytest.mark.slow
def test_pulse_without_temperature_point_by_point():
    """Adaptive integrators on both sides, 1e-5 apart; the pulse itself moves m_z by 0.1."""
    system = DomainWallMTJ(**cases.AS_GIVEN).system(**cases.PULSE)
    model = translate(system)
    weights = readout_weights(system, "reference")
    stages = integrate(
        model, to_grid(system.m.orientation.array), duration=cases.PULSE_SAMPLES["sample_interval"], stages=len(PULSE)
    )
    found = np.array([(weights * stage.m).sum(axis=(1, 2, 3)) / weights.sum() for stage in stages])
    assert np.ptp(PULSE[:, 2]) > 0.05
    assert found == pytest.approx(PULSE, abs=5e-5)


@pytest.mark.slow
def test_pulse_without_temperature_in_an_ensemble():
    """The midpoint scheme at its largest step: 4e-3 of the precession in the wall, 3e-4 of where the wall is."""
    ensemble = simulate(DomainWallMTJ(**cases.AS_GIVEN).system(**cases.PULSE), **cases.PULSE_SAMPLES)
    assert 1e12 * ensemble.time == pytest.approx(np.array(DOMAIN_WALL["pulse"]["time_ps"]))
    assert ensemble.magnetisation[0, :, :2] == pytest.approx(PULSE[:, :2], abs=1e-2)
    assert ensemble.magnetisation[0, :, 2] == pytest.approx(PULSE[:, 2], abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("point", STOCHASTIC["fluctuation"]["points"], ids=lambda point: f"{point['voltage']:g} V")
def test_fluctuation_has_the_width_and_the_moment(point):
    """Within the joint 99 % interval, of some 4 % for sigma; a sigma that is a fifth off lies outside."""
    device = StochasticMTJ(**STOCHASTIC["fluctuation"]["device"], **cases.AS_GIVEN)
    replicas = max(32, point["replicas"])
    ensemble = simulate(
        device.system(voltage=point["voltage"]), replicas=replicas, duration=14e-9, sample_interval=50e-12, seed=4
    )
    quantile = student.ppf(0.995, replicas - 1)
    found = cases.width_and_moment(ensemble.magnetisation[:, 40:])
    for (value, error), recorded in zip(found, (point["sigma"], point["m"]), strict=True):
        margin = quantile * np.hypot(error, recorded["error"])
        assert abs(value - recorded["value"]) < margin
        assert margin < 0.1 * value
    (sigma, error), recorded = found[0], point["sigma"]
    assert abs(1.2 * sigma - recorded["value"]) > quantile * np.hypot(1.2 * error, recorded["error"])
