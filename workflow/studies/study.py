"""A study: one short file that says which parameters of a configuration vary, how, and what is collected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_jsonable_python

from magbayes.data.lines import one_line
from magbayes.data.section import Section
from magbayes.workflow.configuration import Configuration, ConfigurationError, line_of, validate
from magbayes.workflow.sources import DEFAULT, merge, read_file
from magbayes.workflow.studies.collecting import collectable
from magbayes.workflow.studies.sampling import Design, Parameter, combine

IDEALISED_KEYS = "compact_models.idealised."
"""What the keys of idealised devices begin with."""


class Study(Section):
    """Contents of a study's file."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="names results/studies/<study>/")
    base: str | None = Field(
        None, description="configuration that points start from, beside this file; else the default"
    )
    settings: dict[str, Any] = Field({}, description="keys that differ from the base in every point")
    design: Design = Field("grid", description="how parameters are combined")
    samples: int | None = Field(None, ge=2, le=100_000, description="points of a latin design; see SALib for sobol")
    seed: int = Field(1, ge=0, lt=2**31, description="seed of the design")
    parameters: dict[str, Parameter] = Field(min_length=1, max_length=64, description="what varies, by its dotted key")
    beside: tuple[dict[str, Any], ...] = Field(
        (), max_length=100, description="further points by dotted key: devices to compare those of the design with"
    )
    collect: tuple[str, ...] = Field(min_length=1, description="what is looked at")
    reference: dict[str, Any] | None = Field(
        None,
        description="values of the point that others are compared with; else those of the base, or the first point",
    )
    resolve: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {}, description="changes of collected numbers that are to be seen, in SI units"
    )
    points_per_job: int | None = Field(None, ge=1, le=100_000, description="points that one job works on")


def repeats(key: str) -> bool:
    """Whether points that differ in this key repeat one experiment: the seed, or the fold or split of a data set."""
    return key == "seed" or key.endswith(".fold.number")


def fold_key(network: str) -> str:
    """Key of the fold of a network's data."""
    return f"networks.{network}.data.fold.number"


def folds_of(base: Mapping[str, Any], network: str) -> int | None:
    """Number of folds that the data of a network are divided into; None of published splits, or without folds."""
    section: Any = base
    for key in ("networks", network, "data", "fold", "of"):
        section = section.get(key) if isinstance(section, Mapping) else None
    return section


