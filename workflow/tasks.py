"""Every file that a configuration asks for: what it depends on, what it is made from, and the script that makes it.

The rules of a scenario and the points of a study both read it, so that a file is described once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

from magbayes.compact_models.measured.settings import IDEALISED
from magbayes.compact_models.measured.sheet import files_of, located
from magbayes.data import cited
from magbayes.data.seeds import text_of
from magbayes.micromag.devices import registry
from magbayes.system.datasets import idx
from magbayes.workflow.code import version_of_pages
from magbayes.workflow.configuration import Configuration
from magbayes.workflow.feasibility import ASKED
from magbayes.workflow.remembered import once

SCRIPTS = "magbayes.workflow.scripts"

VARIED = (
    "interface_anisotropy",
    "notch_depth",
    "grain_anisotropy",
    "grain_size",
    "edge_roughness",
    "edge_correlation",
)
"""Keys of ``variation.dwmtj`` that barriers depend on."""

WARMED = ("heating", "stages")
"""Keys of ``pulses`` that say how pulses heat."""


@dataclass(frozen=True)
class Task:
    """One file."""

    rule: str
    modules: tuple[str, ...]
    """The script whose `main` makes the file, and what that loads by name: engines, devices."""
    params: Mapping[str, Any]
    """All that the file depends on beside its inputs: plain values, and no more than it uses."""
    needs: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Names of the tasks whose files it reads, by the name of the input."""
    together: str = ""
    """Name that it shares with tasks which one job may do, since they start and compile alike; empty: none."""
    digests: dict[tuple[str, ...], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Digests of the file that the store knows, by code and by what it needs: points of a study share tasks."""

    def needed(self) -> list[str]:
        """Names of the tasks whose files it reads."""
        return [name for names in self.needs.values() for name in ([names] if isinstance(names, str) else names)]


@cache
def _hash_of(path: Path, stamp: tuple[int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def contents(paths: Sequence[str]) -> dict[str, str]:
    """Hash of every file that a person names, and of the data set in a folder: other data make other results."""
    files = [file for path in map(Path, paths) for file in (idx.files_of(path) if path.is_dir() else [path])]
    return {str(file): _hash_of(file, _stamp(file)) for file in files if file.is_file()}


def program_of(engine: str) -> str:
    """What runs beside our own libraries: another OOMMF makes other numbers."""
    if engine != "oommf":
        return ""
    from magbayes.micromag.engines import oommf

    return f"OOMMF {oommf.require().version}, oommfc {version('oommfc')}"


def scripted(script: str, *modules: str) -> tuple[str, ...]:
    """A rule script, and the modules that it loads by name."""
    return (f"{SCRIPTS}.{script}", *modules)


def tasks_of(configuration: Configuration, engine: str) -> dict[str, Task]:
    """Tasks by name: the path of the file below a scenario's folder, without its suffix."""
    if configuration.compact_models.paths:
        tasks = _given(configuration)
    else:
        tasks = dict(_simulated_devices(configuration, engine, program_of(engine)))
    for name in configuration.networks.selected():
        tasks |= _network(configuration, name)
    return tasks


def files_of_devices(c: Configuration) -> list[str]:
    """Files of the devices that are not simulated; none where both are.

    Raises
    ------
    ValueError
        A sheet is wrong.
    """
    given = c.compact_models.files.items()
    return [path for device, name in given for path in _files_of(device, name, _stamp(located(name)))]


@cache
def _files_of(device: str, name: str, stamp: tuple[int, int]) -> list[str]:
    return files_of(device, name)


def _given(c: Configuration) -> dict[str, Task]:
    """Compact models of measured devices."""
    params = {
        "devices": c.compact_models.paths,
        # Of devices that are given nothing depends on them.
        "idealised": c.compact_models.idealised.model_dump() if IDEALISED in c.compact_models.paths.values() else {},
        "files": contents(files_of_devices(c)),
        "seed": c.seed_for("compact_models"),
    }
    return {"compact_models": Task("measured", scripted("import_compact_models"), params)}


@once
def _simulated_devices(configuration: Configuration, engine: str, program: str) -> dict[str, Task]:
    """Ensembles of both devices, and the compact models that are fitted to them."""
    shared = {"engine": engine, "program": program, "temperature": configuration.temperature}
    fluctuations = _fluctuations(configuration, shared)
    pulses = _pulses(configuration, shared)
    tasks = fluctuations | pulses | _other_ensembles(configuration, shared)
    sections = ("smtj", "fluctuation", "dwmtj", "pulses", "variation")
    tasks["compact_models"] = Task(
        "fit",
        scripted("fit_compact_models"),
        {
            "configuration": {key: configuration.dump(key) for key in sections}
            | {"retention": configuration.dump("retention", *ASKED)}
            | shared,
            "seed": configuration.seed_for("compact_models"),
        },
        {
            "fluctuations": list(fluctuations),
            "pulses": list(pulses),
            "rest": "micromag/dwmtj/rest",
            "retention": "micromag/dwmtj/retention",
            "disks": "micromag/smtj/variation",
            "tracks": "micromag/dwmtj/variation",
        },
    )
    return tasks


def scenario_tasks(configuration: Configuration) -> dict[str, Task]:
    """Tasks of a scenario, its report among them; of two engines the second's are below ``oommf/``."""
    first = "native" if configuration.engine == "both" else configuration.engine
    tasks = tasks_of(configuration, first)
    models = ["compact_models"]
    if configuration.engine == "both":
        others = tasks_of(configuration, "oommf")
        names = ["compact_models", *others["compact_models"].needed()]
        tasks |= {f"oommf/{name}": _below("oommf/", others[name]) for name in names}
        models.append("oommf/compact_models")
    tasks["report"] = _report(configuration, tasks, models)
    return tasks


def _below(folder: str, task: Task) -> Task:
    needs = {
        key: f"{folder}{need}" if isinstance(need, str) else [f"{folder}{one}" for one in need]
        for key, need in task.needs.items()
    }
    return replace(task, needs=needs, together=f"{folder}{task.together}" if task.together else "")


def _report(c: Configuration, tasks: Mapping[str, Task], models: list[str]) -> Task:
    simulated: dict[str, str | list[str]] = {}
    if not c.compact_models.paths:
        discretised = {"resolution": "micromag/smtj/resolution", "track_resolution": "micromag/dwmtj/resolution"}
        simulated = {**tasks["compact_models"].needs, **discretised}
    return Task(
        "report",
        scripted("make_report"),
        {
            "scenario": c.scenario,
            "networks": list(c.networks.selected()),
            "configuration": c.model_dump(mode="json"),
            "warnings": c.warnings(),
            "files": contents(own_files(c)),
            "pages": version_of_pages(),
        },
        {
            **simulated,
            "models": models,
            "accelerator": [f"accelerator/{name}" for name in c.networks.selected()],
        },
    )


def own_files(c: Configuration) -> list[str]:
    """Files and folders of a person's own that a scenario reads: data sheets, data sets, posteriors, letters."""
    of_networks = [path for network in c.networks.selected().values() for path in network.files()]
    return list(dict.fromkeys([*(files_of_devices(c) if c.compact_models.paths else []), *of_networks]))


def _simulated(script: str, shared: Mapping[str, Any], c: Configuration, section: str) -> tuple[str, ...]:
    """A script that simulates, with the engine and the device that it loads by name."""
    return scripted(
        script,
        f"magbayes.micromag.engines.{shared['engine']}",
        registry.module_of(section, getattr(c, section).type),
    )


def _disk(c: Configuration) -> dict[str, Any]:
    return {"device": c.dump("smtj")}


def _track(c: Configuration, *without: str) -> dict[str, Any]:
    return {"device": c.dump("dwmtj"), "protocol": c.dump("pulses", "current_densities", "widths", *without)}


def _fluctuations(c: Configuration, shared: Mapping[str, Any]) -> dict[str, Task]:
    tasks = {}
    modules = _simulated("simulate_fluctuation", shared, c, "smtj")
    protocol = c.dump("fluctuation", "voltages", "other_temperatures", "other_replicas")
    for voltage, temperature in product(c.fluctuation.voltages, c.fluctuation.temperatures(c.temperature)):
        name = f"smtj/{text_of(voltage, '+')}V_{text_of(temperature)}K"
        own = {
            "protocol": protocol | {"replicas": c.fluctuation.replicas_at(temperature, c.temperature)},
            "voltage": voltage,
            "temperature": temperature,
            "seed": c.seed_for(name),
        }
        together = f"smtj/{text_of(temperature)}K"
        tasks[f"micromag/{name}"] = Task("fluctuation", modules, {**shared, **_disk(c), **own}, together=together)
    return tasks


def _pulses(c: Configuration, shared: Mapping[str, Any]) -> dict[str, Task]:
    tasks = {}
    modules = _simulated("simulate_pulses", shared, c, "dwmtj")
    for current, width in product(c.pulses.current_densities, c.pulses.widths):
        name = f"dwmtj/{text_of(current)}Apm2_{text_of(width)}s"
        own = {"pulse": {"current_density": current, "width": width}, "seed": c.seed_for(name)}
        together = f"dwmtj/{text_of(width)}s"
        tasks[f"micromag/{name}"] = Task("pulse", modules, {**shared, **_track(c), **own}, together=together)
    return tasks


def _other_ensembles(c: Configuration, shared: Mapping[str, Any]) -> dict[str, Task]:
    """Walls at rest, their barriers, how devices of either kind differ, and what the discretisation decides."""
    tasks = {
        "micromag/dwmtj/rest": Task(
            "rest",
            _simulated("simulate_pulses", shared, c, "dwmtj"),
            {**shared, **_track(c, *WARMED), "pulse": None, "seed": c.seed_for("dwmtj/rest")},
        ),
        "micromag/smtj/resolution": Task(
            "resolution",
            _simulated("simulate_resolution", shared, c, "smtj"),
            {**shared, **_disk(c), "protocol": c.dump("resolution"), "seed": c.seed_for("smtj/resolution")},
        ),
    }
    tasks["micromag/dwmtj/resolution"] = Task(
        "track_resolution",
        _simulated("simulate_track_resolution", shared, c, "dwmtj"),
        {
            **shared,
            "device": c.dump("dwmtj"),
            "protocol": c.dump("track_resolution"),
            "retention": c.dump("retention", *ASKED, "other_temperatures"),
            "pulses": {name: c.dump("pulses")[name] for name in WARMED},
            "seed": c.seed_for("dwmtj/resolution"),
        },
    )
    tasks["micromag/dwmtj/retention"] = Task(
        "retention",
        scripted("simulate_retention", registry.module_of("dwmtj", c.dump("dwmtj")["type"])),
        {
            "device": c.dump("dwmtj"),
            "protocol": c.dump("retention", *ASKED),
            "variation": {name: c.dump("variation")["dwmtj"][name] for name in VARIED},
            "temperature": c.temperature,
        },
    )
    for section, device_type in (("smtj", "stochastic_mtj"), ("dwmtj", "domain_wall_mtj")):
        own = {
            "device_type": device_type,
            "device": c.dump(section),
            "protocol": c.dump("variation")[section],
            "seed": c.seed_for(f"{section}/variation"),
        }
        tasks[f"micromag/{section}/variation"] = Task(
            "variation", _simulated("simulate_variation", shared, c, section), {**shared, **own}
        )
    return tasks


@cache  # one copy for all points of a study, which nobody changes
def _cited(folder: str, name: str) -> dict[str, Any]:
    return cited.load(folder, name)


def _network(c: Configuration, name: str) -> dict[str, Task]:
    """One network: trained, its baselines, and on the accelerator."""
    network = c.networks.selected()[name]
    data = {"dataset": name, "files": contents(network.data_files())}
    return {
        f"networks/{name}": _training(c, name, data | {"files": contents(network.files())}),
        f"baselines/{name}": _baselines(c, name, data | {"files": contents(network.files_of_inputs())}),
        f"accelerator/{name}": _running(c, name, data),
    }


@once
def _training(c: Configuration, name: str, data: Mapping[str, Any]) -> Task:
    params = {
        **data,
        "settings": c.networks.selected()[name].model_dump(mode="json", exclude={"baselines", "reads"}),
        "reading": c.accelerator_of(name).reading._asdict(),
        "seed": c.seed_for(f"networks/{name}"),
    }
    return Task("network", scripted("train_network"), params, {"models": "compact_models"})


@once
def _baselines(c: Configuration, name: str, data: Mapping[str, Any]) -> Task:
    network = c.networks.selected()[name]
    params = {
        **data,
        "settings": network.model_dump(mode="json", exclude={"start", "validation", "reads"}),
        "data_seed": c.seed_for(f"networks/{name}"),
        "seed": c.seed_for(f"baselines/{name}"),
    }
    # Whose prior was chosen there.
    needs: dict[str, str | list[str]] = {"networks": f"networks/{name}"} if network.chooses else {}
    return Task("baselines", scripted("train_baselines"), params, needs)


@once
def _running(c: Configuration, name: str, data: Mapping[str, Any]) -> Task:
    network = c.networks.selected()[name]
    params = {
        **data,
        "data": network.model_dump(mode="json", include={"data"})["data"],
        "posterior": network.posterior,
        "settings": c.accelerator_of(name).model_dump(mode="json"),
        "evaluation": c.dump("evaluation"),
        "costs": _cited("peripherals", c.accelerator.cost_table),
        "wires": _cited("wires", c.accelerator.wire),
        "bias": _cited("junctions", "bias"),
        "converters": _cited("converters", "survey"),
        "data_seed": c.seed_for(f"networks/{name}"),
        "seed": c.seed_for(f"accelerator/{name}"),
    }
    needs = {"models": "compact_models", "networks": f"networks/{name}", "baselines": f"baselines/{name}"}
    return Task("accelerator", scripted("run_accelerator"), params, needs)
