"""Components and actions for other tools: what they add up to, and whether these read them."""

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
    layer = LayerActivity(cells, cells, np.full(30, 2e-3), np.full(30, 0.03), -0.5 * cells / 1e-4, mirror=2.0)
    cost = prediction_cost([layer] * 2, [Programming(1, 1e-12, 1e-8, 1)] * 2, settings, "classification", 10)
    data = dict(cost_data(cost)) | dict(comparison_data(compare(cost, [], settings)))
    values = {path: np.asarray(quantity.value) for path, quantity in data.items()}
    return Contents(Path("file.h5"), values | {"name": np.array(["two layers"])}, {}, {})


class Reader(yaml.SafeLoader):
    """Reads the tag of AccelForge's nodes as a mapping."""


Reader.add_constructor("!Compute", lambda loader, node: loader.construct_mapping(node, deep=True))


def total_of(found):
    """Energy of a prediction from what was exported, J."""
    here, latency = found["magbayes"], found["magbayes"]["latency"]
    energy = here["control_energy"]
    for node in found["arch"]["nodes"]:
        energy += sum(here["actions_by_layer"][node["name"]]) * node["actions"][0]["energy"]
        energy += node["leak_power"] * latency
    return energy


def test_components_add_up_to_the_prediction(evaluation):
    """After writing and reading; without one of them they do not."""
    found = yaml.load(accelforge(evaluation), Reader)
    assert total_of(found) == pytest.approx(found["magbayes"]["energy"], rel=1e-9)
    assert found["magbayes"]["energy"] == pytest.approx(float(evaluation["cost/total"][0]))
    found["arch"]["nodes"].pop()
    assert total_of(found) != pytest.approx(found["magbayes"]["energy"], rel=1e-6)
    names = [node["name"] for node in components(evaluation)["arch"]["nodes"]]
    assert len(set(names)) == len(names)
    area = sum(node["area"] for node in components(evaluation)["arch"]["nodes"])
    assert area == pytest.approx(sum(evaluation[f"cost/area/{part}"].sum() for part in AREA_PARTS))


def test_accelforge_reads_them(evaluation):
    """As compute nodes, with the energies that were written."""
    parts = pytest.importorskip("accelforge.frontend.arch.components", reason="no accelforge: it needs Python 3.12")
    found = components(evaluation)["arch"]["nodes"]
    nodes = [parts.Compute(**node) for node in found]
    assert [node.actions[0].energy for node in nodes] == [node["actions"][0]["energy"] for node in found]
    assert [node.area for node in nodes] == [node["area"] for node in found]
