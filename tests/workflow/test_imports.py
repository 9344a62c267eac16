"""What a start of the workflow does not import, since no run uses it and it takes seconds."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from magbayes.workflow import imports

CONFIGURATION = """
from magbayes.workflow import guard, sources
from magbayes.workflow.designs.wanted import wanted
wanted(sources.Given({"scenario": "one", "networks": {"digits": {"steps": 10}}}, {}))
"""
MESH = """
from magbayes.micromag.devices.build import device
disk = device("smtj", {})
disk.magnetisation
disk.rigid_spin_sigma(0.0, 300.0)
"""
NOTEBOOK = """
import nbformat
nbformat.validate(nbformat.v4.new_notebook())
"""
LEFT_OUT = """
from magbayes.workflow import imports
imports.leave_out_unused()
"""
NAMES = """
import json, sys
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""
HEAVY = {
    *("discretisedfield", "holoviews", "jax", "matplotlib", "micromagneticmodel"),
    *("arviz_stats", "optuna", "scipy.integrate", "scipy.stats", "sklearn"),
}


def imported(code):
    """Modules that a process of its own has imported when it is through."""
    command = [sys.executable, "-c", code + NAMES]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_a_configuration_is_checked_without_meshes_compilers_and_figures():
    assert not HEAVY & imported(CONFIGURATION)
    # A device that is asked for its mesh, and for an integral, does import them: the check sees what it looks for.
    assert {"discretisedfield", "matplotlib", "scipy.integrate"} <= imported(MESH)


@pytest.mark.skipif(find_spec(imports.UNUSED) is None, reason=f"{imports.UNUSED} is not installed")
def test_notebooks_are_read_without_what_no_run_uses():
    assert imports.UNUSED in imported(NOTEBOOK)
    assert imports.UNUSED not in imported(LEFT_OUT + NOTEBOOK)


def test_what_was_imported_before_stays(monkeypatch):
    monkeypatch.setitem(sys.modules, imports.UNUSED, json)
    imports.leave_out_unused()
    assert sys.modules[imports.UNUSED] is json
