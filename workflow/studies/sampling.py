"""Values of a study's parameters, and the designs of experiments that combine them into points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.section import Section
from magbayes.data.seeds import derive, generator

Design = Literal["grid", "zip", "latin", "sobol"]

LARGEST = 100_000
"""Points in a study."""


FINEST = 1e-12
"""Least step beside the largest value: values are written with as many digits."""

KINDS = (("values",), ("low", "high", "steps", "step", "scale"), ("mean", "std"))
"""Keys that go together."""

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
        given = {name for name in self.model_fields_set if getattr(self, name) != type(self).model_fields[name].default}
        kinds = [kind for kind in KINDS if given & set(kind)]
        if len(kinds) != 1:
            raise ValueError("takes one of: a list of values; low and high; mean and std")
        if len(self.values) > LARGEST:
            raise ValueError(f"{len(self.values)} values; at most {LARGEST} are accepted")
        if "mean" in kinds[0] and (self.mean is None or self.std is None):
            raise ValueError(f"{'mean' if self.mean is None else 'std'} is missing; a normal distribution takes both")
        if "low" in kinds[0]:
            self._check_range()
        return self

    def _check_range(self) -> None:
        if self.low is None or self.high is None or not self.low < self.high:
            raise ValueError(f"low {self.low} must be given and below high {self.high}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"low {self.low} must be above 0 on a log scale")
        if self.step is None:
            return
        if self.steps is not None or self.scale == "log":
            beside = "steps" if self.steps is not None else "a log scale"
            raise ValueError(f"step {self.step:g} is not accepted beside {beside}; give one of them")
        if self.step < FINEST * max(abs(self.low), abs(self.high)):
            raise ValueError(f"step {self.step:g} is lost beside {self.high:g} in the 12 digits of a value")
        if self._multiples(self.step)[1] < 2:
            raise ValueError(f"fewer than two multiples of step {self.step:g} lie from {self.low:g} to {self.high:g}")

    @property
    def _ends(self) -> tuple[float, float]:
        """Least and largest value of a range."""
        if self.low is None or self.high is None:
            raise ValueError(NO_LADDER)
        return self.low, self.high

    def _multiples(self, step: float) -> tuple[int, int]:
        """First multiple of a step in the range, in steps, and the number of them."""
        low, high = self._ends
        # A ten-thousandth of a step of rounding is no reason to leave an end out.
        first, last = math.ceil(low / step - 1e-4), math.floor(high / step + 1e-4)
        return first, last + 1 - first

    def count(self) -> int:
        """How many values `ladder` has.

        Raises
        ------
        ValueError
            There are none, or more than `LARGEST`.
        """
        if self.values:
            return len(self.values)
        low, high = self._ends
        if self.step is None:
            if self.steps is None:
                raise ValueError(NO_LADDER)
            return self.steps
        count = self._multiples(self.step)[1]
        if count > LARGEST:
            raise ValueError(
                f"{count} multiples of step {self.step:g} from {low:g} to {high:g}; at most {LARGEST} are accepted"
            )
        return count

    def ladder(self) -> list[Any]:
        """Values for a grid or a zip.

        Raises
        ------
        ValueError
            Some do not differ; or see `count`.
        """
        count = self.count()
        if self.values:
            return list(self.values)
        low, high = self._ends
        if self.step is not None:
            first = self._multiples(self.step)[0]
            return [rounded(i * self.step) for i in range(first, first + count)]
        space = np.geomspace if self.scale == "log" else np.linspace
        values = [rounded(value) for value in space(low, high, count)]
        if len(set(values)) < len(values):
            raise ValueError(f"{count} steps from {low!r} to {high!r} do not differ in the 12 digits of a value")
        return values

    def at(self, share: np.ndarray) -> list[Any]:
        """Values at shares 0 to 1 of the distribution."""
        if self.values:
            return [self.values[i] for i in np.minimum((share * len(self.values)).astype(int), len(self.values) - 1)]
        if self.mean is not None and self.std is not None:
            from scipy.stats import norm  # slow, and a configuration is checked without it

            # The outermost millionth is cut off: a share of 0 would be infinitely far out.
            drawn = self.mean + self.std * norm.ppf(np.clip(share, 1e-6, 1 - 1e-6))
            return [rounded(value) for value in np.atleast_1d(drawn)]
        low, high = self._ends
        if self.steps is not None:
            raise ValueError(
                f"steps {self.steps} is for a grid or zip; a latin or sobol design takes any value between"
            )
        if self.step is not None:
            first, count = self._multiples(self.step)
            drawn = self.step * (first + np.minimum(np.floor(share * count), count - 1))
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
        if samples is not None:
            raise ValueError(f"samples {samples} is not accepted; a {design} has the points that its parameters make")
        lengths = [_named(name, parameter.count) for name, parameter in parameters.items()]
        if design == "zip" and len(set(lengths)) > 1:
            raise ValueError(f"zip: lists of equal length are needed; these have {lengths}")
        if design == "grid" and (count := math.prod(lengths)) > LARGEST:
            shown = count if count < 10**15 else f"10^{len(str(count)) - 1}"
            raise ValueError(f"grid: {shown} points; at most {LARGEST} are accepted")
        ladders = [_named(name, parameter.ladder) for name, parameter in parameters.items()]
        if design == "zip":
            return [dict(zip(names, row, strict=True)) for row in zip(*ladders, strict=True)]
        return [dict(zip(names, row, strict=True)) for row in itertools.product(*ladders)]
    if samples is None:
        raise ValueError(f"samples is missing; the design {design} takes a number of them")
    if design == "latin":
        from scipy.stats import qmc  # slow, and a configuration is checked without it

        shares = qmc.LatinHypercube(len(names), rng=generator(seed, "latin")).random(samples)
    else:
        shares = sobol_shares(len(names), samples, seed)
    columns = [
        _named(name, partial(parameter.at, shares[:, i])) for i, (name, parameter) in enumerate(parameters.items())
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _named(name: str, values: Callable[[], Any]) -> Any:
    """Values of a parameter, or their number; its name before what is wrong with them."""
    try:
        return values()
    except ValueError as error:
        raise ValueError(f"parameters.{name}: {error}") from None


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
