"""Components and actions for other tools: what they add up to, and whether these read them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

from magbayes.data.container import Contents
from magbayes.system.cost.comparison import compare
from magbayes.system.cost.energy import AREA_PARTS, LayerActivity, Programming, prediction_cost
from magbayes.system.evaluation.components import accelforge, components
from magbayes.system.evaluation.cost_file import comparison_data, cost_data
from magbayes.system.settings import AcceleratorSettings


@pytest.fixture(scope="module")
def evaluation():
    """What a file holds of the costs of two layers."""
    settings = AcceleratorSettings()
    cells = np.full((30, 20), 1e-4)
    gates = np.full((2, *cells.shape), -0.5)
    voltages = np.full(30, 2e-3), np.full(30, 0.03)
    layer = LayerActivity(cells, cells, *voltages, gates, 1e-13 * np.abs(gates), mirror=2.0, read_time=1e-9)
    cost = prediction_cost([layer] * 2, [Programming(1, 1e-12, 1e-8, 1)] * 2, settings, "classification", 10)
    data = dict(cost_data(cost)) | dict(comparison_data(compare(cost, [], settings)))
    values = {path: np.asarray(quantity.value) for path, quantity in data.items()}
    return Contents(Path("file.h5"), values | {"name": np.array(["two layers"])}, {}, {})


class Reader(yaml.SafeLoader):
    """Reads the tag of AccelForge's nodes as a mapping."""


Reader.add_constructor("!Compute", lambda loader, node: loader.construct_mapping(node, deep=True))


def total_of(found):
    """Energy of a prediction from what was exported, J."""
    here, latency = found["variables"], found["variables"]["latency"]
    energy = here["control_energy"]
    for node in found["arch"]["nodes"]:
        energy += sum(here["actions_by_layer"][node["name"]]) * node["actions"][0]["energy"]
        energy += node["leak_power"] * latency
    return energy


def test_components_add_up_to_the_prediction(evaluation):
    """After writing and reading; without one of them they do not."""
    found = yaml.load(accelforge(evaluation), Reader)
    assert total_of(found) == pytest.approx(found["variables"]["energy"], rel=1e-9)
    assert found["variables"]["energy"] == pytest.approx(float(evaluation["cost/total"][0]))
    found["arch"]["nodes"].pop()
    assert total_of(found) != pytest.approx(found["variables"]["energy"], rel=1e-6)
    names = [node["name"] for node in components(evaluation)["arch"]["nodes"]]
    assert len(set(names)) == len(names)
    area = sum(node["area"] for node in components(evaluation)["arch"]["nodes"])
    assert area == pytest.approx(sum(evaluation[f"cost/area/{part}"].sum() for part in AREA_PARTS))


READ = """
import sys, accelforge
spec = accelforge.Spec.from_yaml(sys.argv[1])
here = dict(spec.variables)
energy = here["control_energy"]
for node in spec.arch.nodes:
    energy += sum(here["actions_by_layer"][node.name]) * node.actions[0].energy + node.leak_power * here["latency"]
print(len(spec.arch.nodes), energy)
"""
PYTHON = os.environ.get("MAGBAYES_ACCELFORGE_PYTHON") or (sys.executable if find_spec("accelforge") else None)


@pytest.mark.skipif(PYTHON is None, reason="no AccelForge (it needs Python 3.12): MAGBAYES_ACCELFORGE_PYTHON names one")
def test_accelforge_reads_them(evaluation, tmp_path):
    """The whole file, with the energies that were written."""
    path = tmp_path / "components.yaml"
    path.write_text(accelforge(evaluation), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    read = subprocess.run([PYTHON, "-c", READ, path], capture_output=True, text=True, check=True, env=environment)
    count, energy = read.stdout.split()[-2:]
    assert int(count) == len(components(evaluation)["arch"]["nodes"])
    assert float(energy) == pytest.approx(float(evaluation["cost/total"][0]), rel=1e-9)
