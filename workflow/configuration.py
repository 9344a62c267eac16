"""The configuration of a scenario: its sections, what joins them, and one clear line when it is wrong."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from magbayes.data import cited
from magbayes.micromag.devices.domain_wall_mtj import DomainWallMTJ
from magbayes.micromag.devices.stochastic_mtj import StochasticMTJ
from magbayes.micromag.protocols.fluctuation import Fluctuation
from magbayes.micromag.protocols.pulses import Pulses
from magbayes.micromag.protocols.resolution import Resolution
from magbayes.micromag.protocols.variation import Variation
from magbayes.system.evaluation.settings import EvaluationSettings
from magbayes.system.network.settings import Networks, NetworkSettings
from magbayes.system.settings import AcceleratorSettings

RESERVED = ("store", "studies")
"""Folders of results/ that belong to no scenario."""

UNITS = ("%", "A/m", "J/(V m)", "J/m", "J/m^2", "K", "Ohm", "Ohm m", "Ohm m^2", "V", "bits", "m", "s")
"""Units with which descriptions of keys end."""


class ConfigurationError(ValueError):
    """The configuration is wrong; the message is a line for each wrong key."""


class Configuration(BaseModel):
    """A scenario; the sections are owned by the packages that use them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: str = Field(
        "default", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="names results/<scenario>/"
    )
    engine: Literal["native", "oommf", "both"] = Field(
        "native",
        description="engine of the micromagnetic runs; both puts OOMMF's compact models beside the native ones",
    )
    seed: int = Field(1, ge=0, lt=2**31, description="seed of everything random")
    temperature: float = Field(300.0, gt=0, le=1000, description="K")
    smtj: StochasticMTJ = Field(default_factory=StochasticMTJ, description="stochastic MTJ: sigma")
    fluctuation: Fluctuation = Field(default_factory=Fluctuation, description="protocol of the stochastic MTJ")
    resolution: Resolution = Field(default_factory=Resolution, description="cell size and time step of the same")
    dwmtj: DomainWallMTJ = Field(default_factory=DomainWallMTJ, description="domain-wall MTJ: mu")
    pulses: Pulses = Field(default_factory=Pulses, description="protocol of the domain-wall MTJ")
    variation: Variation = Field(default_factory=Variation, description="spread between devices of either kind")
    networks: Networks = Field(default_factory=Networks, description="networks by data set")
    accelerator: AcceleratorSettings = Field(default_factory=AcceleratorSettings, description="array and converters")
    evaluation: EvaluationSettings = Field(
        default_factory=EvaluationSettings, description="what figures are taken over"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.scenario in RESERVED:
            raise ValueError(f"scenario {self.scenario!r} is the name of a folder that scenarios share; take another")
        cited.load("peripherals", self.accelerator.cost_table)
        for interval in self.evaluation.intervals:
            if interval < self.accelerator.read_time:
                raise ValueError(
                    f"evaluation.intervals {interval:g} s is too short; accepted: {self.accelerator.read_time:g} s "
                    "(accelerator.read_time) or more"
                )
        low, high = self.fluctuation.voltages[0], self.fluctuation.voltages[-1]
        for voltage in self.variation.smtj.voltages:
            if not low <= voltage <= high:
                raise ValueError(
                    f"variation.smtj.voltages {voltage:g} V is not characterised; accepted: {low:g} to {high:g} V "
                    "(fluctuation.voltages)"
                )
        return self

    def seed_for(self, job: str) -> int:
        """Seed of a job, from the scenario's seed and the job's name."""
        return zlib.crc32(f"{self.seed}/{job}".encode())

    def dump(self, section: str, *without: str) -> dict[str, Any]:
        """A section as plain values, without some of its keys."""
        return getattr(self, section).model_dump(mode="json", exclude=set(without))

    def warnings(self) -> list[str]:
        """Doubts that can be computed before a simulation."""
        return [
            *(f"smtj: {doubt}" for doubt in self.smtj.warnings()),
            *(f"dwmtj: {doubt}" for doubt in self.dwmtj.warnings()),
            *(f"variation.dwmtj: {doubt}" for doubt in self.variation.dwmtj.warnings(self.dwmtj)),
        ]


def validate(values: Mapping[str, Any]) -> Configuration:
    """Check a configuration whole.

    Raises
    ------
    ConfigurationError
        With a line for each wrong key: the key, the value, and what would be accepted.
    """
    try:
        configuration = Configuration.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigurationError("\n".join(line_of(entry) for entry in error.errors())) from None
    if configuration.engine != "native":
        from magbayes.micromag.engines import oommf

        try:
            oommf.require()
        except oommf.EngineNotFoundError as error:
            raise ConfigurationError(f"engine: {error}") from None
    return configuration


def line_of(entry: Mapping[str, Any], model: type[BaseModel] = Configuration) -> str:
    """One line on an error of pydantic's: the key, the value, and what would be accepted."""
    key = ".".join(str(part) for part in entry["loc"]) or "configuration"
    message = entry["msg"].removeprefix("Value error, ")
    match entry["type"]:
        case "extra_forbidden":
            *parents, _ = entry["loc"]
            line = f"{key}: unknown key; accepted: {', '.join(_keys(model, parents))}"
        case "value_error":
            line = f"{key}: {message}"
        case _:
            value = repr(entry["input"])
            shown = value if len(value) <= 100 else f"{value[:97]}..."
            line = f"{key}: {shown} is not accepted; {_expected(entry, model)}{_unit(model, entry['loc'])}"
    return one_line(line)


def _expected(entry: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What would be accepted in place of a value of the wrong kind, in the words of YAML and not of Python."""
    value, message = entry["input"], entry["msg"]
    match entry["type"]:
        case "model_type" | "model_attributes_type":
            keys = ", ".join(_keys(model, entry["loc"]))
            return f"expected keys with values, or leave it out for its defaults; accepted keys: {keys}"
        case "tuple_type" | "frozen_set_type" | "list_type":
            return "expected a list in brackets, [a, b]"
        case "too_short":
            return f"expected {entry['ctx']['min_length']} or more values"
        case "too_long":
            return f"expected {entry['ctx']['max_length']} values at most"
        case "float_parsing" | "int_parsing" if "," in value:
            return "expected a number; its decimals stand behind a point, not a comma"
        case "float_parsing":
            return "expected a number, such as 1.0e-9, without its unit"
        case "int_parsing":
            return "expected a whole number, written without a point or an exponent"
    return f"{message[0].lower()}{message[1:]}"


def one_line(text: str) -> str:
    """A text from anywhere on one line, with what cannot be printed spelt out, and not longer than a person reads."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= 1000 else f"{shown[:997]}..."


def _model_at(model: type[BaseModel], path: list[Any] | tuple[Any, ...]) -> type[BaseModel] | None:
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        # A network of a name of its own is like any other.
        annotation = field.annotation if field else NetworkSettings if model is Networks else None
        candidates = (annotation, *get_args(annotation))
        found = next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if found is None:
            return None
        model = found
    return model


def _keys(model: type[BaseModel], path: list[Any] | tuple[Any, ...]) -> list[str]:
    found = _model_at(model, path)
    return sorted(found.model_fields) if found else []


def unit_of_key(key: str) -> str:
    """Unit of a dotted key, from the end of its description; empty where it has none."""
    *parents, name = key.split(".")
    found = _model_at(Configuration, parents)
    field = found.model_fields.get(name) if found else None
    last = (field.description or "").split(";")[0].rsplit(", ", 1)[-1] if field else ""
    return last if last in UNITS else ""


def _unit(model: type[BaseModel], path: tuple[Any, ...]) -> str:
    """What the key means, with its unit, from the field's description."""
    while path:
        *parents, name = path
        found = _model_at(model, parents)
        if found and name in found.model_fields:
            return f" ({found.model_fields[name].description})"
        path = tuple(parents)
    return ""


def default_yaml() -> str:
    """Text of ``workflow/config/default.yaml``."""
    values = Configuration().model_dump(mode="json")
    for section, device in (("smtj", StochasticMTJ), ("dwmtj", DomainWallMTJ)):
        # What a device requires, its stack provides.
        stacked = {name for name, field in device.model_fields.items() if field.is_required()}
        values[section] = {name: value for name, value in values[section].items() if name not in stacked}
    header = (
        "# The default scenario; SI units throughout. Generated: python -m magbayes.workflow.configuration\n"
        "# Material parameters come from data/stacks/<stack>.yaml; any of them given here overrides it.\n"
        "# Every key with its meaning, unit and bounds: workflow/config/schema.json\n"
    )
    return header + yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=100)


def schema_json() -> str:
    """Text of ``workflow/config/schema.json``."""
    return json.dumps(Configuration.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent / "config"
    (folder / "default.yaml").write_text(default_yaml(), encoding="utf-8")
    (folder / "schema.json").write_text(schema_json(), encoding="utf-8")
