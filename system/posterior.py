"""A trained network as numbers: a Gaussian for every weight, and the file that keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np

from micromag import fileformat
from micromag.fileformat import Quantity
from system.convolution import Kernel, patches, pooled
from system.datasets import Task

FORMAT, VERSION = "spinbayes network", 1


@dataclass(frozen=True)
class Layer:
    """The Gaussians of one layer; the last row is the bias.

    Attributes
    ----------
    mean, std : (inputs + 1, outputs)
        In the units of the network; a std of 0 is a fixed weight.
    kernel
        Geometry of a convolution, whose inputs are `patches` and whose outputs are then `pooled`; None for a
        dense layer.
    """

    mean: np.ndarray
    std: np.ndarray
    kernel: Kernel | None = None


@dataclass(frozen=True)
class Posterior:
    """A mean-field Gaussian posterior of a multilayer perceptron or a convolutional network, with ReLU.

    Attributes
    ----------
    layers
        From the input to the output.
    task
        Outputs are logits (classification) or scaled targets (regression).
    bias_input
        The constant that drives the bias row of every layer.
    noise_std
        Std of the Gaussian likelihood in scaled target units; 0 for classification.
    calibration : (n, features)
        Inputs from which hardware takes the ranges of its converters.
    loss : (points,)
        The negative ELBO during training (a running mean), in nat.
    """

    layers: tuple[Layer, ...]
    task: Task
    bias_input: float
    noise_std: float
    calibration: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True)
class TrainedNetworks:
    """The network that the devices can hold, and two software baselines of the same shape.

    Attributes
    ----------
    posterior
        Std within one device range a layer.
    unconstrained
        Mean-field posterior without that bound.
    deterministic
        Maximum a posteriori weights; every std is 0.
    """

    posterior: Posterior
    unconstrained: Posterior
    deterministic: Posterior


def with_bias(inputs: jax.Array, bias_input: float) -> jax.Array:
    """Append the constant input of the bias row: (n, features) to (n, features + 1)."""
    return jnp.concatenate([inputs, jnp.full((*inputs.shape[:-1], 1), bias_input, inputs.dtype)], axis=-1)


def forward(
    weights: Sequence[jax.Array],
    inputs: jax.Array,
    bias_input: float,
    kernels: Sequence[Kernel | None] = (),
    drop: Callable[[int, jax.Array], jax.Array] | None = None,
) -> jax.Array:
    """Return the outputs (n, outputs) of the network with `weights`, (inputs + 1, outputs) in each layer.

    `kernels` names the convolutions among the layers, the first ones, and `drop` may change what a layer takes:
    a function of its index, from 1, and of the activations (n, features).
    """
    hidden = inputs
    for index, weight in enumerate(weights):
        if index > 0:
            hidden = jax.nn.relu(hidden) if drop is None else drop(index, jax.nn.relu(hidden))
        kernel = kernels[index] if index < len(kernels) else None
        if kernel is None:
            hidden = with_bias(hidden, bias_input) @ weight
        else:
            hidden = pooled(kernel, with_bias(patches(kernel, hidden), bias_input) @ weight)
    return hidden


# Inputs at a time: the patches of more images than this would not fit into memory.
_INPUTS_AT_A_TIME = 1000


def predict_by_sample(
    draw: Callable[[jax.Array, jax.Array], jax.Array], samples: jax.Array, inputs: np.ndarray
) -> np.ndarray:
    """Return outputs (samples, inputs, outputs) of `draw`, a function of one of `samples` and of inputs (n, features).

    `samples` may be keys or indices; what `draw` makes of one must not depend on the inputs, which come in parts.
    """
    mapped = jax.jit(lambda x: jax.lax.map(lambda sample: draw(sample, x), samples))
    starts = range(0, len(inputs), _INPUTS_AT_A_TIME)
    parts = [np.asarray(mapped(jnp.asarray(inputs[start : start + _INPUTS_AT_A_TIME], float))) for start in starts]
    return np.concatenate(parts, axis=1)


def software_predict(posterior: Posterior, key: jax.Array, inputs: np.ndarray, samples: int) -> np.ndarray:
    """Return outputs (samples, inputs, outputs) of networks drawn from `posterior` in floating point."""
    layers = [(jnp.asarray(layer.mean, float), jnp.asarray(layer.std, float)) for layer in posterior.layers]
    kernels = [layer.kernel for layer in posterior.layers]

    def draw(sample_key: jax.Array, x: jax.Array) -> jax.Array:
        keys = jax.random.split(sample_key, len(layers))
        weights = [
            mean + std * jax.random.normal(k, mean.shape, mean.dtype)
            for k, (mean, std) in zip(keys, layers, strict=True)
        ]
        return forward(weights, x, posterior.bias_input, kernels)

    return predict_by_sample(draw, jax.random.split(key, samples), inputs)


def _quantities(posterior: Posterior) -> Iterator[tuple[str, Quantity]]:
    for index, layer in enumerate(posterior.layers):
        yield f"layer{index}/mean", Quantity(layer.mean, "1", "mean of a weight; rows: inputs, then the bias")
        yield f"layer{index}/std", Quantity(layer.std, "1", "std of a weight")
        if layer.kernel is not None:
            geometry = [*layer.kernel.image, layer.kernel.size, layer.kernel.padding, layer.kernel.pool]
            yield f"layer{index}/kernel", Quantity(geometry, "1", "height, width, channels; size, padding, pool")
    yield "bias_input", Quantity(posterior.bias_input, "1", "constant input of the bias row")
    yield "noise_std", Quantity(posterior.noise_std, "1", "std of the likelihood, scaled target units")
    yield "calibration", Quantity(posterior.calibration, "1", "scaled inputs that set converter ranges")
    yield "loss", Quantity(posterior.loss, "nat", "negative ELBO, running mean over training")
    yield "task", Quantity([posterior.task], "1", "what the outputs are")


def write_networks(path: str | os.PathLike[str], trained: TrainedNetworks, provenance: Mapping[str, Any]) -> None:
    """Write the three networks of `trained`, each in a group of its own name."""
    data = {
        f"{name}/{key}": quantity
        for name, posterior in vars(trained).items()
        for key, quantity in _quantities(posterior)
    }
    fileformat.write(path, FORMAT, VERSION, data, provenance)


def kernel_of(path: str | os.PathLike[str], geometry: np.ndarray | None) -> Kernel | None:
    """Return the kernel whose height, width, channels, size, padding and pool are in `geometry` (6,)."""
    if geometry is None:
        return None
    if geometry.shape != (6,) or geometry.dtype.kind not in "iu":
        raise fileformat.FileFormatError(f"{path}: a kernel is {geometry}; expected six integers")
    height, width, channels, size, padding, pool = (int(number) for number in geometry)
    return Kernel((height, width, channels), size, padding, pool)


def check_shapes(layers: Sequence[Layer], features: int) -> None:
    """Refuse layers that do not fit one another, or inputs of `features`.

    Raises
    ------
    ValueError
        The message names the layer, what it takes, and what comes before it.
    """
    width = features
    for index, layer in enumerate(layers):
        rows, columns = layer.mean.shape[0] - 1, layer.mean.shape[1]
        kernel = layer.kernel
        takes = (rows,) if kernel is None else (kernel.rows, int(np.prod(kernel.image)))
        comes = (width,) if kernel is None else (rows, width)
        if takes != comes:
            raise ValueError(f"layer {index} takes {takes[-1]} inputs in {rows} rows; the data before it have {width}")
        width = columns if kernel is None else int(np.prod(kernel.pooled_image(columns)))


def _posterior(path: str | os.PathLike[str], data: Mapping[str, np.ndarray], name: str) -> Posterior:
    count = sum(1 for key in data if key.startswith(f"{name}/layer") and key.endswith("/mean"))
    layers = []
    for index in range(count):
        mean, std = (data.get(f"{name}/layer{index}/{part}") for part in ("mean", "std"))
        if mean is None or std is None or mean.ndim != 2 or mean.shape != std.shape or (std < 0).any():
            raise fileformat.FileFormatError(
                f"{path}: {name}/layer{index} needs 'mean' and 'std' of one two-dimensional shape, std >= 0"
            )
        layers.append(Layer(mean, std, kernel_of(path, data.get(f"{name}/layer{index}/kernel"))))
    try:
        check_shapes(layers, data[f"{name}/calibration"].shape[1])
    except ValueError as error:
        raise fileformat.FileFormatError(f"{path}: {name}: {error}") from None
    task = str(data[f"{name}/task"][0])
    if task not in get_args(Task):
        raise fileformat.FileFormatError(f"{path}: {name}/task is {task!r}; expected one of {get_args(Task)}")
    return Posterior(
        tuple(layers),
        "classification" if task == "classification" else "regression",
        float(data[f"{name}/bias_input"]),
        float(data[f"{name}/noise_std"]),
        data[f"{name}/calibration"],
        data[f"{name}/loss"],
    )


def read_networks(path: str | os.PathLike[str]) -> TrainedNetworks:
    """Read what `write_networks` wrote.

    Raises
    ------
    micromag.fileformat.FileFormatError
        The file is absent, damaged, foreign, incomplete, or its layers do not fit one another.
    """
    names = tuple(TrainedNetworks.__dataclass_fields__)
    dimensions = {"layer0/mean": 2, "calibration": 2, "bias_input": 0, "noise_std": 0, "loss": 1, "task": 1}
    required = {f"{name}/{key}": number for name in names for key, number in dimensions.items()}
    contents = fileformat.read(path, FORMAT, VERSION, required, text=[f"{name}/task" for name in names])
    return TrainedNetworks(**{name: _posterior(path, contents.data, name) for name in names})
