"""A network in digital logic: multipliers whose registers keep a weight for all passes of a prediction.

Weights come once a prediction from memories beside the multipliers, of 8 kB at most. Sampled weights are made there.
"""

from __future__ import annotations

from collections.abc import Iterator

from magbayes.system.cost.prices import BITS
from magbayes.system.cost.work import Layer, Work

CLOCKED = ("memory", "products", "outputs", "buffers")
"""Parts of which clock and control take a share."""


def amounts(layer: Layer, one: Work, root: float, seconds: float) -> Iterator[tuple[str, str, float]]:
    """Yield part, action and number: weights, products, and leakage of the memory for some seconds.

    `root` is the root of a memory's size beside that which the coefficient of memories is for.
    """
    products = one.weighing + one.matrices * layer.rows * layer.columns
    yield "memory", "memory_energy", BITS * one.stored * root
    yield "products", "integer_multiply", products
    yield "products", "integer_add", products
    yield "leakage", "leak_sram", BITS * one.stored * seconds
