"""Designs: what may be asked for, the search, what is kept of it, and what is made of its points."""

import csv
import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import yaml

from magbayes.compact_models import numbers as device_numbers
from magbayes.compact_models import store
from magbayes.data.estimate import Estimate
from magbayes.system.metrics.front import pareto_front, surely_behind
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.designs import rounds, stages
from magbayes.workflow.designs.choice import Choice
from magbayes.workflow.designs.design import Design, Limit, read_design, violations
from magbayes.workflow.designs.plan import DesignPlan
from magbayes.workflow.designs.rounds import Tried
from magbayes.workflow.designs.search import Space, Trial, propose
from magbayes.workflow.designs.wanted import wanted
from magbayes.workflow.report import design as design_report
from magbayes.workflow.sources import DEFAULT, Given, merge, read_file
from magbayes.workflow.store import Store
from magbayes.workflow.studies.points import Point
from magbayes.workflow.tasks import Task
from tests.workflow.conftest import ROOT, TINY, run
from tests.workflow.test_nothing_lost import numbers

DESIGN = {
    "design": "tiny",
    "base": "base.yaml",
    "parameters": {"smtj.damping": {"low": 0.2, "high": 0.4}, "smtj.gate_thickness": [6e-9, 7e-9, 8e-9]},
    "objectives": {"smtj/sigma_ratio": "maximise", "smtj/gate_leakage": "minimise"},
    "constraints": {"smtj/decay_time": {"at_most": 1e-9}},
    "points": 6,
    "batch": 3,
}


def write_design(folder, **changes):
    """A design's file, and its base beside it."""
    (folder / "base.yaml").write_text(yaml.safe_dump(TINY), encoding="utf-8")
    path = folder / "design.yaml"
    path.write_text(yaml.safe_dump(DESIGN | changes, sort_keys=False), encoding="utf-8")
    return path


REFUSED = {
    "objectives in a list": (
        {"objectives": ["smtj/sigma_ratio"]},
        ["objectives", "'smtj/sigma_ratio' has no direction", "maximise"],
    ),
    "an objective of nothing": ({"objectives": {"smtj/sigma_ratio": None}}, ["has no direction"]),
    "another direction": ({"objectives": {"smtj/sigma_ratio": "up"}}, ["objectives.smtj/sigma_ratio", "'up'"]),
    "no objective": ({"objectives": {}}, ["objectives"]),
    "an unknown quantity": (
        {"objectives": {"smtj/sigma": "maximise"}},
        ["objectives", "'smtj/sigma'", "smtj/sigma_ratio"],
    ),
    "an unknown constraint": ({"constraints": {"retention": {"at_least": 1}}}, ["constraints", "'retention'"]),
    "an unknown number to show": ({"collect": ["digits/ecce"]}, ["collect", "'digits/ecce'", "digits/ece"]),
    "a constraint of nothing": ({"constraints": {"smtj/decay_time": {}}}, ["constraints.smtj/decay_time", "at_least"]),
    "limits that cross": (
        {"constraints": {"smtj/decay_time": {"at_least": 2e-9, "at_most": 1e-9}}},
        ["at_least 2e-09", "at_most 1e-09"],
    ),
    "a unit behind a limit": (
        {"constraints": {"dwmtj/retention": {"at_least": "10 years"}}},
        ["constraints.dwmtj/retention.at_least", "'10 years'", "without its unit"],
    ),
    "bounds beyond a device": (
        {"parameters": {"smtj.damping": {"low": 0.2, "high": 4.0}}},
        ["smtj.damping = 4.0", "smtj.damping: 4.0", "less than or equal to 1"],
    ),
    "a value beyond a device": (
        {"parameters": {"smtj.diameter": [4e-8, 4.1e-8]}},
        ["smtj.diameter = 4.1e-08", "does not divide"],
    ),
    "bounds that cross": ({"parameters": {"smtj.damping": {"low": 0.4, "high": 0.2}}}, ["smtj.damping", "below high"]),
    "an unknown parameter": ({"parameters": {"smtj.dampin": [0.1, 0.2]}}, ["smtj.dampin", "unknown key", "damping"]),
    "a distribution": ({"parameters": {"smtj.damping": {"mean": 0.2, "std": 0.1}}}, ["smtj.damping", "low and high"]),
    "a whole device": ({"parameters": {"smtj": [{"damping": 0.1}]}}, ["parameters.smtj", "no key of a device"]),
    "a choice of nothing": ({"choose": "digits/nll"}, ["choose", "'digits/nll'", "compromise", "smtj/sigma_ratio"]),
    "too few values along": (
        {"along": {"smtj.gate_thickness": {"smtj.damping": [0.1]}}},
        ["along", "smtj.damping", "1 values beside 3"],
    ),
    "along a range": ({"along": {"smtj.damping": {"temperature": [300]}}}, ["along", "smtj.damping is no parameter"]),
    "an unknown key": ({"objective": {}}, ["objective: unknown key", "objectives"]),
    "both engines": ({"settings": {"engine": "both"}}, ["engine", "both"]),
}


