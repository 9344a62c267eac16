"""Who may import whom, and that reading a file starts no engine."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OURS = ("micromag", "compact_models", "system", "workflow", "configuration", "job")

# `magbayes.data.container` is the container of every file; `magbayes.micromag.raw` the format of raw ensembles.
ALLOWED = {
    "micromag": {"micromag"},
    "compact_models": {"compact_models", "micromag.raw", "magbayes.data.container"},
    "system": {"system", "compact_models", "magbayes.data.container"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        for name in imports(path):
            if name.split(".")[0] in OURS:
                allowed = any(name == target or name.startswith(f"{target}.") for target in ALLOWED[package])
                assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_only_the_main_of_a_script_sees_snakemake():
    for path in (ROOT / "workflow" / "scripts").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            if function.name not in ("main", "run"):
                names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
                assert "snakemake" not in names, f"{path.name}: {function.name}"


def test_reading_a_compact_model_imports_no_micromagnetics():
    code = "import sys, compact_models; print({'discretisedfield', 'micromag.llg', 'oommfc'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_the_conda_environment_has_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = dict(re.match(r"([a-z0-9-]+)(.*)", entry).groups() for entry in project["dependencies"])
    environment = yaml.safe_load((ROOT / "workflow" / "envs" / "magbayes.yaml").read_text(encoding="utf-8"))
    theirs = dict(re.match(r"([a-z0-9-]+) ?(.*)", entry).groups() for entry in environment["dependencies"])
    assert "oommf" in theirs
    del ours["snakemake"]  # runs outside, and starts the jobs
    assert {name: bounds for name, bounds in theirs.items() if name in ours} == ours
    assert theirs["python"].startswith(project["requires-python"])


@pytest.mark.slow
def test_the_linter_of_snakemake_has_nothing_to_say(tmp_path):
    # A study's rules are linted too.
    study = ROOT / "workflow" / "config" / "studies" / "diameter.yaml"
    snakefile = str(ROOT / "Snakefile")
    for further in ([], ["--config", f"study={study}"]):
        command = [sys.executable, "-m", "snakemake", "--lint", "--snakefile", snakefile, *further]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "Congratulations" in answer.stdout + answer.stderr


def test_the_citation_is_of_this_package():
    # The format itself was checked once, with cffconvert; its library cannot be installed beside Snakemake's.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]
    assert len(citation["references"]) == 3
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year", "doi"} <= reference.keys()
