"""Whatever the glossary names exists: files of code, datasets, keys of the configuration."""

import re

import pytest

from magbayes.compact_models import numbers as device_numbers
from magbayes.compact_models.store import GROUPS
from magbayes.system.evaluation import numbers as network_numbers
from magbayes.workflow.configuration import Configuration
from magbayes.workflow.report import names
from tests.docs.pages import written
from tests.imports import ROOT

TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line.startswith("| ")]
TERMS = [row for row in ROWS if row[0] not in ("term", "---")]
SCHEMA = Configuration.model_json_schema()


def entries(column):
    """What a column has in code quotes, with the term beside it."""
    return [(row[0], entry) for row in TERMS for entry in re.findall(r"`(.+?)`", row[column])]


def is_dataset(path):
    """Whether a compact model file has a dataset, or the page on files lists it."""
    group, _, name = path.rpartition("/")
    return name in GROUPS.get(group, {}) or any(path in paths for paths in written().values())


def is_key(key, node=SCHEMA):
    """Whether the schema of the configuration has a dotted key, in any alternative of a section."""
    if "$ref" in node:
        return is_key(key, SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]])
    alternatives = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    if any(is_key(key, other) for other in alternatives):
        return True
    first, _, rest = key.partition(".")
    field = node.get("properties", {}).get(first)
    return field is not None and (not rest or is_key(rest, field))


def test_every_row_is_whole_and_every_term_has_one():
    assert len(TERMS) > 50
    assert all(len(row) == 6 and all(row) for row in TERMS)
    names = [row[0] for row in TERMS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("term", "path"), entries(3))
def test_the_file_exists(term, path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(("term", "path"), entries(4))
def test_the_dataset_exists(term, path):
    assert is_dataset(path)


@pytest.mark.parametrize(("term", "key"), entries(5))
def test_the_key_exists(term, key):
    assert is_key(key)


def unexplained(name):
    """Whether no term of the glossary is in the name of a number."""
    terms = [re.split(r" \(| of a shift", row[0])[0] for row in TERMS]
    return not any(re.search(rf"\b{re.escape(term)}", name, re.IGNORECASE) for term in terms)


def test_every_number_that_a_study_collects_is_named_by_a_term():
    assert names.NUMBERS.keys() == device_numbers.NUMBERS.keys()
    metrics = [name for task in network_numbers.NUMBERS.values() for name in task] + [
        "auroc_noise",
        "epistemic_ratio_x",
    ]
    called = [*names.NUMBERS.values(), *(names.number_name(f"net/{metric}") for metric in metrics)]
    assert [name for name in called if unexplained(name)] == []
    assert unexplained("net: CRPS")


def test_what_does_not_exist_is_seen():
    assert not is_dataset("smtj/sigmoid")
    assert not is_dataset("dwmtj/voltage")
    assert not is_dataset("variants/<variant>")
    assert not is_key("smtj.voltages")
    assert not is_key("accelerator.rows.first")
    assert not is_key("diameter")
