"""The folder that a person looks at: what is gone is made again, and nothing of the person's is lost."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from magbayes.workflow import view
from magbayes.workflow.report import summary
from magbayes.workflow.sources import Given, merge
from magbayes.workflow.store import FOLDER
from magbayes.workflow.studies import wanted as wanting
from tests.workflow.conftest import ROOT, TINY, write_study


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A folder of links to a store of two files, and what makes it."""
    monkeypatch.chdir(tmp_path)
    targets = {"report.html": FOLDER / "report/aa/1.html", "networks/digits.h5": FOLDER / "network/bb/2.h5"}
    for target in targets.values():
        target.parent.mkdir(parents=True)
        target.write_text(target.name)
    folder = Path("results/mine")

    def link(names=None):
        shown = {name: targets[name] for name in names or targets}
        view.link(folder, shown, folder / ".files" / (f"{len(shown)}" * 32), FOLDER)

    link()
    return folder, targets, link


def test_only_links_that_were_shown_before_are_removed(shown, tmp_path):
    folder, targets, link = shown
    (folder / "best.h5").symlink_to(Path("../..", targets["networks/digits.h5"]))
    (folder / "notes.txt").write_text("mine")
    (folder / "data").symlink_to(tmp_path)
    (folder / "gone").symlink_to("nowhere")
    (folder / ".films.part").write_text("mine")
    link(["report.html"])
    left = sorted(p.name for p in folder.iterdir() if p.name not in (".files", "networks"))
    assert left == [".films.part", "best.h5", "data", "gone", "notes.txt", "report.html"]
    assert (folder / "best.h5").read_text() == "2.h5"
    assert [path.name for path in (folder / ".files").iterdir()] == ["1" * 32]
    assert not os.path.lexists(folder / "networks" / "digits.h5")


def test_what_is_in_the_way_is_kept_and_said(shown, tmp_path):
    folder, targets, link = shown
    (folder / "report.html").unlink()
    (folder / "report.html").write_text("mine")
    (folder / "networks" / "digits.h5").unlink()
    (folder / "networks" / "digits.h5").symlink_to(tmp_path / "elsewhere.h5")
    lines = view.make_room(folder, targets, FOLDER)
    assert len(lines) == 2
    assert (
        lines[1] == f"{folder}/report.html is no link to a file of the store, and is kept as {folder}/report.html.aside"
    )
    assert (folder / "report.html.aside").read_text() == "mine"
    assert os.readlink(folder / "networks" / "digits.h5.aside") == str(tmp_path / "elsewhere.h5")
    link()
    assert (folder / "report.html").read_text() == "1.html"
    assert view.make_room(folder, targets, FOLDER) == []  # links of its own are in nobody's way
    for name in ("networks/digits.h5", "networks"):
        (folder / name).unlink() if name.endswith("h5") else (folder / name).rename(folder / "old")
    (folder / "networks").write_text("a file in place of a folder")
    assert len(view.make_room(folder, targets, FOLDER)) == 1
    link()
    assert (folder / "networks" / "digits.h5").read_text() == "2.h5"


def test_a_folder_that_is_a_link_to_another_disk(shown, tmp_path):
    folder, targets, link = shown
    (tmp_path / "disk" / "deep").mkdir(parents=True)
    folder.rename(tmp_path / "disk" / "deep" / "mine")
    folder.symlink_to(tmp_path / "disk" / "deep" / "mine")
    assert not (folder / "report.html").exists()  # the control: these links were for another place
    view.make_room(folder, targets, FOLDER)
    link()
    assert (folder / "report.html").read_text() == "1.html"
    assert (folder / "networks" / "digits.h5").read_text() == "2.h5"


@pytest.mark.parametrize("bad", ["missing", "text", "other columns"])
def test_a_run_that_ended_well_says_so_whatever_became_of_its_files(bad, tmp_path):
    (tmp_path / "report.html").touch()
    if bad == "text":
        (tmp_path / "compact_models.h5").write_text("no HDF5")
    elif bad == "other columns":
        (tmp_path / "table.h5").write_text("no HDF5")
    said = summary.summary(tmp_path, ["digits"])
    assert said.startswith(f"The report is {tmp_path}/report.html; no numbers from it: {tmp_path}/")
    assert "\n" not in said


