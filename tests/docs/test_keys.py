"""The page of all configuration keys is fresh, and whole."""

import importlib.util
import re

import pytest
import yaml

from magbayes.workflow.writing import default_yaml
from tests.imports import ROOT

SPEC = importlib.util.spec_from_file_location("keys", ROOT / "docs" / "site" / "keys.py")
keys = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(keys)


def sections():
    """Names of keys by the heading above them."""
    found = {}
    for part in keys.PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        for section in ("# " + part).split("\n##"):
            title, _, text = section.partition("\n")
            found[title.lstrip("# ").replace("`", "")] = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    return found


def test_the_page_is_fresh():
    text = keys.PAGE.read_text(encoding="utf-8")
    assert text == keys.page(), "stale; run python docs/site/keys.py"


def test_the_page_has_every_key_of_the_default_scenario():
    listed = sections()

    def check(path, values):
        for key, value in values.items():
            place = f"{path}.{key}" if path else key
            if isinstance(value, dict):
                check(re.sub(r"^networks\.\w+", "networks.<name>", place), value)
            else:
                # The top of a configuration has a heading of its own.
                above = path or "scenario, engine, seed, temperature"
                assert place in listed or key in listed[above], place

    check("", yaml.safe_load(default_yaml()))
    assert "diamter" not in listed["smtj"]
    assert "aspect" in listed["smtj of type ellipse"]


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("damping", ["Gilbert damping", "`1e-5` to `1`", "`0.03`"]),
        ("resistance_area", ["RA of the parallel state", "Ω m²", "`1e-14` to `1e-6`", "`9.8e-12`"]),
        ("kl_weight", ["> `0`, ≤ `1`, or list of numbers", "`1.0`; digits: `0.1`; cubic: `0.3`"]),
        ("nuts", ["`0`; diabetes: `200`; cubic: `200`"]),
        ("replicas", ["copies at each voltage", "whole number `4` to `65536`"]),
        ("refresh_interval", ["| s |", "or `null`"]),
    ],
)
def test_a_row_says_what_the_model_says(key, parts):
    rows = re.findall(rf"^\| `{key}` \|.+$", keys.page(), re.MULTILINE)
    assert all(part in rows[0] for part in parts), rows


def test_a_default_is_written_as_yaml_reads_it():
    for value in (
        1e-9,
        1.2e-9,
        0.5,
        3.156e8,
        1e5,
        0.0,
        -2.4,
        5.83e-4,
        1.00600000000001e-3,
        [1.0, 2e11],
        None,
        True,
        "disk",
    ):
        assert yaml.safe_load(keys.as_yaml(value)) == value
    assert keys.as_yaml(1.2e-9) == "1.2e-9"
    assert [keys.short(number) for number in (1e-10, 3e6, 0.01, 0, 1e12, 1.5e-7, 10000)] == [
        *("1e-10", "3e6", "0.01", "0"),
        *("1e12", "1.5e-7", "10000"),
    ]
