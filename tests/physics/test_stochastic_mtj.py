"""A stiff disk fluctuates like one rigid spin."""

import numpy as np
import pytest
from scipy import stats

from magbayes.micromag import StochasticMTJ
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.model import to_grid, translate
from tests.oommf_cases import AS_GIVEN

VOLTAGE = -1.0
# Cold, so that spin waves hardly shorten the moment (1 - <m> is 0.5 %) and the angles are small
# (sigma is 4 %): together they shift sigma by about 1 %.
TEMPERATURE = 30.0
BIAS = 0.015
P_VALUE = 1e-4


@pytest.fixture(scope="module")
def disk():
    # High damping changes no equilibrium and gives many independent samples.
    return StochasticMTJ(damping=0.5, **AS_GIVEN)


def sigma(model, device):
    """std(m_x), and its standard error from independent replicas."""
    trajectory = ensemble.run(
        model,
        to_grid(device.magnetisation.orientation.array),
        replicas=128,
        samples=60,
        interval=2e-11,
        seed=3,
    )
    variances = (trajectory.mean[:, 20:, :2].astype(float) ** 2).mean(axis=(1, 2))
    return np.sqrt(variances.mean()), stats.sem(variances) / (2 * np.sqrt(variances.mean()))


@pytest.mark.slow
def test_sigma_is_the_macrospins(disk, half_noise, without_exchange):
    model = translate(disk.system(voltage=VOLTAGE, temperature=TEMPERATURE))
    expected = disk.macrospin_sigma(VOLTAGE, TEMPERATURE)

    def agrees(model):
        value, error = sigma(model, disk)
        return abs(value - expected) < BIAS * expected + stats.norm.isf(P_VALUE / 2) * error

    assert agrees(model)
    assert not agrees(half_noise(model))
    assert not agrees(without_exchange(model))


def test_gate_voltage_lowers_the_barrier(disk):
    barriers = [disk.barrier(voltage) for voltage in (-1.0, 0.0, 1.0)]
    assert np.diff(barriers) == pytest.approx(
        -disk.vcma_coefficient / disk.oxide_thickness * disk.area * np.ones(2), rel=1e-9
    )
