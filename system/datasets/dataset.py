"""What a network is trained and tested on: scaled inputs and targets, with the way back to the original units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from magbayes.data.seeds import derive
from magbayes.system.datasets.settings import DataSettings, Task

_CALIBRATION_INPUTS = 256

Pairs = tuple[np.ndarray, np.ndarray]
"""Inputs (n, ...) and their targets (n,)."""


@dataclass(frozen=True)
class NoiseProfile:
    """How the std of targets varies over a single feature, over its root mean square on the training inputs.

    Attributes
    ----------
    at_mean
        Where the scaled feature is 0.
    growth
        Factor for each unit of the scaled feature.
    """

    at_mean: float
    growth: float

    def __call__(self, inputs: Any) -> Any:
        """Return the relative std (n,) at scaled inputs (n, 1), of NumPy or JAX."""
        return self.at_mean * self.growth ** inputs[:, 0]


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
    image : (height, width, channels), or None
        How the features of an image are laid out, channels last; None for a table.
    shifted : (n, features) by name
        Inputs from elsewhere, which a network ought to be less sure about.
    blended : (n, features) by fraction
        The first test inputs, mixed with images from elsewhere of which they have that fraction; their labels stay.
    noise
        How the std of the targets varies, where it is known and not the same everywhere: the likelihood has it, up to a
        factor that is learned. None: the same everywhere.
    truth
        The function under the noise, of original inputs (n,); where there is a grid.
    taken
        What of a user's own files was taken for what, or what is known of data that are drawn, a line each.
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
    image: tuple[int, int, int] | None = None
    shifted: dict[str, np.ndarray] = field(default_factory=dict)
    blended: dict[float, np.ndarray] = field(default_factory=dict)
    noise: NoiseProfile | None = None
    truth: Callable[[np.ndarray], np.ndarray] | None = None
    taken: tuple[str, ...] = ()

    def noise_of(self, noise_std: float | np.ndarray, inputs: np.ndarray) -> float | np.ndarray:
        """Return the std of targets at scaled inputs (n, features), for that of the likelihood of one or more networks.

        A number, or (networks, 1), as it is given; with a profile (1, n) or (networks, n).
        """
        return noise_std if self.noise is None else noise_std * np.asarray(self.noise(inputs))[None]

    @property
    def noise_unit(self) -> float:
        """Root mean square over the training inputs of what a network's noise of the targets is multiplied by."""
        return float(np.sqrt(np.mean(np.square(self.noise_of(1.0, self.train_inputs)))))


def split(pairs: Pairs, settings: DataSettings, seed: int, by_class: bool) -> tuple[Pairs, Pairs]:
    """Return a train and a test part, by fraction or fold; `by_class` keeps the share of every class in both."""
    inputs, targets = pairs
    # Slow, and a configuration is checked without it.
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

    random = derive(seed, "split")
    if settings.fold is None:
        train_x, test_x, train_y, test_y = train_test_split(
            inputs,
            targets,
            test_size=settings.test_fraction,
            random_state=random,
            stratify=targets if by_class else None,
        )
        return (train_x, train_y), (test_x, test_y)
    count = len(targets)
    fewest = int(np.unique(targets, return_counts=True)[1].min()) if by_class else count
    if settings.fold.of is not None and settings.fold.of > fewest:
        rarest = f", {fewest} of the rarest class" if by_class else ""
        raise ValueError(f"{count} rows{rarest}; too few for {settings.fold.of} folds; accepted: at most {fewest}")
    folds = (StratifiedKFold if by_class else KFold)(settings.fold.of, shuffle=True, random_state=random)
    train, test = list(folds.split(inputs, targets))[settings.fold.number]
    return (inputs[train], targets[train]), (inputs[test], targets[test])


def _standard(values: np.ndarray) -> Pairs:
    # A column that never changes says nothing; a scale of 1 leaves it at 0. Its std need not be 0, by rounding.
    mean, scale, constant = values.mean(axis=0), values.std(axis=0), np.ptp(values, axis=0) == 0
    return np.where(constant, values[0], mean), np.where(constant | (scale == 0), 1.0, scale)


def images(name: str, train: Pairs, test: Pairs, brightest: float) -> Dataset:
    """Return a classification of images (n, height, width) or (n, height, width, channels), over `brightest`.

    Labels are 0, 1, ... in the train part's targets.
    """
    height, width, channels = (*train[0].shape[1:], 1)[:3]
    features = height * width * channels
    train_x, test_x = (np.asarray(x.reshape(len(x), features) / brightest, np.float32) for x, _ in (train, test))
    return Dataset(
        name, "classification", train_x, train[1], test_x, test[1],
        np.zeros(features), np.full(features, brightest), 0.0, 1.0,
        train_x[:_CALIBRATION_INPUTS], np.empty((0, features)), int(train[1].max()) + 1, (height, width, channels),
    )  # fmt: skip


def table_classes(name: str, train: Pairs, test: Pairs) -> Dataset:
    """Return a classification of standardised features (n, features), labels 0, 1, ... in the train part."""
    # Scales come from the training part alone: the test part must not leak into them.
    mean, scale = _standard(train[0])
    train_x, test_x = ((x - mean) / scale for x, _ in (train, test))
    return Dataset(
        name, "classification", train_x, train[1], test_x, test[1], mean, scale, 0.0, 1.0,
        train_x[:_CALIBRATION_INPUTS], np.empty((0, len(mean))), int(train[1].max()) + 1,
    )  # fmt: skip


def regression(name: str, train: Pairs, test: Pairs, grid: np.ndarray | None = None) -> Dataset:
    """Return a regression of standardised features (n, features) and targets, with a `grid` (n, features)."""
    mean, scale = _standard(train[0])
    target_mean, target_scale = (float(value) for value in _standard(train[1]))
    train_x, test_x = ((x - mean) / scale for x, _ in (train, test))
    train_y, test_y = ((y - target_mean) / target_scale for _, y in (train, test))
    scaled_grid = np.empty((0, train_x.shape[1])) if grid is None else (grid - mean) / scale
    return Dataset(
        name, "regression", train_x, train_y, test_x, test_y, mean, scale, target_mean, target_scale,
        train_x[:_CALIBRATION_INPUTS] if grid is None else scaled_grid, scaled_grid, 1,
    )  # fmt: skip
