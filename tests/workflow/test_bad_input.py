"""Hundreds of damaged configurations and studies: each ends in clear lines, not in a traceback."""

import copy
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magbayes.workflow.configuration import Configuration, ConfigurationError, validate
from magbayes.workflow.studies import sampling
from magbayes.workflow.studies.study import read_study
from magbayes.workflow.tasks import tasks_of

# 200 of each of the three kinds, the same ones at every run.
HUNDREDS = settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

NAUGHTY = st.sampled_from(
    [
        "",
        "nan",
        "inf",
        "-1",
        "1e400",
        "$(reboot)",
        "`id`",
        "{{ 7 * 7 }}",
        "[exec id]",
        "../x",
        "a\nb",
        "\0",
        "é" * 300,
        "!!python",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | NAUGHTY
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
)
DEFAULT = Configuration().model_dump(mode="json")


def places(values, path=()):
    """Paths of all keys of nested mappings."""
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def damaged(draw, whole, every):
    """A copy of `whole` with a key replaced by junk, removed, or joined by one that nobody knows."""
    values = copy.deepcopy(whole)
    *parents, key = draw(st.sampled_from(every))
    section = values
    for parent in parents:
        section = section[parent]
    action = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"]))
    if action == "remove":
        del section[key]
    else:
        section[key if action == "replace" else draw(st.text(min_size=1, max_size=12))] = draw(JUNK)
    return values


def check_lines(text, start=""):
    """What a person sees: lines that begin with what is wrong, with nothing of Python's in them."""
    assert text.strip()
    for line in text.splitlines():
        assert line.startswith(start)
        assert len(line) < 2000
        assert line.isprintable()
        assert "Traceback" not in line


@HUNDREDS
@given(st.data())
def test_damaged_configurations(data):
    values = damaged(data.draw, DEFAULT, list(places(DEFAULT)))
    try:
        configuration = validate(values)
    except ConfigurationError as error:
        check_lines(str(error))
        return
    # What is accepted has only numbers, and only those within the bounds that the schema states.
    json.dumps(configuration.model_dump(mode="json"), allow_nan=False)
    assert tasks_of(configuration, "native")


STUDY = {
    "study": "shape",
    "base": "base.yaml",
    "settings": {"evaluation": {"ablation": False}},
    "design": "latin",
    "samples": 4,
    "seed": 3,
    "parameters": {
        "smtj.damping": [0.02, 0.03],
        "temperature": {"low": 280, "high": 320},
        "smtj.interface_anisotropy": {"mean": 1.006e-3, "std": 1e-5},
        "smtj.diameter": {"low": 32e-9, "high": 40e-9, "step": 4e-9},
    },
    "collect": ["smtj/sigma_ratio", "digits/ece"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    (folder / "base.yaml").write_text("seed: 2\n", encoding="utf-8")
    return folder


def check_study(path):
    try:
        _, base, points = read_study(path)
    except ConfigurationError as error:
        check_lines(str(error), str(path))
        return
    assert 1 <= len(points) <= sampling.LARGEST
    json.dumps([base, points], allow_nan=False, default=str)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST", 200)


@pytest.mark.usefixtures("small")
@HUNDREDS
@given(st.data())
def test_damaged_studies(folder, data):
    values = damaged(data.draw, STUDY, list(places(STUDY)))
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    check_study(path)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
@HUNDREDS
@given(st.data())
def test_damaged_yaml(folder, data):
    text = yaml.safe_dump(STUDY).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.integers(0, 5))
        text = (
            text[:start]
            + data.draw(
                st.binary(max_size=4)
                | st.sampled_from([b":", b"- ", b"&a *a", b"{", b"!!python/name:os.system", b"[" * 5000])
            )
            + text[end:]
        )
    path = folder / "study.yaml"
    path.write_bytes(text)
    check_study(path)
