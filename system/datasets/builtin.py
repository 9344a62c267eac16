"""The data sets that are known by name; all but Fashion-MNIST come with the installation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from magbayes.data.seeds import generator
from magbayes.system.datasets import fashion_mnist
from magbayes.system.datasets.dataset import Dataset, Pairs, images, regression, split, table_classes
from magbayes.system.datasets.settings import DataSettings

_CUBIC_TRAIN, _CUBIC_TEST = 100, 200
_CUBIC_NOISE_STD = 3.0
_CUBIC_RANGE, _CUBIC_OUTER_RANGE = 4.0, 6.0


def cubic_truth(x: np.ndarray) -> np.ndarray:
    """Return the function under the noise of the data set ``cubic``."""
    return x**3


def _digits(settings: DataSettings, seed: int) -> Dataset:
    from sklearn.datasets import load_digits  # slow, and a configuration is checked without it

    digits = load_digits()
    return images("digits", *split((digits.images, digits.target), settings, seed, True), 16.0)


def _breast_cancer(settings: DataSettings, seed: int) -> Dataset:
    from sklearn.datasets import load_breast_cancer  # slow, and a configuration is checked without it

    pairs = load_breast_cancer(return_X_y=True)
    return table_classes("breast_cancer", *split(pairs, settings, seed, True))


def _fashion_mnist(settings: DataSettings, seed: int) -> Dataset:
    return images("fashion_mnist", *fashion_mnist.load(settings.path), 255.0)


def _diabetes(settings: DataSettings, seed: int) -> Dataset:
    from sklearn.datasets import load_diabetes  # slow, and a configuration is checked without it

    pairs = load_diabetes(return_X_y=True, scaled=False)
    return regression("diabetes", *split(pairs, settings, seed, False))


def _cubic(settings: DataSettings, seed: int) -> Dataset:
    """Return y = x^3 + N(0, 9) on [-4, 4], the toy problem of Hernández-Lobato and Adams (2015)."""
    random = generator(seed, "cubic")

    def draw(count: int) -> Pairs:
        x = random.uniform(-_CUBIC_RANGE, _CUBIC_RANGE, (count, 1))
        return x, cubic_truth(x[:, 0]) + random.normal(0.0, _CUBIC_NOISE_STD, count)

    grid = np.linspace(-_CUBIC_OUTER_RANGE, _CUBIC_OUTER_RANGE, 121)[:, None]
    return regression("cubic", draw(_CUBIC_TRAIN), draw(_CUBIC_TEST), grid)


LOADERS: dict[str, Callable[[DataSettings, int], Dataset]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "fashion_mnist": _fashion_mnist,
    "diabetes": _diabetes,
    "cubic": _cubic,
}


def test_images(name: str) -> np.ndarray:
    """Return images (n, height, width), scaled to 0..1, of a data set that is known by name."""
    if name == "digits":
        from sklearn.datasets import load_digits  # slow, and a configuration is checked without it

        return load_digits().images / 16.0
    return fashion_mnist.load()[1][0] / 255.0
