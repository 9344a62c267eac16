"""A design: one short file that says what is free, what is to be as good as possible, and what has to hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import to_jsonable_python

from magbayes.data.lines import one_line
from magbayes.data.section import Section
from magbayes.workflow.configuration import Configuration, ConfigurationError, line_of
from magbayes.workflow.sources import DEFAULT, merge, read_file
from magbayes.workflow.studies.collecting import collectable, task_of
from magbayes.workflow.studies.sampling import Parameter
from magbayes.workflow.studies.study import configured, value_of

Direction = Literal["minimise", "maximise"]

COMPROMISE = "compromise"
"""Choice of the point of the front that is nearest to the best of all objectives at once."""

PER_PARAMETER = 4
"""Points a free parameter with which the search begins, if the file does not say."""


class Limit(Section):
    """What a number has to keep to, in SI units."""

    at_least: float | None = Field(None, description="least value that is accepted")
    at_most: float | None = Field(None, description="largest value that is accepted")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("takes at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least:g} is above at_most {self.at_most:g}; nothing lies between them")
        return self

    @property
    def ends(self) -> list[tuple[int, float]]:
        """Limits that are given, each with the sign by which a value times it must not lie below the limit times it."""
        ends = ((1, self.at_least), (-1, self.at_most))
        return [(sign, end) for sign, end in ends if end is not None]


class Design(Section):
    """Contents of a design's file."""

    design: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="names results/designs/<design>/")
    base: str | None = Field(
        None, description="configuration that points start from, beside this file; else the default"
    )
    settings: dict[str, Any] = Field({}, description="keys that differ from the base in every point")
    parameters: dict[str, Parameter] = Field(min_length=1, max_length=16, description="what is free, by its dotted key")
    along: dict[str, dict[str, list[Any]]] = Field(
        {},
        description="by a parameter with a list of values, further keys, which take their n-th value with its n-th",
    )
    objectives: dict[str, Direction] = Field(
        min_length=1, max_length=4, description="numbers to minimise or to maximise, by name"
    )
    constraints: dict[str, Limit] = Field({}, max_length=16, description="numbers that have to keep to limits, by name")
    collect: tuple[str, ...] = Field((), description="further numbers that are shown")
    points: int = Field(48, ge=2, le=10_000, description="points that are tried at most")
    batch: int = Field(8, ge=1, le=200, description="points that are proposed, and tried, at a time")
    start: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="first points, spread over all ranges (Sobol); null: four a parameter, and a batch at least",
    )
    sampler: Literal["tpe", "gp"] = Field(
        "tpe", description="Optuna's optimiser: tree-structured Parzen estimator, or Gaussian process, for PyTorch"
    )
    choose: str = Field(
        COMPROMISE, description="objective in which the chosen point of the front is best, or compromise between all"
    )
    seed: int = Field(1, ge=0, lt=2**31, description="seed of the proposals")

    @field_validator("objectives", mode="before")
    @classmethod
    def _with_directions(cls, value: Any) -> Any:
        names = value if isinstance(value, list | tuple) else [value] if isinstance(value, str) else []
        if isinstance(value, Mapping):
            names = [name for name, direction in value.items() if direction is None]
        if names:
            raise ValueError(f"{names[0]!r} has no direction; expected {names[0]}: minimise, or maximise")
        return value

    @field_validator("parameters")
    @classmethod
    def _with_bounds(cls, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
        for name, parameter in parameters.items():
            if parameter.mean is not None or parameter.steps is not None:
                raise ValueError(f"{name} takes a list of values, or low and high and no steps, in a design")
        return parameters

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.choose != COMPROMISE and self.choose not in self.objectives:
            accepted = ", ".join([COMPROMISE, *self.objectives])
            raise ValueError(f"choose: {self.choose!r} is no objective; accepted: {accepted}")
        for name, followers in self.along.items():
            count = len(self.parameters[name].values) if name in self.parameters else 0
            if not count:
                raise ValueError(f"along: {name} is no parameter with a list of values")
            for key, values in followers.items():
                if len(values) != count:
                    raise ValueError(
                        f"along: {key} has {len(values)} values beside {count} of {name}; expected as many"
                    )
                if key in self.parameters:
                    raise ValueError(f"along: {key} is free itself; it can be only one of both")
        if self.sampler == "gp" and find_spec("torch") is None:
            raise ValueError("sampler: gp needs PyTorch, which is not installed; pip install torch, or take tpe")
        return self

    @property
    def names(self) -> list[str]:
        """All numbers that are looked at."""
        return list(dict.fromkeys([*self.objectives, *self.constraints, *self.collect]))

    @property
    def of_devices(self) -> list[str]:
        """Those of the compact models, which cost no network."""
        return [name for name in self.names if task_of(name) == "compact_models"]

    @property
    def first(self) -> int:
        """Points that are spread over the ranges before the search begins."""
        return self.start or max(self.batch, PER_PARAMETER * len(self.parameters))

    @property
    def rounds(self) -> list[int]:
        """Points of each round."""
        full, rest = divmod(self.points, self.batch)
        return [self.batch] * full + [rest] * bool(rest)

    def at(self, shares: Mapping[str, float]) -> dict[str, Any]:
        """The point at shares 0 to 1 of the ranges."""
        point = {}
        for key, share in shares.items():
            parameter = self.parameters[key]
            point[key] = _plain(parameter.at(np.array([share]))[0])
            for follower, values in self.along.get(key, {}).items():
                point[follower] = _plain(values[min(int(share * len(values)), len(values) - 1)])
        return point

    def anchors(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each end, or each value of a list, of one parameter with the others in the middle, and the middle of all."""
        middle = dict.fromkeys(self.parameters, 0.5)
        others = ", with the others in the middle of their ranges" if len(middle) > 1 else ""
        for key, parameter in self.parameters.items():
            count = len(parameter.values) or 2
            for i in range(count):
                share = (i + 0.5) / count if parameter.values else float(i)
                point = self.at(middle | {key: share})
                yield f"at {key} = {point[key]}{others}", point
        yield "in the middle of all ranges", self.at(middle)


def _plain(value: Any) -> Any:
    """A value as it stands in files, in which there are no sets."""
    return to_jsonable_python(sorted(value) if isinstance(value, frozenset) else value)


def violations(limit: Limit, value: float) -> float:
    """By how much a value misses its limits: 0 or less if it does not.

    A logarithm of the ratio where limit and value are positive, so that constraints of any unit add up and decades
    count; else the difference over the limit.
    """
    missed = []
    for sign, end in limit.ends:
        if end > 0 and value > 0:
            missed.append(sign * (math.log(end) - math.log(value)))
        else:
            missed.append(sign * (end - value) / (abs(end) or 1.0))
    return max(missed)


def read_design(path: str | Path) -> tuple[Design, dict[str, Any], list[Configuration], dict[str, Any]]:
    """Read a design and check it whole: every key, every quantity, and both ends of every range.

    Returns
    -------
    tuple
        The design, the values that all points share, the configurations at its anchors, and what of the values differs
        from the default configuration.

    Raises
    ------
    ConfigurationError
        A line for each wrong key, or one for the first anchor that is no configuration.
    """
    path = Path(path)
    try:
        design = Design.model_validate(read_file(path).values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(f"{path}: {line_of(entry, Design)}" for entry in error.errors())) from None
    own = {} if design.base is None else read_file(path.parent / design.base).values
    try:
        base = merge(merge(read_file(DEFAULT).values, own), design.settings)
        own = merge(own, design.settings)
        anchors = list(design.anchors())
    except ValueError as error:
        raise ConfigurationError(one_line(f"{path}: {error}")) from None
    configurations = []
    for where, point in anchors:
        try:
            configurations.append(configured(base, point))
        except ConfigurationError as error:
            first, *more = str(error).splitlines()
            rest = f" (and {len(more)} more)" if more else ""
            raise ConfigurationError(one_line(f"{path}: {where}: {first}{rest}")) from None
    _check_names(path, design, configurations[0])
    return design, base, configurations, own


def _check_names(path: Path, design: Design, configuration: Configuration) -> None:
    """Refuse what nobody can vary or collect."""
    if configuration.engine == "both":
        raise ConfigurationError(f"{path}: engine 'both' is not accepted in a design; native or oommf")
    known = collectable(configuration)
    for section in ("objectives", "constraints", "collect"):
        for name in getattr(design, section):
            if name not in known:
                raise ConfigurationError(
                    one_line(f"{path}: {section}: {name!r} is not known; accepted: {', '.join(known)}")
                )
    for key in [*design.parameters, *(key for keys in design.along.values() for key in keys)]:
        if isinstance(value_of(configuration, key), BaseModel) or key == "scenario":
            raise ConfigurationError(f"{path}: parameters.{key}: no key of a device, protocol or network")
