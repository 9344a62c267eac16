"""Values of a study's parameters, and the designs that combine them into points."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.stats import norm, qmc

from magbayes.data.section import Section
from magbayes.data.seeds import derive, generator

Design = Literal["grid", "zip", "latin", "sobol"]

LARGEST = 100_000
"""Points in a study."""


NO_LADDER = "a grid or zip takes a list of values, or low, high and one of steps and step"


def rounded(value: float) -> float:
    """A number as a person would have written it, so that equal points are equal to the last digit."""
    return float(f"{value:.12g}")


class Parameter(Section):
    """What a parameter takes: `values`; `low` to `high`, in `steps` or multiples of `step`; or `mean` and `std`."""

    values: tuple[Any, ...] = Field((), description="values in the order of the study")
    low: float | None = Field(None, description="least value")
    high: float | None = Field(None, description="largest value")
    steps: int | None = Field(None, ge=2, le=LARGEST, description="values from low to high in a grid or zip")
    step: float | None = Field(None, gt=0, description="values are multiples of it")
    scale: Literal["linear", "log"] = Field("linear", description="how values from low to high are spaced")
    mean: float | None = Field(None, description="mean of a normal distribution")
    std: float | None = Field(None, gt=0, description="standard deviation of a normal distribution")

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, values: Any) -> Any:
        return {"values": values} if isinstance(values, list | tuple) else values

    @model_validator(mode="after")
    def _check(self) -> Self:
        kinds = [bool(self.values), self.low is not None or self.high is not None, self.std is not None]
        if sum(kinds) != 1:
            raise ValueError("takes one of: a list of values; low and high; mean and std")
        if kinds[1]:
            if self.low is None or self.high is None or not self.low < self.high:
                raise ValueError(f"low {self.low} must be given and below high {self.high}")
            if self.scale == "log" and self.low <= 0:
                raise ValueError(f"low {self.low} must be above 0 on a log scale")
        if kinds[2] and self.mean is None:
            raise ValueError("mean is missing; a normal distribution takes mean and std")
        if kinds[1] and self.step is not None and len(self._multiples(self.step)) < 2:
            raise ValueError(f"fewer than two multiples of step {self.step:g} lie from {self.low:g} to {self.high:g}")
        return self

    @property
    def _ends(self) -> tuple[float, float]:
        """Least and largest value of a range."""
        if self.low is None or self.high is None:
            raise ValueError(NO_LADDER)
        return self.low, self.high

    def _multiples(self, step: float) -> range:
        """Multiples of a step in the range, in steps."""
        low, high = self._ends
        # A ten-thousandth of a step of rounding is no reason to leave an end out.
        return range(int(np.ceil(low / step - 1e-4)), int(np.floor(high / step + 1e-4)) + 1)

    def ladder(self) -> list[Any]:
        """Values for a grid or a zip."""
        if self.values:
            return list(self.values)
        if self.low is not None and self.step is not None:
            return [rounded(i * self.step) for i in self._multiples(self.step)[:LARGEST]]
        low, high = self._ends
        if self.steps is None:
            raise ValueError(NO_LADDER)
        space = np.geomspace if self.scale == "log" else np.linspace
        return [rounded(value) for value in space(low, high, self.steps)]

    def at(self, share: np.ndarray) -> list[Any]:
        """Values at shares 0 to 1 of the distribution."""
        if self.values:
            return [self.values[i] for i in np.minimum((share * len(self.values)).astype(int), len(self.values) - 1)]
        if self.mean is not None and self.std is not None:
            # The outermost millionth is cut off: a share of 0 would be infinitely far out.
            drawn = self.mean + self.std * norm.ppf(np.clip(share, 1e-6, 1 - 1e-6))
            return [rounded(value) for value in np.atleast_1d(drawn)]
        low, high = self._ends
        if self.step is not None:
            multiples = self._multiples(self.step)
            drawn = self.step * (multiples[0] + np.minimum(np.floor(share * len(multiples)), len(multiples) - 1))
        elif self.scale == "log":
            drawn = low * (high / low) ** share
        else:
            drawn = low + share * (high - low)
        return [rounded(value) for value in np.atleast_1d(drawn)]


def combine(
    design: Design, parameters: Mapping[str, Parameter], samples: int | None, seed: int
) -> list[dict[str, Any]]:
    """Points of a design, each a value for every parameter.

    Raises
    ------
    ValueError
        The design does not go with the parameters; the message says what would.
    """
    names = list(parameters)
    if design in ("grid", "zip"):
        ladders = []
        for name, parameter in parameters.items():
            try:
                ladders.append(parameter.ladder())
            except ValueError as error:
                raise ValueError(f"parameters.{name}: {error}") from None
        lengths = [len(ladder) for ladder in ladders]
        if design == "zip":
            if len(set(lengths)) > 1:
                raise ValueError(f"zip: lists of equal length are needed; these have {lengths}")
            return [dict(zip(names, row, strict=True)) for row in zip(*ladders, strict=True)]
        if (count := int(np.prod(np.array(lengths, float)))) > LARGEST:
            raise ValueError(f"grid: {count} points; at most {LARGEST} are accepted")
        return [dict(zip(names, row, strict=True)) for row in itertools.product(*ladders)]
    if samples is None:
        raise ValueError(f"samples is missing; the design {design} takes a number of them")
    if design == "latin":
        shares = qmc.LatinHypercube(len(names), rng=generator(seed, "latin")).random(samples)
    else:
        shares = sobol_shares(len(names), samples, seed)
    columns = [parameter.at(shares[:, i]) for i, parameter in enumerate(parameters.values())]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def sobol_shares(parameters: int, samples: int, seed: int) -> np.ndarray:
    """Saltelli's points (samples * (parameters + 2), parameters) in the unit cube."""
    from SALib.sample import sobol

    if samples & (samples - 1):
        raise ValueError(f"samples {samples} is no power of two; a Sobol design needs one")
    if samples * (parameters + 2) > LARGEST:
        raise ValueError(f"sobol: {samples * (parameters + 2)} points; at most {LARGEST} are accepted")
    names = [str(i) for i in range(parameters)]
    problem = {"num_vars": parameters, "names": names, "bounds": [[0, 1]] * parameters}
    return np.asarray(sobol.sample(problem, samples, calc_second_order=False, seed=derive(seed, "sobol")))