def test_area_and_calibration_far_from_training_are_objectives_and_constraints(tmp_path):
    changes = {
        "parameters": {"accelerator.rows": {"low": 16, "high": 128, "step": 16}},
        "objectives": {"digits/area": "minimise", "digits/energy": "minimise"},
        "constraints": {"digits/ece_blend_0.5": {"at_most": 0.15}, "digits/auroc_noise": {"at_least": 0.9}},
        "collect": [],
    }
    mixed = {"networks": {"digits": {"data": {"source": "digits", "blend": {"fractions": [0.5]}}}}}
    design, *_ = read_design(write_design(tmp_path, settings=mixed, **changes))
    assert design.of_devices == []
    # Without mixed images there is no such number.
    with pytest.raises(ConfigurationError, match=r"constraints: 'digits/ece_blend_0\.5' is not known; accepted: "):
        read_design(write_design(tmp_path, **changes))


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_design_gets_one_line(tmp_path, case, monkeypatch):
    monkeypatch.setattr("magbayes.micromag.engines.oommf.require", lambda: None)
    changes, parts = REFUSED[case]
    with pytest.raises(ConfigurationError) as caught:
        read_design(write_design(tmp_path, **changes))
    assert "\n" not in str(caught.value)
    for part in ["design.yaml", *parts]:
        assert part in str(caught.value)


def test_a_gaussian_process_needs_its_library(tmp_path, monkeypatch):
    monkeypatch.setattr("magbayes.workflow.designs.design.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="sampler: gp needs PyTorch") as caught:
        read_design(write_design(tmp_path, sampler="gp"))
    assert "\n" not in str(caught.value)


def test_a_run_takes_a_design_and_nothing_beside_it(tmp_path):
    path = str(write_design(tmp_path))
    values = read_file(DEFAULT).values
    assert wanted(Given(values | {"design": path}, {})).folder == "results/designs/tiny"
    for beside, line in (
        ({"study": "x.yaml"}, "only one of them"),
        ({"temperature": 310.0}, "temperature: not accepted beside a design"),
    ):
        with pytest.raises(ConfigurationError, match=line):
            wanted(Given(values | {"design": path} | beside, {}))
    for junk in (None, 3, ["a"]):
        with pytest.raises(ConfigurationError, match=r"design: .* is not accepted; expected the path"):
            wanted(Given(values | {"design": junk}, {}))
    with pytest.raises(ValueError, match="name of a folder that scenarios share"):
        validate({"scenario": "designs"})


def test_the_shipped_designs_are_whole():
    paths = sorted((ROOT / "workflow" / "config" / "designs").glob("*.yaml"))
    assert paths
    for path in paths:
        design, _, _, own = read_design(path)
        assert design.design == path.stem
        # What is written of a chosen device is a configuration.
        validate(merge(read_file(DEFAULT).values, own))
        assert f"design={path.relative_to(ROOT)}" in path.read_text(encoding="utf-8")


def test_what_a_limit_counts():
    years = Limit(at_least=1e8)
    assert violations(years, 1e8) == 0
    assert violations(years, 1e6) == pytest.approx(2 * np.log(10))
    assert violations(years, 1e9) < 0 < violations(Limit(at_most=0.03), 0.04)
    both = Limit(at_least=-1.0, at_most=1.0)
    assert [violations(both, value) > 0 for value in (-1.5, -1.0, 0.0, 1.0, 1.5)] == [True, False, False, False, True]
    assert violations(Limit(at_most=0.0), 0.5) == 0.5


# The recorded table is a grid of two parameters of ours, see record_front.py: a search in a fifth of its points.
SIDE = 21
FIFTH = SIDE**2 // 5


def recorded():
    """Logarithm of heat, and minus the offered ratio, (SIDE, SIDE, 2); not a number where a point cannot be."""
    text = (Path(__file__).parent / "recorded" / "front.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    costs = [(np.log(float(row["heat"])), -float(row["offered_ratio"])) for row in rows]
    return np.array(costs).reshape(SIDE, SIDE, 2)


def hypervolume(costs, reference):
    """Area that points (points, 2) dominate below a reference."""
    kept = costs[(costs < reference).all(axis=1)]
    area, lowest = 0.0, reference[1]
    for first, second in kept[np.argsort(kept[:, 0])]:
        area += (reference[0] - first) * max(0.0, lowest - second)
        lowest = min(lowest, second)
    return area


def test_hypervolume_of_a_known_front():
    assert hypervolume(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [3.0, -1.0]]), np.array([2.0, 2.0])) == 3.0