def test_an_index_without_one_of_its_files_gives_way_to_another(tmp_path):
    assert view.index_of(tmp_path) == ".index"
    (tmp_path / ".index").write_text("one.svg\ntwo.svg")
    for name in ("one.svg", "two.svg", "mine.svg"):
        (tmp_path / name).touch()
    assert view.index_of(tmp_path) == ".index"
    (tmp_path / "mine.svg").unlink()
    assert view.index_of(tmp_path) == ".index"
    (tmp_path / "one.svg").unlink()
    assert view.index_of(tmp_path) == ".index2"
    (tmp_path / ".index2").write_text("two.svg")
    assert view.index_of(tmp_path) == ".index2"


def test_a_run_that_ended_well_says_so_whatever_goes_wrong_afterwards(tmp_path, monkeypatch):
    def fail(*_):
        raise TypeError("no one\nthought of it")

    monkeypatch.setattr(summary, "_found", fail)
    assert summary.summary(tmp_path) == (
        f"The report is {tmp_path}/report.html; no numbers from it: no one thought of it"
    )


DRY_RUNS = """
import contextlib, io, json, os, re, sys
from pathlib import Path
from snakemake.cli import args_to_api, parse_args

def planned():
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        parser, arguments = parse_args(["--dry-run", "--cores", "1", *sys.argv[2:]])
        assert args_to_api(arguments, parser)
    counts = re.findall(r"^(\\w+) +(\\d+)$", out.getvalue() + err.getvalue(), flags=re.MULTILINE)
    return sorted({rule for rule, _ in counts} - {"all", "total"})

found = {"": planned()}
for name, path in json.loads(sys.argv[1]).items():
    aside = Path("aside")
    os.rename(path, aside)
    found[name] = planned()
    os.rename(aside, path)
print(json.dumps(found))
"""


def plans(products, *arguments):
    """Rules that a dry run would execute, with nothing gone and with each of some files gone, by its name."""
    code = [sys.executable, "-c", DRY_RUNS, json.dumps(products), "--snakefile", str(ROOT / "Snakefile"), *arguments]
    answer = subprocess.run(code, capture_output=True, text=True, timeout=600)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[0])


def finish(products, figures=()):
    """Files and links as they are after a run, with nothing in them."""
    for path in map(Path, products.files):
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.mkdir(parents=True)
            (path / view.INDEX).write_text("\n".join(figures))
            for name in figures:
                (path / name).touch()
    view.link(Path(products.folder), {k: Path(p) for k, p in products.view.items()}, Path(products.sentinel), FOLDER)


@pytest.mark.slow
def test_every_product_of_a_scenario_is_made_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**TINY, "scenario": "mine"}))
    config = yaml.safe_load((ROOT / "workflow" / "config" / "default.yaml").read_text())
    products = wanting.wanted(Given(merge(config, {**TINY, "scenario": "mine"}), {}))
    finish(products)
    links = {f"link {name}": f"{products.folder}/{name}" for name in products.view}
    found = plans(links | {f"file {n}": p for n, p in products.view.items()}, "--configfile", "mine.yaml")
    assert found.pop("") == []
    assert len(found) == 2 * len(products.view) >= 40
    for name, path in products.view.items():
        assert found[f"link {name}"] == ["view"]
        # Rules of jobs that make several files are numbered.
        rules = sorted(re.sub(r"_\d+$", "", rule) for rule in found[f"file {name}"])
        assert rules == sorted([Path(path).parts[2], "view"])


@pytest.mark.slow
def test_every_product_of_a_study_is_made_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path)
    products, figures = wanting.of_study(wanting.load_plan(study)), ("against.svg", "ranking.svg")
    finish(products, figures)
    links = {f"link {name}": f"{products.folder}/{name}" for name in products.view}
    files = {f"file {name}": path for name, path in products.view.items()}
    for path in products.batches:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    files |= {f"file {name}": f"{products.folder}/figures/{name}" for name in figures}
    found = plans(links | files, "--config", f"study={study}")
    assert found.pop("") == []
    assert len(found) == 2 * len(products.view) + len(figures) == 10
    for name, rules in found.items():
        assert rules == (["study"] if name.startswith("link") else ["study", "study_report"]), name
