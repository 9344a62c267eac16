"""What the same network costs as a digital Bayesian network: same shape, same samples, published generators.

Weights and inputs have 8 bits. Means and stds come from memory for every use: what a chip keeps in registers, or
computes in memory, costs less, and what comes from large memories more. Not counted, as for the array: moving inputs
and results, clock, control and leakage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from magbayes.system.cost.energy import digital_energy, output_counts
from magbayes.system.cost.table import CostTable, load_table
from magbayes.system.settings import AcceleratorSettings

if TYPE_CHECKING:
    from magbayes.system.datasets import Task
    from magbayes.system.network.posterior import Posterior

DIGITAL_PARTS = ("generator", "memory", "products", "outputs")
Sampled = Literal["weights", "sums"]


@dataclass(frozen=True)
class DigitalCost:
    """Energy of one prediction by part of `DIGITAL_PARTS`, (layers,) in J."""

    energy: dict[str, np.ndarray]
    samples: int

    @property
    def total(self) -> float:
        """Energy of the prediction, J."""
        return float(sum(part.sum() for part in self.energy.values()))


def generators() -> list[str]:
    """Return the generators of Gaussian random numbers in the table of costs."""
    return [name for name in CostTable.model_fields if name.startswith("gaussian")]


def digital_cost(
    shapes: Sequence[tuple[int, int]],
    task: Task,
    samples: int,
    table: str,
    generator: str,
    sampled: Sampled = "weights",
    positions: Sequence[int] = (),
) -> DigitalCost:
    """Return the cost of one prediction of `samples` stochastic passes.

    Parameters
    ----------
    shapes
        Rows (bias included) and columns of every layer.
    task
        Decides what is done with the outputs.
    samples
        Passes.
    table
        Name of the table of costs.
    generator
        Which of its generators draws the Gaussians.
    sampled
        ``weights``: each is drawn in each pass, ``mu + sigma eps``; a convolution uses it at all positions, where the
        array reads anew. ``sums``: the sum of Gaussian
        products is one Gaussian (D. P. Kingma et al., NeurIPS 2015, local reparameterisation); mean and variance take
        a product each, which the first layer needs once a prediction only. Both have the same distribution for an
        input by itself, as the array has.
    positions
        Uses of the weights of each layer in a pass; without it, one each.

    Raises
    ------
    ValueError
        The table has no such generator.
    """
    if generator not in generators():
        raise ValueError(f"no generator {generator!r}; there are: {', '.join(generators())}")
    costs = load_table(table)
    energy = {part: np.zeros(len(shapes)) for part in DIGITAL_PARTS}
    for index, (rows, columns) in enumerate(shapes):
        uses = positions[index] if positions else 1
        weights = rows * columns
        passes = 1 if sampled == "sums" and index == 0 else samples
        if sampled == "weights":
            # sigma eps + mu once a pass, and the product with each input; what is used again is loaded again.
            draws, loads, products = weights, (2 + uses * (uses > 1)) * weights, (1 + uses) * weights
        else:
            # Products of mean and of variance.
            draws, loads, products = uses * columns, 2 * uses * weights, 2 * uses * weights
        energy["generator"][index] = samples * draws * getattr(costs, generator).value
        energy["memory"][index] = passes * loads * costs.byte_load.value
        one = digital_energy({"integer_multiply": 1, "integer_add": 1}, costs)
        energy["products"][index] = passes * products * one
        outputs = output_counts(columns, index == len(shapes) - 1, task)
        if sampled == "sums":
            # Root of the variance by look-up, times the Gaussian, and the mean.
            for name, number in {"table_load": columns, "integer_multiply": columns, "integer_add": columns}.items():
                outputs[name] = outputs.get(name, 0) + number
        energy["outputs"][index] = samples * uses * digital_energy(outputs, costs)
    return DigitalCost(energy, samples)


def digital_costs(posterior: Posterior, settings: AcceleratorSettings) -> dict[str, DigitalCost]:
    """Return the costs of `posterior` in digital logic, by generator and by what is sampled, as many times."""
    return {
        f"{generator}, {sampled}": digital_cost(
            [layer.mean.shape for layer in posterior.layers],
            posterior.task,
            settings.samples,
            settings.cost_table,
            generator,
            sampled,
            [layer.positions for layer in posterior.layers],
        )
        for generator in generators()
        for sampled in get_args(Sampled)
    }
