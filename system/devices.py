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
    def voltage_range(self) -> tuple[float, float]:
        """Gate voltages that were characterised, V."""

    @property
    def sigma_range(self) -> tuple[float, float]:
        """Smallest and largest std of the conductance of one device, S."""

    def sigma(self, voltage: ArrayLike) -> Any:
        """Return an estimate (value, low, high) of the std of the conductance, S."""

    def voltage_for(self, sigma: ArrayLike) -> np.ndarray:
        """Return the gate voltage for a std of the conductance; refuse one outside `sigma_range`."""

    def mean(self, voltage: ArrayLike) -> np.ndarray:
        """Return the mean conductance, S."""

    def at(self, voltage: ArrayLike, interval: float) -> Reads:
        """Return devices at gate voltages `voltage`, read every `interval` seconds."""


class DomainWallModel(Protocol):
    """The domain-wall MTJ: a ladder of levels."""

    @property
    def levels(self) -> Any:
        """Levels with `mean` (ascending) and `std`, both (levels,) in S."""

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
