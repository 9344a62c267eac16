"""The network as a probabilistic model, in numpyro: its layers, prior and likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpyro
from numpyro import distributions as dist
from numpyro.distributions import constraints

from magbayes.data.keys import random_key
from magbayes.system.datasets import Dataset
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.posterior import forward
from magbayes.system.network.settings import NetworkSettings, one_of

Model = Callable[[jax.Array, jax.Array], None]


def training_key(seed: int, name: str | int, *names: str | int) -> jax.Array:
    """Return a key of the kind that compiles in half the time of the default, which is most of the time here."""
    return random_key(seed, name, *names, impl="unsafe_rbg")


def architecture(dataset: Dataset, settings: NetworkSettings) -> tuple[list[tuple[int, int]], list[Kernel | None]]:
    """Return shape (inputs + 1, outputs) and kernel of every layer.

    Raises
    ------
    ValueError
        There are convolutions but no images, or a convolution does not fit what comes before it.
    """
    shapes, kernels, image = [], [], dataset.image
    for number, convolution in enumerate(settings.convolutions):
        if image is None:
            raise ValueError(f"{dataset.name}: convolutions need images; the data are a table of features")
        try:
            kernel = Kernel(image, convolution.size, convolution.padding, convolution.pool)
        except ValueError as error:
            raise ValueError(f"{dataset.name}: convolutions.{number}: {error}") from None
        kernels.append(kernel)
        shapes.append((kernel.rows + 1, convolution.channels))
        image = kernel.pooled_image(convolution.channels)
    features = math.prod(image) if kernels and image else dataset.train_inputs.shape[1]
    dense = [(rows + 1, columns) for rows, columns in pairwise([features, *settings.hidden, dataset.outputs])]
    return shapes + dense, [*kernels, *[None] * len(dense)]


def prior_std(settings: NetworkSettings, shape: tuple[int, int]) -> float:
    """Return the std of the prior of a weight in a layer of `shape`."""
    return one_of(settings.prior_std) / math.sqrt(shape[0])


def dropped(key: jax.Array, rate: float) -> Callable[[int, jax.Array], jax.Array]:
    """Return a function for `forward` that leaves out hidden units with probability `rate`, others growing."""

    def drop(index: int, hidden: jax.Array) -> jax.Array:
        kept = jax.random.bernoulli(jax.random.fold_in(key, index), 1 - rate, hidden.shape)
        return jnp.where(kept, hidden / (1 - rate), 0)

    return drop


def network_model(dataset: Dataset, settings: NetworkSettings, dropout: float = 0.0, full: bool = False) -> Model:
    """Return prior and likelihood; a minibatch stands for the whole training set.

    With `full`, the std of a regression's noise is unknown too, half-normal with a scale of 1; without, it is a
    parameter to be optimised.
    """
    shapes, kernels = architecture(dataset, settings)
    classification, count = dataset.task == "classification", len(dataset.train_targets)

    def model(inputs: jax.Array, targets: jax.Array) -> None:
        with numpyro.handlers.scale(scale=one_of(settings.kl_weight)):
            weights = [
                numpyro.sample(f"weight{index}", dist.Normal(0.0, prior_std(settings, shape)).expand(shape).to_event(2))
                for index, shape in enumerate(shapes)
            ]
        drop = dropped(numpyro.prng_key(), dropout) if dropout else None
        outputs = forward(weights, inputs, settings.bias_input, kernels, drop)
        if classification:
            likelihood = dist.Categorical(logits=outputs)
        else:
            if full:
                noise_std = numpyro.sample("noise_std", dist.HalfNormal(1.0))
            else:
                noise_std = numpyro.param("noise_std", jnp.asarray(0.5), constraint=constraints.positive)
            # Where the noise is known to vary, it is the factor before it.
            noise = noise_std if dataset.noise is None else noise_std * dataset.noise(inputs)
            likelihood = dist.Normal(outputs[:, 0], noise)
        with numpyro.handlers.scale(scale=count / len(targets)), numpyro.plate("data", len(targets)):
            numpyro.sample("target", likelihood, obs=targets)

    return model
