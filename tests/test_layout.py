"""Who may import whom, that reading a file starts no engine, and that what is said in several places is the same."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import links
from tests.imports import PYPROJECT, modules

ROOT = Path(__file__).parents[1]
SCRIPTS = [path for path in (ROOT / "workflow" / "scripts").glob("*.py") if path.stem != "__init__"]

CONTROLS = {
    # File, what it would import in an upward direction, and the contract that must be broken by it.
    "Packages": ("micromag/raw.py", "magbayes.compact_models.store"),
    "Rooms of micromag": ("micromag/devices/device.py", "magbayes.micromag.engines.native"),
    "Rooms of compact_models": ("compact_models/stochastic_mtj.py", "magbayes.compact_models.store"),
    "Rooms of system": ("system/cost/table.py", "magbayes.system.array.chip"),
    "Rooms of workflow": ("workflow/tasks.py", "magbayes.workflow.report.pages"),
    "compact_models reads": ("compact_models/compare.py", "magbayes.micromag.devices.device"),
    "The array takes": ("system/array/layer.py", "magbayes.compact_models.store"),
    "Facades": ("system/evaluation/evaluate.py", "magbayes.system"),
}


def broken(folder):
    """Contracts that the package in a folder breaks, by name, with what import-linter says of each."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    command += ["--no-cache", "--no-logo", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "1000"}
    answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    summary, _, details = answer.stdout.partition("Broken contracts\n")
    assert re.search(r"Contracts: \d+ kept, \d+ broken", summary), answer.stdout + answer.stderr
    assert answer.returncode == bool(details)
    sections = re.findall(r"^([^\n]+)\n-{4,}\n\n(.*?)(?=\n\n\n|\Z)", details, re.MULTILINE | re.DOTALL)
    return dict(sections)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package as tools see it, in a folder of links."""
    return links.make(tmp_path_factory.mktemp("links"))


def test_imports_go_one_way(package):
    assert broken(package) == {}


@pytest.fixture(scope="module")
def copy(package, tmp_path_factory):
    """A copy of the package's modules that a test may spoil, if it mends them again."""
    folder = tmp_path_factory.mktemp("copy")
    others = shutil.ignore_patterns("__pycache__", "*.yaml", "*.md", "*.svg", "*.j2", "*.smk")
    shutil.copytree(package / "magbayes", folder / "magbayes", ignore=others)
    return folder


def spoilt(copy, contract, text):
    """What is said of a contract when a module of the copy has the import of its control, written as `text` has it."""
    file, target = CONTROLS[contract]
    path = copy / "magbayes" / file
    source = "magbayes." + file.removesuffix(".py").replace("/", ".")
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n\n{text.format(target)}\n", encoding="utf-8")
    try:
        details = [details for name, details in broken(copy).items() if name.startswith(contract)]
    finally:
        path.write_text(before, encoding="utf-8")
    return f"{source} -> {target}" in "".join(details)


@pytest.mark.parametrize("contract", CONTROLS)
def test_an_import_upwards_is_reported(contract, copy):
    assert spoilt(copy, contract, "def later():\n    import {}")


def test_an_import_for_type_checkers_alone_is_none(copy):
    assert not spoilt(copy, "Packages", "if TYPE_CHECKING:\n    import {}")


def test_every_contract_has_a_control():
    names = [contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]]
    assert all(sum(name.startswith(start) for start in CONTROLS) == 1 for name in names)
    assert len(names) == len(CONTROLS)


@pytest.mark.parametrize("floor", ["micromag", "compact_models", "system", "workflow"])
def test_a_room_that_no_contract_knows_is_reported(floor, copy):
    room = copy / "magbayes" / floor / "cellar.py"
    room.write_text("", encoding="utf-8")
    try:
        details = [text for name, text in broken(copy).items() if name.startswith(f"Rooms of {floor}")]
        assert f"- magbayes.{floor}.cellar" in details[0]
    finally:
        room.unlink()


def test_every_module_says_what_it_is():
    for path in modules().values():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_nothing_of_ours_touches_where_python_looks_for_modules():
    touched = re.compile(r"\bsys\.path\b|\bPYTHONPATH\b|\baddsitedir\b")
    files = [*modules().values(), ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"]
    files += (ROOT / "workflow" / "rules").glob("*.smk")
    assert [str(path.relative_to(ROOT)) for path in files if touched.search(path.read_text(encoding="utf-8"))] == []
    assert touched.search("sys.path.insert(0, folder)")


def test_scripts_and_snakefiles_are_short():
    most = {**dict.fromkeys(SCRIPTS, 45), ROOT / "Snakefile": 10, ROOT / "workflow" / "Snakefile": 60}
    long = {path.name: lines for path in most if (lines := len(path.read_text().splitlines())) > most[path]}
    assert not long


def test_only_the_main_of_a_script_sees_snakemake():
    for path in SCRIPTS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            if function.name not in ("main", "run"):
                names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
                assert "snakemake" not in names, f"{path.name}: {function.name}"


@pytest.mark.slow
def test_reading_a_compact_model_imports_no_micromagnetics():
    code = "import sys; from magbayes.compact_models import load; print('\\n'.join(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert "magbayes.compact_models.store" in loaded
    assert not loaded & {"discretisedfield", "micromagneticmodel", "oommfc", "magbayes.micromag.llg"}


def test_the_conda_environment_has_what_the_package_asks_for():
    project = PYPROJECT["project"]
    ours = dict(re.match(r"([a-z0-9_-]+)(.*)", entry).groups() for entry in project["dependencies"])
    environment = yaml.safe_load((ROOT / "workflow" / "envs" / "magbayes.yaml").read_text(encoding="utf-8"))
    theirs = dict(re.match(r"([a-z0-9_-]+) ?(.*)", entry).groups() for entry in environment["dependencies"])
    assert "oommf" in theirs
    del ours["snakemake"]  # runs outside, and starts the jobs
    assert {name: bounds for name, bounds in theirs.items() if name in ours} == ours
    assert theirs["python"].startswith(project["requires-python"])


@pytest.mark.slow
def test_the_linter_of_snakemake_has_nothing_to_say(tmp_path):
    # Rules of a study and of a design are linted too.
    study = ROOT / "workflow" / "config" / "studies" / "diameter.yaml"
    design = ROOT / "workflow" / "config" / "designs" / "cell.yaml"
    snakefile = str(ROOT / "Snakefile")
    for further in ([], ["--config", f"study={study}"], ["--config", f"design={design}"]):
        command = [sys.executable, "-m", "snakemake", "--lint", "--snakefile", snakefile, *further]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "Congratulations" in answer.stdout + answer.stderr


def test_the_citation_is_of_this_package():
    # The format itself was checked once, with cffconvert; its library cannot be installed beside Snakemake's.
    project = PYPROJECT["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]
    assert len(citation["references"]) == 3
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year", "doi"} <= reference.keys()
