"""Scenarios and studies of measured devices: what they depend on, what they refuse, and one from sheets to report."""

import re
import shutil

import pytest
import yaml

from magbayes.compact_models.measured.writing import copy_template
from magbayes.compact_models.store import load
from magbayes.workflow import guard
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.sources import DEFAULT, Given, over, read_file
from magbayes.workflow.tasks import scenario_tasks
from tests.workflow.conftest import ROOT, run

PUBLISHED = {"smtj": "schnitzspan-2023", "dwmtj": "leonard-2022"}
READS = {"read_voltage": 0.05, "read_time": 2e-8, "sample_interval": 1e-7}
SCENARIO = {
    "scenario": "tiny",
    "compact_models": PUBLISHED,
    "networks": {
        "digits": None,
        "diabetes": None,
        "cubic": {"steps": 30, "hidden": [4], "baselines": {"ensemble": 2, "dropout": 0.0, "nuts": 0}},
    },
    "accelerator": READS | {"samples": 4},
    "evaluation": {"chips": 1, "intervals": [], "ablation": False, "controls": False},
}


def configuration(**changes):
    given = {**SCENARIO, **changes}
    return validate(over(read_file(DEFAULT).values, [Given(given, {})]).values)


def refusal(**changes):
    """What is said of a scenario before its first job; empty if it is accepted."""
    try:
        guard.require_devices([configuration(**changes)])
    except ConfigurationError as error:
        return str(error)
    return ""


@pytest.fixture
def sheets(tmp_path):
    copy_template(tmp_path / "sheets")
    return tmp_path / "sheets"


def given(folder):
    return {device: str(folder / f"{device}.yaml") for device in ("smtj", "dwmtj")}


def without(path, key):
    """Leave a key out of a sheet."""
    sheet = yaml.safe_load(path.read_text(encoding="utf-8"))
    del sheet[key]
    path.write_text(yaml.safe_dump(sheet), encoding="utf-8")


def test_no_micromagnetics_is_asked_for():
    tasks = scenario_tasks(configuration())
    assert {task.rule for task in tasks.values()} == {"measured", "network", "baselines", "accelerator", "report"}
    assert set(tasks["report"].needs) == {"models", "accelerator"}
    assert refusal() == ""
    # Control: the same without given models.
    assert "fluctuation" in {
        task.rule for task in scenario_tasks(configuration(compact_models={}, accelerator={})).values()
    }


def test_the_shipped_example_is_sound():
    values = read_file(ROOT / "workflow" / "config" / "measured.yaml")
    guard.require_devices([validate(over(read_file(DEFAULT).values, [values]).values)])


@pytest.mark.parametrize("file", ["smtj.yaml", "smtj_sigma.csv", "dwmtj_pulses.csv"])
def test_another_measurement_makes_another_file(sheets, file):
    def parameters():
        return scenario_tasks(configuration(compact_models=given(sheets)))["compact_models"].params

    before = parameters()
    assert parameters() == before
    path = sheets / file
    path.write_text(path.read_text(encoding="utf-8") + "# another day\n", encoding="utf-8")
    assert parameters() != before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"compact_models": {"smtj": "schnitzspan-2023"}}, ("compact_models: dwmtj is missing", "results/default")),
        ({"compact_models": "nowhere.h5"}, ("compact_models.smtj: nowhere.h5: no such file", "leonard-2022")),
        ({"compact_models": {"smtj": 3, "dwmtj": "leonard-2022"}}, ("compact_models.smtj: 3 is not accepted",)),
        (
            {"compact_models": {**PUBLISHED, "mtj": "x"}},
            ("compact_models.mtj: unknown key; accepted: dwmtj, idealised, smtj",),
        ),
        ({"compact_models": PUBLISHED | {"smtj": "leonard-2022"}}, ("compact_models: ", "leonard-2022.yaml: ")),
        ({"temperature": 310}, ("temperature: has no effect beside compact_models", "accepted: without it")),
        ({"smtj": {"damping": 0.05}}, ("smtj: has no effect beside compact_models",)),
        ({"pulses": {"replicas": 8}}, ("pulses: has no effect",)),
        ({"retention": {"images": 5}}, ("retention: has no effect", "but for target and cells")),
        ({"accelerator": READS | {"temperature": 320.0}}, ("accelerator.temperature: at 320 K", "accepted: 300 K")),
        ({"accelerator": READS | {"read_time": 1e-6, "sample_interval": 1e-5}}, ("read_time: 1e-06 s", "0 to 2e-07 s")),
        ({"accelerator": READS | {"rest": 3600.0}}, ("accelerator.rest: 3600 s", "no barrier", "leonard-2022")),
        (
            {"accelerator": READS | {"read_voltage": 0.2}},
            ("accelerator.read_voltage: 0.2 V acts as 0.2 V", "less than"),
        ),
    ],
)
def test_what_measured_devices_do_not_know_is_refused(changes, words):
    line = refusal(**changes)
    assert line.count("\n") == 0
    for word in words:
        assert word in line, line


