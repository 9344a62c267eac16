"""Which keys of the configuration are others than those that results were made with."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ABSENT = "–"
"""Value of a key that a configuration does not have."""

NAMED = 6
"""Keys that are named; of more, how many there are."""

LONGEST = 60
"""Characters of a value that are shown."""

_CONFIGURATION = re.compile(r'href="data:application/yaml;base64,([^"]+)"')
"""The configuration in a report, which a person may save from it."""


def some(names: Sequence[str], most: int, what: str = "") -> str:
    """The first of some names, and how many others there are, of `what`."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more{what and ' '}{what}" if rest > 0 else "")


class ChangedKey(NamedTuple):
    """A key of the configuration that has another value."""

    key: str
    first: Any
    second: Any

    def __str__(self) -> str:
        return f"{self.key} from {short(self.first)} to {short(self.second)}"


def short(value: Any) -> str:
    """A value of a configuration as YAML has it, cut where it is long."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def configuration_of(report: Path) -> dict[str, Any] | None:
    """Return the configuration that the report of a scenario carries; None if it has none, or cannot be read."""
    try:
        found = _CONFIGURATION.search(report.read_text(encoding="utf-8"))
        values = yaml.safe_load(base64.b64decode(found[1])) if found else None
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return values if isinstance(values, dict) else None


def changed_keys(first: Mapping[str, Any], second: Mapping[str, Any], above: str = "") -> Iterator[ChangedKey]:
    """Return keys, dotted, of which two configurations have other values; the scenario's name is none."""
    for key in {**first, **second}:
        ours, theirs = first.get(key, ABSENT), second.get(key, ABSENT)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from changed_keys(ours, theirs, f"{above}{key}.")
        elif ours != theirs and f"{above}{key}" != "scenario":
            yield ChangedKey(f"{above}{key}", ours, theirs)


def since(folder: str, configuration: Mapping[str, Any], page: str) -> list[str]:
    """Say what has changed since the results in a folder were made; nothing where there are none.

    Parameters
    ----------
    folder
        Of the scenario.
    configuration
        Plain values of all its keys.
    page
        Path of the report that it is to have, whose name is a hash of all that it depends on.
    """
    report = Path(folder, "report.html")
    if (before := configuration_of(report)) is None:
        return []
    keys = list(changed_keys(before, configuration))
    if keys:
        return [f"changed since {folder} was made: {some(list(map(str, keys)), NAMED, 'keys')}"]
    if Path(os.path.realpath(report)).name != Path(page).name:
        return [f"changed since {folder} was made: no key of the configuration, but code, libraries or files of data"]
    return []
