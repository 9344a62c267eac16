"""What a reader calls what has a key: imperfections, coefficients of costs, parameters, collected numbers."""

from __future__ import annotations

from magbayes.system.evaluation.numbers import IN_SOFTWARE, metric_of
from magbayes.system.evaluation.variants import ONLY

IMPERFECTIONS = {
    "levels": "levels of the means",
    "level_spread": "spread of the levels",
    "jitter": "jitter of the walls",
    "stuck": "stuck devices",
    "drift": "drift of the walls",
    "temperature": "temperature",
    "wires": "resistance of wires",
    "sigma_spread": "spread of sigma",
    "input_voltage": "read voltage acting on sigma",
    "tmr": "fall of TMR with the voltage",
    "settling": "settling of rows and columns",
    "mismatch": "mismatch of mirrors and converters",
    "dac": "DAC",
    "thermal": "Johnson and shot noise",
    "amplifier": "noise of the amplifiers",
    "adc_noise": "noise of the ADC",
    "adc": "quantisation by the ADC",
    "reads": "correlated, non-Gaussian reads",
    "noise": "no fluctuation",
}
"""Imperfections of a chip."""

ABBREVIATIONS = {
    "adc": "ADC",
    "dac": "DAC",
    "sram": "SRAM",
    "cim": "CIM",
    "mac": "MAC",
    "mtj": "MTJ",
    "dmi": "DMI",
    "vcma": "VCMA",
    "mlp": "MLP",
}

PARTS = {"smtj": "stochastic MTJ", "dwmtj": "domain-wall MTJ", "accelerator": "array"}
"""What a key is of, by its first part."""

METRICS = {
    "ece": "ECE",
    "nll": "NLL",
    "brier": "Brier score",
    "rmse": "RMSE",
    "energy": "energy of a prediction",
    "area": "area of the array",
}
VARIANTS = {"software_": "software BNN", "range_": "software BNN (device range)"}

NUMBERS = {
    "smtj/sigma_smallest": "smallest sigma of an instant",
    "smtj/sigma_largest": "largest sigma of an instant",
    "smtj/sigma_ratio": "largest over smallest sigma of an instant",
    "smtj/read_ratio": "largest over smallest sigma of a read",
    "smtj/decay_time": "decay time of the fluctuation",
    "smtj/gate_leakage": "gate leakage",
    "dwmtj/level_spacing": "spacing of the levels",
    "dwmtj/level_jitter": "jitter of a level",
    "dwmtj/level_spread": "spread of a level between devices",
    "dwmtj/barrier": "energy barrier of a notch",
    "dwmtj/retention": "retention",
    "dwmtj/retention_worst": "retention of the worst device",
    "dwmtj/threshold_current": "threshold current density",
    "dwmtj/write_energy": "write energy of a notch",
    "dwmtj/depinning_weakest": "depinning by the weakest pulse",
    "dwmtj/depinning_strongest": "depinning by the strongest pulse",
}
"""Numbers of the compact models that a study collects."""


def words(key: str) -> str:
    """A key in words."""
    return PARTS.get(key) or " ".join(ABBREVIATIONS.get(word, word) for word in key.split("_"))


def chip_name(key: str) -> str:
    """A chip of the ablation: ideal, or with one imperfection."""
    name = key.removeprefix(ONLY)
    return IMPERFECTIONS.get(name, words(name))


def parameter_name(key: str) -> str:
    """A parameter of a study by its dotted key: what it is, and of what."""
    *path, last = key.split(".")
    of = [PARTS[part] for part in path if part in PARTS]
    others = [part for part in path if part not in PARTS and part != "networks"]
    if path[:1] == ["networks"] and others:
        network, *others = others
        name = f"{words(last)} of {network}"
    else:
        name = f"{words(last)} of the {of[0]}" if of else words(last)
    return f"{name} ({', '.join(map(words, others))})" if others else name


def number_name(name: str) -> str:
    """A number that a study collects."""
    if name in NUMBERS or "/" not in name:
        return NUMBERS.get(name, words(name))
    of, _, key = name.partition("/")
    start = next((start for start in IN_SOFTWARE if key.startswith(start)), "")
    fraction = key.partition("_blend_")[2]
    mixed = f" of inputs mixed to {fraction}" if fraction else ""
    return f"{of}: {_metric_name(metric_of(key))}{mixed}{f', {VARIANTS[start]}' if start else ''}"


def _metric_name(metric: str) -> str:
    if metric.startswith("coverage_"):
        return f"coverage of the {metric.removeprefix('coverage_')} % interval"
    if metric.startswith("yield_"):
        return f"yield ({_metric_name(metric.removeprefix('yield_'))})"
    if metric.startswith("auroc_"):
        return f"AUROC of {words(metric.removeprefix('auroc_'))}"
    return METRICS.get(metric, words(metric))
