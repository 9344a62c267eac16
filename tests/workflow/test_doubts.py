"""Doubts reach whoever reads a number: of configuration, devices, training and chips, in scenarios and studies."""

import inspect
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from magbayes.compact_models import load, save
from magbayes.compact_models.store import VERSION
from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.array import accelerator
from magbayes.system.cost.work import RIVAL_PARTS
from magbayes.workflow.configuration import validate
from magbayes.workflow.report import study as study_report
from magbayes.workflow.report import summary
from magbayes.workflow.studies import points
from magbayes.workflow.studies.collecting import collect
from magbayes.workflow.studies.study import Study
from tests.workflow.conftest import ROOT, TINY

FROZEN = ROOT / "tests" / "compact_models" / "frozen"


@pytest.fixture
def sure(tmp_path):
    """Compact models without doubts, in a folder with a page."""
    shutil.copy(FROZEN / f"version{VERSION}.h5", tmp_path / "compact_models.h5")
    (tmp_path / "report.html").write_text("", encoding="utf-8")
    return tmp_path


@pytest.fixture
def doubtful(sure):
    """The same, with a sigma that drifts at one gate voltage and another temperature."""
    models = load(sure / "compact_models.h5")
    late = replace(models.stochastic[330.0], drift_p_value=np.array([1.0, 1.0, 1e-9]))
    save(sure / "compact_models.h5", replace(models, stochastic={**models.stochastic, 330.0: late}))
    return sure


def evaluation(*warnings):
    """What is read of an evaluation, as far as a summary or a point needs it."""
    data = {
        "variants/names": np.array(["accelerator"]),
        "warnings": np.array(warnings, object),
        "task": np.array(["classification"]),
        "cost/latency": np.array(1e-6),
        "cost/samples": np.array(100),
        "rivals/hardware": np.array(["sram"]),
        "rivals/network": np.array(["sums"]),
        "rivals/generator": np.array(["gaussian_65nm"]),
        "rivals/samples": np.array([100]),
        "rivals/total": np.array([[2e-10, 1e-10, 3e-10]]),
        "rivals/ratio": np.array([[0.2, 0.1, 0.4]]),
    }
    data |= {f"rivals/energy/{part}": np.zeros(1) for part in RIVAL_PARTS}
    figures = {"accuracy": 0.9, "ece": 0.05}
    data |= {f"variants/accelerator/metrics/{name}": np.full(3, value) for name, value in figures.items()}
    return Contents(Path("file.h5"), data, {}, {})


@pytest.fixture
def chip(monkeypatch):
    """Let evaluations be read that warn of a chip."""
    read = "magbayes.system.evaluation.results.read_evaluation"
    monkeypatch.setattr(read, lambda _: evaluation("layer 0: 2 % are clamped"))
    number = Estimate(1e-9, 0.5e-9, 2e-9)
    monkeypatch.setattr("magbayes.system.evaluation.numbers.number_of", lambda *_: number)
    monkeypatch.setattr("magbayes.system.evaluation.numbers.pairing_of", lambda *_: {})


def test_a_run_without_doubts_has_no_marks(sure):
    assert summary.summary(sure).splitlines()[1:] == [
        "  stochastic MTJ    sigma 3.41 to 10.2 µS",
        "  domain-wall MTJ   4 levels",
    ]


@pytest.mark.usefixtures("chip")
def test_the_end_of_a_run_says_what_is_doubtful(doubtful):
    said = summary.summary(doubtful, ["digits"], ["smtj: cells are too large"]).splitlines()
    assert said[1] == "  stochastic MTJ    sigma 3.41 to 10.2 µS"
    lost = "5 (2.5 to 10) times the energy of SRAM macro (BNN, sums drawn)"
    assert said[3].endswith(f"1 (0.5 to 2) nJ a prediction, {lost} (in doubt)")
    assert said[4].startswith("  in doubt: at 330 K: not in equilibrium at 1 V: sigma in equal parts")
    # A model that was changed, as this one was to try it, says so too.
    assert said[5] == "  in doubt: the compact models are not as they were fitted: they were changed afterwards"
    assert said[6:] == ["  in doubt: smtj: cells are too large", "  in doubt: digits: layer 0: 2 % are clamped"]


def test_many_doubts_are_counted(sure):
    said = summary.summary(sure, [], [f"doubt {i}" for i in range(20)]).splitlines()
    assert said[-1] == "  8 further doubts are in the report"
    assert len(said) == 3 + summary.MOST_DOUBTS + 1


