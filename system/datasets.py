"""The data sets, scaled for the network and split by a seed; all of them come with the installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn import datasets as sklearn_datasets
from sklearn.model_selection import train_test_split

Task = Literal["classification", "regression"]

_TEST_FRACTION = 0.25
_CALIBRATION_INPUTS = 256
_CUBIC_TRAIN, _CUBIC_TEST = 100, 200
_CUBIC_NOISE_STD = 3.0
_CUBIC_RANGE, _CUBIC_OUTER_RANGE = 4.0, 6.0


@dataclass(frozen=True)
class Dataset:
    """Inputs and targets as the network sees them, with the way back to the original units.

    Attributes
    ----------
    name, task
        The data set, and what is to be learned.
    train_inputs, test_inputs : (n, features)
        ``(original - feature_mean) / feature_scale``.
    train_targets, test_targets : (n,)
        Class labels, or ``(original - target_mean) / target_scale``.
    calibration : (n, features)
        Inputs that cover what the hardware must accept; converters take their ranges from them.
    grid : (n, features)
        Inputs along which a predictive band is drawn; empty where there is none.
    outputs
        Outputs of the network: classes, or 1.
    """

    name: str
    task: Task
    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    feature_mean: np.ndarray
    feature_scale: np.ndarray
    target_mean: float
    target_scale: float
    calibration: np.ndarray
    grid: np.ndarray
    outputs: int


def cubic_truth(x: np.ndarray) -> np.ndarray:
    """Return the function under the noise of the data set ``cubic``."""
    return x**3


def _digits(seed: int) -> Dataset:
    inputs, labels = sklearn_datasets.load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        inputs / 16.0, labels, test_size=_TEST_FRACTION, random_state=seed, stratify=labels
    )
    features = inputs.shape[1]
    return Dataset(
        "digits", "classification", train_x, train_y, test_x, test_y,
        np.zeros(features), np.full(features, 16.0), 0.0, 1.0,
        train_x[:_CALIBRATION_INPUTS], np.empty((0, features)), 10,
    )  # fmt: skip


def _regression(
    name: str,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    grid: np.ndarray | None = None,
) -> Dataset:
    # Scales come from the training part alone: the test part must not leak into them.
    mean, scale = train[0].mean(axis=0), train[0].std(axis=0)
    target_mean, target_scale = float(train[1].mean()), float(train[1].std())
    train_x, test_x = ((x - mean) / scale for x, _ in (train, test))
    train_y, test_y = ((y - target_mean) / target_scale for _, y in (train, test))
    scaled_grid = np.empty((0, train_x.shape[1])) if grid is None else (grid - mean) / scale
    return Dataset(
        name, "regression", train_x, train_y, test_x, test_y, mean, scale, target_mean, target_scale,
        train_x[:_CALIBRATION_INPUTS] if grid is None else scaled_grid, scaled_grid, 1,
    )  # fmt: skip


def _diabetes(seed: int) -> Dataset:
    inputs, targets = sklearn_datasets.load_diabetes(return_X_y=True, scaled=False)
    train_x, test_x, train_y, test_y = train_test_split(inputs, targets, test_size=_TEST_FRACTION, random_state=seed)
    return _regression("diabetes", (train_x, train_y), (test_x, test_y))


def _cubic(seed: int) -> Dataset:
    """Return y = x^3 + N(0, 9) on [-4, 4], the toy problem of Hernández-Lobato and Adams (2015)."""
    random = np.random.default_rng(seed)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        x = random.uniform(-_CUBIC_RANGE, _CUBIC_RANGE, (count, 1))
        return x, cubic_truth(x[:, 0]) + random.normal(0.0, _CUBIC_NOISE_STD, count)

    grid = np.linspace(-_CUBIC_OUTER_RANGE, _CUBIC_OUTER_RANGE, 121)[:, None]
    return _regression("cubic", draw(_CUBIC_TRAIN), draw(_CUBIC_TEST), grid)


_LOADERS: dict[str, Callable[[int], Dataset]] = {"digits": _digits, "diabetes": _diabetes, "cubic": _cubic}
DATASETS = tuple(_LOADERS)


def load_dataset(name: str, seed: int) -> Dataset:
    """Return the data set `name`, split (and, for ``cubic``, drawn) by `seed`.

    Raises
    ------
    ValueError
        There is no such data set; the message lists those that exist.
    """
    if name not in _LOADERS:
        raise ValueError(f"no data set {name!r}; there are: {', '.join(DATASETS)}")
    return _LOADERS[name](seed)
