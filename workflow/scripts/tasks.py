"""Every file that a configuration asks for: what it depends on, what it is made from, and the script that makes it.

The rules of a scenario and the points of a study both read it, so that a file is described once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import spinbayes_data
from configuration import Configuration


@dataclass(frozen=True)
class Task:
    """One file."""

    rule: str
    script: str
    """Module beside this one whose `main` makes the file."""
    params: Mapping[str, Any]
    """All that the file depends on beside its inputs: plain values, and no more than it uses."""
    needs: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Names of the tasks whose files it reads, by the name of the input."""


def tasks_of(configuration: Configuration, engine: str) -> dict[str, Task]:
    """Tasks by name: the path of the file below a scenario's folder, without its suffix."""
    c = configuration
    shared = {"engine": engine, "temperature": c.temperature}
    disk = shared | {"device": c.dump("smtj")}
    track = shared | {
        "device": c.dump("dwmtj"),
        "protocol": c.dump("pulses", "current_densities", "widths"),
    }
    made: dict[str, Task] = {}
    for voltage, temperature in product(c.fluctuation.voltages, c.fluctuation.temperatures(c.temperature)):
        name = f"{voltage:+g}V_{temperature:g}K"
        made[f"micromag/smtj/{name}"] = Task(
            "fluctuation",
            "simulate_fluctuation",
            disk
            | {
                "protocol": c.dump("fluctuation", "voltages", "other_temperatures"),
                "voltage": voltage,
                "temperature": temperature,
                "seed": c.seed_for(f"smtj/{name}"),
            },
        )
    fluctuations = list(made)
    for current, width in product(c.pulses.current_densities, c.pulses.widths):
        name = f"{current:g}Apm2_{width:g}s"
        made[f"micromag/dwmtj/{name}"] = Task(
            "pulse",
            "simulate_pulses",
            track | {"pulse": {"current_density": current, "width": width}, "seed": c.seed_for(f"dwmtj/{name}")},
        )
    pulses = list(made)[len(fluctuations) :]
    made["micromag/dwmtj/rest"] = Task(
        "rest", "simulate_pulses", track | {"pulse": None, "seed": c.seed_for("dwmtj/rest")}
    )
    made["micromag/variation"] = Task(
        "variation",
        "simulate_variation",
        shared
        | {
            "smtj": c.dump("smtj"),
            "dwmtj": c.dump("dwmtj"),
            "protocol": c.dump("variation"),
            "seed": c.seed_for("variation"),
        },
    )
    made["micromag/smtj/resolution"] = Task(
        "resolution",
        "simulate_resolution",
        disk | {"protocol": c.dump("resolution"), "seed": c.seed_for("smtj/resolution")},
    )
    made["compact_models"] = Task(
        "fit",
        "fit_compact_models",
        {
            "configuration": {key: c.dump(key) for key in ("smtj", "fluctuation", "dwmtj", "pulses", "variation")}
            | shared
            | {"seed": c.seed}
        },
        {
            "fluctuations": fluctuations,
            "pulses": pulses,
            "rest": "micromag/dwmtj/rest",
            "variation": "micromag/variation",
        },
    )
    for dataset, settings in c.dump("networks").items():
        seed = c.seed_for(f"networks/{dataset}")
        made[f"networks/{dataset}"] = Task(
            "network",
            "train_network",
            {"dataset": dataset, "settings": settings, "seed": seed},
            {"models": "compact_models"},
        )
        made[f"accelerator/{dataset}"] = Task(
            "accelerator",
            "run_accelerator",
            {
                "dataset": dataset,
                "settings": c.dump("accelerator"),
                "costs": spinbayes_data.load("peripherals", c.accelerator.cost_table),
                "data_seed": seed,
                "seed": c.seed_for(f"accelerator/{dataset}"),
            },
            {"models": "compact_models", "networks": f"networks/{dataset}"},
        )
    return made
