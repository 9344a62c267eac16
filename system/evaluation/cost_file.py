"""What the file of an evaluation says about costs: the array's, those of other circuits, and what passes are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.container import Form, Quantity
from magbayes.system.cost.energy import AREA_PARTS, PARTS
from magbayes.system.cost.work import RIVAL_PARTS

if TYPE_CHECKING:
    from magbayes.data.estimate import Estimate
    from magbayes.system.cost.comparison import Comparison
    from magbayes.system.cost.energy import Cost

NONE = "none"
"""Generator of a network that needs no Gaussian random numbers."""

TEXTS = {
    "cost/actions/part": Form("1", ("actions",), text=True),
    "cost/actions/name": Form("1", ("actions",), text=True),
    "cost/sensitivity/names": Form("1", ("coefficients",), text=True),
    "rivals/hardware": Form("1", ("rivals",), text=True),
    "rivals/network": Form("1", ("rivals",), text=True),
    "rivals/generator": Form("1", ("rivals",), text=True),
    "quality/names": Form("1", ("sampled",), text=True),
}
FORMS: dict[str, Form] = {
    "cost/latency": Form("s", ()),
    "cost/samples": Form("1", ()),
    "cost/passing": Form("s", ("layers",)),
    "cost/total": Form("J", ("3",)),
    "cost/drawn": Form("J", ("draws",)),
    "cost/area_total": Form("m^2", ("3",)),
    "cost/area_drawn": Form("m^2", ("draws",)),
    "cost/actions/number": Form("1", ("actions", "layers")),
    "cost/actions/price": Form("J", ("actions",)),
    "cost/sensitivity/energy": Form("J", ("coefficients", "2")),
    "cost/programming/pulses": Form("1", ()),
    "cost/programming/reads": Form("1", ()),
    "cost/programming/energy": Form("J", ()),
    "cost/programming/latency": Form("s", ()),
    "rivals/samples": Form("1", ("rivals",)),
    "rivals/total": Form("J", ("rivals", "3")),
    "rivals/ratio": Form("1", ("rivals", "3")),
    **{f"cost/energy/{part}": Form("J", ("layers",)) for part in PARTS},
    **{f"cost/area/{part}": Form("m^2", ("layers",)) for part in AREA_PARTS},
    **{f"rivals/energy/{part}": Form("J", ("rivals",)) for part in RIVAL_PARTS},
}

Quality = Mapping[str, Sequence[tuple[int, Mapping[str, "Estimate"]]]]
"""Networks that are sampled: passes, and metrics with so many, by variant."""


def cost_data(cost: Cost) -> Iterator[tuple[str, Quantity]]:
    """Yield the datasets of what a prediction costs on the array."""
    for part in PARTS:
        yield f"cost/energy/{part}", Quantity(cost.energy[part], "J", f"energy of one prediction by layer: {part}")
    for part in AREA_PARTS:
        yield f"cost/area/{part}", Quantity(cost.area[part], "m^2", f"area of the accelerator by layer: {part}")
    yield "cost/passing", Quantity(cost.passing, "s", "time of each layer for one pass")
    for name, number in cost.counts.items():
        yield f"cost/counts/{name}", Quantity(number, "1", f"operations in one prediction: {name}")
    parts, actions, numbers = zip(*cost.amounts, strict=True)
    yield "cost/actions/part", Quantity(list(parts), "1", "part of the energy that an action belongs to")
    yield "cost/actions/name", Quantity(list(actions), "1", "action, by the name of what it costs")
    yield (
        "cost/actions/number",
        Quantity(
            np.stack(numbers), "1", "how often each action happens in one prediction, by layer; heat and gate in J"
        ),
    )
    prices = Quantity(np.array([cost.prices[action] for action in actions]), "J", "what each action takes")
    yield "cost/actions/price", prices
    yield "cost/latency", Quantity(cost.latency, "s", "latency of one prediction")
    yield "cost/samples", Quantity(cost.samples, "1", "stochastic passes in one prediction")
    yield "cost/programming/pulses", Quantity(cost.programming.pulses, "1", "pulses that write all weights once")
    reads = cost.programming.reads + cost.programming.zero_reads
    yield "cost/programming/reads", Quantity(reads, "1", "reads that verify, trim and zero while writing")
    yield "cost/programming/energy", Quantity(cost.programming.energy, "J", "energy that writes all weights once")
    yield (
        "cost/programming/latency",
        Quantity(cost.programming.latency, "s", "time to write all weights once, one device after another"),
    )


def comparison_data(comparison: Comparison) -> Iterator[tuple[str, Quantity]]:
    """Yield the datasets of energies with intervals, of the array and of other circuits, and of the array's area."""
    yield "cost/total", Quantity(np.array(comparison.array), "J", "energy of one prediction: value, then its interval")
    yield "cost/drawn", Quantity(comparison.drawn, "J", "energy of one prediction with drawn coefficients")
    yield "cost/area_total", Quantity(np.array(comparison.area), "m^2", "area of the array: value, then its interval")
    yield "cost/area_drawn", Quantity(comparison.area_drawn, "m^2", "area of the array with drawn coefficients")
    names = Quantity(list(comparison.coefficients), "1", "coefficients of the table of costs that are not exact")
    yield "cost/sensitivity/names", names
    yield (
        "cost/sensitivity/energy",
        Quantity(comparison.ends, "J", "energy of one prediction with each coefficient at the low and the high end"),
    )
    rivals = comparison.rivals
    yield "rivals/hardware", Quantity([r.rival.hardware for r in rivals], "1", "circuits beside the array")
    yield "rivals/network", Quantity([r.rival.network for r in rivals], "1", "what they compute")
    generators = Quantity([r.rival.generator or NONE for r in rivals], "1", "their generator of Gaussians")
    yield "rivals/generator", generators
    yield "rivals/samples", Quantity(np.array([r.rival.samples for r in rivals]), "1", "passes, or members")
    for part in RIVAL_PARTS:
        joules = np.array([r.parts[part] for r in rivals])
        yield f"rivals/energy/{part}", Quantity(joules, "J", f"energy of one prediction: {part}")
    totals = Quantity(np.array([r.total for r in rivals]), "J", "energy of one prediction: value, then its interval")
    yield "rivals/total", totals
    ratios = Quantity(np.array([r.ratio for r in rivals]), "1", "that over the array's: value, then its interval")
    yield "rivals/ratio", ratios


def quality_data(quality: Quality, units: Mapping[str, str]) -> Iterator[tuple[str, Quantity]]:
    """Yield the datasets of metrics by the number of passes, of software networks; `units` are those of the metrics."""
    yield "quality/names", Quantity(list(quality), "1", "software networks that are sampled")
    for variant, points in quality.items():
        counts = np.array([samples for samples, _ in points])
        yield f"quality/{variant}/samples", Quantity(counts, "1", "passes in one prediction")
        for name in points[0][1]:
            values = np.array([metrics[name] for _, metrics in points])
            unit = units.get(name, "1")
            yield f"quality/{variant}/metrics/{name}", Quantity(values, unit, f"{name}: value, then its 95 % interval")
