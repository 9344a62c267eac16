"""How much a job has to do, told beforehand from mesh, time step, replicas and durations, or steps and samples.

The unit differs from rule to rule, and only ratios within a rule count. Micromagnetic runs are counted in steps of
cells of replicas, networks in samples of weights and inputs; what the size of a data set adds is left to its rate.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from magbayes.workflow.code import version_of

KNOWN = Path(".snakemake/amounts.tsv")
"""Key and amount of each job of this folder that was measured, a line each."""

CHIPS_OF_AN_ABLATION = 14
"""Chips that an ablation adds: an ideal one, and one for every imperfection that chips have by default."""

CONTROLS = 5
"""Chips with wrong noise that a verdict is tried on."""

NETWORKS = 3
"""Networks that a job trains: within the devices' range, without it, and without noise. A candidate is one more."""

STEPS_OF_A_DRAW = 5
"""Steps of a trajectory that take as long as one state from the sampler, which makes about four steps of its own."""


def kind_of(rule: str, params: Mapping[str, Any]) -> str:
    """Jobs whose time goes with their amount by the same rate: those of one rule, and engine, device or data set."""
    further = [params[key] for key in ("engine", "device_type", "dataset") if key in params]
    return "/".join([rule, *map(str, further)])


def amount_of(rule: str, params: Mapping[str, Any]) -> float:
    """What a job has to do; 1 where nothing is known of it.

    Meshes and time steps of devices take seconds to set up, engine and all, so that what was found in this folder is
    kept there, and read by the next process.
    """
    if rule in _MEASURED:
        key = hashlib.sha256(
            json.dumps([rule, version_of(__name__), dict(params)], sort_keys=True).encode()
        ).hexdigest()
        if key not in (known := _known(KNOWN.resolve())):
            known[key] = _MEASURED[rule](params)
            _note(f"{key}\t{known[key]!r}\n")
        return known[key]
    counted = _COUNTED.get(rule)
    return counted(params) if counted else 1.0


@cache
def _known(path: Path) -> dict[str, float]:
    """Amounts by key, as a file has them."""
    amounts = {}
    with contextlib.suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):  # the end of a line may be lost with a disk
                key, amount = line.split("\t")
                amounts[key] = float(amount)
    return amounts


def _note(line: str) -> None:
    """Append a line, whole, where Snakemake keeps its own; elsewhere, or on a full disk, it is measured anew."""
    with contextlib.suppress(OSError):
        if KNOWN.parent.is_dir():
            with KNOWN.open("a", encoding="utf-8") as file:
                file.write(line)


@cache
def _cells_per_second(section: str, device: str, engine: str) -> float:
    """Steps of cells in a second of simulated time: magnetic cells over the largest time step allowed.

    With the parameters as they are given, at a temperature for all: steps hardly depend on either, and bare parameters
    take a second. What varies in time counts with its first nanosecond.
    """
    from magbayes.micromag.devices import build
    from magbayes.micromag.llg import heun, midpoint
    from magbayes.micromag.llg.model import translate

    plain = build.device(section, json.loads(device) | {"renormalise": "none"})
    model = translate(plain.system(0, temperature=plain.measured_at))
    scheme = midpoint if engine == "native" else heun
    return float(model.mask.sum() / scheme.largest_step(model, 1e-9))


def _rate(section: str, params: Mapping[str, Any], **changes: Any) -> float:
    device = json.dumps({**params["device"], **changes}, sort_keys=True)
    return _cells_per_second(section, device, params["engine"])


def _drawing(params: Mapping[str, Any], **mesh: float) -> float:
    """What it takes to draw the states of one chain, in cells of the device's own or others."""
    from magbayes.micromag.devices import build
    from magbayes.micromag.llg.equilibrium import WARM_UP

    cells = build.device("smtj", {**params["device"], **mesh}).cells
    return float((params["protocol"]["draws"] + WARM_UP) * STEPS_OF_A_DRAW * cells)


def _fluctuation(params: Mapping[str, Any]) -> float:
    from magbayes.micromag.protocols.fluctuation import Fluctuation

    # Voltages and temperatures are those of the job.
    protocol, engine = Fluctuation(**params["protocol"]), params["engine"]
    time = protocol.settling(engine) + protocol.duration
    drawing = _drawing(params) if protocol.draws_with(engine) else 0.0
    return protocol.replicas * (_rate("smtj", params) * time + drawing)


