"""Turning everything by 90 degrees about z turns the result."""

import discretisedfield as df
import jax
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy import stats

from magbayes.micromag.llg.model import to_grid, translate
from tests.physics.theory import P_VALUE

QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
CELL = (4e-9, 3e-9, 1.2e-9)


def start(point):
    """A texture without symmetry, in the unturned frame."""
    x, y, _ = np.asarray(point) / 1e-8
    return np.array([0.5 * np.sin(1.1 * x + 0.3), 0.4 * np.cos(0.7 * y - x), 1.0])


def notch(point):
    """A corner without material breaks what symmetry the mesh has."""
    return 0.0 if point[0] < CELL[0] and point[1] < CELL[1] else 1e6


def device(n, turn, temperature, mp=(0.0, 1.0, 0.0)):
    """A system with every term, turned with `turn` = `QUARTER` or not at all, and its start (3, nz, ny, nx).

    All vectors and places are given as in the system that is not turned.
    """
    edges = np.multiply(n, CELL)
    corner = turn @ edges
    mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(corner), n=tuple(np.abs(turn @ n).astype(int)))
    back = turn.T

    def turned(vector):
        return tuple(float(c) for c in turn @ vector)

    system = mm.System(
        name="turned",
        energy=mm.Exchange(A=1.3e-11)
        + mm.DMI(D=1e-3, crystalclass="Cnv_z")
        + mm.UniaxialAnisotropy(K=6e5, u=turned((0.6, 0.0, 0.8)))
        + mm.Demag()
        + mm.Zeeman(H=turned((5e4, 2e4, -1e4))),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0)
        + mm.Damping(alpha=0.3)
        + mm.Slonczewski(J=5e11, mp=turned(mp), P=0.3, Lambda=1.0),
        m=df.Field(mesh, nvdim=3, value=lambda p: turned(start(back @ p)), norm=lambda p: notch(back @ p)),
        T=temperature,
    )
    return translate(system), to_grid(system.m.orientation.array)


# The direction mp that turns to what it was: negative control, a term that does not turn along.
LEFT_BEHIND = (1.0, 0.0, 0.0)


@pytest.mark.slow
# Few cells in one dense matrix; many by the methods of the grid: the narrow strip along x, Fourier transforms along y.
# With an odd number of rows the fields of a checkerboard stay of their colour; else the midpoint scheme turns the
# other colour first, which is a splitting error of first order in the step.
@pytest.mark.parametrize("n", [(6, 5, 1), (40, 7, 1)], ids=["dense", "grid"])
def test_turned_trajectory_without_temperature(run, n):
    def trajectory(*args):
        with jax.enable_x64(True):
            model, initial = device(n, *args)
            mean = run(model, initial, replicas=1, samples=5, interval=2e-12, seed=0, time_step=1e-13).mean
        return mean[0] @ args[0]

    straight = trajectory(np.eye(3), 0.0)
    assert np.ptp(straight, axis=0).min() > 0.01  # it does move
    # Rounding of float64 over a hundred steps; the demagnetising tensor itself carries 1e-10.
    assert trajectory(QUARTER, 0.0) == pytest.approx(straight, abs=1e-8)
    assert trajectory(QUARTER, 0.0, LEFT_BEHIND) != pytest.approx(straight, abs=1e-3)


@pytest.mark.slow
def test_turned_statistics_at_temperature(run):
    """Mean and spread of the moment; the noise of the turned system is other noise."""

    def moments(seed, *args):
        model, initial = device((6, 4, 1), *args)
        trajectory = run(model, initial, replicas=300, samples=4, interval=2e-11, seed=seed)
        return trajectory.mean[:, 1:].astype(float) @ args[0]

    def p_value(first, second):
        means = [m.mean(axis=1) for m in (first, second)]
        spreads = [((m - first.mean(axis=(0, 1))) ** 2).mean(axis=1) for m in (first, second)]
        return 6 * min(stats.ttest_ind(*pair, equal_var=False).pvalue.min() for pair in (means, spreads))  # six at once

    straight = moments(1, np.eye(3), 300.0)
    assert p_value(straight, moments(2, QUARTER, 300.0)) > P_VALUE
    assert p_value(straight, moments(2, QUARTER, 300.0, LEFT_BEHIND)) < P_VALUE**2
