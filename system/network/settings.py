"""The configuration of the networks: fields with units, bounds and defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from magbayes.data.section import Section
from magbayes.system.datasets.settings import BuiltIn, DataSettings

DEEPEST = 32
"""Layers of a kind: each makes the program of a network longer, which takes hours to compile for thousands."""


class Convolution(Section):
    """A convolution with stride 1, behind it a ReLU and the largest of each pool."""

    channels: PositiveInt = Field(description="channels that it makes")
    size: PositiveInt = Field(default=5, description="rows and columns of the kernel, pixels")
    padding: NonNegativeInt = Field(default=0, description="zeros at each edge of the image, pixels")
    pool: PositiveInt = Field(default=2, description="rows and columns of outputs that become one; 1: none")


class Baselines(Section):
    """What stands beside the posteriors: other ways to be unsure, in software; 0 leaves one out."""

    ensemble: int = Field(default=5, ge=0, le=100, description="members of a deep ensemble, trained apart")
    dropout: float = Field(
        default=0.1, ge=0, lt=1, description="rate of a network with MC dropout in its hidden layers"
    )
    temperature: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="share of the training inputs that a deterministic classifier's logits are scaled on, set apart",
    )
    nuts: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="posterior draws by NUTS, the reference for small regressions; as many warm up",
    )


class NetworkSettings(Section):
    """The data and the shape of one network, how its posterior is trained, and what stands beside it."""

    data: DataSettings | None = Field(
        default=None, description="where the data come from; null: those of the network's name"
    )
    convolutions: tuple[Convolution, ...] = Field(
        default=(), max_length=DEEPEST, description="before the hidden layers; for images"
    )
    hidden: tuple[PositiveInt, ...] = Field(
        default=(32,), max_length=DEEPEST, description="units of each hidden layer (ReLU)"
    )
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
            "NPZ file with mean0, std0, mean1, ..., (inputs + 1, outputs) each, the bias last, and with input_mean and "
            "input_scale, since its weights take (input - input_mean) / input_scale; for a regression with noise_std, "
            "target_mean and target_scale too: a posterior of your own, which is not trained"
        ),
    )
    baselines: Baselines = Baselines()

    def data_files(self) -> list[str]:
        """Return the files and folders of the data that are named."""
        return [] if self.data is None else self.data.files()

    def files_of_inputs(self) -> list[str]:
        """Return the files and folders that say what the network's inputs are: a posterior has its own origin."""
        return [*self.data_files(), *([] if self.posterior is None else [self.posterior])]

    def files(self) -> list[str]:
        """Return the files and folders that training reads."""
        return [*self.data_files(), *(path for path in (self.start, self.posterior) if path is not None)]

    def warnings(self) -> list[str]:
        """Return what is known before training to make its posterior another one than Bayes' rule gives."""
        if self.kl_weight == 1 or self.posterior is not None:
            return []
        return [f"the KL term weighs {self.kl_weight:g} in training, a posterior colder than Bayes' rule gives"]

    @model_validator(mode="after")
    def _files_exist(self) -> NetworkSettings:
        if self.start is not None and self.posterior is not None:
            raise ValueError(
                f"start {self.start} and posterior {self.posterior}: give either `start` or `posterior`, not both"
            )
        for key in ("start", "posterior"):
            path = getattr(self, key)
            if path is not None and not Path(path).is_file():
                raise ValueError(f"{key} {path} does not exist")
        return self


class Networks(Section):
    """The section `networks`: those of the default scenario, and your own under names of your choice.

    A network that is null is left out.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, NetworkSettings | None]

    digits: NetworkSettings | None = NetworkSettings(prior_std=3.0, kl_weight=0.1, steps=5000)
    diabetes: NetworkSettings | None = NetworkSettings(hidden=(16,), baselines=Baselines(nuts=200))
    cubic: NetworkSettings | None = NetworkSettings(
        hidden=(16, 16), prior_std=2.0, kl_weight=0.3, steps=6000, baselines=Baselines(nuts=200)
    )

    def selected(self) -> dict[str, NetworkSettings]:
        """Return the networks that are not left out, by name."""
        return {name: settings for name, settings in dict(self).items() if settings is not None}

    @model_validator(mode="after")
    def _check(self) -> Networks:
        if not self.selected():
            raise ValueError("all are null; at least one network is needed")
        for name, settings in self.selected().items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
                raise ValueError(f"{name!r} is no name of a network; accepted: letters, digits and _, a letter first")
            if settings.data is None and name not in get_args(BuiltIn):
                raise ValueError(
                    f"{name}: no data set of that name; accepted: {', '.join(get_args(BuiltIn))}, or any name "
                    "with data, which says where they come from"
                )
        return self
