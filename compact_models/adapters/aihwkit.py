"""The cell as a noise model for inference in aihwkit 1.x (IBM's analog hardware acceleration kit).

    rpu_config.noise_model = magbayes.compact_models.adapters.aihwkit.MagbayesNoiseModel(models, gate_voltage=-0.5)

Programming goes to the nearest level, with verification. Each ``drift_analog_weights(t)`` is one read of all cells
under the gate and read voltage, and so one draw of a Bayesian network's weights; `t` (s, above 0) changes nothing else,
since levels are taken to hold. Numbers come from PyTorch's random state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from magbayes.compact_models.adapters.cell import Cell
from magbayes.compact_models.store import CompactModels

try:
    import torch
    from aihwkit.inference.converter.conductance import SinglePairConductanceConverter
    from aihwkit.inference.noise.base import BaseNoiseModel
except ImportError as error:
    raise ImportError("this adapter needs aihwkit 1.x and PyTorch: pip install 'magbayes[adapters]'") from error

MICRO = 1e-6
"""Aihwkit's unit of conductance, S."""


class MagbayesNoiseModel(BaseNoiseModel):
    """Noise of the cells under gate and read voltages in V, one for all cells, averaged over `integration_time` in s.

    The default converter has a pair of cells a weight and all levels in use, the lowest for a weight of 0.

    Raises
    ------
    ValueError
        A voltage outside the characterised range, a time beyond the record, or a converter with conductances that are
        not those of the levels.
    """

    def __init__(
        self,
        models: CompactModels,
        gate_voltage: float,
        read_voltage: float = 0.0,
        g_converter: Any = None,
        *,
        integration_time: float = 0.0,
    ) -> None:
        self._cell = Cell(models, gate_voltage, read_voltage, integration_time)
        low, high = self._cell.range
        super().__init__(g_converter or SinglePairConductanceConverter(g_max=high / MICRO, g_min=low / MICRO))
        self._cell.check(self.g_converter.g_min * MICRO, self.g_converter.g_max * MICRO)
        self.gate_voltage = gate_voltage
        self.read_voltage = read_voltage
        self.integration_time = integration_time

    def __str__(self, *_: Any, **__: Any) -> str:
        # The kit prints a noise model with its configuration: not all the tables.
        return (
            f"{type(self).__name__}(gate_voltage={self.gate_voltage}, read_voltage={self.read_voltage}, "
            f"integration_time={self.integration_time})"
        )

    def apply_programming_noise_to_conductance(self, g_target: torch.Tensor) -> torch.Tensor:
        """Conductances after writing, µS."""
        seed = int(torch.randint(2**31, ()))
        written = self._cell.write(MICRO * g_target.double().cpu().numpy(), seed)
        return _like(g_target, written)

    def apply_drift_noise_to_conductance(
        self, g_prog: torch.Tensor, drift_noise_param: torch.Tensor | None, t_inference: float
    ) -> torch.Tensor:
        """Conductances of one read, µS."""
        scores = torch.randn((2, *g_prog.shape)).numpy()
        read = self._cell.read(MICRO * g_prog.double().cpu().numpy(), *scores)
        return _like(g_prog, read).clamp(min=0.0)


def _like(tensor: torch.Tensor, conductance: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(conductance / MICRO, dtype=tensor.dtype, device=tensor.device)
