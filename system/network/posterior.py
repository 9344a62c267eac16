"""A trained network as numbers: a Gaussian for every weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.datasets import Task
from magbayes.system.network.convolution import Kernel, patches, pooled


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

    @property
    def positions(self) -> int:
        """Uses of the weights for one input."""
        return 1 if self.kernel is None else math.prod(self.kernel.positions)


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
    """Three networks of one shape: the one that the devices can hold, and what it is compared with.

    Attributes
    ----------
    posterior
        Device-range posterior: stds within one device range a layer, means within one bound.
    unconstrained
        Unconstrained posterior: mean-field, without range and bound.
    deterministic
        Deterministic network: maximum a posteriori weights; every std is 0.
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


# Features at a time, and inputs: so many that what layers make of them stays in the cache of a core.
_FEATURES_AT_A_TIME, _INPUTS_AT_A_TIME = 200_000, 1000


def predict_by_sample(
    draw: Callable[[jax.Array, jax.Array], jax.Array], samples: jax.Array, inputs: np.ndarray
) -> np.ndarray:
    """Return outputs (samples, inputs, outputs) of `draw`, a function of one of `samples` and of inputs (n, features).

    `samples` may be keys or indices; what `draw` makes of one must not depend on the inputs, which come in parts.
    """
    return _in_parts(jax.jit(lambda x: jax.lax.map(lambda sample: draw(sample, x), samples)), inputs)


def _in_parts(predict: Callable[[jax.Array], jax.Array], inputs: np.ndarray) -> np.ndarray:
    """Return outputs (samples, inputs, outputs) of a function of inputs (n, features), which come in parts."""
    count = max(1, min(_FEATURES_AT_A_TIME // inputs.shape[1], _INPUTS_AT_A_TIME))
    starts = range(0, len(inputs), count)
    parts = [np.asarray(predict(jnp.asarray(inputs[start : start + count], float))) for start in starts]
    return np.concatenate(parts, axis=1)


@partial(jax.jit, static_argnames=("bias_input", "kernels"))
def _outputs(
    layers: Sequence[tuple[jax.Array, jax.Array]],
    keys: jax.Array,
    inputs: jax.Array,
    bias_input: float,
    kernels: tuple[Kernel | None, ...],
) -> jax.Array:
    """Return outputs (samples, inputs, outputs) for layers of means and stds: one program for all of one shape."""

    def draw(sample_key: jax.Array) -> jax.Array:
        drawn = [
            mean + std * jax.random.normal(key, mean.shape, mean.dtype)
            for key, (mean, std) in zip(jax.random.split(sample_key, len(layers)), layers, strict=True)
        ]
        return forward(drawn, inputs, bias_input, kernels)

    outputs: jax.Array = jax.lax.map(draw, keys)
    return outputs


def software_predict(posterior: Posterior, key: jax.Array, inputs: np.ndarray, samples: int) -> np.ndarray:
    """Return outputs (samples, inputs, outputs) of networks drawn from `posterior` in floating point."""
    layers = [(jnp.asarray(layer.mean, float), jnp.asarray(layer.std, float)) for layer in posterior.layers]
    kernels = tuple(layer.kernel for layer in posterior.layers)
    keys = jax.random.split(key, samples)
    return _in_parts(lambda x: _outputs(layers, keys, x, posterior.bias_input, kernels), inputs)
