"""Studies over keys whose values are lists: of names, of numbers, of sections."""

import csv
import io

import numpy as np
import pytest
import yaml

from magbayes.data import container
from magbayes.workflow.report import study as report
from magbayes.workflow.studies.plan import load_plan
from magbayes.workflow.studies.study import Study
from magbayes.workflow.studies.wanted import of_study

CASES = {
    "accelerator.ideal": [[], ["drift"], ["wires", "drift"]],
    "networks.digits.convolutions": [[], [{"channels": 4}]],
    "networks.digits.hidden": [[8], [8, 4]],
    "pulses.widths": [[1e-9], [2e-9]],
}


@pytest.mark.parametrize("key", CASES)
def test_a_list_is_a_value_like_another(key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values, path = CASES[key], tmp_path / "study.yaml"
    study = {"study": "lists", "parameters": {key: values}, "collect": ["smtj/sigma_ratio"]}
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
    first, again = load_plan(path), load_plan(path)  # the second as the first was kept
    assert first.points == again.points
    assert of_study(first).view == of_study(again).view
    collected = {"smtj/sigma_ratio": np.linspace(1, 2, 3 * len(values)).reshape(-1, 3)}
    results = report.StudyResults(
        Study.model_validate(first.header), first.points, collected, [""] * len(values), [""] * len(values)
    )
    rows = list(csv.DictReader(io.StringIO(report.table_text(results))))
    assert [row[key] for row in rows] == [str(point[key]) for point in first.points]
    report.write_table("table.h5", results)
    texts = container.read("table.h5", report.KIND, report.VERSION)[f"parameters/{key}"]
    assert texts.tolist() == [row[key] for row in rows]
    assert "</html>" in report.page(results, report.pictures(results))


def test_the_order_of_names_in_a_set_is_no_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    points = []
    for values in (["drift", "wires", "adc"], ["wires", "adc", "drift"]):
        path = tmp_path / "study.yaml"
        study = {"study": "sets", "parameters": {"accelerator.ideal": [values]}, "collect": ["smtj/sigma_ratio"]}
        path.write_text(yaml.safe_dump(study), encoding="utf-8")
        points.append(load_plan(path).points)
    assert points[0] == points[1] == [{"accelerator.ideal": ["adc", "drift", "wires"]}]
