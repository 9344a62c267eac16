"""Small systems with known answers."""

import dataclasses
from functools import partial

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import k, mu_0

from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.exchange import Exchange
from magbayes.micromag.llg.model import Model, to_grid, translate

MS = 1e6
EDGE = 4e-9
TEMPERATURE = 300.0

SCHEMES = ("heun", "midpoint")
"""Tests of stochastic dynamics run once for each."""

TIME_STEP = 7e-14
"""Step of macrospins in s: at damping 1 noise turns them by 0.04 rad, and 5 % more noise is still allowed. The
eigenvectors of the Heun scheme's transition operator (test_order.py) say what it then does: <m_z^2> is off by 0.0004
or less, an escape rate by 0.4 %."""


@pytest.fixture(scope="session", params=SCHEMES)
def run(request):
    """`ensemble.run` with each scheme."""
    return partial(ensemble.run, scheme=request.param)


@pytest.fixture(scope="session")
def macrospin():
    """Build the model of one cell; field and barriers along x, y, z are in kT, the latter K V of each axis."""

    def build(field=(0, 0, 0), barriers=(0, 0, 0), damping: float = 1.0, torque: mm.Slonczewski | None = None) -> Model:
        mesh = df.Mesh(p1=(0, 0, 0), p2=(EDGE,) * 3, n=(1, 1, 1))
        thermal = k * TEMPERATURE / EDGE**3
        system = mm.System(
            name="macrospin",
            energy=mm.Zeeman(H=tuple(np.multiply(field, thermal / (mu_0 * MS)))),
            dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping),
            m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS),
            T=TEMPERATURE,
        )
        for name, barrier, axis in zip("xyz", barriers, np.eye(3), strict=True):
            system.energy += mm.UniaxialAnisotropy(K=barrier * thermal, u=tuple(axis), name=name)
        if torque is not None:
            system.dynamics += torque
        return translate(system)

    return build


@pytest.fixture(scope="session")
def diffusion():
    """Rotational diffusion of that cell in 1/s for a damping: W. F. Brown, Phys. Rev. 130, 1677 (1963)."""
    thermal_field = k * TEMPERATURE / (mu_0 * MS * EDGE**3)
    return lambda damping=1.0: mm.consts.gamma0 * thermal_field * damping / (1 + damping**2)


@pytest.fixture(scope="session")
def equilibrium(run):
    """Samples (replicas, samples, 3) of one-cell models, `interval` s apart, from a start along y.

    The first sample goes with the start. Where y is a hard axis, every well has its share at once, and what remains
    relaxes within a well.
    """

    def sample(model: Model, interval: float, replicas: int = 2000) -> np.ndarray:
        start = np.reshape((0.0, 1.0, 0.0), (3, 1, 1, 1))
        trajectory = run(model, start, replicas=replicas, samples=5, interval=interval, seed=7, time_step=TIME_STEP)
        return trajectory.mean[:, 1:].astype(float)

    return sample


@pytest.fixture(scope="session")
def scaled_noise():
    """Negative control: the same model with its thermal field times a factor."""
    return lambda model, factor: dataclasses.replace(model, temperature=model.temperature * factor**2)


@pytest.fixture(scope="session")
def half_noise():
    """Negative control: the same model with its thermal field at half strength."""
    return lambda model: dataclasses.replace(model, temperature=model.temperature / 4)


@pytest.fixture(scope="session")
def without_exchange():
    """Negative control: the same model without its exchange."""
    return lambda model: dataclasses.replace(model, terms=tuple(t for t in model.terms if not isinstance(t, Exchange)))


@pytest.fixture(scope="session")
def relax():
    """End state (3, nz, ny, nx) of a ubermag system at T = 0 after `duration` s."""

    def run(model: Model, start: df.Field, duration: float) -> np.ndarray:
        return ensemble.run(
            model, to_grid(start.orientation.array), replicas=1, samples=1, interval=duration, seed=0
        ).final[0]

    return run
