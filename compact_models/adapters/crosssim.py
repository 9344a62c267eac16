"""The cell as a device class of CrossSim 3.2 (Sandia's simulator of analog in-memory computing).

    params = CrossSimParameters()
    magbayes.compact_models.adapters.crosssim.configure(params.xbar.device, models, gate_voltage=-0.5)
    core = AnalogCore(matrix, params)

Programming goes to the nearest level, with verification; the conductance that was verified stays. Every product draws
the noise of the stochastic MTJ anew, under the gate voltage and CrossSim's `Vread`. Numbers come from CrossSim's random
state, which is NumPy's global one. There is no model of drift: CrossSim's time must stay 0. Works on NumPy, not CuPy.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from jax.typing import ArrayLike

from magbayes.compact_models.adapters.cell import Cell
from magbayes.compact_models.store import CompactModels

try:
    from simulator.backend import ComputeBackend
    from simulator.devices.idevice import EmptyDevice
except ImportError as error:
    raise ImportError(
        "this adapter needs CrossSim 3.2 (package 'simulator'): install it from its repository"
    ) from error

xp = ComputeBackend()

_configured: dict[str, type[MagbayesCell]] = {}
# CrossSim finds classes by their name among those that are alive.


class MagbayesCell(EmptyDevice):
    """Base of the classes that `configure` makes, each with compact models and a gate voltage of its own."""

    models: ClassVar[CompactModels]
    gate_voltage: ClassVar[ArrayLike]
    integration_time: ClassVar[float]

    def __init__(self, device_params: Any, weight_error_params: Any) -> None:
        super().__init__(device_params, weight_error_params)
        if device_params.time != 0:
            raise ValueError(f"time {device_params.time} s after writing was not characterised; accepted: 0")
        self._largest = 1 / device_params.Rmin
        self._cell = Cell(self.models, self.gate_voltage, device_params.Vread, self.integration_time)
        self._cell.check(self._largest * self.Gmin_norm, self._largest)

    def programming_error(self, input_: np.ndarray) -> np.ndarray:
        """Conductances after writing, in CrossSim's units of the largest one."""
        seed = int(xp.random.randint(2**31))
        written: np.ndarray = (self._cell.write(input_ * self._largest, seed) / self._largest).astype(input_.dtype)
        return written

    def read_noise(self, input_: np.ndarray) -> np.ndarray:
        """Conductances of one read, in the same units."""
        scores = xp.random.normal(size=(2, *input_.shape))
        read: np.ndarray = (self._cell.read(input_ * self._largest, *scores) / self._largest).astype(input_.dtype)
        return read


def configure(
    device_params: Any,
    models: CompactModels,
    gate_voltage: ArrayLike,
    name: str = "magbayes",
    *,
    integration_time: float = 0.0,
) -> None:
    """Make CrossSim's device that of `models`: range, programming error and read noise.

    Parameters
    ----------
    device_params
        CrossSim's ``params.xbar.device``; its `Vread` in V is the read voltage.
    models
        Compact models.
    gate_voltage
        Of the stochastic MTJs, V: one number, or an array that broadcasts to the shape of CrossSim's matrices.
    name
        Name of the class, by which CrossSim finds it; one for each combination of models, gate voltages and times.
    integration_time
        Over which a read averages, s; 0 is the instant.

    Raises
    ------
    ValueError
        A voltage outside the characterised range, a time beyond the record, or a name that is taken.
    """
    if name in {known.__name__ for known in EmptyDevice.get_all_subclasses()}:
        raise ValueError(f"CrossSim knows a device {name!r} already; give this one another name")
    smallest, largest = Cell(models, gate_voltage, device_params.Vread, integration_time).range
    device_params.Rmin, device_params.Rmax = 1 / largest, 1 / smallest
    device_params.infinite_on_off_ratio = False
    for part in (device_params.programming_error, device_params.read_noise):
        part.enable, part.model = True, name
    known_by_class = {"models": models, "gate_voltage": gate_voltage, "integration_time": integration_time}
    _configured[name] = type(name, (MagbayesCell,), known_by_class)
