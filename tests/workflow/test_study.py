"""Studies: their points, what they share, and what is made of them."""

import csv
import json
import re
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import yaml
from scipy.stats import kstest, norm
from snakemake.utils import update_config

from magbayes.data import container
from magbayes.data.access import FileAccessError
from magbayes.data.container import Quantity
from magbayes.data.estimate import Estimate
from magbayes.data.memory import MemoryShortageError
from magbayes.micromag.engines import EngineError
from magbayes.system.metrics.front import pareto_front
from magbayes.workflow.configuration import ConfigurationError, unit_of_key, validate
from magbayes.workflow.report import parameters, summary
from magbayes.workflow.report import study as study_report
from magbayes.workflow.report.figures import study as figures_study
from magbayes.workflow.scripts import make_study
from magbayes.workflow.sources import Given, merge
from magbayes.workflow.store import Store
from magbayes.workflow.studies import collecting, plan
from magbayes.workflow.studies import study as study_module
from magbayes.workflow.studies.plan import load_plan, make_plan
from magbayes.workflow.studies.points import KIND, VERSION, Point, contents, work_on
from magbayes.workflow.studies.sampling import Parameter, combine
from magbayes.workflow.studies.study import configured, read_study
from magbayes.workflow.studies.wanted import wanted
from magbayes.workflow.tasks import tasks_of
from tests.docs.pages import unexplained
from tests.workflow import browser as browsers
from tests.workflow.conftest import ROOT, TINY, run, write_study


def test_grid_and_zip():
    parameters = {"a": Parameter(values=[1, 2]), "b": Parameter(low=1.0, high=100.0, steps=3, scale="log")}
    grid = combine("grid", parameters, None, 1)
    assert grid == [{"a": a, "b": b} for a in (1, 2) for b in (1.0, 10.0, 100.0)]
    pairs = combine("zip", {"a": Parameter(values=[1, 2]), "b": Parameter(low=0, high=8e-9, step=8e-9)}, None, 1)
    assert pairs == [{"a": 1, "b": 0.0}, {"a": 2, "b": 8e-9}]


def test_latin_hypercube_has_a_point_in_every_row_and_column():
    parameters = {"a": Parameter(low=0, high=1), "b": Parameter(low=1, high=100, scale="log")}
    points = combine("latin", parameters, 50, 7)
    assert points == combine("latin", parameters, 50, 7)
    assert points != combine("latin", parameters, 50, 8)
    assert sorted(int(50 * point["a"]) for point in points) == list(range(50))
    assert sorted(int(25 * np.log10(point["b"])) for point in points) == list(range(50))


def test_normal_and_stepped_parameters():
    parameters = {"n": Parameter(mean=5.0, std=0.1), "s": Parameter(low=20e-9, high=40e-9, step=4e-9)}
    points = combine("latin", parameters, 1000, 1)
    # Stratified samples lie closer to the distribution than random ones: the test passes with much to spare, and
    # rejects a spread that is 5 % too small.
    values = np.array([point["n"] for point in points])
    assert kstest(values, norm(5.0, 0.1).cdf).pvalue > 0.5
    assert kstest(values, norm(5.0, 0.105).cdf).statistic > 0.01 > kstest(values, norm(5.0, 0.1).cdf).statistic
    found, counts = np.unique([point["s"] for point in points], return_counts=True)
    assert found.tolist() == [2e-8, 2.4e-8, 2.8e-8, 3.2e-8, 3.6e-8, 4e-8]
    assert counts.min() > 150


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"parameters": {"smtj.diamter": [4e-8]}}, ["point 1 of 1", "smtj.diamter: unknown key", "diameter"]),
        (
            {"parameters": {"smtj.diameter": [4.8e-8, 5e-8]}},
            ["point 2 of 2", "smtj.diameter = 5e-08", "does not divide"],
        ),
        ({"parameters": {"temperature": {"low": 3}}}, ["parameters.temperature", "high"]),
        ({"parameters": {"temperature": {"low": 3, "high": 400}}}, ["parameters.temperature", "steps and step"]),
        ({"parameters": {"smtj": [{"damping": 0.1}]}}, ["parameters.smtj", "no key of a device"]),
        ({"parameters": {}}, ["parameters", "1 or more values"]),
        ({"collect": ["digits/ecce"]}, ["collect", "'digits/ecce'", "digits/ece"]),
        ({"design": "random"}, ["design", "'random'", "latin"]),
        ({"design": "latin"}, ["samples is missing"]),
        ({"design": "sobol", "samples": 12}, ["samples 12", "power of two"]),
        ({"design": "zip", "parameters": {"seed": [1, 2], "temperature": [300]}}, ["equal length", "[2, 1]"]),
        ({"base": "nowhere.yaml"}, ["nowhere.yaml", "No such file"]),
        ({"base": 300 * "b"}, ["bbb", "File name too long"]),
        ({"base": "/dev/zero"}, ["/dev/zero", "not a file"]),
        ({"settings": {"engine": "both"}}, ["engine", "both"]),
        ({"parametres": {}}, ["parametres: unknown key", "parameters"]),
        ({"study": "../elsewhere"}, ["study", "../elsewhere", "pattern"]),
    ],
)
def test_a_wrong_study_gets_one_line(tmp_path, changes, parts, monkeypatch):
    monkeypatch.setattr("magbayes.micromag.engines.oommf.require", lambda: None)
    path = write_study(tmp_path, **changes)
    for read in (read_study, load_plan):
        with pytest.raises(ConfigurationError) as caught:
            read(path)
        assert "\n" not in str(caught.value)
        for part in parts:
            assert part in str(caught.value)


