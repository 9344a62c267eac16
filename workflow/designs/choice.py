"""What a design found: which points meet the constraints, their front, the chosen point, and what came near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from magbayes.system.metrics.front import pareto_front, surely_behind
from magbayes.workflow.designs.design import COMPROMISE, Design
from magbayes.workflow.designs.rounds import Tried

ALIKE = ("energy", "latency", "area")
"""Metrics of networks whose intervals are those of coefficients that all points share: points compare by value."""


@dataclass(frozen=True)
class Choice:
    """The points of a design, judged."""

    design: Design
    points: Sequence[Tried]

    @cached_property
    def meets(self) -> np.ndarray:
        """(points,), whether a point meets all constraints, by its values."""
        return np.array([point.meets(self.design) for point in self.points], bool)

    @cached_property
    def costs(self) -> np.ndarray:
        """(points, objectives), to be minimised; infinite where they are not all known."""
        unknown = [np.inf] * len(self.design.objectives)
        return np.array([point.costs(self.design) or unknown for point in self.points], float)

    @cached_property
    def ends(self) -> np.ndarray:
        """(points, objectives, 2), intervals of the costs."""
        ends = np.repeat(self.costs[:, :, None], 2, axis=2)
        for i, point in enumerate(self.points):
            if np.isfinite(self.costs[i]).all():
                for j, (name, direction) in enumerate(self.design.objectives.items()):
                    if name.split("/")[-1] not in ALIKE:
                        _, low, high = point.numbers[name]
                        ends[i, j] = (low, high) if direction == "minimise" else (-high, -low)
        return ends

    @cached_property
    def front(self) -> np.ndarray:
        """(points,), whether a point meets the constraints and none that does is better in all objectives."""
        front = np.zeros(len(self.points), bool)
        chosen = np.flatnonzero(self.meets)
        if len(chosen):
            front[chosen] = pareto_front(*self.costs[chosen].T)
        return front

    @cached_property
    def near(self) -> np.ndarray:
        """(points,), whether a point meets the constraints, is behind the front, and not by more than the intervals."""
        return self.meets & ~self.front & ~surely_behind(self.costs, self.ends, self.front)

    @cached_property
    def merits(self) -> np.ndarray:
        """(points,), how far a point is from the best: in the chosen objective, or from all at once; less is better."""
        if self.design.choose != COMPROMISE:
            return self.costs[:, list(self.design.objectives).index(self.design.choose)]
        best = self.costs[self.front]
        low, high = best.min(axis=0), best.max(axis=0)
        # What is better than all of the front, and misses a constraint, is no further away for that.
        away = np.maximum(self.costs - low, 0.0) / np.where(high > low, high - low, 1.0)
        return np.asarray((away**2).sum(axis=1))

    @cached_property
    def chosen(self) -> int | None:
        """Index of the chosen point; None if none meets the constraints."""
        return self.ranked[0] if self.ranked else None

    @cached_property
    def ranked(self) -> list[int]:
        """Points of the front, the best first."""
        return sorted(np.flatnonzero(self.front).tolist(), key=lambda i: (self.merits[i], *self.costs[i]))

    @cached_property
    def nearest(self) -> list[int]:
        """Points with results that miss constraints, the nearest first: by the sum of what they miss."""
        missed = [i for i, point in enumerate(self.points) if point.numbers and not self.meets[i]]
        return sorted(missed, key=self.shortfall)

    def shortfall(self, i: int) -> float:
        """Sum of what a point misses of the constraints that are known of it."""
        return sum(max(0.0, missed) for missed in self.points[i].missed(self.design).values())

    @cached_property
    def better(self) -> list[int]:
        """Points that would be better than the chosen one, and miss a constraint, the nearest to its limits first."""
        if self.chosen is None:
            return []
        known = [i for i in self.nearest if np.isfinite(self.costs[i]).all()]
        return [i for i in known if self.merits[i] < self.merits[self.chosen]]

    @cached_property
    def left_out(self) -> list[int]:
        """Points whose networks were not tried, since their devices miss a constraint, the nearest first."""
        return [i for i in self.nearest if not all(name in self.points[i].numbers for name in self.design.names)]

    def unsure(self, i: int) -> list[str]:
        """Constraints of which a point's interval crosses the limit."""
        numbers = self.points[i].numbers
        known = {name: limit for name, limit in self.design.constraints.items() if name in numbers}
        return [
            name
            for name, limit in known.items()
            if any(numbers[name].low <= end <= numbers[name].high for _, end in limit.ends)
        ]
