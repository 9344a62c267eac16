"""The family of posteriors that one array can hold, as a numpyro guide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro import distributions as dist
from numpyro.distributions import constraints

from system.model import Model, prior_std
from system.network_settings import NetworkSettings
from system.posterior import Layer, Posterior

# The bound of the means starts at this many prior stds: wide enough not to hinder, and training moves it.
_INITIAL_BOUND = 3.0
# How near to its ends a bounded number may start, or its gradient vanishes.
_MARGIN = 1e-3


def device_layer(
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


def device_guide(
    shapes: Sequence[tuple[int, int]],
    settings: NetworkSettings,
    sigma_ratio: float,
    grid: jax.Array | None,
    key: jax.Array,
) -> Model:
    """Return the guide of layers of `shapes`, its means starting from the prior by `key`."""
    starts = [
        jax.random.normal(k, shape) * prior_std(settings, shape)
        for k, shape in zip(jax.random.split(key, len(shapes)), shapes, strict=True)
    ]

    def guide(inputs: jax.Array, targets: jax.Array) -> None:
        for index, (start, shape) in enumerate(zip(starts, shapes, strict=True)):
            bound = _INITIAL_BOUND * prior_std(settings, shape)
            lowest = settings.initial_std / math.sqrt(sigma_ratio)
            params = {
                f"bound{index}": numpyro.param(f"bound{index}", jnp.asarray(bound), constraint=constraints.positive),
                f"mean{index}": numpyro.param(f"mean{index}", start),
                f"lowest{index}": numpyro.param(f"lowest{index}", jnp.asarray(lowest), constraint=constraints.positive),
                f"position{index}": numpyro.param(f"position{index}", jnp.zeros_like(start)),
            }
            mean, std = device_layer(params, index, sigma_ratio, grid)
            numpyro.sample(f"weight{index}", dist.Normal(mean, std).to_event(2))

    return guide


def _bound(layer: Layer, grid: jax.Array | None) -> float:
    """Return the bound under which the means lie nearest to the grid; the largest need not use its last value."""
    largest = max(float(np.abs(layer.mean).max()), float(np.finfo(np.float32).tiny))
    if grid is None:
        return largest / (1 - _MARGIN)
    offers = np.asarray(grid, float)
    middles = (offers[1:] + offers[:-1]) / 2

    def error(bound: float) -> float:
        share = layer.mean / bound
        return float(np.sum((offers[np.searchsorted(middles, share)] - share) ** 2)) * bound**2

    # From the coarsest: of grids that fit equally well, up to rounding, the one with the fewest empty values.
    bounds = [largest / offer for offer in offers[offers > 0][::-1]]
    errors = [error(bound) for bound in bounds]
    near = 1e-9 * float(np.sum(layer.mean**2))
    return next(bound for bound, e in zip(bounds, errors, strict=True) if e <= min(errors) + near)


def device_start(posterior: Posterior, sigma_ratio: float, grid: jax.Array | None) -> dict[str, jax.Array]:
    """Return the parameters of the guide at `posterior`, which it meets as far as the devices can."""
    params: dict[str, jax.Array] = {}
    for index, layer in enumerate(posterior.layers):
        bound = _bound(layer, grid)
        share = np.clip(layer.mean / bound, _MARGIN - 1, 1 - _MARGIN)
        lowest = float(layer.std.min())
        place = np.clip(np.log(layer.std / lowest) / math.log(sigma_ratio), _MARGIN, 1 - _MARGIN)
        values = {
            "bound": bound,
            "mean": bound * np.arctanh(share),
            "lowest": lowest,
            "position": np.log(place / (1 - place)),
        }
        params |= {f"{name}{index}": jnp.asarray(value, float) for name, value in values.items()}
    return params