def test_points_stand_over_the_default_as_scenarios_do(tmp_path):
    quick = ROOT / "workflow" / "config" / "quick.yaml"
    scenario = yaml.safe_load((ROOT / "workflow" / "config" / "default.yaml").read_text(encoding="utf-8"))
    update_config(scenario, yaml.safe_load(quick.read_text(encoding="utf-8")))  # which is what --configfile does
    point = {"networks.digits.learning_rate": [0.02]}
    _, base, points = read_study(write_study(tmp_path, base=str(quick), parameters=point, collect=["digits/ece"]))
    found = configured(base, points[0])
    assert found.networks.digits.learning_rate == 0.02
    # That of the default scenario; a network of one's own has 1.
    assert found.networks.digits.kl_weight == 0.1
    scenario["networks"]["digits"]["learning_rate"] = 0.02
    assert found == validate(scenario)


def test_the_shipped_studies_are_whole(tmp_path, monkeypatch):
    """Those of published splits and of real devices once their files are in their place."""
    (tmp_path / "UCI_Datasets" / "yacht" / "data").mkdir(parents=True)
    (tmp_path / "results" / "default").mkdir(parents=True)
    frozen = ROOT / "tests" / "compact_models" / "frozen" / "version11.h5"
    (tmp_path / "results" / "default" / "compact_models.h5").write_bytes(frozen.read_bytes())
    monkeypatch.chdir(tmp_path)
    folder = ROOT / "workflow" / "config" / "studies"
    lengths = {path.stem: len(read_study(path)[2]) for path in folder.glob("*.yaml")}
    assert lengths == {
        **{
            "diameter": 10,
            "temperature": 7,
            "anisotropy": 24,
            "geometry": 7,
            "gate": 4,
            "uci": 20,
            "crossvalidation": 5,
        },
        **{"tolerance": 12, "requirements": 25},
    }


def digests(changes):
    store = Store(tasks_of(validate(merge(TINY, changes)), "native"))
    return {name: store.digest(name) for name in store.tasks}


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"scenario": "other"}, set()),
        ({"accelerator": {"adc_bits": 7}}, {"accelerator"}),
        (
            {"networks": {"digits": {"steps": 30}}},
            {"networks/digits", "baselines/digits", "accelerator/digits"},
        ),
        ({"smtj": {"damping": 0.2}}, {"micromag/smtj", "compact_models", "networks", "accelerator"}),
        (
            {"pulses": {"relaxation": 0.3e-9}},
            {
                "micromag/dwmtj/rest",
                *(f"micromag/dwmtj/{current}Apm2_5e-10s" for current in ("5.5e+11", "6.5e+11")),
                "compact_models",
                "networks",
                "accelerator",
            },
        ),
        (
            {"variation": {"smtj": {"diameter": 1e-9}}},
            {"micromag/smtj/variation", "compact_models", "networks", "accelerator"},
        ),
        ({"resolution": {"replicas": 8}}, {"micromag/smtj/resolution"}),
        ({"track_resolution": {"replicas": 8}}, {"micromag/dwmtj/resolution"}),
        ({"retention": {"target": 1e6, "cells": 10}}, set()),  # what is asked for, the report says
        (
            {"variation": {"dwmtj": {"notch_position": 1e-9}}},
            {"micromag/dwmtj/variation", "compact_models", "networks", "accelerator"},
        ),
        (
            {"retention": {"images": 7}},
            {"micromag/dwmtj/retention", "micromag/dwmtj/resolution", "compact_models", "networks", "accelerator"},
        ),
        ({"temperature": 310}, {"micromag", "compact_models", "networks", "accelerator"}),
    ],
)
def test_a_parameter_touches_what_depends_on_it_and_nothing_else(changes, kinds):
    before, after = digests({}), digests(changes)
    changed = {name for name in before if before[name] != after.get(name)}
    # The resolution of the discretisation is no part of the models.
    expected = {name for name in before if any(name == kind or name.startswith(f"{kind}/") for kind in kinds)}
    assert changed == expected


