"""What every file of an evaluation has, in which units and shapes: a file without it is refused when it is read."""

from __future__ import annotations

from magbayes.data.container import Contents, FileFormatError, Form
from magbayes.system.evaluation import cost_file
from magbayes.system.settings import SOURCES

TEXTS = {
    "name": Form("1", ("1",), text=True),
    "task": Form("1", ("1",), text=True),
    "variants/names": Form("1", ("variants",), text=True),
    "warnings": Form("1", ("warnings",), text=True),
    **cost_file.TEXTS,
}
"""Datasets that hold text. In all forms here ``3`` is a value and the ends of its interval."""

METRICS = {
    "classification": {
        **dict.fromkeys(("accuracy", "brier", "ece", "adaptive_ece", "aurc"), "1"),
        **dict.fromkeys(("nll", "aleatoric", "epistemic"), "nat"),
    },
    "regression": {
        **dict.fromkeys(("aurc", "coverage_50", "coverage_90", "coverage_95"), "1"),
        **dict.fromkeys(("rmse", "crps"), "original"),
        "nll": "nat",
    },
}
"""Unit of each metric that every variant has."""

SCORE_UNITS = {"nll": "nat", "square": "original^2"}
"""Unit of a score of the inputs, where it has one."""

OF_PASSES = {"classification": ("nll", "ece"), "regression": ("nll", "coverage_90")}
"""Metrics that are known by the number of passes too."""


def _scores(*names: str) -> dict[str, Form]:
    return {f"scores/{name}": Form(SCORE_UNITS.get(name, "1"), ("chips", "inputs")) for name in names}


OF_A_VARIANT: dict[str, dict[str, Form]] = {
    "classification": {
        "test/probability": Form("1", ("inputs", "classes")),
        "test/aleatoric": Form("nat", ("inputs",)),
        "test/epistemic": Form("nat", ("inputs",)),
        "reliability/confidence": Form("1", ("bins",)),
        "reliability/accuracy": Form("1", ("bins",)),
        "reliability/inputs": Form("1", ("bins",)),
        "risk_coverage/coverage": Form("1", ("kept",)),
        "risk_coverage/risk": Form("1", ("kept",)),
        **_scores("correct", "confidence", "nll", "brier"),
    },
    "regression": {
        "test/mean": Form("original", ("inputs",)),
        "test/std": Form("original", ("inputs",)),
        "test/epistemic_std": Form("original", ("inputs",)),
        "test/nll": Form("nat", ("inputs",)),
        "test/quantiles": Form("original", ("quantiles", "inputs")),
        "risk_coverage/coverage": Form("1", ("kept",)),
        "risk_coverage/risk": Form("original^2", ("kept",)),
        "calibration/level": Form("1", ("levels",)),
        "calibration/observed": Form("1", ("levels",)),
        **_scores("square", "nll", "position"),
    },
}

OF_THE_CHIP: dict[str, Form] = {
    "test/target": Form("original", ("inputs",)),
    "quantiles": Form("1", ("quantiles",)),
    "noise/full_scale": Form("A", ("layers",)),
    "tradeoff/samples": Form("1", ("ways",)),
    "tradeoff/interval": Form("s", ("ways",)),
    "tradeoff/energy": Form("J", ("ways",)),
    "tradeoff/latency": Form("s", ("ways",)),
    **{f"noise/variance/{source}": Form("A^2", ("layers",)) for source in SOURCES},
    **cost_file.FORMS,
}


def forms(contents: Contents) -> dict[str, Form]:
    """Forms of all datasets that the file of an evaluation must have, whose texts are known to be there.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The file is of no task that is known.
    """
    task = str(contents["task"][0])
    if task not in METRICS:
        raise FileFormatError(f"{contents.path}: dataset 'task' holds {task!r}; expected one of {', '.join(METRICS)}")
    found = TEXTS | OF_THE_CHIP
    for path in contents.data:
        if path.startswith("chips/"):
            found[path] = Form(METRICS[task].get(path.split("/")[1].partition("_blend_")[0], "1"), ("chips",))
        if path.startswith(("ablation/", "controls/", "control_gaps/", "noiseless/", "bought/", "tradeoff/metrics/")):
            unit = METRICS[task].get(path.rpartition("/")[2].partition("_blend_")[0], contents.units[path])
            found[path] = Form(unit, ("ways", "3") if path.startswith("tradeoff/") else ("3",))
        if path.startswith("variants/") and "/blend/" in path:
            metric = path.rpartition("/")[2]
            unit = METRICS[task].get(metric, "1")
            found[path] = Form(unit, ("fractions",) if metric == "fraction" else ("fractions", "3"))
        if path.startswith("variants/") and "/blend_scores/" in path:
            variant, score = path.split("/")[1], path.rpartition("/")[2]
            found[path] = Form(SCORE_UNITS.get(score, "1"), (f"{variant} chips", "mixed inputs"))
        if path.startswith("variants/") and "/shifted/" in path:
            unit = "original" if task == "regression" else "nat"
            found[path] = Form(unit, (f"inputs of {path.rpartition('/')[2]}",))
    if task == "regression":
        found["chips/noise_std"] = Form("original", ("chips",))
    for variant in contents["quality/names"]:
        found[f"quality/{variant}/samples"] = Form("1", (f"{variant} passes",))
        for metric, unit in METRICS[task].items():
            if metric in OF_PASSES[task]:
                found[f"quality/{variant}/metrics/{metric}"] = Form(unit, (f"{variant} passes", "3"))
    for variant in contents["variants/names"]:
        for path, (unit, shape, _) in OF_A_VARIANT[task].items():
            # How many inputs can be kept apart is a matter of each variant, as are its chips.
            own = tuple(f"{variant} {name}" if name in ("kept", "chips") else name for name in shape or ())
            found[f"variants/{variant}/{path}"] = Form(unit, own)
        for metric, unit in METRICS[task].items():
            found[f"variants/{variant}/metrics/{metric}"] = Form(unit, ("3",))
            found[f"chips/{metric}"] = Form(unit, ("chips",))
    return found
