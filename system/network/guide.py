"""The family of posteriors that one array can hold, as a numpyro guide, and its member nearest to any posterior."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro import distributions as dist
from numpyro.distributions import constraints

from magbayes.system.network.model import Model
from magbayes.system.network.posterior import Layer, Posterior

# Bounds and ranges that are tried, as parts of the largest mean and std.
_CANDIDATES = np.geomspace(0.02, 1.0, 100)
# Bounds with the largest mean on a value of the grid that are tried.
_MOST_BOUNDS = 200
# Without levels means are free: a bound this many times the largest never hinders.
_FREE = 10.0
# How near to its ends a std may start, or its gradient vanishes.
_MARGIN = 1e-3


def device_layer(
    params: Mapping[str, jax.Array], index: int, sigma_ratio: float, grid: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Return mean and std (rows, columns) of layer `index`, inside what one layer of the array can hold.

    The means are on the grid, up to the bound. Gradients pass straight through to the means behind them, and do not
    reach the bound: it would shrink, as the prior pulls at all means at once, until each of them lay at its end.
    """
    bound = jax.lax.stop_gradient(params[f"bound{index}"])
    share = params[f"mean{index}"] / bound
    held = jnp.clip(share, -1, 1) if grid is None else grid[jnp.searchsorted((grid[1:] + grid[:-1]) / 2, share)]
    mean = bound * (share + jax.lax.stop_gradient(held - share))
    std = params[f"lowest{index}"] * sigma_ratio ** jax.nn.sigmoid(params[f"position{index}"])
    return mean, std


def device_guide(start: Mapping[str, jax.Array], layers: int, sigma_ratio: float, grid: jax.Array | None) -> Model:
    """Return the guide of so many layers, which starts from the parameters of `device_start`."""

    def guide(inputs: jax.Array, targets: jax.Array) -> None:
        for index in range(layers):
            params = {
                f"{name}{index}": numpyro.param(f"{name}{index}", start[f"{name}{index}"], constraint=constraint)
                for name, constraint in (
                    ("bound", constraints.positive),
                    ("mean", constraints.real),
                    ("lowest", constraints.positive),
                    ("position", constraints.real),
                )
            }
            mean, std = device_layer(params, index, sigma_ratio, grid)
            numpyro.sample(f"weight{index}", dist.Normal(mean, std).to_event(2))

    return guide


def _nearest(candidates: np.ndarray, divergence: Callable[[float], float]) -> float:
    """Return the first candidate whose divergence is the least, but for rounding."""
    divergences = [divergence(float(candidate)) for candidate in candidates]
    limit = min(divergences) + 1e-9 * (1 + abs(min(divergences)))
    return float(next(c for c, d in zip(candidates, divergences, strict=True) if d <= limit))


def _bound(layer: Layer, grid: jax.Array | None) -> float:
    largest = max(float(np.abs(layer.mean).max()), float(np.finfo(np.float32).tiny))
    if grid is None:
        return _FREE * largest
    offers = np.asarray(grid, float)
    middles = (offers[1:] + offers[:-1]) / 2

    def divergence(bound: float) -> float:
        held = bound * offers[np.searchsorted(middles, layer.mean / bound)]
        return float(np.sum(((held - layer.mean) / layer.std) ** 2) / 2)

    positive = offers[offers > 0][::-1]
    some = positive[np.linspace(0, len(positive) - 1, min(len(positive), _MOST_BOUNDS)).round().astype(int)]
    # From the coarsest: of grids that fit equally well, the one with the fewest empty values.
    return _nearest(np.concatenate([largest / some, largest * _CANDIDATES[::-1]]), divergence)


def lowest_std(std: np.ndarray, sigma_ratio: float) -> float:
    """Return the lower end of the range [lowest, sigma_ratio lowest] that is best for stds above 0.

    By the Kullback-Leibler divergence of Gaussians with stds clipped to it from those with stds as they are, which lets
    no small one grow for the sake of large ones.
    """

    def divergence(lowest: float) -> float:
        change = np.clip(std, lowest, sigma_ratio * lowest) / std
        return float(np.sum((change**2 - 1) / 2 - np.log(change)))

    return _nearest(np.concatenate([[std.min(), std.max() / sigma_ratio], std.max() * _CANDIDATES]), divergence)


def device_start(posterior: Posterior, sigma_ratio: float, grid: jax.Array | None) -> dict[str, jax.Array]:
    """Return the parameters of the guide at the member of the family nearest to `posterior`.

    Nearest by the Kullback-Leibler divergence of the member from `posterior`, layer by layer. The means keep, behind
    the grid, what they were.
    """
    params: dict[str, jax.Array] = {}
    for index, layer in enumerate(posterior.layers):
        bound, lowest = _bound(layer, grid), lowest_std(layer.std, sigma_ratio)
        place = np.clip(np.log(layer.std / lowest) / math.log(sigma_ratio), _MARGIN, 1 - _MARGIN)
        values = {
            "bound": bound,
            "mean": np.clip(layer.mean, -bound, bound),
            "lowest": lowest,
            "position": np.log(place / (1 - place)),
        }
        params |= {f"{name}{index}": jnp.asarray(value, float) for name, value in values.items()}
    return params
