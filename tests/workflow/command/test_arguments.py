"""What commands say of files that are missing, foreign, damaged or folders: one line, and nothing happens to them."""

import os
from pathlib import Path

import pytest

from magbayes.compact_models.store import VERSION
from magbayes.workflow import command
from magbayes.workflow.command import main
from tests.damage import foreign

FROZEN = Path(__file__).parents[2] / "compact_models" / "frozen"
CURRENT = FROZEN / f"version{VERSION}.h5"


BAD = {
    "missing": lambda path: None,
    "folder": Path.mkdir,
    "empty": Path.touch,
    "text": lambda path: path.write_text("no model"),
    "truncated": lambda path: path.write_bytes(CURRENT.read_bytes()[:-1000]),
    "foreign": foreign,
    "former": lambda path: path.write_bytes((FROZEN / "version5.h5").read_bytes()),
    "below a file": lambda path: path.parent.touch(),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", ["show", "compare", "compare with", "spice", "verilog-a"])
def test_a_bad_file_is_one_line(way, bad, tmp_path, capsys):
    path = tmp_path / ("file/models.h5" if bad == "below a file" else "models.h5")
    BAD[bad](path)
    there = sorted(tmp_path.iterdir())
    arguments = {
        "show": ["show", str(path)],
        "compare": ["compare", str(path), str(CURRENT)],
        "compare with": ["compare", str(CURRENT), str(path)],
    }.get(way, ["export", str(path), "--to", way])
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{path}: ")
    assert said.err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == there


def test_a_file_that_must_not_be_read_is_one_line(tmp_path, capsys, monkeypatch):
    path = tmp_path / "models.h5"
    path.write_bytes(CURRENT.read_bytes())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # no mode of a file stops root, as whom tests may run
    assert main(["show", str(path)]) == 1
    assert capsys.readouterr().err == f"{path}: cannot be opened or read now (permission denied)\n"


@pytest.mark.parametrize("home", ["/nowhere", None])
def test_snakemake_gets_a_home_and_a_name_where_a_container_gives_none(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    if home:
        monkeypatch.setenv("HOME", home)

    def unknown(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    variables = command.environment()
    assert variables["HOME"] == str(tmp_path / ".snakemake" / "home")
    assert variables["LOGNAME"] == str(os.getuid())
    # The control: who has both keeps them.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "curie")
    assert {key: command.environment()[key] for key in ("HOME", "LOGNAME")} == {
        "HOME": str(tmp_path),
        "LOGNAME": "curie",
    }


def test_a_file_of_another_program_says_no_more_than_it_knows(tmp_path, capsys):
    """Compact models that a person wrote from measurements need not say which engine they are from."""
    from magbayes import compact_models

    models = compact_models.load(CURRENT)
    compact_models.save(tmp_path / "own.h5", compact_models.CompactModels(models.stochastic, models.dwmtj, 300.0))
    assert main(["show", str(tmp_path / "own.h5")]) == 0
    assert "engine unknown" in capsys.readouterr().out
