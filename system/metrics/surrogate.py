"""A function of a few parameters from points of it: a Gaussian process, and how well it predicts points held out.

C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning (2006), by scikit-learn: a constant times
a squared exponential with a length for each parameter, and white noise, by the marginal likelihood.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.seeds import derive, generator

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor

FOLDS = 10
"""Parts of the points that are held out one after another."""

MOST_POINTS = 300
"""Points that a process is fitted to, whose cost goes with the third power of their number; others are held out."""

LENGTHS = (0.05, 20.0)
"""Bounds of a length, in the range that the points have of a parameter."""

NOISE = (1e-8, 1.0)
"""Bounds of the variance of the noise, in that of the values."""


def _process(points: np.ndarray, values: np.ndarray, seed: int) -> GaussianProcessRegressor:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    smooth = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.ones(points.shape[1]), LENGTHS)
    process = GaussianProcessRegressor(
        smooth + WhiteKernel(0.1, NOISE), normalize_y=True, n_restarts_optimizer=1, random_state=derive(seed, "process")
    )
    with warnings.catch_warnings():
        # A length at its bound is that of a parameter without effect.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return process.fit(points, values)


class Surrogate:
    """A Gaussian process through points.

    Parameters
    ----------
    points : (points, parameters)
        In any units.
    values : (points,)
        Of the function, with noise.
    seed
        Of the folds, of the search for the largest likelihood, and of `draw`.
    """

    def __init__(self, points: np.ndarray, values: np.ndarray, seed: int) -> None:
        self._low, self._width = points.min(axis=0), np.ptp(points, axis=0)
        self._seed = seed
        scaled = self._scaled(points)
        order = generator(seed, "folds").permutation(len(values))
        self.predicted = _predicted(scaled, values, order, seed)
        some = order[:MOST_POINTS]
        self._process = _process(scaled[some], values[some], seed)

    def _scaled(self, points: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (points - self._low) / self._width
        return scaled

    predicted: float
    """Share of the variance of held-out points that is predicted; 0 is no better than their mean, and it may be worse.
    """

    def draw(self, at: np.ndarray, count: int) -> np.ndarray:
        """Functions (count, points) that the points allow, without noise, at points (points, parameters)."""
        mean, covariance = self._process.predict(self._scaled(at), return_cov=True)
        scale = float(np.ravel(self._process._y_train_std)[0])
        # The second part of the kernel is the noise.
        covariance = covariance - self._process.kernel_.k2.noise_level * scale**2 * np.eye(len(at))
        values, vectors = np.linalg.eigh(covariance)
        drawn = generator(self._seed, "functions").standard_normal((count, len(at)))
        functions: np.ndarray = mean + drawn @ (vectors * np.sqrt(np.maximum(values, 0))).T
        return functions


def _predicted(points: np.ndarray, values: np.ndarray, order: np.ndarray, seed: int) -> float:
    """Share of the variance of points that processes predict which have not seen them; `order` deals them to folds."""
    folds = np.array_split(order, FOLDS)
    if len(order) > MOST_POINTS:
        folds = [order[MOST_POINTS:]]
    squares = total = 0.0
    for held in folds:
        others = np.setdiff1d(order, held)
        missed = values[held] - _process(points[others], values[others], seed).predict(points[held])
        squares += float(missed @ missed)
        total += float(((values[held] - values[others].mean()) ** 2).sum())
    return 1 - squares / total
