"""Laplace's approximation of the last layer of a network whose other weights are fixed.

MacKay (Neural Comput. 4, 448 (1992)) has the approximation and the evidence; of the last layer alone it is a posterior
that any trained network can be given afterwards (Kristiadi et al., ICML 2020; Daxberger et al., NeurIPS 2021). The
likelihood of the last layer's weights is log-concave and its Hessian exact: of a regression the posterior is, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro import distributions as dist
from numpyro.infer.autoguide import AutoLaplaceApproximation
from numpyro.infer.initialization import init_to_value
from numpyro.infer.util import log_density

from magbayes.system.datasets import Task
from magbayes.system.network.posterior import Posterior, forward, predict_by_sample, with_bias

LARGEST = 3000
"""Weights of a last layer beyond which its Hessian is refused: of 60 000 inputs it takes minutes."""
CHEAP = 1000
"""Weights of a last layer up to which the approximation is made where nothing is said of it."""
DRAWS = 100
"""Draws of the last layer where nothing is said of them."""

_NEWTON_STEPS = 100
_LEAST_GAIN = 1e-4
"""Nat that a step of Newton's is to gain for another one to follow."""
_SHORTEST = 1e-6
"""Part of such a step that is tried last."""
_ROUNDS = 100
_TOLERANCE = 1e-3
"""Relative change of prior and noise at which they are found: their posterior is wider by far."""
_WIDEST = 100.0
"""Times that the prior's std may move from the given one, either way; 1 / that is the least noise, scaled."""
_AT_A_TIME = 2000
"""Inputs whose products with all classes are in memory at a time."""


@dataclass(frozen=True)
class LastLayer:
    """The Gaussian posterior of the last layer's weights.

    Attributes
    ----------
    mean : (rows, outputs)
        The bias in the last row.
    scale_tril : (rows * outputs, rows * outputs)
        Cholesky factor of the covariance of the weights, row by row.
    prior_std
        Std of the Gaussian prior of every weight.
    noise_std
        Std of the Gaussian likelihood in scaled target units; 0 for classification.
    log_evidence
        Log of the marginal likelihood of the training targets, in Laplace's approximation, nat.
    """

    mean: np.ndarray
    scale_tril: np.ndarray
    prior_std: float
    noise_std: float
    log_evidence: float

    def draw(self, key: jax.Array, draws: int) -> np.ndarray:
        """Return weights (draws, rows, outputs)."""
        normal = dist.MultivariateNormal(jnp.asarray(self.mean.ravel()), scale_tril=jnp.asarray(self.scale_tril))
        return np.asarray(normal.sample(key, (draws,)).reshape(draws, *self.mean.shape))


def draws_wanted(wanted: int | None, weights: int) -> int:
    """Return how many draws are made of a last layer of so many weights, if `wanted` is what was said of them.

    Raises
    ------
    ValueError
        The last layer is too large.
    """
    if wanted is None:
        return DRAWS if weights <= CHEAP else 0
    if wanted and weights > LARGEST:
        raise ValueError(
            f"baselines.laplace {wanted}: the Hessian of the last layer's {weights} weights is dense; accepted: up to "
            f"{LARGEST} weights, or 0 to leave it out"
        )
    return wanted


def features(network: Posterior, inputs: np.ndarray) -> np.ndarray:
    """Return what the last layer of a deterministic `network` takes (inputs, rows), its bias input among it."""
    weights = [jnp.asarray(layer.mean, float) for layer in network.layers[:-1]]
    kernels = [layer.kernel for layer in network.layers]

    def taken(_: jax.Array, x: jax.Array) -> jax.Array:
        hidden = jax.nn.relu(forward(weights, x, network.bias_input, kernels)) if weights else x
        return with_bias(hidden, network.bias_input)

    return predict_by_sample(taken, jnp.arange(1), inputs)[0]


class _At(NamedTuple):
    """What is known at some weights."""

    newton: jax.Array
    """What Newton's method adds to the weights (weights,)."""
    gain: jax.Array
    """Nat that this adds to the log density, as the Hessian has it."""
    scale_tril: jax.Array


class _Data(NamedTuple):
    """What the layer takes, and what it is to put out."""

    taken: jax.Array
    targets: jax.Array
    prior_std: jax.Array
    noise_std: jax.Array


def _model(data: _Data, classes: int) -> None:
    """Prior and likelihood of the last layer, of so many classes or, if these are 0, of a regression."""
    shape = (data.taken.shape[1], max(1, classes))
    weight = numpyro.sample("weight", dist.Normal(0.0, data.prior_std).expand(shape).to_event(2))
    outputs = data.taken @ weight
    likelihood = dist.Categorical(logits=outputs) if classes else dist.Normal(outputs[:, 0], data.noise_std)
    with numpyro.plate("data", len(data.targets)):
        numpyro.sample("target", likelihood, obs=data.targets)


@jax.jit(static_argnums=2)
def _density(weights: jax.Array, data: _Data, classes: int) -> jax.Array:
    """Return the log density of weights (rows * outputs,) and targets, nat."""
    values = {"weight": weights.reshape(data.taken.shape[1], -1)}
    return log_density(_model, (data, classes), {}, values)[0]


