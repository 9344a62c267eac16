"""Studies of yields and of idealised devices: what depends on what, curves, the table, and real devices beside."""

import shutil

import numpy as np
import pytest
import yaml

from magbayes.workflow import guard
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.report import study as report
from magbayes.workflow.report.study import StudyResults
from magbayes.workflow.report.tables import study as tables
from magbayes.workflow.report.tolerance import curves, said
from magbayes.workflow.sources import DEFAULT, Given, over, read_file
from magbayes.workflow.studies.study import Study, configured, read_study
from magbayes.workflow.tasks import tasks_of
from tests.workflow.conftest import ROOT

FROZEN = ROOT / "tests" / "compact_models" / "frozen" / "version11.h5"
FACTORS = [0.0, 1.0, 2.0, 4.0]
SHARES = {"measured": [1.0, 1.0, 0.95, 0.2], "nominal": [1.0, 0.4, 0.0, 0.0]}


def results(shares=SHARES, factors=FACTORS):
    keys = {"accelerator.spread_factor": factors, "accelerator.writing": list(shares)}
    points = [{"accelerator.spread_factor": f, "accelerator.writing": w} for w in shares for f in factors]
    share = np.concatenate([shares[w] for w in shares])
    collected = {
        "digits/yield": np.stack([share, np.maximum(share - 0.05, 0), np.minimum(share + 0.05, 1)], axis=1),
        "digits/energy": np.tile([2e-8, 1.5e-8, 4e-8], (len(points), 1)),
    }
    study = Study(study="mine", parameters=keys, collect=tuple(collected))
    return StudyResults(study, points, collected, [""] * len(points), [""] * len(points))


def test_a_curve_for_each_remedy():
    found = results().curves
    assert [said(curve.others) for curve in found] == ["measured", "nominal"]
    for curve in found:
        assert curve.spread.tolist() == FACTORS
        assert curve.yields[:, 0].tolist() == SHARES[said(curve.others)]
        assert curve.energy.value == pytest.approx(2e-8)
    # Control: two values are no curve, and a number that is no share has none.
    assert results({"measured": [1.0, 0.5]}, [0.0, 1.0]).curves == []
    assert curves(results().points, {"digits/energy": results().collected["digits/energy"]}) == []


def test_the_table_tells_the_tolerance():
    measured, nominal = tables.tolerances(results().curves).rows
    assert [float(cell.text) for cell in measured[3:5]] == pytest.approx([1.2, 2 + 0.05 / 0.375], rel=2e-3)
    assert measured[3].detail.startswith("not at 0 to")
    assert float(nominal[4].text) == pytest.approx(0.1 / 0.6, rel=2e-3)
    endless = tables.tolerances(results({"measured": [1.0] * 4}).curves).rows[0]
    assert endless[3].text == "above 4"


def test_the_report_shows_it():
    found = results()
    pictures = report.pictures(found)
    assert {"tolerance", "against"} <= set(pictures)
    page = report.page(found, pictures)
    assert "Yield and tolerance" in page
    assert "Stars" not in page


def configuration(**changes):
    given = {"compact_models": {"smtj": "idealised", "dwmtj": "idealised"}, "networks": {"digits": None}, **changes}
    return validate(over(read_file(DEFAULT).values, [Given(given, {})]).values)


def test_a_factor_changes_chips_and_no_network():
    one, other = (tasks_of(configuration(accelerator={"spread_factor": f}), "native") for f in (1.0, 2.0))
    assert {name for name in one if one[name] != other[name]} == {"accelerator/diabetes", "accelerator/cubic"}


def test_names_in_any_order_are_the_same_chips():
    one, other = (
        tasks_of(configuration(accelerator={"spread_factor": 2.0, "spread_of": names}), "native")
        for names in (["levels", "offset"], ["offset", "levels", "offset"])
    )
    assert one == other
    assert one["accelerator/cubic"].params["settings"]["spread_of"] == ["offset", "levels"]


def test_numbers_of_idealised_devices_change_these_alone():
    devices = {"smtj": "idealised", "dwmtj": "idealised", "idealised": {"levels": 5}}
    one, other = (tasks_of(configuration(**c), "native") for c in ({}, {"compact_models": devices}))
    assert {name for name in one if one[name] != other[name]} == {"compact_models"}
    # Nothing depends on them where no device is idealised.
    real = [dict.fromkeys(("smtj", "dwmtj"), str(FROZEN)) | more for more in ({}, {"idealised": {"levels": 5}})]
    one, other = (tasks_of(configuration(compact_models=c), "native") for c in real)
    assert one == other
    guard.require_devices([configuration()])


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """The shipped study, in a folder with the file of a device."""
    folder = tmp_path / "results" / "default"
    folder.mkdir(parents=True)
    shutil.copy(FROZEN, folder / "compact_models.h5")
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "workflow" / "config" / "studies" / "requirements.yaml", tmp_path / "study.yaml")
    return tmp_path / "study.yaml"


def test_a_real_device_has_its_place_among_idealised_ones(beside):
    study, base, points = read_study(beside)
    *ideal, real = points
    assert len(ideal) == 24
    assert {point["compact_models.smtj"] for point in ideal} == {"idealised"}
    key = "compact_models.idealised."
    assert isinstance(real[f"{key}levels"], int)
    assert 1 < real[f"{key}sigma_ratio"] < 10
    assert real["accelerator.leave_out"] is True
    tasks = tasks_of(configured(base, real), "native")
    assert tasks["compact_models"].params["devices"]["smtj"] == "results/default/compact_models.h5"
    assert list(study.parameters) == [f"{key}sigma_ratio", f"{key}levels", "accelerator.leave_out"]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"compact_models.smtj": "nowhere.h5"}, ("point 25 of 25", "nowhere.h5: no such file")),
        ({"accelerator.rowz": 3}, ("point 25 of 25", "accelerator.rowz: unknown key")),
    ],
)
def test_wrong_points_beside_get_one_line(beside, other, words):
    values = yaml.safe_load(beside.read_text(encoding="utf-8"))
    values["beside"] = [other]
    beside.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_study(beside)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words)
