"""The junction whose barrier is its gate: resistance, voltage, current, torque and heat, each by another way."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0

from magbayes.micromag import StochasticMTJ
from magbayes.micromag.devices.two_terminals import THICKER, TwoTerminalMTJ, barriers

ROOM = 300.0
PAGE = Path(__file__).parents[2] / "docs" / "array.md"


@pytest.fixture
def device():
    return StochasticMTJ()


def test_resistance_goes_through_both_points_that_were_read(device):
    """The barrier's own, and 176 kOhm um^2 with 2.8 nm: the decay length is their rounded slope, worth 2 % here."""
    assert TwoTerminalMTJ(device, device.barrier_thickness, ROOM).resistance_area == pytest.approx(9.8e-12, rel=1e-9)
    assert TwoTerminalMTJ(device, 2.8e-9, ROOM).resistance_area == pytest.approx(1.76e-7, rel=0.02)
    # Without a gate's dielectric in between: one material.
    assert device.gate_resistance_area == pytest.approx(1.76e-7)


@pytest.mark.parametrize("thickness", [1.05e-9, 1.8e-9])
def test_the_voltage_moves_the_anisotropy_as_the_gate_would(device, thickness):
    junction = TwoTerminalMTJ(device, thickness, ROOM)
    voltage = junction.voltage(2.0)
    through_barrier = device.changed(vcma_coefficient=device.barrier_vcma_coefficient, gate_thickness=thickness)
    assert through_barrier.anisotropy_at(voltage) == pytest.approx(device.anisotropy_at(2.0), rel=1e-12)


def test_a_barrier_that_tunes_nothing_is_refused(device):
    deaf = device.changed(barrier_vcma_coefficient=0.0)
    with pytest.raises(ValueError, match=r"barrier_vcma_coefficient 0 J/\(V m\) tunes nothing .*; accepted: above 0"):
        TwoTerminalMTJ(deaf, 1.2e-9, ROOM).voltage(1.0)


def test_current_is_that_of_the_model_at_small_voltage(device):
    """G = A / RA (1 + P^2) at m.p = 0, the compact model's mean conductance; a bias adds to it."""
    junction = TwoTerminalMTJ(device, device.barrier_thickness, ROOM)
    expected = device.area / 9.8e-12 / (1 + 1.2 / 3.2)
    assert junction.conductance(1e-6) == pytest.approx(expected, rel=1e-5)
    assert 1.1 * expected < junction.conductance(0.42) < 1.5 * expected


def test_torque_is_angular_momentum_a_second_over_that_of_the_layer(device):
    junction, voltage = TwoTerminalMTJ(device, 1.05e-9, ROOM), 0.42
    electrons = voltage * junction.conductance(voltage) / e
    polarised = electrons * np.sqrt(1.2 / 3.2) * hbar / 2
    moment = device.saturation_magnetisation * device.volume
    # A torque per moment, with mu_0 moment x field: a.
    assert junction.torque(voltage) == pytest.approx(polarised / (mu_0 * moment), rel=1e-9)
    # In the middle of what was said of it by hand, 4.4 mT without the bias dependence of the current.
    assert 4.4e-3 < mu_0 * junction.torque(voltage) < 5.6e-3


def test_heat_goes_with_power_and_holds_its_range(device):
    junction, voltage = TwoTerminalMTJ(device, 1.4e-9, ROOM), 0.56
    rise = junction.rise(voltage)
    power = voltage**2 * junction.conductance(voltage)
    assert rise.value == pytest.approx(5e-9 * power / device.area, rel=1e-12)
    assert rise.low < rise.value < rise.high
    assert junction.rise(2 * voltage).value > 4 * rise.value


def test_a_current_moves_a_thin_barrier_and_not_a_thick_one(device):
    thin, thick = (TwoTerminalMTJ(device, thickness, ROOM) for thickness in (1.05e-9, 2.2e-9))
    moved, still = (junction.respond(0.135, -0.36, junction.voltage(2.43), 1e-9) for junction in (thin, thick))
    assert moved.mean > 0.05
    assert moved.read > 1.1
    assert still == pytest.approx((0.0, 1.0, 1.0), abs=1e-3)
    # Either sign of the voltage drives as far.
    assert thin.respond(0.135, -0.36, -thin.voltage(2.43), 1e-9) == moved


def test_barriers_go_on_from_the_device_s_own(device):
    found = barriers(device, ROOM)
    ratios = [b.resistance_area / a.resistance_area for a, b in itertools.pairwise(found)]
    assert ratios == pytest.approx([np.e] * THICKER, rel=1e-9)
    assert found[0].resistance_area == pytest.approx(device.resistance_area, rel=1e-9)


def test_the_table_of_the_documentation_follows(device):
    """Columns that follow from the device alone, to the digits that are printed."""
    rows = re.findall(r"^\| (\d\.\d\d) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 6
    # The last of the default's gate voltages, less what its reads of 0.1 V add.
    gate = 3.0 - 0.1 * device.read_lever
    for thickness, cells in rows:
        resistance, volts, current, _, torque, _, warmer, *_ = (cell.split()[0] for cell in cells.split("|"))
        # Printed thicknesses are rounded: each stands for the next decay length.
        steps = round((float(thickness) * 1e-9 - device.barrier_thickness) / device.gate_decay_length)
        junction = barriers(device, ROOM)[steps]
        voltage = junction.voltage(gate)
        found = (
            1e12 * junction.resistance_area,
            voltage,
            1e6 * voltage * junction.conductance(voltage),
            1e3 * mu_0 * junction.torque(voltage),
            junction.rise(voltage).value,
        )
        for value, text in zip(found, (resistance, volts, current, torque, warmer), strict=True):
            last = 10.0 ** -len(text.partition(".")[2]) if "." in text else 10.0 ** (len(text) - len(text.rstrip("0")))
            assert abs(value - float(text)) < 0.6 * last
