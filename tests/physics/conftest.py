"""Small systems with known answers."""

import dataclasses

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import k, mu_0

from micromag.llg import ensemble
from micromag.llg.model import Model, to_grid, translate

MS = 1e6
VOLUME = (4e-9) ** 3
TEMPERATURE = 300.0


@pytest.fixture(scope="session")
def macrospin():
    """Build the model of one cell with an anisotropy and a field, both in units of kT at `TEMPERATURE`."""

    def build(field: float = 0.0, barrier: float = 0.0, damping: float = 0.5) -> Model:
        mesh = df.Mesh(p1=(0, 0, 0), p2=(4e-9, 4e-9, 4e-9), n=(1, 1, 1))
        thermal = k * TEMPERATURE / VOLUME
        system = mm.System(
            name="macrospin",
            energy=mm.Zeeman(H=(0, 0, field * thermal / (mu_0 * MS)))
            + mm.UniaxialAnisotropy(K=barrier * thermal, u=(0, 0, 1)),
            dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping),
            m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS),
            T=TEMPERATURE,
        )
        return translate(system)

    return build


@pytest.fixture(scope="session")
def end_states():
    """Independent end states m_z (replicas,) of a one-cell model.

    Rotational diffusion forgets the start with a time constant of 0.1 ns, a tenth of the duration.
    """

    def run(model: Model, replicas: int = 10_000, duration: float = 1e-9, time_step: float = 2e-13) -> np.ndarray:
        start = np.zeros((3, 1, 1, 1))
        start[2] = 1.0
        trajectory = ensemble.run(
            model, start, replicas=replicas, samples=1, interval=duration, seed=7, time_step=time_step
        )
        return trajectory.final[:, 2, 0, 0, 0].astype(float)

    return run


@pytest.fixture(scope="session")
def half_noise():
    """Negative control: the same model with its thermal field at half strength."""
    return lambda model: dataclasses.replace(model, temperature=model.temperature / 4)


@pytest.fixture(scope="session")
def without_exchange():
    """Negative control: the same model without its exchange."""
    return lambda model: dataclasses.replace(model, exchange=0.0)


@pytest.fixture(scope="session")
def relax():
    """End state (3, nz, ny, nx) of a ubermag system at T = 0 after `duration` s."""

    def run(model: Model, start: df.Field, duration: float) -> np.ndarray:
        return ensemble.run(
            model, to_grid(start.orientation.array), replicas=1, samples=1, interval=duration, seed=0
        ).final[0]

    return run