def share_of_front(table, seen, least):
    """Hypervolume of the points that were seen, over that of the whole grid, where a ratio has to be met."""
    good = np.nan_to_num(-table[..., 1], nan=-1.0) >= least
    whole = table[good]
    front = whole[pareto_front(*whole.T)]
    low, high = front.min(axis=0), front.max(axis=0)
    reference = high + 0.05 * (high - low)
    return hypervolume(np.array([table[cell] for cell in seen if good[cell]]), reference) / hypervolume(
        whole, reference
    )


def searched(table, seed, least, told=1.0):
    """Points that a search sees in a fifth of the grid; `told` times their costs is what it hears of them."""
    space = Space({"time": 0, "voltage": 0}, 2, ["ratio"] if least else [])
    seen, trials = [], []

    def cell(shares):
        return tuple(min(int(shares[name] * SIDE), SIDE - 1) for name in ("time", "voltage"))

    while len(seen) < FIFTH:
        count = min(8, FIFTH - len(seen))
        batch = propose(space, trials, count, first=8, seed=seed, identity=lambda shares: str(cell(shares)))
        for shares in batch:
            costs = table[cell(shares)]
            failed = bool(np.isnan(costs).any())
            missed = {"ratio": float(np.log(least / -costs[1]))} if least and not failed else {}
            trials.append(Trial(shares, None if failed else (told * costs).tolist(), missed, failed))
            seen.append(cell(shares))
    assert len(set(seen)) == FIFTH  # none twice
    return seen


@pytest.mark.parametrize("least", [0.0, 2.5])
def test_a_fifth_of_the_points_finds_the_front(least):
    """Within 5 % of the hypervolume: with 10 seeds the least share is 0.954, and of random points the largest 0.941."""
    table = recorded()
    shares = [share_of_front(table, searched(table, seed, least), least) for seed in (1, 2, 3)]
    assert min(shares) >= 0.95, shares
    # Controls: random points, and a search that is told the opposite.
    dice = np.random.default_rng(1)
    cells = [divmod(int(number), SIDE) for number in dice.permutation(SIDE**2)[:FIFTH]]
    assert share_of_front(table, cells, least) < 0.95
    assert share_of_front(table, searched(table, 1, least, told=-1.0), least) < 0.95


def test_the_search_begins_with_points_in_all_parts_of_the_ranges():
    space = Space({"a": 0, "b": 0}, 1, [])
    batches = [propose(space, [], 8, first=16, seed=seed, identity=json.dumps) for seed in (1, 1, 2)]
    assert batches[0] == batches[1] != batches[2]
    halves = {(shares["a"] < 0.5, shares["b"] < 0.5) for shares in batches[0]}
    assert len(halves) == 4
    trials = [Trial(shares, [0.0], {}, False) for shares in batches[0]]
    both = [*batches[0], *propose(space, trials, 8, first=16, seed=1, identity=json.dumps)]
    # The same sixteen points, whether they are tried in one round or in two.
    assert both == propose(space, [], 16, first=16, seed=1, identity=json.dumps)


