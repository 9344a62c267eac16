"""Hundreds of spoilt HDF5 files: each opens as the same data or ends in one clear line, and stays where it is."""

import dataclasses
import itertools
import random
from pathlib import Path

import h5py
import numpy as np
import pytest

from magbayes import compact_models
from magbayes.compact_models.numbers import OfCells
from magbayes.compact_models.store import VERSION
from magbayes.data import container, seal
from magbayes.data.container import FileFormatError, Form, Quantity
from magbayes.data.estimate import Estimate
from magbayes.micromag import raw
from magbayes.micromag.protocols import resolution, track_resolution
from magbayes.system.evaluation import completeness, results
from magbayes.system.network.ensemble import NetworkEnsemble, read_baselines, write_baselines
from magbayes.system.network.file import read_networks, write_networks
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks
from magbayes.workflow.report import study
from magbayes.workflow.studies import points
from tests.damage import as_folder, foreign, unseal

FROZEN = Path(__file__).parents[1] / "compact_models" / "frozen"
RANDOM = np.random.default_rng(1)
PROVENANCE = {"package": "magbayes", "configuration_sha256": "0" * 64}


def write_ensembles(folder):
    one = {name: Quantity(1.5, form.unit) for name, form in raw._NEEDED["stochastic_mtj"].items()}
    m, last = RANDOM.normal(size=(1, 2, 4, 3)), np.ones((1, 2, 2, 1, 3))
    groups = [{k.split("/")[1]: v for k, v in one.items() if k.startswith(group)} for group in ("bias/", "device/")]
    raw.write(folder / "disk.h5", raw.RawEnsemble("stochastic_mtj", np.arange(4.0), m, last, np.ones(3), *groups))
    needed = raw._NEEDED["domain_wall_mtj"]
    shapes = {(): (), ("groups",): (2,), ("notches",): (2,), ("groups", "replicas"): (2, 5)}
    many = {name: Quantity(RANDOM.normal(size=shapes[form.shape]), form.unit) for name, form in needed.items()}
    groups = [{k.split("/")[1]: v for k, v in many.items() if k.startswith(group)} for group in ("bias/", "device/")]
    ensemble = raw.RawEnsemble(
        "domain_wall_mtj",
        np.arange(4.0),
        RANDOM.normal(size=(2, 5, 4, 3)),
        np.ones((2, 2, 2, 1, 3)),
        np.ones(3),
        *groups,
        {"wall_position": many["wall_position"]},
    )
    raw.write(folder / "track.h5", ensemble)
    values = {"anisotropy_offset": 0.04, "diameter_spread": 0.01, "voltage": np.array([-1.0, 1.0])}
    values |= {"diameter_response": np.ones(2), "diameter_response_error": np.ones(2)}
    values |= {"level": RANDOM.normal(size=(3, 2)), "level_error": np.ones((3, 2))}
    for device_type in raw.VARIATION:
        raw.write_variation(folder / f"variation of {device_type}.h5", device_type, values, PROVENANCE)


def write_system(folder):
    layers = tuple(Layer(RANDOM.normal(size=shape), np.full(shape, 0.1), None) for shape in ((4, 5), (6, 2)))
    posterior = Posterior(layers, "classification", 1.0, 0.0, RANDOM.normal(size=(7, 3)), np.arange(3.0))
    write_networks(folder / "network.h5", TrainedNetworks(posterior, posterior, posterior), PROVENANCE)
    weights = tuple(RANDOM.normal(size=(2, *shape)) for shape in ((4, 5), (6, 2)))
    baselines = {name: NetworkEnsemble(weights, np.zeros(2), 0.1, 1.0) for name in ("dropout", "ensemble")}
    write_baselines(folder / "baselines.h5", baselines, PROVENANCE)


def quantities(forms, lengths):
    """Numbers of the forms, which mean nothing."""
    return {
        path: Quantity(RANDOM.uniform(0.1, 1, size=[lengths[dimension] for dimension in form.shape]), form.unit)
        for path, form in forms.items()
    }


