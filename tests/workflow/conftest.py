"""The workflow as a person starts it, and studies that take seconds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest
import yaml

from tests.tracks import SMALL_TRACK

ROOT = Path(__file__).parents[2]
# Every stage, as short as it can be; no number of it means anything.
TINY = {
    "smtj": {"cell_size": 8e-9, "damping": 0.3, "vcma_coefficient": 150e-15},
    "fluctuation": {
        "voltages": [-2.4, -1.2, -0.2, 0.8],  # far apart, so that sigma rises in spite of the few replicas
        "other_temperatures": [],
        "replicas": 64,
        "draws": 60,
        "duration": 3e-9,
    },
    "dwmtj": SMALL_TRACK | {"notches": 2, "cell_size": 8e-9},
    "pulses": {
        "current_densities": [5.5e11, 6.5e11],
        "widths": [0.5e-9],
        "stages": 1,  # each is a program of its own
        "replicas": 2,
        "relaxation": 0.2e-9,
        "rest_replicas": 2,
        "rest_equilibration": 0.1e-9,
        "rest_duration": 0.1e-9,
    },
    "retention": {"other_temperatures": [], "images": 5, "iterations": 20},
    "track_resolution": {"finer": [2], "width": 0.2e-9, "relaxation": 0.0, "replicas": 2},
    "variation": {
        "smtj": {"voltages": [-0.2], "replicas": 4, "draws": 20},
        "dwmtj": {"tracks": 2, "equilibration": 0.1e-9, "duration": 0.1e-9},
    },
    "networks": {name: {"steps": 20, "hidden": [4]} for name in ("digits", "diabetes", "cubic")},
    "accelerator": {"samples": 4},
    "evaluation": {"intervals": [], "ablation": False},
}

STUDY = {
    "study": "tiny",
    "base": "base.yaml",
    "parameters": {"smtj.damping": [0.3, 0.4]},
    "collect": ["smtj/sigma_ratio", "dwmtj/level_spacing"],
    "points_per_job": 2,
}


def write_study(folder, **changes):
    """A study's file, and its base beside it."""
    (folder / "base.yaml").write_text(yaml.safe_dump(TINY), encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(STUDY | changes), encoding="utf-8")
    return path


def command(*arguments):
    """Command line of a run."""
    return [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]


def run(folder, *arguments, timeout=3600, **environment):
    """Run the workflow to its end."""
    return subprocess.run(
        command("--cores", "2", *arguments),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory, worker_id):
    """A folder in which the tiny study has been run, its file, and what the run said: one for all workers of pytest."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "finished_study"
    with filelock.FileLock(f"{folder}.lock"):
        said = folder / "said.json"
        if not said.exists():
            folder.mkdir(exist_ok=True)
            answer = run(folder, "study", "--config", f"study={write_study(folder)}")
            assert answer.returncode == 0, answer.stderr
            said.write_text(json.dumps([answer.stdout, answer.stderr]), encoding="utf-8")
    stdout, stderr = json.loads(said.read_text(encoding="utf-8"))
    return folder, folder / "study.yaml", SimpleNamespace(stdout=stdout, stderr=stderr)


@pytest.fixture
def study_to_change(finished_study, tmp_path):
    """A copy of the finished study's folder and its file, for a test that changes them: others see the first."""
    folder = shutil.copytree(finished_study[0], tmp_path / "study", symlinks=True)
    return folder, folder / finished_study[1].name


@pytest.fixture(scope="session")
def browser():
    """A headless browser; skips where there is none."""
    from tests.workflow.browser import start

    driver = start()
    yield driver
    driver.quit()
