"""A posterior that was trained elsewhere: read from an NPZ file, and brought into the range of the devices."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from magbayes.system.datasets import Dataset
from magbayes.system.network.model import architecture
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks
from magbayes.system.network.settings import NetworkSettings


def within_range(std: np.ndarray, sigma_ratio: float) -> np.ndarray:
    """Return stds clipped to the range [lowest, sigma_ratio lowest] that changes them least.

    The measure is the sum of squared changes, which for Gaussians of one mean is the squared Wasserstein distance.

    Raises
    ------
    ValueError
        All stds are 0.
    """
    largest = float(std.max())
    if largest == 0:
        raise ValueError("every std of a layer is 0; the devices always fluctuate, so a posterior needs some above 0")

    def clipped(log_lowest: float) -> np.ndarray:
        return np.clip(std, np.exp(log_lowest), sigma_ratio * np.exp(log_lowest))

    # Below the lower end nothing is left to gain: even the largest std is clipped by less and less from there on up.
    low, high = np.log(largest / sigma_ratio) - 10, np.log(largest)
    grid = np.linspace(low, high, 200)
    best = grid[int(np.argmin([np.sum((clipped(x) - std) ** 2) for x in grid]))]
    step = grid[1] - grid[0]
    minimum = minimize_scalar(
        lambda x: np.sum((clipped(x) - std) ** 2), bounds=(best - step, best + step), method="bounded"
    )
    return clipped(minimum.x)


def read_posterior(path: str | os.PathLike[str], dataset: Dataset, settings: NetworkSettings) -> Posterior:
    """Read mean0, std0, mean1, ... (and noise_std for a regression) for the network of `settings`.

    Raises
    ------
    ValueError
        An array is missing, not finite, negative where it is a std, or of another shape than the network has; the
        message names file and array.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not an NPZ file of plain arrays ({' '.join(str(error).split())})") from None
    shapes, kernels = architecture(dataset, settings)
    regression = dataset.task == "regression"
    expected: dict[str, tuple[int, ...]] = {"noise_std": ()} if regression else {}
    for index, shape in enumerate(shapes):
        expected |= {f"mean{index}": shape, f"std{index}": shape}
    for name, wanted in expected.items():
        array = arrays.get(name)
        if array is None:
            raise ValueError(f"{path}: no array {name}; it needs {', '.join(expected)}")
        if array.shape != wanted or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(f"{path}: {name} is {array.shape} of {array.dtype}; expected finite numbers {wanted}")
        if not name.startswith("mean") and (array < 0).any():
            raise ValueError(f"{path}: {name} holds {array.min()}; a std is at least 0")
    further = [name for name in arrays if re.fullmatch(r"(mean|std)\d+", name) and name not in expected]
    if further:
        raise ValueError(f"{path}: {further[0]} is one layer more than the network has, which is {len(shapes)}")
    layers = tuple(
        Layer(arrays[f"mean{index}"].astype(float), arrays[f"std{index}"].astype(float), kernel)
        for index, kernel in enumerate(kernels)
    )
    noise_std = float(arrays["noise_std"]) if regression else 0.0
    if regression and noise_std == 0:
        raise ValueError(f"{path}: noise_std is 0; a regression needs the std of its noise, in scaled target units")
    return Posterior(layers, dataset.task, settings.bias_input, noise_std, dataset.calibration, np.zeros(1))


def restricted_to_devices(posterior: Posterior, sigma_ratio: float) -> TrainedNetworks:
    """Return `posterior` as the unconstrained one, within the device range of stds, and without stds; no training.

    Raises
    ------
    ValueError
        A layer has no std above 0.
    """
    fitted = (replace(layer, std=within_range(layer.std, sigma_ratio)) for layer in posterior.layers)
    fixed = (replace(layer, std=np.zeros_like(layer.std)) for layer in posterior.layers)
    return TrainedNetworks(
        posterior=replace(posterior, layers=tuple(fitted)),
        unconstrained=posterior,
        deterministic=replace(posterior, layers=tuple(fixed)),
    )