def require_whole_folds(study: Study, base: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> None:
    """Refuse folds of which a mean would count some targets twice and others never.

    Raises
    ------
    ValueError
        All that varies is the seed and the fold, and not every fold of a data set is there once for each seed.
    """
    if not all(map(repeats, study.parameters)):
        return
    for key in study.parameters:
        network = key.split(".")[1] if key != "seed" else ""
        if not (number := folds_of(base, network)):
            continue
        others = [other for other in study.parameters if other != key]
        groups: dict[tuple[Any, ...], list[int]] = {}
        for point in points:
            # A division of the data is that of a seed; in a zip other data sets go along.
            same = others if study.design == "grid" else [other for other in others if other == "seed"]
            groups.setdefault(tuple(point[other] for other in same), []).append(point[key])
        for folds in groups.values():
            missing = sorted(set(range(number)) - set(folds))
            twice = sorted({fold for fold in folds if folds.count(fold) > 1})
            if missing or twice:
                wrong = [f"{_listed(missing)} of {number} left out"] * bool(missing)
                wrong += [f"{_listed(twice)} there twice"] * bool(twice)
                with_seed = " of one seed, which divides the data," if "seed" in others else ""
                raise ValueError(
                    f"parameters.{key}: fold{with_seed} {', '.join(wrong)}, so that targets would be too; accepted: "
                    f"each of 0 to {number - 1} once"
                )
        limit = base["networks"][network]["data"].get("test_limit")
        if limit is not None:
            raise ValueError(
                f"networks.{network}.data.test_limit: {limit} leaves test inputs of each fold out; accepted: null, or "
                "another parameter of the study beside its folds"
            )


def _listed(folds: Sequence[int]) -> str:
    return ", ".join(map(str, folds))


def at_key(key: str, value: Any) -> dict[str, Any]:
    """Nested mappings that a dotted key stands for."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


class Configurations:
    """Configurations of points over one base: a section is checked once for all points that have it alike.

    Parameters
    ----------
    base
        Values that all points share.
    """

    def __init__(self, base: Mapping[str, Any]) -> None:
        self.base = base
        self._sections: dict[tuple[str, str], Any] = {}
        """Checked sections, by name and what a point says of them."""

    def of(self, point: Mapping[str, Any]) -> Configuration:
        """The configuration of a point.

        Raises
        ------
        ConfigurationError
            See `configuration.validate`.
        """
        values = dict(self.base)
        said: dict[str, dict[str, Any]] = {section: {} for section in Configuration.model_fields}
        for key, value in point.items():
            values = merge(values, at_key(key, value))
            said.setdefault(key.partition(".")[0], {})[key] = value
        marks = {section: (section, repr(own)) for section, own in said.items()}
        configuration = validate(values | {name: self._sections[m] for name, m in marks.items() if m in self._sections})
        for name in Configuration.model_fields:
            self._sections.setdefault(marks[name], getattr(configuration, name))
        return configuration


def configured(base: Mapping[str, Any], point: Mapping[str, Any]) -> Configuration:
    """The configuration of one point; see `Configurations`."""
    return Configurations(base).of(point)


def value_of(configuration: Configuration, key: str) -> Any:
    """What a configuration holds at a dotted key."""
    value: Any = configuration
    for part in key.split("."):
        value = getattr(value, part)
    return value


def reference_of(study: Study, base: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> int:
    """Number, from 0, of the point that others are compared with.

    Parameters
    ----------
    study
        What it says of its reference; left out, it is the point with the values of the base, or the first.
    base
        Values that all points share.
    points
        Values of each point by dotted key.

    Raises
    ------
    ValueError
        No point has the values of ``reference``, or several have.
    """
    if study.reference is None:
        try:
            usual = configured(base, {})
            wanted = {key: plain(value_of(usual, key)) for key in points[0]}
        except (ConfigurationError, AttributeError, KeyError):  # only with parameters it is a configuration
            return 0
        return next((i for i, point in enumerate(points) if _alike(point, wanted)), 0)
    if other := [key for key in study.reference if key not in study.parameters]:
        raise ValueError(f"reference.{other[0]}: no parameter of the study; accepted: {', '.join(study.parameters)}")
    found = [i for i, point in enumerate(points) if _alike(point, study.reference)]
    if len(found) != 1:
        said = ", ".join(f"{key} = {value}" for key, value in study.reference.items())
        raise ValueError(
            f"reference: {len(found)} of {len(points)} points have {said}; expected the values of one point, as of the "
            f"first: {', '.join(f'{key} = {value}' for key, value in points[0].items())}"
        )
    return found[0]


def _alike(point: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a point has these values, numbers to the 12 digits that are written."""
    pairs = [(point[key], value) for key, value in values.items()]
    return all(
        math.isclose(one, other, rel_tol=1e-11) if _number(one) and _number(other) else one == other
        for one, other in pairs
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain(value: Any) -> Any:
    """A value of a configuration as it is written to files, in which there are no sets."""
    return to_jsonable_python(sorted(value) if isinstance(value, frozenset) else value)


def placed(configuration: Configuration, key: str) -> Any:
    """What a point beside the design has at a parameter's key.

    Of idealised devices that number whose device is most like the given one.

    Raises
    ------
    ValueError
        The devices are simulated, or their files are wrong.
    """
    if not key.startswith(IDEALISED_KEYS):
        return value_of(configuration, key)
    # With JAX, which other studies are read without.
    from magbayes.compact_models.measured.idealised import equivalent
    from magbayes.compact_models.measured.models import assemble

    given = configuration.compact_models
    if not given.paths:
        raise ValueError(
            "simulated devices have no place among idealised ones; accepted: compact_models that are there"
        )
    models = assemble(given.paths["smtj"], given.paths["dwmtj"], configuration.seed, given.idealised)
    values = given.idealised.model_dump() | equivalent(models.smtj, models.dwmtj)
    return values[key.removeprefix(IDEALISED_KEYS)]


def read_header(path: Path) -> Study:
    """A study without a look at its points.

    Raises
    ------
    ConfigurationError
        A line for each wrong key.
    """
    values = read_file(path).values
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(f"{path}: {line_of(entry, Study)}" for entry in error.errors())) from None


def read_study(path: str | Path) -> tuple[Study, dict[str, Any], list[dict[str, Any]]]:
    """Read a study and check it whole, every point of it; see `read_points`.

    Returns
    -------
    tuple
        The study, the values that all points share, and those of each point by dotted key.
    """
    return read_points(path)[:3]


def read_points(
    path: str | Path,
) -> tuple[Study, dict[str, Any], list[dict[str, Any]], list[Configuration]]:
    """Read a study and check it whole, every point of it.

    Returns
    -------
    tuple
        The study, the values that all points share, those of each point by dotted key, and the points' configurations.

    Raises
    ------
    ConfigurationError
        A line for each wrong key, or one for the first point that is no configuration.
    """
    path = Path(path)
    study = read_header(path)
    # As a scenario does: what a base says of a network stands over the default's, and not in place of it.
    own = {} if study.base is None else read_file(path.parent / study.base).values
    try:
        base = merge(merge(read_file(DEFAULT).values, own), study.settings)
        points = [*combine(study.design, study.parameters, study.samples, study.seed), *map(dict, study.beside)]
    except ValueError as error:
        raise ConfigurationError(one_line(f"{path}: {error}")) from None
    # Those beside the design first: the others have their keys, too.
    order = [*range(len(points) - len(study.beside), len(points)), *range(len(points) - len(study.beside))]
    over, configurations = Configurations(base), dict[int, Configuration]()
    for number, point in ((i + 1, points[i]) for i in order):
        where, given = ", ".join(f"{key} = {value}" for key, value in point.items()), set(point)
        try:
            configuration = configurations[number] = over.of(point)
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
        for key in dict.fromkeys([*study.parameters, *(key for other in study.beside for key in other)]):
            try:
                value = value_of(configuration, key) if key in point else placed(configuration, key)
            except ValueError as error:
                raise ConfigurationError(one_line(f"{path}: point {number} of {len(points)}: {error}")) from None
            if isinstance(value, BaseModel) or key == "scenario":
                raise ConfigurationError(f"{path}: parameters.{key}: no key of a device, protocol or network")
            point[key] = plain(value)
        if point.keys() != given:  # beside the design, with the places of devices among idealised ones
            configurations[number] = over.of(point)
    for name in study.resolve:
        if name not in study.collect:
            raise ConfigurationError(
                one_line(f"{path}: resolve.{name}: not collected; accepted: {', '.join(study.collect)}")
            )
    try:
        require_whole_folds(study, base, points)
        reference_of(study, base, points)
    except ValueError as error:
        raise ConfigurationError(one_line(f"{path}: {error}")) from None
    return study, base, points, [configurations[number] for number in range(1, len(points) + 1)]
