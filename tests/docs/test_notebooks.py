"""Notebooks run as they stand. Tutorials lie in git with outputs, which a run has to agree with; the others without."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.docs.test_pages import leads

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
TUTORIALS = sorted((DOCS / "tutorials").glob("*.ipynb"))

REFUSED = {
    "stochastic_mtj": "refused: sigma",
    "paths": "refused: start and end relax to the same state",
    "physicist": "4.2e-09 m would",
    "architect": "% are changed",
    "reviewer": "refused: changed.h5: damaged",
}
"""What each shows of a refusal, or of what is changed in place of one."""

LONGEST = 600
"""Time in s of a cell that counts as hung; on a free core a whole notebook takes two minutes at most."""

NUMBER = r"[-+]?\d[\d.]*(?:e[-+]?\d+)?"
INTERVAL = re.compile(rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)")

PLACES = re.compile(r"(?<![\w.])/(?:tmp|home|root|usr|opt|var|mnt|work|Users)/|site-packages|\bfile://")
"""Traces of the machine that outputs are from."""


@pytest.fixture(params=NOTEBOOKS + TUTORIALS, ids=lambda path: path.stem)
def path(request):
    return request.param


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(cell):
    """What a cell has printed, its last value included."""
    outputs = (output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    return "".join(outputs)


def intervals(cell):
    """Values with the ends of their intervals, (n, 3)."""
    return np.array([[float(end) for end in found] for found in INTERVAL.findall(text(cell))]).reshape(-1, 3)


def disagreeing(stored, found):
    """Rows (n,) of two arrays of intervals (n, 3) that lie apart by more than four standard errors of the difference.

    On one kind of machine they are the same numbers; on another trajectories differ, and one in 16 000 is refused.
    """
    if stored.shape != found.shape:
        return np.ones(max(len(stored), len(found)), bool)
    margin = np.hypot(*(np.ptp(of[:, 1:], axis=1) for of in (stored, found)))  # two half-widths each
    rounding = 0.01 * np.abs(stored[:, 0])  # two or three digits are printed
    return np.abs(stored[:, 0] - found[:, 0]) > margin + rounding


def test_there_are_some():
    assert NOTEBOOKS
    assert {path.stem for path in TUTORIALS} == {"physicist", "architect", "reviewer"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_kept(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert not set(cell.metadata) & {"execution", "collapsed"}


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_outputs_of_tutorials_are_whole_and_of_no_machine(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))  # run once, from the top
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert not [line for cell in notebook.cells for line in text_of(cell).splitlines() if PLACES.search(line)]
    assert sum(len(intervals(cell)) for cell in code(notebook)) >= 6
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 1
    timed = re.findall(r"^\[.+: \d+ s", "\n".join(map(text, code(notebook))), re.MULTILINE)
    assert len(timed) >= 3  # steps, each with its time


def text_of(cell):
    return cell.source + ("\n" + text(cell) if cell.cell_type == "code" else "")


def test_a_machine_is_seen():
    assert PLACES.search("written to /tmp/x.h5")
    assert PLACES.search("lib/python3.12/site-packages/jax")
    assert not PLACES.search("results/check/report.html, 3 J/m^3, A/m")


def test_links_of_notebooks_lead_somewhere(path):
    notebook = nbformat.read(path, as_version=4)
    links = [
        link
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for link in re.findall(r"\]\(([^)\s]+)\)", cell.source)
        if "://" not in link
    ]
    assert [link for link in links if not leads(path, link)] == []
    assert links or path.stem == "paths"


def test_intervals_that_lie_apart_are_seen():
    stored = np.array([[10.0, 9.0, 11.0], [2.0, 1.9, 2.1]])
    assert not disagreeing(stored, np.add(stored, [[1.5], [-0.15]])).any()
    assert disagreeing(stored, np.add(stored, [[4.0], [0.0]])).tolist() == [True, False]
    assert disagreeing(stored, stored[:1]).all()
    assert INTERVAL.findall("a factor of 2.68 (2.66 to 2.70), -7.4 (-7.5 to -7.2) %, 3e-05 (1e-05 to 2e-04)") == [
        ("2.68", "2.66", "2.70"),
        ("-7.4", "-7.5", "-7.2"),
        ("3e-05", "1e-05", "2e-04"),
    ]


@pytest.mark.slow
def test_every_cell_runs(path, tmp_path, tmp_path_factory, monkeypatch):
    notebook = nbformat.read(path, as_version=4)
    stored = [intervals(cell) for cell in code(notebook)]
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("files")))
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=LONGEST, kernel_name="python3", resources=folder).execute()
    assert all(cell.execution_count for cell in code(notebook))
    # What a reader is shown: a refusal of what makes no sense.
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any(REFUSED[path.stem] in text(cell) for cell in code(notebook))
    assert not list(tmp_path.iterdir())  # and nothing is left where it ran
    if path in TUTORIALS:
        for before, cell in zip(stored, code(notebook), strict=True):
            assert not disagreeing(before, intervals(cell)).any(), text(cell)
