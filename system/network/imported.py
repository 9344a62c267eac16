"""A posterior that was trained elsewhere: read from an NPZ file, and brought into the range of the devices.

Its weights go with inputs that were scaled in the way of its training, which the file has to say. The data set keeps
its own unit of each feature, takes the origin that the posterior expects, and the units go into the first layer's
weights (those of a regression's targets into the last): so the network computes what it computed where it was trained.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace

import jax
import numpy as np

from magbayes.data.keys import random_key
from magbayes.system import metrics
from magbayes.system.datasets.dataset import Dataset
from magbayes.system.datasets.npz import read_arrays
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.guide import Offer, lowest_std
from magbayes.system.network.model import architecture
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, software_predict
from magbayes.system.network.settings import NetworkSettings

_NAMES = re.compile(r"(mean|std)\d+|noise_std|(input|target)_(mean|scale)")
_MEANINGS = {
    "input": "what its weights take is (input - input_mean) / input_scale, inputs as in the data file; one number, or "
    "one a feature: 0 and 1 if it was trained on the inputs as they are",
    "target": "what it puts out is (target - target_mean) / target_scale, in which noise_std is too; 0 and 1 if it was "
    "trained on the targets as they are",
}
_LARGEST = 1e38
# Stds that differ by less were changed by rounding alone.
_CHANGED = 1e-6
_FAR_OFF = 3.0
_FAR = (
    "inputs are up to {:.3g} of their stds from the origin that the posterior expects, which converters and levels "
    "have to hold beside what tells inputs apart: train it on inputs less their mean, if the array is far from software"
)
_SAMPLES = 50
"""Weight samples of the comparison in software, which tells a per cent from none."""


def within_range(std: np.ndarray, offer: Offer) -> np.ndarray:
    """Return what stands for stds in the range that `lowest_std` finds for those above 0.

    Raises
    ------
    ValueError
        All stds are 0.
    """
    if not std.any():
        raise ValueError("every std of a layer is 0; the devices always fluctuate, so a posterior needs some above 0")
    return offer.held(std, lowest_std(std[std > 0], offer))


def _checked(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Return an array of finite real numbers in double precision."""
    array = arrays[name]
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise ValueError(f"{path}: {name} is {array.shape} of {array.dtype}; expected finite numbers {array.shape}")
    return array.astype(float)


