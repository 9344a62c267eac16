"""From the Gaussians of one layer to what is written into its devices.

A weight is ``scale * (difference + mirror * noise)``: `difference` is the conductance of one domain-wall MTJ less that
of its partner (of several such pairs, as they count, where a mean has slices), and `noise` the same for two stochastic
MTJs at one gate voltage, so that their means cancel and their variances add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from magbayes.data.shapes import OfLevels
from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.electrical import Drive, floor, ratio_with, typical_drive
from magbayes.system.array.slices import composite_levels, slice_gains
from magbayes.system.array.tuning import Tuning, tuning
from magbayes.system.network.posterior import Layer
from magbayes.system.settings import AcceleratorSettings

# Scales that are tried, in units of the one that just fits the largest mean: clipping a few weights can be
# worth a finer grid for all the others, and what stochastic MTJs differ by needs room beyond it.
_CANDIDATES = np.linspace(0.5, 2.0, 76)
# Gauss and Hermite's nodes for a normal variable, and their weights.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(3)
# Pairs of levels that are compared at a time.
_PAIRS_AT_A_TIME = 10_000_000
# By which the share of a column's variance that is left to sigma is found.
_HALVINGS = 40
# Relative slack for stds that were stored in single precision.
_RANGE_SLACK = 1e-3


@dataclass(frozen=True)
class Targets:
    """What is to be written into the devices of one layer.

    Attributes
    ----------
    difference : (rows, columns)
        Conductance of the positive less that of the negative domain-wall MTJ that a mean stands for, S; of all slices
        together as they count.
    gate : (2, rows, columns)
        Gate voltages of the stochastic MTJs, V.
    held : (rows, columns)
        Which weights have stochastic MTJs; those of the others are left out.
    scale
        Weight a siemens.
    mirror
        Gain of the current mirror between the sigma columns and the summing node.
    excess
        By how much more than the posterior's variance all columns show, relative, on average over inputs: what
        electrical noise and walls at rest leave no room for.
    """

    difference: np.ndarray
    gate: np.ndarray
    held: np.ndarray
    scale: float
    mirror: float
    excess: float


def nearest_level(levels: np.ndarray, conductance: np.ndarray) -> np.ndarray:
    """Return the numbers (...) of the levels (levels,) that are nearest to conductances (...), all in S."""
    nearest: np.ndarray = np.abs(conductance[..., None] - levels).argmin(axis=-1)
    return nearest


def level_pairs(levels: OfLevels, difference: np.ndarray) -> np.ndarray:
    """Return the pairs of levels (2, ...) whose differences are nearest to `difference` (...), all in S.

    Of pairs that are equally near, that with the smallest sum wins, because it costs the least read energy.
    """
    positive, negative = (grid.ravel() for grid in np.meshgrid(levels, levels, indexing="ij"))
    # Equal differences that rounding made unequal must not hide the cheaper pair.
    step = 1e-9 * (levels[-1] - levels[0])
    offers = np.round((positive - negative) / step)
    order = np.lexsort((positive + negative, offers))
    offers, first = np.unique(offers[order], return_index=True)
    pairs = np.stack([positive, negative])[:, order[first]]
    wanted = np.asarray(difference) / step
    above = np.clip(np.searchsorted(offers, wanted), 1, len(offers) - 1)
    nearer_below = wanted - offers[above - 1] <= offers[above] - wanted
    return pairs[:, np.where(nearer_below, above - 1, above)]


def measured_pairs(own: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """Return the numbers of the levels (2, ...) of each pair of devices whose difference is nearest to what is wanted.

    Parameters
    ----------
    own : (2, ..., levels)
        Levels of the positive and of the negative device, S.
    difference : (...)
        What the pair is to differ by, S.
    """
    count = own.shape[-1]
    flat, wanted = own.reshape(2, -1, count), difference.ravel()
    best = np.empty(wanted.shape, int)
    for start in range(0, len(wanted), max(1, _PAIRS_AT_A_TIME // count**2)):
        part = slice(start, start + max(1, _PAIRS_AT_A_TIME // count**2))
        offers = flat[0, part, :, None] - flat[1, part, None, :]
        best[part] = np.abs(offers - wanted[part, None, None]).reshape(-1, count**2).argmin(axis=1)
    return np.stack(np.divmod(best, count)).reshape(2, *difference.shape)


def _nearest_difference(levels: OfLevels) -> Callable[[np.ndarray], np.ndarray]:
    """Return what finds the difference of two levels that is nearest to each of those wanted (...), all in S."""
    step = 1e-9 * (levels[-1] - levels[0])
    offers = np.unique(np.round(np.subtract.outer(levels, levels) / step)) * step

    def nearest(wanted: np.ndarray) -> np.ndarray:
        above = np.clip(np.searchsorted(offers, wanted), 1, len(offers) - 1)
        found: np.ndarray = np.where(
            wanted - offers[above - 1] <= offers[above] - wanted, offers[above - 1], offers[above]
        )
        return found

    return nearest


def _scale(levels: np.ndarray, coarse: np.ndarray, layer: Layer, further: float) -> float:
    """Return the scale that loses least: the squared error of the means in units of their stds.

    The std says how much the posterior cares about a mean. Fixed weights (std 0) all count the same. `levels` (S) are
    those of a mean, `coarse` those of its first slice; a mean has to make up for something else, too, whose std is
    `further`, in the unit of weights.
    """
    # What later slices reach beyond the first stays in reserve, for what devices and stochastic MTJs differ by.
    span = float(coarse[-1] - coarse[0])
    weight = np.where(layer.std > 0, layer.std, 1.0)
    largest = np.abs(layer.mean).max()
    if largest == 0:
        return 1.0 / span
    # A posterior that was trained on the levels of one slice has its largest mean on one of their differences.
    differences = np.unique(np.subtract.outer(coarse, coarse))
    on_grid = largest / differences[differences > 0.3 * span]
    candidates = [*(_CANDIDATES * largest / span), *on_grid]

    nearest = _nearest_difference(levels)

    nodes = zip(_NODES, _WEIGHTS, strict=True) if further else [(0.0, 1.0)]
    wanted = [(layer.mean + further * node, share) for node, share in nodes]

    def error(scale: float) -> float:
        return float(sum(np.sum(p * ((scale * nearest(w / scale) - w) / weight) ** 2) for w, p in wanted))

    return float(min(candidates, key=error))


def _unequal(models: DeviceModels, settings: AcceleratorSettings) -> float:
    """Return the std of what means make up for: that a pair of stochastic MTJs differs in its mean conductance, S."""
    if not settings.shows_devices or "sigma_spread" in settings.ideal:
        return 0.0
    conductance = np.asarray(models.smtj.mean(np.linspace(*models.smtj.voltage_range, 20))).mean()
    return float(np.sqrt(2) * models.smtj.scale_std * conductance)


def map_layer(
    layer: Layer,
    models: DeviceModels,
    settings: AcceleratorSettings,
    driven: Drive | None = None,
    tuned: Tuning | None = None,
    *,
    quiet: bool = False,
) -> Targets:
    """Choose scale, levels, mirror gain and gate voltages for one layer.

    A std is that of what a weight shows: what electrical noise and walls add to a column, on average over inputs, is
    taken off all of its weights, each by the same share of its variance.

    Parameters
    ----------
    layer, models, settings
        What is to be held, by what, and how it is read.
    driven
        How its rows are driven; by default as rows typically are.
    tuned
        Widths by gate voltage, as the rows' voltages make them; by default those without a voltage.
    quiet
        Whether all weights are without stochastic MTJs, whose widths do not matter then.

    Raises
    ------
    ValueError
        The stds of the layer span more than the device can, or need a mirror gain outside the bounds.
    """
    coarse = np.asarray(models.dwmtj.levels.mean, float)
    levels = composite_levels(coarse, settings.slices)
    tuned = tuned or tuning(models.smtj, settings)
    lowest, highest = tuned.range
    # Networks are stored in single precision, whose rounding would leave the range of the devices.
    std = np.asarray(layer.std, float)
    held = std > 0
    if not (held.any() if settings.leave_out else held.all()):
        some = "some weights of every layer need" if settings.leave_out else "every weight of a posterior needs"
        raise ValueError(f"{some} a std above 0 on the array: the devices fluctuate")
    least = std[held].min()
    reading = settings.reading
    # No row is driven by more than a full-scale input: what the range of stds is at its best.
    best = typical_drive(reading, models.temperature, 1.0)._replace(rows=1)
    ratio, available = std.max() / least, np.inf if quiet else ratio_with(models, reading, best)
    if ratio > available * (1 + _RANGE_SLACK):
        raise ValueError(
            f"the stds of a layer span a ratio of {ratio:.4g}; the stochastic MTJ offers {available:.4g}: "
            f"train with sigma_ratio at most {available:.4g}"
        )
    drive = driven or typical_drive(reading, models.temperature)
    noise = floor(reading, models, drive)
    offered = (lowest**2 + noise.sigma, highest**2 + noise.sigma)
    # Scale times gain of the mirror, by the smallest std alone.
    product = float(least / np.sqrt(2 * offered[0]))
    if "levels" in settings.ideal:
        scale = float((np.abs(layer.mean).max() or 1.0) / (coarse[-1] - coarse[0]))
    else:
        scale = _scale(levels, coarse, layer, product * _unequal(models, settings))
    difference, unit, plain = layer.mean / scale, 2 * scale**2, product / scale
    if not settings.mirror_min <= plain <= settings.mirror_max:
        raise ValueError(
            f"a layer needs a mirror gain of {plain:.3g}; accepted are mirror_min = {settings.mirror_min} "
            f"to mirror_max = {settings.mirror_max}"
        )
    jitter = 0.0
    if settings.shows_devices and "jitter" not in settings.ideal:
        # The walls' own noise is part of what a weight shows.
        counted = float((slice_gains(len(coarse), settings.slices) ** 2).sum())
        jitter = counted * float((np.asarray(models.dwmtj.jitter(settings.read_time)) ** 2).mean())
    # Of both gains, by the smallest and by the largest std, the larger: rather some stds too large than some too small.
    gains = [(end**2 / unit - noise.wall - jitter) / of for end, of in zip((least, std.max()), offered, strict=True)]
    mirror = float(np.sqrt(max(gains))) if max(gains) > 0 else plain
    mirror = float(np.clip(mirror, settings.mirror_min, settings.mirror_max))
    square = np.broadcast_to(drive.square, len(std))[:, None]
    variance = std**2 / (unit * mirror**2)
    total = (square * variance).sum(axis=0)
    # What walls add to each column, and stochastic MTJs beside their sigma: electrical noise whatever drives their row.
    rest = square.mean() * noise.wall * len(std) / mirror**2 + square.sum() * jitter / mirror**2
    beside = square.mean() * noise.sigma

    def own(share: np.ndarray | float) -> np.ndarray:
        return np.clip(share * variance, lowest**2, highest**2)

    def shown(held: np.ndarray, share: np.ndarray | float) -> np.ndarray:
        return np.asarray((held * (square * own(share) + beside)).sum(axis=0) + rest)

    if quiet:
        held = np.zeros_like(held)
    elif settings.leave_out:
        # What walls show alone may be nearer to what is wanted than with the least that stochastic MTJs add.
        held = held & (np.abs(shown(held, 0.0) - total) < np.abs(rest - total))
    low, high = np.zeros_like(total), np.ones_like(total)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        much = shown(held, middle) > total
        low, high = np.where(much, low, middle), np.where(much, middle, high)
    sigma = np.sqrt(own(high))
    excess = float(shown(held, high).sum() / total.sum() - 1)
    gate = tuned.voltage_for(sigma)
    return Targets(difference, np.stack([gate, gate]), held, scale, mirror, excess)
