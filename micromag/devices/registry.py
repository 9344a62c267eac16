"""Shapes of the devices, by their role in the array and the `type` that a configuration names.

A new shape is a line of `SHAPES` and its module, which is loaded when a configuration is read or a device is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

SHAPES: dict[str, dict[str, str]] = {
    "smtj": {
        "disk": "magbayes.micromag.devices.stochastic_mtj:StochasticMTJ",
        "ellipse": "magbayes.micromag.devices.ellipse:EllipticMTJ",
    },
    "dwmtj": {
        "notched_track": "magbayes.micromag.devices.domain_wall_mtj:DomainWallMTJ",
    },
}
"""Module and class of every shape, by role and type; the first type of a role is its default."""


def types(role: str) -> tuple[str, ...]:
    """Types of a role, its default first."""
    return tuple(SHAPES[role])


def type_of(role: str, settings: Mapping[str, Any]) -> Any:
    """Type that the settings of a device name, or the default of its role."""
    return settings.get("type", types(role)[0])


def _place(role: str, type_name: str) -> tuple[str, str]:
    if type_name not in types(role):
        raise ValueError(f"{role}.type: {type_name!r} is not accepted; expected {', '.join(types(role))}")
    module, _, name = SHAPES[role][type_name].partition(":")
    return module, name


def module_of(role: str, type_name: str) -> str:
    """Dotted name of the module of a shape: code of a job that no import statement names."""
    return _place(role, type_name)[0]


def class_of(role: str, type_name: str) -> type[Any]:
    """Class of a shape."""
    module, name = _place(role, type_name)
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class AnyShape:
    """Annotation of a section that holds any device of a role: Pydantic tells them apart by `type`."""

    role: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A union with the tag `type`, which is put in where a section leaves it out."""
        choices = {name: handler.generate_schema(class_of(self.role, name)) for name in types(self.role)}
        tagged = core_schema.tagged_union_schema(choices, discriminator="type")
        return core_schema.no_info_before_validator_function(self._with_type, tagged)

    def _with_type(self, values: Any) -> Any:
        return {"type": type_of(self.role, values)} | values if isinstance(values, dict) else values