def _scaling(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], dataset: Dataset, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and scale of the inputs (features,), or of the targets (), that the posterior was trained with."""
    shapes: list[tuple[int, ...]] = [()]
    whole: tuple[int, ...] = ()
    if what == "input":
        whole = (dataset.train_inputs.shape[1],) if dataset.image is None else dataset.image
        shapes += [whole, (dataset.train_inputs.shape[1],)] if dataset.image is None else [whole, whole[:2], whole[2:]]
    values = []
    for name in (f"{what}_mean", f"{what}_scale"):
        if name not in arrays:
            raise ValueError(f"{path}: no array {name}; a posterior says what it was trained on: {_MEANINGS[what]}")
        array = _checked(path, arrays, name)
        if dataset.image is not None and what == "input" and array.shape == (dataset.train_inputs.shape[1],):
            array = array.reshape(whole)
        if array.shape not in shapes:
            raise ValueError(
                f"{path}: {name} is {array.shape}; expected one of {', '.join(map(str, dict.fromkeys(shapes)))}"
            )
        if name.endswith("scale") and not (array > 0).all():
            raise ValueError(f"{path}: {name} holds {array.min():g}; a scale is above 0")
        if len(whole) == 3 and array.shape == whole[:2]:
            array = array[..., None]
        values.append(np.broadcast_to(array, whole).reshape(-1) if whole else array)
    return values[0], values[1]


def _read(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    return read_arrays(path, lambda name: _NAMES.fullmatch(name) is not None)


def _moved(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], dataset: Dataset) -> Dataset:
    mean, _ = _scaling(path, arrays, dataset, "input")
    offset = (dataset.feature_mean - mean) / dataset.feature_scale
    inputs = ("train_inputs", "test_inputs", "calibration", "grid")
    changes = {name: getattr(dataset, name) + offset for name in inputs}
    shifted = {name: values + offset for name, values in dataset.shifted.items()}
    blended = {fraction: values + offset for fraction, values in dataset.blended.items()}
    moved = replace(dataset, **changes, shifted=shifted, blended=blended, feature_mean=mean)
    if dataset.task == "classification":
        return moved
    target_mean = float(_scaling(path, arrays, dataset, "target")[0])
    rise = (dataset.target_mean - target_mean) / dataset.target_scale
    return replace(
        moved,
        train_targets=dataset.train_targets + rise,
        test_targets=dataset.test_targets + rise,
        target_mean=target_mean,
    )


def moved_for(path: str | os.PathLike[str] | None, dataset: Dataset) -> Dataset:
    """Return `dataset` with the origin of inputs and targets that the posterior in `path` expects; None: as it is.

    Raises
    ------
    ValueError
        The file is no posterior, or does not say what its inputs are; one line says how.
    """
    return dataset if path is None else _moved(path, _read(path), dataset)


def _rows_factor(path: str | os.PathLike[str], factor: np.ndarray, kernel: Kernel | None) -> np.ndarray:
    """Return what multiplies the rows of the first layer (inputs + 1, 1), its bias not changed."""
    if kernel is not None:
        pixels = factor.reshape(kernel.image)
        if np.ptp(pixels, axis=(0, 1)).max() > 1e-9 * pixels.max():
            raise ValueError(
                f"{path}: input_scale differs between pixels; a convolution needs one number, or one a channel"
            )
        factor = np.tile(pixels[0, 0], kernel.size**2)
    return np.append(factor, 1.0)[:, None]


def _expected(shapes: list[tuple[int, int]], regression: bool) -> dict[str, tuple[int, ...]]:
    expected: dict[str, tuple[int, ...]] = {"noise_std": ()} if regression else {}
    for index, shape in enumerate(shapes):
        expected |= {f"mean{index}": shape, f"std{index}": shape}
    return expected


def read_posterior(path: str | os.PathLike[str], dataset: Dataset, settings: NetworkSettings) -> Posterior:
    """Read mean0, std0, mean1, ..., input_mean, input_scale, and of a regression noise_std, target_mean, target_scale.

    The posterior is for the network of `settings` and for the inputs of ``moved_for(path, dataset)``.

    Raises
    ------
    ValueError
        An array is missing, not finite, negative where it is a std, or of another shape than the network has; the
        message names file and array.
    """
    arrays = _read(path)
    shapes, kernels = architecture(dataset, settings)
    regression = dataset.task == "regression"
    expected = _expected(shapes, regression)
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
    for index in range(len(shapes)):
        if not (arrays[f"std{index}"] > 0).any():
            raise ValueError(
                f"{path}: std{index}: every std of a layer is 0; the devices always fluctuate, so a posterior needs "
                "some above 0"
            )
    noise_std = float(arrays["noise_std"]) if regression else 0.0
    if regression and noise_std == 0:
        raise ValueError(f"{path}: noise_std is 0; a regression needs the std of its noise, in units of target_scale")
    factor = dataset.feature_scale / _scaling(path, arrays, dataset, "input")[1]
    factors = [np.ones(1) for _ in shapes]
    factors[0] = _rows_factor(path, factor, kernels[0])
    output = float(_scaling(path, arrays, dataset, "target")[1]) / dataset.target_scale if regression else 1.0
    factors[-1] = factors[-1] * output
    layers = tuple(
        Layer(arrays[f"mean{index}"] * factors[index], arrays[f"std{index}"] * factors[index], kernel)
        for index, kernel in enumerate(kernels)
    )
    if any(np.abs(values).max() > _LARGEST for layer in layers for values in (layer.mean, layer.std)):
        raise ValueError(
            f"{path}: a weight times input_scale is above {_LARGEST:g}, which single precision does not hold"
        )
    calibration = _moved(path, arrays, dataset).calibration
    return Posterior(layers, dataset.task, settings.bias_input, noise_std * output, calibration, np.zeros(1))


def restricted_to_devices(posterior: Posterior, offer: Offer) -> TrainedNetworks:
    """Return `posterior` as the unconstrained one, within the device range of stds, and without stds; no training.

    Raises
    ------
    ValueError
        A layer has no std above 0.
    """
    fitted = (replace(layer, std=within_range(layer.std, offer)) for layer in posterior.layers)
    fixed = (replace(layer, std=np.zeros_like(layer.std)) for layer in posterior.layers)
    return TrainedNetworks(
        posterior=replace(posterior, layers=tuple(fitted)),
        unconstrained=posterior,
        deterministic=replace(posterior, layers=tuple(fixed)),
    )


def changes(networks: TrainedNetworks, dataset: Dataset) -> list[str]:
    """Return what `restricted_to_devices` changed: a line for each layer whose stds do not fit into one range.

    Before them, if the inputs of `dataset` lie far from the origin that the posterior expects, a line that says so.
    """
    offset = float(np.abs(dataset.train_inputs.mean(axis=0)).max())
    lines = [_FAR.format(offset)] if offset > _FAR_OFF else []
    for index, (own, fitted) in enumerate(zip(networks.unconstrained.layers, networks.posterior.layers, strict=True)):
        changed = np.abs(fitted.std - own.std) > _CHANGED * fitted.std
        without = (fitted.std == 0) & (own.std > 0)
        if not changed.any():
            continue
        zeros = int(((own.std == 0) & (fitted.std > 0)).sum())
        moved, held = (own.std > 0) & (fitted.std > 0), fitted.std[fitted.std > 0]
        ratio = fitted.std[moved] / own.std[moved]
        of_zero = f", {zeros} of which were 0" if zeros else ""
        left_out = f", {without.sum()} of them left out, up to {own.std[without].max():.3g}" if without.any() else ""
        lines.append(
            f"layer {index}: {changed.sum()} of {changed.size} stds, {own.std.min():.3g} to {own.std.max():.3g}, were "
            f"brought into the range of the devices, {held.min():.3g} to {held.max():.3g}{of_zero}{left_out}: raised "
            f"up to {max(1, float(ratio.max())):.3g} times, lowered up to {max(1, 1 / float(ratio.min())):.3g} times"
        )
    return lines


def of_no_use(networks: TrainedNetworks, dataset: Dataset, seed: int) -> list[str]:
    """Return a line if an imported posterior predicts no better than a constant, as it was imported; else none.

    So it does where features or classes have another order, the bias is in another row, or units are not ReLUs: nothing
    in the file says that.
    """
    own = _figures(networks.unconstrained, dataset, random_key(seed, "imported"))
    if dataset.task == "classification":
        most = np.bincount(dataset.train_targets, minlength=dataset.outputs).argmax()
        key, constant = "accuracy / %", 100 * float((dataset.test_targets == most).mean())
        useless = own[key] <= constant
    else:
        errors = (dataset.test_targets - dataset.train_targets.mean()) * dataset.target_scale
        key, constant = "RMSE", float(np.sqrt((errors**2).mean()))
        useless = own[key] >= constant
    if not useless:
        return []
    return [
        f"it predicts no better than a constant: {key} {own[key]:.4g} as imported, {constant:.4g} for the most "
        "frequent class or the mean of the targets to train on; are features and classes in the order of its training, "
        "the bias in the last row, the units ReLUs?"
    ]


def remarks(networks: TrainedNetworks, dataset: Dataset, seed: int) -> list[str]:
    """Return what a reader of the results has to know: `of_no_use`, then `changes`."""
    return [*of_no_use(networks, dataset, seed), *changes(networks, dataset)]


def cost_in_software(networks: TrainedNetworks, dataset: Dataset, seed: int) -> str:
    """Return in a line what the device range changes of an imported posterior's predictions, before any device.

    `dataset` has the origin that the posterior expects; the test inputs are predicted in floating point.
    """
    figures = [
        _figures(posterior, dataset, random_key(seed, "imported"))
        for posterior in (networks.unconstrained, networks.posterior)
    ]
    own, fitted = figures
    both = [f"{name} {own[name]:.4g} as imported, {fitted[name]:.4g} within the device range" for name in own]
    return f"test inputs in software, before any device: {'; '.join(both)}"


def _figures(posterior: Posterior, dataset: Dataset, key: jax.Array) -> dict[str, float]:
    outputs = software_predict(posterior, key, dataset.test_inputs, _SAMPLES).astype(float)
    targets = dataset.test_targets
    if dataset.task == "classification":
        probability = metrics.probabilities(outputs)
        likelihood = np.maximum(probability[np.arange(len(targets)), targets], np.finfo(float).tiny)
        right = probability.argmax(axis=1) == targets
        return {"accuracy / %": 100 * float(right.mean()), "NLL / nat": -float(np.log(likelihood).mean())}
    errors = (outputs[..., 0].mean(axis=0) - targets) * dataset.target_scale
    return {"RMSE": float(np.sqrt((errors**2).mean()))}
