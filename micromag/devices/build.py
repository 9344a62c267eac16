"""A device from its section of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def device(role: str, settings: Mapping[str, Any]) -> Any:
    """The device of a role, `smtj` or `dwmtj`, from the keys of that section.

    Raises
    ------
    ValueError
        There is no such type, or a key is wrong.
    """
    # By its name: what a job computes depends on the module of its shape, which its task names, and not on the list
    # of all shapes, which an import statement would make part of its code.
    registry = import_module("magbayes.micromag.devices.registry")
    return registry.class_of(role, registry.type_of(role, settings))(**settings)