def write_pages(folder):
    """What pages are made from beside evaluations: the resolution of a scenario, and a batch of a study's points."""
    data = quantities(resolution.FORMS, {"voltages": 3, "cells": 4, "steps": 2, "3": 3})
    container.write(folder / "resolution.h5", resolution.KIND, resolution.VERSION, data, PROVENANCE)
    data = quantities(track_resolution.FORMS, {"cells": 2, "3": 3})
    container.write(folder / "track resolution.h5", track_resolution.KIND, track_resolution.VERSION, data, PROVENANCE)
    numbers = {"smtj/sigma_ratio": Estimate(2.0, 1.9, 2.1)}
    pairing = {"smtj/sigma_ratio": {"resamples": np.linspace(1.9, 2.1, 5)}}
    cells = {"smtj/sigma_largest": OfCells(0.8, np.ones((4, 2)))}
    batch = [
        points.Point("a", numbers, "", (), pairing, cells),
        points.Point("b", {}, "cannot be"),
        points.Point("c", numbers, "", ["short"]),
    ]
    container.write(folder / "batch.h5", points.KIND, points.VERSION, points.contents(batch, list(numbers)), PROVENANCE)


def read_batch(path):
    header = {"study": "tiny", "parameters": {"temperature": [300, 310, 320]}, "collect": ["smtj/sigma_ratio"]}
    made = [{"temperature": kelvin} for kelvin in (300, 310, 320)]
    found = study.read_results(header, made, [path], [[[0], [1], [2]]])
    held = [{name: np.nan_to_num(values) for name, values in found.collected.items()}, found.failures, found.doubts]
    return [*held, found.pairing, [{name: tuple(of) for name, of in point.items()} for point in found.cells]]


def write_results(folder, task):
    """A file with what every evaluation has; no number of it means anything."""
    lengths = {"3": 3, "inputs": 6, "classes": 2, "bins": 4, "kept": 5, "quantiles": 2, "levels": 3, "ways": 2}
    lengths |= {"layers": 2, "actions": 3, "coefficients": 2, "rivals": 1, "software passes": 2, "2": 2}
    lengths |= {"draws": 8, "chips": 3}
    forms = dict(completeness.OF_THE_CHIP)
    for variant in ("software", "accelerator"):
        forms |= {f"variants/{variant}/{path}": form for path, form in completeness.OF_A_VARIANT[task].items()}
        metrics = completeness.METRICS[task].items()
        forms |= {f"variants/{variant}/metrics/{metric}": Form(unit, ("3",)) for metric, unit in metrics}
        forms |= {f"chips/{metric}": Form(unit, ("chips",)) for metric, unit in metrics}
    if task == "regression":
        forms["chips/noise_std"] = Form("original", ("chips",))
    forms["quality/software/samples"] = Form("1", ("software passes",))
    for metric in completeness.OF_PASSES[task]:
        unit = completeness.METRICS[task][metric]
        forms[f"quality/software/metrics/{metric}"] = Form(unit, ("software passes", "3"))
    data = quantities(forms, lengths)
    texts = {"name": ["digits"], "task": [task], "variants/names": ["software", "accelerator"]}
    texts |= {"cost/actions/part": ["cells"] * 3, "cost/actions/name": ["heat"] * 3, "warnings": ["less sure"]}
    texts |= {"cost/sensitivity/names": ["dac_energy", "bus_energy"], "quality/names": ["software"]}
    texts |= {f"rivals/{name}": ["one"] for name in ("hardware", "network", "generator")}
    data |= {path: Quantity(value, "1") for path, value in texts.items()}
    container.write(folder / f"{task}.h5", results.FORMAT, results.VERSION, data, PROVENANCE)