def test_a_further_voltage_leaves_the_others():
    voltages = TINY["fluctuation"]["voltages"]
    before, after = digests({}), digests({"fluctuation": {"voltages": [*voltages, 1.4]}})
    same = {name for name in before if before[name] == after[name]}
    assert {name for name in before if name.startswith("micromag/")} <= same
    assert "compact_models" not in same


def test_values_that_differ_in_any_digit_have_files_of_their_own():
    def fluctuations(other):
        changes = {"fluctuation": {"other_temperatures": [other]}}
        tasks = tasks_of(validate(merge(TINY, changes)), "native")
        return [name for name, task in tasks.items() if task.rule == "fluctuation"], tasks

    names, tasks = fluctuations(300.0001)
    assert len(names) == 2 * len(TINY["fluctuation"]["voltages"])
    assert "micromag/smtj/-2.4V_300.0001K" in names
    assert len({tasks[name].params["seed"] for name in names}) == len(names)
    assert tasks["compact_models"].needs["fluctuations"] == names
    # Names of values with six digits are as they were.
    assert "micromag/smtj/-2.4V_330K" in fluctuations(330.0)[0]


def test_points_are_shared_between_studies_and_batches(tmp_path):
    bits = {"accelerator.adc_bits": [6, 8], "smtj.damping": [0.3, 0.4]}
    collect = ["diabetes/rmse"]
    plan = make_plan(write_study(tmp_path, parameters=bits, collect=collect, points_per_job=1))
    # Of each damping all but the accelerator is needed twice; what is of the track, and the baselines, by all.
    rules = [Path(path).parent.parent.name for path in plan.shared]
    counts = {
        "baselines": 1,
        "fit": 2,
        "fluctuation": 8,
        "network": 2,
        "pulse": 2,
        "rest": 1,
        "retention": 1,
        "variation": 3,
    }
    assert Counter(rules) == counts
    assert {rule: len(paths) for rule, paths in plan.alone.items()} == {"accelerator/diabetes": 4}
    # Two at a time, and a batch has all of one damping.
    plan = make_plan(write_study(tmp_path, parameters=bits, collect=collect, points_per_job=2))
    assert sorted(sorted(rows) for rows in plan.batches.values()) == [[[0], [2]], [[1], [3]]]
    more = make_plan(
        write_study(
            tmp_path,
            study="more",
            parameters=bits | {"smtj.damping": [0.2, 0.3, 0.4]},
            collect=collect,
            points_per_job=2,
        )
    )
    assert set(plan.batches) < set(more.batches)
    assert set(plan.alone["accelerator/diabetes"]) < set(more.alone["accelerator/diabetes"])


def values_of(plan):
    """Values of the first parameter, by the batch and row that what is collected of them comes from."""
    return {
        (identity, row): {plan.points[number]["smtj.damping"] for number in numbers}
        for identity, rows in plan.batches.items()
        for row, numbers in enumerate(rows)
    }


@pytest.mark.parametrize("size", [1, 2])
def test_rows_belong_to_values_in_whatever_order_these_are_listed(tmp_path, size):
    forth, back = (
        make_plan(write_study(tmp_path, parameters={"smtj.damping": dampings}, points_per_job=size))
        for dampings in ([0.3, 0.4], [0.4, 0.3])
    )
    assert values_of(forth) == values_of(back)
    # The control: points are numbered as they are listed.
    assert forth.points == back.points[::-1]


def test_points_that_nothing_tells_apart_share_a_row(tmp_path):
    bits = {"accelerator.adc_bits": [6, 8], "smtj.damping": [0.3, 0.4]}
    plan = make_plan(write_study(tmp_path, parameters=bits, collect=["smtj/sigma_ratio"], points_per_job=1))
    assert len(plan.batches) == 2
    assert sorted(rows for rows in plan.batches.values()) == [[[0, 2]], [[1, 3]]]


def test_results_come_to_their_points(tmp_path, monkeypatch):
    """From a batch's file to a table, with rows in another order than points, and rows of two points."""
    monkeypatch.chdir(tmp_path)
    bits = {"accelerator.adc_bits": [6, 8], "smtj.damping": [0.4, 0.3, 0.5]}
    collect = ["smtj/sigma_ratio"]
    path = write_study(tmp_path, parameters=bits, collect=collect, points_per_job=2)
    plan = make_plan(path)
    paths = []
    for number, rows in enumerate(plan.batches.values()):
        dampings = [plan.points[members[0]]["smtj.damping"] for members in rows]
        batch = [Point("", {"smtj/sigma_ratio": Estimate(d, d, d)} if d != 0.5 else {}, "no") for d in dampings]
        paths.append(f"{number}.h5")
        container.write(paths[-1], KIND, VERSION, contents(batch, collect), {})
    results = study_report.read_results(plan.header, plan.points, paths, list(plan.batches.values()))
    expected = [point["smtj.damping"] for point in plan.points]
    found = results.collected["smtj/sigma_ratio"][:, 0].tolist()
    assert [value for value in found if value == value] == [value for value in expected if value != 0.5]
    assert np.flatnonzero(np.isnan(found)).tolist() == [i for i, value in enumerate(expected) if value == 0.5]


