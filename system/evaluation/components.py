"""Components and actions of an evaluated accelerator as YAML, for AccelForge and hwcomponents.

Each action becomes a component with the fields of AccelForge's ``Component``: ``name``, ``area`` (m^2, of the parts
that have one), ``leak_power`` (W) and ``actions`` with ``energy`` (J). How often each happens in a prediction, by
layer, stands beside them under ``variables``, which AccelForge keeps as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import yaml

from magbayes.data.container import Contents
from magbayes.system.cost.energy import AREA_PARTS

_LEAKAGE = "leakage"


def components(evaluation: Contents) -> dict[str, Any]:
    """Return components with their actions, and how often these happen, as plain values.

    The area of a part belongs to its first component; the share of clock and control stands alone.
    """
    parts, names = (list(map(str, evaluation[f"cost/actions/{key}"])) for key in ("part", "name"))
    numbers, prices = evaluation["cost/actions/number"], evaluation["cost/actions/price"]
    latency = float(evaluation["cost/latency"])
    leaking = {part: float(evaluation[f"cost/area/{part}"].sum()) for part in AREA_PARTS if part in parts}
    whole = sum(leaking.values())
    power = float(evaluation["cost/energy/leakage"].sum()) / latency
    nodes, counts = [], {}
    for part, name, number, price in zip(parts, names, numbers, prices, strict=True):
        if part == _LEAKAGE:
            continue
        area = leaking.pop(part, 0.0)
        nodes.append(
            {
                "name": f"{part}_{name}",
                "area": area,
                "leak_power": power * area / whole if whole else 0.0,
                "actions": [{"name": "act", "energy": float(price), "throughput": float("inf")}],
            }
        )
        counts[f"{part}_{name}"] = np.asarray(number, float).tolist()
    return {
        "arch": {"nodes": nodes},
        "variables": {
            "network": str(evaluation["name"][0]),
            "samples": int(evaluation["cost/samples"]),
            "latency": latency,
            "energy": float(evaluation["cost/total"][0]),
            "control_energy": float(evaluation["cost/energy/control"].sum()),
            "actions_by_layer": counts,
        },
    }


class _Tagged(yaml.SafeDumper):
    """Writes components with the tag that AccelForge knows them by."""


class _Node(dict[str, Any]):
    """A component."""


_Tagged.add_representer(_Node, lambda dumper, node: dumper.represent_mapping("!Compute", dict(node)))


def accelforge(evaluation: Contents) -> str:
    """Return `components` as YAML, nodes tagged as AccelForge has them."""
    found = components(evaluation)
    found["arch"]["nodes"] = [_Node(node) for node in found["arch"]["nodes"]]
    text: str = yaml.dump(found, Dumper=_Tagged, sort_keys=False, width=110)
    return text
