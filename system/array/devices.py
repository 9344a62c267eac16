"""What the array asks of device models, in the models' own terms.

Whatever fulfils `DeviceModels` plugs into the array, the models of `magbayes.compact_models` as well as measured or
idealised ones: `tests/system/test_foreign_model.py` writes one from this page alone. mypy checks it, see
`tests/system/test_contract.py`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import jax
import numpy as np
from numpy.typing import ArrayLike

from magbayes.data.estimate import Estimate

State = TypeVar("State")
"""What devices remember from read to read: any JAX pytree."""


class Reads(Protocol[State]):
    """Programmed stochastic devices that are read at a fixed interval; a JAX pytree."""

    def start(self, key: jax.Array, shape: tuple[int, ...]) -> State:
        """Return a stationary state of devices of `shape`: leading axes, then the shape of the voltages."""
        ...

    def advance(self, key: jax.Array, state: State) -> tuple[State, jax.Array]:
        """Return the state one interval later, and the conductances that are read then, S."""
        ...


class StochasticModel(Protocol):
    """The stochastic MTJ: a gate voltage sets the std of its conductance.

    Gate voltages are arrays of any shape in V, within `voltage_range`; what is returned has their shape. A read is the
    mean of the conductance over an integration time in s, which the model refuses where it does not know that mean.
    """

    @property
    def voltage_range(self) -> tuple[float, float]:
        """Lowest and highest gate voltage that were characterised, V."""
        ...

    def sigma_range(self, integration_time: float, read_voltage: float = 0.0) -> tuple[float, float]:
        """Return the smallest and largest std of a read of one device that `voltage_for` takes, S.

        At gate voltages that read voltages of either sign up to `read_voltage` (V) leave within what was characterised.
        """
        ...

    @property
    def offset_std(self) -> float:
        """Std between devices of an equivalent offset of the gate voltage, V."""
        ...

    @property
    def scale_std(self) -> float:
        """Relative std between devices of the conductance, by their area."""
        ...

    @property
    def read_lever(self) -> float:
        """Gate voltage that does to the device what a read voltage of 1 V does."""
        ...

    def leakage(self, voltage: ArrayLike) -> np.ndarray:
        """Return the current through the gate, without sign, A."""
        ...

    def mean(self, voltage: ArrayLike) -> np.ndarray:
        """Return the mean conductance, S."""
        ...

    def sigma(self, voltage: ArrayLike, integration_time: float) -> Estimate:
        """Return the std of a read with its interval, S."""
        ...

    def voltage_for(self, sigma: ArrayLike, integration_time: float) -> np.ndarray:
        """Return the gate voltage for a std of a read; refuse one outside `sigma_range`."""
        ...

    def excess_kurtosis_at(self, voltage: ArrayLike, integration_time: float) -> np.ndarray:
        """Return the excess kurtosis of a read, 0 for a Gaussian."""
        ...

    def autocorrelation(self, voltage: ArrayLike, lag: float, integration_time: float) -> np.ndarray:
        """Return the correlation of reads that begin `lag` seconds apart, or that of a monotone function of them."""
        ...

    def at(self, voltage: ArrayLike, interval: float, integration_time: float) -> Reads[Any]:
        """Return devices whose reads begin every `interval` seconds; refuse reads that overlap."""
        ...


class Levels(Protocol):
    """The levels of a domain-wall MTJ at rest."""

    @property
    def mean(self) -> np.ndarray:
        """Conductance of each level (levels,), rising, S."""
        ...


class Written(Protocol):
    """What writing devices came to: arrays of the target's shape."""

    @property
    def conductance(self) -> np.ndarray:
        """Mean conductance of the level that is held, S."""
        ...

    @property
    def pulses(self) -> np.ndarray:
        """Number of pulses."""
        ...

    @property
    def energy(self) -> np.ndarray:
        """Energy of the pulses, J."""
        ...

    @property
    def latency(self) -> np.ndarray:
        """Time of the pulses, s."""
        ...

    @property
    def failed(self) -> np.ndarray:
        """True where the level was not reached."""
        ...


class DomainWallModel(Protocol):
    """The domain-wall MTJ: a ladder of levels."""

    @property
    def levels(self) -> Levels:
        """Levels at rest."""
        ...

    @property
    def level_spread(self) -> np.ndarray:
        """Std between devices of the mean conductance of each level (levels,), S."""
        ...

    def jitter(self, integration_time: float) -> np.ndarray:
        """Return the std of a read of one device at each level (levels,) over an integration time in s, S."""
        ...

    def escape_rate(self, temperature: float) -> Estimate:
        """Return the rate at which a wall at rest leaves its level at a temperature in K, with its interval, 1/s."""
        ...

    def program(self, key: jax.Array, target: ArrayLike, start: ArrayLike) -> Written:
        """Write the level nearest to each target conductance (S), from the level of number `start` on."""
        ...


class DeviceModels(Protocol):
    """Both devices, at one temperature."""

    @property
    def smtj(self) -> StochasticModel:
        """The stochastic MTJ."""
        ...

    @property
    def dwmtj(self) -> DomainWallModel:
        """The domain-wall MTJ."""
        ...

    @property
    def temperature(self) -> float:
        """Temperature of the devices, K."""
        ...

    def at_temperature(self, temperature: float) -> DeviceModels:
        """Return the same devices at another temperature in K."""
        ...