def test_what_has_no_order_is_taken_as_it_is_and_no_point_twice():
    space = Space({"type": 3, "share": 0}, 1, ["limit"])
    trials = []
    for _ in range(3):
        identity = lambda shares: f"{shares['type']} {shares['share'] > 0.5}"  # noqa: E731
        proposed = propose(space, trials, 4, first=2, seed=1, identity=identity)
        trials += [Trial(shares, None, {}, True) for shares in proposed]
    # There are six points, and no more.
    assert len({identity(trial.shares) for trial in trials}) == len(trials) == 6
    assert all(round(3 * trial.shares["type"] - 0.5, 6) in (0, 1, 2) for trial in trials[2:])


def fake(design, calls=None):
    """Numbers of a point by formulas: what it would take a machine to find out."""

    def look(point, stage):
        names = stage.names
        if calls is not None:
            calls.append(list(names))
        damping, thickness = point["smtj.damping"], point["smtj.gate_thickness"]
        if damping > 0.37:
            return Point("x", {}, "sigma does not rise")
        values = {
            "smtj/sigma_ratio": 3 - abs(damping - 0.3) + 1e8 * (8e-9 - thickness),
            "smtj/gate_leakage": 1e-12 * (9e-9 - thickness) / 1e-9,
            "smtj/decay_time": 2.6e-10 / damping,
            "digits/nll": damping,
            "dwmtj/retention": 1e9 if thickness < 7.5e-9 else 1e7,
        }
        found = {name: Estimate(values[name], 0.99 * values[name], 1.01 * values[name]) for name in names}
        return Point("x", found, "", ["short"] if damping < 0.25 else [])

    return look


def made(tmp_path, monkeypatch, design, base, upto=None):
    """Rounds of a design in files, as jobs would make them; those that are there are kept."""
    monkeypatch.chdir(tmp_path)
    proposals, tried = [], []
    for number, size in enumerate(design.rounds[:upto], start=1):
        path = f"proposals-{number}-{size}.h5"
        if not Path(path).exists():
            history = rounds.history(design, proposals, tried)
            rounds.write_proposals(path, design, rounds.next_round(design, base, history, size))
        files = []
        for slot in range(size):
            files.append(f"tried-{number}-{size}-{slot}.h5")
            if not Path(files[-1]).exists():
                one = rounds.read_proposals(path, design)[slot : slot + 1]
                points = [stages.try_point(design, proposal.point, fake(design)) for proposal in one]
                rounds.write_tried(files[-1], design, points, {})
        proposals.append(path)
        tried.append(files)
    return rounds.history(design, proposals, tried)


def test_a_search_that_stops_anywhere_goes_on_with_the_same_points(tmp_path, monkeypatch):
    design, base, _, _ = read_design(write_design(tmp_path, points=10, batch=4))
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = made(tmp_path / "whole", monkeypatch, design, base)
    made(tmp_path / "parts", monkeypatch, design, base, upto=2)
    Path("tried-2-4-1.h5").unlink()  # as if it had been killed before
    parts = made(tmp_path / "parts", monkeypatch, design, base)
    assert parts == whole
    assert len(whole) == 10
    # More points: those that were tried stay, and of a round that was smaller the first ones.
    more = design.model_copy(update={"points": 12})
    longer = made(tmp_path / "parts", monkeypatch, more, base)
    assert longer[:10] == whole
    # The control: another seed has other points.
    (tmp_path / "other").mkdir()
    other = made(tmp_path / "other", monkeypatch, design.model_copy(update={"seed": 2}), base)
    assert {point.point["smtj.damping"] for point in other}.isdisjoint(p.point["smtj.damping"] for p in whole)


