"""Every file that a configuration asks for: what it depends on, what it is made from, and the script that makes it.

The rules of a scenario and the points of a study both read it, so that a file is described once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
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


@cache
def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents(paths: Sequence[str]) -> dict[str, str]:
    """Hash of every file that a person names, and of those in a folder: other data make other results."""
    each = [file for path in map(Path, paths) for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return {str(file): _hash_of(file) for file in each if file.is_file()}


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
    for section, device_type in (("smtj", "stochastic_mtj"), ("dwmtj", "domain_wall_mtj")):
        made[f"micromag/{section}/variation"] = Task(
            "variation",
            "simulate_variation",
            shared
            | {
                "device_type": device_type,
                "device": c.dump(section),
                "protocol": c.dump("variation")[section],
                "seed": c.seed_for(f"{section}/variation"),
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
            "disks": "micromag/smtj/variation",
            "tracks": "micromag/dwmtj/variation",
        },
    )
    for dataset, network in c.networks.chosen().items():
        data_seed = c.seed_for(f"networks/{dataset}")
        made[f"networks/{dataset}"] = Task(
            "network",
            "train_network",
            {
                "dataset": dataset,
                "files": contents(network.files()),
                "settings": network.model_dump(mode="json", exclude={"baselines"}),
                "seed": data_seed,
            },
            {"models": "compact_models"},
        )
        made[f"baselines/{dataset}"] = Task(
            "baselines",
            "train_baselines",
            {
                "dataset": dataset,
                "files": contents(network.data_files()),
                "settings": network.model_dump(mode="json", exclude={"start", "posterior"}),
                "data_seed": data_seed,
                "seed": c.seed_for(f"baselines/{dataset}"),
            },
        )
        made[f"accelerator/{dataset}"] = Task(
            "accelerator",
            "run_accelerator",
            {
                "dataset": dataset,
                "files": contents(network.data_files()),
                "data": network.model_dump(mode="json")["data"],
                "settings": c.dump("accelerator"),
                "evaluation": c.dump("evaluation"),
                "costs": spinbayes_data.load("peripherals", c.accelerator.cost_table),
                "data_seed": data_seed,
                "seed": c.seed_for(f"accelerator/{dataset}"),
            },
            {"models": "compact_models", "networks": f"networks/{dataset}", "baselines": f"baselines/{dataset}"},
        )
    return made
