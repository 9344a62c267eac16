"""Currents that switch a macrospin: a mesh of cells that do not see each other, each with its own current."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0
from scipy.optimize import minimize_scalar

from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.runge_kutta import integrate

MS, GAMMA0, THICKNESS = 1e6, 2.211e5, 1e-9


def final(energy, currents, damping, m, duration, **torque):
    """m (3, cells) after a constant current; one cell for each of `currents` in A/m^2."""
    count = len(currents)
    mesh = df.Mesh(p1=(0, 0, 0), p2=(count * 1e-8, 1e-8, THICKNESS), n=(count, 1, 1))
    system = mm.System(
        name="macrospins",
        energy=energy,
        dynamics=mm.Precession(gamma0=GAMMA0)
        + mm.Damping(alpha=damping)
        + mm.Slonczewski(J=df.Field(mesh, nvdim=1, value=np.reshape(currents, (count, 1, 1, 1))), **torque),
        m=df.Field(mesh, nvdim=3, value=m, norm=MS),
    )
    start = to_grid(system.m.orientation.array)
    (stage,) = integrate(translate(system), start, duration=duration, stages=1, tolerance=1e-8)
    return stage.m.reshape(3, count)


def threshold(currents, switched):
    """Current between the last cell that stays and the first that switches."""
    first = int(np.argmax(switched))
    assert not switched[0]
    assert switched[first:].all()
    return (currents[first - 1] + currents[first]) / 2


ANGLE = 0.3
"""Spin Hall angle."""


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.5])
def test_spin_orbit_switching_of_a_perpendicular_spin(ratio):
    """J_c = (2 e mu0 Ms d / (hbar theta)) max over the tilt of (H_K sin cos - H_x cos), here for `ratio` = H_x / H_K.

    K.-S. Lee et al., Appl. Phys. Lett. 102, 112410 (2013): without field-like torque, and with a damping that keeps the
    tilt from overshooting, that current ends the balance of torques in the plane of field and easy axis. For small H_x
    the maximum is H_K / 2 - H_x / sqrt(2).
    """
    anisotropy = 2.5e5  # A/m, H_K

    def balance(tilt):
        return np.cos(tilt) * (np.sin(tilt) - ratio)

    torque = -minimize_scalar(lambda tilt: -balance(tilt), bounds=(0, np.pi / 2), method="bounded").fun
    assert torque == pytest.approx(1 / 2 - ratio / np.sqrt(2), rel=0, abs=ratio**2 / 4)
    expected = 2 * e * mu_0 * MS * THICKNESS / (hbar * ANGLE) * anisotropy * torque
    currents = expected * np.linspace(0.9, 1.1, 41)

    def mz(field, sign):
        energy = mm.UniaxialAnisotropy(K=mu_0 * MS * anisotropy / 2, u=(0, 0, 1)) + mm.Zeeman(H=(field, 0, 0))
        tilted = (ratio, 0, np.sqrt(1 - ratio**2))
        return final(energy, sign * currents, 1.0, tilted, 1e-8, mp=(0, 1, 0), P=ANGLE, Lambda=1.0)[2]

    # The distance of the currents, and as much for what is slow near the threshold.
    tolerance = 0.01
    field = ratio * anisotropy
    assert threshold(currents, mz(field, -1) < 0) == pytest.approx(expected, rel=tolerance)
    # Negative controls: another field, and a current that tilts the spin away from the field.
    assert threshold(currents, mz(field + 0.03 * anisotropy, -1) < 0) != pytest.approx(expected, rel=tolerance)
    assert mz(field, 1).min() > 0


POLARISATION = 0.4


@pytest.mark.parametrize("damping", [0.01, 0.03])
def test_anti_damping_threshold_of_an_in_plane_spin(damping):
    """J_c0 = (2 e / hbar) (alpha mu0 Ms d / P) (H_K + Ms / 2): J. Z. Sun, Phys. Rev. B 62, 570 (2000).

    Around the easy axis x the linear LLG equation has the growth rate gamma0 / (1 + alpha^2) (a - alpha (H_K + Ms / 2))
    for a torque of strength a = hbar J P / (2 e mu0 Ms d) whose direction mp is opposite to the magnetisation; a film's
    own field keeps it in the plane.
    """
    in_plane = 4e4  # A/m, H_K
    threshold_field = damping * (in_plane + MS / 2)
    expected = 2 * e / hbar * mu_0 * MS * THICKNESS / POLARISATION * threshold_field
    relative = np.linspace(0.5, 1.5, 11)
    growth = GAMMA0 / (1 + damping**2) * threshold_field  # at rest
    duration = 4 / growth

    def rates(film):
        """Growth of the deviation from the easy axis in units of `growth`, by current."""
        energy = mm.UniaxialAnisotropy(K=mu_0 * MS * in_plane / 2, u=(1, 0, 0), name="easy")
        energy += mm.UniaxialAnisotropy(K=-mu_0 * MS * film / 2, u=(0, 0, 1), name="film")
        start = np.array([1.0, 1e-3, 0.0])
        m = final(energy, expected * relative, damping, start, duration, mp=(-1, 0, 0), P=POLARISATION, Lambda=1.0)
        ellipse = np.array([in_plane, in_plane + film])[:, None]
        square = (ellipse * m[1:] ** 2).sum(axis=0) / (in_plane * start[1] ** 2)
        return np.log(square) / (2 * growth * duration)

    # The deviation wobbles by damping sqrt(Ms / H_K) / 2 or so about its mean growth, here over 4 growth times.
    tolerance = damping * np.sqrt(MS / in_plane) / 4
    assert rates(MS) == pytest.approx(relative - 1, rel=0, abs=tolerance)
    # Negative control: a spin that no film keeps in the plane.
    assert rates(0.0)[5] > 10 * tolerance
