"""Variational training with numpyro: unconstrained posterior, device-range posterior, deterministic network.

A layer of the array has one conductance scale for its means and one for its stds (a current mirror), so its
means share a bound and its stds share a range whose width the stochastic device fixes. The guide of the
device-range posterior builds both in. Its training starts from the unconstrained posterior, brought into the family:
from random weights it ends where most means lie at their bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import ArrayLike
from numpyro.handlers import scale
from numpyro.infer import SVI, TraceMeanField_ELBO
from numpyro.infer.autoguide import AutoDelta, AutoNormal
from numpyro.infer.initialization import init_to_sample
from numpyro.infer.svi import SVIState

from magbayes.system.datasets import Dataset
from magbayes.system.network.guide import Offer, device_guide, device_layer, device_start
from magbayes.system.network.model import Model, architecture, network_model, training_key
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks
from magbayes.system.network.settings import NetworkSettings, one_of

_LOSS_POINTS = 200

Params = Mapping[str, jax.Array]


def optimise(
    dataset: Dataset,
    settings: NetworkSettings,
    model: Model,
    guide: Model,
    loss: TraceMeanField_ELBO,
    keys: jax.Array,
    start: Params | None = None,
) -> tuple[dict[str, jax.Array], np.ndarray]:
    """Fit `guide` to `model` once for every one of `keys`, side by side or, with convolutions, one after another.

    `loss` is of the kind that adds up its terms in the order of the model. Numpyro's ``Trace_ELBO`` takes that of a
    set of names, which differs from process to process, and so would the last bits of the losses. For the guide of a
    deterministic network both have the same terms.

    Returns
    -------
    The parameters, constrained, and the losses in nat: both with the keys as their leading axis.

    Raises
    ------
    FloatingPointError
        The loss is no longer finite.
    """
    schedule = optax.cosine_decay_schedule(settings.learning_rate, settings.steps)
    optimiser = optax.chain(optax.clip_by_global_norm(1e3), optax.adam(schedule))
    # The analytic KL takes its weight from the guide, the sampled one from both.
    svi = SVI(model, scale(guide, scale=one_of(settings.kl_weight)), optimiser, loss)
    inputs = jnp.asarray(dataset.train_inputs, float)
    targets = jnp.asarray(dataset.train_targets, int if dataset.task == "classification" else float)
    batch = min(settings.batch, len(targets))

    # The data are arguments, since XLA would spend minutes on folding what it takes for constants.
    def run(key: jax.Array, inputs: jax.Array, targets: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        def step(state: SVIState, step_key: jax.Array) -> tuple[SVIState, jax.Array]:
            # Drawn with replacement: unbiased, and far cheaper than a permutation a step.
            rows = jax.random.randint(step_key, (batch,), 0, len(targets))
            return svi.update(state, inputs[rows], targets[rows])

        start_key, batch_key = jax.random.split(key)
        state = svi.init(start_key, inputs[:batch], targets[:batch], init_params=start)
        state, losses = jax.lax.scan(step, state, jax.random.split(batch_key, settings.steps))
        return svi.get_params(state), losses

    def alone(keys: jax.Array, *data: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        return jax.tree.map(lambda value: value[None], run(keys[0], *data))

    def in_turn(keys: jax.Array, *data: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        return jax.lax.map(lambda key: run(key, *data), keys)

    # The start included: one program compiles much faster than its hundreds of small operations. One key alone
    # needs no batch of matrices, which is slower, and with convolutions more than four times as slow.
    several = in_turn if settings.convolutions else jax.vmap(run, in_axes=(0, None, None))
    fit = jax.jit(alone if len(keys) == 1 else several)
    params, losses = fit(keys, inputs, targets)
    losses = np.asarray(losses)
    if not np.isfinite(losses).all():
        raise FloatingPointError(
            f"training on {dataset.name} diverged at step {int(np.argmin(np.isfinite(losses).all(axis=0)))}; "
            f"lower learning_rate = {settings.learning_rate}"
        )
    return params, losses


def _fit(
    dataset: Dataset,
    settings: NetworkSettings,
    guide: Model,
    loss: TraceMeanField_ELBO,
    key: jax.Array,
    layer: Callable[[Params, int], tuple[jax.Array, jax.Array]],
    start: Params | None,
) -> Posterior:
    model = network_model(dataset, settings)
    many, losses = optimise(dataset, settings, model, guide, loss, key[None], start)
    params = {name: value[0] for name, value in many.items()}
    kernels = architecture(dataset, settings)[1]
    layers = []
    for index, kernel in enumerate(kernels):
        mean, std = layer(params, index)
        layers.append(Layer(np.asarray(mean), np.asarray(std), kernel))
    return Posterior(
        tuple(layers),
        dataset.task,
        settings.bias_input,
        float(params.get("noise_std", 0.0)),
        dataset.calibration,
        np.array([part.mean() for part in np.array_split(losses[0], min(_LOSS_POINTS, len(losses[0])))]),
    )


def _noise(posterior: Posterior) -> dict[str, jax.Array]:
    return {"noise_std": jnp.asarray(posterior.noise_std)} if posterior.task == "regression" else {}


def require_shapes(start: Posterior, dataset: Dataset, settings: NetworkSettings) -> Posterior:
    """Return `start` if it has the layers of the network of `settings`.

    Raises
    ------
    ValueError
        It is another network.
    """
    shapes, _ = architecture(dataset, settings)
    start_shapes = [layer.mean.shape for layer in start.layers]
    if start_shapes != shapes:
        raise ValueError(
            f"{dataset.name}: start has layers of {start_shapes}; the network that is to be trained has {shapes}"
        )
    return start


def train_posterior(
    dataset: Dataset,
    settings: NetworkSettings,
    sigma_ratio: float,
    seed: int,
    levels: ArrayLike | None = None,
    start: Posterior | None = None,
    *,
    leave_out: bool = False,
) -> Posterior:
    """Train the device-range posterior: the one that the devices can hold.

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
    leave_out
        Whether a std may be 0, its cell without stochastic MTJs.
    start
        From which training goes on, brought to what the devices can hold; by default from the unconstrained posterior,
        which is trained before.

    Raises
    ------
    ValueError
        `sigma_ratio` is not above 1, or `start` is another network.
    FloatingPointError
        Training diverged.
    """
    if not sigma_ratio > 1:
        raise ValueError(f"sigma_ratio = {sigma_ratio} must be above 1 (largest over smallest std)")
    grid = None
    if levels is not None:
        differences = np.unique(np.subtract.outer(levels, levels))
        grid = jnp.asarray(differences / differences[-1], float)
    start = train_unconstrained(dataset, settings, seed, None) if start is None else start
    offer = Offer(sigma_ratio, grid, leave_out)
    params = device_start(require_shapes(start, dataset, settings), offer)
    return _fit(
        dataset,
        settings,
        device_guide(params, len(start.layers), offer),
        TraceMeanField_ELBO(num_particles=settings.particles),
        training_key(seed, "posterior"),
        lambda params, index: device_layer(params, index, offer)[:2],
        params | _noise(start),
    )


def train_unconstrained(
    dataset: Dataset, settings: NetworkSettings, seed: int, start: Posterior | None = None
) -> Posterior:
    """Train the unconstrained posterior; see `train_posterior` for the rest."""
    model = network_model(dataset, settings)
    guide = AutoNormal(model, init_loc_fn=init_to_sample, init_scale=settings.initial_std)
    params = None
    if start is not None:
        params = _noise(require_shapes(start, dataset, settings))
        for index, layer in enumerate(start.layers):
            params |= {f"weight{index}_auto_loc": jnp.asarray(layer.mean, float)}
            params |= {f"weight{index}_auto_scale": jnp.asarray(layer.std, float)}

    def layer_of(params: Params, index: int) -> tuple[jax.Array, jax.Array]:
        return params[f"weight{index}_auto_loc"], params[f"weight{index}_auto_scale"]

    loss = TraceMeanField_ELBO(num_particles=settings.particles)
    return _fit(dataset, settings, guide, loss, training_key(seed, "unconstrained"), layer_of, params)


def train_deterministic(
    dataset: Dataset, settings: NetworkSettings, seed: int, start: Posterior | None = None
) -> Posterior:
    """Train the deterministic network, of maximum a posteriori weights; see `train_posterior` for the rest."""
    guide = AutoDelta(network_model(dataset, settings), init_loc_fn=init_to_sample)
    params = None
    if start is not None:
        params = _noise(require_shapes(start, dataset, settings))
        for index, layer in enumerate(start.layers):
            params |= {f"weight{index}_auto_loc": jnp.asarray(layer.mean, float)}

    def layer_of(params: Params, index: int) -> tuple[jax.Array, jax.Array]:
        mean = params[f"weight{index}_auto_loc"]
        return mean, jnp.zeros_like(mean)

    return _fit(dataset, settings, guide, TraceMeanField_ELBO(), training_key(seed, "deterministic"), layer_of, params)


def train(
    dataset: Dataset,
    settings: NetworkSettings,
    sigma_ratio: float,
    seed: int,
    levels: ArrayLike | None = None,
    start: TrainedNetworks | None = None,
    *,
    leave_out: bool = False,
) -> TrainedNetworks:
    """Train the unconstrained posterior, from there the device-range one, and the deterministic network.

    With `start`, each goes on from its own there.
    """
    first, second, third = (start.posterior, start.unconstrained, start.deterministic) if start else (None, None, None)
    unconstrained = train_unconstrained(dataset, settings, seed, second)
    return TrainedNetworks(
        posterior=train_posterior(
            dataset, settings, sigma_ratio, seed, levels, first or unconstrained, leave_out=leave_out
        ),
        unconstrained=unconstrained,
        deterministic=train_deterministic(dataset, settings, seed, third),
    )
