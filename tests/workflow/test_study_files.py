"""Files of studies that are wrong in hundreds of ways: each ends in one line that names the key, or in a right plan."""

import datetime
import itertools
import math
import time

import pytest
import yaml

from magbayes.workflow.configuration import ConfigurationError
from magbayes.workflow.studies import sampling
from magbayes.workflow.studies.plan import make_plan
from tests.workflow.conftest import TINY, write_study

LONGEST = 5.0
"""Seconds of computing that a file may take, on a slow machine; most take a hundredth."""

JUNK = {
    "null": None,
    "empty": "",
    "word": "x",
    "unit": "44 nm",
    "unit behind a power": "1e-9 m",
    "comma": "1,5",
    "nan": math.nan,
    "infinite": math.inf,
    "minus infinite": -math.inf,
    "negative": -1,
    "half": 0.5,
    "too large": 1e300,
    "longer than a float": 10**400,
    "boolean": True,
    "date": datetime.date(2026, 11, 26),
    "no list": [],
    "list of lists": [[1, 2], [3]],
    "no keys": {},
    "unknown key": {"a": 1},
    "path": "../x",
}
RANGE = {"low": 0.3, "high": 0.4, "steps": 2}
STEPPED = {"low": 0.3, "high": 0.4, "step": 0.1}
NORMAL = {"mean": 0.3, "std": 0.01}
LATIN = {"design": "latin", "samples": 2}


def header(key):
    return lambda junk: {key: junk}


def parameter(form, key, **more):
    return lambda junk: {"parameters": {"smtj.damping": form | {key: junk}}} | more


PLACES = {
    "study": header("study"),
    "base": header("base"),
    "settings": header("settings"),
    "design": header("design"),
    "samples": lambda junk: {"design": "latin", "samples": junk},
    "seed": header("seed"),
    "parameters": header("parameters"),
    "collect": header("collect"),
    "points_per_job": header("points_per_job"),
    "smtj.damping": lambda junk: {"parameters": {"smtj.damping": junk}},
    "value": lambda junk: {"parameters": {"smtj.damping": [0.3, junk]}},
    "values": lambda junk: {"parameters": {"smtj.damping": {"values": junk}}},
    "low": parameter(RANGE, "low"),
    "high": parameter(RANGE, "high"),
    "steps": parameter(RANGE, "steps"),
    "step": parameter(STEPPED, "step"),
    "scale": parameter(RANGE, "scale"),
    "mean": parameter(NORMAL, "mean", **LATIN),
    "std": parameter(NORMAL, "std", **LATIN),
    "setting": lambda junk: {"settings": {"temperature": junk}},
    "section": lambda junk: {"settings": {"smtj": junk}},
}
ACCEPTED = {
    ("base", "null"),
    ("points_per_job", "null"),
    ("settings", "no keys"),
    ("section", "no keys"),
    ("setting", "half"),
    ("value", "half"),
    ("study", "word"),
    ("study", "date"),
    ("high", "half"),
    ("mean", "half"),
}
"""What means something: a study called x, a base of its own, a section as it is, ..."""


def outcome(path):
    """Plan of a study's file, or the line that it is refused with; and what it took."""
    start = time.process_time()
    try:
        answer = make_plan(path)
    except ConfigurationError as error:
        answer = str(error)
    assert time.process_time() - start < LONGEST
    return answer


def check_line(line, path):
    """One line that begins with the file, and has nothing in it of Python or of pydantic."""
    assert line.startswith(str(path))
    assert line.isprintable()
    assert len(line) < 1500
    for word in ("Traceback", "pydantic", "ValidationError", "Input should be a valid dictionary", "<class"):
        assert word not in line


@pytest.mark.parametrize(("place", "junk"), list(itertools.product(PLACES, JUNK)))
def test_junk_in_every_place(tmp_path, place, junk):
    path = write_study(tmp_path, **PLACES[place](JUNK[junk]))
    answer = outcome(path)
    if (place, junk) in ACCEPTED:
        assert not isinstance(answer, str), answer
        assert 1 <= len(answer.points) <= 2
    else:
        assert isinstance(answer, str), answer.points
        for line in answer.splitlines():
            # A base that cannot be read is named itself.
            check_line(line, tmp_path if place == "base" else path)


DAMPING = "smtj.damping"


def varied(**form):
    return {"parameters": {DAMPING: form}}


