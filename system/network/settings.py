"""The configuration of the networks: fields with units, bounds and defaults."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    WrapValidator,
    model_validator,
)

from magbayes.data.section import Section, refusal
from magbayes.system.datasets.settings import BuiltIn, DataSettings
from magbayes.system.network.reads import Reads

DEEPEST = 32
"""Layers of a kind: each makes the program of a network longer, which takes hours to compile for thousands."""

MOST_CANDIDATES = 16
"""Numbers in a list of candidates: the network is trained once more for each combination of them."""


def _to_choose_among(values: tuple[float, ...]) -> tuple[float, ...]:
    if not 2 <= len(values) <= MOST_CANDIDATES:
        raise ValueError(f"a list of {len(values)}; expected 2 to {MOST_CANDIDATES} candidates, or one number")
    if twice := next((value for value in values if values.count(value) > 1), None):
        raise ValueError(f"{list(values)} holds {twice:g} twice; every candidate is trained once")
    return values


def _one_or_several(one: Any, several: Any) -> Callable[[Any, Any], Any]:
    """Return a validator of a number, or of a list of candidates: what it refuses is said once."""
    number, candidates = TypeAdapter(one), TypeAdapter(several)
    return lambda value, _: (candidates if isinstance(value, list | tuple) else number).validate_python(value)


Weight = Annotated[float, Field(gt=0, le=1)]
Scale = Annotated[float, Field(gt=0, le=100)]
Weights = Annotated[tuple[Weight, ...], AfterValidator(_to_choose_among)]
Scales = Annotated[tuple[Scale, ...], AfterValidator(_to_choose_among)]


def one_of(value: float | tuple[float, ...]) -> float:
    """Return a number that is no list of candidates.

    Raises
    ------
    ValueError
        It is one: one of them has to be chosen before training.
    """
    if isinstance(value, tuple):
        raise ValueError(f"{list(value)} are candidates; `selection.select` chooses one of them before training")
    return value


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
    laplace: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description=(
            "draws of the last layer of the deterministic network, by Laplace's approximation; null: 100, where it has "
            "1000 weights at most"
        ),
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
    prior_std: Annotated[Scale | Scales, WrapValidator(_one_or_several(Scale, Scales))] = Field(
        default=1.5,
        description="std of the prior of a weight, times the square root of the rows of its layer; or a list, as below",
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
    kl_weight: Annotated[Weight | Weights, WrapValidator(_one_or_several(Weight, Weights))] = Field(
        default=1.0,
        description=(
            "weight of the KL term in the ELBO; 1 is the Bayesian posterior, less is colder; a list: candidates, of "
            "which the one with the best likelihood of training inputs that are set apart is taken"
        ),
    )
    validation: float = Field(
        default=0.2,
        gt=0,
        le=0.5,
        description="share of the training inputs that are set apart while kl_weight or prior_std are chosen of lists",
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
    reads: Reads = Field(default=Reads(), description="how this network is read, where not as `accelerator` says")
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

    def candidates(self) -> list[NetworkSettings]:
        """Return the settings that are chosen among, each with one `kl_weight` and one `prior_std`; alone, these."""
        weights, scales = (
            value if isinstance(value, tuple) else (value,) for value in (self.kl_weight, self.prior_std)
        )
        return [
            self.model_copy(update={"kl_weight": weight, "prior_std": scale})
            for weight, scale in product(weights, scales)
        ]

    @property
    def chooses(self) -> bool:
        """Whether there is more than one candidate."""
        return isinstance(self.kl_weight, tuple) or isinstance(self.prior_std, tuple)

    def warnings(self) -> list[str]:
        """Return what is known before training to make its posterior another one than Bayes' rule gives."""
        if self.kl_weight == 1 or self.posterior is not None:
            return []
        if isinstance(self.kl_weight, tuple):
            listed = ", ".join(f"{weight:g}" for weight in self.kl_weight)
            return [
                f"the weight of the KL term is chosen of {listed} on training inputs that are set apart; below 1 the "
                "posterior is colder than Bayes' rule gives"
            ]
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

    @model_validator(mode="after")
    def _nothing_to_choose_of_what_is_trained(self) -> NetworkSettings:
        """A start has seen the inputs that would be set apart, and a posterior is trained no more."""
        for key in ("kl_weight", "prior_std"):
            value, path = getattr(self, key), self.start or self.posterior
            if isinstance(value, tuple) and path is not None:
                raise refusal(
                    (key,), f"{list(value)} cannot be chosen of for {path}, which is trained; give one number"
                )
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

    def reads_of(self, name: str) -> Reads:
        """Return how a network is read that is not left out."""
        return self.selected()[name].reads

    def read_otherwise(self) -> list[str]:
        """Return the networks that are not read as `accelerator` says."""
        return [name for name, settings in self.selected().items() if settings.reads.given]

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
