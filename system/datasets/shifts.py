"""Inputs from outside a data set's distribution, or halfway there, as the network would see them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from magbayes.data.seeds import generator
from magbayes.system.datasets import builtin, letters
from magbayes.system.datasets.dataset import Dataset
from magbayes.system.datasets.settings import DataSettings, Elsewhere, Shift


def _rotation(dataset: Dataset, count: int) -> np.ndarray:
    if dataset.image is None:
        raise ValueError(f"{dataset.name}: the shift rotation needs images; accepted for a table: noise")
    pictures = dataset.test_inputs[:count].reshape(-1, *dataset.image)
    if dataset.image[0] != dataset.image[1]:
        # A quarter turn would not fit.
        return np.rot90(pictures, 2, axes=(1, 2)).reshape(count, -1)
    return np.rot90(pictures, axes=(1, 2)).reshape(count, -1)


def _noise(dataset: Dataset, count: int, random: np.random.Generator) -> np.ndarray:
    """Every feature uniform over its range in training, and independent of the others."""
    low, high = dataset.train_inputs.min(axis=0), dataset.train_inputs.max(axis=0)
    if dataset.image is not None:
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    return random.uniform(low, high, (count, len(low)))


def _outside(dataset: Dataset, count: int, random: np.random.Generator) -> np.ndarray:
    """Every feature beyond its range in training, by up to half of it, to either side."""
    low, high = dataset.train_inputs.min(axis=0), dataset.train_inputs.max(axis=0)
    beyond = random.uniform(0, 0.5, (count, len(low))) * (high - low)
    return np.where(random.uniform(size=beyond.shape) < 0.5, low - beyond, high + beyond)


def _gap(dataset: Dataset, count: int, random: np.random.Generator) -> np.ndarray:
    """Inputs between those of training, among which there were none."""
    return (random.uniform(*builtin.GAP, (count, 1)) - dataset.feature_mean) / dataset.feature_scale


def _images(name: Elsewhere, dataset: Dataset, count: int, settings: DataSettings, seed: int) -> np.ndarray:
    """Return up to `count` images (n, features) from elsewhere, scaled to those of `dataset`."""
    if dataset.image is None or dataset.image[2] != 1:
        raise ValueError(f"{dataset.name}: {name} need images of one channel; accepted for a table: noise")
    from scipy import ndimage  # slow, and a configuration is checked without it

    random = generator(seed, "shift", name)
    if name == "letters" and settings.letters is None:
        pictures = letters.drawn(count, random)
    else:
        own = settings.letters if name == "letters" else None
        stored = builtin.test_images(name) if own is None else letters.read(Path(own))
        pictures = stored[random.permutation(len(stored))[:count]]
    zoom = np.divide(dataset.image[:2], pictures.shape[1:])
    # Pixels are areas: without grid_mode the outermost ones would be shrunk to half.
    return ndimage.zoom(pictures, (1, *zoom), order=1, mode="nearest", grid_mode=True).reshape(len(pictures), -1)


def shifted(dataset: Dataset, settings: DataSettings, seed: int) -> dict[str, np.ndarray]:
    """Return inputs (n, features) of each shift: ``settings.shift_limit``, or as many as there are test inputs.

    Raises
    ------
    ValueError
        A shift needs images, and the data set has none; or a file of letters is not as it should be.
    """
    default: tuple[Shift, ...] = ("outside",) if dataset.train_inputs.shape[1] == 1 else ("noise",)
    if dataset.image:
        default = ("rotation", "noise")
    if settings.source == "gap":
        default = ("gap", "outside")
    count = min(len(dataset.test_inputs), settings.shift_limit)
    inputs: dict[str, np.ndarray] = {}
    for name in default if settings.shifts is None else settings.shifts:
        if name == "rotation":
            inputs[name] = _rotation(dataset, count)
        elif name == "noise":
            inputs[name] = _noise(dataset, count, generator(seed, "shift", name))
        elif name == "outside":
            inputs[name] = _outside(dataset, count, generator(seed, "shift", name))
        elif name == "gap":
            inputs[name] = _gap(dataset, count, generator(seed, "shift", name))
        else:
            inputs[name] = _images(name, dataset, count, settings, seed)
    return inputs


def blended(dataset: Dataset, settings: DataSettings, seed: int) -> dict[float, np.ndarray]:
    """Return the first test images mixed with others (n, features), by the fraction of the others.

    Raises
    ------
    ValueError
        The data are no images, a file of letters is not as it should be, or there are too few images to mix with.
    """
    if settings.blend is None:
        return {}
    blend, count = settings.blend, min(len(dataset.test_inputs), settings.blend.limit)
    others = _images(blend.source, dataset, count, settings, seed)
    if len(others) < count:
        raise ValueError(f"{dataset.name}: blend.limit {count}: there are {len(others)} of {blend.source}")
    return {f: ((1 - f) * dataset.test_inputs[:count] + f * others).astype(np.float32) for f in blend.fractions}
