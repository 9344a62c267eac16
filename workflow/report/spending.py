"""What a prediction takes on the array and in digital networks, in words."""

from __future__ import annotations

import re

from magbayes.data.container import Contents
from magbayes.system.evaluation.costs import energy_by_part, energy_comparison
from magbayes.workflow.report.reading import number

NAMES = {
    "adc": "ADC",
    "dac": "DAC",
    "mirror": "current mirrors",
    "gate": "gate voltages",
    "refresh": "refresh of weights",
    "digital": "digital logic",
}
"""Names of parts of the array in sentences, where a person would not guess."""


def digital_name(network: str) -> str:
    """What a reader calls a digital network: its generator of Gaussians, and what is drawn."""
    name = re.sub(r"^gaussian_(\d+)nm_?(\w*), (\w+)$", r"\1 nm generator \2, \3 drawn", network)
    return name.replace(" ,", ",")


def who_wins(evaluation: Contents) -> str:
    """The array beside the digital network that takes least, with and without what its memory takes."""
    cheapest = energy_comparison(evaluation)
    name, ratio = digital_name(cheapest.network), cheapest.ratio
    if ratio >= 1:
        text = f"the array wins: the cheapest digital network ({name}) takes {number(ratio, '.2g')} times its energy"
    else:
        text = f"the array loses: it takes {number(1 / ratio, '.2g')} times the energy of the cheapest ({name})"
    without_memory = number(cheapest.ratio_without_memory, ".2g")
    return f"{text}, and {without_memory} times the array's without that of its memory"


def price(name: str, evaluation: Contents) -> str:
    """Energy and latency of a prediction, what takes most of it, and what the cheapest digital network takes."""
    parts = energy_by_part(evaluation)
    total, largest = sum(parts.values()), max(parts, key=parts.__getitem__)
    return (
        f"{name} {number(1e9 * total)} nJ and {number(1e6 * float(evaluation['cost/latency']))} µs "
        f"({100 * parts[largest] / total:.0f} % of the energy in the {NAMES.get(largest, largest)}; "
        f"the cheapest digital network: {number(1e9 * energy_comparison(evaluation).energy)} nJ)"
    )