@pytest.mark.usefixtures("chip")
def test_a_point_has_the_doubts_of_its_devices_and_chips(doubtful):
    collected = collect(["smtj/sigma_ratio", "digits/ece"], lambda task: doubtful / f"{task}.h5")
    assert collected.numbers["smtj/sigma_ratio"].value == pytest.approx(3)
    assert collected.doubts[0].startswith("at 330 K: not in equilibrium at 1 V")
    assert collected.doubts[-1] == "digits: layer 0: 2 % are clamped"


@pytest.mark.usefixtures("chip")
def test_a_point_has_the_doubts_of_its_configuration_and_of_the_networks_that_are_looked_at(sure, monkeypatch):
    class Made:
        """A store whose files are there."""

        def __init__(self, tasks, inputs):
            self.tasks = tasks

        path = staticmethod(lambda name: sure / f"{name}.h5")
        missing = make = staticmethod(lambda names: [])
        digest = staticmethod(lambda name: name)
        read = staticmethod(lambda names, action: action())

    monkeypatch.setattr(points, "Store", Made)
    colder = {"networks": {name: {"kl_weight": 0.1} for name in ("digits", "cubic")}}
    coarse = {"smtj": {"cell_size": 8e-9}, **colder}
    (row,) = points.work_on(coarse, [{"smtj.damping": 0.1}], ["digits/ece"], {})
    assert any(line.startswith("smtj: ") for line in row.doubts)
    assert "digits: the KL term weighs 0.1 in training, a posterior colder than Bayes' rule gives" in row.doubts
    assert not any(line.startswith("cubic") for line in row.doubts)
    contents = points.contents([row], ["digits/ece"])
    assert contents["doubts"].value == ["\n".join(row.doubts)]


def test_warnings_of_a_configuration_are_those_of_devices_and_training():
    networks = {"digits": {"kl_weight": 0.5}, "diabetes": {}, "cubic": None}
    warnings = validate(TINY | {"networks": networks}).warnings()
    assert [line for line in warnings if "KL" in line] == [
        "digits: the KL term weighs 0.5 in training, a posterior colder than Bayes' rule gives"
    ]
    assert not any("KL" in line for line in validate(TINY | {"networks": networks}).warnings(["diabetes"]))
    chosen = {"diabetes": {"kl_weight": [1.0, 0.3]}, "digits": None, "cubic": None}
    assert [line for line in validate(TINY | {"networks": chosen}).warnings() if "KL" in line] == [
        "diabetes: the weight of the KL term is chosen of 1, 0.3 on training inputs that are set apart; below 1 the "
        "posterior is colder than Bayes' rule gives"
    ]


def test_doubts_that_all_points_share_are_told_apart():
    doubts = ["a\nb", "b", "c\nb"]
    shared = study_report.common(doubts)
    assert shared == ["b"]
    assert study_report.own(doubts, shared) == [["a"], [], ["c"]]
    # A remark on the method of a chip puts no point in doubt.
    remark = "digits: layer 0: columns are drawn as Gaussians; a column's distribution function is up to 0.03 from it"
    assert study_report.own([f"{remark}\na", remark], []) == [["a"], []]
    assert study_report.REMARK in inspect.getsource(accelerator)
    assert study_report.common([]) == []
    assert study_report.common(["a", ""]) == []


def page_of(parameters, values, doubts, design="grid"):
    """Page of a study of two parameters, without its figures."""
    points_of_study = [dict(zip(parameters, row, strict=True)) for row in values]
    study = Study(
        study="made", design=design, parameters={key: [1] for key in parameters}, collect=["smtj/sigma_ratio"]
    )
    numbers = {"smtj/sigma_ratio": np.arange(3.0 * len(values)).reshape(-1, 3)}
    results = study_report.StudyResults(study, points_of_study, numbers, [""] * len(values), doubts)
    return " ".join(study_report.page(results, {}).split())


def test_a_page_claims_what_its_study_has():
    values = [(i, -i) for i in range(5)]
    page = page_of(("temperature", "smtj.damping"), values, [""] * 5)
    assert "share random numbers" in page
    assert (
        "5 points are too few to rank 2 parameters for largest over smallest sigma of an instant: 10 are needed."
        in page
    )
    for absent in ("in doubt", "Doubts about", "may be larger"):
        assert absent not in page
    # Points of other seeds share none, and one parameter that varies has nothing to be ranked against.
    page = page_of(("seed", "smtj.damping"), [(i, 1) for i in range(5)], ["a\nb", "a", "a", "a", "a"])
    assert "share random numbers" not in page
    assert "rank" not in page
    assert '<h2 id="limits">Doubts about all points</h2>' in page
    assert "<li>a</li>" in page
    assert "1 point whose errors may be larger" in page
    assert page.count("<small>in doubt</small>") == 1