REFUSED = {
    "a ladder that would be cut": (varied(low=0.01, high=1, step=1e-6), [DAMPING, "990001 multiples", "100000"]),
    "a step far below the values": (varied(low=0.3, high=0.4, step=1e-300), [DAMPING, "step 1e-300", "12 digits"]),
    "steps far below the values": (
        varied(low=0.3, high=0.30000000000001, steps=50),
        [DAMPING, "50 steps", "12 digits"],
    ),
    "too many steps": (varied(low=0.3, high=0.4, steps=10**6), [DAMPING, "steps", "100000"]),
    "a huge grid": (
        {"parameters": {key: {"low": 0.1, "high": 0.2, "steps": 1000} for key in (DAMPING, "dwmtj.damping")}},
        ["grid: 1000000 points", "100000"],
    ),
    "a grid beyond floats": (
        {"parameters": {f"smtj.a{i}": {"low": 0.1, "high": 0.2, "steps": 99_999} for i in range(64)}},
        ["grid: 10^319 points", "100000"],
    ),
    "more parameters than can be": (
        {"parameters": {f"smtj.a{i}": [1] for i in range(65)}},
        ["parameters", "64"],
    ),
    "bounds reversed": (varied(low=0.4, high=0.3, steps=2), [DAMPING, "low 0.4", "below high 0.3"]),
    "bounds equal": (varied(low=0.4, high=0.4, steps=2), [DAMPING, "low 0.4", "below high 0.4"]),
    "no multiple between": (varied(low=0.31, high=0.39, step=0.1), [DAMPING, "fewer than two multiples", "0.31"]),
    "log from 0": (varied(low=0.0, high=0.4, steps=2, scale="log"), [DAMPING, "low 0.0", "above 0"]),
    "log by steps": (varied(low=0.1, high=0.4, step=0.1, scale="log"), [DAMPING, "step 0.1", "log scale"]),
    "step and steps": (varied(low=0.1, high=0.4, step=0.1, steps=3), [DAMPING, "step 0.1", "steps"]),
    "values and bounds": (varied(values=[0.3], low=0.1, high=0.4), [DAMPING, "one of"]),
    "values and steps": (varied(values=[0.3], steps=4), [DAMPING, "one of"]),
    "mean and bounds": (varied(mean=0.3, std=0.1, low=0.1), [DAMPING, "one of"]),
    "mean alone": (varied(mean=0.3) | LATIN, [DAMPING, "std is missing"]),
    "std alone": (varied(std=0.3) | LATIN, [DAMPING, "mean is missing"]),
    "nothing": (varied(), [DAMPING, "one of"]),
    "steps of a hypercube": (varied(low=0.3, high=0.4, steps=5) | LATIN, [DAMPING, "steps 5", "grid or zip"]),
    "a normal grid": (varied(mean=0.3, std=0.01), [DAMPING, "a grid or zip takes"]),
    "samples of a grid": ({"samples": 7}, ["samples 7", "grid"]),
    "samples of a zip": ({"samples": 7, "design": "zip"}, ["samples 7", "zip"]),
    "a normal that leaves the bounds": (varied(mean=0.3, std=5.0) | LATIN | {"samples": 50}, ["of 50", DAMPING]),
    "a size that cells do not divide": ({"parameters": {"smtj.diameter": [40e-9, 41e-9]}}, ["point 2 of 2", "divide"]),
    "text with a unit": ({"parameters": {"smtj.diameter": ["40 nm"]}}, ["smtj.diameter", "40 nm", "without its unit"]),
    "an unknown key": ({"parameters": {"smtj.dampping": [0.3]}}, ["smtj.dampping: unknown key", "damping"]),
    "an empty key": ({"parameters": {"": [0.3]}}, ["unknown key"]),
    "a key of dots": ({"parameters": {"smtj..damping": [0.3]}}, ["unknown key"]),
    "a key below a number": ({"parameters": {"temperature.x": [0.3]}}, ["temperature"]),
    "a number as a key": ({"parameters": {7: [0.3]}}, ["parameters"]),
    "a whole section": ({"parameters": {"smtj": [{"damping": 0.3}]}}, ["parameters.smtj", "no key of a device"]),
    "the scenario": ({"parameters": {"scenario": ["a", "b"]}}, ["parameters.scenario"]),
    "a key of the study below it": ({"steps": 3}, ["steps: unknown key", "points_per_job"]),
    "nothing to look at": ({"collect": []}, ["collect", "1 or more"]),
    "an unknown number": ({"collect": ["smtj/sigma"]}, ["'smtj/sigma'", "smtj/sigma_ratio"]),
    "a number of a network that is not there": (
        {"collect": ["digits/ece"], "settings": {"networks": {"digits": None}}},
        ["'digits/ece'", "not known"],
    ),
    "two engines": ({"parameters": {"engine": ["native", "both"]}}, ["engine"]),
    "lists of unequal length": (
        {"design": "zip", "parameters": {DAMPING: [0.3, 0.4], "temperature": [300]}},
        ["equal length", "[2, 1]"],
    ),
    "no power of two": (varied(low=0.3, high=0.4) | {"design": "sobol", "samples": 6}, ["samples 6", "power of two"]),
    "a huge Sobol design": (
        varied(low=0.3, high=0.4) | {"design": "sobol", "samples": 65536},
        ["sobol: 196608 points", "100000"],
    ),
    "a list where a number belongs": ({"parameters": {DAMPING: [[0.3, 0.4]]}}, [DAMPING, "[0.3, 0.4]"]),
    "a number where a list belongs": ({"parameters": {"fluctuation.voltages": [-1.0]}}, ["voltages", "list"]),
    "too few in a list": ({"parameters": {"fluctuation.voltages": [[-1.0, 0.0]]}}, ["voltages", "4 or more"]),
    "a list that falls": ({"parameters": {"fluctuation.voltages": [[0.4, 0.2, 0.0, -1.5]]}}, ["voltages", "must rise"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_study_that_cannot_be_gets_one_line(tmp_path, case, monkeypatch):
    monkeypatch.setattr("magbayes.micromag.engines.oommf.require", lambda: None)
    changes, parts = REFUSED[case]
    path = write_study(tmp_path, **changes)
    answer = outcome(path)
    assert isinstance(answer, str), answer.points
    assert "\n" not in answer
    check_line(answer, path)
    for part in parts:
        assert part in answer


def test_a_list_that_is_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST", 50)
    assert "51 values; at most 50 are accepted" in outcome(write_study(tmp_path, **varied(values=[0.3] * 51)))
    assert len(outcome(write_study(tmp_path, **varied(values=[0.3] * 50))).points) == 50


RIGHT = {
    "a step with its ends": (varied(low=0.3, high=0.5, step=0.1), [0.3, 0.4, 0.5]),
    "a step off its ends": (varied(low=0.25, high=0.5, step=0.1), [0.3, 0.4, 0.5]),
    "steps": (varied(low=0.3, high=0.5, steps=3), [0.3, 0.4, 0.5]),
    "a log scale": (varied(low=0.001, high=0.1, steps=3, scale="log"), [0.001, 0.01, 0.1]),
    "values as a key": (varied(values=[0.5, 0.3]), [0.5, 0.3]),
    "numbers that YAML takes for text": ({"parameters": {DAMPING: ["3e-1", "4e-1"]}}, [0.3, 0.4]),
    "whole numbers": ({"parameters": {DAMPING: [1]}}, [1.0]),
    "the same value twice": ({"parameters": {DAMPING: [0.3, 0.3]}}, [0.3, 0.3]),
    "values a millionth apart": ({"parameters": {DAMPING: [0.3, 0.3000001]}}, [0.3, 0.3000001]),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_study_that_can_be_has_all_its_points(tmp_path, case):
    changes, values = RIGHT[case]
    answer = outcome(write_study(tmp_path, **changes))
    assert [point[DAMPING] for point in answer.points] == values
    rows = [tuple(sorted(numbers)) for batch in answer.batches.values() for numbers in batch]
    assert sorted(itertools.chain(*rows)) == list(range(len(values)))
    assert len(rows) == len(set(values))  # points share a row if they are the same, and only then


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "- 1\n- 2\n",
        "study: [",
        "study: x\n study: y\n",
        "\0",
        "&a [*a]",
        "study: !!python/name:os.system\n",
        "study: x\x07\n",
        "? [1, 2]\n: 3\n",
        "[" * 3000,
        "1: 2\n",
    ],
)
def test_a_file_that_is_no_study(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    answer = outcome(path)
    assert isinstance(answer, str)
    for line in answer.splitlines():
        check_line(line, path)


def test_a_base_that_is_no_configuration(tmp_path):
    path = write_study(tmp_path)
    for text in ("- 1\n", "smtj: {cell_size: x}\n", yaml.safe_dump(TINY | {"smtj": None}), "nonsense: 1\n"):
        (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
        answer = outcome(path)
        assert isinstance(answer, str)
        for line in answer.splitlines():
            assert line.startswith(str(tmp_path))
