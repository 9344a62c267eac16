"""Velocity of domain walls against the one-dimensional model, and one track along x and along y."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0

from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.runge_kutta import integrate

pytestmark = pytest.mark.slow

A, K, MS, GAMMA0, CELL, COUNT = 1.3e-11, 5e5, 1e6, 2.211e5, 2e-9, 120
WIDTH = np.sqrt(A / K)
EASY = mm.UniaxialAnisotropy(K=K, u=(0, 0, 1), name="easy")


def tracks(rows):
    """Mesh of tracks along x, one cell wide, with a gap between two."""
    return df.Mesh(p1=(0, 0, 0), p2=(COUNT * CELL, (2 * rows - 1) * CELL, CELL), n=(COUNT, 2 * rows - 1, 1))


def by_track(mesh, values, nvdim=1):
    """A field with one value for each track."""
    return df.Field(mesh, nvdim=nvdim, value=lambda p: values[round(p[1] / CELL - 0.5) // 2])


def velocities(mesh, energy, torque, damping, settle, duration):
    """Velocity in m/s of the wall of each track, up on its left, between `settle` and `settle` + `duration`."""

    def wall(point):
        x = (point[0] - COUNT * CELL / 2) / WIDTH
        return 1 / np.cosh(x), 0, -np.tanh(x)

    system = mm.System(
        name="walls",
        energy=mm.Exchange(A=A) + EASY + energy,
        dynamics=mm.Precession(gamma0=GAMMA0) + mm.Damping(alpha=damping) + torque,
        m=df.Field(mesh, nvdim=3, value=wall, norm=lambda p: 0 if round(p[1] / CELL - 0.5) % 2 else MS),
    )
    model, m = translate(system), to_grid(system.m.orientation.array)
    (start,) = integrate(model, m, duration=settle, stages=1)
    (end,) = integrate(model, start.m, duration=duration, stages=1)
    assert np.abs(end.m[2, 0, ::2, [10, -10]]).min() > 0.95  # no wall is at an end
    return (end.m - start.m)[2, 0, ::2].sum(axis=-1) * CELL / 2 / duration


# A central difference across the wall is short by (cell / width)^2 / 6 = 2.6 %: the drift, and what DMI does.
LATTICE = (CELL / WIDTH) ** 2 / 6

DRIFTS = np.array([-100.0, 50.0, 100.0])
DAMPING = 0.3


@pytest.fixture(scope="module")
def drifted():
    """Velocities under the `DRIFTS` for a nonadiabaticity.

    A hard axis across the wall holds its angle, as the shape of a strip does: below the breakdown, which is
    gamma0 WIDTH H_hard alpha / (2 |beta - alpha|) = 270 m/s for beta = 0.
    """
    mesh = tracks(len(DRIFTS))
    hard = mm.UniaxialAnisotropy(K=-3e5, u=(0, 1, 0), name="hard")
    current = by_track(mesh, [(drift, 0.0, 0.0) for drift in DRIFTS], 3)
    # The angle settles as exp(-damping gamma0 H_hard t): over eight times.
    return lambda beta: velocities(mesh, hard, mm.ZhangLi(u=current, beta=beta), DAMPING, 3e-10, 1e-10)


@pytest.mark.parametrize("nonadiabaticity", [0.5 * DAMPING, DAMPING])
def test_drift_below_breakdown(drifted, nonadiabaticity):
    """v = beta u / alpha, and v = u for beta = alpha: A. Thiaville et al., Europhys. Lett. 69, 990 (2005)."""
    expected = nonadiabaticity / DAMPING * DRIFTS
    measured = drifted(nonadiabaticity)
    assert measured == pytest.approx(expected, rel=1.1 * LATTICE)
    # To the order of the lattice, and what of the start has not decayed.
    assert measured == pytest.approx((1 - LATTICE) * expected, rel=2e-3)


def test_no_steady_drift_without_nonadiabatic_torque(drifted):
    """Negative control of the above: the adiabatic torque alone shifts the wall once and comes to rest."""
    assert drifted(0.0) == pytest.approx(0 * DRIFTS, rel=0, abs=1e-3 * DRIFTS.max())


def test_spin_orbit_torque_on_a_neel_wall():
    """v = v_D / sqrt(1 + (J_D / J)^2) with v_D = pi gamma0 D / (2 mu0 Ms), J_D = 2 alpha e D d / (hbar theta Delta).

    A. Thiaville et al., EPL 100, 57002 (2012), without a field of the strip's own. Here the middle of the wall points
    to +x where D > 0, and opposite currents give opposite velocities.
    """
    damping, dmi, angle = 0.5, 1e-3, 0.3
    ratios = np.array([-0.4, 0.2, 0.4, 0.8])
    unit = 2 * damping * e * dmi * CELL / (hbar * angle * WIDTH)
    limit = np.pi * GAMMA0 * dmi / (2 * mu_0 * MS)
    expected = limit * ratios / np.sqrt(1 + ratios**2)
    mesh = tracks(len(ratios))

    def measured(constant, mp=(0, 1, 0)):
        torque = mm.Slonczewski(J=by_track(mesh, ratios * unit), mp=mp, P=angle, Lambda=1.0)
        return velocities(mesh, mm.DMI(D=constant, crystalclass="Cnv_z"), torque, damping, 4e-10, 1e-10)

    # The lattice is half of it; the tilt of the domains adds (torque / H_K)^2 = 0.6 % at most.
    tolerance = LATTICE
    assert measured(dmi) == pytest.approx(expected, rel=tolerance)
    # Negative controls: 10 % less of D; a direction mp along the track, which does not drive.
    assert measured(0.9 * dmi)[3] != pytest.approx(expected[3], rel=tolerance)
    assert measured(dmi, (1, 0, 0)) != pytest.approx(expected, rel=0.5)


def test_track_along_y_is_the_track_along_x():
    """All terms but the anisotropy's axis turn by a quarter about z: the trajectory does, too."""
    n = np.array([30, 5, 1])

    def trajectory(turn, drift=(200.0, 0.0, 0.0)):
        def profile(point):
            x, y, _ = (turn.T @ point - [15 * CELL, 0, 0]) / WIDTH
            return tuple(turn @ [1 / np.cosh(x), 0.1 * y, -np.tanh(x)])

        mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(turn @ n * CELL), n=tuple(np.abs(turn @ n).astype(int)))
        system = mm.System(
            name="turned",
            energy=mm.Exchange(A=A) + EASY + mm.Demag() + mm.DMI(D=1e-3, crystalclass="Cnv_z"),
            dynamics=mm.Precession(gamma0=GAMMA0)
            + mm.Damping(alpha=0.1)
            + mm.ZhangLi(u=tuple(turn @ drift), beta=0.2)
            + mm.Slonczewski(J=1e12, mp=tuple(turn @ [0.0, 1.0, 0.0]), P=0.3, Lambda=1.0),
            m=df.Field(mesh, nvdim=3, value=profile, norm=MS),
        )
        stages = integrate(translate(system), to_grid(system.m.orientation.array), duration=1e-11, stages=5)
        return np.array([stage.m.mean(axis=(1, 2, 3)) @ turn for stage in stages])

    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    straight = trajectory(np.eye(3))
    assert np.ptp(straight, axis=0).min() > 0.01  # it does move
    # Rounding, 1e-10 of the demagnetising tensor, and the steps that follow from it.
    assert trajectory(quarter) == pytest.approx(straight, rel=0, abs=1e-8)
    # Negative control: a drift that stays behind.
    assert trajectory(quarter, (0.0, -200.0, 0.0)) != pytest.approx(straight, rel=0, abs=1e-4)
