"""Raw ensembles with known statistics, made without an engine."""

import numpy as np
import pytest
from scipy.constants import k

from magbayes.data.container import Quantity
from magbayes.micromag.raw import RawEnsemble

INTERVAL = 50e-12
DECAY, FREQUENCY, SHIFT = 1.5e-9, 2 * np.pi * 1.4e9, -2 * np.pi * 0.1e9
CONDUCTANCE, CONTRAST = 9e-5, 0.375
BIAS = {
    "temperature": "K",
    "current_density": "A/m^2",
    "pulse_width": "s",
    "peak_temperature": "K",
    "start_notch": "1",
    "direction": "1",
}
"""Units of what is applied to a track."""


def rotating_process(rng, replicas, samples, interval=INTERVAL):
    """Stationary process, complex, of Gaussian parts: precession that is slower where its amplitude is large.

    Steps of a hundredth of the time in which the shift makes a radian: far smaller ones change nothing.
    """
    decay = np.exp(-interval / DECAY)
    draw = lambda: rng.normal(size=(replicas, 2)) @ np.array([1, 1j])  # noqa: E731
    turn = lambda z: z * np.exp(1j * (FREQUENCY + SHIFT * np.abs(z) ** 2 / 2) * interval / 2)  # noqa: E731
    z = np.empty((replicas, samples), dtype=complex)
    z[:, 0] = draw()
    for i in range(1, samples):
        z[:, i] = turn(decay * turn(z[:, i - 1]) + np.sqrt(1 - decay**2) * draw())
    return z


def fluctuation_ensemble(voltage, shape, seed=0, replicas=32, samples=800, process=rotating_process):
    """A raw ensemble of a stochastic MTJ; `shape` maps a standard Gaussian to m·p."""
    z = process(np.random.default_rng(seed), replicas, samples)
    x, y = shape(z.real), shape(z.imag)
    return RawEnsemble(
        device_type="stochastic_mtj",
        time=INTERVAL * np.arange(1, samples + 1),
        magnetisation=np.stack([x, y, 0 * x], axis=-1)[None].astype(np.float32),
        snapshot=np.zeros((1, 2, 2, 1, 3), dtype=np.float32),
        cell=np.full(3, 4e-9),
        bias={"voltage": Quantity(voltage, "V"), "temperature": Quantity(300.0, "K")},
        device={
            "perpendicular_conductance": Quantity(CONDUCTANCE, "S"),
            "polarisation_squared": Quantity(CONTRAST, "1"),
            "macrospin_barrier": Quantity(1e-19, "J"),
            "area": Quantity(1.3e-15, "m^2"),
            "read_lever": Quantity(1.0, "1"),
            "gate_capacitance": Quantity(2e-17, "F"),
            "gate_conductance": Quantity(1e-12, "S"),
            "in_plane_symmetric": Quantity(True, "1"),
        },
        provenance={"simulation": {"engine": "none"}},
    )


@pytest.fixture(scope="session")
def fluctuation():
    """Builds raw ensembles of a stochastic MTJ."""
    return fluctuation_ensemble


@pytest.fixture(scope="session")
def track():
    """Build a raw ensemble of a domain-wall MTJ with 4 notches; `bias` as in the protocol."""
    notches = np.arange(4) * 32e-9

    def build(wall_position, magnetisation, **bias):
        return RawEnsemble(
            device_type="domain_wall_mtj",
            time=INTERVAL * np.arange(1, magnetisation.shape[2] + 1),
            magnetisation=magnetisation,
            snapshot=np.zeros((len(magnetisation), 2, 2, 1, 3), dtype=np.float32),
            cell=np.full(3, 4e-9),
            bias={
                name: Quantity(value, BIAS[name])
                for name, value in ({"temperature": 300.0, "start_notch": np.arange(4)} | bias).items()
            },
            device={
                "perpendicular_conductance": Quantity(2e-4, "S"),
                "polarisation_squared": Quantity(0.46, "1"),
                "notch_positions": Quantity(notches, "m"),
                "metal_resistance": Quantity(4000.0, "Ohm"),
                "metal_cross_section": Quantity(1.6e-16, "m^2"),
            },
            further={"wall_position": Quantity(wall_position, "m")},
            provenance={"simulation": {"engine": "none"}},
        )

    return build


@pytest.fixture(scope="session")
def rest(track):
    """The four notches at rest: m_z from -0.75 to 0.75, jitter 0.01."""
    mz = np.linspace(-0.75, 0.75, 4)[:, None, None] + 0.01 * np.random.default_rng(0).normal(size=(4, 16, 200))
    return track(np.tile(np.arange(4)[:, None] * 32e-9, (1, 16)), np.stack([0 * mz, 0 * mz, mz], axis=-1))


MOVES = {5e11: {0: 80, 1: 20}, 6e11: {0: 10, 1: 80, 2: 10}}
"""Outcomes of 100 pulses of each current density, four times each."""


def ends(moves):
    """X of walls that start at the first of four notches; beyond the last notch they leave the track."""
    moved = np.tile(np.repeat(list(moves), list(moves.values())), 4)
    return np.minimum(moved, 4)[None] * 32e-9


@pytest.fixture(scope="session")
def pulse(track):
    """Build a raw ensemble of pulses."""

    def build(current, moves, width=5e-10):
        positions = ends(moves)
        return track(
            positions,
            np.zeros((*positions.shape, round((width + 1.5e-9) / INTERVAL), 3)),
            current_density=current,
            pulse_width=width,
            start_notch=np.arange(1),
            direction=np.ones(1),
            peak_temperature=300 + 40 * (current / 5e11) ** 2 * (width / 5e-10) ** 0.5,
        )

    return build


@pytest.fixture(scope="session")
def pulses(pulse):
    """Pulses of each of two current densities with known outcomes."""
    return [pulse(current, moves) for current, moves in MOVES.items()]


SPREAD = 0.02
"""Standard deviation of m_z between tracks."""


@pytest.fixture(scope="session")
def varied():
    """How devices of both kinds differ: 400 tracks, each measured with an error of half of their spread."""
    rng = np.random.default_rng(5)
    level = np.linspace(-0.75, 0.75, 4) + SPREAD * np.hypot(1, 0.5) * rng.normal(size=(400, 4))
    return {
        "anisotropy_offset": np.array(0.04),
        "diameter_spread": np.array(0.0125),
        "voltage": np.array([-0.5, 0.5]),
        "diameter_response": np.array([-0.5, 1.0]),
        "diameter_response_error": np.array([0.1, 0.2]),
        "level": level,
        "level_error": np.full((400, 4), SPREAD / 2),
    }


@pytest.fixture(scope="session")
def held():
    """Barriers of 40 kT at 300 K and 35 kT at 350 K, of which devices have a tenth more or less."""
    temperature = np.array([300.0, 350.0])
    barrier = k * temperature * np.array([40.0, 35.0])
    return {
        "temperature": temperature,
        "barrier": barrier,
        "barrier_spread": 0.1 * barrier,
        "attempt_rate": np.array([1e11, 1e12]),
        "converged": np.array([1.0, 1.0]),
    }
