"""What other circuits take for the same prediction: other networks that are unsure, on circuits of another kind.

Each is in its best form. Weights have 8 bits and stay where they are used: in registers beside the multipliers for all
passes of a prediction (`digital`), or in the memory that multiplies (`sram`). What does not change from pass to pass is
computed once. All of them move inputs and results, decide, leak and share the writing of weights as the array does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from magbayes.system.cost import digital, prices, sram
from magbayes.system.cost.energy import MEMORY, moved, output_counts
from magbayes.system.cost.prices import BITS, Amount, Prices
from magbayes.system.cost.table import CostTable
from magbayes.system.cost.work import RIVAL_PARTS, Layer, Network, Work, work
from magbayes.system.settings import AcceleratorSettings

if TYPE_CHECKING:
    from magbayes.system.datasets import Task

Hardware = Literal["digital", "sram"]
"""Multipliers with registers; an in-memory macro."""


@dataclass(frozen=True)
class Rival:
    """A network on a circuit.

    Attributes
    ----------
    hardware, network
        See `Hardware` and `magbayes.system.cost.work.Network`.
    generator
        Coefficient of the generator of Gaussian random numbers; empty where none is needed.
    samples
        Passes in a prediction; members of an ensemble.
    amounts
        How often each action happens.
    """

    hardware: Hardware
    network: Network
    generator: str
    samples: int
    amounts: tuple[Amount, ...]

    def energy(self, at: Prices) -> dict[str, Any]:
        """Return the energy of a prediction by part of `RIVAL_PARTS`, J: numbers, or arrays (draws,)."""
        clocked = digital.CLOCKED if self.hardware == "digital" else sram.CLOCKED
        return prices.energies(self.amounts, at, RIVAL_PARTS, clocked)


def generators() -> list[str]:
    """Return the generators of Gaussian random numbers in the table of costs."""
    return [name for name in CostTable.model_fields if name.startswith("gaussian")]


def rival(
    hardware: Hardware,
    network: Network,
    layers: Sequence[Layer],
    task: Task,
    samples: int,
    settings: AcceleratorSettings,
    seconds: float,
    generator: str = "",
) -> Rival:
    """Return what a prediction of a network takes on other hardware.

    Parameters
    ----------
    hardware, network
        What is computed, and where.
    layers
        Rows (bias included), columns, and uses of the weights in a pass.
    task
        Decides what is done with the outputs.
    samples
        Passes, or members of an ensemble; 1 for a deterministic network.
    settings
        Whose tiles, and share of writing, count here too.
    seconds
        For which the circuits leak: the latency of the array.
    generator
        Coefficient of the generator of Gaussian random numbers.

    Raises
    ------
    ValueError
        The table has no such generator.
    """
    if network in ("weights", "sums") and generator not in generators():
        raise ValueError(f"no generator {generator!r}; there are: {', '.join(generators())}")
    done = [work(network, layer, index == 0, samples) for index, layer in enumerate(layers)]
    stored = sum(one.stored for one in done)
    # Banks of the size that the coefficient of memories is for, or one as large as the weights.
    root = math.sqrt(min(stored, MEMORY) / MEMORY)
    numbers: dict[tuple[str, str], np.ndarray] = {}
    for index, (layer, one) in enumerate(zip(layers, done, strict=True)):
        last = index == len(layers) - 1
        amounts = [*_shared(layer, one, last, task, settings, generator)]
        amounts.append(("memory", "memory_energy", BITS * one.stored * root / settings.predictions_per_write))
        if hardware == "digital":
            amounts += digital.amounts(layer, one, root, seconds)
        else:
            amounts += sram.amounts(layer, one, seconds)
        for part, action, number in amounts:
            numbers.setdefault((part, action), np.zeros(len(layers)))[index] += number
    listed = tuple(Amount(part, action, number) for (part, action), number in numbers.items())
    return Rival(hardware, network, generator if done[0].draws else "", samples, listed)


def _shared(
    layer: Layer, one: Work, last: bool, task: Task, settings: AcceleratorSettings, generator: str
) -> Iterator[tuple[str, str, float]]:
    """Yield part, action and number of what does not depend on the circuit that multiplies."""
    if one.draws:
        yield "generator", generator, one.draws
    counts = output_counts(layer.columns, last, task)
    # Scale, and the pools of a convolution.
    counts["integer_multiply"] = layer.columns
    if layer.uses > 1:
        counts["integer_add"] = counts.get("integer_add", 0) + layer.columns
    for name, count in counts.items():
        yield "outputs", name, one.results * count
    for name, number in one.logic.items():
        yield "outputs", name, number
    tiles = math.ceil(layer.columns / settings.columns)
    for name, bits in moved(layer.rows, layer.columns, tiles, one.fetches, one.results).items():
        yield "buffers", name, bits


def rivals(
    layers: Sequence[Layer],
    task: Task,
    samples: Sequence[int],
    settings: AcceleratorSettings,
    seconds: float,
    members: int = 0,
    dropout: bool = False,
) -> list[Rival]:
    """Return all networks on all hardware, Bayesian ones and dropout for each number of `samples`.

    `members` of an ensemble and `dropout` say which of these there are; 0 and False leave them out.
    """
    found = []
    for hardware in get_args(Hardware):

        def on(network: Network, passes: int, generator: str = "", hardware: Hardware = hardware) -> Rival:
            return rival(hardware, network, layers, task, passes, settings, seconds, generator)

        found.append(on("deterministic", 1))
        if members:
            found.append(on("ensemble", members))
        for passes in samples:
            if dropout:
                found.append(on("dropout", passes))
            for network in ("weights", "sums"):
                found += [on(network, passes, generator) for generator in generators()]
    return found
