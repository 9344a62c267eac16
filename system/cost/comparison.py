"""What a prediction takes on the array beside digital networks that do the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class EnergyComparison(NamedTuple):
    """The digital network that takes least energy, beside the array."""

    network: str
    energy: float
    """Energy of one prediction in the digital network, J."""
    ratio: float
    """Times the array's energy that this is."""
    ratio_without_memory: float
    """Times the array's energy that the digital network would take if loading weights from memory were free."""


def compare_energy(
    array: Mapping[str, float], digital: Mapping[str, Mapping[str, float]], memory: str = "memory"
) -> EnergyComparison:
    """Compare the array with the cheapest digital network.

    Parameters
    ----------
    array
        Energy of one prediction by part, J.
    digital
        Energy of one prediction by part, J, of every digital network.
    memory
        Part of the digital networks that is left out in one of the ratios.
    """
    network, parts = min(digital.items(), key=lambda item: sum(item[1].values()))
    energy, ours = sum(parts.values()), sum(array.values())
    return EnergyComparison(network, energy, energy / ours, (energy - parts[memory]) / ours)
