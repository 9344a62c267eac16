"""Compact models in the languages of circuit simulators, with the statistics inside the text."""

from collections.abc import Callable

from magbayes.compact_models.exports import spice, verilog_a
from magbayes.compact_models.store import CompactModels

LANGUAGES: dict[str, Callable[[CompactModels, float], str]] = {"spice": spice.netlist, "verilog-a": verilog_a.library}
"""What ``magbayes export --to`` offers: text of the models, for circuits that average over a time in s."""
