"""The data sets that are known by name; all but Fashion-MNIST come with the installation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from magbayes.data.seeds import generator
from magbayes.system.datasets import fashion_mnist
from magbayes.system.datasets.dataset import Dataset, NoiseProfile, Pairs, images, regression, split, table_classes
from magbayes.system.datasets.settings import DataSettings

_CUBIC_TRAIN, _CUBIC_TEST = 100, 200
_CUBIC_NOISE_STD = 3.0
_CUBIC_RANGE, _CUBIC_OUTER_RANGE = 4.0, 6.0

_GAP_TRAIN, _GAP_TEST = 150, 200
_GAP_RANGE, _GAP_OUTER_RANGE = 4.0, 6.0
GAP = (-1.5, 1.5)
"""Inputs of the data set ``gap`` among which none are trained or tested on."""
_GAP_NOISE_STD, _GAP_GROWTH = 0.8, 2**0.25
"""Std of the noise at 0, and factor by which it grows with each unit of the input: 0.4 to 1.6 over the range."""


def cubic_truth(x: np.ndarray) -> np.ndarray:
    """Return the function under the noise of the data set ``cubic``."""
    return x**3


def gap_truth(x: np.ndarray) -> np.ndarray:
    """Return the function under the noise of the data set ``gap``."""
    return 5 * np.sin(x)


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
    return replace(regression("cubic", draw(_CUBIC_TRAIN), draw(_CUBIC_TEST), grid), truth=cubic_truth)


def _gap(settings: DataSettings, seed: int) -> Dataset:
    """Return y = 5 sin x + N(0, s(x)^2) on [-4, 4] without (-1.5, 1.5), whose s doubles in each 4 units of x.

    Whether a network is less sure in a gap between its training inputs is what Foong et al. ask, arXiv:1906.11537. How
    s grows is given with the data, since the networks have one output.
    """
    random = generator(seed, "gap")
    middle, growth = math.log(_GAP_NOISE_STD), math.log(_GAP_GROWTH)

    def draw(count: int) -> Pairs:
        side = random.uniform(-1, 1, (count, 1)) * (_GAP_RANGE - GAP[1])
        x = side + np.where(side < 0, GAP[0], GAP[1])
        return x, gap_truth(x[:, 0]) + np.exp(middle + growth * x[:, 0]) * random.normal(size=count)

    train, test = draw(_GAP_TRAIN), draw(_GAP_TEST)
    grid = np.linspace(-_GAP_OUTER_RANGE, _GAP_OUTER_RANGE, 121)[:, None]
    dataset = regression("gap", train, test, grid)
    mean, scale = float(dataset.feature_mean[0]), float(dataset.feature_scale[0])
    of_train, of_test = (np.exp(middle + growth * x[:, 0]) for x, _ in (train, test))
    at_mean = math.exp(middle + growth * mean) / math.sqrt(float(np.mean(of_train**2)))
    ideal = 0.5 * math.log(2 * math.pi) + np.mean(
        np.log(of_test) + ((test[1] - gap_truth(test[0][:, 0])) / of_test) ** 2 / 2
    )
    lines = (
        f"drawn: no inputs to train or test on from {GAP[0]:g} to {GAP[1]:g}; noise whose std grows {2**2:g}-fold over "
        "the range, which the likelihood knows up to a factor",
        f"the function and the noise themselves would have an NLL of {ideal:.3f} nat on the test inputs",
    )
    profile = NoiseProfile(at_mean, math.exp(growth * scale))
    return replace(dataset, noise=profile, truth=gap_truth, taken=lines)


LOADERS: dict[str, Callable[[DataSettings, int], Dataset]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "fashion_mnist": _fashion_mnist,
    "diabetes": _diabetes,
    "cubic": _cubic,
    "gap": _gap,
}


def test_images(name: str) -> np.ndarray:
    """Return images (n, height, width), scaled to 0..1, of a data set that is known by name."""
    if name == "digits":
        from sklearn.datasets import load_digits  # slow, and a configuration is checked without it

        return load_digits().images / 16.0
    return fashion_mnist.load()[1][0] / 255.0
