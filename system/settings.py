"""The configuration of the networks and of the accelerator: fields with units, bounds and defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from system.datasets.settings import BuiltIn, DataSettings

Imperfection = Literal[
    "levels",
    "spread",
    "level_spread",
    "stuck",
    "drift",
    "temperature",
    "wires",
    "sigma_spread",
    "input_voltage",
    "dac",
    "adc",
    "reads",
    "noise",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Convolution(_Section):
    """A convolution with stride 1, behind it a ReLU and the largest of each pool."""

    channels: PositiveInt = Field(description="channels that it makes")
    size: PositiveInt = Field(default=5, description="rows and columns of the kernel, pixels")
    padding: NonNegativeInt = Field(default=0, description="zeros at each edge of the image, pixels")
    pool: PositiveInt = Field(default=2, description="rows and columns of outputs that become one; 1: none")


class Baselines(_Section):
    """What stands beside the posteriors: other ways to be unsure, in software; 0 leaves one out."""

    ensemble: int = Field(default=5, ge=0, le=100, description="members of a deep ensemble, trained apart")
    dropout: float = Field(
        default=0.1, ge=0, lt=1, description="rate of a network with MC dropout in its hidden layers"
    )
    nuts: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="posterior draws by NUTS, the reference for small regressions; as many warm up",
    )


class NetworkSettings(_Section):
    """The data and the shape of one network, how its posterior is trained, and what stands beside it."""

    data: DataSettings | None = Field(
        default=None, description="where the data come from; null: those of the network's name"
    )
    convolutions: tuple[Convolution, ...] = Field(default=(), description="before the hidden layers; for images")
    hidden: tuple[PositiveInt, ...] = Field(default=(32,), description="units of each hidden layer (ReLU)")
    bias_input: float = Field(
        default=1.0, gt=0, le=100, description="constant input that drives the bias row of a layer"
    )
    prior_std: float = Field(
        default=1.5,
        gt=0,
        le=100,
        description="std of the prior of a weight, times the square root of the rows of its layer",
    )
    initial_std: float = Field(
        default=0.02,
        gt=0,
        le=1,
        description="std of every weight at the start; small, or training stays at the prior",
    )
    steps: int = Field(default=3000, ge=1, le=1_000_000, description="optimiser steps")
    batch: PositiveInt = Field(default=128, description="training inputs a step; at most all of them are used")
    particles: PositiveInt = Field(default=1, description="weight samples a step in the gradient of the ELBO")
    learning_rate: float = Field(
        default=1e-2, gt=0, le=1, description="Adam step size at the start; a cosine takes it to 0"
    )
    kl_weight: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="weight of the KL term in the ELBO; 1 is the Bayesian posterior, less is colder",
    )
    start: str | None = Field(
        default=None,
        description="networks/<name>.h5 of an earlier run, from which training goes on; null: from random weights",
    )
    posterior: str | None = Field(
        default=None,
        description=(
            "NPZ file with mean0, std0, mean1, ..., (inputs + 1, outputs) each, the bias last, and noise_std "
            "(regression): a posterior of your own, which is not trained"
        ),
    )
    baselines: Baselines = Baselines()

    def data_files(self) -> list[str]:
        """Return the file or folder of the data, if it is named."""
        return [self.data.path] if self.data is not None and self.data.path is not None else []

    def files(self) -> list[str]:
        """Return the files and folders that training reads."""
        return [*self.data_files(), *(path for path in (self.start, self.posterior) if path is not None)]

    @model_validator(mode="after")
    def _files_exist(self) -> NetworkSettings:
        if self.start is not None and self.posterior is not None:
            raise ValueError(f"start {self.start} and posterior {self.posterior}: one is trained, the other is not")
        for key in ("start", "posterior"):
            path = getattr(self, key)
            if path is not None and not Path(path).is_file():
                raise ValueError(f"{key} {path} does not exist")
        return self


class Networks(BaseModel):
    """The section `networks`: those of the default scenario, and your own under names of your choice.

    A network that is null is left out.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, NetworkSettings | None]

    digits: NetworkSettings | None = NetworkSettings(prior_std=3.0, kl_weight=0.1, steps=5000)
    diabetes: NetworkSettings | None = NetworkSettings(hidden=(16,), baselines=Baselines(nuts=200))
    cubic: NetworkSettings | None = NetworkSettings(
        hidden=(16, 16), prior_std=2.0, kl_weight=0.3, steps=6000, baselines=Baselines(nuts=200)
    )

    def chosen(self) -> dict[str, NetworkSettings]:
        """Return the networks that are not left out, by name."""
        return {name: settings for name, settings in dict(self).items() if settings is not None}

    @model_validator(mode="after")
    def _check(self) -> Networks:
        if not self.chosen():
            raise ValueError("all are null; at least one network is needed")
        for name, settings in self.chosen().items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
                raise ValueError(f"{name!r} is no name of a network; accepted: letters, digits and _, a letter first")
            if settings.data is None and name not in get_args(BuiltIn):
                raise ValueError(
                    f"{name}: no data set of that name; accepted: {', '.join(get_args(BuiltIn))}, or any name "
                    "with data, which says where they come from"
                )
        return self


