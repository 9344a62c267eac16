"""Compact models on disk: one HDF5 file that any HDF5 reader opens, with a unit on every dataset.

``/smtj/<field>`` and ``/dwmtj/<field>`` hold the fields of `StochasticModel` and `DomainWallModel` under their names;
``SCHEMA.md`` beside this module lists them (``python -m compact_models schema``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
from jax import Array

from compact_models.domain_wall_mtj import DomainWallModel
from compact_models.schema import Column, check_shapes, columns
from compact_models.stochastic_mtj import SCORES, StochasticModel
from micromag import fileformat
from micromag.fileformat import FileFormatError, Quantity

KIND = "spinbayes compact models"
VERSION = 4

GROUPS: dict[str, dict[str, Column]] = {
    "": {"temperature": Column("", "K", "temperature of the ensembles")},
    "smtj": {
        "scores": Column("scores", "1", "normal scores of the quantile tables"),
        **columns(StochasticModel),
    },
    "dwmtj": columns(DomainWallModel),
}
"""Every dataset that a reader can rely on, by group and name; ``diagnostics/`` may hold more to look at."""


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
    held = {"": {"temperature": models.temperature}, "smtj": {"scores": SCORES, **vars(models.smtj)}}
    held["dwmtj"] = vars(models.dwmtj)
    data = {
        f"{group}/{name}".lstrip("/"): Quantity(held[group][name], column.unit, column.meaning)
        for group, fields in GROUPS.items()
        for name, column in fields.items()
    }
    data |= {f"diagnostics/{name}": quantity for name, quantity in models.diagnostics.items()}
    fileformat.write(path, KIND, VERSION, data, models.provenance)


def load(path: str | os.PathLike[str]) -> CompactModels:
    """Read and check a compact model file.

    Raises
    ------
    FileFormatError
        The file is not a whole compact model of this version.
    """
    paths = {group: {name: f"{group}/{name}".lstrip("/") for name in fields} for group, fields in GROUPS.items()}
    required = {path: None for names in paths.values() for path in names.values()}
    contents = fileformat.read(path, KIND, VERSION, required)

    def build(group: str, kind: type) -> Any:
        check_shapes({place: GROUPS[group][name] for name, place in paths[group].items()}, contents.data)
        values = {name: contents[place] for name, place in paths[group].items()}
        if not np.array_equal(values.pop("scores", SCORES), SCORES):
            raise ValueError("dataset 'smtj/scores' holds other normal scores than this version's")
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