def test_what_costs_least_is_tried_first(tmp_path):
    objectives = {"digits/nll": "minimise"}
    limits = {"dwmtj/retention": {"at_least": 1e8}, "smtj/decay_time": {"at_most": 1e-9}}
    design, *_ = read_design(write_design(tmp_path, objectives=objectives, constraints=limits))
    barriers, devices = ["dwmtj/retention"], ["dwmtj/retention", "smtj/decay_time"]
    whole = [barriers, devices, ["digits/nll", *devices]]
    for damping, thickness, looks, failed in (
        (0.3, 6e-9, whole, False),
        (0.3, 8e-9, whole[:1], False),  # does not hold
        (0.2, 6e-9, whole[:2], False),  # decays too slowly
        (0.38, 6e-9, whole[:1], True),
    ):
        calls = []
        point = {"smtj.damping": damping, "smtj.gate_thickness": thickness}
        found = stages.try_point(design, point, fake(design, calls))
        assert calls == looks
        assert ("digits/nll" in found.numbers) is (looks == whole)
        assert bool(found.failure) is failed


def test_barriers_alone_tell_what_the_compact_models_do():
    frozen = Path(__file__).parents[1] / "compact_models" / "frozen" / "version11.h5"
    models = store.load(frozen)
    device = models.dwmtj
    held = {
        "temperature": device.barrier_temperature,
        "barrier": device.barrier,
        "barrier_spread": device.barrier_spread,
        "attempt_rate": device.attempt_rate,
    }
    found = device_numbers.of_barriers(held)
    assert found.keys() == set(device_numbers.OF_BARRIERS)
    for name, value in found.items():
        np.testing.assert_allclose(value, device_numbers.NUMBERS[name].of(models), rtol=1e-9)


def test_values_that_do_not_go_together_are_points_without_results(tmp_path):
    design, base, *_ = read_design(write_design(tmp_path))
    proposals = rounds.next_round(design, base, [], 3)
    assert not any(proposal.failure for proposal in proposals)
    impossible = rounds.next_round(design, merge(base, {"smtj": {"diameter": 4.1e-8}}), [], 3)
    assert all("does not divide" in proposal.failure for proposal in impossible)


def tried(**numbers):
    estimates = {
        name.replace("_", "/", 1): Estimate(*value) if isinstance(value, tuple) else Estimate(value, value, value)
        for name, value in numbers.items()
    }
    return Tried(1, {}, {"smtj.damping": 0.1}, estimates, "", ())


def two(choose="compromise", **constraints):
    return Design(
        design="x",
        parameters={"smtj.damping": [0.1, 0.2]},
        objectives={"digits/energy": "minimise", "digits/accuracy": "maximise"},
        constraints=constraints,
        choose=choose,
    )


def test_front_and_what_is_not_told_from_it():
    points = [
        tried(digits_energy=(1.0, 0.5, 2.0), digits_accuracy=(0.90, 0.89, 0.91)),
        tried(digits_energy=(1.0, 0.5, 2.0), digits_accuracy=(0.895, 0.885, 0.905)),  # within the interval of the first
        tried(digits_energy=(1.0, 0.5, 2.0), digits_accuracy=(0.80, 0.79, 0.81)),  # below it
        tried(digits_energy=(1.1, 0.6, 2.1), digits_accuracy=(0.895, 0.885, 0.905)),  # of larger energy, certainly
        tried(digits_energy=(3.0, 2.0, 4.0), digits_accuracy=(0.95, 0.94, 0.96)),
        Tried(1, {}, {"smtj.damping": 0.1}, {}, "no", ()),
    ]
    choice = Choice(two(), points)
    assert choice.front.tolist() == [True, False, False, False, True, False]
    assert choice.near.tolist() == [False, True, False, False, False, False]
    assert Choice(two("digits/accuracy"), points).chosen == 4
    assert Choice(two("digits/energy"), points).chosen == 0
    costs = np.array([[0.0], [1.0]])
    for width, behind in ((0.4, True), (0.6, False)):
        ends = np.stack([costs - width, costs + width], axis=-1)
        assert surely_behind(costs, ends, np.array([True, False])).tolist() == [False, behind]


def test_the_compromise_is_between_the_ends_of_the_front():
    points = [tried(digits_energy=e, digits_accuracy=a) for e, a in ((1.0, 0.8), (2.0, 0.94), (9.0, 0.95))]
    assert Choice(two(), points).ranked[0] == 1


