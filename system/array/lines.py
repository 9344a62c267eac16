"""What the wires of a chip do to its devices, what writing knows of that, and what its lines carry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.metal import Wires, wires_of
from magbayes.system.array.wires import counted
from magbayes.system.settings import AcceleratorSettings


@dataclass(frozen=True)
class Shares:
    """What devices count for at the ends of their columns, over their conductance, by their place in a tile.

    Attributes
    ----------
    mean
        Of all, which the scale of a layer makes up for.
    relative : (pairs, 2, rows, columns)
        What writing sees of each, over that mean; 1 where it does not measure.
    """

    mean: float
    relative: np.ndarray


@dataclass(frozen=True)
class LineLoad:
    """What the wires of a layer take, and its row lines carry.

    Attributes
    ----------
    smallest
        Share of its conductance that the least favoured device counts for.
    left
        Variance by which weights are off since wires take another share than writing knows, over that of the posterior.
    conductance : (rows,)
        What a row's line drives, the largest of all tiles and of both lines of a row, S.
    """

    smallest: float
    left: float
    conductance: np.ndarray


@lru_cache(maxsize=32)
def _expected(
    pairs: tuple[float, ...], shape: tuple[int, int], wires: Wires, tile: tuple[int, int], opposite: bool
) -> np.ndarray:
    """Return the shares (pairs, 2, rows, columns) of devices that are alike, pair by pair of so many siemens."""
    alike = np.broadcast_to(np.repeat(pairs, 2)[:, None, None], (2 * len(pairs), *shape)).copy()
    shares: np.ndarray = (counted(alike, wires, tile, opposite) / alike).reshape(len(pairs), 2, *shape)
    shares.setflags(write=False)
    return shares


def expected_shares(shape: tuple[int, int], models: DeviceModels, settings: AcceleratorSettings) -> Shares:
    """Return the shares in a layer of this shape, were all devices of a kind alike.

    No two devices have the same row line and the same column line, so that one is measured by driving its row line
    alone. This is what a measurement sees, but for what its neighbours happen to hold.
    """
    wall = float(np.asarray(models.dwmtj.levels.mean).mean())
    noisy = float(np.asarray(models.smtj.mean(np.linspace(*models.smtj.voltage_range, 20))).mean())
    pairs = (*[wall] * settings.slices, noisy)
    shares = _expected(pairs, shape, wires_of(settings), (settings.rows, settings.columns), settings.opposite)
    mean = float(shares.mean())
    return Shares(mean, shares / mean if settings.shows_devices else np.ones_like(shares))


def at_the_ends(conductance: np.ndarray, settings: AcceleratorSettings) -> np.ndarray:
    """Return what devices (pairs, 2, rows, columns) in S count for at the ends of their columns, S."""
    lines = conductance.reshape(-1, *conductance.shape[2:])
    tile = (settings.rows, settings.columns)
    return counted(lines, wires_of(settings), tile, settings.opposite).reshape(conductance.shape)


def line_load(
    conductance: np.ndarray,
    ends: np.ndarray,
    shares: Shares,
    gains: np.ndarray,
    std: np.ndarray,
    settings: AcceleratorSettings,
) -> LineLoad:
    """Return what wires take from devices.

    Parameters
    ----------
    conductance, ends : (pairs, 2, rows, columns)
        Of the devices, the stochastic MTJs last, and what they count for at the ends of their columns, S.
    shares
        What writing knew of that.
    gains : (slices, 1, 1, 1)
        Of the slices of the means.
    std : (rows, columns)
        Of the weights, S.
    settings
        Have the tile.
    """
    unknown = gains * (ends / shares.mean - shares.relative * conductance)[:-1]
    off = (unknown[:, 0] - unknown[:, 1]).sum(axis=0)
    starts = np.arange(0, std.shape[1], settings.columns)
    # The devices of a pair have a row line each, or share one.
    driven = np.add.reduceat(ends, starts, axis=-1).sum(axis=0)
    lines = driven if settings.opposite else driven.sum(axis=0, keepdims=True)
    left = float((off**2).sum() / (std**2).sum())
    present = conductance > 0
    return LineLoad(float((ends[present] / conductance[present]).min()), left, lines.max(axis=(0, 2)))
