"""Compact models on disk: one HDF5 file that any HDF5 reader opens, with a unit on every dataset.

``/dwmtj/<field>`` holds the fields of `DomainWallModel` under their names, ``/smtj/<field>`` those of `StochasticModel`
for each temperature;
``SCHEMA.md`` beside this module lists them (``magbayes schema``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.schema import Column, check_shapes, columns
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data import container
from magbayes.data.container import FileFormatError, Quantity
from magbayes.data.keys import generator_of
from magbayes.data.shapes import RandomKey

KIND = "magbayes compact models"
VERSION = 6

GROUPS: dict[str, dict[str, Column]] = {
    "": {"temperature": Column("", "K", "temperature of the scenario, and of the domain-wall MTJ")},
    "smtj": {
        "temperature": Column("T", "K", "temperatures of the stochastic MTJ, rising"),
        "scores": Column("scores", "1", "normal scores of the quantile tables"),
        **{name: column.over("T") for name, column in columns(StochasticModel).items()},
    },
    "dwmtj": columns(DomainWallModel),
}
"""Every dataset that a reader can rely on, by group and name; ``diagnostics/`` may hold more to look at."""


@dataclass(frozen=True)
class CompactModels:
    """Both devices, and where they come from."""

    stochastic: Mapping[float, StochasticModel]
    """The stochastic MTJ at each characterised temperature in K, rising."""
    dwmtj: DomainWallModel
    temperature: float
    """Temperature of the scenario and of the domain-wall MTJ, K; `smtj` is taken at it."""
    diagnostics: Mapping[str, Quantity] = field(default_factory=dict)
    """What a person looks at beside the model: autocorrelations, marginals."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def smtj(self) -> StochasticModel:
        """The stochastic MTJ at `temperature`."""
        return between(self.stochastic, self.temperature)

    def at_temperature(self, temperature: float) -> CompactModels:
        """The devices at another temperature in K.

        Only the stochastic MTJ was characterised at several; levels and pulses stay those of their own.

        Raises
        ------
        ValueError
            The temperature is outside the characterised range.
        """
        low, high = min(self.stochastic), max(self.stochastic)
        if not low <= temperature <= high:
            raise ValueError(
                f"temperature {temperature:g} K is outside the characterised range; accepted: {low:g} to {high:g} K"
            )
        return replace(self, temperature=float(temperature))

    def draw(self, key: RandomKey) -> CompactModels:
        """Models drawn from the uncertainty that finite ensembles leave in the fit.

        Accuracy, calibration and energy of several draws have error bars for that uncertainty. The intervals of a
        drawn model are those of the fit.

        Parameters
        ----------
        key
            JAX random key; the same key draws the same models.
        """
        stochastic = {t: model.draw(generator_of(key, "smtj", f"{t:g}K")) for t, model in self.stochastic.items()}
        return replace(self, stochastic=stochastic, dwmtj=self.dwmtj.draw(generator_of(key, "dwmtj")))


def between(models: Mapping[float, StochasticModel], temperature: float) -> StochasticModel:
    """The model at a temperature in K: a monotone interpolation of every number, resamples included."""
    if temperature in models:
        return models[temperature]
    kelvin = np.array(list(models))
    names = [entry.name for entry in fields(StochasticModel)]
    curves = {name: PchipInterpolator(kelvin, [getattr(model, name) for model in models.values()]) for name in names}
    return StochasticModel(**{name: _number(curve(temperature)) for name, curve in curves.items()})


def _number(value: Any) -> Any:
    """An array, or the number that it is if it has no axis."""
    return value if np.ndim(value) else value.item()


def save(path: str | os.PathLike[str], models: CompactModels) -> None:
    """Write a compact model file whole or not at all."""
    stochastic = {
        entry.name: np.stack([getattr(m, entry.name) for m in models.stochastic.values()])
        for entry in fields(StochasticModel)
    }
    held: dict[str, Mapping[str, Any]] = {
        "": {"temperature": models.temperature},
        "smtj": {"temperature": list(models.stochastic), "scores": SCORES, **stochastic},
        "dwmtj": vars(models.dwmtj),
    }
    data = {
        f"{group}/{name}".lstrip("/"): Quantity(held[group][name], column.unit, column.meaning)
        for group, entries in GROUPS.items()
        for name, column in entries.items()
    }
    data |= {f"diagnostics/{name}": quantity for name, quantity in models.diagnostics.items()}
    container.write(path, KIND, VERSION, data, models.provenance)


def load(path: str | os.PathLike[str]) -> CompactModels:
    """Read and check a compact model file.

    Raises
    ------
    FileFormatError
        The file is not a whole compact model of this version.
    """
    paths = {group: {name: f"{group}/{name}".lstrip("/") for name in entries} for group, entries in GROUPS.items()}
    units = {paths[group][name]: column.unit for group, entries in GROUPS.items() for name, column in entries.items()}
    required = {place: 0 if place == "temperature" else None for place in units}
    contents = container.read(path, KIND, VERSION, required, expected_units=units)

    def values(group: str) -> dict[str, np.ndarray]:
        check_shapes({place: GROUPS[group][name] for name, place in paths[group].items()}, contents.data)
        return {name: contents[place] for name, place in paths[group].items()}

    try:
        smtj = values("smtj")
        kelvin, scores = smtj.pop("temperature"), smtj.pop("scores")
        if not np.array_equal(scores, SCORES):
            raise ValueError("dataset 'smtj/scores' holds other normal scores than this version's")
        if not (np.diff(kelvin) > 0).all() or not len(kelvin):
            raise ValueError(f"dataset 'smtj/temperature' holds {kelvin}; expected rising temperatures")
        stochastic = {
            float(t): StochasticModel(**{name: _number(value[i]) for name, value in smtj.items()})
            for i, t in enumerate(kelvin)
        }
        dwmtj = DomainWallModel(**{name: _number(value) for name, value in values("dwmtj").items()})
        temperature = float(contents["temperature"])
        if not kelvin[0] <= temperature <= kelvin[-1]:
            raise ValueError(f"temperature {temperature:g} K lies outside 'smtj/temperature', {kelvin}")
    except ValueError as error:
        raise FileFormatError(f"{path}: {error}") from error
    prefix = "diagnostics/"
    return CompactModels(
        stochastic=stochastic,
        dwmtj=dwmtj,
        temperature=temperature,
        diagnostics={
            name.removeprefix(prefix): Quantity(value, contents.units[name])
            for name, value in contents.data.items()
            if name.startswith(prefix)
        },
        provenance=contents.provenance,
    )
