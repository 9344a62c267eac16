"""One rigid spin under a torque: limits that are known in closed form. The engine is compared in `tests/physics`."""

import numpy as np
import pytest
from scipy.constants import mu_0

from magbayes.micromag import EllipticMTJ, StochasticMTJ
from magbayes.micromag.devices.rigid_spin import AngleError, RigidSpin, driven, shape, spin_like

ROOM = 300.0
# mu_0 Ms V / kT of the default disk.
MOMENT = 5.5e-4


def spin(tilt=0.0, quartic=0.0, sideways=0.0, damping=0.03):
    return RigidSpin(tilt, quartic, sideways, damping, MOMENT)


@pytest.mark.parametrize("device", [StochasticMTJ(), EllipticMTJ(aspect=2.0)], ids=["disk", "ellipse"])
def test_width_without_a_torque_is_that_of_the_device(device):
    """Two integrals over the same sphere, in other angles; both good to 1e-5."""
    along, across = (barrier / (1.380649e-23 * ROOM) for barrier in device.barriers(0.0, ROOM))
    assert shape(along, 0.0, across - along)[0] == pytest.approx(device.rigid_spin_sigma(0.0, ROOM), rel=1e-5)


@pytest.mark.parametrize("energies", [(4.5, 0.0, 0.0), (3.2, 1.7, 0.0), (-3.0, 0.0, 0.0), (5.0, -0.5, 2.0)])
def test_harmonics_without_a_torque_give_the_boltzmann_distribution(energies):
    """Both are good to 1e-5: the harmonics are cut there, and the integral has steps of 1/4000."""
    found = driven(spin(*energies), 0.0, 1e-9)
    assert found.sigma == pytest.approx(shape(*energies)[0], rel=1e-5)
    assert abs(found.mean) < 1e-9
    # Control: another energy.
    assert found.sigma != pytest.approx(shape(energies[0] + 0.1, *energies[1:])[0], rel=1e-3)


@pytest.mark.parametrize("damping", [0.03, 0.5])
def test_a_spin_without_anisotropy_is_tilted_by_the_torque_over_the_damping(damping):
    """Without precession the torque is a field a / damping along p (J. Xiao et al., Phys. Rev. B 70, 172405 (2004))."""
    x = 2.0
    found = driven(spin(damping=damping), x * damping / MOMENT, 1e-12)
    langevin = 1 / np.tanh(x) - 1 / x
    assert found.mean == pytest.approx(langevin, rel=1e-6)
    assert found.sigma == pytest.approx(np.sqrt(1 - 2 * langevin / x - langevin**2), rel=1e-6)


def test_a_free_spin_forgets_with_twice_the_rate_of_diffusion():
    free = spin()
    q = 2 * free.diffusion * 2e-8
    expected = np.sqrt(2 * (q + np.expm1(-q)) / q**2 / 3)
    assert driven(free, 0.0, 2e-8).read == pytest.approx(expected, rel=1e-8)


def test_a_stiff_spin_rings():
    """At small angles m.p decays and precesses, exp(-t / tau) cos(omega t); of a read that is a closed form."""
    stiff = spin(tilt=50.0)
    decay = 2 * 50.0 * stiff.diffusion
    pole = decay * (1 + 1j / stiff.damping)
    time = 1e-9
    share = 2 * ((pole * time - 1 + np.exp(-pole * time)) / (pole * time) ** 2).real
    found = driven(stiff, 0.0, time)
    # Large angles precess slower by some percent, and a read of a few periods counts how many.
    assert found.read / found.sigma == pytest.approx(np.sqrt(share), rel=0.15)


def test_small_angles_feel_no_torque_to_first_order():
    """It is a static field across p there: m tilts sideways, and m.p keeps mean and std, far below H_K / 2."""
    stiff = spin(tilt=30.0)
    field = 2 * 30.0 / MOMENT
    still = driven(stiff, 0.0, 1e-9)
    moved = driven(stiff, 0.05 * field, 1e-9)
    assert abs(moved.mean) < 0.01 * still.sigma
    assert moved.sigma == pytest.approx(still.sigma, rel=0.01)
    # Damping times H_K, at which an antiparallel spin would start to precess, is 0.03 of it: no limit here.
    assert driven(spin(tilt=5.0), 0.5 * 2 * 5.0 / MOMENT, 1e-9).mean > 0.5


@pytest.mark.parametrize(("sigma", "kurtosis"), [(0.36, -0.36), (0.24, 0.05), (0.15, 0.0), (0.5, -0.9)])
def test_a_spin_with_a_width_and_a_shape(sigma, kurtosis):
    """Bounded minimisation ends within 1e-4 of the energy, which moves a kurtosis by less than 1e-3."""
    found = spin_like(sigma, kurtosis, sideways=0.0, damping=0.03, moment=MOMENT * 4.14e-21 / mu_0, temperature=ROOM)
    width, excess = shape(found.tilt, found.quartic, 0.0)
    assert width == pytest.approx(sigma, rel=1e-6)
    assert excess == pytest.approx(kurtosis, abs=1e-3)


def test_what_no_spin_has_is_taken_as_near_as_there_is():
    keys = {"sideways": 0.0, "damping": 0.03, "moment": MOMENT * 4.14e-21 / mu_0, "temperature": ROOM}
    wide, odd = spin_like(0.9, 0.0, **keys), spin_like(0.3, 5.0, **keys)
    assert shape(*wide[:3])[0] == pytest.approx(np.sqrt(0.5), rel=2e-3)
    assert shape(*odd[:3])[0] == pytest.approx(0.3, rel=1e-6)


def test_a_torque_that_leaves_too_small_an_angle_is_refused():
    with pytest.raises(AngleError, match=r"a torque of .* A/m holds the spin in too small an angle; accepted: less"):
        driven(spin(damping=1e-3), 1e6, 1e-9)