READERS = {
    "disk.h5": raw.read,
    "track.h5": raw.read,
    "variation of stochastic_mtj.h5": lambda path: raw.read_variation(path, "stochastic_mtj"),
    "variation of domain_wall_mtj.h5": lambda path: raw.read_variation(path, "domain_wall_mtj"),
    "models.h5": compact_models.load,
    "network.h5": read_networks,
    "baselines.h5": read_baselines,
    "classification.h5": results.read_evaluation,
    "regression.h5": results.read_evaluation,
    "resolution.h5": lambda path: container.read(path, resolution.KIND, resolution.VERSION, resolution.FORMS).data,
    "track resolution.h5": lambda path: (
        container.read(path, track_resolution.KIND, track_resolution.VERSION, track_resolution.FORMS).data
    ),
    "batch.h5": read_batch,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_ensembles(folder)
    write_system(folder)
    write_pages(folder)
    newest = FROZEN / f"version{VERSION}.h5"
    compact_models.save(folder / "models.h5", compact_models.load(newest))
    for task in completeness.METRICS:
        write_results(folder, task)
    return folder


def plain(value):
    """What a reader returned, to be compared."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return (value.dtype.str, value.shape, np.asarray(value).tolist())
    return value


SAME, WRONG = "opens as the same data", "is refused"


def truncated(share):
    def spoil(path):
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return spoil


def flipped(seed, start):
    def spoil(path):
        content, dice = bytearray(path.read_bytes()), random.Random(seed)
        for _ in range(1 + seed % 8):
            content[dice.randrange(start, len(content) if start else 512)] ^= 1 << dice.randrange(8)
        path.write_bytes(content)

    return spoil


def replaced(content):
    def spoil(path):
        path.write_bytes(content)

    return spoil


def edited(change, sealed):
    """A change made with an HDF5 library: on purpose, or under a seal that then tells of it."""

    def spoil(path):
        if not sealed:
            unseal(path)
        with h5py.File(path, "r+") as file:
            change(file)

    return spoil


def anew(file, name, value):
    """Put another value in the place of a dataset; its unit and description stay."""
    attributes = dict(file[name].attrs)
    del file[name]
    file[name] = value
    file[name].attrs.update(attributes)


CHANGES = {
    "removed": lambda file, name: file.__delitem__(name),
    "renamed": lambda file, name: file.move(name, f"{name}_"),
    "text for numbers, or numbers for text": lambda file, name: anew(
        file, name, np.zeros(file[name].shape) if h5py.check_string_dtype(file[name].dtype) else "text"
    ),
    "complex": lambda file, name: anew(file, name, np.full(file[name].shape, 1j)),
    "a dimension more": lambda file, name: anew(file, name, file[name][()][None] if file[name].shape else [1.0]),
    "a group in its place": lambda file, name: (file.__delitem__(name), file.create_group(name)),
    "another unit": lambda file, name: file[name].attrs.modify("unit", "furlong"),
    "no unit": lambda file, name: file[name].attrs.__delitem__("unit"),
    "nothing in it": lambda file, name: anew(file, name, h5py.Empty("f8")),
}

ADDITIONS = {
    "an attribute of the root": lambda file: file.attrs.create("seen by", "a viewer"),
    "an attribute of a dataset": lambda file: first(file).attrs.create("colour", [1, 2, 3]),
    "a dataset without a unit": lambda file: file.create_dataset("notes", data="read on Monday"),
    "a dataset that is not finite": lambda file: file.create_dataset("more/x", data=[np.nan]),
    "a group": lambda file: file.create_group("bookmarks/mine"),
    "a link": lambda file: file.__setitem__("shortcut", h5py.SoftLink("/nowhere")),
}

ROOT = {
    "another format": lambda file: file.attrs.modify("format", "something else"),
    "a number for the format": lambda file: file.attrs.create("format", 3),
    "no format": lambda file: file.attrs.__delitem__("format"),
    "a newer version": lambda file: file.attrs.modify("version", 99),
    "a version in words": lambda file: file.attrs.create("version", "one"),
    "two versions": lambda file: file.attrs.create("version", [1, 1]),
    "no provenance": lambda file: file.attrs.__delitem__("provenance"),
    "a provenance that is no JSON": lambda file: file.attrs.modify("provenance", "{"),
    "a provenance that is a list": lambda file: file.attrs.modify("provenance", "[]"),
    "the former name": lambda file: file.attrs.modify("format", "spinbayes ensemble"),
}


def first(file):
    return next(item for item in file.values() if isinstance(item, h5py.Dataset)) if has_dataset(file) else file


def has_dataset(file):
    return any(isinstance(item, h5py.Dataset) for item in file.values())


def optional(name):
    """What a reader does not rely on."""
    return name.startswith("diagnostics/")


def names_of(path):
    found = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return sorted(name for name in found if not optional(name))


def cases(path):
    """Name, way to spoil and what must come of it, of every case of a file."""
    for share in (0.0, 0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9, 0.99, 0.9999):
        yield f"truncated to {share}", truncated(share), WRONG
    for seed in range(4):
        yield f"bits of the seal flipped, {seed}", flipped(seed, 0), SAME
    yield "text", replaced(b"no HDF5 at all\n"), WRONG
    yield "zeros", replaced(bytes(4096)), WRONG
    yield "a folder", as_folder, WRONG
    yield "foreign", foreign, WRONG
    for (name, change), sealed in itertools.product(ADDITIONS.items(), (True, False)):
        yield f"{name} added, {sealed=}", edited(change, sealed), SAME
    for (name, change), sealed in itertools.product(ROOT.items(), (True, False)):
        yield f"{name}, {sealed=}", edited(change, sealed), WRONG
    dice = random.Random(path.name)
    names = names_of(path)
    for what, change in CHANGES.items():
        for name, sealed in zip(dice.sample(names, min(len(names), 3)), (False, True, False), strict=False):
            spoil = edited(lambda file, change=change, name=name: change(file, name), sealed)
            yield f"{name}: {what}, {sealed=}", spoil, WRONG


def outcome(read, path):
    """What a reader makes of a file; it leaves the file as it is."""
    before = sorted((p.name, p.is_dir() or p.read_bytes()) for p in path.parent.iterdir())
    try:
        return plain(read(path))
    except FileFormatError as error:
        line = str(error)
        assert line.startswith(f"{path}: ")
        assert line.isprintable()
        assert len(line) < 1000
        return WRONG
    finally:
        assert sorted((p.name, p.is_dir() or p.read_bytes()) for p in path.parent.iterdir()) == before


@pytest.fixture
def in_this_process(monkeypatch):
    """Judge files that a library has written here, which is faster; bytes that were spoilt are judged apart."""
    monkeypatch.setattr(seal, "judge_apart", seal.judge)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", READERS)
def test_a_spoilt_file_is_the_same_or_refused_in_one_line(name, folder, tmp_path):
    whole, path = folder / name, tmp_path / name
    expected = plain(READERS[name](whole))
    content, count, wrong = whole.read_bytes(), 0, []
    for case, spoil, must in cases(whole):
        path.write_bytes(content)
        spoil(path)
        found = outcome(READERS[name], path)
        if found != {SAME: expected, WRONG: WRONG}[must]:
            wrong.append(f"{case}: {must}")
        if path.is_dir():
            path.rmdir()
        count += 1
    assert not wrong
    assert count > 60


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bits_are_damage_or_nothing(seed, folder, tmp_path):
    """HDF5 may crash on them, which must not reach the reader."""
    name = list(READERS)[seed]
    expected, path = plain(READERS[name](folder / name)), tmp_path / name
    path.write_bytes((folder / name).read_bytes())
    flipped(seed, 512)(path)
    assert outcome(READERS[name], path) in (expected, WRONG)


def test_the_cases_are_many(folder):
    assert sum(len(list(cases(folder / name))) for name in READERS) >= 300