class EvaluationSettings(_Section):
    """The section `evaluation`: over what the figures are taken."""

    chips: int = Field(
        default=3,
        ge=1,
        le=1000,
        description="chips, each with devices and noise of its own; figures are means over them",
    )
    intervals: tuple[Annotated[float, Field(gt=0, le=1e-3)], ...] = Field(
        default=(2e-9, 5e-9, 10e-9),
        description="other times between successive reads at which a chip is looked at, s",
    )
    ablation: bool = Field(default=True, description="also look at an ideal chip, and at each imperfection alone")


class AcceleratorSettings(_Section):
    """The section `accelerator`: array, converters, sampling, and the table of peripheral costs."""

    rows: int = Field(default=128, ge=1, le=4096, description="rows of a tile, each with its DAC")
    columns: int = Field(default=128, ge=1, le=4096, description="weight columns of a tile, each with its ADC")
    read_voltage: float = Field(default=0.1, gt=0, le=1, description="voltage of a full-scale input, V")
    read_time: PositiveFloat = Field(default=1e-9, le=1e-6, description="time that a read keeps the cells biased, s")
    inputs: Literal["amplitude", "bit_serial"] = Field(
        default="amplitude",
        description="an input is one voltage, or its bits follow each other as reads of 0 or the full voltage",
    )
    dac_bits: int = Field(default=8, ge=1, le=16, description="resolution of the inputs, bits, sign included")
    adc_bits: int = Field(default=8, ge=2, le=16, description="resolution of the column ADC, bits, sign included")
    range_percentile: float = Field(
        default=99.9,
        ge=50,
        le=100,
        description="a converter's full scale is this percentile of what it sees during calibration, %",
    )
    samples: int = Field(default=100, ge=1, le=100_000, description="stochastic passes in one prediction")
    sample_interval: PositiveFloat = Field(
        default=20e-9,
        le=1e-3,
        description="time between successive reads of a device, s; short against its memory correlates",
    )
    sampling: Literal["auto", "devices", "columns"] = Field(
        default="auto",
        description=(
            "what is drawn: every device with its memory, or the sum of a column, which needs independent, "
            "nearly Gaussian reads; auto: columns where sampling_tolerance allows it"
        ),
    )
    sampling_tolerance: float = Field(
        default=0.01,
        gt=0,
        le=0.2,
        description=(
            "largest correlation between successive reads, and largest distance of a column's distribution function "
            "from a Gaussian's, with which columns may be drawn"
        ),
    )
    wire_resistance: float = Field(
        default=0.0, ge=0, le=100, description="of the wire between two cells, along rows and columns, Ohm"
    )
    stuck_low: float = Field(default=0.0, ge=0, le=0.5, description="share of domain-wall MTJs stuck at level 0")
    stuck_high: float = Field(default=0.0, ge=0, le=0.5, description="share of those stuck at the last level")
    rest: float = Field(default=0.0, ge=0, le=1e10, description="time from writing to use, in which walls drift, s")
    temperature: PositiveFloat | None = Field(
        default=None,
        description="in use, K; null: that of the compact models, at which weights are written",
    )
    mirror_min: PositiveFloat = Field(
        default=0.02, description="smallest gain of the current mirror of the sigma columns"
    )
    mirror_max: PositiveFloat = Field(
        default=50.0, description="largest gain of the current mirror of the sigma columns"
    )
    cost_table: str = Field(default="cmos", description="table of peripheral costs, data/peripherals/<name>.yaml")
    ideal: frozenset[Imperfection] = Field(
        default=frozenset(),
        description=(
            "imperfections switched off: levels (quantised means), spread (of programming), level_spread (between "
            "devices), stuck, drift, temperature, wires, sigma_spread (between devices), input_voltage (acting on "
            "sigma), dac, adc, reads (correlated, non-Gaussian noise becomes white and Gaussian), noise (sigma is 0)"
        ),
    )

    @property
    def absent(self) -> frozenset[Imperfection]:
        """Imperfections that a chip with these settings does not have anyway."""
        present: dict[Imperfection, bool] = {
            "stuck": self.stuck_low + self.stuck_high > 0,
            "drift": self.rest > 0,
            "temperature": self.temperature is not None,
            "wires": self.wire_resistance > 0,
        }
        return frozenset(name for name, here in present.items() if not here)

    @model_validator(mode="after")
    def _consistent(self) -> AcceleratorSettings:
        if self.mirror_min >= self.mirror_max:
            raise ValueError(f"mirror_min = {self.mirror_min} must lie below mirror_max = {self.mirror_max}")
        if self.stuck_low + self.stuck_high > 0.5:
            raise ValueError(
                f"stuck_low = {self.stuck_low} and stuck_high = {self.stuck_high} must be at most 0.5 together"
            )
        if self.read_time > self.sample_interval:
            raise ValueError(
                f"read_time = {self.read_time} s must not exceed sample_interval = {self.sample_interval} s"
            )
        return self
