"""Tables that people read and cite, each number with its source."""

from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from magbayes.data import strict_yaml

Table = TypeVar("Table", bound=BaseModel)


def load(folder: str, name: str) -> dict[str, Any]:
    """Read ``<folder>/<name>.yaml``.

    Raises
    ------
    ValueError
        There is no such table, and the message lists those that exist; or its file is wrong, see `strict_yaml.read`.
    """
    return deepcopy(_load(folder, name))


@cache
def load_as(model: type[Table], folder: str, name: str) -> Table:
    """Read ``<folder>/<name>.yaml`` as a model of its own that cannot be changed.

    Raises
    ------
    ValueError
        There is no such table, or one of its entries is wrong.
    """
    try:
        return model.model_validate(load(folder, name))
    except ValidationError as error:
        first, *more = error.errors()
        entry = ".".join(str(part) for part in first["loc"])
        message = f"data/{folder}/{name}.yaml: {entry}: {first['msg'][0].lower()}{first['msg'][1:]}"
        raise ValueError(f"{message} (and {len(more)} more)" if more else message) from None


@cache  # a study builds thousands of devices
def _load(folder: str, name: str) -> dict[str, Any]:
    tables = resources.files("magbayes.data") / folder
    known = sorted(entry.name.removesuffix(".yaml") for entry in tables.iterdir() if entry.name.endswith(".yaml"))
    if name not in known:
        raise ValueError(f"no table {name!r} in data/{folder}; there are: {', '.join(known)}")
    with resources.as_file(tables / f"{name}.yaml") as path:
        table: dict[str, Any] = strict_yaml.keyed(strict_yaml.read(path), str(path)).values
    return table
