"""Regressions with splits of their own: a folder of text files, as the UCI benchmark is handed on.

J. M. Hernández-Lobato and R. P. Adams, ICML 2015, arXiv:1502.05336; the files are those of Y. Gal and Z. Ghahramani's
experiments (ICML 2016), so that figures can stand beside theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from magbayes.data.lines import one_line
from magbayes.system.datasets.dataset import Pairs
from magbayes.system.datasets.settings import SPLIT_DATA, SPLIT_FEATURES, SPLIT_TARGET, split_files


def _numbers(path: Path, dimensions: Literal[1, 2]) -> np.ndarray:
    """Return finite numbers separated by white space, in lines of equal length."""
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; expected {SPLIT_DATA}, {SPLIT_FEATURES}, {SPLIT_TARGET}, two files of each split"
        )
    try:
        values = np.loadtxt(path, ndmin=dimensions)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {one_line(str(error), 200)}; expected numbers separated by white space") from None
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"{path}: {'no numbers' if not values.size else 'not all numbers are finite'}")
    return values


def _indices(path: Path, count: int, of_what: str) -> np.ndarray:
    """Return different integers from 0 to below `count`."""
    values = _numbers(path, 1).ravel()
    wrong = (values != np.floor(values)) | (values < 0) | (values >= count)
    if wrong.any():
        raise ValueError(f"{path}: {values[wrong][0]:g} is no {of_what}; accepted: 0 to {count - 1}")
    if len(np.unique(values)) < len(values):
        raise ValueError(f"{path}: a {of_what} is named twice")
    return values.astype(int)


def read(folder: Path, number: int) -> tuple[Pairs, Pairs, tuple[str, ...]]:
    """Return the train and the test part of a split, and lines on what was taken for what.

    Raises
    ------
    ValueError
        A file is missing or not as it should be, or the two parts of the split overlap or leave rows out; one line.
    """
    rows = _numbers(folder / SPLIT_DATA, 2)
    count, columns = rows.shape
    features, targets = (_indices(folder / name, columns, "column") for name in (SPLIT_FEATURES, SPLIT_TARGET))
    if len(targets) != 1 or targets[0] in features:
        raise ValueError(f"{folder / SPLIT_TARGET}: expected one column, which is no feature, not {targets.tolist()}")
    files = [Path(name) for name in split_files(str(folder), number)[-2:]]
    if not files[0].is_file():
        held = len(list(folder.glob("index_train_*.txt")))
        raise ValueError(f"{folder}: no split {number}; {held} are there, numbered from 0")
    train, test = (_indices(path, count, "row") for path in files)
    both = np.intersect1d(train, test)
    if len(both):
        raise ValueError(f"{files[1]}: {len(both)} of {len(test)} rows are in {files[0].name} too, the first {both[0]}")
    if len(train) + len(test) < count:
        left = np.setdiff1d(np.arange(count), np.concatenate([train, test]))
        raise ValueError(f"{folder}: {len(left)} rows are in no part of split {number}, the first {left[0]}")
    parts = [(rows[np.ix_(part, features)], rows[part, targets[0]]) for part in (train, test)]
    return parts[0], parts[1], (f"{folder}", f"split {number}, {len(features)} features, target column {targets[0]}")
