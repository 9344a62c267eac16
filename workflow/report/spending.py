"""What a prediction takes on the array and on other circuits, in words."""

from __future__ import annotations

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.costs import VARIANTS, RivalCost, best_rivals, cheapest
from magbayes.system.evaluation.results import metrics_of
from magbayes.system.evaluation.variants import ACCELERATOR
from magbayes.workflow.report.names import words
from magbayes.workflow.report.reading import number, ranged

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


def best_rival(evaluation: Contents) -> RivalCost | None:
    """The circuit that takes least for the same BNN, with the array's passes; None where there is none."""
    return cheapest(evaluation, *BAYESIAN)


def times_of_rival(rival: RivalCost) -> str:
    """How many times the energy of another circuit the array takes, and whether that differs from 1."""
    ratio = rival.ratio
    sure = "" if ratio.low > 1 or ratio.high < 1 else ", not significant"
    times = ranged(Estimate(1 / ratio.value, 1 / ratio.high, 1 / ratio.low))
    return f"{times} times the energy of {HARDWARE[rival.hardware]} ({NETWORKS[rival.network]}){sure}"


def same_network(evaluation: Contents) -> str:
    """The energy of the array beside that of the circuit that takes least for the same BNN."""
    rival = best_rival(evaluation)
    return times_of_rival(rival) if rival else "no other circuit to compare it with"


def others(evaluation: Contents) -> list[str]:
    """The array beside the cheapest circuit for the same BNN, and beside other networks on their cheapest circuits."""
    metrics = metrics_of(evaluation, "variants")
    lines = [f"Array: {same_network(evaluation)}, NLL {number(metrics[ACCELERATOR]['nll'].value)}."]
    for network in ("deterministic", "dropout", "ensemble"):
        other, variant = cheapest(evaluation, network), VARIANTS[network]
        if other is not None:
            lines.append(
                f"{NETWORKS[network][0].upper()}{NETWORKS[network][1:]} ({HARDWARE[other.hardware]}): "
                f"{ranged(other.ratio)} times the energy of the array, NLL "
                f"{number(metrics[variant]['nll'].value)} in software."
            )
    return lines


def worst(evaluation: Contents, count: int = 3) -> str:
    """The coefficients whose range moves the energy most."""
    ends, names = evaluation["cost/sensitivity/energy"], evaluation["cost/sensitivity/names"]
    order = abs(ends[:, 1] - ends[:, 0]).argsort()[::-1][:count]
    return ", ".join(words(str(names[i])) for i in order)


def beside(evaluation: Contents) -> list[RivalCost]:
    """Return other circuits as figures and tables have them: those of the array's passes, the cheapest last."""
    return sorted(best_rivals(evaluation), key=lambda rival: -rival.total.value)
