"""Data sheets of measured devices: YAML that says what was measured, by whom, and in which tables it is.

A number that is not in a table stands with its unit and its source, or is called an assumption and has a range. What a
sheet leaves out was not measured; nothing is put in its place without saying so, see
`magbayes.compact_models.measured.said`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from magbayes.compact_models.measured.table import Column, Grid, over, read
from magbayes.compact_models.measured.units import factor
from magbayes.data import strict_yaml
from magbayes.data.lines import one_line
from magbayes.data.section import Section

MODELS = ".h5"
"""Suffix of compact model files, which stand in for a sheet."""


class Quantity(Section):
    """A number with its unit, the ends of its 95 % interval, and where it is from."""

    value: float = Field(description="the number")
    low: float | None = Field(None, description="lower end of the 95 % interval, or of the range of an assumption")
    high: float | None = Field(None, description="upper end")
    unit: str = Field(description="unit of the number")
    source: str | None = Field(None, min_length=1, description="where it was measured or read")
    assumption: str | None = Field(None, min_length=1, description="why this was taken, where it was not measured")

    @model_validator(mode="after")
    def _check(self) -> Quantity:
        if (self.source is None) == (self.assumption is None):
            raise ValueError("takes one of: source, or assumption with a range (low, high)")
        if (self.low is None) != (self.high is None) or (self.assumption is not None and self.low is None):
            raise ValueError("low and high are needed, of an assumption as of an interval")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value:g} is not within low {self.low:g} and high {self.high:g}")
        return self


def _in(unit: str, low: float, high: float) -> AfterValidator:
    """Validator of a quantity that is converted to an SI unit, and lies between two numbers in it."""

    def converted(quantity: Quantity) -> Quantity:
        scale = factor(quantity.unit, unit)
        ends = {name: getattr(quantity, name) for name in ("value", "low", "high")}
        given = {name: scale * value for name, value in ends.items() if value is not None}
        for value in given.values():
            if not low <= value <= high:
                raise ValueError(f"{value:.6g} {unit} is not accepted; expected {low:g} to {high:g} {unit}")
        return quantity.model_copy(update=given | {"unit": unit})

    return AfterValidator(converted)


CONDUCTANCE = (1e-12, 0.1)
"""Conductances in S between which every tunnel junction lies."""

LEAST_SHARE = 1e-4
"""Sigma over the shortest time beside the mean: that of a junction which fluctuates is a twentieth and more at an
instant, and of one that forgets in a nanosecond still above this over a millisecond."""

TIMES = (1e-14, 1e6)
"""Times in s between which every measurement of a device lies."""

SIGMA = {
    "voltage": Column("V", "gate voltage", -100, 100),
    "integration_time": Column("s", "time over which a read averaged; 0 is the instant", 0, 1e4),
    "sigma": Column("S", "standard deviation of the conductance", *CONDUCTANCE),
    "sigma_error": Column("S", "standard error of sigma", 1e-18, 0.1),
    "excess_kurtosis": Column("1", "excess kurtosis, 0 for a Gaussian", -2, 1e6, required=False),
}
BIAS = {
    "voltage": SIGMA["voltage"],
    "mean": Column("S", "mean conductance", *CONDUCTANCE),
    "decay_time": Column("s", "decay time of the autocorrelation, or of its envelope", *TIMES),
    "decay_time_error": Column("s", "standard error of the decay time", 0, 1e6),
    "frequency": Column("Hz", "frequency at which the autocorrelation rings", 0, 1e12, required=False),
    "frequency_error": Column("Hz", "standard error of the frequency", 0, 1e12, required=False),
    "frequency_shift": Column("Hz", "change of the frequency at the mean square amplitude", -1e12, 0, required=False),
    "gate_current": Column("A", "current through the gate, without sign", 0, 1, required=False),
}
LEVELS = {
    "level": Column("1", "number of the level, from 0 on", 0, 1000, whole=True),
    "conductance": Column("S", "mean conductance with the wall at rest there", *CONDUCTANCE),
    "conductance_error": Column("S", "standard error of the conductance", 0, 0.1),
    "spread": Column("S", "standard deviation between devices", 0, 0.1, required=False),
}
JITTER = {
    "level": LEVELS["level"],
    "integration_time": SIGMA["integration_time"],
    "jitter": Column("S", "standard deviation of reads of one device at rest", 0, 0.1),
}
PULSES = {
    "width": Column("s", "width of the pulse", 1e-13, 10),
    "current_density": Column("A/m^2", "current density in the heavy metal", 1e5, 1e15),
    "moves": Column("1", "levels that the wall moved in the pulse's direction", -1000, 1000, whole=True),
    "pulses": Column("1", "pulses that moved it so far", 0, 1e9, whole=True),
}
BARRIERS = {
    "temperature": Column("K", "temperature", 0.1, 1000),
    "barrier": Column("J", "energy that a wall needs to leave its level", 1e-24, 1e-15),
    "barrier_error": Column("J", "standard error of the barrier", 0, 1e-15),
    "barrier_spread": Column("J", "standard deviation of the barrier between devices", 0, 1e-15),
    "attempt_rate": Column("1/s", "rate to one neighbour without the exponential of the barrier", 1e3, 1e18),
}


class _Sheet(Section):
    """What sheets of both devices have in common."""

    name: str = Field(min_length=1, max_length=200, description="what the device is called")
    source: str = Field(min_length=1, description="who measured it, and where it is published")
    assumptions: tuple[str, ...] = Field((), description="what in the tables was not measured, each with its range")
    temperature: Annotated[Quantity, _in("K", 0.1, 1000)] = Field(description="temperature of the measurement, K")

    def quantities(self) -> dict[str, Quantity]:
        """The numbers that stand in no table, by key, in SI units."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Quantity)}

    def number(self, key: str) -> float:
        """Value of a quantity in its SI unit, 0 of one that was not measured."""
        quantity: Quantity | None = getattr(self, key)
        return 0.0 if quantity is None else quantity.value


