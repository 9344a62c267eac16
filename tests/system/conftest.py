"""Hand-made devices of known statistics: Gaussian marginals, Ornstein-Uhlenbeck memory, even levels."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

ELECTRICAL = frozenset({"wires", "settling", "mismatch", "thermal", "amplifier", "adc_noise"})
"""Imperfections of the circuits around the cells, which tests of the cells switch off."""


class Value(NamedTuple):
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def exactly(value):
    return Value(value, value, value)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OrnsteinUhlenbeck:
    mean: jax.Array
    sigma: jax.Array
    memory: jax.Array

    def start(self, key, shape):
        return jax.random.normal(key, shape)

    def advance(self, key, state):
        kick = jnp.sqrt(1 - self.memory**2) * jax.random.normal(key, state.shape)
        state = self.memory * state + kick
        return state, self.mean + self.sigma * state


@dataclass(frozen=True)
class FakeStochastic:
    """Sigma grows in proportion to the gate voltage, and is that of reads of any length."""

    decay_time: float = 5e-9
    sigma_factor: float = 1.0
    """Of the noise that is drawn; other than 1 the device is not what it says it is."""
    offset_std: float = 0.0
    scale_std: float = 0.0
    kurtosis: float = 0.0
    read_lever: float = 1.0
    voltage_range = (0.2, 0.8)

    def sigma_range(self, integration_time, read_voltage=0.0):
        return 5e-6, 2e-5

    def excess_kurtosis_at(self, voltage, integration_time):
        return np.full(np.shape(voltage), self.kurtosis)

    def sigma(self, voltage, integration_time):
        voltage = np.asarray(voltage)
        assert (voltage >= self.voltage_range[0]).all()
        assert (voltage <= self.voltage_range[1]).all()
        return exactly(voltage * 2.5e-5)

    def autocorrelation(self, voltage, lag, integration_time):
        return np.full(np.shape(voltage), np.exp(-lag / self.decay_time))

    def voltage_for(self, sigma, integration_time):
        sigma = np.asarray(sigma)
        low, high = self.sigma_range(integration_time)
        if (sigma < low).any() or (sigma > high).any():
            raise ValueError(f"sigma outside {low} to {high}")
        return sigma / 2.5e-5

    def mean(self, voltage):
        return np.full(np.shape(voltage), 9e-5)

    def leakage(self, voltage):
        return 1e-12 * np.asarray(voltage)

    def at(self, voltage, interval, integration_time):
        memory = np.exp(-interval / self.decay_time)
        sigma = self.sigma_factor * self.sigma(voltage, integration_time).value
        return OrnsteinUhlenbeck(*(jnp.asarray(a, float) for a in (self.mean(voltage), sigma, memory)))


class Levels(NamedTuple):
    mean: np.ndarray
    std: np.ndarray


class Written(NamedTuple):
    conductance: np.ndarray
    pulses: np.ndarray
    energy: np.ndarray
    latency: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class FakeDomainWall:
    count: int = 8
    std: float = 3e-6
    shift: float = 0.0
    """Relative, of all levels."""
    spread: float = 0.0
    rate: float = 0.0
    highest: int = 100
    """Level above which no pulse brings a wall; it stays at the lowest."""

    @property
    def levels(self):
        return Levels(np.linspace(3e-4, 7e-4, self.count) * (1 + self.shift), np.full(self.count, self.std))

    @property
    def level_spread(self):
        return np.full(self.count, self.spread)

    def escape_rate(self, temperature):
        """As it is at 300 K, and twice that 50 K above."""
        return exactly(self.rate * 2 ** ((temperature - 300) / 50))

    def jitter(self, integration_time):
        """Half as wide over a nanosecond as in an instant."""
        return self.levels.std / (2 if integration_time else 1)

    def program(self, key, target, start=0):
        level = np.abs(np.asarray(target)[..., None] - self.levels.mean).argmin(axis=-1)
        pulses, failed = np.abs(level - start) + 1, level > self.highest
        held = self.levels.mean[np.where(failed, 0, level)]
        return Written(held, pulses, pulses * 1e-14, pulses * 2e-9, failed)


@dataclass(frozen=True)
class FakeModels:
    smtj: FakeStochastic = FakeStochastic()
    dwmtj: FakeDomainWall = FakeDomainWall()
    temperature: float = 300.0

    def with_smtj(self, **changes):
        return replace(self, smtj=replace(self.smtj, **changes))

    def with_dwmtj(self, **changes):
        return replace(self, dwmtj=replace(self.dwmtj, **changes))

    def at_temperature(self, temperature):
        """Levels fall by 0.1 %/K."""
        change = temperature - self.temperature
        return replace(self.with_dwmtj(shift=-1e-3 * change), temperature=temperature)


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def key():
    return jax.random.key(0, impl="rbg")