def test_why_others_failed_and_which_came_nearest():
    limits = {"digits/ece": Limit(at_most=0.03), "dwmtj/retention_worst": Limit(at_least=3.156e8)}
    good = {"digits_accuracy": 0.9, "dwmtj_retention_worst": 1e9}
    points = [
        tried(digits_energy=2.0, digits_ece=(0.025, 0.02, 0.035), **good),
        tried(digits_energy=1.0, digits_ece=(0.031, 0.028, 0.034), **good),
        tried(dwmtj_retention_worst=(3e7, 1e6, 1e9)),
        tried(dwmtj_retention_worst=(3e5, 1e4, 1e7)),
    ]
    choice = Choice(two("digits/energy", **limits), points)
    assert choice.chosen == 0
    assert choice.better == [1]
    assert choice.left_out == [2, 3]
    assert choice.nearest == [1, 2, 3]
    text = "\n".join(design_report.statements(choice))
    assert "1 of 4 points meet all constraints" in text
    assert "the limit of digits: ECE, at most 3 %, lies within the interval of the chosen point" in text
    assert re.search(r"Point 2 would be better, but fails: digits: ECE 3.1 \(2.8 to 3.4\) %, at most 3 %.*within", text)
    assert "2 points only the devices were tried" in text
    # Without the first, no point meets all, and the line says which came nearest.
    text = "\n".join(design_report.statements(Choice(two("digits/energy", **limits), points[1:])))
    assert "No point of 3 meets all constraints" in text
    assert "Nearest is point 1: digits: ECE 3.1" in text
    # Each constraint alone that none meets is named with the point that is nearest to it.
    text = "\n".join(design_report.statements(Choice(two("digits/energy", **limits), points[2:])))
    assert "No point has a retention of the worst device of at least 10 years; nearest is point 1 with 0.951" in text


def test_table_scenario_and_report_of_a_search(tmp_path, monkeypatch):
    path = write_design(tmp_path, points=24, batch=6, settings={"temperature": 310.0})
    design, base, _, own = read_design(path)
    choice = Choice(design, made(tmp_path, monkeypatch, design, base))
    assert choice.chosen is not None
    assert any(point.failure for point in choice.points)
    # The device is the chosen point, and a configuration.
    text = design_report.scenario_text(choice, own)
    values = yaml.safe_load(text)
    configuration = validate(merge(read_file(DEFAULT).values, values))
    point = choice.points[choice.chosen].point
    assert configuration.scenario == "tiny"
    assert configuration.temperature == 310.0
    assert (configuration.smtj.damping, configuration.smtj.gate_thickness) == tuple(point.values())
    rows = list(csv.DictReader(design_report.table_text(choice).splitlines()))
    assert [row["status"] for row in rows].count("chosen") == 1
    assert len(rows) == 24
    assert {row["smtj/sigma_ratio"] == "" for row in rows if row["failure"]} == {True}
    design_report.write_table(tmp_path / "table.h5", choice)
    page = design_report.page(choice, design_report.pictures(choice))
    assert "Points that fail" in page or not choice.nearest
    for part in ("chosen.yaml", "The front", "Points without results", "Points in doubt", "<svg", "data:image"):
        assert part in page or part == "<svg"
    shorter = Choice(design, [point for point in choice.points if not point.meets(design)])
    assert "no device: the point that came nearest" in design_report.scenario_text(shorter, own)
    assert "It is no answer" in design_report.page(shorter, design_report.pictures(shorter))
    nothing = Choice(design, [point for point in choice.points if point.failure])
    assert design_report.scenario_text(nothing, own).startswith("# No point")
    assert "No point of" in design_report.page(nothing, design_report.pictures(nothing))


def test_keys_go_along_with_a_parameter(tmp_path):
    along = {"smtj.gate_thickness": {"fluctuation.replicas": [64, 65, 66]}}
    design, *_ = read_design(write_design(tmp_path, along=along))
    points = [design.at({"smtj.damping": 0.5, "smtj.gate_thickness": share}) for share in (0.1, 0.5, 0.99)]
    assert [point["fluctuation.replicas"] for point in points] == [64, 65, 66]
    assert [point["smtj.gate_thickness"] for point in points] == [6e-9, 7e-9, 8e-9]


