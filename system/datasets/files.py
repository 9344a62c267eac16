"""Your own data: CSV and NPZ files, checked as they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from magbayes.system.datasets.dataset import Dataset, Pairs, images, regression, split, table_classes
from magbayes.system.datasets.settings import DataSettings, Task

_ONE, _TWO = ("inputs", "targets"), ("train_inputs", "train_targets", "test_inputs", "test_targets")


def read_csv(path: Path, target: str | None) -> Pairs:
    """Return features (rows, columns) and targets (rows,) of a CSV file with a header; `target` None: last column."""
    try:
        table = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: not a CSV file that can be read ({' '.join(str(error).split())})") from None
    column = str(table.columns[-1]) if target is None else target
    if column not in table.columns:
        raise ValueError(f"{path}: no column {column!r} (target); there are {', '.join(map(str, table.columns))}")
    features = table.drop(columns=column)
    if not len(features.columns):
        raise ValueError(f"{path}: needs a column beside the target {column!r}")
    for name, values in features.items():
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.isna().any():
            row = int(numbers.isna().argmax())
            raise ValueError(f"{path}: column {name!r}, row {row + 1} is {values.iloc[row]!r}; expected a number")
    if table[column].isna().any():
        raise ValueError(f"{path}: column {column!r} (target), row {int(table[column].isna().argmax()) + 1} is empty")
    return features.to_numpy(float), table[column].to_numpy()


def _pairs(path: Path, arrays: dict[str, np.ndarray], inputs: str, targets: str) -> Pairs:
    x, y = arrays[inputs], arrays[targets]
    if x.ndim not in (2, 3, 4) or y.shape != x.shape[:1] or not len(x):
        raise ValueError(
            f"{path}: {inputs} is {x.shape} and {targets} {y.shape}; expected (n, features), (n, height, width) or "
            "(n, height, width, channels), and (n,)"
        )
    if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
        raise ValueError(f"{path}: {inputs} ({x.dtype}) must hold finite numbers")
    return x, y


def read_npz(path: Path) -> tuple[Pairs, Pairs | None]:
    """Return the train part, and the test part if the file sets one apart."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name in _ONE + _TWO}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not an NPZ file of plain arrays ({' '.join(str(error).split())})") from None
    if arrays.keys() >= set(_TWO):
        train, test = (_pairs(path, arrays, f"{part}_inputs", f"{part}_targets") for part in ("train", "test"))
        if train[0].shape[1:] != test[0].shape[1:]:
            raise ValueError(f"{path}: train inputs are {train[0].shape[1:]} each, test inputs {test[0].shape[1:]}")
        return train, test
    if arrays.keys() >= set(_ONE):
        return _pairs(path, arrays, *_ONE), None
    raise ValueError(f"{path}: has {', '.join(arrays) or 'none'} of the arrays {', '.join(_ONE)}, or {', '.join(_TWO)}")


def _labelled(path: Path, train: Pairs, test: Pairs) -> tuple[Pairs, Pairs]:
    """Number the classes of the train part from 0."""
    classes, labels = np.unique(train[1], return_inverse=True)
    unknown = np.setdiff1d(test[1], classes)
    if len(unknown) or len(classes) < 2:
        raise ValueError(f"{path}: {len(classes)} classes to train on, and {unknown.tolist()} in the test part only")
    return (train[0], labels), (test[0], np.searchsorted(classes, test[1]))


def assemble(name: str, path: Path, task: Task, train: Pairs, test: Pairs) -> Dataset:
    """Return the data set of a user's own arrays: images have more than two dimensions."""
    if task == "classification":
        train, test = _labelled(path, train, test)
        if train[0].ndim > 2:
            return images(name, train, test, max(float(train[0].max()), np.finfo(float).tiny))
        return table_classes(name, train, test)
    for _, targets in (train, test):
        if targets.dtype.kind not in "fiu" or not np.isfinite(targets).all():
            raise ValueError(f"{path}: targets of a regression must be finite numbers, not {targets.dtype}")
    train, test = ((x.reshape(len(x), -1).astype(float), y.astype(float)) for x, y in (train, test))
    return regression(name, train, test)


def load(name: str, settings: DataSettings, seed: int) -> Dataset:
    """Return the data set in the CSV or NPZ file that `settings` names, split by `seed` where it isn't already.

    Raises
    ------
    ValueError
        The file isn't what it should be; the message names it, the column or array, and what is expected.
    """
    path, task = Path(settings.path or ""), settings.known_task
    train, test = (read_csv(path, settings.target), None) if settings.source == "csv" else read_npz(path)
    if test is None:
        by_class = task == "classification"
        rarest = np.unique(train[1], return_counts=True)[1].min() if by_class else len(train[1])
        if rarest < 2 or len(train[1]) < 4:
            raise ValueError(f"{path}: {len(train[1])} rows, {rarest} of the rarest class; too few to set a part apart")
        train, test = split(train, settings.test_fraction, seed, by_class)
    return assemble(name, path, task, train, test)
