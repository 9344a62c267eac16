"""Hundreds of damaged configurations, studies and files: each ends in clear lines, none in a traceback."""

import copy
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magbayes import compact_models
from magbayes.data.container import FileFormatError, Quantity
from magbayes.micromag import raw
from magbayes.workflow.configuration import Configuration, ConfigurationError, validate
from magbayes.workflow.studies import design
from magbayes.workflow.studies.study import read_study
from magbayes.workflow.tasks import tasks_of
from tests.damage import unseal

ROOT = Path(__file__).parents[2]

# 200 of each of the five kinds, the same ones at every run.
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
    assert 1 <= len(points) <= design.LARGEST
    json.dumps([base, points], allow_nan=False, default=str)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(design, "LARGEST", 200)


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


def contents(path):
    with h5py.File(path) as file:
        found = {}
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    newest = max((ROOT / "tests" / "compact_models" / "frozen").glob("version*.h5"))
    compact_models.save(folder / "models.h5", compact_models.load(newest))
    one = {"x": Quantity(1.0, "1")}
    raw.write(
        folder / "raw.h5",
        raw.RawEnsemble(
            "stochastic_mtj", np.arange(4.0), np.ones((1, 2, 4, 3)), np.ones((1, 2, 2, 1, 3)), np.ones(3), one, one
        ),
    )
    return {folder / "models.h5": compact_models.load, folder / "raw.h5": raw.read}


def check_file(path, read):
    try:
        read(path)
    except FileFormatError as error:
        check_lines(str(error), str(path))
        return True
    return False


@HUNDREDS
@given(st.data())
def test_damaged_bytes(files, data):
    whole, read = data.draw(st.sampled_from(list(files.items())))
    text = bytearray(whole.read_bytes())
    path = whole.with_name("damaged.h5")
    if data.draw(st.booleans()):
        text = text[: data.draw(st.integers(0, len(text) - 1))]
    else:
        # Behind the user block, every byte counts.
        for place in data.draw(st.lists(st.integers(512, len(text) - 1), min_size=1, max_size=8, unique=True)):
            text[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(text)
    assert check_file(path, read)


@pytest.mark.slow
@HUNDREDS
@given(st.data())
def test_files_that_hold_something_else(files, data):
    """Whole HDF5 files in which a dataset, its attributes or those of the root are not what they should be."""
    whole, read = data.draw(st.sampled_from(list(files.items())))
    path = whole.with_name("other.h5")
    shutil.copy(whole, path)
    unseal(path)
    names = sorted(contents(path))
    with h5py.File(path, "a") as file:
        name = data.draw(st.sampled_from(names))
        unit = dict(file[name].attrs)
        junk = data.draw(
            st.sampled_from(
                [
                    np.nan,
                    np.inf,
                    "text",
                    b"bytes",
                    np.zeros((0, 3)),
                    np.zeros((2, 2, 2, 2, 2, 2)),
                    1 + 1j,
                    [True, False],
                    None,
                ]
            )
        )
        match data.draw(st.sampled_from(["value", "remove", "unit", "root", "group"])):
            case "value" if junk is not None:
                del file[name]
                file[name] = junk
                file[name].attrs.update(unit)
            case "remove" | "value":
                del file[name]
            case "unit":
                del file[name].attrs["unit"]
            case "group":
                del file[name]
                file.create_group(name)
            case "root":
                key = data.draw(st.sampled_from(["format", "version", "provenance"]))
                file.attrs[key] = data.draw(st.sampled_from(["", "[]", "{", "1", "null", "\ud7ff", "999"]))
    if not check_file(path, read):
        # Diagnostics and the like may be anything; what a model is made of may not.
        known = {
            f"{group}/{column}".strip("/")
            for group, columns in compact_models.store.GROUPS.items()
            for column in columns
        }
        with h5py.File(path) as file:
            assert name not in known or np.shape(file[name][()]) == np.shape(contents(whole)[name])