def test_what_is_asked_of_a_weight_may_be_given():
    assert refusal(retention={"target": 1e6, "cells": 1e3}) == ""


def test_reads_are_within_the_measured_times(sheets):
    path = sheets / "smtj_sigma.csv"
    text = re.sub(r"^[-\d.]+, 0, .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    reads = {"read_time": 1e-9}
    assert refusal(compact_models=given(sheets), accelerator=reads) == ""
    line = refusal(compact_models=given(sheets), accelerator={"read_time": 5e-11, "read_voltage": 0.05})
    assert "accelerator.read_time: 5e-11 s is not within the times" in line
    assert "accepted: 1e-10 to 1.15e-09 s" in line
    longer = refusal(compact_models=given(sheets), accelerator={"read_time": 1.1e-9})
    assert "longer than the times over which the jitter of levels was measured" in longer
    without(sheets / "dwmtj.yaml", "jitter")
    assert refusal(compact_models=given(sheets), accelerator={"read_time": 1.1e-9}) == ""


def test_drift_at_rest_takes_a_barrier(sheets):
    rest = {"rest": 3600.0}
    assert refusal(compact_models=given(sheets), accelerator=rest) == ""
    without(sheets / "dwmtj.yaml", "barriers")
    assert "accelerator.rest: 3600 s: no barrier" in refusal(compact_models=given(sheets), accelerator=rest)


def test_a_gate_that_leaks_too_fast_is_refused(sheets):
    path = sheets / "smtj_bias.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count("e-13\n") == text.count("e-15\n") == 2
    path.write_text(text.replace("e-13\n", "e-08\n").replace("e-15\n", "e-08\n"), encoding="utf-8")
    assert "accelerator.rows: 64 rows take" in refusal(compact_models=given(sheets), accelerator={})


def test_a_wrong_table_ends_a_run_before_any_job(sheets, tmp_path):
    path = sheets / "smtj_sigma.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("sigma / S,", "sigma / V,"), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**SCENARIO, "compact_models": given(sheets)}), encoding="utf-8")
    answer = run(tmp_path, "--configfile", "mine.yaml")
    assert answer.returncode != 0
    assert "'sigma' (standard deviation of the conductance): unit 'V' is not accepted" in answer.stderr
    assert "Traceback" not in answer.stdout + answer.stderr
    assert not (tmp_path / "results").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the tiny scenario has been run."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SCENARIO), encoding="utf-8")
    answer = run(folder, "--configfile", "tiny.yaml")
    assert answer.returncode == 0, answer.stderr
    return folder, answer


@pytest.mark.slow
def test_from_data_sheets_to_the_report(finished):
    folder, answer = finished
    results = folder / "results" / "tiny"
    assert not (results / "micromag").exists()
    models = load(results / "compact_models.h5")
    assert list(models.measured) == ["smtj", "dwmtj"]
    page = (results / "report.html").read_text(encoding="utf-8")
    for text in (
        "Measured devices",
        "arXiv:2301.05694",
        "Appl. Phys. Lett. 118, 112401",
        "Quantities that were not measured",
        "leak of the gate",
        "room temperature, which the abstract does not state",
        "no barrier was measured",
        "Provenance",
    ):
        assert text in page
    # Nothing of it was simulated, and nothing says so.
    for text in ("Physics of the devices", "time step ", "Effect of the discretisation", "Engine:"):
        assert text not in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "not measured: other temperatures, leak of the gate" in answer.stdout


@pytest.mark.slow
def test_the_report_of_measured_devices_in_a_browser(finished, browser):
    from tests.workflow import browser as browsers

    assert browsers.faults(browser, finished[0] / "results" / "tiny" / "report.html") == []
    assert browsers.barriers(browser, finished[0] / "results" / "tiny" / "report.html")[1] == []


@pytest.mark.slow
def test_a_study_of_measured_devices_collects_what_is_known(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "again", symlinks=True)
    study = {
        "study": "reads",
        "base": "tiny.yaml",
        "parameters": {"accelerator.adc_bits": [6, 8]},
        "collect": ["cubic/rmse", "smtj/sigma_ratio", "dwmtj/level_spacing"],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    answer = run(folder, "study", "--config", "study=study.yaml")
    assert answer.returncode == 0, answer.stderr
    assert "2 of 2 points have results" in answer.stdout