@pytest.mark.parametrize(
    ("key", "good", "bad", "said"),
    [
        ("temperature", 300.0, 1500.0, "temperature: 1500.0 is not accepted"),
        ("smtj.cell_size", 8e-9, 7e-9, "does not divide diameter"),
        # Right alone, and wrong beside sections that no point changes.
        ("accelerator.read_time", 1e-9, 2e-9, "is not within the record of the fluctuation"),
        ("fluctuation.voltages", [-2.4, -1.2, -0.2, 0.8], [-2.4, -1.2, -0.6, -0.3], "-0.2 V is not characterised"),
    ],
)
def test_a_wrong_point_among_a_thousand_is_refused_as_it_is_alone(tmp_path, key, good, bad, said):
    values = [good] * 776 + [bad] + [good] * 223
    beside = {"accelerator.sample_interval": {"low": 2e-8, "high": 3e-8, "steps": 1000}}
    with pytest.raises(ConfigurationError) as many:
        read_study(write_study(tmp_path, design="zip", parameters={key: values} | beside))
    assert "point 777 of 1000" in str(many.value)
    with pytest.raises(ConfigurationError) as one:
        read_study(write_study(tmp_path, parameters={key: [bad]}))
    assert said in str(one.value)
    assert str(many.value).split("): ", 1)[1] == str(one.value).split("): ", 1)[1]


def test_what_points_share_makes_the_plan_that_each_alone_would(tmp_path, monkeypatch):
    """Of devices, networks and the array; a control that mixes points up makes another one."""
    parameters = {
        "smtj.damping": [0.3, 0.4],
        "networks.digits.steps": [20, 30],
        "accelerator.read_voltage": [0.1, 0.2],
        "temperature": [300.0, 310.0],
    }
    path = write_study(tmp_path, parameters=parameters, collect=["digits/ece", "diabetes/rmse"])
    plan = make_plan(path)
    assert len(plan.points) == 16
    shared = study_module.Configurations.of

    def alone(over, point):
        return shared(study_module.Configurations(over.base), point)

    monkeypatch.setattr(study_module.Configurations, "of", alone)
    assert make_plan(path) == plan
    monkeypatch.setattr(study_module.Configurations, "of", lambda over, point: alone(over, plan.points[0]))
    assert make_plan(path) != plan


@pytest.mark.slow
def test_a_thousand_points_are_planned_in_seconds(tmp_path):
    parameters = {"smtj.damping": {"low": 0.01, "high": 0.1}, "temperature": {"low": 250, "high": 400}}
    path = write_study(tmp_path, design="latin", samples=1000, parameters=parameters, points_per_job=None)
    start = time.process_time()
    plan = make_plan(path)
    print(f"{time.process_time() - start:.1f} s")
    assert len(plan.points) == 1000
    assert len(plan.batches) == 200
    # Every point has a device of its own; on a quiet core it is half of that.
    assert time.process_time() - start < 12


def test_a_thousand_points_of_one_device_are_planned_in_seconds(tmp_path):
    """What they share is checked, described and hashed once; the array differs in every point."""
    parameters = {
        "accelerator.read_voltage": {"low": 0.05, "high": 0.1, "steps": 40},
        "accelerator.samples": {"low": 4, "high": 28, "steps": 25},
    }
    path = write_study(tmp_path, parameters=parameters, collect=["digits/ece"], points_per_job=None)
    start = time.process_time()
    plan = make_plan(path)
    took = time.process_time() - start
    print(f"{took:.1f} s")
    assert (len(plan.points), len(plan.batches)) == (1000, 200)
    assert took < 5
    # A batch waits for what its own files are made from, and not for what those are made from.
    for read in plan.inputs.values():
        assert sorted(plan.shared[path]["kind"].partition("/")[0] for path in read) == ["baselines", "fit", "network"]


