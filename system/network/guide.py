"""The family of posteriors that one array can hold, as a numpyro guide, and its member nearest to any posterior.

In a layer means lie on a grid up to a bound, and stds in a range whose width is that of the devices. Where cells may be
left out, a std may also be 0: one whose square is below half of the least. Behind both are numbers without steps, which
gradients pass straight through to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

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
# A std is left out if its square is below this part of the least: 0 is nearer.
_LEFT_OUT = 0.5
# Least std behind one that is left out, in units of the least that is held: it must not vanish for good.
_BEHIND = 1e-3


class Offer(NamedTuple):
    """What the devices of a layer can hold.

    Attributes
    ----------
    sigma_ratio
        Largest over smallest std.
    grid : (values,) or None
        Means in units of their bound, rising from -1 to 1; None: any up to the bound.
    leave_out
        Whether a std may be 0.
    """

    sigma_ratio: float
    grid: jax.Array | None = None
    leave_out: bool = False

    def held(self, std: np.ndarray, lowest: float) -> np.ndarray:
        """Return what stands for stds above 0 where the range begins at `lowest`."""
        clipped = np.clip(std, lowest, self.sigma_ratio * lowest)
        return np.where(std**2 < _LEFT_OUT * lowest**2, 0.0, clipped) if self.leave_out else clipped


class Held(dist.Normal):
    """A weight as the array shows it, with the std `shown`, and as the evidence counts it, with `scale`.

    The two differ where a weight has no std: the divergence of a number from a Gaussian is infinite, and that of the
    std behind it stands for it.
    """

    def __init__(self, loc: jax.Array, scale: jax.Array, shown: jax.Array) -> None:
        self.shown = shown
        super().__init__(loc, scale)

    def sample(self, key: jax.Array, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        """Draw weights of the std that is shown."""
        return self.loc + self.shown * jax.random.normal(key, sample_shape + self.batch_shape)


def device_layer(params: Mapping[str, jax.Array], index: int, offer: Offer) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return mean, std, and the std that the evidence counts, (rows, columns) of layer `index`.

    Gradients do not reach the bound of the means: it would shrink, as the prior pulls at all means at once, until each
    of them lay at its end. They reach the lower end of the stds from those that are clipped.
    """
    grid, fixed = offer.grid, jax.lax.stop_gradient
    bound = fixed(params[f"bound{index}"])
    share = params[f"mean{index}"] / bound
    held = jnp.clip(share, -1, 1) if grid is None else grid[jnp.searchsorted((grid[1:] + grid[:-1]) / 2, share)]
    mean = bound * (share + fixed(held - share))
    std, lowest = params[f"std{index}"], params[f"lowest{index}"]
    through = std - fixed(std)
    counted = jnp.clip(fixed(std), lowest, offer.sigma_ratio * lowest) + through
    if not offer.leave_out:
        return mean, counted, counted
    without = std**2 < _LEFT_OUT * lowest**2
    return mean, jnp.where(without, through, counted), jnp.where(without, std, counted)


def device_guide(start: Mapping[str, jax.Array], layers: int, offer: Offer) -> Model:
    """Return the guide of so many layers, which starts from the parameters of `device_start`."""

    def guide(inputs: jax.Array, targets: jax.Array) -> None:
        for index in range(layers):
            params = {
                f"{name}{index}": numpyro.param(f"{name}{index}", start[f"{name}{index}"], constraint=constraint)
                for name, constraint in (
                    ("bound", constraints.positive),
                    ("mean", constraints.real),
                    ("lowest", constraints.positive),
                    ("std", constraints.positive),
                )
            }
            mean, std, counted = device_layer(params, index, offer)
            numpyro.sample(f"weight{index}", Held(mean, counted, std).to_event(2))

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
    # What has no std cares as much as what has the least.
    std = np.maximum(layer.std, layer.std[layer.std > 0].min())
    offers = np.asarray(grid, float)
    middles = (offers[1:] + offers[:-1]) / 2

    def divergence(bound: float) -> float:
        held = bound * offers[np.searchsorted(middles, layer.mean / bound)]
        return float(np.sum(((held - layer.mean) / std) ** 2) / 2)

    positive = offers[offers > 0][::-1]
    some = positive[np.linspace(0, len(positive) - 1, min(len(positive), _MOST_BOUNDS)).round().astype(int)]
    # From the coarsest: of grids that fit equally well, the one with the fewest empty values.
    return _nearest(np.concatenate([largest / some, largest * _CANDIDATES[::-1]]), divergence)


def lowest_std(std: np.ndarray, offer: Offer) -> float:
    """Return the lower end of the range [lowest, sigma_ratio lowest] that is best for stds above 0.

    By the Kullback-Leibler divergence of Gaussians with stds in it from those with stds as they are, which lets no
    small one grow for the sake of large ones. Where some are left out it is infinite, and squares of the relative
    change of variances stand for it, of which one that is left out has 1.
    """

    def divergence(lowest: float) -> float:
        change = offer.held(std, lowest) / std
        if offer.leave_out:
            return float(np.sum((change**2 - 1) ** 2))
        return float(np.sum((change**2 - 1) / 2 - np.log(change)))

    return _nearest(np.concatenate([[std.min(), std.max() / offer.sigma_ratio], std.max() * _CANDIDATES]), divergence)


def device_start(posterior: Posterior, offer: Offer) -> dict[str, jax.Array]:
    """Return the parameters of the guide at the member of the family nearest to `posterior`.

    Nearest by the Kullback-Leibler divergence of the member from `posterior`, layer by layer, or what `lowest_std` has
    in its place. Means and stds keep, behind grid and range, what they were.
    """
    params: dict[str, jax.Array] = {}
    for index, layer in enumerate(posterior.layers):
        bound, lowest = _bound(layer, offer.grid), lowest_std(layer.std[layer.std > 0], offer)
        values = {
            "bound": bound,
            "mean": np.clip(layer.mean, -bound, bound),
            "lowest": lowest,
            "std": np.maximum(layer.std, _BEHIND * lowest),
        }
        params |= {f"{name}{index}": jnp.asarray(value, float) for name, value in values.items()}
    return params