class StochasticSheet(_Sheet):
    """The stochastic MTJ."""

    device: Literal["stochastic_mtj"] = Field("stochastic_mtj", description="kind of the device")
    sigma: str = Field(description="table of sigma by gate voltage and integration time, beside the sheet")
    bias: str = Field(description="table of mean and memory by gate voltage, beside the sheet")
    marginal: Literal["measured", "gaussian"] = Field(
        description="measured: by the column excess_kurtosis; gaussian: an assumption"
    )
    common_error: Annotated[Quantity, _in("1", 0, 1)] | None = Field(
        None, description="relative standard error that all sigmas share, of the amplifier's gain for instance"
    )
    parallel_conductance: Annotated[Quantity, _in("S", *CONDUCTANCE)] | None = Field(
        None, description="conductance of the parallel state, which no read exceeds, S"
    )
    offset_spread: Annotated[Quantity, _in("V", 0, 10)] | None = Field(
        None, description="standard deviation between devices of an offset of the gate voltage, V"
    )
    scale_spread: Annotated[Quantity, _in("1", 0, 1)] | None = Field(
        None, description="relative standard deviation between devices of the conductance"
    )
    read_lever: Annotated[Quantity, _in("1", 0, 100)] | None = Field(
        None, description="gate voltage that does to the device what a read voltage of 1 V does"
    )
    gate_capacitance: Annotated[Quantity, _in("F", 1e-21, 1e-9)] | None = Field(
        None, description="capacitance of the gate, F"
    )


class DomainWallSheet(_Sheet):
    """The domain-wall MTJ."""

    device: Literal["domain_wall_mtj"] = Field("domain_wall_mtj", description="kind of the device")
    levels: str = Field(description="table of levels, beside the sheet")
    pulses: str = Field(description="table of how far pulses moved walls, beside the sheet")
    jitter: str | None = Field(None, description="table of reads at rest, beside the sheet")
    barriers: str | None = Field(None, description="table of barriers, beside the sheet")
    metal_resistance: Annotated[Quantity, _in("Ohm", 1e-3, 1e9)] = Field(
        description="resistance of the heavy metal under the track, Ohm"
    )
    metal_cross_section: Annotated[Quantity, _in("m^2", 1e-20, 1e-9)] = Field(
        description="cross-section of the heavy metal under the track, m^2"
    )
    settling_time: Annotated[Quantity, _in("s", 0, 10)] | None = Field(
        None, description="time from the end of a pulse to the next, s"
    )


