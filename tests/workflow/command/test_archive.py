"""``magbayes archive``: a crate that another library reads, with the files of the scenario, whole or not at all."""

import base64
import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from magbayes.compact_models.store import VERSION
from magbayes.workflow.command import main

crates = pytest.importorskip("rocrate.rocrate")
MODELS = Path(__file__).parents[2] / "compact_models" / "frozen" / f"version{VERSION}.h5"
CONFIGURATION = {"scenario": "mine", "seed": 7}


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    """Results of a scenario as the workflow shows them: links into a store, and a file of a person's own."""
    monkeypatch.chdir(tmp_path)
    folder, store = Path("results/mine"), Path("results/store")
    (folder / "oommf").mkdir(parents=True)
    (folder / ".files").mkdir()
    store.mkdir()
    text = base64.b64encode(yaml.safe_dump(CONFIGURATION).encode()).decode()
    (store / "page.html").write_text(f'<a href="data:application/yaml;base64,{text}">', encoding="utf-8")
    shutil.copy(MODELS, store / "0123.h5")
    (folder / "report.html").symlink_to("../store/page.html")
    for name in ("compact_models.h5", "oommf/compact_models.h5"):
        (folder / name).symlink_to((store / "0123.h5").resolve())
    names = "report.html\ncompact_models.h5\noommf/compact_models.h5"
    (folder / ".files" / ("0" * 32)).write_text(names, encoding="utf-8")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    return folder


@pytest.fixture
def say(scenario, capsys):
    """Run the command; returns its status, what it said, and errors."""

    def run(*arguments):
        status = main(["archive", *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def hashes(path):
    """Hash of every file in an archive by its name."""
    with zipfile.ZipFile(path) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def disagreeing(path):
    """Files of a crate whose hash is not the one in its metadata, as the library reads it."""
    found = hashes(path)
    files = crates.ROCrate(path).get_by_type("File")
    return [of.id for of in files if of.id != "ro-crate-metadata.json" and of["sha256"] != found[of.id]]


def test_the_crate_is_read_back_with_the_same_files(say, scenario, tmp_path):
    status, text, errors = say("mine", "mine.zip", "--license", "CC-BY-4.0")
    assert (status, errors) == (0, "")
    assert text.startswith("mine.zip: 3 files of results/mine, ")
    crate = crates.ROCrate(tmp_path / "mine.zip")
    names = {of.id for of in crate.get_by_type("File")}
    results = {"report.html", "compact_models.h5", "oommf/compact_models.h5"}
    assert results | {"mine.yaml", "how_to_repeat.txt", "CITATION.cff"} <= names
    assert "notes.txt" not in names
    assert set(hashes("mine.zip")) == {"ro-crate-metadata.json", *names}
    assert disagreeing(tmp_path / "mine.zip") == []
    own = hashlib.sha256((scenario / "compact_models.h5").read_bytes()).hexdigest()
    assert hashes("mine.zip")["oommf/compact_models.h5"] == own
    assert crate.license["name"] == "CC-BY-4.0"
    assert crate.root_dataset["citation"][0].id == "https://doi.org/10.3389/fnano.2022.1021943"


def test_where_a_file_comes_from_stands_in_the_crate(say, scenario, tmp_path):
    import h5py

    say(scenario, "mine.zip")
    crate = crates.ROCrate(tmp_path / "mine.zip")
    with h5py.File(scenario / "compact_models.h5") as file:
        source = json.loads(file.attrs["provenance"])
    entity = crate.get("compact_models.h5")
    noted = {note["name"]: note["value"] for note in entity["additionalProperty"]}
    for key in ("git_commit", "configuration_sha256"):
        assert noted[key] == source[key]
    assert entity["identifier"] == "0123"
    assert entity["dateCreated"] == source["time"]
    (made,) = (action for action in crate.get_by_type("CreateAction") if entity in action["result"])
    assert made["endTime"] == source["time"]
    assert made["instrument"]["name"] == "magbayes"
    assert any(line.startswith("numpy ") for line in made["instrument"]["softwareRequirements"])
    with zipfile.ZipFile("mine.zip") as archive:
        assert yaml.safe_load(archive.read("mine.yaml")) == CONFIGURATION
        assert source["git_commit"] in archive.read("how_to_repeat.txt").decode()


def test_a_file_that_was_changed_in_the_archive_is_seen(say, tmp_path):
    """The control of the test above."""
    say("mine", "mine.zip")
    with zipfile.ZipFile("mine.zip") as before, zipfile.ZipFile("changed.zip", "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content[:-1] + b"!" if name == "mine.yaml" else content)
    assert disagreeing(tmp_path / "changed.zip") == ["mine.yaml"]


def damaged(folder):
    path = (folder / "compact_models.h5").resolve()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def lost(folder):
    (folder / "compact_models.h5").resolve().unlink()


def no_configuration(folder):
    (folder / "report.html").resolve().write_text("mine", encoding="utf-8")


BAD = {
    "damaged": (damaged, "mine.zip", "compact_models.h5: "),
    "lost": (lost, "mine.zip", "compact_models.h5: is missing; the same command of snakemake makes it anew"),
    "no configuration": (no_configuration, "mine.zip", "report.html: holds no configuration"),
    "no scenario": (lambda folder: shutil.rmtree(folder), "mine.zip", "results/mine: is no scenario with results"),
    "no ZIP": (lambda folder: None, "mine.tar", "mine.tar: is no name of an archive; expected one that ends with .zip"),
    "there": (lambda folder: Path("there.zip").touch(), "there.zip", "there.zip: is there already"),
    "no library": (None, "mine.zip", "needs the library rocrate; pip install"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_archived_is_one_line(bad, say, scenario, monkeypatch, tmp_path):
    spoil, file, expected = BAD[bad]
    if spoil is None:
        monkeypatch.setitem(sys.modules, "rocrate.rocrate", None)
    else:
        spoil(scenario)
    status, text, errors = say("mine", file)
    assert (status, text) == (1, "")
    assert errors.count("\n") == 1
    assert expected in errors
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".zip" and path.stat().st_size] == []


def test_an_archive_is_whole_or_not_there(say, monkeypatch, tmp_path):
    before = sorted(tmp_path.iterdir())

    def full(crate, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crates.ROCrate, "write_zip", full)
    status, _, errors = say("mine", "mine.zip")
    assert status == 1
    assert "No space left on device" in errors
    assert "mine.zip" in errors
    assert sorted(tmp_path.iterdir()) == before
