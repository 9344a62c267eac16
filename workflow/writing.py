"""The files that are written from the fields of the configuration: the default scenario, and the schema for editors."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from magbayes.micromag.devices import registry
from magbayes.system.network.settings import Networks
from magbayes.workflow.configuration import YAML_WORDS, Configuration

WIDTH = 120
"""Characters of a line at most."""

COLUMN = 44
"""Where comments begin, if a value leaves room for that."""

HEADER = """\
# yaml-language-server: $schema=schema.json
# The default scenario, in SI units. Generated: python -m magbayes.workflow.configuration
# A scenario of your own has only the keys that differ. Bounds of every key: schema.json
# Material parameters come from data/stacks/<stack>.yaml; any of them given in smtj or dwmtj overrides it.
"""


def plain(value: float) -> str:
    """A number as a person writes it, which YAML of any version reads as that number: 4.0e-8, 2.6e+11, 300.0.

    YAML 1.1 reads 4e-8 and 2.6e11 as text.
    """
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return repr(float(value))
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, *others = map(str, digits)
    power = int(exponent) + len(digits) - 1
    return f"{'-' * sign}{first}.{''.join(others) or '0'}e{power:+d}"


def written(value: Any) -> str:
    """A value of one line."""
    if value is None or isinstance(value, bool):
        return YAML_WORDS[value]
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return str(value)


def meaning(field: FieldInfo) -> str:
    """The first sentence of a description, which has the unit."""
    return (field.description or "").split("; ")[0]


def _commented(line: str, comment: str, indent: str) -> Iterator[str]:
    """A line with its comment behind it, or above it where both are too long."""
    joined = f"{line:<{COLUMN}}  # {comment}"
    if not comment:
        yield line
    elif len(joined) <= WIDTH:
        yield joined
    else:
        above = f"{indent}# "
        yield from textwrap.wrap(comment, WIDTH, initial_indent=above, subsequent_indent=above)
        yield line


def _fields(model: BaseModel, values: Mapping[str, Any]) -> Iterator[tuple[str, FieldInfo]]:
    """Fields of a section in their order, of a device those of every shape, its type first."""
    fields = type(model).model_fields
    names = [name for name in fields if name in values]
    for name in sorted(names, key=lambda name: name != "type"):
        yield name, fields[name]


def lines(model: BaseModel, values: Mapping[str, Any], depth: int = 0, comments: bool = True) -> Iterator[str]:
    """Lines of a section, a key each, and its sections below it."""
    indent = "  " * depth
    explained = False
    for name, field in _fields(model, values):
        value, below = values[name], getattr(model, name)
        comment = meaning(field) if comments and name != "type" else ""
        if not isinstance(value, dict):
            yield from _commented(f"{indent}{name}: {written(value)}", comment, indent)
            continue
        if depth == 0:
            yield ""
        yield from _commented(f"{indent}{name}:", comment, indent)
        # Networks have the same keys: those of the first are explained.
        yield from lines(below, value, depth + 1, comments and not explained)
        explained = isinstance(model, Networks)


def default_values() -> dict[str, Any]:
    """Values of the default scenario, without what the stacks of the devices provide."""
    configuration = Configuration()
    values = configuration.model_dump(mode="json")
    for section in registry.SHAPES:
        # What a device requires, its stack provides; the other keys are those of every shape in the role.
        fields = type(getattr(configuration, section)).model_fields
        values[section] = {name: values[section][name] for name, field in fields.items() if not field.is_required()}
    return values


def default_yaml() -> str:
    """Text of ``workflow/config/default.yaml``."""
    return HEADER + "\n".join(lines(Configuration(), default_values())) + "\n"


def schema_json() -> str:
    """Text of ``workflow/config/schema.json``: what a person may write; no key is required."""
    schema = Configuration.model_json_schema()
    for section in registry.SHAPES:
        # Stacks provide what a device requires, and a shape that is not named is the first.
        choice = schema["properties"][section]
        choice.pop("discriminator")
        choice["anyOf"] = choice.pop("oneOf")
        for reference in choice["anyOf"]:
            schema["$defs"][reference["$ref"].rpartition("/")[2]].pop("required", None)
    return json.dumps(schema, indent=2) + "\n"
