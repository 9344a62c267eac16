"""Data sheets to change, and the compact models of a format's frozen file as something that was measured."""

import shutil
from pathlib import Path

import pytest

from magbayes.compact_models.measured.writing import copy_template
from magbayes.compact_models.store import load

FROZEN = Path(__file__).parents[1] / "frozen" / "version11.h5"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A folder with the template, that no test changes."""
    folder = tmp_path_factory.mktemp("template")
    copy_template(folder)
    return folder


@pytest.fixture
def sheets(template, tmp_path):
    """A copy of the template that a test may change."""
    return shutil.copytree(template, tmp_path / "sheets")


@pytest.fixture(scope="session")
def frozen():
    """Compact models of a simulation."""
    return load(FROZEN)


@pytest.fixture
def edit():
    """Replace text in a file, which must have it once, or the head row."""

    def replaced(path, before, after):
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, (before, text.count(before))
        path.write_text(text.replace(before, after), encoding="utf-8")

    return replaced
