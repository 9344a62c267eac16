"""What a prediction costs, and what noise its reads have, as it is read from the file of an evaluation."""

from __future__ import annotations

from typing import Literal

import numpy as np

from magbayes.data.container import Contents
from magbayes.system.cost.comparison import EnergyComparison, compare_energy
from magbayes.system.cost.digital import DIGITAL_PARTS
from magbayes.system.cost.energy import PARTS
from magbayes.system.settings import SOURCES


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


def noise_shares(evaluation: Contents) -> dict[str, np.ndarray]:
    """Return the share of each source in the variance of a column's current, (layers,) each."""
    variances = {source: evaluation[f"noise/variance/{source}"] for source in SOURCES}
    total = np.maximum(sum(variances.values()), np.finfo(float).tiny)
    return {source: variance / total for source, variance in variances.items()}


def noise_of_full_scale(evaluation: Contents) -> np.ndarray:
    """Return the std of a column's current in units of the ADC's full scale, (layers,)."""
    total = sum(evaluation[f"noise/variance/{source}"] for source in SOURCES)
    return np.sqrt(np.asarray(total)) / evaluation["noise/full_scale"]
