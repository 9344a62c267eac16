"""Compact models on disk: one HDF5 file that any HDF5 reader opens, with a unit on every dataset.

``/dwmtj/<field>`` holds the fields of `DomainWallModel` under their names, ``/smtj/<field>`` those of `StochasticModel`
for each temperature;
``SCHEMA.md`` beside this module lists them (``magbayes schema``).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.schema import POSITIVE, RISING, Column, check_shapes, check_values, columns
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.data import container
from magbayes.data.container import FileFormatError, Form, Quantity
from magbayes.data.keys import generator_of
from magbayes.data.seeds import text_of
from magbayes.data.shapes import RandomKey

KIND = "magbayes compact models"
VERSION = 11

GROUPS: dict[str, dict[str, Column]] = {
    "": {"temperature": Column("", "K", "temperature of the scenario, and of the domain-wall MTJ", POSITIVE)},
    "smtj": {
        "temperature": Column("T", "K", "temperatures of the stochastic MTJ, rising", RISING),
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

    @property
    def measured(self) -> dict[str, dict[str, Any]]:
        """What is said of the devices that were measured, by their keys; see `compact_models.measured.said`."""
        origin: Any = self.provenance
        while "derived_from" in origin:
            origin = origin["derived_from"]
        found: dict[str, dict[str, Any]] = origin.get("measured", {})
        return found

    def device_warnings(self, device: str, *, other_temperatures: bool = True) -> list[str]:
        """What makes the model of a device (`smtj` or `dwmtj`) less sure; of a measured one, what was not measured."""
        if (about := self.measured.get(device)) is not None:
            missing, assumed = ", ".join(what for what, _ in about["missing"]), len(about["assumptions"])
            return [
                *([f"{device}: not measured: {missing}; a table of the report says what follows"] if missing else []),
                *([f"{device}: {assumed} assumptions in place of measurements, in its data sheet"] if assumed else []),
                *(f"{device}: {text}" for text in about["doubts"]),
            ]
        if device == "dwmtj":
            return self.dwmtj.warnings()
        return [
            warning if kelvin == self.temperature else f"at {kelvin:g} K: {warning}"
            for kelvin, model in self.stochastic.items()
            if other_temperatures or kelvin == self.temperature
            for warning in model.warnings()
        ]

    def warnings(self) -> list[str]:
        """What makes the models less sure: at every temperature, of both devices, and of their origin."""
        lines = [*self.device_warnings("smtj"), *self.device_warnings("dwmtj")]
        if "derived_from" in self.provenance:
            lines.append("the compact models are not as they were fitted: they were changed afterwards")
        return lines

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
        stochastic = {
            t: model.draw(generator_of(key, "smtj", f"{text_of(t)}K")) for t, model in self.stochastic.items()
        }
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


def _quantities(models: CompactModels) -> dict[str, Quantity]:
    """Datasets of a file by path, without diagnostics.

    Raises
    ------
    ValueError
        Arrays of the stochastic MTJ have other shapes at another temperature, or there is none.
    """
    stochastic = {}
    for entry in fields(StochasticModel):
        values = [np.asarray(getattr(model, entry.name)) for model in models.stochastic.values()]
        if len(shapes := {value.shape for value in values}) != 1:
            said = " and ".join(map(str, sorted(shapes))) or "none"
            raise ValueError(f"dataset 'smtj/{entry.name}': {said} as shapes over temperature; expected one")
        stochastic[entry.name] = np.stack(values)
    held: dict[str, Mapping[str, Any]] = {
        "": {"temperature": models.temperature},
        "smtj": {"temperature": list(models.stochastic), "scores": SCORES, **stochastic},
        "dwmtj": vars(models.dwmtj),
    }
    return {
        f"{group}/{name}".lstrip("/"): Quantity(held[group][name], column.unit, column.meaning)
        for group, entries in GROUPS.items()
        for name, column in entries.items()
    }


PATHS = {group: {name: f"{group}/{name}".lstrip("/") for name in entries} for group, entries in GROUPS.items()}
"""Paths of the datasets by group and name."""


LEAST_LENGTHS = {
    "smtj/voltage": (1, 2),
    "smtj/integration_time": (1, 2),
    "smtj/resampled_sigma": (1, 1),
    "dwmtj/level_mean": (0, 2),
    "dwmtj/track_level": (0, 2),
    "dwmtj/pulse_width": (0, 1),
    "dwmtj/current_density": (0, 1),
}
"""Axis of a dataset, and its least length: to interpolate, to draw from, to tell a spread."""


def check(data: Mapping[str, Any]) -> None:
    """Refuse datasets, by path, that are no compact models: what is written and what is read.

    Raises
    ------
    ValueError
        One line that names the dataset, the value and what would be accepted.
    """
    for group, entries in GROUPS.items():
        columns_of_group = {PATHS[group][name]: column for name, column in entries.items()}
        check_shapes(columns_of_group, data)
        check_values(columns_of_group, data)
    if not np.array_equal(data["smtj/scores"], SCORES):
        raise ValueError("dataset 'smtj/scores' holds other normal scores than this version's")
    for name, (axis, least) in LEAST_LENGTHS.items():
        if (length := np.shape(data[name])[axis]) < least:
            raise ValueError(f"dataset {name!r} has length {length}; expected {least} or more")
    kelvin, temperature = data["smtj/temperature"], float(data["temperature"])
    if not kelvin[0] <= temperature <= kelvin[-1]:
        raise ValueError(f"temperature {temperature:g} K lies outside 'smtj/temperature', {np.asarray(kelvin)}")
    if (first := np.asarray(data["smtj/integration_time"])[:, 0]).any():
        raise ValueError(f"dataset 'smtj/integration_time' begins with {first.max():.6g}; expected 0, the instant")
    low, high = np.asarray(data["smtj/sigma_low"]), np.asarray(data["smtj/sigma_high"])
    if (wrong := low > high).any():
        raise ValueError(
            f"dataset 'smtj/sigma_low' holds {low[wrong][0]:.6g}; expected at most {high[wrong][0]:.6g}, the upper end"
        )
    escapes, replicas = np.max(data["dwmtj/rest_escapes"]), data["dwmtj/rest_replicas"]
    if escapes > replicas:
        raise ValueError(f"dataset 'dwmtj/rest_escapes' holds {escapes}; expected at most {replicas}, the replicas")
    moves, moved = np.asarray(data["dwmtj/moves"]), np.asarray(data["dwmtj/moved"])
    if (np.diff(moves) != 1).any() or 0 not in moves:
        raise ValueError(f"dataset 'dwmtj/moves' holds {moves}; expected whole numbers one by one, 0 among them")
    if (none := np.argwhere(moved.sum(axis=-1) == 0)).size:
        raise ValueError(f"dataset 'dwmtj/moved' has no pulse at {none[0].tolist()} (width, current)")


def check_models(models: CompactModels) -> None:
    """Refuse models that `save` would not write.

    Raises
    ------
    ValueError
        See `check`.
    """
    check({name: quantity.value for name, quantity in _quantities(models).items()})


def _digest(data: Mapping[str, Any]) -> str:
    """Hash of the numbers of datasets by path, whatever their types."""
    parts = hashlib.sha256()
    for name in (path for paths in PATHS.values() for path in paths.values()):
        array = np.ascontiguousarray(data[name], float)
        parts.update(f"{name}{np.shape(data[name])}".encode() + array.tobytes())
    return parts.hexdigest()


def _origin(provenance: Mapping[str, Any], digest: str, **changed: Any) -> dict[str, Any]:
    """Provenance of datasets with a digest: as it is if they are those that it speaks of, else that it is of others.

    `changed` says who changed them, and when.
    """
    if provenance.get("data_sha256", digest) == digest:
        return {**provenance, "data_sha256": digest}
    return {**changed, "data_sha256": digest, "derived_from": dict(provenance)}


def signed(models: CompactModels) -> CompactModels:
    """The models with a digest of their numbers in their provenance, by which a later change of them shows."""
    data = {path: quantity.value for path, quantity in _quantities(models).items()}
    return replace(models, provenance=_origin(models.provenance, _digest(data)))


def save(path: str | os.PathLike[str], models: CompactModels) -> None:
    """Write a compact model file whole or not at all.

    The provenance of models that were changed since they were fitted or read says so: theirs stands under
    ``derived_from``.

    Raises
    ------
    ValueError
        The models are not such as `load` would read; nothing was written.
    """
    try:
        data = _quantities(models)
        values = {name: quantity.value for name, quantity in data.items()}
        check(values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; nothing was written") from None
    now = container.provenance({})
    source = _origin(models.provenance, _digest(values), **{key: now[key] for key in ("package", "git_commit", "time")})
    data |= {f"diagnostics/{name}": quantity for name, quantity in models.diagnostics.items()}
    container.write(path, KIND, VERSION, data, source)


def load(path: str | os.PathLike[str]) -> CompactModels:
    """Read and check a compact model file.

    Raises
    ------
    FileFormatError
        The file is not a whole compact model of this version.
    """
    # `check` compares shapes: what is written is held to them, too.
    forms = {
        PATHS[group][name]: Form(column.unit) for group, entries in GROUPS.items() for name, column in entries.items()
    }
    contents = container.read(path, KIND, VERSION, forms)
    try:
        check(contents.data)
        smtj = {name: contents[place] for name, place in PATHS["smtj"].items() if name not in ("temperature", "scores")}
        stochastic = {
            float(t): StochasticModel(**{name: _number(value[i]) for name, value in smtj.items()})
            for i, t in enumerate(contents["smtj/temperature"])
        }
        dwmtj = DomainWallModel(**{name: _number(contents[place]) for name, place in PATHS["dwmtj"].items()})
    except ValueError as error:
        raise FileFormatError(f"{path}: {error}") from error
    unknown = dict.fromkeys(("package", "git_commit", "time"), "unknown")
    prefix = "diagnostics/"
    return CompactModels(
        stochastic=stochastic,
        dwmtj=dwmtj,
        temperature=float(contents["temperature"]),
        diagnostics={
            name.removeprefix(prefix): Quantity(value, contents.units[name])
            for name, value in contents.data.items()
            if name.startswith(prefix)
        },
        provenance=_origin(contents.provenance, _digest(contents.data), **unknown),
    )
