"""Tables that people read and cite, each number with its source."""

from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

import yaml


def load(folder: str, name: str) -> dict[str, Any]:
    """Read ``<folder>/<name>.yaml``.

    Raises
    ------
    ValueError
        There is no such table; the message lists those that exist.
    """
    return deepcopy(_load(folder, name))


@cache  # a study builds thousands of devices
def _load(folder: str, name: str) -> dict[str, Any]:
    tables = resources.files("magbayes.data") / folder
    known = sorted(entry.name.removesuffix(".yaml") for entry in tables.iterdir() if entry.name.endswith(".yaml"))
    if name not in known:
        raise ValueError(f"no table {name!r} in data/{folder}; there are: {', '.join(known)}")
    table: dict[str, Any] = yaml.safe_load((tables / f"{name}.yaml").read_text(encoding="utf-8"))
    return table
