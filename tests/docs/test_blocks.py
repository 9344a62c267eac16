"""Every block of README does what it says, as it is printed: commands of the workflow up to their first job."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGE
from tests.system.evaluations import write_runs
from tests.workflow.command.test_scenarios import write_scenario

ROOT = PAGE.parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.+?)^```$", README, re.MULTILINE | re.DOTALL)
# Commands that are not run here: packages are what the tests run with, and the tests are these.
NOT_RUN = ("pip install", "pytest")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with what a clone has, the files that blocks give, and the results that blocks read."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("Snakefile", "workflow"):
        (folder / name).symlink_to(ROOT / name)
    paths = write_runs(folder)
    for scenario, run in (("default", "one"), ("wider", "other seed")):
        write_scenario(folder / "results" / scenario, paths[run], scenario=scenario)
    for language, text in BLOCKS:
        if language == "yaml":
            (folder / re.match(r"# (\S+\.yaml)\n", text)[1]).write_text(text, encoding="utf-8")
    return folder


def commands():
    """Every command of the blocks and of the sentences of README that starts the workflow or our own program."""
    lines = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
    lines += re.findall(r"`(snakemake [^`]+|magbayes [^`]+)`", README)
    parts = [part.strip() for line in lines for part in line.split("&&")]
    # What is named by capitals is for a reader to fill in.
    return [part for part in parts if not part.startswith(NOT_RUN) and not re.search(r"\b[A-Z]{4,}\b", part)]


def finished(folder, line):
    """What a command of README, as it is printed, ends with and says; the workflow makes its plan, and no more."""
    program, *arguments = shlex.split(line, comments=True)
    if program == "snakemake":
        arguments.append("--dry-run")
    start = [sys.executable, "-m", {"snakemake": "snakemake", "magbayes": "magbayes"}[program]]
    environment = {**os.environ, "MPLBACKEND": "agg"}
    ended = subprocess.run([*start, *arguments], cwd=folder, capture_output=True, text=True, env=environment)
    return ended.returncode, ended.stdout + ended.stderr


def test_blocks_are_of_languages_that_are_run():
    assert {language for language, _ in BLOCKS} == {"sh", "yaml", "python"}
    assert len(README.splitlines()) <= 150
    assert len(commands()) >= 7


@pytest.mark.parametrize("line", commands())
def test_a_command_ends_well(folder, line):
    code, said = finished(folder, line)
    assert code == 0, said


def test_a_command_that_does_not_is_seen(folder):
    assert finished(folder, "snakemake --cores 2 study --config study=thinness.yaml")[0] != 0
    assert finished(folder, "magbayes show results/default/compact_model.h5")[0] != 0


def test_python_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for language, text in BLOCKS:
            if language == "python":
                exec(compile(text, Path("README.md"), "exec"), names)
    assert names["ensemble"].magnetisation.shape == (16, 40, 3)
    assert "mx_15" in names["system"].table.data
    with pytest.raises(ValueError, match="sigma"):
        names["models"].smtj.voltage_for(1.0)
