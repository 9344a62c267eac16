"""The configuration: generated files are fresh, and every wrong key gets one line."""

import json
import re
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import yaml
from snakemake.utils import update_config

from magbayes.data import strict_yaml
from magbayes.workflow.configuration import (
    Configuration,
    ConfigurationError,
    unit_of_key,
    validate,
)
from magbayes.workflow.tasks import tasks_of
from magbayes.workflow.writing import WIDTH, default_values, default_yaml, plain, schema_json
from tests.tracks import SMALL_TRACK

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "text"), [("default.yaml", default_yaml), ("schema.json", schema_json)])
def test_generated_files_are_fresh(name, text):
    assert (ROOT / "workflow" / "config" / name).read_text(encoding="utf-8") == text(), (
        "stale; run python -m magbayes.workflow.configuration"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "workflow" / "config").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_is_accepted_on_top_of_the_default(path):
    values = yaml.safe_load(default_yaml())
    update_config(values, yaml.safe_load(path.read_text(encoding="utf-8")))
    configuration = validate(values)
    assert configuration.scenario == path.stem
    if path.stem == "fashion":
        assert list(configuration.networks.selected()) == ["fashion_mnist"]


SCENARIOS = sorted((ROOT / "workflow" / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_an_editor_finds_the_schema_and_no_fault(path):
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"
    faults = jsonschema.Draft202012Validator(json.loads(schema_json())).iter_errors(strict_yaml.read(path).values)
    assert [fault.message for fault in faults] == []


@pytest.mark.parametrize(
    "wrong", [{"smtj": {"diamter": 4e-8}}, {"temperature": -3}, {"seed": "x"}, {"dwmtj": {"notches": "x"}}]
)
def test_the_schema_finds_faults(wrong):
    """The control of the test above."""
    assert list(jsonschema.Draft202012Validator(json.loads(schema_json())).iter_errors(wrong))


def test_the_default_file_is_for_people():
    lines = default_yaml().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not [line for line in lines if "{" in line.partition("#")[0]]
    keys = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    assert all(re.match(r" *[a-z][a-z_0-9]*:( |$)", line) for line in keys)
    (diameter,) = (line for line in lines if line.startswith("  diameter:"))
    assert diameter.split() == ["diameter:", "4.0e-8", "#", "m"]
    # Sections stand apart, and every key has its meaning: those of networks in the first of them, and types need none.
    top = [i for i, line in enumerate(lines) if re.match(r"[a-z_]+:( +#|$)", line)]
    sections = [name for name, value in default_values().items() if isinstance(value, dict)]
    assert [lines[i].partition(":")[0] for i in top] == sections
    assert all(lines[i - 1] == "" for i in top)
    digits = lines[: lines.index("  diabetes:")]
    bare = [
        line.strip().partition(":")[0]
        for before, line in pairwise(digits)
        if line.strip() and "#" not in line and not before.strip().startswith("#")
    ]
    assert set(bare) <= {"type", "stack", "digits", "baselines"}


@pytest.mark.parametrize(
    "value", [0.0, 1.0, -2.4, 0.002, 1e-3, 9.99e-4, 99999.0, 1e5, 2.6e11, 8.5e11, 4e-8, -1.17e-7, 1.6666667e-9, 5e-324]
)
def test_numbers_are_read_as_they_are_written(value):
    """By YAML 1.1, which reads 8.5e11 as text, and by ours."""
    for number in (value, -value):
        assert yaml.safe_load(plain(number)) == number
        assert isinstance(yaml.safe_load(plain(number)), float)
        assert strict_yaml.parse(plain(number), "number")[0] == number
    assert isinstance(yaml.safe_load("8.5e11"), str)


def test_every_value_of_the_default_survives():
    values = json.dumps(default_values(), sort_keys=True)  # which tells 1 from 1.0
    for read in (yaml.safe_load(default_yaml()), strict_yaml.parse(default_yaml(), "default")[0]):
        assert json.dumps(read, sort_keys=True) == values


def test_default_file_says_what_the_code_defaults_to():
    text = (ROOT / "workflow" / "config" / "default.yaml").read_text(encoding="utf-8")
    assert validate(yaml.safe_load(text)) == Configuration()
    assert Configuration().warnings(networks=[]) == []


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"smtj": {"diamter": 40e-9}}, ["smtj.diamter", "unknown key", "diameter"]),
        ({"smtj": {"diameter": 40}}, ["smtj.diameter", "40", "less than or equal to", "m)"]),
        ({"temperature": -3}, ["temperature", "-3", "greater than or equal to 0.1", "K"]),
        ({"fluctuation": {"voltages": []}}, ["fluctuation.voltages", "[]", "4 or more values"]),
        ({"fluctuation": {"voltages": [0, 1, 0.5, 2]}}, ["fluctuation", "[0.0, 1.0, 0.5, 2.0]", "must rise"]),
        ({"pulses": {"current_densities": [6e11, 6e11]}}, ["pulses", "current_densities", "must rise"]),
        ({"pulses": {"current_densities": [6e11, 6.000001e11]}}, ["pulses", "first six digits"]),
        ({"pulses": {"relaxation": 1.51e-9}}, ["pulses", "5e-11", "widths[0] + relaxation"]),
        ({"smtj": {"cell_size": 3.3e-9}}, ["smtj", "3.3e-09", "does not divide", "3.333333333e-09 m would"]),
        ({"smtj": {"stack": "gold"}}, ["smtj", "'gold'", "cofeb-mgo-vcma"]),
        ({"dwmtj": {"notch_depth": 48e-9}}, ["dwmtj", "4.8e-08", "cuts the track"]),
        ({"variation": {"smtj": {"voltages": [3.2]}}}, ["variation.smtj.voltages: 3.2 V", "-2.4 to 3 V"]),
        ({"fluctuation": {"other_temperatures": [330, 270]}}, ["fluctuation", "[330.0, 270.0]", "must rise"]),
        ({"scenario": "../elsewhere"}, ["scenario", "../elsewhere", "pattern"]),
        ({"engine": "mumax"}, ["engine", "'mumax'", "'native'", "'oommf'"]),
        ({"networks": {"digits": {"hiden": [8]}}}, ["networks.digits.hiden", "unknown key", "hidden"]),
        ({"networks": {"mine": {"data": {"source": "idx", "pth": "a"}}}}, ["networks.mine.data.pth", "path, "]),
        ({"networks": {"digit": {}}}, ["networks", "digit: no data set of that name", "fashion_mnist"]),
        ({"networks": {"digits": {"hidden": [0]}}}, ["networks.digits.hidden.0", "0", "greater than 0"]),
        ({"accelerator": {"cost_table": 3}}, ["accelerator.cost_table", "3", "text", "quotes"]),
        ({"smtj": None}, ["smtj: null", "keys with values", "leave it out", "diameter", "damping"]),
        ({"smtj": {"type": "square"}}, ["smtj.type: 'square' is not accepted; expected disk, ellipse"]),
        ({"smtj": {"type": None}}, ["smtj.type: None is not accepted; expected disk, ellipse"]),
        ({"smtj": {"type": ["disk"]}}, ["smtj.type: ['disk'] is not accepted; expected disk, ellipse"]),
        ({"dwmtj": {"type": "disk"}}, ["dwmtj.type: 'disk' is not accepted; expected notched_track"]),
        (
            {"smtj": {"aspect": 2.0}},
            ["smtj.aspect: unknown key; accepted: anisotropy_exponent, barrier_thickness"],
        ),
        (
            {"smtj": {"type": "ellipse", "aspct": 2.0}},
            ["smtj.aspct: unknown key; accepted: anisotropy_exponent, aspect"],
        ),
        (
            {"smtj": {"disk": 1}},
            ["smtj.disk: unknown key; accepted: anisotropy_exponent, barrier_thickness"],
        ),
        ({"dwmtj": {"notch_width": 2}}, ["dwmtj.notch_width: 2 is not accepted", "m)"]),
        ({"smtj": {"type": "ellipse", "aspect": 9}}, ["smtj.aspect: 9", "(diameter along x over that along y)"]),
        ({"smtj": {"type": "ellipse", "aspect": 1.3}}, ["smtj: cell_size 4e-09 m", "(diameter / 1.25) would do"]),
        ({"smtj": {"type": "ellipse"}}, ["resolution.cells_across: 8 does not fit smtj; accepted: 5, 10, 15, 20, 25"]),
        ({"variation": {"smtj": [1]}}, ["variation.smtj: [1]", "keys with values", "change"]),
        ({"networks": {"digits": 3}}, ["networks.digits: 3", "keys with values", "hidden"]),
        ({"smtj": {"diameter": "44,0e-9"}}, ["smtj.diameter: '44,0e-9'", "not a comma", "(m)"]),
        ({"smtj": {"diameter": "44 nm"}}, ["smtj.diameter: '44 nm'", "without its unit", "(m)"]),
        ({"networks": {"digits": {"steps": "1e3"}}}, ["networks.digits.steps: '1e3'", "whole number"]),
        ({"fluctuation": {"voltages": "-1, 0, 1, 2"}}, ["fluctuation.voltages: '-1, 0, 1, 2'", "[a, b]", "V)"]),
        ({"accelerator": {"ideal": "noise"}}, ["accelerator.ideal: 'noise'", "[a, b]"]),
        ({"networks": {"digits": {"start": "x" * 3000}}}, ["xxx", "too long", "expected a path"]),
        ({"x" * 3000: 1}, ["xxx: unknown key", "accelerator, "]),
        ({"seed": 10**400}, ["seed: 1000", "...", "less than 2147483648"]),
        ({"temperature": 10**400}, ["temperature: 1000", "...", "valid number"]),
        ({"temperature": "9" * 5000}, ["temperature: '999", "finite number"]),
        ({"fluctuation": {"voltages": [1.0] * 200_000}}, ["fluctuation: voltages [..., 1.0, 1.0, ...] must rise"]),
        ({"temperature": True}, ["temperature: true is not accepted", "no numbers", "(K)"]),
        ({"seed": False}, ["seed: false is not accepted", "no numbers"]),
        ({"pulses": {"widths": [0.5e-9, True]}}, ["pulses.widths: [5e-10, True] is not accepted", "no numbers"]),
        ({"scenario": 3}, ["scenario: 3 is not accepted; expected text", "quotes"]),
        ({"scenario": True}, ["scenario: true is not accepted", "text needs quotes"]),
    ],
)
def test_a_wrong_key_gets_one_line(values, parts):
    with pytest.raises(ConfigurationError) as caught:
        validate(values)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_number_that_yaml_reads_as_text_is_a_number():
    # YAML 1.1 wants a point before the exponent; nobody should have to know.
    values = yaml.safe_load("{smtj: {diameter: 44e-9}, fluctuation: {voltages: [-1e0, -5e-1, 0, 5e-1]}}")
    assert values["smtj"]["diameter"] == "44e-9"
    configuration = validate(values | {"variation": {"smtj": {"voltages": ["-2e-1"]}}})
    assert configuration.smtj.diameter == 44e-9
    assert configuration.fluctuation.voltages == (-1.0, -0.5, 0.0, 0.5)
    assert configuration.dump("smtj")["diameter"] == 44e-9  # what reaches a job and its file


