"""A study: one short file that says which parameters of a configuration vary, how, and what is collected."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import to_jsonable_python
from snakemake.utils import update_config

from magbayes.data.lines import one_line
from magbayes.workflow.configuration import Configuration, ConfigurationError, line_of, validate
from magbayes.workflow.studies.collecting import collectable
from magbayes.workflow.studies.design import Design, Parameter, combine, without_truths

DEFAULT = Path(__file__).parents[1] / "config" / "default.yaml"
"""The configuration over which those of scenarios and studies stand."""


class Study(BaseModel):
    """Contents of a study's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="names results/studies/<study>/")
    base: str | None = Field(
        None, description="configuration that points start from, beside this file; else the default"
    )
    settings: dict[str, Any] = Field({}, description="keys that differ from the base in every point")
    design: Design = Field("grid", description="how parameters are combined")
    samples: int | None = Field(None, ge=2, le=100_000, description="points of a latin design; see SALib for sobol")
    seed: int = Field(1, ge=0, lt=2**31, description="seed of the design")
    parameters: dict[str, Parameter] = Field(min_length=1, max_length=64, description="what varies, by its dotted key")
    collect: tuple[str, ...] = Field(min_length=1, description="what is looked at")
    points_per_job: int | None = Field(None, ge=1, le=100_000, description="points that one job works on")

    @model_validator(mode="before")
    @classmethod
    def _refuse_truths(cls, values: Any) -> Any:
        return without_truths(values) if isinstance(values, dict) else values


def read_yaml(path: Path) -> dict[str, Any]:
    """A mapping from a YAML file.

    Raises
    ------
    ConfigurationError
        One line that names the file and what is wrong with it.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(one_line(f"{path}: not YAML ({' '.join(str(error).split())})")) from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path}: keys with values were expected, not {type(values).__name__}")
    return values


def merge(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `other`, as Snakemake lays one configuration over another.

    Raises
    ------
    ConfigurationError
        One has a value where the other has keys with values, one of which Snakemake would drop.
    """
    _refuse_both(base, other, "")
    joined = deepcopy(dict(base))
    update_config(joined, other)
    return joined


def _refuse_both(base: Mapping[str, Any], other: Mapping[str, Any], above: str) -> None:
    for key, value in other.items():
        held = base.get(key)
        if not isinstance(value, Mapping) or key not in base:
            continue
        if isinstance(held, Mapping):
            _refuse_both(held, value, f"{above}{key}.")
        elif held is not None or not above:  # what is null below a section may be filled
            raise ConfigurationError(one_line(f"{above}{key}: {held!r} and keys below it; only one of them can be"))


def at_key(key: str, value: Any) -> dict[str, Any]:
    """Nested mappings that a dotted key stands for."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def configured(base: Mapping[str, Any], point: Mapping[str, Any]) -> Configuration:
    """The configuration of a point.

    Raises
    ------
    ConfigurationError
        See `configuration.validate`.
    """
    values = dict(base)
    for key, value in point.items():
        values = merge(values, at_key(key, value))
    return validate(values)


def value_of(configuration: Configuration, key: str) -> Any:
    """What a configuration holds at a dotted key."""
    value: Any = configuration
    for part in key.split("."):
        value = getattr(value, part)
    return value


def read_header(path: Path) -> Study:
    """A study without a look at its points.

    Raises
    ------
    ConfigurationError
        A line for each wrong key.
    """
    values = read_yaml(path)
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(f"{path}: {line_of(entry, Study)}" for entry in error.errors())) from None


def read_study(path: str | Path) -> tuple[Study, dict[str, Any], list[dict[str, Any]]]:
    """Read a study and check it whole, every point of it.

    Returns
    -------
    tuple
        The study, the values that all points share, and those of each point by dotted key.

    Raises
    ------
    ConfigurationError
        A line for each wrong key, or one for the first point that is no configuration.
    """
    path = Path(path)
    study = read_header(path)
    # As a scenario does: what a base says of a network stands over the default's, and not in place of it.
    try:
        base = merge(read_yaml(DEFAULT), {} if study.base is None else read_yaml(path.parent / study.base))
        base = merge(base, study.settings)
        points = combine(study.design, study.parameters, study.samples, study.seed)
    except ValueError as error:
        raise ConfigurationError(one_line(f"{path}: {error}")) from None
    for number, point in enumerate(points, start=1):
        where = ", ".join(f"{key} = {value}" for key, value in point.items())
        try:
            configuration = configured(base, point)
        except ConfigurationError as error:
            first, *more = str(error).splitlines()
            rest = f" (and {len(more)} more)" if more else ""
            line = f"{path}: point {number} of {len(points)} ({where}): {first}{rest}"
            raise ConfigurationError(one_line(line)) from None
        if configuration.engine == "both":
            raise ConfigurationError(f"{path}: engine 'both' is not accepted in a study; native or oommf")
        known = collectable(configuration)
        for name in study.collect:
            if name not in known:
                raise ConfigurationError(
                    one_line(f"{path}: collect: {name!r} is not known; accepted: {', '.join(known)}")
                )
        for key in point:
            given, value = point[key], value_of(configuration, key)
            if isinstance(given, bool) and not isinstance(value, bool):
                line = f"{path}: parameters.{key}: {str(given).lower()} is not accepted; expected a number"
                raise ConfigurationError(line)
            if isinstance(value, BaseModel) or key == "scenario":
                raise ConfigurationError(f"{path}: parameters.{key}: no key of a device, protocol or network")
            # Points are written to files, in which there are no sets.
            point[key] = to_jsonable_python(sorted(value) if isinstance(value, frozenset) else value)
    return study, base, points
