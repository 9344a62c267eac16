"""``magbayes info``: what it says of engines, and what makes it fail."""

import dataclasses

import pytest

from magbayes.micromag.engines import oommf
from magbayes.workflow.command import info, main


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    """Run the command in a folder of its own; returns its status and what it said, line breaks undone."""
    monkeypatch.chdir(tmp_path)

    def run():
        status = main(["info"])
        return status, " ".join(capsys.readouterr().out.split())

    return run


def test_all_that_is_here_is_named(said, tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    cache = tmp_path / ".snakemake" / "jax"
    cache.mkdir(parents=True)
    (cache / "program").write_bytes(bytes(2_000_000))
    status, text = said()
    assert status == 0, text
    for part in ("discretisedfield 0.", "numpy 2.", "float32", "may be used", "MB/s", "right"):
        assert part in text
    assert f"{cache} (jobs of the workflow; Python by itself keeps none): 1 files, 2 MB" in text


def test_where_there_is_no_oommf_it_says_what_to_do(said, monkeypatch):
    monkeypatch.setenv("OOMMFTCL", "/nowhere/oommf.tcl")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    status, text = said()
    assert status == 0  # the native engine is enough
    assert "'/nowhere/oommf.tcl' and does not start" in text
    assert "conda install" in text


def test_oommf_is_named_with_its_version_and_how_it_starts(said, monkeypatch):
    monkeypatch.setattr(oommf, "require", lambda: oommf.Program(("tclsh", "/opt/oommf.tcl"), "2.1a0"))
    monkeypatch.setenv("NPROC", "3")
    text = said()[1]
    assert "2.1a0, started as: tclsh /opt/oommf.tcl" in text
    assert "3 processes at a time" in text


def test_a_folder_that_cannot_be_written_to_fails(said, monkeypatch):
    monkeypatch.chdir("/proc")  # not even by root
    status, text = said()
    assert status == 1
    assert "/proc cannot be written to" in text


def test_an_engine_that_is_wrong_fails(said, monkeypatch):
    right = info.simulate

    def too_weak(*arguments, **keys):
        ensemble = right(*arguments, **keys)
        return dataclasses.replace(ensemble, magnetisation=0.99 * ensemble.magnetisation)

    monkeypatch.setattr(info, "simulate", too_weak)
    status, text = said()
    assert status == 1
    assert "WRONG" in text
