"""The configuration of a scenario: its sections, what joins them, and one clear line when it is wrong."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from micromag.devices.domain_wall_mtj import DomainWallMTJ
from micromag.devices.stochastic_mtj import StochasticMTJ
from micromag.protocols.fluctuation import Fluctuation
from micromag.protocols.pulses import Pulses
from micromag.protocols.resolution import Resolution
from system.settings import AcceleratorSettings, EvaluationSettings, Networks, NetworkSettings


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
    networks: Networks = Field(default_factory=Networks, description="networks by data set")
    accelerator: AcceleratorSettings = Field(default_factory=AcceleratorSettings, description="array and converters")
    evaluation: EvaluationSettings = Field(
        default_factory=EvaluationSettings, description="what figures are taken over"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.pulses.start >= self.dwmtj.notches:
            raise ValueError(
                f"pulses.start {self.pulses.start} is no notch; accepted: 0 to {self.dwmtj.notches - 1} (dwmtj.notches)"
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
        raise ConfigurationError("\n".join(_line(entry) for entry in error.errors())) from None
    if configuration.engine != "native":
        from micromag.engines import oommf

        try:
            oommf.require()
        except oommf.EngineNotFoundError as error:
            raise ConfigurationError(f"engine: {error}") from None
    return configuration


def _line(entry: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in entry["loc"]) or "configuration"
    message = entry["msg"].removeprefix("Value error, ")
    match entry["type"]:
        case "extra_forbidden":
            *parents, _ = entry["loc"]
            return f"{key}: unknown key; accepted: {', '.join(_keys(parents))}"
        case "value_error":
            return f"{key}: {message}"
        case _:
            return f"{key}: {entry['input']!r} is not accepted; {message[0].lower()}{message[1:]}{_unit(entry['loc'])}"


def _model_at(path: list[Any] | tuple[Any, ...]) -> type[BaseModel] | None:
    model: type[BaseModel] = Configuration
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


def _keys(path: list[Any]) -> list[str]:
    model = _model_at(path)
    return sorted(model.model_fields) if model else []


def _unit(path: tuple[Any, ...]) -> str:
    """What the key means, with its unit, from the field's description."""
    while path:
        *parents, name = path
        model = _model_at(parents)
        if model and name in model.model_fields:
            return f" ({model.model_fields[name].description})"
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
        "# The default scenario; SI units throughout. Generated: python workflow/scripts/configuration.py\n"
        "# Material parameters come from data/stacks/<stack>.yaml; any of them given here overrides it.\n"
        "# Every key with its meaning, unit and bounds: workflow/config/schema.json\n"
    )
    return header + yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=100)


def schema_json() -> str:
    """Text of ``workflow/config/schema.json``."""
    return json.dumps(Configuration.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "config"
    (folder / "default.yaml").write_text(default_yaml(), encoding="utf-8")
    (folder / "schema.json").write_text(schema_json(), encoding="utf-8")