def test_what_no_parameter_changes_is_made_once(tmp_path):
    plan = DesignPlan(*read_design(write_design(tmp_path, objectives={"digits/nll": "minimise"}, constraints={})))
    rules = {Path(path).parent.parent.name for path in plan.shared}
    assert rules == {"pulse", "rest", "retention", "variation", "baselines"}
    assert "micromag/smtj/variation" not in plan.common
    names = [amount.kind for amount in plan.missing()]
    assert {"retention", "fluctuation/native", "network/digits"} <= set(names)
    fluctuations = next(amount for amount in plan.missing() if amount.kind == "fluctuation/native")
    assert fluctuations.jobs == 6 * len(TINY["fluctuation"]["voltages"])


def test_files_are_named_after_all_that_points_depend_on(tmp_path):
    def identity(**changes):
        return DesignPlan(*read_design(write_design(tmp_path, **changes))).identity

    first = identity()
    # More points, or another choice among them, are the same search.
    assert identity(points=12, choose="smtj/sigma_ratio") == first
    for change in (
        {"seed": 2},
        {"settings": {"temperature": 310.0}},
        {"constraints": {}},
        {"batch": 2},
        {"parameters": DESIGN["parameters"] | {"smtj.damping": {"low": 0.2, "high": 0.3}}},
    ):
        assert identity(**change) != first


@pytest.mark.parametrize("locked", [True, False])
def test_points_that_are_tried_at_once_make_a_file_once(tmp_path, monkeypatch, locked):
    monkeypatch.chdir(tmp_path)
    if not locked:  # the control
        monkeypatch.setattr("magbayes.workflow.store.alone", lambda digest: nullcontext())
    makers = []

    def make(store, name):
        makers.append(name)
        time.sleep(0.3)
        store.path(name).parent.mkdir(parents=True, exist_ok=True)
        store.path(name).write_text("made", encoding="utf-8")

    monkeypatch.setattr(Store, "_make", make)
    tasks = {"one": Task("one", (), {})}
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: list(Store(tasks).make(["one"])), range(2)))
    assert len(makers) == (1 if locked else 2)
    assert done[0] == ["one"]


def test_a_thousand_points_are_planned_in_seconds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_design(tmp_path, points=1000, batch=8)
    start = time.process_time()
    plan = DesignPlan(*read_design(path))
    assert sum(len(one.tried) for one in plan.rounds) == 1000
    assert plan.missing()
    took = time.process_time() - start
    print(f"{took:.1f} s")
    assert took < 5  # of processor time, which the tests around it do not take


@pytest.mark.slow
def test_a_design_from_its_file_to_its_report(finished_study, tmp_path):
    """As a person runs it: all at once, or with a first part before; what both made is the same, bit by bit."""
    size = {"points": 4, "batch": 2}
    path = write_design(tmp_path, **size)
    folders = [tmp_path / "whole", tmp_path / "parts"]
    for folder in folders:
        # Of the study take the devices' files, as a run in its folder would.
        shutil.copytree(finished_study[0] / "results" / "store", folder / "results" / "store")
    answer = run(folders[0], "design", "--config", f"design={path}")
    assert answer.returncode == 0, answer.stderr
    assert "the device as a scenario results/designs/tiny/chosen.yaml" in answer.stdout + answer.stderr
    planned = run(folders[1], "--dry-run", "design", "--config", f"design={path}")
    assert "at most: a design of 4 points in 2 rounds of 2, of which 0 were tried" in planned.stdout + planned.stderr
    first = run(folders[1], "design", "--config", f"design={write_design(tmp_path, **size | {'points': 2})}")
    assert first.returncode == 0, first.stderr
    path = write_design(tmp_path, **size)
    planned = run(folders[1], "--dry-run", "design", "--config", f"design={path}")
    assert "of which 2 were tried" in planned.stdout + planned.stderr
    answer = run(folders[1], "design", "--config", f"design={path}")
    assert answer.returncode == 0, answer.stderr
    whole, parts = (numbers(folder) for folder in folders)
    tables = [name for name, _ in whole if name.startswith("results/designs")]
    assert tables
    assert {key: parts[key] for key in whole} == whole
    shown = folders[0] / "results" / "designs" / "tiny"
    rows = list(csv.DictReader((shown / "table.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 4
    assert "Conclusion" in (shown / "report.html").read_text(encoding="utf-8")
    again = run(folders[0], "design", "--config", f"design={path}")
    assert "Nothing to be done" in again.stdout + again.stderr
