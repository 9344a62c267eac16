"""Every key of the configuration as a page: ``python docs/site/keys.py`` writes ``docs/configuration.md``.

All of it is read from the models that check a configuration, by their JSON schema; a test says when the page is stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from magbayes.micromag.devices import registry
from magbayes.micromag.devices.build import device
from magbayes.workflow.configuration import Configuration, unit_in

PAGE = Path(__file__).parents[1] / "configuration.md"

HEAD = """\
# Configuration keys

Every key of a scenario, with meaning, unit, accepted values and default. A scenario of your own holds only the keys
that differ ([README](../README.md)). Numbers are in SI units; how they are written, and what YAML makes of them, is in
[how YAML is read](workflow.md#how-yaml-is-read). A key that is not here is refused in one line.
[Studies](workflow.md#studies) and [designs](workflow.md#designs) are files with keys of their own.

This page is generated from the code: `python docs/site/keys.py`.
"""

OF_STACKS = """\
The last keys are those of the material: their defaults are those of the stack, a file of
[data/stacks](../data/stacks) with the source of each number. What is given in the scenario overrides it.
"""

OF_NETWORKS = """\
The default scenario trains `digits`, `diabetes` and `cubic`. `null` in place of a section leaves a network out, and any
other name is a network of your own: `networks.<name>.data` says where its data come from
([recipe](extending.md#a-data-set)).
"""

MEANINGS = {
    "stack": "material stack: name of a file of data/stacks",
    "baselines": "what stands beside the posteriors: other ways to be unsure, in software; 0 leaves one out",
}
"""Of keys whose models do not say."""

LONGEST_SYMBOL = 3
"""Characters of a description that says no more than a symbol."""

SCHEMA = Configuration.model_json_schema()

Node = Mapping[str, Any]
"""A part of a JSON schema."""


def resolved(node: Node) -> Node:
    """A schema behind its reference."""
    return SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


def choices(node: Node) -> list[Node]:
    """What a key may hold, but for null: several for a number or a list, or for devices of several types."""
    alternatives = node.get("anyOf") or node.get("oneOf") or [node]
    return [found for found in map(resolved, alternatives) if found.get("type") != "null"]


def section_in(node: Node) -> Node | None:
    """The section that a key holds, alone or in a list."""
    first = choices(node)[0]
    if first.get("type") == "array":
        first = resolved(first["items"])
    return first if "properties" in first or "additionalProperties" in first else None


def as_yaml(value: Any) -> str:
    """A value as a person writes it: 1.2e-9, and no 1.2e-09."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_yaml, value))}]"
    if isinstance(value, float):
        mantissa, _, exponent = repr(value).partition("e")
        if not exponent and value and not 1e-3 <= abs(value) < 1e5:
            mantissa, _, exponent = re.sub(r"\.?0+e", "e", f"{value:.15e}").partition("e")
        if not exponent:
            return mantissa
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent):+d}"
    return value if isinstance(value, str) else json.dumps(value)


def code(value: Any) -> str:
    """A value in code quotes."""
    return f"`{as_yaml(value)}`"


def _bounds(node: Node) -> str:
    """Where a number must lie."""
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    show = str if node["type"] == "integer" else short
    if low is not None and high is not None:
        return f"`{show(low)}` to `{show(high)}`"
    ends = [f"≥ `{show(low)}`" if low is not None else f"> `{show(above)}`" if above is not None else ""]
    ends += [f"≤ `{show(high)}`" if high is not None else f"< `{show(below)}`" if below is not None else ""]
    return ", ".join(end for end in ends if end)


def short(number: float) -> str:
    """A bound as a person writes it: 1e-9, 3e6."""
    text = f"{number:.12g}" if not number or 1e-3 <= abs(number) < 1e5 else f"{number:.11e}"
    return re.sub(r"\.?0*e\+?(-?)0*", r"e\1", text)


def accepted(node: Node, many: str = "") -> str:
    """What a key takes, in words; `many` is s where it takes several."""
    words = [_accepted(choice, many) for choice in choices(node)]
    if any(resolved(other).get("type") == "null" for other in node.get("anyOf", ())):
        words.append("`null`")
    return ", or ".join(words)


def _accepted(node: Node, many: str) -> str:
    if node.get("enum"):
        return ", ".join(map(code, node["enum"]))
    match node["type"]:
        case "array":
            least, most = node.get("minItems"), node.get("maxItems")
            count = f", {least} or more" if least else f", {most} at most" if most else ""
            return f"list of {accepted(node['items'], 's')}{count}"
        case "number" | "integer":
            multiple = f", multiple of {node['multipleOf']}" if "multipleOf" in node else ""
            noun = f"{'whole ' if node['type'] == 'integer' else ''}number{many}"
            return f"{noun} {_bounds(node)}{multiple}".strip()
        case "boolean":
            return "`true`, `false`"
        case "string":
            return f"text `{node['pattern']}`" if "pattern" in node else "text"
    raise ValueError(f"{node['type']}: no words for values of this type")


def cell(text: str) -> str:
    """Text for a cell of a table: nothing in it is markup, but for code quotes."""
    return re.sub(r"([|*])", r"\\\1", text).replace("<", "&lt;")


def row(name: str, node: Node, default: str) -> str:
    """A key's row of a table."""
    text = node.get("description") or MEANINGS[name]
    meaning, unit = unit_in(text)
    if len(meaning) <= LONGEST_SYMBOL:
        meaning = ", ".join(part for part in (name.replace("_", " "), meaning) if part)
    unit = unit.replace("^2", "²").replace("^3", "³").replace("Ohm", "Ω")
    values = accepted(node).replace("|", r"\|")
    return f"| `{name}` | {cell(meaning)} | {unit} | {values} | {default} |"


def table(properties: Mapping[str, Node], default_of: Mapping[str, str]) -> str:
    """A table of keys that hold values."""
    lines = ["| key | meaning | unit | accepted | default |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(lines + [row(name, node, default_of[name]) for name, node in properties.items()])


def defaults(node: Node, named: Mapping[str, Any]) -> dict[str, str]:
    """Defaults of a section's keys, and what the networks of the default scenario, by name, have instead."""
    found = {}
    for name, field in node["properties"].items():
        default = field.get("default")
        others = {one: values[name] for one, values in named.items() if values and values[name] != default}
        own = "".join(f"; {one}: {code(value)}" for one, value in others.items())
        found[name] = ("required" if name in node.get("required", ()) else code(default)) + own
    return found


def sections(path: str, node: Node, named: Mapping[str, Any]) -> Iterator[str]:
    """A section's table and, below it, those of the sections in it."""
    keys = {name: field for name, field in node["properties"].items() if not section_in(field)}
    if keys:
        yield table(keys, defaults({**node, "properties": keys}, named))
    for name, field in node["properties"].items():
        if inner := section_in(field):
            yield from below(
                f"{path}.{name}", field, inner, {one: (values or {}).get(name) for one, values in named.items()}
            )


def below(path: str, field: Node, node: Node, named: Mapping[str, Any]) -> Iterator[str]:
    """A section with its heading and what it is."""
    yield f"{'##' if '.' not in path else '###'} `{path}`"
    about = [field.get("description") or MEANINGS.get(path.rsplit(".", 1)[-1], "")]
    about += ["a list of sections"] if is_list(field) else []
    about += ["`null` by default"] if field.get("default", ...) is None else []
    if text := "; ".join(said for said in about if said):
        yield cell(text[0].upper() + text[1:]).rstrip(".") + "."
    yield from sections(path, node, named)


def is_list(field: Node) -> bool:
    """Whether a key holds a list of sections."""
    return choices(field)[0].get("type") == "array"


def of_device(role: str, field: Node) -> Iterator[str]:
    """The section of a device: the keys of its first type, and what others have beside them."""
    first, *others = registry.types(role)
    default = device(role, {}).model_dump(mode="json")
    found = {name: resolved(reference) for name, reference in zip(registry.types(role), field["oneOf"], strict=True)}
    common = found[first]["properties"]
    of_stack = set(found[first]["required"])
    order = sorted(common, key=lambda name: (name != "type", name in of_stack))
    fields = {name: common[name] for name in order if name != "type"}
    types = ", ".join(map(code, found))
    kind = {
        "description": "; ".join(f"{name}: {said_of(role, name)}" for name in found),
        "enum": list(found),
        "type": "string",
    }
    yield f"## `{role}`"
    yield f"{field['description'][0].upper()}{field['description'][1:]}. `type` is one of: {types}."
    yield OF_STACKS.strip()
    yield table({"type": kind, **fields}, {name: code(default[name]) for name in ["type", *fields]})
    for other in others:
        own = {name: node for name, node in found[other]["properties"].items() if name not in common}
        if own:
            yield f"### `{role}` of type `{other}`"
            yield "Beside the keys above:"
            yield table(own, {name: code(node.get("default")) for name, node in own.items()})


def said_of(role: str, type_name: str) -> str:
    """The first sentence on a type of device, without its end."""
    said = (registry.class_of(role, type_name).__doc__ or "").split(";")[0].split("\n")[0].rstrip(".")
    return f"{said[:1].lower()}{said[1:]}"


def of_networks(path: str) -> Iterator[str]:
    """The sections of networks: one table, with what those of the default scenario have instead."""
    networks = {name: one.model_dump(mode="json") for name, one in Configuration().networks.selected().items()}
    yield f"## `{path}`"
    yield OF_NETWORKS.strip()
    yield from below(f"{path}.<name>", {}, SCHEMA["$defs"]["NetworkSettings"], networks)


def page() -> str:
    """Text of the page."""
    parts = [HEAD.strip()]
    top = {name: node for name, node in SCHEMA["properties"].items() if not section_in(node)}
    parts += [f"## {', '.join(map(code, top))}", table(top, defaults({"properties": top}, {}))]
    for name, field in SCHEMA["properties"].items():
        if name in registry.SHAPES:
            parts += of_device(name, field)
        elif name == "networks":
            parts += of_networks(name)
        elif inner := section_in(field):
            parts += below(name, field, inner, {})
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
