"""Inputs from outside a data set's distribution, as the network would see them."""

from __future__ import annotations

import numpy as np

from magbayes.data.seeds import generator
from magbayes.system.datasets import builtin
from magbayes.system.datasets.dataset import Dataset
from magbayes.system.datasets.settings import Shift


def _rotation(dataset: Dataset, count: int, random: np.random.Generator) -> np.ndarray:
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


def _other(name: str, dataset: Dataset, count: int, random: np.random.Generator) -> np.ndarray:
    if dataset.image is None or dataset.image[2] != 1:
        raise ValueError(f"{dataset.name}: the shift {name} needs images of one channel; accepted for a table: noise")
    from scipy import ndimage  # slow, and a configuration is checked without it

    pictures = builtin.test_images(name)
    drawn = pictures[random.permutation(len(pictures))[:count]]
    zoom = np.divide(dataset.image[:2], drawn.shape[1:])
    # Pixels are areas: without grid_mode the outermost ones would be shrunk to half.
    return ndimage.zoom(drawn, (1, *zoom), order=1, mode="nearest", grid_mode=True).reshape(len(drawn), -1)


def shifted(dataset: Dataset, names: tuple[Shift, ...] | None, most: int, seed: int) -> dict[str, np.ndarray]:
    """Return inputs (n, features) of each shift in `names`: `most`, or as many as there are test inputs.

    Raises
    ------
    ValueError
        A shift needs images, and the data set has none.
    """
    if dataset.task == "regression":
        return {}
    shifts: tuple[Shift, ...] = (("rotation", "noise") if dataset.image else ("noise",)) if names is None else names
    count = min(len(dataset.test_inputs), most)
    inputs: dict[str, np.ndarray] = {}
    for name in shifts:
        random = generator(seed, "shift", name)
        if name == "rotation":
            inputs[name] = _rotation(dataset, count, random)
        elif name == "noise":
            inputs[name] = _noise(dataset, count, random)
        else:
            inputs[name] = _other(name, dataset, count, random)
    return inputs