def test_a_plan_is_kept_until_what_it_was_made_from_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "mine.csv"
    data.write_text("a,b\n" + "1,2\n3,4\n" * 25, encoding="utf-8")
    own = {"data": {"source": "csv", "path": str(data), "task": "regression"}, "hidden": [4]}
    path = write_study(tmp_path, settings={"networks": {"mine": own}}, collect=["mine/rmse"], points_per_job=1)
    monkeypatch.setattr(plan, "_stamps", lambda: iter(["our code"]))
    first = load_plan(path)
    with monkeypatch.context() as patch:
        patch.setattr(plan, "make_plan", None)
        assert load_plan(path) == first
    data.write_text("a,b\n" + "1,3\n3,4\n" * 30, encoding="utf-8")
    second = load_plan(path)
    assert len(second.batches) == 2
    assert not set(first.batches) & set(second.batches)
    # Devices do not depend on the data.
    assert {place for place in first.shared if "/fluctuation/" in place} <= set(second.shared)
    path.write_text(path.read_text(encoding="utf-8").replace("0.4", "0.5"), encoding="utf-8")
    assert len(set(second.batches) & set(load_plan(path).batches)) == 1


def test_another_oommf_makes_other_ensembles_and_the_same_baselines(monkeypatch):
    def digests(version):
        monkeypatch.setattr("magbayes.micromag.engines.oommf.require", lambda: SimpleNamespace(version=version))
        store = Store(tasks_of(validate(TINY), "oommf"))
        return {name: store.digest(name) for name in store.tasks}

    old, new = digests("2.0b0"), digests("2.1a0")
    same = {name for name in old if old[name] == new[name]}
    # No engine but our own looks for paths.
    assert same == {name for name in old if name.startswith("baselines/")} | {"micromag/dwmtj/retention"}
    assert old == digests("2.0b0")


