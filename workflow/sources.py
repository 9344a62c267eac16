"""What a person wrote: the values of a configuration from files and from the command line, and where each stands.

Snakemake reads ``--configfile`` and ``--config`` itself, before a line of the workflow runs, with PyYAML and its
surprises. The workflow reads the same files and arguments again, see `magbayes.data.strict_yaml`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from magbayes.data import strict_yaml
from magbayes.data.lines import one_line

DEFAULT = Path(__file__).parent / "config" / "default.yaml"
"""The configuration over which those of scenarios and studies stand."""

TEMPLATE = "__use_yte__"
"""Key by which Snakemake takes a configuration for a program, and runs it."""


KEY = re.compile(r"[A-Za-z_][\w-]*\w")
"""Keys that Snakemake takes behind ``--config``; it has no line of its own for others."""


class ConfigurationError(ValueError):
    """The configuration is wrong; the message is a line for each wrong key."""


class Given(NamedTuple):
    """Values of a configuration."""

    values: dict[str, Any]
    places: dict[tuple[str | int, ...], str]
    """Where a person gave a value, by its path: file and line, or the argument."""


def merge(base: Mapping[str, Any], other: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """`base` with the keys of `other`: sections are joined, all else takes the place of what was there.

    `above` is the dotted key of both, with a dot behind it.

    Raises
    ------
    ConfigurationError
        `other` has keys where `base` has a value, which they would replace in silence.
    """
    joined = dict(base)
    for key, value in other.items():
        before = joined.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            value = merge(before, value, f"{above}{key}.")
        elif isinstance(value, Mapping) and key in joined and (before is not None or not above):
            # What is null below a section, a network that is left out for instance, may be filled.
            raise ConfigurationError(one_line(f"{above}{key}: {before!r} and keys below it; only one of them can be"))
        joined[key] = value
    return joined


def _keyed(document: strict_yaml.Document, name: str) -> strict_yaml.Document:
    if TEMPLATE in strict_yaml.keyed(document, name).values:
        raise strict_yaml.YamlError(
            f"{name}: line {document.lines[(TEMPLATE,)]}: {TEMPLATE}: templates run code and are not accepted; "
            "write the values themselves"
        )
    return document


def read_file(path: Path) -> Given:
    """Keys with values from a YAML file.

    Raises
    ------
    ConfigurationError
        One line that names the file, the line and what is wrong with it.
    """
    try:
        values, lines = _keyed(strict_yaml.read(path), str(path))
    except strict_yaml.YamlError as error:
        raise ConfigurationError(one_line(str(error))) from None
    return Given(values, {place: f"{path}, line {line}" for place, line in lines.items()})


def read_argument(argument: str) -> Given:
    """The value of one ``key=value`` behind ``--config``, which is read as it is in a file.

    Raises
    ------
    ConfigurationError
        One line that names the key and what is wrong with its value.
    """
    key, equals, text = argument.partition("=")
    name = f"--config {key}"
    try:
        if not equals or not KEY.fullmatch(key):
            raise strict_yaml.YamlError(
                f"--config {argument[:100]!r}: accepted: KEY=VALUE, such as temperature=310; what lies below a section "
                "stands in braces, smtj={damping: 0.1}"
            )
        if key == TEMPLATE:
            raise strict_yaml.YamlError(f"{name}: templates run code and are not accepted; write the values themselves")
        values, lines = strict_yaml.parse(text, name)
    except strict_yaml.YamlError as error:
        raise ConfigurationError(one_line(str(error))) from None
    return Given({key: values}, {(key, *place): name for place in [(), *lines]})


def over(base: Mapping[str, Any], given: Iterable[Given]) -> Given:
    """Everything that was given, one over the other, over a base."""
    values, places = dict(base), dict[tuple[str | int, ...], str]()
    for one in given:
        try:
            values = merge(values, one.values)
        except ConfigurationError as error:
            key = str(error).partition(":")[0]
            raise ConfigurationError(f"{error} ({one.places.get(tuple(key.split('.')), key)})") from None
        places |= one.places
    return Given(values, places)


def of_workflow(workflow: Any) -> Given:
    """The configuration of a run of Snakemake.

    Raises
    ------
    ConfigurationError
        A file or an argument is wrong.
    """
    settings = workflow.config_settings
    given = [read_file(path) for path in settings.configfiles]
    given += [read_argument(argument) for argument in settings.config_args or ()]
    return over({} if settings.replace_workflow_config else read_file(DEFAULT).values, given)


def check_arguments(arguments: Sequence[str]) -> None:
    """Read the files and values on a command line of Snakemake before Snakemake does, which runs templates in them.

    Raises
    ------
    ConfigurationError
        A file or an argument is wrong.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="extend", default=[])
    parser.add_argument("--config", "-C", nargs="*", action="extend", default=[])
    known, _ = parser.parse_known_args(list(arguments))
    for path in known.configfile:
        read_file(Path(path))
    for argument in known.config:
        read_argument(argument)
