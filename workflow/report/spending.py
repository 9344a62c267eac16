"""What a prediction takes on the array and on other circuits, in words."""

from __future__ import annotations

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.costs import VARIANTS, RivalCost, best_rivals, cheapest, energy_by_part, energy_of
from magbayes.system.evaluation.results import metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR
from magbayes.workflow.report.reading import number

NAMES = {
    "drivers": "row drivers",
    "mirror": "current mirrors",
    "gate": "gate voltages",
    "refresh": "refresh of weights",
    "writing": "writing of weights",
    "dac": "DAC",
    "adc": "ADC",
    "digital": "digital logic",
    "buffers": "inputs and results",
    "control": "clock and control",
}
"""Names of parts in sentences, where a person would not guess."""

HARDWARE = {"digital": "digital logic", "sram": "SRAM macro"}
NETWORKS = {
    "deterministic": "deterministic network",
    "ensemble": "deep ensemble",
    "dropout": "MC dropout",
    "weights": "BNN, weights drawn",
    "sums": "BNN, sums drawn",
}
BAYESIAN = ("weights", "sums")


def generator_name(coefficient: str) -> str:
    """What a reader calls a generator of Gaussians, by the name of its coefficient."""
    _, node, *which = coefficient.split("_")
    return " ".join([node.replace("nm", " nm"), *which]) if node else coefficient


def rival_name(rival: RivalCost) -> str:
    """What a reader calls a network on another circuit."""
    return f"{HARDWARE[rival.hardware]}: {NETWORKS[rival.network]}"


def ranged(value: Estimate, form: str = ".2g") -> str:
    """A number with its interval."""
    middle, low, high = (number(one, form) for one in value)
    return f"{middle} ({low} to {high})"


def _beside(rival: RivalCost) -> str:
    """The array beside another circuit: who takes less, by how much, and whether the interval agrees."""
    ratio, name = rival.ratio, f"the same BNN on other circuits ({rival_name(rival)})"
    sure = "" if ratio.low > 1 or ratio.high < 1 else "; the interval contains 1: not significant"
    if ratio.value >= 1:
        return f"the array wins: {name} takes {ranged(ratio)} times its energy{sure}"
    inverse = Estimate(1 / ratio.value, 1 / ratio.high, 1 / ratio.low)
    return f"the array loses: it takes {ranged(inverse)} times the energy of {name}{sure}"


def same_network(evaluation: Contents) -> str:
    """The array beside the circuit that takes least for the same BNN."""
    same = cheapest(evaluation, *BAYESIAN)
    return _beside(same) if same else "nothing to compare it with"


def who_wins(evaluation: Contents) -> str:
    """The array beside the cheapest circuit for the same BNN, and beside other networks on their cheapest circuits."""
    metrics = metrics_of(evaluation, "variants")
    parts = [same_network(evaluation)]
    for network in ("deterministic", "dropout", "ensemble"):
        other, variant = cheapest(evaluation, network), VARIANTS[network]
        if other is not None:
            quality = f"NLL {number(metrics[variant]['nll'].value)} in software"
            where = f"{NETWORKS[network]} ({HARDWARE[other.hardware]})"
            parts.append(f"{where} takes {ranged(other.ratio)} times the array's energy, {quality}")
    return f"{'; '.join(parts)}; the array's NLL is {number(metrics[ACCELERATOR]['nll'].value)}"


def price(name: str, evaluation: Contents) -> str:
    """Energy and latency of a prediction, what takes most of it, and what the same BNN takes on other circuits."""
    parts = energy_by_part(evaluation)
    total, largest = energy_of(evaluation), max(parts, key=parts.__getitem__)
    nanojoules = Estimate(*(1e9 * value for value in total))
    return (
        f"{name} {ranged(nanojoules, '.3g')} nJ and {number(1e6 * float(evaluation['cost/latency']))} µs "
        f"({100 * parts[largest] / total.value:.0f} % of the energy in the {NAMES.get(largest, largest)}), "
        f"{same_network(evaluation)}"
    )


def worst(evaluation: Contents, count: int = 3) -> str:
    """The coefficients whose range moves the energy most."""
    ends, names = evaluation["cost/sensitivity/energy"], evaluation["cost/sensitivity/names"]
    order = abs(ends[:, 1] - ends[:, 0]).argsort()[::-1][:count]
    return ", ".join(str(names[i]).replace("_", " ") for i in order)


def beside(evaluation: Contents) -> list[RivalCost]:
    """Return other circuits as figures and tables have them: those of the array's passes, the cheapest last."""
    return sorted(best_rivals(evaluation), key=lambda rival: -rival.total.value)
