"""Compact models on disk: one HDF5 file that any HDF5 reader opens, with a unit on every dataset.

``/smtj/<field>`` and ``/dwmtj/<field>`` hold the fields of `StochasticModel` and `DomainWallModel` under their
names; shapes and meanings stand there. ``/smtj/scores`` are the normal scores of the quantile tables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import jax
import numpy as np
from jax import Array

from compact_models.domain_wall_mtj import DomainWallModel
from compact_models.stochastic_mtj import SCORES, StochasticModel
from micromag import fileformat
from micromag.fileformat import FileFormatError, Quantity

KIND = "spinbayes compact models"
VERSION = 2

_UNITS = {
    "smtj": {
        "voltage": "V",
        "conductance_mean": "S",
        "conductance_sigma": "S",
        "sigma_low": "S",
        "sigma_high": "S",
        "correlation_time": "s",
        "angular_frequency": "rad/s",
        "quantiles": "1",
        "largest_deviation": "S",
        "effective_samples": "1",
        "excess_kurtosis": "1",
        "gaussian_p_value": "1",
        "convergence": "1",
        "macrospin_sigma": "S",
        "resampled_sigma": "S",
        "resampled_time": "s",
        "resampled_frequency": "rad/s",
        "resampled_quantiles": "1",
    },
    "dwmtj": {
        "level_mean": "S",
        "level_std": "S",
        "level_error": "S",
        "rest_escapes": "1",
        "rest_replicas": "1",
        "rest_time": "s",
        "current_density": "A/m^2",
        "moves": "1",
        "counts": "1",
        "pulse_energy": "J",
        "pulse_width": "s",
        "pulse_latency": "s",
        "metal_resistance": "Ohm",
        "metal_cross_section": "m^2",
    },
}


@dataclass(frozen=True)
class CompactModels:
    """Both devices at one temperature, and where they come from."""

    smtj: StochasticModel
    dwmtj: DomainWallModel
    temperature: float
    """K."""
    diagnostics: Mapping[str, Quantity] = field(default_factory=dict)
    """What a person looks at beside the model: autocorrelations, marginals."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, key: Array) -> CompactModels:
        """Models drawn from the uncertainty that finite ensembles leave in the fit.

        Accuracy, calibration and energy of several draws have error bars for that uncertainty. The intervals of a
        drawn model are those of the fit.

        Parameters
        ----------
        key
            JAX random key; the same key draws the same models.
        """
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
        return replace(self, smtj=self.smtj.draw(rng), dwmtj=self.dwmtj.draw(rng))


def save(path: str | os.PathLike[str], models: CompactModels) -> None:
    """Write a compact model file whole or not at all."""
    data = {
        "temperature": Quantity(models.temperature, "K"),
        "smtj/scores": Quantity(SCORES, "1", "normal scores of the quantile tables"),
    }
    for group, model in (("smtj", models.smtj), ("dwmtj", models.dwmtj)):
        data |= {f"{group}/{name}": Quantity(getattr(model, name), unit) for name, unit in _UNITS[group].items()}
    data |= {f"diagnostics/{name}": quantity for name, quantity in models.diagnostics.items()}
    fileformat.write(path, KIND, VERSION, data, models.provenance)


def load(path: str | os.PathLike[str]) -> CompactModels:
    """Read and check a compact model file.

    Raises
    ------
    FileFormatError
        The file is not a whole compact model of this version.
    """
    required = {f"{group}/{name}": None for group, names in _UNITS.items() for name in names}
    contents = fileformat.read(path, KIND, VERSION, {**required, "temperature": 0, "smtj/scores": 1})
    if not np.array_equal(contents["smtj/scores"], SCORES):
        raise FileFormatError(f"{path}: dataset 'smtj/scores' holds other normal scores than this version's")

    def build(group: str, kind: type) -> Any:
        values = {f.name: contents[f"{group}/{f.name}"] for f in fields(kind)}
        return kind(**{name: value if np.ndim(value) else value.item() for name, value in values.items()})

    try:
        smtj, dwmtj = build("smtj", StochasticModel), build("dwmtj", DomainWallModel)
    except ValueError as error:
        raise FileFormatError(f"{path}: {error}") from error
    prefix = "diagnostics/"
    return CompactModels(
        smtj=smtj,
        dwmtj=dwmtj,
        temperature=float(contents["temperature"]),
        diagnostics={
            name.removeprefix(prefix): Quantity(value, contents.units[name])
            for name, value in contents.data.items()
            if name.startswith(prefix)
        },
        provenance=contents.provenance,
    )
