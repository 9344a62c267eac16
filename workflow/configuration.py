"""The configuration of a scenario: its sections, what joins them, and one clear line when it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from magbayes.compact_models.measured.settings import GivenModels
from magbayes.data.lines import one_line
from magbayes.data.section import Section, refusal
from magbayes.data.seeds import derive
from magbayes.micromag.devices import registry
from magbayes.micromag.devices.build import device
from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
from magbayes.micromag.devices.stochastic_mtj import StochasticJunction
from magbayes.micromag.protocols.fluctuation import Fluctuation
from magbayes.micromag.protocols.pulses import Pulses
from magbayes.micromag.protocols.resolution import Resolution
from magbayes.micromag.protocols.retention import Retention
from magbayes.micromag.protocols.track_resolution import TrackResolution
from magbayes.micromag.protocols.variation import Variation
from magbayes.system.evaluation.settings import EvaluationSettings
from magbayes.system.network.settings import Networks, NetworkSettings
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow import feasibility
from magbayes.workflow.sources import ConfigurationError

RESERVED = ("store", "studies", "designs")
"""Folders of results/ that belong to no scenario."""

SIMULATED = (
    *("engine", "temperature", "smtj", "fluctuation", "resolution"),
    *("dwmtj", "pulses", "retention", "track_resolution", "variation"),
)
"""Keys that nothing depends on where compact models are given, but for `feasibility.ASKED` of retention."""

YAML_WORDS = {None: "null", True: "true", False: "false"}
"""What Python calls otherwise."""

UNITS = (
    *("%", "A/m", "A/m^2", "J/(V m)", "J/(m^2 K)", "J/(m^3 K)", "J/m", "J/m^2", "K", "Ohm", "Ohm m", "Ohm m^2"),
    *("S", "T", "V", "W/(m K)", "bits", "eV", "m", "m^2 K/W", "s"),
)
"""Units with which descriptions of keys end."""


class Configuration(Section):
    """A scenario; the sections are owned by the packages that use them."""

    scenario: str = Field(
        "default", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="names results/<scenario>/"
    )
    engine: Literal["native", "oommf", "both"] = Field(
        "native",
        description="engine of the micromagnetic runs; both puts OOMMF's compact models beside the native ones",
    )
    seed: int = Field(1, ge=0, lt=2**31, description="seed of everything random")
    temperature: float = Field(300.0, ge=0.1, le=1000, description="K")
    smtj: Annotated[StochasticJunction, registry.AnyShape("smtj")] = Field(
        default_factory=partial(device, "smtj", {}), description="stochastic MTJ: sigma"
    )
    fluctuation: Fluctuation = Field(default_factory=Fluctuation, description="protocol of the stochastic MTJ")
    resolution: Resolution = Field(
        default_factory=Resolution, description="cell size and time step of the stochastic MTJ"
    )
    dwmtj: Annotated[DomainWallTrack, registry.AnyShape("dwmtj")] = Field(
        default_factory=partial(device, "dwmtj", {}), description="domain-wall MTJ: mu"
    )
    pulses: Pulses = Field(default_factory=Pulses, description="protocol of the domain-wall MTJ")
    retention: Retention = Field(
        default_factory=Retention, description="for how long a level of the domain-wall MTJ has to hold"
    )
    track_resolution: TrackResolution = Field(
        default_factory=TrackResolution, description="cell size of the domain-wall MTJ"
    )
    variation: Variation = Field(default_factory=Variation, description="spread between devices of either kind")
    compact_models: GivenModels = Field(
        default_factory=GivenModels,
        description="measured devices, or compact models that are there, in place of all this",
    )
    networks: Networks = Field(default_factory=Networks, description="networks by data set")
    accelerator: AcceleratorSettings = Field(default_factory=AcceleratorSettings, description="array and converters")
    evaluation: EvaluationSettings = Field(
        default_factory=EvaluationSettings, description="what figures are taken over"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.scenario in RESERVED:
            raise ValueError(f"scenario {self.scenario!r} is the name of a folder that scenarios share; take another")
        if self.compact_models.paths:
            self._refuse_simulated()
        feasibility.check(self)
        return self

    def _refuse_simulated(self) -> None:
        """Refuse keys of simulations that would be lost beside compact models."""
        for key in SIMULATED:
            default = type(self).model_fields[key].get_default(call_default_factory=True)
            own = getattr(self, key)
            if isinstance(own, Retention):  # what is asked of a weight stays
                own = own.model_copy(update={name: getattr(default, name) for name in feasibility.ASKED})
            if own != default:
                raise refusal(
                    (key,),
                    "has no effect beside compact_models, which are not simulated; accepted: without it"
                    + (f", but for {' and '.join(feasibility.ASKED)}" if key == "retention" else ""),
                )

    def seed_for(self, job: str) -> int:
        """Seed of a job, from the scenario's seed and the job's name."""
        return derive(self.seed, job)

    def accelerator_of(self, network: str | None) -> AcceleratorSettings:
        """The section `accelerator` as it is for one network; None: for those that say nothing else."""
        return self.accelerator if network is None else self.accelerator.read_as(self.networks.reads_of(network))

    def dump(self, section: str, *without: str) -> dict[str, Any]:
        """A section as plain values, without some of its keys."""
        return getattr(self, section).model_dump(mode="json", exclude=set(without))

    def warnings(self, networks: Collection[str] | None = None) -> list[str]:
        """Warnings that can be computed before a simulation: of the devices and of `networks`, or of all of these."""
        trained = {name: n for name, n in self.networks.selected().items() if networks is None or name in networks}
        return [
            *([] if self.compact_models.paths else self._warnings_of_simulations()),
            *(f"{name}: {warning}" for name, network in trained.items() for warning in network.warnings()),
        ]

    def _warnings_of_simulations(self) -> list[str]:
        track = feasibility.one_track(self.dwmtj)
        return [
            *(f"smtj: {warning}" for warning in self.smtj.warnings()),
            *(f"dwmtj: {warning}" for warning in self.dwmtj.warnings()),
            *(f"pulses: {warning}" for warning in self.pulses.warnings(track, self.temperature)),
            *(f"variation.smtj: {warning}" for warning in self.variation.smtj.warnings(self.smtj)),
            *(f"variation.dwmtj: {warning}" for warning in self.variation.dwmtj.warnings(self.dwmtj)),
        ]


def validate(values: Mapping[str, Any], places: Mapping[tuple[str | int, ...], str] | None = None) -> Configuration:
    """Check a configuration whole; `places` says where a person gave a value, by its path.

    Raises
    ------
    ConfigurationError
        With a line for each wrong key: the key, the value, and what would be accepted.
    """
    try:
        configuration = Configuration.model_validate(dict(values))
    except ValidationError as error:
        lines = [
            line_of(entry) + _place(_keys_of(Configuration, entry["loc"]), places or {}) for entry in error.errors()
        ]
        raise ConfigurationError("\n".join(lines)) from None
    except OSError as error:  # a path that no file system takes
        raise ConfigurationError(
            one_line(f"{str(error.filename)[:100]!r}: {error.strerror}; expected a path")
        ) from None
    if configuration.engine != "native":
        from magbayes.micromag.engines import oommf

        try:
            oommf.require()
        except oommf.EngineNotFoundError as error:
            raise ConfigurationError(f"engine: {error}") from None
    return configuration


def _place(path: Sequence[str | int], places: Mapping[tuple[str | int, ...], str]) -> str:
    """Where a person gave what stands at a path, or the section that it belongs to."""
    for length in range(len(path), 0, -1):
        if place := places.get(tuple(path[:length])):
            return one_line(f" ({place})")
    return ""


def line_of(entry: Mapping[str, Any], model: type[BaseModel] = Configuration) -> str:
    """One line on an error of pydantic's: the key, the value, and what would be accepted."""
    path = _keys_of(model, entry["loc"])
    key = ".".join(str(part)[:100] for part in path) or "configuration"
    message = entry["msg"].removeprefix("Value error, ")
    match entry["type"]:
        case "extra_forbidden":
            *parents, _ = entry["loc"]
            line = f"{key}: unknown key; accepted: {', '.join(_accepted(model, parents))}"
        case "union_tag_invalid":
            tag = repr(entry["input"]["type"])
            line = f"{key}.type: {tag} is not accepted; expected {', '.join(registry.types(key))}"
        case "value_error" | "refused":
            line = f"{key}: {message}"
        case _:
            known = entry["input"] is None or isinstance(entry["input"], bool)
            value = YAML_WORDS[entry["input"]] if known else repr(entry["input"])
            shown = value if len(value) <= 100 else f"{value[:97]}..."
            line = f"{key}: {shown} is not accepted; {_expected(entry, model)}{_unit(model, entry['loc'])}"
    return one_line(line)


