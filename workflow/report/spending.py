"""What a prediction takes on the array and in digital networks, in numbers and words."""

from __future__ import annotations

import re

from magbayes.data.container import Contents
from magbayes.system.cost.digital import DIGITAL_PARTS
from magbayes.system.cost.energy import PARTS
from magbayes.workflow.report.reading import number

NAMES = {"adc": "ADC", "dac": "DAC", "mirror": "current mirrors", "gate": "gate voltages", "digital": "digital logic"}
"""Of parts of the array, where a person would not guess."""


def energy_of(evaluation: Contents) -> dict[str, float]:
    """Energy of one prediction by part, J."""
    return {part: float(evaluation[f"cost/energy/{part}"].sum()) for part in PARTS}


def digital_of(evaluation: Contents) -> dict[str, dict[str, float]]:
    """Energy of one prediction by part, J, of each digital network."""
    found = {}
    for i, name in enumerate(evaluation["digital/names"]):
        readable = re.sub(r"^gaussian_(\d+)nm_?(\w*), (\w+)$", r"\1 nm generator \2, \3 drawn", str(name))
        energy = {part: float(evaluation[f"digital/energy/{part}"][i]) for part in DIGITAL_PARTS}
        found[readable.replace(" ,", ",")] = energy
    return found


def cheapest(evaluation: Contents) -> tuple[str, dict[str, float]]:
    """The digital network that takes least, and its energy by part, J."""
    return min(digital_of(evaluation).items(), key=lambda item: sum(item[1].values()))


def who_wins(evaluation: Contents) -> str:
    """The array beside the digital network that takes least, with and without what its memory takes."""
    array = sum(energy_of(evaluation).values())
    name, parts = cheapest(evaluation)
    ratio, bare = sum(parts.values()) / array, (sum(parts.values()) - parts["memory"]) / array
    if ratio >= 1:
        text = f"the array wins: the cheapest digital network ({name}) takes {number(ratio, '.2g')} times its energy"
    else:
        text = f"the array loses: it takes {number(1 / ratio, '.2g')} times the energy of the cheapest ({name})"
    return f"{text}, and {number(bare, '.2g')} times the array's without that of its memory"


def price(name: str, evaluation: Contents) -> str:
    """Energy and latency of a prediction, what takes most of it, and what the cheapest digital network takes."""
    parts = energy_of(evaluation)
    total, largest = sum(parts.values()), max(parts, key=parts.__getitem__)
    return (
        f"{name} {number(1e9 * total)} nJ and {number(1e6 * float(evaluation['cost/latency']))} µs "
        f"({100 * parts[largest] / total:.0f} % of the energy in the {NAMES.get(largest, largest)}; "
        f"the cheapest digital network: {number(1e9 * sum(cheapest(evaluation)[1].values()))} nJ)"
    )