def _curvature(weights: jax.Array, data: _Data, classes: int) -> jax.Array:
    """Return the Hessian of the negative log density: what automatic differentiation takes minutes for."""
    taken, outputs = data.taken, max(1, classes)
    size = len(weights)
    prior = jnp.eye(size) / data.prior_std**2
    if not classes:
        return prior + taken.T @ taken / data.noise_std**2
    weight = weights.reshape(-1, outputs)

    def add(total: jax.Array, some: jax.Array) -> tuple[jax.Array, None]:
        # Of zeros, which fill up the last part, the products are 0.
        chance = jax.nn.softmax(some @ weight)
        products = (some[:, :, None] * chance[:, None, :]).reshape(len(some), size)
        own = jax.lax.map(lambda one: (some * one[:, None]).T @ some, chance.T)
        blocks = jnp.einsum("aij,ab->iajb", own, jnp.eye(outputs)).reshape(size, size)
        return total + blocks - products.T @ products, None

    parts = -(-len(taken) // _AT_A_TIME)
    padded = jnp.pad(taken, ((0, parts * min(_AT_A_TIME, len(taken)) - len(taken)), (0, 0)))
    return jax.lax.scan(add, prior, padded.reshape(parts, -1, taken.shape[1]))[0]


@jax.jit(static_argnums=2)
def _at(weights: jax.Array, data: _Data, classes: int) -> _At:
    """Return Laplace's approximation at `weights` (rows * outputs,)."""
    guide = AutoLaplaceApproximation(
        _model,
        init_loc_fn=init_to_value(values={"weight": weights.reshape(data.taken.shape[1], -1)}),
        hessian_fn=lambda _, at: _curvature(at, data, classes),
    )
    numpyro.handlers.seed(guide, 0)(data, classes)
    tril = guide.get_posterior({"auto_loc": weights}).scale_tril
    half = tril.T @ jax.grad(_density)(weights, data, classes)
    return _At(tril @ half, half @ half / 2, tril)


def _maximum(weights: jax.Array, data: _Data, classes: int) -> tuple[jax.Array, _At]:
    """Return the weights of the largest density, by Newton's method, and what is known there.

    Raises
    ------
    FloatingPointError
        It was not found.
    """
    for _ in range(_NEWTON_STEPS):
        found = _at(weights, data, classes)
        # Numpyro has a covariance of 0 where the Hessian is singular.
        if not (np.isfinite(found.gain) and (jnp.diag(found.scale_tril) > 0).all()):
            break
        if found.gain < _LEAST_GAIN:
            return weights + found.newton, found  # nearer still, at no cost
        density, part = _density(weights, data, classes), 1.0
        # Far from the maximum a whole step may be too long.
        while not _density(weights + part * found.newton, data, classes) > density and part > _SHORTEST:
            part /= 2
        weights = weights + part * found.newton
    raise FloatingPointError(
        "the weights of the last layer that are most likely were not found; baselines.laplace: 0 leaves them out"
    )


def last_layer(
    taken: np.ndarray,
    targets: np.ndarray,
    task: Task,
    start: np.ndarray,
    prior_std: float,
    noise_std: float,
    by_evidence: bool = True,
) -> LastLayer:
    """Return the posterior of the last layer with the prior, and noise of a regression, of the largest evidence.

    The steps are those of coordinate ascent: weights of the largest density, then prior and noise of the largest
    evidence at these weights (MacKay's fixed point), and again.

    Parameters
    ----------
    taken : (inputs, rows)
        What the layer takes, see `features`.
    targets : (inputs,)
        Labels, or scaled targets.
    task
        What the layer does.
    start : (rows, outputs)
        Weights to start from.
    prior_std, noise_std
        To start from; the noise of a classification is 0.
    by_evidence
        Whether prior and noise are found; otherwise they stay as they are given.

    Raises
    ------
    FloatingPointError
        The weights, or prior and noise, were not found.
    """
    classes = start.shape[1] if task == "classification" else 0
    prior, noise = prior_std, noise_std
    with jax.enable_x64(True):
        weights = jnp.asarray(start.ravel(), float)
        given = jnp.asarray(taken, float), jnp.asarray(targets, int if classes else float)
        for _ in range(_ROUNDS):
            data = _Data(*given, jnp.asarray(prior), jnp.asarray(noise))
            weights, found = _maximum(weights, data, classes)
            mean, tril, before = np.asarray(weights), np.asarray(found.scale_tril), (prior, noise)
            if not by_evidence:
                break
            residuals = np.zeros(0) if classes else targets - taken @ mean
            prior, noise = _of_largest_evidence(mean, tril, residuals, before)
            prior = float(np.clip(prior, prior_std / _WIDEST, prior_std * _WIDEST))
            noise = noise if classes else max(noise, 1 / _WIDEST)
            if np.allclose((prior, noise), before, rtol=_TOLERANCE, atol=0):
                break
        else:
            raise FloatingPointError(
                "prior and noise of the last layer were not found; baselines.laplace: 0 leaves it out"
            )
        density = float(_density(weights, data, classes))
    evidence = density + len(tril) / 2 * math.log(2 * math.pi) + float(np.log(np.diag(tril)).sum())
    return LastLayer(mean.reshape(start.shape), tril, *before, evidence)


def _of_largest_evidence(
    weights: np.ndarray, scale_tril: np.ndarray, residuals: np.ndarray, before: tuple[float, float]
) -> tuple[float, float]:
    """Return the stds of prior and noise of the largest evidence at these weights; the noise of no residuals stays."""
    prior, noise = before
    # Of the likelihood alone, where the noise is 1: what the prior adds to every curvature is known.
    curvatures = np.maximum(1 / np.linalg.eigvalsh(scale_tril @ scale_tril.T) - prior**-2, 0.0)
    curvatures = curvatures * noise**2 if len(residuals) else curvatures
    for _ in range(_ROUNDS):
        old = prior, noise
        variance = noise**2 if len(residuals) else 1.0
        determined = float((curvatures / (curvatures + variance / prior**2)).sum())
        prior = math.sqrt(float(weights @ weights) / determined)
        if len(residuals):
            noise = math.sqrt(float(residuals @ residuals) / (len(residuals) - determined))
        if np.allclose((prior, noise), old, rtol=_TOLERANCE / 10, atol=0):
            break
    return prior, noise
