"""The notched track: pinning, direction of the spin-orbit torque, mirror symmetry."""

import numpy as np
import pytest

from magbayes.micromag import simulate
from magbayes.micromag.protocols.pulses import wall_positions
from tests.oommf_cases import AS_GIVEN
from tests.tracks import small_track

DEVICE = small_track(notches=4, **AS_GIVEN)


def positions(start, current_density, duration=1e-9):
    system = DEVICE.system(start, current_density, 0.5e-9, temperature=0.0)
    ensemble = simulate(system, replicas=1, duration=duration, sample_interval=5e-11, seed=0, readout="reference")
    return wall_positions(DEVICE, ensemble.final)[0], ensemble.magnetisation[0, :, 2]


@pytest.mark.slow
def test_pulse_moves_the_wall_along_the_current_and_the_mirrored_pulse_back():
    forward, mz = positions(1, 8e11)
    backward, mirrored = positions(2, -8e11)
    assert forward > DEVICE.notch_positions[1] + DEVICE.notch_pitch / 2
    # The tracks are mirror images; float32 alone tells them apart, over a few thousand steps.
    assert mirrored == pytest.approx(-mz, abs=1e-2)
    assert backward == pytest.approx(-forward, abs=DEVICE.cell_size)


@pytest.mark.slow
def test_wall_rests_at_its_notch():
    position, mz = positions(1, 0.0)
    assert position == pytest.approx(DEVICE.notch_positions[1], abs=DEVICE.cell_size)
    # The notched section is up from its left end to the wall.
    up = (1 + 0.5) / DEVICE.notches
    assert mz[-1] == pytest.approx(2 * up - 1, abs=0.05)


def test_energy_and_resistance_of_the_metal():
    # R = rho L / (w t), E = (J w t)^2 R tau
    strip, etched = DEVICE, DEVICE.changed(heavy_metal_etched=True)
    cross_section = strip.width * strip.heavy_metal_thickness
    resistance = strip.heavy_metal_resistivity * strip.length / cross_section
    assert strip.resistance == pytest.approx(resistance)
    assert strip.pulse_energy(6e11, 5e-10) == pytest.approx((6e11 * cross_section) ** 2 * resistance * 5e-10)
    # With the outline of the track it resists more than slices of its width in series, along which current spreads.
    x = np.linspace(-DEVICE.length / 2, DEVICE.length / 2, 100001)
    slices = np.mean(1 / (2 * DEVICE.half_width(x))) * strip.width
    assert 1.01 < etched.resistance / (resistance * slices) < 1.2