SHEETS: dict[str, type[_Sheet]] = {"smtj": StochasticSheet, "dwmtj": DomainWallSheet}
"""Sheets by the key of the device."""


@dataclass(frozen=True)
class Measured:
    """A sheet that was read, with its tables by the key that names them."""

    path: Path
    sheet: Any
    tables: Mapping[str, Grid]


def shipped() -> list[str]:
    """Names of the sheets in data/devices."""
    folder = resources.files("magbayes.data") / "devices"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def located(name: str) -> Path:
    """Path of a sheet or of compact models: as given, or that of a sheet in data/devices by its name.

    Raises
    ------
    ValueError
        There is no such file.
    """
    path = Path(name)
    if not path.suffix and name in shipped():
        with resources.as_file(resources.files("magbayes.data") / "devices" / f"{name}.yaml") as found:
            return found
    if not path.is_file():
        raise ValueError(
            f"{name[:200]}: no such file; expected a data sheet (.yaml), compact models ({MODELS}), or a published "
            f"device: {', '.join(shipped())}"
        )
    return path


def _line(error: ValidationError, kind: type[_Sheet]) -> str:
    """One line on the first fault of a sheet."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the sheet"
    match first["type"]:
        case "extra_forbidden":
            accepted = kind if len(first["loc"]) == 1 else Quantity
            return f"{key}: unknown key; accepted: {', '.join(accepted.model_fields)}"
        case "missing":
            owner = kind if len(first["loc"]) == 1 else Quantity
            field = owner.model_fields.get(str(first["loc"][-1]))
            return f"{key}: missing; expected {field.description if field else 'a value'}"
        case "value_error":
            return f"{key}: {first['msg'].removeprefix('Value error, ')}"
    message = first["msg"]
    return f"{key}: {first['input']!r} is not accepted; {message[0].lower()}{message[1:]}"


def _table(path: Path, columns: Mapping[str, Column], axes: tuple[str, ...]) -> Grid:
    return over(read(path, columns), axes)


TABLES: dict[str, dict[str, tuple[Mapping[str, Column], tuple[str, ...]]]] = {
    "smtj": {"sigma": (SIGMA, ("voltage", "integration_time")), "bias": (BIAS, ("voltage",))},
    "dwmtj": {
        "levels": (LEVELS, ("level",)),
        "pulses": (PULSES, ("width", "current_density", "moves")),
        "jitter": (JITTER, ("level", "integration_time")),
        "barriers": (BARRIERS, ("temperature",)),
    },
}
"""Columns of each table of a device, and those over which its rows run."""


def read_sheet(device: str, name: str) -> Measured:
    """Read the sheet of a device (`smtj` or `dwmtj`) with its tables, and check what can be checked without a model.

    Raises
    ------
    ValueError
        One line that names the file, the key or the line, the value and what would be accepted.
    """
    path, kind = located(name), SHEETS[device]
    values = strict_yaml.keyed(strict_yaml.read(path), str(path)).values
    try:
        sheet = kind.model_validate(values)
    except ValidationError as error:
        raise ValueError(one_line(f"{path}: {_line(error, kind)}")) from None
    wanted = {key: (getattr(sheet, key), *form) for key, form in TABLES[device].items()}
    tables = {key: _table(path.parent / file, columns, axes) for key, (file, columns, axes) in wanted.items() if file}
    measured = Measured(path, sheet, tables)
    (_check_stochastic if device == "smtj" else _check_domain_wall)(measured)
    return measured


def files_of(device: str, name: str) -> list[str]:
    """Files that a device is made from: its sheet and the tables that this names, or compact models.

    Raises
    ------
    ValueError
        See `read_sheet`.
    """
    path = located(name)
    if path.suffix == MODELS:
        return [str(path)]
    measured = read_sheet(device, name)
    return [str(path), *(str(grid.table.path) for grid in measured.tables.values())]


def _check_stochastic(measured: Measured) -> None:
    sigma, bias = measured.tables["sigma"], measured.tables["bias"]
    voltage, time = sigma.axes
    if len(voltage) < 3:
        raise ValueError(f"{sigma.table.path}: {len(voltage)} voltages; expected 3 or more, to interpolate between")
    if time[-1] == 0:
        raise ValueError(
            f"{sigma.table.path}: integration_time is 0 in all rows; a read takes time: expected one above 0"
        )
    if len(bias.axes[0]) != len(voltage) or (bias.axes[0] != voltage).any():
        said = ", ".join(f"{value:g}" for value in voltage)
        raise ValueError(f"{bias.table.path}: other voltages than {sigma.table.path}; expected {said} V")
    if ("excess_kurtosis" in sigma) != (measured.sheet.marginal == "measured"):
        beside = "beside" if "excess_kurtosis" in sigma else "without"
        raise ValueError(
            f"{measured.path}: marginal: {measured.sheet.marginal!r} {beside} "
            f"a column excess_kurtosis in {sigma.table.path}; expected 'measured' with it, 'gaussian' without"
        )
    for i, j in ((i, j) for i in range(len(voltage)) for j in range(len(time))):
        if sigma["sigma"][i, j] >= bias["mean"][i]:
            raise sigma.error(
                (i, j), f"sigma {sigma['sigma'][i, j]:.6g} S is not below the mean, {bias['mean'][i]:.6g} S"
            )
        if sigma["sigma_error"][i, j] >= sigma["sigma"][i, j]:
            raise sigma.error((i, j), f"sigma_error {sigma['sigma_error'][i, j]:.6g} S is not below sigma")
    for i in range(len(voltage)):
        if (share := sigma["sigma"][i, 0] / bias["mean"][i]) < LEAST_SHARE:
            raise sigma.error(
                (i, 0),
                f"sigma is {share:.2g} of the mean, {bias['mean'][i]:.6g} S; expected {LEAST_SHARE:g} or more over the "
                "shortest time: are the units in the head rows those of the numbers?",
            )
    for i in range(1, len(voltage)):
        before, after = sigma["sigma"][i - 1, 0], sigma["sigma"][i, 0]
        if after <= before:
            raise sigma.error(
                (i, 0),
                f"sigma does not rise from {voltage[i - 1]:g} V ({before:.4g} S) to {voltage[i]:g} V ({after:.4g} S); "
                "expected voltages over which it rises, so that one can be set: leave the others out",
            )
    top = measured.sheet.parallel_conductance
    if top is not None and (wrong := bias["mean"] >= top.value).any():
        i = int(wrong.argmax())
        raise bias.error((i,), f"mean {bias['mean'][i]:.6g} S is not below parallel_conductance, {top.value:.6g} S")
    if (wrong := bias["decay_time_error"] >= bias["decay_time"]).any():
        raise bias.error((int(wrong.argmax()),), "decay_time_error is not below decay_time")


def _check_domain_wall(measured: Measured) -> None:
    levels, pulses = measured.tables["levels"], measured.tables["pulses"]
    number, mean = levels.axes[0], levels["conductance"]
    if len(number) < 2 or (number != range(len(number))).any():
        raise ValueError(f"{levels.table.path}: levels {number.astype(int).tolist()}; expected 0, 1, and so on")
    for i in range(1, len(mean)):
        if mean[i] <= mean[i - 1]:
            raise levels.error((i,), f"conductance {mean[i]:.6g} S after {mean[i - 1]:.6g} S; expected rising levels")
    if "spread" in levels and (wrong := levels["spread"] >= math.sqrt(2) * mean).any():
        raise levels.error((int(wrong.argmax()),), "spread is as large as the conductance")
    moves = pulses.axes[2]
    if 0 not in moves or (moves != range(int(moves[0]), int(moves[-1]) + 1)).any():
        raise ValueError(
            f"{pulses.table.path}: moves {moves.astype(int).tolist()}; expected whole numbers one by one, 0 among "
            "them, in every pulse"
        )
    total = pulses["pulses"].sum(axis=-1)
    for w, j in ((w, j) for w in range(total.shape[0]) for j in range(total.shape[1])):
        if total[w, j] == 0:
            raise pulses.error((w, j, 0), "no pulse of this width and current; expected one or more")
    jitter = measured.tables.get("jitter")
    if jitter is not None and (len(jitter.axes[0]) != len(number) or (jitter.axes[0] != number).any()):
        raise ValueError(f"{jitter.table.path}: other levels than {levels.table.path}; expected 0 to {len(number) - 1}")
