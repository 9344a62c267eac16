"""The whole workflow on the quick configuration, and what a change or an error does to its results."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest

from magbayes.compact_models import store as model_store
from magbayes.compact_models.store import load
from magbayes.workflow.report import summary
from tests.docs.pages import PAGE, unexplained
from tests.workflow import browser as browsers
from tests.workflow.conftest import ROOT


def snakemake(folder, *arguments):
    return subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--cores", "2", "--snakefile", str(ROOT / "Snakefile")),
            *("--configfile", str(ROOT / "workflow" / "config" / "quick.yaml")),
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenario")
    run = snakemake(folder)
    assert run.returncode == 0, run.stderr
    return folder


def files(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()}


def planned(run):
    """Rules that a dry run would execute, with their numbers of jobs."""
    # The table stands twice in what a dry run says. Rules of jobs that make several files are numbered.
    table = dict(re.findall(r"^(\w+) +(\d+)$", run.stdout, flags=re.MULTILINE))
    counts = Counter()
    for rule, count in table.items():
        counts[re.sub(r"_\d+$", "", rule)] += int(count)
    return {rule: count for rule, count in counts.items() if rule not in ("all", "total")}


@pytest.mark.slow
def test_report_is_whole_and_stands_alone(finished):
    page = (finished / "results" / "quick" / "report.html").read_text(encoding="utf-8")
    assert page.rstrip().endswith("</html>")
    for heading in (
        "Does the array do what its posterior does",
        "Does a weight last?",
        "Devices",
        "Compact models",
        "digits",
        "diabetes",
        "cubic",
        "Energy",
        "Provenance",
    ):
        assert heading in page
    assert page.count("data:image/svg+xml;base64,") >= 10
    # Every figure of the page, and the overview, beside it in files.
    named = re.findall(r"Files: figures/(\S+?)\.svg, \.pdf", page)
    files = {path.name for path in (finished / "results" / "quick" / "figures").iterdir()}
    assert {f"{name}{suffix}" for name in (*named, "overview") for suffix in (".svg", ".pdf")} <= files
    assert {f"{name}.csv" for name in re.findall(r"figures/(\S+?)\.svg, \.pdf, \.csv", page)} <= files
    # What makes the numbers less sure, beside them.
    assert "of the stochastic MTJs are clamped" in page
    assert "the KL term weighs 0.1 in training" in page
    # Widths that are drawn from equilibrium are in no doubt after seconds, and tell what moves them.
    assert "<small>in doubt</small>" not in page
    assert "Sensitivity of sigma, by reweighting" in page
    assert "Standard deviation of m·p: " in page
    assert "Two terminals with inputs coded in time are ruled out." in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)  # nothing from outside


@pytest.mark.slow
def test_report_in_a_browser(finished, browser):
    assert browsers.faults(browser, finished / "results" / "quick" / "report.html") == []
    wrong, columns = browsers.unsorted(browser)
    assert wrong == []
    assert columns > 50
    assert browsers.press_enter(browser) == "ascending"


@pytest.mark.slow
def test_report_is_accessible(finished, browser):
    assert browsers.barriers(browser, finished / "results" / "quick" / "report.html")[1] == []


@pytest.mark.slow
def test_snakemakes_own_report_holds_the_page_with_its_caption(finished, tmp_path):
    run = snakemake(finished, "--report", str(tmp_path / "report.zip"))
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
        whole = archive.read("report/report.html").decode()
    pages = [(finished / "results" / "quick" / name).resolve().name for name in ("report.html", "overview.svg")]
    assert set(pages) <= names
    for text in ("From device to system in scenario quick", "The report of scenario quick"):
        assert text in whole


@pytest.mark.slow
def test_every_dataset_is_on_the_page_on_files(finished, monkeypatch):
    paths = sorted((finished / "results" / "quick").rglob("*.h5"))
    for path in paths:
        with h5py.File(path) as file:
            if file.attrs["format"] != model_store.KIND:  # has a page of its own, made by the code
                assert unexplained(file) == [], path
    monkeypatch.chdir(finished)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(code.replace("results/default", "results/quick"), {})


@pytest.mark.slow
def test_a_changed_key_is_named_and_reasons_are_short(finished):
    """The same jobs whatever else Snakemake compares: each for its parameters, and no reason has these in it."""
    keys = ("--config", "accelerator={adc_bits: 7}")
    run = snakemake(finished, "-n", *keys)
    assert run.returncode == 0, run.stderr
    assert "changed since results/quick was made: accelerator.adc_bits from 8 to 7" in run.stdout
    assert planned(run) == {"accelerator": 3, "report": 1, "view": 1}
    said = run.stdout + run.stderr
    assert len(said) < 6000
    assert max(map(len, said.splitlines())) < 700
    assert "before:" not in said


@pytest.mark.slow
def test_a_second_run_does_nothing_and_says_so(finished):
    before, start = files(finished), time.monotonic()
    run = snakemake(finished)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout + run.stderr
    assert files(finished) == before
    print(f"no-op run: {time.monotonic() - start:.1f} s")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        ("scenario=other accelerator={adc_bits: 6}", {"accelerator": 3, "report": 1}),
        ("scenario=other", {"report": 1}),
        (
            "temperature=310",
            {
                "fluctuation": 1,  # of the voltages at 310 K; those at 330 K are there
                "resolution": 1,
                "pulse": 1,
                "rest": 1,
                "retention": 1,
                "track_resolution": 1,
                "variation": 2,
                "fit": 1,
                "network": 3,
                "accelerator": 3,
                "report": 1,
            },
        ),
        ("pulses={relaxation: 0.6e-9}", {"pulse": 1, "rest": 1, "fit": 1, "network": 3, "accelerator": 3, "report": 1}),
    ],
)
def test_a_changed_key_reruns_what_depends_on_it_and_nothing_else(finished, change, jobs):
    run = snakemake(finished, "--dry-run", "--config", *re.findall(r"\w+=(?:\{.*?\}|\S+)", change))
    assert run.returncode == 0, run.stderr
    assert planned(run) == {**jobs, "view": 1}
    assert "files are in the store and reused" in run.stdout


@pytest.mark.slow
def test_results_that_were_copied_are_not_made_again(finished, tmp_path):
    shutil.copytree(finished / "results", tmp_path / "results", symlinks=True)
    # Ages do not survive a copy, in any order.
    for age, path in enumerate(sorted((tmp_path / "results").rglob("*.*"), reverse=True)):
        os.utime(path, (1e9 + age, 1e9 + age), follow_symlinks=False)
    run = snakemake(tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stdout + run.stderr


@pytest.mark.slow
def test_what_was_deleted_is_made_again_and_nothing_else(finished):
    rules = {"compact_models.h5": "fit", "accelerator/cubic.h5": "accelerator", "report.html": "report"}
    targets = {}
    for name, rule in rules.items():
        link = finished / "results" / "quick" / name
        targets[link] = target = link.resolve()
        content = target.read_bytes()
        link.unlink()
        target.unlink()
        try:
            assert planned(snakemake(finished, "--dry-run")) == {rule: 1, "view": 1}
        finally:
            target.write_bytes(content)
    # Of the links alone the folder is made again, once for all.
    assert planned(snakemake(finished, "--dry-run")) == {"view": 1}
    assert snakemake(finished).returncode == 0
    assert {link: link.resolve() for link in targets} == targets


@pytest.mark.slow
def test_of_files_that_one_job_makes_only_the_deleted_one_is_made_again(finished):
    paths = sorted(p.resolve() for p in (finished / "results" / "quick" / "micromag" / "smtj").glob("*_300K.h5"))
    assert len(paths) == 4
    before = {path: path.read_bytes() for path in paths}
    lost = paths[1]
    lost.unlink()
    run = snakemake(finished, "--until", "fluctuation_1", "fluctuation_2")
    assert run.returncode == 0, run.stderr
    again = lost.with_name("again.h5")
    lost.rename(again)
    lost.write_bytes(before[lost])
    try:
        # Snakemake touches all files of a job; each tells in its bytes when it was made, and the others are the same.
        assert {path: path.read_bytes() for path in paths} == before
        with h5py.File(again) as new, h5py.File(lost) as old:
            # The same numbers as among its neighbours; some gates have weights of passages, too.
            names = []
            old.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            assert {"magnetisation", "draws/magnetisation", "snapshot"} <= set(names)
            for name in names:
                np.testing.assert_array_equal(new[name], old[name])
    finally:
        again.unlink()


@pytest.mark.slow
def test_a_wrong_key_ends_the_run_before_any_job(finished):
    before = files(finished)
    run = snakemake(finished, "--config", "temperature=-3", "smtj={diameter: 40, diamter: 40e-9}")
    assert run.returncode != 0
    for line in ("temperature: -3 is", "smtj.diameter: 40 is not accepted", "smtj.diamter: unknown key"):
        assert line in run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert files(finished) == before


@pytest.mark.slow
def test_a_damaged_intermediate_file_is_named_set_aside_and_made_anew(finished):
    models = finished / "results" / "quick" / "compact_models.h5"
    target, before = models.resolve(), load(models)
    content = target.read_bytes()
    target.write_bytes(content[:1000])
    run = snakemake(finished, "--forcerun", "network", "--until", "network")
    assert run.returncode != 0
    assert f"{target.name}: damaged" in run.stderr
    assert f"set aside as {target.relative_to(finished)}.damaged" in run.stderr
    assert Path(f"{target}.damaged").read_bytes() == content[:1000]
    assert snakemake(finished).returncode == 0
    np.testing.assert_array_equal(load(models).smtj.conductance_sigma, before.smtj.conductance_sigma)


@pytest.mark.slow
def test_a_run_says_where_the_report_is_and_what_it_found(finished):
    said = summary.summary(finished / "results" / "quick", ("digits", "cubic")).splitlines()
    assert said[0].endswith("report.html")
    assert [line.split()[0] for line in said[1:5]] == ["stochastic", "domain-wall", "digits", "cubic"]
    # Sigma is drawn from equilibrium, of which seconds are enough; the chips are in doubt, and say why.
    assert not said[1].endswith("(in doubt)")
    assert any(line.startswith("  in doubt: digits: layer 0: ") and "are clamped" in line for line in said[5:])
    assert "accuracy " in said[3]
    assert said[3].endswith("(in doubt)")
    assert "RMSE" in said[4]
