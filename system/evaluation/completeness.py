"""What every file of an evaluation has, in which units and shapes: a file without it is refused when it is read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from magbayes.data.container import Contents

Form = tuple[str, tuple[str, ...]]
"""Unit, and names of dimensions; ``3`` is a value and the ends of its interval."""

TEXTS = ("name", "task", "variants/names", "warnings", "digital/names")

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

OF_A_VARIANT: dict[str, dict[str, Form]] = {
    "classification": {
        "test/probability": ("1", ("inputs", "classes")),
        "test/aleatoric": ("nat", ("inputs",)),
        "test/epistemic": ("nat", ("inputs",)),
        "reliability/confidence": ("1", ("bins",)),
        "reliability/accuracy": ("1", ("bins",)),
        "reliability/inputs": ("1", ("bins",)),
        "risk_coverage/coverage": ("1", ("kept",)),
        "risk_coverage/risk": ("1", ("kept",)),
    },
    "regression": {
        "test/mean": ("original", ("inputs",)),
        "test/std": ("original", ("inputs",)),
        "test/epistemic_std": ("original", ("inputs",)),
        "test/quantiles": ("original", ("quantiles", "inputs")),
        "risk_coverage/coverage": ("1", ("kept",)),
        "risk_coverage/risk": ("original^2", ("kept",)),
        "calibration/level": ("1", ("levels",)),
        "calibration/observed": ("1", ("levels",)),
    },
}

OF_THE_CHIP: dict[str, Form] = {
    "test/target": ("original", ("inputs",)),
    "quantiles": ("1", ("quantiles",)),
    "cost/latency": ("s", ()),
    "cost/samples": ("1", ()),
    "cost/passing": ("s", ("layers",)),
    "cost/programming/pulses": ("1", ()),
    "cost/programming/energy": ("J", ()),
    "cost/programming/latency": ("s", ()),
    "tradeoff/samples": ("1", ("ways",)),
    "tradeoff/interval": ("s", ("ways",)),
    "tradeoff/energy": ("J", ("ways",)),
    "tradeoff/latency": ("s", ("ways",)),
}


def _expected(contents: Contents, task: str) -> Iterator[tuple[str, Form]]:
    yield from OF_THE_CHIP.items()
    for path in contents.data:
        if path.startswith(("cost/energy/", "cost/area/")):
            yield path, ("J" if path.startswith("cost/energy/") else "m^2", ("layers",))
        elif path.startswith("digital/energy/"):
            yield path, ("J", ("generators",))
        elif path.startswith(("ablation/", "tradeoff/metrics/")):
            unit = METRICS[task].get(path.rpartition("/")[2], contents.units[path])
            yield path, (unit, ("3",) if path.startswith("ablation/") else ("ways", "3"))
    for variant in contents["variants/names"]:
        for path, (unit, shape) in OF_A_VARIANT[task].items():
            # How many inputs can be kept apart is a matter of each variant.
            own = tuple(f"{variant} {name}" if name == "kept" else name for name in shape)
            yield f"variants/{variant}/{path}", (unit, own)
        for metric, unit in METRICS[task].items():
            yield f"variants/{variant}/metrics/{metric}", (unit, ("3",))


def fault_of(contents: Contents) -> str | None:
    """What a file of an evaluation lacks, or what has another unit or shape than it must; None if it is complete."""
    task = str(contents["task"][0]) if len(contents["task"]) else ""
    if task not in METRICS:
        return f"dataset 'task' holds {task!r}; expected one of {', '.join(METRICS)}"
    lengths = {"3": 3, "generators": len(contents["digital/names"])}
    for path, (unit, shape) in [*((path, ("1", ("",))) for path in TEXTS), *_expected(contents, task)]:
        if path not in contents.data:
            return f"dataset {path!r} is missing"
        if contents.units[path] != unit:
            return f"dataset {path!r} is in {contents.units[path]!r}; expected {unit!r}"
        value = np.asarray(contents[path])
        if path in TEXTS:
            continue
        if value.dtype.kind not in "fiub":
            return f"dataset {path!r} must hold real numbers"
        if value.ndim != len(shape):
            return f"dataset {path!r} has {value.ndim} dimensions; expected {len(shape)}"
        for dimension, length in zip(shape, value.shape, strict=True):
            if lengths.setdefault(dimension, length) != length:
                return f"dataset {path!r} has length {length} along {dimension!r}; expected {lengths[dimension]}"
    return None
