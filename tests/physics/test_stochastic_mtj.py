"""A stiff disk fluctuates like one rigid spin, whose width is known at any angle."""

import numpy as np
import pytest
from scipy import stats
from scipy.constants import k
from scipy.integrate import dblquad

from magbayes.micromag import EllipticMTJ, StochasticMTJ
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.model import to_grid, translate
from tests.oommf_cases import AS_GIVEN

VOLTAGE = -4.0
# Cold, so that spin waves hardly shorten the moment (1 - <m> is 0.5 %) and the angles are small
# (sigma is 4 %): together they shift sigma by about 1 %.
TEMPERATURE = 30.0
BIAS = 0.015
P_VALUE = 1e-4
# So hot that angles are not small.
ROOM = 300.0


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
        -disk.vcma_coefficient / disk.gate_thickness * disk.area * np.ones(2), rel=1e-9
    )


@pytest.mark.parametrize("voltage", [-20.0, 0.0, 6.0, 20.0])
@pytest.mark.parametrize("device", [StochasticMTJ(), EllipticMTJ(aspect=2.0)], ids=["disk", "ellipse"])
def test_a_rigid_spin_at_any_angle(device, voltage):
    """An integral over both angles of the sphere; perpendicular and planar, by symmetry an eighth of it."""
    along, across = (barrier / (k * ROOM) for barrier in device.barriers(voltage, ROOM))

    def weight(azimuth, polar, power):
        x, y = np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth)
        return np.exp(min(0.0, along, across) - along * x**2 - across * y**2) * np.sin(polar) * x**power

    quarter = (0, np.pi / 2, 0, np.pi / 2)
    square, total = (dblquad(weight, *quarter, args=(power,))[0] for power in (2, 0))
    expected = np.sqrt(square / total)
    # Both integrals are good to 1e-8.
    assert device.rigid_spin_sigma(voltage, ROOM) == pytest.approx(expected, rel=1e-7)
    # Control: small angles.
    assert device.macrospin_sigma(voltage, ROOM) != pytest.approx(expected, rel=1e-3)
