"""A Bloch wall: its width is pi sqrt(A / K)."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.optimize import curve_fit

from magbayes.micromag.llg.model import translate

A, K, CELL = 13e-12, 5e5, 1e-9
# The discrete wall is narrower by about (cell / width parameter)^2 / 24 = 0.2 %, the fit adds as much.
TOLERANCE = 0.01


@pytest.fixture(scope="module")
def wall():
    mesh = df.Mesh(p1=(-60e-9, 0, 0), p2=(60e-9, CELL, CELL), cell=(CELL,) * 3)
    start = df.Field(mesh, nvdim=3, norm=1e6, value=lambda p: (0, 1 / np.cosh(p[0] / 8e-9), -np.tanh(p[0] / 8e-9)))
    system = mm.System(
        name="wall",
        energy=mm.Exchange(A=A) + mm.UniaxialAnisotropy(K=K, u=(0, 0, 1)),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=1.0),
        m=start,
    )
    return translate(system), start


def width(mz):
    """Width pi delta of m_z = -tanh(x / delta), m."""
    x = (np.arange(mz.size) - (mz.size - 1) / 2) * CELL
    (delta, _), _ = curve_fit(lambda x, d, x0: -np.tanh((x - x0) / d), x, mz, p0=(6e-9, 0))
    return np.pi * abs(delta)


@pytest.mark.slow
def test_width(wall, relax, without_exchange):
    model, start = wall
    expected = np.pi * np.sqrt(A / K)
    assert width(relax(model, start, 3e-10)[2].ravel()) == pytest.approx(expected, rel=TOLERANCE)
    assert width(relax(without_exchange(model), start, 3e-10)[2].ravel()) < 0.8 * expected
