"""What one action of a circuit takes: at the coefficients as they stand, drawn within their ranges, or one at its end.

A price is a number, or an array over draws of the coefficients. `Amount` says how often an action happens, so that
energies are sums of amounts times prices, whatever the draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import qmc

from magbayes.data import seeds
from magbayes.data.estimate import Estimate
from magbayes.system.cost.converters import converter
from magbayes.system.cost.table import Coefficient, load_table
from magbayes.system.settings import AcceleratorSettings

Prices = Mapping[str, Any]
"""By name of a coefficient or of an action: a number, or an array (draws,)."""

DRAWS = 512
"""Draws of the coefficients behind an interval: its ends are known to a few percent of its width."""

BITS = 8
"""Bits of an input, a weight and a result in digital form."""


class Amount(NamedTuple):
    """How often one action happens in a prediction, or how many circuits of one kind there are.

    Attributes
    ----------
    part
        Part of the energy, or of the area, that it belongs to.
    action
        Name of its price, or of the circuit.
    number : (layers,)
        How often; of an action that is measured in something else, such as ``heat`` in J, how much.
    """

    part: str
    action: str
    number: np.ndarray


def coefficients(settings: AcceleratorSettings) -> dict[str, Coefficient]:
    """Return the coefficients of the table, with those of the column converter at its bits and rate.

    Raises
    ------
    ValueError
        There is no such table, or no such converter.
    """
    known = load_table(settings.cost_table).coefficients()
    found = converter(settings.effective_bits, 1 / settings.sample_interval)
    for name, unit in {"energy": "J", "area": "m^2"}.items():
        ranged = getattr(found, name)
        known[f"adc_{name}"] = Coefficient(
            **ranged._asdict(),
            unit=unit,
            source="B. Murmann, ADC Performance Survey 1997-2025",
            year=2025,
            checked=True,
            note="Median regression over effective bits and rate, data/converters.",
        )
    return known


def nominal(known: Mapping[str, Coefficient]) -> dict[str, Any]:
    """Return every coefficient's value."""
    return {name: one.value for name, one in known.items()}


def drawn(known: Mapping[str, Coefficient]) -> dict[str, Any]:
    """Return `DRAWS` values of every coefficient, half of them below its value and half above, even in the logarithm.

    The draws are the same in every call, so that what is compared with them shares them.
    """
    uncertain = [name for name, one in known.items() if one.low < one.high]
    sampler = qmc.Sobol(len(uncertain), rng=seeds.generator(0, "cost"))
    unit = 2 * sampler.random(DRAWS) - 1
    values = nominal(known)
    for name, way in zip(uncertain, unit.T, strict=True):
        one = known[name]
        end = np.where(way < 0, one.low, one.high)
        values[name] = one.value * (end / one.value) ** np.abs(way)
    return values


def one_at_a_time(known: Mapping[str, Coefficient]) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the uncertain coefficients, and prices (2 names,) with each at its low, then its high end."""
    uncertain = [name for name, one in known.items() if one.low < one.high]
    values = nominal(known)
    for index, name in enumerate(uncertain):
        array = np.full(2 * len(uncertain), known[name].value)
        array[2 * index : 2 * index + 2] = known[name].low, known[name].high
        values[name] = array
    return uncertain, values


def with_actions(prices: Prices) -> dict[str, Any]:
    """Return prices with those of actions that follow from several coefficients."""
    # Refreshes a second: by the switch, and by an ampere through the gates.
    spared = 1 / (prices["hold_capacitance"] * prices["hold_droop"])
    refreshes = {"switch": prices["hold_leakage"] * spared, "gate": prices["gate_leak_factor"] * spared}
    line = prices["cell_pitch"] * prices["wire_capacitance"]
    return dict(prices) | {
        "heat": 1.0,
        "hold_charge_switch": prices["hold_leakage"],
        "hold_charge_gate": prices["gate_leak_factor"],
        **{f"hold_line_{why}": often * line for why, often in refreshes.items()},
        **{f"hold_dac_{why}": often * prices["dac_energy"] for why, often in refreshes.items()},
        "row_line": line,
        "table_load": 32 * prices["memory_energy"],
        "leak_cell": prices["leakage_density"] * prices["cell_pitch"] ** 2,
        "leak_dac": prices["leakage_density"] * prices["dac_area"],
        "leak_row_driver": prices["leakage_density"] * prices["row_driver_area"],
        "leak_adc": prices["leakage_density"] * prices["adc_area"],
        "leak_shift_add": prices["leakage_density"] * prices["shift_add_area"],
        "leak_sram": prices["leakage_density"] * prices["sram_area"],
        "leak_cim_weight": prices["leakage_density"] * prices["cim_weight_area"],
    }


def area_of(circuit: str, prices: Prices) -> Any:
    """Return the area in m^2 of a circuit by its name in `Cost.circuits`: a number, or an array (draws,)."""
    return prices["cell_pitch"] ** 2 if circuit == "cell" else prices[f"{circuit}_area"]


def energies(amounts: Sequence[Amount], prices: Prices, parts: Sequence[str], clocked: Sequence[str]) -> dict[str, Any]:
    """Return the energy in J by part, summed over layers: numbers, or arrays (draws,).

    ``control`` is the share of what the `clocked` parts take. See `by_layer` for the layers.
    """
    layers = by_layer(amounts, prices, parts, clocked)
    return {part: energy.sum(axis=0) for part, energy in layers.items()}


def by_layer(
    amounts: Sequence[Amount], prices: Prices, parts: Sequence[str], clocked: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return the energy in J by part, (layers,) or (layers, draws)."""
    priced = with_actions(prices)
    energy: dict[str, np.ndarray] = {part: np.zeros((1, 1)) for part in parts}
    for part, action, number in amounts:
        energy[part] = energy[part] + np.multiply.outer(number, np.ravel(priced[action]))
    energy["control"] = np.ravel(priced["control_share"]) * sum(energy[part] for part in clocked)
    shape = np.broadcast_shapes(*(part.shape for part in energy.values()))
    wide = {part: np.broadcast_to(one, shape) for part, one in energy.items()}
    return wide if shape[1] > 1 else {part: one[:, 0] for part, one in wide.items()}


def interval(value: float, draws: np.ndarray) -> Estimate:
    """Return a number with the 95 % interval of its draws (draws,)."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return Estimate(value, float(min(low, value)), float(max(high, value)))
