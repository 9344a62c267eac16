"""YAML as a person means it: what YAML 1.1 reads in a way that surprises is read as it looks, or refused in one line.

PyYAML alone takes the last of two equal keys, reads ``1e-9`` as text, ``010`` as 8, ``1:30`` as 90 and ``2026-11-26``
as a date, and what aliases of aliases stand for has no bound. Here ``1e-9`` is a number and a date is text; ``yes``,
``no``, ``on`` and ``off`` stay true and false; merge keys (``<<``) are honoured; and what has two readings is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

LARGEST_FILE = 4_000_000
"""Bytes of a file that is read at all."""

LARGEST_COUNT = 1_000_000
"""Values that a text may stand for, those that aliases repeat included."""

LARGEST_TEXT = 4096
"""Characters of one value."""

DEEPEST = 40
"""Levels of keys and lists within each other."""

TOO_DEEP = f"more than {DEEPEST} keys and lists within each other"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PLAIN: dict[str, Any] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **{form(word): True for word in ("true", "yes", "on") for form in (str.lower, str.title, str.upper)},
    **{form(word): False for word in ("false", "no", "off") for form in (str.lower, str.title, str.upper)},
}

_DIGITS = "[0-9](?:_?[0-9])*"
_INTEGER = re.compile(f"[-+]?(0|(?!0){_DIGITS})")
_FLOAT = re.compile(rf"[-+]?({_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")
_TWO_READINGS = (
    (re.compile(r"[-+]?0[0-9_]+"), "a leading zero makes a number of base 8; write it without"),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F_]+"), "write the number in decimal digits"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "colons make a number of base 60; write its value"),
)


class YamlError(ValueError):
    """A text is no YAML, or means two things; one line names file, key and line, and what is accepted."""


class Document(NamedTuple):
    """What a file says, and where."""

    values: Any
    lines: dict[tuple[str | int, ...], int]
    """Line of every key and list item, by its path."""


def read(path: Path) -> Document:
    """Contents of a file in UTF-8.

    Raises
    ------
    YamlError
        It cannot be read, or see `parse`.
    """
    try:
        what = "" if path.is_file() or not path.exists() else "a folder" if path.is_dir() else "not a file"
        if not what:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
        raise YamlError(f"{path}: cannot be read ({getattr(error, 'strerror', error)})") from None
    if what:
        raise YamlError(f"{path}: {what}; accepted: a YAML file")
    if len(data) > LARGEST_FILE:
        raise YamlError(f"{path}: too large; accepted: {LARGEST_FILE // 1_000_000} MB")
    try:
        return parse(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "UTF-16" if wide else f"byte 0x{data[error.start]:02x} on line {line} is not UTF-8"
        raise YamlError(f"{path}: {what}; accepted: text saved as UTF-8") from None


def parse(text: str, name: str) -> Document:
    """What a YAML text says.

    Raises
    ------
    YamlError
        It is no YAML, or has two readings; the line begins with `name`.
    """
    builder = _Builder(name)
    try:
        return Document(builder.document(text), builder.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        lines = text.splitlines()
        if mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
            raise YamlError(f"{name}: {where}a tab; indent with spaces") from None
        problem = f"{error.context or ''} {error.problem or ''}".strip()
        if "maximum nesting depth" in problem:
            raise YamlError(f"{name}: {where}{TOO_DEEP}") from None
        raise YamlError(f"{name}: {where}not YAML ({problem}); what has : # {{ [ * & ! in it needs quotes") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{name}: not YAML ({' '.join(str(error).split())})") from None


def keyed(document: Document, name: str) -> Document:
    """A document, if it is keys with values.

    Raises
    ------
    YamlError
        It is something else.
    """
    if not isinstance(document.values, dict):
        what = {list: "a list", type(None): "nothing"}.get(type(document.values), f"{str(document.values)[:40]!r}")
        raise YamlError(f"{name}: {what}; accepted: keys with values")
    return document


class _Built(NamedTuple):
    """A value, and how many values it stands for."""

    value: Any
    size: int


class _Builder:
    """Values from the events of PyYAML's parser, which know their lines and build nothing yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[tuple[str | int, ...], int] = {}
        self._anchors: dict[str, _Built] = {}
        self._count = 0
        self._events: Iterator[Any] = iter(())

    def document(self, text: str) -> Any:
        self._events = (event for event in yaml.parse(text, Loader=_LOADER))
        next(self._events)  # of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), ()).value
        next(self._events)  # end of the document
        further = next(self._events)
        if isinstance(further, yaml.DocumentStartEvent):
            self._refuse(further, (), "a second document begins (---); accepted: one")
        return value

    def _refuse(self, event: Any, path: tuple[str | int, ...], problem: str) -> NoReturn:
        key = f"{'.'.join(str(part) for part in path)[:200]}: " if path else ""
        raise YamlError(f"{self.name}: line {event.start_mark.line + 1}: {key}{problem}")

    def _value(self, event: Any, path: tuple[str | int, ...]) -> _Built:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                self._refuse(event, path, f"*{event.anchor}: nothing before it has the anchor &{event.anchor}")
            built = self._anchors[event.anchor]
            self._add(built.size, event, path)
            return built
        if event.tag is not None and (event.tag, type(event)) != ("tag:yaml.org,2002:str", yaml.ScalarEvent):
            self._refuse(event, path, f"the tag {event.tag} is not accepted; write the value itself")
        if len(path) > DEEPEST:
            self._refuse(event, path[:3], TOO_DEEP)
        before = self._count
        self._add(1, event, path)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(path)
        else:
            value = self._mapping(path)
        built = _Built(value, self._count - before)
        if event.anchor is not None:
            self._anchors[event.anchor] = built
        return built

    def _add(self, count: int, event: Any, path: tuple[str | int, ...]) -> None:
        self._count += count
        if self._count > LARGEST_COUNT:
            self._refuse(event, path[:3], f"more than {LARGEST_COUNT} values; aliases repeat what they stand for")

    def _list(self, path: tuple[str | int, ...]) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            place = (*path, len(values))
            self.lines[place] = event.start_mark.line + 1
            values.append(self._value(event, place).value)
        return values

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
                further = self._merged(next(self._events), path)
                merged = further | merged  # of several the first counts
                continue
            key = self._key(event, path)
            place, line = (*path, key), event.start_mark.line + 1
            if key in own:
                self._refuse(event, place, f"given before, on line {self.lines[place]}; accepted: once")
            self.lines[place] = line
            own[key] = self._value(next(self._events), place).value
        return merged | own

    def _merged(self, event: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        value = self._value(event, (*path, "<<")).value
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, Mapping) for source in sources):
            self._refuse(event, (*path, "<<"), "accepted: *alias of keys with values, or a list of them")
        return {key: source[key] for source in reversed(sources) for key in source}

    def _key(self, event: Any, path: tuple[str | int, ...]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, path, "a key that is no text; a value with braces or brackets needs quotes")
        key = self._value(event, path).value
        if not isinstance(key, str):
            self._refuse(event, path, f"the key {event.value[:40]!r} is no text; put it in quotes")
        return key

    def _scalar(self, event: Any, path: tuple[str | int, ...]) -> Any:
        text: str = event.value
        if len(text) > LARGEST_TEXT:
            self._refuse(event, path, f"{text[:20]!r}... has {len(text)} characters; accepted: {LARGEST_TEXT}")
        if event.tag is not None or not event.implicit[0]:
            return text
        for pattern, problem in _TWO_READINGS:
            if pattern.fullmatch(text):
                self._refuse(event, path, f"{text[:40]} has two readings: {problem}, or put it in quotes if it is text")
        if _FLOAT.fullmatch(text):
            number = float(text.replace("_", ""))
            if math.isinf(number) or (number == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
                shown = text if len(text) <= 40 else f"{text[:20]}... ({len(text)} characters)"
                self._refuse(event, path, f"{shown} is beyond what a number can be; accepted: 1e-308 to 1e308, and 0")
            return int(text) if _INTEGER.fullmatch(text) else number
        if match := _NOT_FINITE.fullmatch(text):
            return math.nan if match[2].lower() == "nan" else float(f"{match[1]}inf")
        return _PLAIN.get(text, text)