def _expected(entry: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What would be accepted in place of a value of the wrong kind, in the words of YAML and not of Python."""
    value, message = entry["input"], entry["msg"]
    match entry["type"]:
        case "model_type" | "model_attributes_type":
            keys = ", ".join(_accepted(model, entry["loc"]))
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
        case "string_type" if isinstance(value, bool | int | float):
            return "expected text; what looks like a number, yes, no, on or off needs quotes"
    return f"{message[0].lower()}{message[1:]}"


def _models_at(model: type[BaseModel], path: Sequence[Any]) -> list[type[BaseModel]]:
    """Models that a section may be, that of its default first; several where it holds a device of any type."""
    models = [model]
    role = None
    for part in path:
        if isinstance(part, int):
            continue
        if role and part in registry.types(role):  # Pydantic's path has the type of a device behind its section
            models, role = [registry.class_of(role, part)], None
            continue
        fields = [kind.model_fields[part] for kind in models if part in kind.model_fields]
        role = next(
            (mark.role for field in fields for mark in field.metadata if isinstance(mark, registry.AnyShape)), None
        )
        if role:
            models = [registry.class_of(role, name) for name in registry.types(role)]
            continue
        # A network of a name of its own is like any other.
        annotations = [field.annotation for field in fields] or [NetworkSettings if Networks in models else None]
        candidates = [kind for annotation in annotations for kind in (annotation, *get_args(annotation))]
        models = [kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)][:1]
    return models


def _keys_of(model: type[BaseModel], path: Sequence[Any]) -> tuple[Any, ...]:
    """A path of Pydantic's without the types of devices, as a person writes it: not smtj.disk.diameter."""
    section = model.model_fields.get(path[0]) if path else None
    typed = section and any(isinstance(mark, registry.AnyShape) for mark in section.metadata)
    return (*path[:1], *path[2:]) if typed else tuple(path)


def _accepted(model: type[BaseModel], path: Sequence[Any]) -> list[str]:
    return sorted(next((kind.model_fields for kind in _models_at(model, path)), ()))


def _field_at(model: type[BaseModel], path: Sequence[Any]) -> FieldInfo | None:
    *parents, name = path
    return next((kind.model_fields[name] for kind in _models_at(model, parents) if name in kind.model_fields), None)


def unit_of_key(key: str) -> str:
    """Unit of a dotted key, from the end of its description; empty where it has none."""
    field = _field_at(Configuration, key.split("."))
    return unit_in(field.description or "")[1] if field else ""


def unit_in(description: str) -> tuple[str, str]:
    """What a description says without its unit, and the unit; empty where it has none."""
    first, mark, rest = description.partition(";")
    said, _, last = first.rpartition(", ")
    return (said + mark + rest, last) if last in UNITS else (description, "")


def _unit(model: type[BaseModel], path: Sequence[Any]) -> str:
    """What the key means, with its unit, from the field's description."""
    while path:
        if (field := _field_at(model, path)) and field.description:
            return f" ({field.description})"
        path = path[:-1]
    return ""


if __name__ == "__main__":
    from magbayes.workflow.writing import default_yaml, schema_json

    folder = Path(__file__).parent / "config"
    (folder / "default.yaml").write_text(default_yaml(), encoding="utf-8")
    (folder / "schema.json").write_text(schema_json(), encoding="utf-8")