def _pulse(params: Mapping[str, Any]) -> float:
    from magbayes.micromag.raw import PULSED_NOTCHES

    p = params["protocol"]
    time = params["pulse"]["width"] + p["relaxation"]
    notches = min(params["device"]["notches"], PULSED_NOTCHES)
    return _rate("dwmtj", params, notches=notches) * p["replicas"] * time


def _rest(params: Mapping[str, Any]) -> float:
    p = params["protocol"]
    time = p["rest_equilibration"] + p["rest_duration"]
    return _rate("dwmtj", params) * params["device"]["notches"] * p["rest_replicas"] * time


def _width(params: Mapping[str, Any], **mesh: float) -> float:
    """What the width of a stochastic MTJ in equilibrium takes at one gate voltage, in cells of its own or others."""
    from magbayes.micromag.engines import SAMPLERS

    p = params["protocol"]
    if params["engine"] not in SAMPLERS:
        time = p["equilibration"] + p["duration"]
        return _rate("smtj", params, damping=p["damping"], **mesh) * p["replicas"] * time
    return float(p["replicas"] * _drawing(params, **mesh))


def _resolution(params: Mapping[str, Any]) -> float:
    p, device = params["protocol"], params["device"]
    counts = sorted({round(device["diameter"] / device["cell_size"]), *p["cells_across"]})
    meshes = sum(_width(params, cell_size=device["diameter"] / count) for count in counts)
    fractions = (1.0, *p["step_fractions"]) if p["step_fractions"] else ()
    rate = _rate("smtj", params, damping=p["damping"]) if fractions else 0.0
    steps = p["replicas"] * p["duration"] * rate * sum(1 / fraction for fraction in fractions)
    return len(p["voltages"]) * meshes + steps


def _track_resolution(params: Mapping[str, Any]) -> float:
    from magbayes.micromag.devices import build
    from magbayes.micromag.protocols.track_resolution import TrackResolution

    protocol = TrackResolution(**params["protocol"])
    time = protocol.replicas * (protocol.width + protocol.relaxation)
    meshes = protocol.tracks(build.device("dwmtj", params["device"]))
    rates = (_rate("dwmtj", params, notches=mesh.notches, cell_size=mesh.cell_size) for mesh in meshes)
    return sum(rates) * time


def _variation(params: Mapping[str, Any]) -> float:
    p = params["protocol"]
    if params["device_type"] == "stochastic_mtj":
        return _width(params) * 2 * len(p["voltages"])
    time = p["replicas"] * (p["equilibration"] + p["duration"])
    return _rate("dwmtj", params) * time * p["tracks"] * params["device"]["notches"]


def _fit(params: Mapping[str, Any]) -> float:
    c = params["configuration"]
    p = c["fluctuation"]
    ensembles = len(p["voltages"]) * (1 + len(p["other_temperatures"]))
    return ensembles * p["replicas"] * p["duration"] / p["sample_interval"]


def _hidden(settings: Mapping[str, Any]) -> float:
    channels = prod(layer["channels"] for layer in settings["convolutions"])
    return float(channels * prod(settings["hidden"]))


def _network(params: Mapping[str, Any]) -> float:
    s = params["settings"]
    candidates = prod(len(s[name]) for name in ("kl_weight", "prior_std") if isinstance(s[name], list))
    trained = 1 + (candidates / NETWORKS if candidates > 1 else 0)
    return trained * s["steps"] * s["batch"] * s["particles"] * _hidden(s)


def _baselines(params: Mapping[str, Any]) -> float:
    s = params["settings"]
    # The deterministic network of Laplace's approximation, which itself takes as long as one more at most.
    trained = s["baselines"]["ensemble"] + bool(s["baselines"]["dropout"]) + 2 * (s["baselines"]["laplace"] != 0)
    # A sample of NUTS takes some hundred gradients of all data.
    return (trained * s["steps"] * s["batch"] + 3e5 * s["baselines"]["nuts"]) * _hidden(s)


def _accelerator(params: Mapping[str, Any]) -> float:
    e = params["evaluation"]
    # All but the chips themselves are of the first one.
    runs = e["chips"] + len(e["intervals"]) + CHIPS_OF_AN_ABLATION * e["ablation"] + CONTROLS * e["controls"]
    return float(params["settings"]["samples"] * runs)


_MEASURED = {
    "fluctuation": _fluctuation,
    "pulse": _pulse,
    "rest": _rest,
    "resolution": _resolution,
    "track_resolution": _track_resolution,
    "variation": _variation,
}
"""Amounts of work of jobs that simulate depend on meshes and time steps of their devices."""

_COUNTED = {
    "fit": _fit,
    "network": _network,
    "baselines": _baselines,
    "accelerator": _accelerator,
}