@pytest.mark.parametrize("error", [ValueError("no pinning"), NotImplementedError("no such term")])
def test_a_point_that_cannot_be_is_an_answer(tmp_path, error, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def fail(work):
        raise error

    monkeypatch.setattr("magbayes.workflow.scripts.simulate_fluctuation.main", fail)
    points = [{"smtj.damping": 0.3}, {"smtj.damping": 0.4}]
    rows = list(work_on(TINY, points, ["smtj/sigma_ratio"], {}))
    assert [(row.numbers, row.failure, row.doubts) for row in rows] == [({}, str(error), [])] * 2
    assert rows[0].identity != rows[1].identity


@pytest.mark.parametrize(
    "error",
    [
        EngineError("OOMMF ended with status 1"),
        OSError(28, "No space left on device"),
        MemoryShortageError("64 replicas: needs 8 GB of memory, and 4 GB may be used"),
        FileAccessError("mine.csv: cannot be opened or read now (too many files are open)"),
    ],
)
def test_a_point_that_something_befell_is_none(tmp_path, error, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def fail(work):
        raise error

    monkeypatch.setattr("magbayes.workflow.scripts.simulate_fluctuation.main", fail)
    with pytest.raises(type(error)):
        list(work_on(TINY, [{"smtj.damping": 0.3}], ["smtj/sigma_ratio"], {}))


def test_parameters_are_shown_in_the_units_that_a_person_reads():
    keys = ("smtj.diameter", "dwmtj.interface_anisotropy", "temperature", "smtj.damping", "networks.digits.steps")
    units = {key: unit_of_key(key) for key in keys}
    assert units == dict(zip(keys, ("m", "J/m^2", "K", "", ""), strict=True))
    values = dict(zip(keys, (4e-8, 1.006e-3, 400.0, 0.03, 5000), strict=True))
    columns = {key: np.array([0.5, 1]) * values[key] for key in keys}
    known = {key: parameters.parameter(key, column.tolist()) for key, column in columns.items()}
    assert {label: round(float(x[1]), 6) for label, x in figures_study.as_read(columns, known).items()} == {
        "diameter of the stochastic MTJ / nm": 40,
        "interface anisotropy of the domain-wall MTJ / mJ/m²": 1.006,
        "temperature / K": 400,
        "damping of the stochastic MTJ": 0.03,
        "steps of digits": 5000,
    }
    assert known["smtj.diameter"].assigned(4e-8) == "diameter of the stochastic MTJ 40 nm"
    # A list of numbers has its unit in tables; an axis has its place among the lists.
    lists = parameters.parameter("pulses.current_densities", [[2.6e11, 3e11], [3e11, 3.4e11]])
    assert lists.assigned([2.6e11, 3e11]) == "current densities (pulses) 2.6, 3 10¹¹ A/m²"
    places = figures_study.as_read({"p": np.array([0.0, 1.0])}, {"p": lists})
    assert list(places) == ["current densities (pulses) (place)"]
    # What is no number, and what is one of two words, stays as it is.
    assert parameters.parameter("smtj.renormalise", ["film", "none"]).cell("film") == ("film", None, "")
    assert parameters.parameter("accelerator.leave_out", [True, False]).text(True) == "True"


def test_shares_are_in_per_cent_and_their_changes_in_points():
    shares = [
        "digits/accuracy",
        "digits/software_ece",
        "digits/range_ece_blend_0.5",
        "cubic/coverage_90",
        "digits/yield",
    ]
    for name in shares:
        assert figures_study.scale(name, "1") == (100, "%")
        assert figures_study.change_scale(name, "1") == (100, "points")
    assert figures_study.label("digits/ece", "1") == "digits: ECE / %"
    assert figures_study.change_label("digits/ece", "1") == "digits: ECE / points"
    # What has a unit, or is no share of what happens, keeps its own.
    for name, unit in (("digits/auroc_noise", "1"), ("digits/nll", "nat"), ("smtj/sigma_ratio", "1")):
        assert figures_study.scale(name, unit) == figures_study.change_scale(name, unit) == figures_study.SCALES[unit]
    points, doubted = {"temperature / K": np.array([300.0, 350.0])}, np.zeros(2, bool)
    changed = {"digits/ece": np.array([[0.0, 0.0, 0.0], [0.01, 0.005, 0.015]])}
    axes, *_ = figures_study.changes(points, changed, {"digits/ece": "1"}, doubted).axes
    assert " ".join(axes.get_ylabel().split()) == "change of digits: ECE / points"
    assert axes.containers[0].lines[0].get_ydata().tolist() == [0, 1]


def test_all_that_can_be_collected_can_be_drawn():
    mixed = {"source": "digits", "blend": {"fractions": [0.25, 0.5]}}
    names = collecting.collectable(validate({"networks": {"digits": {"data": mixed}, "diabetes": {}, "cubic": {}}}))
    units = {name: collecting.unit_of(name) for name in names}
    drawing = figures_study.against_parameters(
        {"temperature / K": np.array([300.0, 350.0])},
        {name: np.array([[1.0, 0.9, 1.1], [2.0, 1.9, 2.1]]) for name in names},
        units,
        np.zeros(2, bool),
    )
    labels = {" ".join(axes.get_ylabel().split()) for axes in drawing.axes}
    assert {figures_study.label(name, unit) for name, unit in units.items()} <= labels
    assert not any("_" in label for label in labels)  # no raw key


def test_pareto_front():
    energy, error = np.array([1.0, 2.0, 3.0, 2.0, 1.0]), np.array([3.0, 2.0, 1.0, 3.0, 3.0])
    assert pareto_front(energy, error).tolist() == [True, True, True, False, True]


DOUBTS = {
    3: ["not in equilibrium at 0 V"],
    5: ["not in equilibrium at 0 V", "digits: layer 0: clamped"],
}
"""Of points, by their number from 0."""


@pytest.mark.slow
def test_table_and_report_of_made_up_results(tmp_path):
    """24 points in two batches, the last of which has no results; energy depends on the bits alone."""
    collect = ["digits/ece", "digits/energy", "diabetes/coverage_90", "diabetes/energy"]
    parameters = {"accelerator.adc_bits": [4, 6, 8], "temperature": {"low": 250, "high": 350}}
    path = write_study(tmp_path, design="latin", samples=24, parameters=parameters, collect=collect)
    points = read_study(path)[2]
    bits = np.array([point["accelerator.adc_bits"] for point in points], float)
    values = {
        "digits/ece": 0.1 / bits + 1e-4 * np.array([point["temperature"] for point in points]),
        "digits/energy": 1e-9 * bits,
        "diabetes/coverage_90": np.full(24, 0.88),
        "diabetes/energy": 1e-9 * bits,
    }
    numbers, paths = [list(range(0, 24, 2)), list(range(1, 24, 2))], [tmp_path / "a.h5", tmp_path / "b.h5"]
    for chosen, file in zip(numbers, paths, strict=True):
        good = [i for i, point in enumerate(chosen) if point != 23]
        data = {
            "point": Quantity([str(point) for point in chosen], "1"),
            "failure": Quantity(["" if point != 23 else "no <b>pinning</b>" for point in chosen], "1"),
            "doubts": Quantity(["\n".join(DOUBTS.get(point, [])) for point in chosen], "1"),
            "good": Quantity(np.array(good), "1"),
            "further": Quantity(np.array([], h5py.string_dtype()), "1"),
        }
        for name, value in values.items():
            found = value[[chosen[i] for i in good]]
            table = np.stack([found, 0.9 * found, 1.1 * found], axis=1)
            data[f"collected/{name}"] = Quantity(table, collecting.unit_of(name))
        container.write(file, KIND, VERSION, data, {})
    names = {"csv": "table.csv", "hdf5": "table.h5", "page": "report.html", "figures": "figures/.index"}
    output = SimpleNamespace(**{name: str(tmp_path / "out" / file) for name, file in names.items()})
    job_input = SimpleNamespace(batches=list(map(str, paths)))
    header = read_study(path)[0].model_dump(mode="json", exclude_defaults=True)
    rows = [[[point] for point in batch] for batch in numbers]
    params = SimpleNamespace(study=header, points=points, numbers=rows, reference=0, base=TINY)
    figures = Path(output.figures).parent
    figures.mkdir(parents=True)
    (figures / "ranking.svg").write_text("a person has drawn into it")
    make_study.main(SimpleNamespace(params=params, input=job_input, output=output))
    assert (figures / "ranking.svg").read_text() == "a person has drawn into it"
    rows = list(csv.DictReader(Path(output.csv).read_text(encoding="utf-8").splitlines()))
    assert [float(row["digits/energy"] or "nan") for row in rows[:-1]] == (1e-9 * bits[:-1]).tolist()
    assert rows[-1]["digits/energy"] == ""
    assert rows[-1]["failure"] == "no <b>pinning</b>"
    page = Path(output.page).read_text(encoding="utf-8")
    assert "no &lt;b&gt;pinning" in page
    for heading in ("Points without results", "Sobol indices", "Energy against calibration", "Pairs"):
        assert heading in page
    # Small multiples, changes, a ranking, two fronts, a map of each number.
    assert page.count("data:image/svg+xml;base64,") == 9
    names = Path(output.figures).read_text().splitlines()
    assert sorted(path.name for path in figures.glob("*.svg")) == sorted(n for n in names if n.endswith(".svg"))
    assert len(names) == 3 * 9  # pictures, and the numbers in them
    # As one output, a folder, it is the same.
    output.figures = str(tmp_path / "out" / "folder")
    make_study.main(SimpleNamespace(params=params, input=job_input, output=output))
    assert len(list(Path(output.figures).glob("*.svg"))) == 9
    said = summary.summary(tmp_path / "out").splitlines()
    assert said[1] == "  23 of 24 points have results, 2 of them in doubt"
    sure = 1e9 * np.delete(values["digits/energy"][:-1], list(DOUBTS))
    without = f"{sure.min():.3g} to {sure.max():.3g} nJ"
    assert f"  digits/energy         4 to 8 nJ; without points in doubt: {without}" in said
    assert "  diabetes/coverage_90  88 to 88 %; without points in doubt: 88 to 88 %" in said
    assert said[-2:] == [f"  in doubt: 2 points: {DOUBTS[3][0]}", f"  in doubt: 1 point: {DOUBTS[5][1]}"]
    # Points in doubt: why, in a table, and marked among all points; in figures by their symbols.
    assert page.count("<small>in doubt</small>") == 2
    assert page.count("not in equilibrium at 0 V") == 2
    assert page.count("Open symbols: points in doubt.") == 3
    assert [number for number, row in enumerate(rows) if row["doubts"]] == list(DOUBTS)
    assert rows[5]["doubts"] == " | ".join(DOUBTS[5])
    contents = container.read(output.hdf5, study_report.KIND, study_report.VERSION)
    assert contents.units["collected/digits/energy"] == "J"
    assert contents["good"].tolist() == list(range(23))
    assert contents["doubts"][5].splitlines() == DOUBTS[5]
    for written in (output.hdf5, *paths):
        with h5py.File(written) as file:
            assert unexplained(file) == []


def test_what_can_be_collected_is_what_the_configuration_has(tmp_path):
    own = {"digits": None, "mine": {"data": {"source": "fashion_mnist"}}, "cubic": {"hidden": [4]}}
    configuration = validate(TINY | {"networks": own})
    names = collecting.collectable(configuration)
    assert {"mine/accuracy", "cubic/rmse", "diabetes/latency", "smtj/sigma_ratio", "cubic/area"} < set(names)
    assert {"mine/auroc_rotation", "cubic/range_auroc_outside", "diabetes/auroc_noise"} < set(names)
    assert not {"digits/accuracy", "mine/rmse", "cubic/ece", "cubic/auroc_noise", "mine/ece_blend_0.5"} & set(names)
    assert set(collecting.tasks_for(names)) <= set(tasks_of(configuration, "native"))
    units = {"ece": "1", "nll": "nat", "energy": "J", "area": "m^2", "range_nll_blend_0.5": "nat", "auroc_noise": "1"}
    assert {name: collecting.unit_of(f"mine/{name}") for name in units} == units
    mixed = {"source": "digits", "shifts": ["letters"], "blend": {"fractions": [0.5]}}
    names = collecting.collectable(validate(TINY | {"networks": {"mine": {"data": mixed}}}))
    shifted = {name for name in names if name.startswith("mine/") and ("auroc" in name or "blend" in name)}
    shifted -= {name for name in shifted if "yield" in name}
    every = {f"{start}{name}" for start in ("", "software_", "range_") for name in ("auroc_letters", "ece_blend_0.5")}
    assert {f"mine/{name}" for name in every} < shifted
    assert len(shifted) == 3 * (1 + 4)


@pytest.mark.parametrize("name", ["digits/rmse", "mine/ece", "digits", "smtj/size"])
def test_what_is_not_there_cannot_be_collected(tmp_path, name):
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(TINY))
    with pytest.raises(ConfigurationError, match=f"collect: '{name}' is not known; accepted: smtj/sigma_smallest, "):
        read_study(write_study(tmp_path, collect=[name]))


@pytest.mark.slow
def test_a_study_from_its_file_to_its_report(finished_study):
    folder, _, answer = finished_study
    results = folder / "results" / "studies" / "tiny"
    rows = list(csv.DictReader((results / "table.csv").read_text(encoding="utf-8").splitlines()))
    assert [float(row["smtj.damping"]) for row in rows] == [0.3, 0.4]
    assert all(row["failure"] == "" for row in rows)
    for doubt in ("smtj: cell_size 8e-09 m is above the exchange length", "no pulse moves the wall"):
        assert all(doubt in row["doubts"] for row in rows)
    for row in rows:
        low, value, high = (float(row[f"smtj/sigma_ratio{end}"]) for end in ("_low", "", "_high"))
        assert low < value < high
    with h5py.File(results / "table.h5") as file:
        assert file["collected/dwmtj/level_spacing"].attrs["unit"] == "S"
        assert file["collected/smtj/sigma_ratio"][:, 0].tolist() == [float(row["smtj/sigma_ratio"]) for row in rows]
    page = (results / "report.html").read_text(encoding="utf-8")
    assert page.rstrip().endswith("</html>")
    assert "data:image/svg+xml;base64," in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    said = (answer.stdout + answer.stderr).split("2 of 2 points have results")[1].splitlines()
    spacing = sorted(1e6 * float(row["dwmtj/level_spacing"]) for row in rows)
    assert [line.split()[:5] for line in said if line.strip().startswith("dwmtj/level_spacing")] == [
        ["dwmtj/level_spacing", f"{spacing[0]:.3g}", "to", f"{spacing[1]:.3g}", "µS"]
    ]
    assert any(line.startswith("  in doubt: all points: no pulse moves the wall") for line in said)
    # Before the first job, when there was nothing in the store.
    assert "of smtj/sigma_ratio, dwmtj/level_spacing nothing is known yet" in answer.stderr


@pytest.mark.slow
def test_the_page_of_a_study_in_a_browser(finished_study, browser):
    assert browsers.faults(browser, finished_study[0] / "results" / "studies" / "tiny" / "report.html") == []
    assert browsers.barriers(browser, finished_study[0] / "results" / "studies" / "tiny" / "report.html")[1] == []
    wrong, columns = browsers.unsorted(browser)
    assert wrong == []
    # Point, parameter, two collected numbers, of all points and of those that differ from the reference; parameter, the
    # number that has sensitivities, and what they are told by. No point is in doubt.
    assert columns == 4 + 4 + 3


@pytest.mark.slow
def test_a_further_point_is_all_that_is_made(study_to_change):
    folder, path = study_to_change

    def made():
        files = (folder / "results" / "store").rglob("*.h5")
        return {file: file.stat().st_mtime_ns for file in files if file.parts[-3] not in ("points", "study")}

    before = made()
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    further = path.with_name("further.yaml")
    study["parameters"]["smtj.damping"] = [0.35, 0.3, 0.4]
    further.write_text(yaml.safe_dump(study | {"study": "further", "points_per_job": 3}), encoding="utf-8")
    said = run(folder, "study", "--dry-run", "--config", f"study={further}")
    assert re.search(r" 4 fluctuation/native: \d+ s", said.stdout)
    assert re.search(r"about \d+ s on 2 cores, by earlier runs", said.stdout)
    assert not re.search(r"\d (pulse|rest)", said.stdout)
    answer = run(folder, "study", "--config", f"study={further}")
    assert answer.returncode == 0, answer.stderr
    after = made()
    assert before.items() <= after.items()
    assert len(after) - len(before) == 6  # four voltages, the variation between such devices, and a fit
    assert not (folder / "results" / "default").exists()


WRONG = ["study: x", "parameters: [", "\0"]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_study_is_refused_by_the_name_of_its_file(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(str(path))):
        wanted(Given({"study": str(path)}, {}))


@pytest.mark.slow
def test_a_wrong_study_ends_the_run_before_any_job(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(WRONG[0], encoding="utf-8")
    answer = run(tmp_path, "study", "--config", f"study={path}")
    assert answer.returncode != 0
    assert str(path) in answer.stderr
    assert "Traceback" not in answer.stdout + answer.stderr
    assert not (tmp_path / "results").exists()


def test_plans_are_plain(tmp_path):
    plan = make_plan(write_study(tmp_path))
    assert json.loads(json.dumps(vars(plan))) == vars(plan)
