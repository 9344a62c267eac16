"""What a prediction costs, as it is read from the file of an evaluation."""

from __future__ import annotations

from typing import Literal

import numpy as np

from magbayes.data.container import Contents
from magbayes.system.cost.comparison import EnergyComparison, compare_energy
from magbayes.system.cost.digital import DIGITAL_PARTS
from magbayes.system.cost.energy import PARTS


def energy_by_part(evaluation: Contents) -> dict[str, float]:
    """Return the energy of one prediction on the array, J, by part."""
    return {part: float(evaluation[f"cost/energy/{part}"].sum()) for part in PARTS}


def cost_by_layer(evaluation: Contents, kind: Literal["energy", "area"]) -> np.ndarray:
    """Return the energy of one prediction (J), or the area (m^2), of every layer (layers,), all parts together."""
    group = f"cost/{kind}/"
    return np.asarray(sum(values for path, values in evaluation.data.items() if path.startswith(group)))


def digital_energy_by_part(evaluation: Contents) -> dict[str, dict[str, float]]:
    """Return the energy of one prediction, J, by part, of every digital network."""
    return {
        str(name): {part: float(evaluation[f"digital/energy/{part}"][i]) for part in DIGITAL_PARTS}
        for i, name in enumerate(evaluation["digital/names"])
    }


def energy_comparison(evaluation: Contents) -> EnergyComparison:
    """Return the array beside the digital network that takes least energy."""
    return compare_energy(energy_by_part(evaluation), digital_energy_by_part(evaluation))
