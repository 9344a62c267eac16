"""The package as a person installs it: from any folder, beside files of any name, with its workflow."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment in which the built wheel, and not the source tree, is what Python finds."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(ROOT)]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode and "No matching distribution found for setuptools" in answer.stderr:
        pytest.skip("a wheel is built with setuptools from the package index, which is out of reach")
    assert answer.returncode == 0, answer.stderr
    return {**os.environ, "PYTHONPATH": str(site)}, site


@pytest.fixture
def folder(tmp_path):
    """A person's folder, whose files have the names of our packages."""
    for name in ("system", "data", "micromag", "compact_models", "workflow", "configuration", "tables"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('a file of somebody else')")
    return tmp_path


def run(environment, folder, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment[0], capture_output=True, text=True)


@pytest.mark.slow
def test_it_is_imported_from_any_folder(environment, folder):
    code = (
        "import magbayes; from magbayes.system import Accelerator; from magbayes.micromag import simulate; "
        "from magbayes.compact_models import load; from magbayes.data import cited; cited.load('peripherals', 'cmos'); "
        "print(magbayes.__version__, magbayes.__file__)"
    )
    answer = run(environment, folder, "-c", code)
    assert answer.returncode == 0, answer.stderr
    version, path = answer.stdout.split()
    assert version == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert Path(path).is_relative_to(environment[1])
    assert (environment[1] / "magbayes" / "py.typed").is_file()


@pytest.mark.slow
def test_its_workflow_runs_from_any_folder(environment, folder):
    answer = run(environment, folder, "-m", "magbayes", "run", "--cores", "1", "--dry-run")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "rerun-triggers" not in answer.stderr
    assert "no file is in the store yet" in answer.stdout
    assert "min on 1 core," in answer.stdout or "h on 1 core," in answer.stdout
    assert "Using workflow specific profile" in answer.stderr


@pytest.mark.slow
def test_rules_of_another_copy_are_refused(environment, folder):
    answer = run(environment, folder, "-m", "snakemake", "--cores", "1", "-n", "--snakefile", str(ROOT / "Snakefile"))
    assert answer.returncode != 0
    assert "is not that of the magbayes in use" in answer.stderr + answer.stdout
