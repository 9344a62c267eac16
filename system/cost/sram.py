"""A network in an SRAM macro that multiplies: H. Wang et al., VLSI 2022, with generators in or beside its words.

A macro multiplies 64 inputs with 16 columns at a time; means and sampled deviations are products of their own
(Z. Enciso et al., arXiv:2501.04577), which a convolution holds for all positions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from magbayes.system.cost.work import Layer, Work

ROWS, COLUMNS = 64, 16
"""Inputs and outputs of a macro in one step."""

CLOCKED = ("memory", "outputs", "buffers")
"""Parts of which clock and control take a share; the macro has its own."""


def amounts(layer: Layer, one: Work, seconds: float) -> Iterator[tuple[str, str, float]]:
    """Yield part, action and number: steps of macros, their partial sums, and their leakage for some seconds."""
    steps = one.matrices + one.halves
    row_tiles, column_tiles = math.ceil(layer.rows / ROWS), math.ceil(layer.columns / COLUMNS)
    yield "products", "cim_mac_energy", steps * layer.rows * layer.columns
    yield "products", "cim_dac_energy", steps * layer.rows * column_tiles
    yield "products", "cim_adc_energy", steps * layer.columns * row_tiles
    yield "products", "cim_control_energy", steps * row_tiles * column_tiles
    yield "outputs", "integer_add", layer.columns * (steps * (row_tiles - 1) + one.matrices * (one.halves > 0))
    yield "leakage", "leak_cim_weight", one.stored * seconds
