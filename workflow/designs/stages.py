"""In which order a point of a design is looked at: what costs least first, until a constraint is missed.

Of a track its barriers come first, for minutes; then the devices, with their pulses; then networks on the accelerator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from magbayes.compact_models.numbers import OF_BARRIERS, of_barriers
from magbayes.micromag.raw import read_retention
from magbayes.workflow.designs.design import Design, violations
from magbayes.workflow.studies.collecting import Collected
from magbayes.workflow.studies.points import COLLECTOR, Collector, Point, work_on

BARRIERS = "micromag/dwmtj/retention"
"""Task of the barriers of a track."""


def _from_barriers(names: Iterable[str], path_of: Callable[[str], Path]) -> Collected:
    held = read_retention(path_of(BARRIERS))
    numbers = of_barriers(held)
    rough = [f"the path at {kelvin:g} K is not converged" for kelvin in held["temperature"][held["converged"] == 0]]
    return Collected({name: numbers[name] for name in names}, {}, {}, rough)


class Stage(NamedTuple):
    """What is looked at together."""

    names: list[str]
    collector: Collector


def stages_of(design: Design) -> list[Stage]:
    """Stages of a design; the last has all of its numbers."""
    barriers = [name for name in design.constraints if name in OF_BARRIERS]
    stages = [
        Stage(barriers, Collector(lambda names: [BARRIERS], _from_barriers)),
        Stage(design.of_devices if design.of_devices != design.names else [], COLLECTOR),
        Stage(design.names, COLLECTOR),
    ]
    return [stage for stage in stages if stage.names]


def look(base: Mapping[str, Any], inputs: Mapping[str, Path], point: Mapping[str, Any], stage: Stage) -> Point:
    """What a stage makes of a point; see `studies.points.work_on`."""
    return next(work_on(base, [point], stage.names, inputs, stage.collector))


def try_point(design: Design, point: Mapping[str, Any], look: Callable[[Mapping[str, Any], Stage], Point]) -> Point:
    """What becomes of a point: stage after stage, as long as it has results and meets the constraints on them."""
    for stage in stages_of(design):
        found = look(point, stage)
        missed = [
            name
            for name, limit in design.constraints.items()
            if name in found.numbers and violations(limit, found.numbers[name].value) > 0
        ]
        if found.failure or missed:
            break
    return found
