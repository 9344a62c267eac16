"""What a prediction costs, and what noise its reads have, as it is read from the file of an evaluation."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.cost.energy import PARTS
from magbayes.system.cost.work import RIVAL_PARTS
from magbayes.system.evaluation.variants import DETERMINISTIC, DROPOUT, ENSEMBLE, SOFTWARE
from magbayes.system.settings import SOURCES

VARIANTS = {
    "deterministic": DETERMINISTIC,
    "ensemble": ENSEMBLE,
    "dropout": DROPOUT,
    "weights": SOFTWARE,
    "sums": SOFTWARE,
}
"""The software network whose predictions a network on other circuits makes."""


class RivalCost(NamedTuple):
    """What another circuit takes for a prediction.

    Attributes
    ----------
    hardware, network, generator
        See `magbayes.system.cost.rivals.Rival`.
    samples
        Passes, or members of an ensemble.
    parts
        Energy by part, J.
    total, ratio
        Energy, J, and that over the array's.
    """

    hardware: str
    network: str
    generator: str
    samples: int
    parts: dict[str, float]
    total: Estimate
    ratio: Estimate


def energy_by_part(evaluation: Contents) -> dict[str, float]:
    """Return the energy of one prediction on the array, J, by part."""
    return {part: float(evaluation[f"cost/energy/{part}"].sum()) for part in PARTS}


def energy_of(evaluation: Contents) -> Estimate:
    """Return the energy of one prediction on the array, J, with the interval that its coefficients leave."""
    return Estimate(*(float(value) for value in evaluation["cost/total"]))


def area_of(evaluation: Contents) -> Estimate:
    """Return the area of the array, m^2, with the interval that its coefficients leave."""
    return Estimate(*(float(value) for value in evaluation["cost/area_total"]))


def cost_by_layer(evaluation: Contents, kind: Literal["energy", "area"]) -> np.ndarray:
    """Return the energy of one prediction (J), or the area (m^2), of every layer (layers,), all parts together."""
    group = f"cost/{kind}/"
    return np.asarray(sum(values for path, values in evaluation.data.items() if path.startswith(group)))


def rivals_of(evaluation: Contents) -> list[RivalCost]:
    """Return what other circuits take, with each number of passes."""
    keys = ("hardware", "network", "generator", "samples")
    return [
        RivalCost(
            str(hardware),
            str(network),
            str(generator),
            int(samples),
            {part: float(evaluation[f"rivals/energy/{part}"][i]) for part in RIVAL_PARTS},
            *(Estimate(*map(float, evaluation[f"rivals/{name}"][i])) for name in ("total", "ratio")),
        )
        for i, (hardware, network, generator, samples) in enumerate(
            zip(*(evaluation[f"rivals/{key}"] for key in keys), strict=True)
        )
    ]


def best_rivals(evaluation: Contents) -> list[RivalCost]:
    """Return of every network on every circuit the one with the cheapest generator, at the passes of the evaluation."""
    samples = int(evaluation["cost/samples"])
    best: dict[tuple[str, str], RivalCost] = {}
    for rival in rivals_of(evaluation):
        key = (rival.hardware, rival.network)
        sampled = rival.network not in ("deterministic", "ensemble")
        if (not sampled or rival.samples == samples) and (key not in best or rival.total.value < best[key].total.value):
            best[key] = rival
    return list(best.values())


def cheapest(evaluation: Contents, *networks: str) -> RivalCost | None:
    """Return the circuit that takes least for one of these networks, or None where there is none of them."""
    found = [rival for rival in best_rivals(evaluation) if rival.network in networks]
    return min(found, key=lambda rival: rival.total.value, default=None)


def noise_shares(evaluation: Contents) -> dict[str, np.ndarray]:
    """Return the share of each source in the variance of a column's current, (layers,) each."""
    variances = {source: evaluation[f"noise/variance/{source}"] for source in SOURCES}
    total = np.maximum(sum(variances.values()), np.finfo(float).tiny)
    return {source: variance / total for source, variance in variances.items()}


def noise_of_full_scale(evaluation: Contents) -> np.ndarray:
    """Return the std of a column's current in units of the ADC's full scale, (layers,)."""
    total = sum(evaluation[f"noise/variance/{source}"] for source in SOURCES)
    return np.sqrt(np.asarray(total)) / evaluation["noise/full_scale"]