def test_a_device_is_chosen_by_its_type():
    """Without a type it is the default's; the keys of default.yaml go with every type."""
    assert validate({"smtj": {"diameter": 44e-9}}) == validate({"smtj": {"type": "disk", "diameter": 44e-9}})
    values = yaml.safe_load(default_yaml())
    values["smtj"] |= {"type": "ellipse", "aspect": 2.0}
    ellipse = validate(values).smtj
    assert ellipse.extent == (40e-9, 20e-9)
    assert validate({"smtj": ellipse.model_dump(), "resolution": {"cells_across": [10]}}).smtj == ellipse
    assert unit_of_key("smtj.diameter") == "m"
    assert unit_of_key("smtj.aspect") == ""
    assert unit_of_key("dwmtj.heavy_metal_resistivity") == "Ohm m"


def test_an_engine_that_cannot_run_is_refused_before_any_job(monkeypatch):
    monkeypatch.setenv("OOMMFTCL", "/nowhere/oommf.tcl")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigurationError, match=r"engine: OOMMF (not found|refuses to run as root)"):
        validate({"engine": "oommf"})


def test_every_wrong_key_is_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        validate({"temperature": -3, "smtj": {"diameter": 40}})
    assert len(str(caught.value).splitlines()) == 2


def test_a_stack_is_overridden_by_the_configuration():
    assert validate({"smtj": {"damping": 0.01}}).smtj.damping == 0.01
    assert validate({}).smtj.damping == 0.03


