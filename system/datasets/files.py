"""Your own data: CSV and NPZ files, checked as they are read."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from magbayes.data.lines import one_line, shown
from magbayes.system.datasets.dataset import Dataset, Pairs, images, regression, split, table_classes
from magbayes.system.datasets.npz import read_arrays
from magbayes.system.datasets.parts import SAME_SCALE, check_scales, largest
from magbayes.system.datasets.settings import DataSettings, Task
from magbayes.system.datasets.table import read_csv

_ONE, _TWO = ("inputs", "targets"), ("train_inputs", "train_targets", "test_inputs", "test_targets")
# What a network computes with, single precision, holds no larger ones.
_LARGEST = 1e38


def _pairs(path: Path, arrays: dict[str, np.ndarray], inputs: str, targets: str) -> Pairs:
    x, y = arrays[inputs], arrays[targets]
    if x.ndim not in (2, 3, 4) or y.shape != x.shape[:1] or not x.size:
        raise ValueError(
            f"{path}: {inputs} is {x.shape} and {targets} {y.shape}; expected (n, features), (n, height, width) or "
            "(n, height, width, channels), and (n,)"
        )
    if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
        where = f", and the first that is not is in row {_first_row(~np.isfinite(x))}" if x.dtype.kind == "f" else ""
        raise ValueError(f"{path}: {inputs} ({x.dtype}) must hold finite numbers{where}")
    return x, y


def _first_row(wrong: np.ndarray) -> int:
    return int(np.nonzero(wrong)[0][0]) + 1


def read_npz(path: Path) -> tuple[Pairs, Pairs | None]:
    """Return the train part, and the test part if the file sets one apart.

    Raises
    ------
    ValueError
        The file is damaged or none, or its arrays do not fit one another; one line names the file and the array.
    """
    arrays = read_arrays(path, (_ONE + _TWO).__contains__)
    if arrays.keys() >= set(_TWO):
        train, test = (_pairs(path, arrays, f"{part}_inputs", f"{part}_targets") for part in ("train", "test"))
        if train[0].shape[1:] != test[0].shape[1:]:
            raise ValueError(f"{path}: train inputs are {train[0].shape[1:]} each, test inputs {test[0].shape[1:]}")
        return train, test
    if arrays.keys() >= set(_ONE):
        return _pairs(path, arrays, *_ONE), None
    raise ValueError(f"{path}: has {', '.join(arrays) or 'none'} of the arrays {', '.join(_ONE)}, or {', '.join(_TWO)}")


def _labelled(path: Path, train: Pairs, test: Pairs) -> tuple[Pairs, Pairs, str]:
    """Number the classes of the train part from 0, and say which they are."""
    for _, targets in (train, test):
        if targets.dtype.kind not in "fiubUS" or (targets.dtype.kind == "f" and not np.isfinite(targets).all()):
            raise ValueError(f"{path}: targets ({targets.dtype}) must be classes: finite numbers, or text")
    if (train[1].dtype.kind in "US") != (test[1].dtype.kind in "US"):
        raise ValueError(f"{path}: train targets are {train[1].dtype}, test targets {test[1].dtype}; expected one kind")
    classes, labels, counts = np.unique(train[1], return_inverse=True, return_counts=True)
    unknown = np.setdiff1d(test[1], classes)
    if len(unknown) or len(classes) < 2:
        raise ValueError(
            f"{path}: {len(classes)} {'class' if len(classes) == 1 else 'classes'} to train on, and "
            f"{one_line(str(unknown.tolist()), 100) if len(unknown) else 'no others'} in the test part only"
        )
    if len(classes) > max(2, len(labels) / 2):
        raise ValueError(
            f"{path}: {len(classes)} classes in {len(labels)} rows to train on; for numbers the task is regression"
        )
    named = ", ".join(f"{shown(name)} ({count})" for name, count in zip(classes.tolist(), counts, strict=True))
    taken = f"{len(classes)} classes (rows to train on): {one_line(named, 300)}"
    return (train[0], labels), (test[0], np.searchsorted(classes, test[1])), taken


def assemble(name: str, path: Path, task: Task, train: Pairs, test: Pairs, taken: tuple[str, ...] = ()) -> Dataset:
    """Return the data set of a user's own arrays: images have more than two dimensions.

    `taken` says what of the file was taken for what, and the data set goes on from there.

    Raises
    ------
    ValueError
        The arrays cannot be learned from; the message names the file.
    """
    rows = f"{len(train[0])} rows to train on, {len(test[0])} to test on"
    if task == "classification":
        train, test, classes = _labelled(path, train, test)
        if train[0].ndim > 2:
            brightest = largest(train[0])
            if brightest == 0:
                raise ValueError(f"{path}: all train images are 0; expected images that differ")
            dataset = images(name, train, test, brightest)
            return replace(dataset, taken=(*taken, rows, classes, _scaled(dataset, brightest)))
        dataset = table_classes(name, _as_numbers(path, train), _as_numbers(path, test))
        return replace(dataset, taken=(*taken, rows, classes, _standardised(dataset)))
    for _, targets in (train, test):
        if targets.dtype.kind not in "fiu" or not np.isfinite(targets).all():
            raise ValueError(f"{path}: targets of a regression must be finite numbers, not {targets.dtype}")
    train, test = ((x.reshape(len(x), -1), y.astype(float)) for x, y in (train, test))
    if train[1].min() == train[1].max():
        raise ValueError(f"{path}: all targets to train on are {train[1][0]:g}; expected targets that differ")
    dataset = regression(name, _as_numbers(path, train), _as_numbers(path, test))
    targets_of = f"targets less {dataset.target_mean:.6g}, divided by {dataset.target_scale:.6g}"
    return replace(dataset, taken=(*taken, rows, _standardised(dataset), targets_of))


def _as_numbers(path: Path, pairs: Pairs) -> Pairs:
    """Return features in double precision, and refuse numbers whose variance it cannot hold."""
    features = pairs[0].astype(float)
    for what, values in (("feature", features), ("target", pairs[1][:, None])):
        wrong = np.abs(values) > _LARGEST
        if wrong.any():
            row, column = (int(place[0]) + 1 for place in np.nonzero(wrong))
            raise ValueError(
                f"{path}: {what} {column} is {values[wrong][0]:g} in row {row}; expected numbers up to {_LARGEST:g}"
            )
    return features, pairs[1]


def _scaled(dataset: Dataset, brightest: float) -> str:
    height, width, channels = dataset.image or (0, 0, 0)
    text = (
        f"images of height {height} and width {width} with {channels} channel{'s' * (channels > 1)}, divided by "
        f"{brightest:g}, the largest value to train on"
    )
    usual = float(np.median(np.abs(dataset.train_inputs).max(axis=1)))
    return f"{text}, of which half of them reach no more than {usual:.2g}" if usual * SAME_SCALE < 1 else text


def _standardised(dataset: Dataset) -> str:
    never = np.ptp(dataset.train_inputs, axis=0) == 0
    constant, moving = int(never.sum()), int((never & dataset.test_inputs.any(axis=0)).sum())
    text = (
        f"{dataset.train_inputs.shape[1]} features, each less its mean and divided by its std over the rows to train on"
    )
    if moving:
        return f"{text}; {constant} of them never change there, and {moving} of these do in the rows to test on"
    return f"{text}; {constant} of them never change, and say nothing" if constant else text


def load(name: str, settings: DataSettings, seed: int) -> Dataset:
    """Return the data set in the CSV or NPZ file that `settings` names, split by `seed` where it isn't already.

    Raises
    ------
    ValueError
        The file isn't what it should be; the message names it, the column or array, and what is expected.
    """
    path, task = Path(settings.path or ""), settings.known_task
    test: Pairs | None = None
    if settings.source == "csv":
        train, taken = read_csv(path, settings.target, task)
    else:
        train, test = read_npz(path)
        if test is not None and settings.fold is not None:
            raise ValueError(f"{path}: has a test part of its own; fold goes with files that have none")
        taken = [f"NPZ: inputs {train[0].shape} of {train[0].dtype}, {'with' if test else 'without'} a test part"]
    if test is None:
        train, test = _divided(path, train, settings, seed, task == "classification")
    else:
        taken += check_scales(path, train[0], test[0])
    return assemble(name, path, task, train, test, (f"{path}", *taken))


def _divided(path: Path, pairs: Pairs, settings: DataSettings, seed: int, by_class: bool) -> tuple[Pairs, Pairs]:
    """Set a test part apart, with rows of every class in both parts."""
    count, fraction = len(pairs[1]), settings.test_fraction
    counts = np.unique(pairs[1], return_counts=True)[1] if by_class and count else np.array([count])
    if counts.min() < 2 or count < 4:
        rarest = f", {counts.min()} of the rarest class" if by_class and count else ""
        raise ValueError(f"{path}: {count} rows{rarest}; too few to set a part apart")
    least = len(counts)
    if settings.fold is None and not least <= math.ceil(fraction * count) <= count - least:
        raise ValueError(
            f"{path}: test_fraction {fraction:g} of {count} rows leaves a part with fewer rows than the {least} classes"
            if by_class
            else f"{path}: test_fraction {fraction:g} of {count} rows leaves a part without rows"
        )
    try:
        return split(pairs, settings, seed, by_class)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
