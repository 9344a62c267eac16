"""What leaks through the dielectric of a gate, against the integral that its closed form stands for."""

import numpy as np
import pytest
from scipy.constants import epsilon_0
from scipy.integrate import quad

from magbayes.micromag import StochasticMTJ
from magbayes.micromag.devices.dielectric import Dielectric

AREA = 1.26e-15
GATE = Dielectric(
    thickness=4e-9,
    permittivity=10.0,
    resistance_area=1.76e-7,
    measured_thickness=2.8e-9,
    decay_length=0.18e-9,
    height=3.0,
)


def exponent(voltage, height=GATE.height):
    """Integral of the decay through the tilted barrier: sqrt of its height, over that without voltage."""
    end = min(1.0, height / voltage) if voltage else 1.0
    under = quad(lambda x: np.sqrt(max(0.0, 1 - voltage * x / height)), 0, end, epsabs=1e-12)[0]
    return GATE.thickness / GATE.decay_length * under


@pytest.mark.parametrize("voltage", [0.01, 0.5, 2.0, 2.999, 3.0, 3.5, 8.0])
def test_the_voltage_tilts_the_barrier(voltage):
    gained = np.log(GATE.conductance(voltage, AREA) / GATE.conductance(0.0, AREA))
    assert gained == pytest.approx(exponent(0.0) - exponent(voltage), rel=1e-6, abs=1e-8)
    assert GATE.conductance(-voltage, AREA) == GATE.conductance(voltage, AREA)
    # Control: half a volt more of barrier.
    assert gained != pytest.approx(exponent(0.0) - exponent(voltage, 3.5), rel=1e-2)


def test_without_voltage_it_is_the_measured_resistance_at_its_thickness():
    thick = Dielectric(2.8e-9, 10.0, 1.76e-7, 2.8e-9, 0.18e-9, 3.0)
    assert thick.conductance(0.0, AREA) == pytest.approx(AREA / 1.76e-7)
    assert GATE.conductance(0.0, AREA) == pytest.approx(AREA / 1.76e-7 * np.exp(-1.2 / 0.18))
    assert GATE.capacitance(AREA) == pytest.approx(10 * epsilon_0 * AREA / 4e-9)


def test_a_field_above_the_barrier_leaks_as_much_through_any_thickness():
    """Of one field, 1 V/nm, which reaches the height of 3 eV in 3 nm; below, each nanometre counts."""
    current = [t * Dielectric(t * 1e-9, 10.0, 1.76e-7, 2.8e-9, 0.18e-9, 3.0).conductance(t, AREA) / t for t in (4, 5)]
    assert current[1] == pytest.approx(current[0], rel=1e-9)
    weak = [Dielectric(t * 1e-9, 10.0, 1.76e-7, 2.8e-9, 0.18e-9, 3.0).conductance(0.2 * t, AREA) for t in (4, 5)]
    assert weak[1] < 0.05 * weak[0]


def test_the_read_voltage_acts_through_the_thinner_barrier():
    device = StochasticMTJ()
    assert device.read_lever == pytest.approx(6.0 / 1.05)
    assert StochasticMTJ(barrier_vcma_coefficient=0.0).read_lever == 0
    shared = StochasticMTJ(gate_thickness=1.05e-9)
    assert shared.read_lever == pytest.approx(1)
    # What a volt does at the gate, times the lever, is what it does at the barrier.
    step = device.anisotropy_at(0.0) - device.anisotropy_at(0.1 * device.read_lever)
    assert step == pytest.approx(75e-15 * 0.1 / 1.05e-9 / device.thickness)


def test_the_default_gate_leaks_less_than_its_capacitor_spares():
    """At the largest voltage of the default some femtofarads keep 1 % for microseconds; half as thick, they do not."""
    device = StochasticMTJ()
    assert 2.4 * device.gate.conductance(2.4, device.area) == pytest.approx(9.6e-13, rel=0.1)
    thin = StochasticMTJ(gate_thickness=3e-9)
    assert 1.2 * thin.gate.conductance(1.2, thin.area) > 1e4 * 2.4 * device.gate.conductance(2.4, device.area)
