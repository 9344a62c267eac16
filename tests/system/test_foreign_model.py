"""Devices of another kind than ours, written from `magbayes.system.array.devices` alone, on the array as it is.

The stochastic device is an Ornstein-Uhlenbeck process: a Gaussian whose autocorrelation is exp(-lag / tau). Its
averages over a read have closed forms. Statistical tests are two-sided, with false alarms of 1e-4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import stats

from magbayes.data.estimate import Estimate
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import ELECTRICAL

FALSE_ALARM = 1e-4
TAU = 2.5e-9
INTERVAL = 2e-9
READ = 2e-9
ROWS = 3
CHIPS, SAMPLES = 2000, 20


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ForeignReads:
    """State: the deviation from the mean at the end of a read in units of sigma, and the number of the read.

    `kept` of the deviation is left at the start of the next read, `q` is the length of a read over tau.
    """

    sigma: jax.Array
    kept: jax.Array
    q: jax.Array

    def start(self, key: jax.Array, shape: tuple[int, ...]) -> dict[str, jax.Array]:
        return {"deviation": jax.random.normal(key, shape), "reads": jnp.zeros((), int)}

    def advance(self, key: jax.Array, state: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], jax.Array]:
        """Exact: mean and end of a read are Gaussian together, given its start."""
        q, old = self.q, state["deviation"]
        pause, first, second = (jax.random.normal(k, old.shape) for k in jax.random.split(key, 3))
        begun = self.kept * old + jnp.sqrt(1 - self.kept**2) * pause
        lost = -jnp.expm1(-q), -jnp.expm1(-2 * q)
        variance, shared = 2 * (q - 2 * lost[0] + lost[1] / 2) / q**2, 2 * (lost[0] - lost[1] / 2) / q
        ended = jnp.exp(-q) * begun + jnp.sqrt(lost[1]) * first
        both = shared / lost[1]
        noise = both * jnp.sqrt(lost[1]) * first + jnp.sqrt(jnp.maximum(variance - both * shared, 0)) * second
        return {"deviation": ended, "reads": state["reads"] + 1}, 1e-4 + self.sigma * (begun * lost[0] / q + noise)


def narrowed(q: float) -> float:
    """Variance of a mean over q decay times, over that of an instant."""
    return 2 * (q + np.expm1(-q)) / q**2


def of_reads(lag: float, read: float, tau: float) -> float:
    """Correlation of means over `read` that begin `lag` apart."""
    half = read / tau / 2
    return np.exp(-lag / tau) * (np.sinh(half) / half) ** 2 / narrowed(read / tau)


@dataclass(frozen=True)
class ForeignStochastic:
    """Sigma of an instant in S is 1e-5 times the gate voltage in V.

    `drawn_...` is what the device does, the rest what it says.
    """

    tau: float = TAU
    drawn_tau: float = TAU
    drawn_sigma: float = 1.0
    drawn_read: float = 1.0
    """Share of the integration time over which it averages."""
    offset_std: float = 0.0
    scale_std: float = 0.0
    voltage_range: tuple[float, float] = (0.5, 2.0)
    read_lever: float = 1.0

    def sigma_range(self, integration_time: float, read_voltage: float = 0.0) -> tuple[float, float]:
        low, high = (float(self.sigma(v, integration_time).value) for v in self.voltage_range)
        return low, high

    def mean(self, voltage: ArrayLike) -> np.ndarray:
        return np.full(np.shape(voltage), 1e-4)

    def leakage(self, voltage: ArrayLike) -> np.ndarray:
        return np.zeros(np.shape(voltage))

    def sigma(self, voltage: ArrayLike, integration_time: float) -> Estimate:
        sigma = 1e-5 * np.asarray(voltage) * np.sqrt(narrowed(integration_time / self.tau))
        return Estimate(sigma, sigma, sigma)

    def voltage_for(self, sigma: ArrayLike, integration_time: float) -> np.ndarray:
        return np.asarray(sigma) / 1e-5 / np.sqrt(narrowed(integration_time / self.tau))

    def excess_kurtosis_at(self, voltage: ArrayLike, integration_time: float) -> np.ndarray:
        return np.zeros(np.shape(voltage))

    def autocorrelation(self, voltage: ArrayLike, lag: float, integration_time: float) -> np.ndarray:
        return np.full(np.shape(voltage), of_reads(lag, integration_time, self.tau))

    def at(self, voltage: ArrayLike, interval: float, integration_time: float) -> ForeignReads:
        sigma = self.drawn_sigma * 1e-5 * np.asarray(voltage)
        length = self.drawn_read * integration_time
        kept, q = np.exp(-(interval - length) / self.drawn_tau), length / self.drawn_tau
        return ForeignReads(*(jnp.asarray(value, float) for value in (sigma, kept, q)))


class Ladder(NamedTuple):
    mean: np.ndarray


class ForeignWriting(NamedTuple):
    conductance: np.ndarray
    pulses: np.ndarray
    energy: np.ndarray
    latency: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class ForeignLadder:
    """Five levels, written in one pulse without error."""

    @property
    def levels(self) -> Ladder:
        return Ladder(np.linspace(1e-4, 5e-4, 5))

    @property
    def level_spread(self) -> np.ndarray:
        return np.zeros(5)

    def escape_rate(self, temperature: float) -> Estimate:
        return Estimate(0.0, 0.0, 0.0)

    def jitter(self, integration_time: float) -> np.ndarray:
        return np.zeros(5)

    def program(self, key: jax.Array, target: ArrayLike, start: ArrayLike) -> ForeignWriting:
        levels = self.levels.mean
        nearest = levels[np.abs(np.asarray(target)[..., None] - levels).argmin(axis=-1)]
        pulses = np.ones(nearest.shape)
        return ForeignWriting(nearest, pulses, 1e-14 * pulses, 1e-9 * pulses, pulses < 1)


@dataclass(frozen=True)
class ForeignModels:
    smtj: ForeignStochastic = ForeignStochastic()
    dwmtj: ForeignLadder = ForeignLadder()
    temperature: float = 300.0

    def at_temperature(self, temperature: float) -> ForeignModels:
        return replace(self, temperature=temperature)


def outputs_of(smtj: ForeignStochastic, sampling: str = "devices", interval: float = INTERVAL) -> np.ndarray:
    """Outputs (samples, inputs) of a column of `ROWS` and a bias; each input is an array of its own, in equilibrium."""
    key = jax.random.key(3, impl="rbg")
    settings = AcceleratorSettings.model_validate(
        {
            "sampling": sampling,
            "sample_interval": interval,
            "read_time": READ,
            "ideal": {"dac", "adc", "input_voltage", "levels"} | ELECTRICAL,
        }
    )
    chip = Accelerator(posterior(), ForeignModels(smtj), settings, key)
    return chip.predict(key, np.ones((CHIPS, ROWS)), SAMPLES)[..., 0].astype(float)


def posterior() -> Posterior:
    std = np.linspace(0.05, 0.15, ROWS + 1)[:, None]
    layer = Layer(np.linspace(-1, 1, ROWS + 1)[:, None], std)
    return Posterior((layer,), "regression", 1.0, 0.1, np.ones((4, ROWS)), np.zeros(1))


def remembers(outputs: np.ndarray, tau: float, lag: int) -> bool:
    """Whether reads `lag` apart correlate as means over `READ` do.

    Arrays are independent, and their spread gives the error.
    """
    deviation = outputs - outputs.mean()
    products = (deviation[lag:] * deviation[:-lag]).mean(axis=0) / outputs.var()
    error = products.std(ddof=1) / np.sqrt(CHIPS)
    return abs(products.mean() - of_reads(lag * INTERVAL, READ, tau)) < stats.norm.ppf(1 - FALSE_ALARM / 2) * error


def varies_as_the_weights(outputs: np.ndarray) -> bool:
    """Whether the first samples, which are independent, have the variance of the sum of the weights' (chi-squared)."""
    expected = (posterior().layers[0].std ** 2).sum()
    ratio = outputs[0].var(ddof=1) / expected
    low, high = stats.chi2.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], CHIPS - 1) / (CHIPS - 1)
    return bool(low < ratio < high)


