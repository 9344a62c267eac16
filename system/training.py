"""Variational training of the networks, with numpyro: device-aware, free, and point estimate.

A layer of the array has one conductance scale for its means and one for its stds (a current mirror), so its
means share a bound and its stds share a range whose width the stochastic device fixes. The guide of the
device-aware posterior builds both in; the bound and the bottom of the range are trained with the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import optax
from numpy.typing import ArrayLike
from numpyro import distributions as dist
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO, TraceMeanField_ELBO
from numpyro.infer.autoguide import AutoDelta, AutoNormal
from numpyro.infer.initialization import init_to_sample
from numpyro.infer.svi import SVIState

from system.datasets import Dataset
from system.posterior import Layer, Posterior, TrainedNetworks, forward
from system.settings import NetworkSettings

_LOSS_POINTS = 200
# The bound of the means starts at this many prior stds: wide enough not to hinder, and training moves it.
_INITIAL_BOUND = 3.0


def _key(seed: int) -> jax.Array:
    # This kind compiles in half the time of the default, which is most of the time of a training.
    return jax.random.key(seed, impl="unsafe_rbg")


def _shapes(dataset: Dataset, settings: NetworkSettings) -> list[tuple[int, int]]:
    widths = [dataset.train_inputs.shape[1], *settings.hidden, dataset.outputs]
    return [(rows + 1, columns) for rows, columns in pairwise(widths)]


def _model(dataset: Dataset, settings: NetworkSettings) -> Callable[[jax.Array, jax.Array], None]:
    """Return prior and likelihood; a minibatch stands for the whole training set."""
    classification = dataset.task == "classification"
    count = len(dataset.train_targets)

    def model(inputs: jax.Array, targets: jax.Array) -> None:
        with numpyro.handlers.scale(scale=settings.kl_weight):
            weights = [
                numpyro.sample(
                    f"weight{index}",
                    dist.Normal(0.0, settings.prior_std / math.sqrt(shape[0])).expand(shape).to_event(2),
                )
                for index, shape in enumerate(_shapes(dataset, settings))
            ]
        outputs = forward(weights, inputs, settings.bias_input)
        if classification:
            likelihood = dist.Categorical(logits=outputs)
        else:
            noise_std = numpyro.param("noise_std", jnp.asarray(0.5), constraint=constraints.positive)
            likelihood = dist.Normal(outputs[:, 0], noise_std)
        with numpyro.handlers.scale(scale=count / len(targets)), numpyro.plate("data", len(targets)):
            numpyro.sample("target", likelihood, obs=targets)

    return model


def _device_layer(
    params: Mapping[str, jax.Array], index: int, sigma_ratio: float, grid: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Return mean and std (rows, columns) of layer `index`, inside what one layer of the array can hold."""
    bound = params[f"bound{index}"]
    share = jnp.tanh(params[f"mean{index}"] / bound)
    if grid is not None:
        # Straight through: the forward pass sees the grid, the gradient does not.
        middles = (grid[1:] + grid[:-1]) / 2
        share = share + jax.lax.stop_gradient(grid[jnp.searchsorted(middles, share)] - share)
    mean = bound * share
    std = params[f"lowest{index}"] * sigma_ratio ** jax.nn.sigmoid(params[f"position{index}"])
    return mean, std


def _device_guide(
    dataset: Dataset,
    settings: NetworkSettings,
    sigma_ratio: float,
    grid: jax.Array | None,
    key: jax.Array,
) -> Callable[[jax.Array, jax.Array], None]:
    shapes = _shapes(dataset, settings)
    starts = [
        jax.random.normal(k, shape) * settings.prior_std / math.sqrt(shape[0])
        for k, shape in zip(jax.random.split(key, len(shapes)), shapes, strict=True)
    ]

    def guide(inputs: jax.Array, targets: jax.Array) -> None:
        for index, start in enumerate(starts):
            bound = _INITIAL_BOUND * settings.prior_std / math.sqrt(start.shape[0])
            lowest = settings.initial_std / math.sqrt(sigma_ratio)
            params = {
                f"bound{index}": numpyro.param(f"bound{index}", jnp.asarray(bound), constraint=constraints.positive),
                f"mean{index}": numpyro.param(f"mean{index}", start),
                f"lowest{index}": numpyro.param(f"lowest{index}", jnp.asarray(lowest), constraint=constraints.positive),
                f"position{index}": numpyro.param(f"position{index}", jnp.zeros_like(start)),
            }
            mean, std = _device_layer(params, index, sigma_ratio, grid)
            numpyro.sample(f"weight{index}", dist.Normal(mean, std).to_event(2))

    return guide


