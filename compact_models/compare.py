"""Two sets of compact models beside each other, such as those of two engines for the same devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from magbayes.compact_models.store import CompactModels
from magbayes.data.estimate import Estimate


@dataclass(frozen=True)
class Comparison:
    """One quantity at one bias point in two models."""

    quantity: str
    bias: float
    bias_unit: str
    unit: str
    one: Estimate
    other: Estimate

    @property
    def distance(self) -> float:
        """Difference over the joint 95 % margin, the root of the sum of squares of the margins that face each other."""
        difference = self.other.value - self.one.value
        low, high = (self.one, self.other) if difference >= 0 else (self.other, self.one)
        return float(difference / np.hypot(low.high - low.value, high.value - high.low)) if difference else 0.0

    @property
    def agrees(self) -> bool:
        """Whether the difference lies within the joint 95 % margin."""
        return abs(self.distance) <= 1


def _pulses(models: CompactModels) -> Iterator[tuple[tuple[int, int], float, float]]:
    """Place of each pulse in the model's arrays, its width in s and its current density in A/m^2."""
    for i, width in enumerate(models.dwmtj.pulse_width):
        for j, current in enumerate(models.dwmtj.current_density):
            yield (i, j), float(width), float(current)


def compare(one: CompactModels, other: CompactModels) -> list[Comparison]:
    """Sigma at each gate voltage, and depinning probability by each pulse, that both models have.

    Raises
    ------
    ValueError
        The models share no bias point.
    """
    comparisons = []
    for voltage in np.intersect1d(one.smtj.voltage, other.smtj.voltage):
        pair = (model.smtj.sigma(voltage) for model in (one, other))
        comparisons.append(Comparison("sigma", float(voltage), "V", "S", *pair))
    pulses = [{(w, j): i for i, w, j in _pulses(model)} for model in (one, other)]
    for width, current in sorted(pulses[0].keys() & pulses[1].keys()):
        estimates = (
            Estimate(*(values[places[width, current]] for values in model.dwmtj.depinning_probability))
            for model, places in zip((one, other), pulses, strict=True)
        )
        comparisons.append(Comparison(f"depinning by {1e9 * width:g} ns", current, "A/m^2", "1", *estimates))
    if not comparisons:
        raise ValueError("the two models share neither a gate voltage nor a pulse")
    return comparisons