@pytest.fixture(scope="module")
def outputs() -> np.ndarray:
    return outputs_of(ForeignStochastic())


@pytest.mark.parametrize("lag", [1, 2, 5])
def test_the_array_remembers_as_the_foreign_device_does(outputs, lag):
    assert remembers(outputs, TAU, lag)


@pytest.mark.parametrize("tau", [0.8 * TAU, 1.25 * TAU])
def test_another_decay_time_fails_that_test(outputs, tau):
    assert not remembers(outputs, tau, 1)
    assert not remembers(outputs_of(ForeignStochastic(drawn_tau=tau)), TAU, 1)


def test_a_column_has_the_variance_of_its_weights(outputs):
    assert varies_as_the_weights(outputs)
    assert varies_as_the_weights(outputs_of(ForeignStochastic(), "columns", interval=20 * TAU))


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_device_with_another_sigma_fails_that_test(factor):
    """2000 arrays know a variance to 3.2 %; 15 % of sigma are 28 % or more of it."""
    assert not varies_as_the_weights(outputs_of(ForeignStochastic(drawn_sigma=factor)))


@pytest.mark.parametrize("share", [1e-3, 0.3])
def test_a_device_that_does_not_average_over_the_read_fails_that_test(share):
    """A mean over a read of 0.8 decay times has 0.78 of the variance, and over 0.3 of that 0.92."""
    assert not varies_as_the_weights(outputs_of(ForeignStochastic(drawn_read=share)))


def test_what_the_device_says_of_its_memory_decides_whether_columns_may_be_drawn():
    """Correlation exp(-interval / tau) of successive reads, against a tolerance of 0.01."""
    with pytest.raises(ValueError, match=r"correlation of successive reads is up to 0\.61"):
        outputs_of(ForeignStochastic(), "columns")
    with pytest.raises(ValueError, match=r"is up to 0\.019"):
        outputs_of(ForeignStochastic(tau=5 * TAU), "columns", interval=20 * TAU)


def test_its_weights_and_its_cost_are_those_of_any_device(outputs):
    """The mean of an ideal chip is the plain sum; both devices of each of two slices took a pulse to show their levels,
    and one to be written."""
    error = np.sqrt(outputs.mean(axis=0).var(ddof=1) / CHIPS)
    expected = posterior().layers[0].mean.sum()
    assert abs(outputs.mean() - expected) < stats.norm.ppf(1 - FALSE_ALARM / 2) * error
    chip = Accelerator(posterior(), ForeignModels(), AcceleratorSettings(slices=2), jax.random.key(0))
    assert chip.cost().programming.pulses == 2 * 2 * 2 * (ROWS + 1)
