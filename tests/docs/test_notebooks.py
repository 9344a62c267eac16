"""Notebooks run as they stand, and lie in git without their outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

REFUSED = {"stochastic_mtj": "refused: sigma", "paths": "refused: start and end relax to the same state"}
"""What each shows of a refusal."""

LONGEST = 600
"""Time in s of a cell that counts as hung; on a free core a whole notebook takes less than a minute."""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    notebook = nbformat.read(request.param, as_version=4)
    notebook.metadata["refused"] = REFUSED[request.param.stem]
    return notebook


def test_there_are_some():
    assert NOTEBOOKS


def test_no_outputs_are_kept(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert not set(cell.metadata) & {"execution", "collapsed"}


@pytest.mark.slow
def test_every_cell_runs(notebook, tmp_path):
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=LONGEST, kernel_name="python3", resources=folder).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    # What a reader is shown: a refusal of what makes no sense.
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any(notebook.metadata["refused"] in output.get("text", "") for output in outputs)
    assert not list(tmp_path.iterdir())  # and nothing is left where it ran