def test_warnings_are_said():
    assert any("exchange length" in warning for warning in validate({"smtj": {"cell_size": 8e-9}}).warnings())
    assert any(
        "notch_position 8e-08 m" in warning
        for warning in validate({"variation": {"dwmtj": {"notch_position": 8e-8}}}).warnings()
    )
    strong = {"current_densities": [1e12, 1.6e12], "widths": [1e-9]}
    hot = "pulses: a pulse of 1.6e+12 A/m^2 and 1e-09 s heats the track from 300 to 546 K, above 450 K"
    assert any(warning.startswith(hot) for warning in validate({"dwmtj": SMALL_TRACK, "pulses": strong}).warnings())
    assert not any(
        "heats" in warning
        for warning in validate({"dwmtj": SMALL_TRACK, "pulses": strong | {"heating": False}}).warnings()
    )


@pytest.mark.parametrize(
    ("key", "value", "depends"),
    [
        *((key, 0.01, True) for key in ("interface_anisotropy", "grain_anisotropy")),
        *((key, 3e-9, True) for key in ("notch_depth", "edge_roughness")),
        *((key, 3e-8, True) for key in ("grain_size", "edge_correlation")),
        ("notch_position", 3e-9, False),
        ("tracks", 3, False),
    ],
)
def test_barriers_depend_on_what_changes_them(key, value, depends):
    """And the levels of drawn tracks on all of it."""
    plain, changed = (tasks_of(validate(values), "native") for values in ({}, {"variation": {"dwmtj": {key: value}}}))
    for name, differs in (("retention", depends), ("variation", True), ("rest", False)):
        task = f"micromag/dwmtj/{name}"
        assert (plain[task].params != changed[task].params) == differs


def test_seeds_differ_by_job_and_follow_the_scenario():
    one, two = validate({"seed": 1}), validate({"seed": 2})
    assert len({one.seed_for("a"), one.seed_for("b"), two.seed_for("a")}) == 3
    assert one.seed_for("a") == validate({}).seed_for("a")