def _fit(
    dataset: Dataset,
    settings: NetworkSettings,
    guide: Callable[[jax.Array, jax.Array], None],
    loss: Trace_ELBO,
    key: jax.Array,
    layer: Callable[[Mapping[str, Any], int], tuple[jax.Array, jax.Array]],
) -> Posterior:
    schedule = optax.cosine_decay_schedule(settings.learning_rate, settings.steps)
    optimiser = optax.chain(optax.clip_by_global_norm(1e3), optax.adam(schedule))
    # The analytic KL takes its weight from the guide, the sampled one from both.
    weighted_guide = numpyro.handlers.scale(guide, scale=settings.kl_weight)
    svi = SVI(_model(dataset, settings), weighted_guide, optimiser, loss)
    inputs = jnp.asarray(dataset.train_inputs, float)
    targets = jnp.asarray(dataset.train_targets, int if dataset.task == "classification" else float)
    batch = min(settings.batch, len(targets))

    def step(state: SVIState, step_key: jax.Array) -> tuple[SVIState, jax.Array]:
        # Drawn with replacement: unbiased, and far cheaper than a permutation a step.
        chosen = jax.random.randint(step_key, (batch,), 0, len(targets))
        return svi.update(state, inputs[chosen], targets[chosen])

    @jax.jit  # the start included: one program compiles much faster than its hundreds of small operations
    def run(start_key: jax.Array, batch_key: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        state = svi.init(start_key, inputs[:batch], targets[:batch])
        state, losses = jax.lax.scan(step, state, jax.random.split(batch_key, settings.steps))
        return svi.get_params(state), losses

    params, losses = run(*jax.random.split(key))
    losses = np.asarray(losses)
    if not np.isfinite(losses).all():
        raise FloatingPointError(
            f"training on {dataset.name} diverged at step {int(np.argmin(np.isfinite(losses)))}; "
            f"lower learning_rate = {settings.learning_rate}"
        )
    layers = [layer(params, index) for index in range(len(settings.hidden) + 1)]
    return Posterior(
        tuple(Layer(np.asarray(mean), np.asarray(std)) for mean, std in layers),
        dataset.task,
        settings.bias_input,
        float(params.get("noise_std", 0.0)),
        dataset.calibration,
        np.array([part.mean() for part in np.array_split(losses, min(_LOSS_POINTS, len(losses)))]),
    )


def train_posterior(
    dataset: Dataset,
    settings: NetworkSettings,
    sigma_ratio: float,
    seed: int,
    levels: ArrayLike | None = None,
) -> Posterior:
    """Train the posterior that the devices can hold.

    Parameters
    ----------
    dataset, settings
        What to learn, and with which network.
    sigma_ratio
        Largest over smallest std that the stochastic device offers; each layer's stds lie in one such range.
    seed
        Gives initial weights, batches and noise; the same call gives the same numbers.
    levels : (levels,)
        Conductances of the domain-wall MTJ, S. With them every mean is a difference of two levels, up to a
        scale for each layer; without them it is any number.

    Raises
    ------
    ValueError
        `sigma_ratio` is not above 1.
    FloatingPointError
        Training diverged.
    """
    if not sigma_ratio > 1:
        raise ValueError(f"sigma_ratio = {sigma_ratio} must be above 1 (largest over smallest std)")
    grid = None
    if levels is not None:
        differences = np.unique(np.subtract.outer(levels, levels))
        grid = jnp.asarray(differences / differences[-1], float)
    start_key, fit_key = jax.random.split(_key(seed))
    return _fit(
        dataset,
        settings,
        _device_guide(dataset, settings, sigma_ratio, grid, start_key),
        TraceMeanField_ELBO(num_particles=settings.particles),
        fit_key,
        lambda params, index: _device_layer(params, index, sigma_ratio, grid),
    )


def _train_unconstrained(dataset: Dataset, settings: NetworkSettings, seed: int) -> Posterior:
    guide = AutoNormal(_model(dataset, settings), init_loc_fn=init_to_sample, init_scale=settings.initial_std)
    loss = TraceMeanField_ELBO(num_particles=settings.particles)

    def layer(params: Mapping[str, jax.Array], index: int) -> tuple[jax.Array, jax.Array]:
        return params[f"weight{index}_auto_loc"], params[f"weight{index}_auto_scale"]

    return _fit(dataset, settings, guide, loss, _key(seed), layer)


def _train_deterministic(dataset: Dataset, settings: NetworkSettings, seed: int) -> Posterior:
    guide = AutoDelta(_model(dataset, settings), init_loc_fn=init_to_sample)

    def layer(params: Mapping[str, jax.Array], index: int) -> tuple[jax.Array, jax.Array]:
        mean = params[f"weight{index}_auto_loc"]
        return mean, jnp.zeros_like(mean)

    return _fit(dataset, settings, guide, Trace_ELBO(), _key(seed), layer)


def train(
    dataset: Dataset,
    settings: NetworkSettings,
    sigma_ratio: float,
    seed: int,
    levels: ArrayLike | None = None,
) -> TrainedNetworks:
    """Train the device-aware posterior (see `train_posterior`), the free one, and the point estimate."""
    return TrainedNetworks(
        posterior=train_posterior(dataset, settings, sigma_ratio, seed, levels),
        unconstrained=_train_unconstrained(dataset, settings, seed),
        deterministic=_train_deterministic(dataset, settings, seed),
    )
