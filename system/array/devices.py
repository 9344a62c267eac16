"""What the accelerator asks of the device models; `compact_models` provides it, and tests provide fakes."""

from __future__ import annotations

from typing import Any, Protocol

import jax
import numpy as np
from numpy.typing import ArrayLike


class Reads(Protocol):
    """Programmed stochastic devices that are read at a fixed interval; a JAX pytree."""

    def start(self, key: jax.Array, shape: tuple[int, ...]) -> Any:
        """Return a stationary state of devices of `shape`: leading axes, then the shape of the voltages."""

    def advance(self, key: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        """Return the state one interval later, and the conductances that are read then, S."""


class StochasticModel(Protocol):
    """The stochastic MTJ: a gate voltage sets the std of its conductance."""

    @property
    def voltage(self) -> np.ndarray:
        """Gate voltages that were characterised, rising, V."""

    @property
    def excess_kurtosis(self) -> np.ndarray:
        """Of the conductance at each of these, 0 for a Gaussian."""

    @property
    def voltage_range(self) -> tuple[float, float]:
        """The first and the last of them, V."""

    @property
    def sigma_range(self) -> tuple[float, float]:
        """Smallest and largest std of the conductance of one device, S."""

    @property
    def offset_std(self) -> float:
        """Std between devices of an equivalent offset of the gate voltage, V."""

    @property
    def scale_std(self) -> float:
        """Relative std between devices of the conductance, by their area."""

    def sigma(self, voltage: ArrayLike) -> Any:
        """Return an estimate (value, low, high) of the std of the conductance, S."""

    def voltage_for(self, sigma: ArrayLike) -> np.ndarray:
        """Return the gate voltage for a std of the conductance; refuse one outside `sigma_range`."""

    def mean(self, voltage: ArrayLike) -> np.ndarray:
        """Return the mean conductance, S."""

    def memory(self, voltage: ArrayLike) -> Any:
        """Return estimates of decay time (s), angular frequency and its shift (rad/s): `precession.Memory`."""

    def at(self, voltage: ArrayLike, interval: float) -> Reads:
        """Return devices at gate voltages `voltage`, read every `interval` seconds."""


class DomainWallModel(Protocol):
    """The domain-wall MTJ: a ladder of levels."""

    @property
    def levels(self) -> Any:
        """Levels with `mean` (ascending) and `std`, both (levels,) in S."""

    @property
    def level_spread(self) -> np.ndarray:
        """Std between devices of the mean conductance of each level (levels,), S."""

    @property
    def escape_rate(self) -> Any:
        """Estimate (value, low, high) of the rate at which a wall at rest leaves its level, 1/s."""

    def program(self, key: jax.Array, target: ArrayLike) -> Any:
        """Write the level nearest to each target; return conductance (S), pulses, energy (J), latency (s)."""


class DeviceModels(Protocol):
    """Both devices, at one temperature."""

    @property
    def smtj(self) -> StochasticModel:
        """The stochastic MTJ."""

    @property
    def dwmtj(self) -> DomainWallModel:
        """The domain-wall MTJ."""

    @property
    def temperature(self) -> float:
        """Temperature of the devices, K."""

    def at_temperature(self, temperature: float) -> DeviceModels:
        """Return the same devices at another temperature in K."""
