"""What counts as the code of a job: what it runs, and nothing else."""

import json
import subprocess
import sys

import pytest

from magbayes.workflow import code
from magbayes.workflow.configuration import validate
from magbayes.workflow.store import Store
from magbayes.workflow.tasks import scenario_tasks, tasks_of
from tests.workflow.conftest import TINY


def modules(name, engine="native", **changes):
    """Our modules that a task runs, without the package's name."""
    found = code.modules_of(*tasks_of(validate(changes), engine)[name].modules)
    return {module.removeprefix("magbayes.") for module in found}


def written(tmp_path, text):
    path = tmp_path / "one.py"
    path.write_text(text, encoding="utf-8")
    code.parsed.cache_clear()
    return code.parsed(path)


def test_code_that_changes_results_counts_and_comments_do_not(tmp_path):
    one = written(tmp_path, '"""What."""\ndef f(x):\n    """How."""\n    return x + 1  # why\n')
    assert one == written(tmp_path, "def f(x):\n\n    return x + 1\n")
    assert one != written(tmp_path, "def f(x):\n    return x + 2\n")


def test_imports_for_type_checkers_do_not_count(tmp_path):
    text = "from typing import TYPE_CHECKING\nif {}:\n    from magbayes.system.cost import energy\n"
    assert written(tmp_path, text.format("TYPE_CHECKING"))[1] == frozenset()
    assert "magbayes.system.cost.energy" in written(tmp_path, text.format("True"))[1]


def test_training_does_not_depend_on_energy():
    """Of the array, training knows what electrical noise adds to a device, and baselines know nothing."""
    known = {"system.array", "system.array.devices", "system.array.electrical", "system.array.slices"}
    for name, allowed in (("networks/digits", known), ("baselines/digits", set())):
        assert {module for module in modules(name) if module.startswith(("system.cost", "system.array"))} == allowed
    assert "system.network.training" in modules("networks/digits")
    assert "system.cost.energy" in modules("accelerator/digits")


def test_the_report_depends_on_what_it_reads_and_on_no_computation():
    report = code.modules_of(*scenario_tasks(validate({}))["report"].modules)
    # It judges a cell of two terminals by itself, from the electrical models of the array.
    rooms = (
        "array.accelerator",
        "array.layer",
        "array.programming",
        "array.wires",
        "network.training",
        "network.model",
    )
    computing = tuple(f"magbayes.system.{room}" for room in (*rooms, "evaluation.evaluate"))
    assert not {module for module in report if module.startswith(computing)}
    assert "magbayes.system.evaluation.results" in report


def test_an_engine_counts_where_it_runs(monkeypatch):
    native = modules("micromag/smtj/+0V_300K")
    assert {"micromag.llg.noise", "micromag.engines.native"} <= native
    assert "micromag.engines.oommf" not in native
    # Nothing of fits, networks or reports either.
    assert not {module for module in native if module.startswith(("system", "compact_models"))}
    monkeypatch.setattr("magbayes.workflow.tasks.program_of", lambda engine: "OOMMF")
    assert "micromag.engines.oommf" in modules("micromag/smtj/+0V_300K", "oommf")


def test_figures_count_for_the_report_alone():
    tasks = scenario_tasks(validate({}))
    users = {
        task.rule
        for task in tasks.values()
        if "magbayes.workflow.report.figures.physics" in code.modules_of(*task.modules)
    }
    assert users == {"report"}


NO_NUMBERS = {"magbayes.workflow.job", "magbayes.micromag.devices.registry"}
"""What is around the work of a job, and the list of all shapes, of which a task names its own."""

PROBE = """
import json, sys
from importlib import import_module
from types import SimpleNamespace

script, params, inputs, output = json.loads(sys.argv[1])
from magbayes.workflow.job import Work
import_module(script).main(Work(SimpleNamespace(**params), SimpleNamespace(**inputs), [output]))
print(json.dumps([name for name in sys.modules if name.split(".")[0] == "magbayes"]))
"""


@pytest.mark.slow
def test_all_that_a_job_runs_counts(tmp_path, monkeypatch):
    """Jobs of a tiny scenario in processes of their own: what they load is what their digests are of."""
    monkeypatch.chdir(tmp_path)
    store = Store(tasks_of(validate(TINY), "native"))
    for name in store.closure(list(store.tasks)):
        task, path = store.tasks[name], store.path(name)
        if name.endswith(("/digits", "/cubic")):
            continue  # like diabetes
        described = json.dumps([task.modules[0], dict(task.params), store.inputs(name), str(path)])
        answer = subprocess.run([sys.executable, "-c", PROBE, described], capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr
        loaded = set(json.loads(answer.stdout.splitlines()[-1])) - NO_NUMBERS
        counted = code.modules_of(*task.modules)
        assert loaded <= counted, (name, loaded - counted)
        if task.rule == "fluctuation":
            # The control: without the engine's name, it would be missed.
            assert not loaded <= code.modules_of(task.modules[0])
