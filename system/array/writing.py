"""What is to be written into the devices of one layer, and its domain-wall MTJs as they are written."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any

import jax
import numpy as np

from magbayes.system.array import chip, periphery
from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.electrical import Drive
from magbayes.system.array.lines import Shares, expected_shares
from magbayes.system.array.mapping import Targets, level_pairs, map_layer, measured_pairs, nearest_level
from magbayes.system.array.slices import slice_gains
from magbayes.system.array.tuning import tuning
from magbayes.system.cost.energy import Programming
from magbayes.system.network.posterior import Layer
from magbayes.system.settings import AcceleratorSettings, Imperfection

# Names the keys of slices after the first.
_SLICES = 2
# What changes walls between writing and use.
_CHANGES: frozenset[Imperfection] = frozenset({"drift", "temperature"})


@dataclass(frozen=True)
class Walls:
    """Domain-wall MTJs as they were written.

    Attributes
    ----------
    level, further : (slices, 2, rows, columns)
        Numbers of the levels that are held, and what levels without steps add to them, S.
    effort
        What writing took, without the stochastic MTJs.
    failed
        Share of these walls that do not hold the level that was to be written.
    """

    level: np.ndarray
    further: np.ndarray
    effort: Programming
    failed: float


@dataclass(frozen=True)
class Plan:
    """One layer of a chip before its domain-wall MTJs are written.

    Attributes
    ----------
    layer, models, settings, driven
        As given to `plan`.
    reading
        The settings by which it is read.
    operated
        The models at the temperature of use.
    mapping
        The targets.
    chip_key, write_key
        Of what differs from device to device, and of the pulses.
    expected
        What writing knows of the wires.
    noisy
        The stochastic MTJs.
    mirrors : (2, rows, columns)
        Relative gains of their mirrors.
    behind : (slices, 2, rows, columns)
        Of those of the slices.
    """

    layer: Layer
    models: DeviceModels
    settings: AcceleratorSettings
    driven: Drive | None
    reading: AcceleratorSettings
    operated: DeviceModels
    mapping: Targets
    chip_key: jax.Array
    write_key: jax.Array
    expected: Shares
    noisy: chip.Stochastic
    mirrors: np.ndarray
    behind: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        """What slices count for (slices,), the first 1."""
        return slice_gains(len(np.asarray(self.models.dwmtj.levels.mean)), self.settings.slices)

    @property
    def rests(self) -> bool:
        """Whether walls drift before they are used, or are used at another temperature."""
        return bool(_CHANGES - self.settings.ideal - self.settings.absent)

    @property
    def at_writing(self) -> Plan:
        """What the layer is before walls have drifted, at the temperature at which they are written."""
        settings = self.settings.model_copy(update={"ideal": self.settings.ideal | _CHANGES})
        return replace(self, settings=settings, operated=self.models)

    def own(self, index: int) -> np.ndarray:
        """Return the levels (2, rows, columns, levels) of the devices of a slice, S."""
        shape = self.mirrors.shape
        return chip.own_levels(of_slice(self.chip_key, index), shape, self.models.dwmtj, self.settings)

    def counted(self, index: int) -> np.ndarray:
        """Return by what devices (2, rows, columns) of a slice differ, as they are measured, from their own levels."""
        measured = self.behind[index] * self.expected.relative[index]
        return measured if self.settings.shows_devices else np.ones_like(measured)

    def shown(self, index: int) -> np.ndarray:
        """Return the levels (2, rows, columns, levels) of the devices of a slice as they are measured, S."""
        shown: np.ndarray = self.counted(index)[..., None] * self.own(index)
        return shown

    def offset(self) -> np.ndarray:
        """Return what the mean conductances of stochastic MTJs add to each weight (rows, columns), as measured, S."""
        fixed = self.noisy.scale * np.asarray(self.models.smtj.mean(self.noisy.gate))
        shown = self.mirrors * self.expected.relative[-1] * fixed
        added: np.ndarray = self.mapping.mirror * (shown[0] - shown[1])
        return added


def plan(
    key: jax.Array, layer: Layer, models: DeviceModels, settings: AcceleratorSettings, driven: Drive | None = None
) -> Plan:
    """Return what is to be written for a layer, whose rows will be `driven` so, on a chip that `key` draws.

    Raises
    ------
    ValueError
        The devices cannot hold the layer, or their reads end before the wires have settled.
    """
    tuned = tuning(models.smtj, settings, driven)
    mapping = map_layer(layer, models, settings, driven, tuned)
    reading = settings
    if not mapping.held.any():
        # The noise that is left is white: it takes so many times the time to be no more than that of the posterior.
        reading = settings.quieter(1 + mapping.excess)
        mapping = map_layer(layer, models, reading, driven, tuned, quiet=True)
    chip_key, write_key = jax.random.split(key)
    operated = operated_models(models, settings)
    shape = layer.mean.shape
    mirrors = periphery.mirror_gains(chip_key, shape, settings)
    expected = expected_shares(shape, models, settings)
    noisy = chip.stochastic(
        chip_key, mapping.gate, models, operated, settings, tuned, mapping.held, expected.relative[-1]
    )
    behind = np.ones((settings.slices, 2, *shape))
    for index in range(1, settings.slices):
        behind[index] = periphery.mirror_gains(of_slice(chip_key, index), shape, settings)
    return Plan(
        layer,
        models,
        settings,
        driven,
        reading,
        operated,
        mapping,
        chip_key,
        write_key,
        expected,
        noisy,
        mirrors,
        behind,
    )


def write(planned: Plan) -> Walls:
    """Return the domain-wall MTJs of a layer, each pair written by itself, slice by slice.

    Each slice makes up for what those before it, as they were verified, have left. Where devices are measured they are
    so behind wires and mirrors.
    """
    difference = planned.mapping.difference
    if planned.settings.shows_devices:
        difference = difference - planned.offset()
    models, settings = planned.models, planned.settings
    levels = np.asarray(models.dwmtj.levels.mean, float)
    left, parts = difference, []
    for index, gain in enumerate(planned.gains):
        seen = planned.shown(index)
        level, effort, failed = _levels(of_slice(planned.write_key, index), left / gain, seen, models, settings)
        further = np.zeros(level.shape)
        if "levels" in settings.ideal:
            further = _unquantised(left / gain, level, seen, models, settings) / planned.counted(index)
            left = np.zeros_like(left)
        else:
            shown = chip.at_level(seen, level) if settings.shows_devices else levels[level]
            left = left - gain * (shown[0] - shown[1])
        parts.append((level, further, effort, failed))
    numbers, furthers, efforts, shares = zip(*parts, strict=True)
    return Walls(np.stack(numbers), np.stack(furthers), added(*efforts), float(np.mean(shares)))


def effort_of(*runs: Any) -> Programming:
    """Return what runs of `DomainWallModel.program` take; every pulse is followed by a read."""
    pulses, energy, latency = (
        sum(float(np.sum(getattr(run, name))) for run in runs) for name in ("pulses", "energy", "latency")
    )
    return Programming(pulses, energy, latency, pulses)


def added(*efforts: Programming) -> Programming:
    """Return what several writings take together."""
    return Programming(*(sum(parts) for parts in zip(*map(astuple, efforts), strict=True)))


def _levels(
    key: jax.Array,
    difference: np.ndarray,
    own: np.ndarray,
    models: DeviceModels,
    settings: AcceleratorSettings,
) -> tuple[np.ndarray, Programming, float]:
    """Write one slice: numbers of the levels (2, rows, columns) that are held, the effort, and what failed.

    `difference` (rows, columns) in S is what the two of a pair are to differ by. Where devices are measured, each is
    first brought through all of its levels, and that difference makes up for what the mean conductances of the
    stochastic MTJs differ by.
    """
    levels = np.asarray(models.dwmtj.levels.mean, float)
    runs, start = [], np.zeros(own.shape[:-1], int)
    if settings.shows_devices:
        goal = measured_pairs(own, difference)
        runs.append(models.dwmtj.program(jax.random.fold_in(key, 1), np.full(start.shape, levels[-1]), start))
        start = np.full(start.shape, len(levels) - 1)
    else:
        goal = nearest_level(levels, level_pairs(levels, difference))
    written = models.dwmtj.program(key, levels[goal], start)
    runs.append(written)
    held = nearest_level(levels, np.asarray(written.conductance))
    return held, effort_of(*runs), float(np.mean(written.failed))


def _unquantised(
    difference: np.ndarray, level: np.ndarray, own: np.ndarray, models: DeviceModels, settings: AcceleratorSettings
) -> np.ndarray:
    """Return what (2, rows, columns) in S levels without steps would add to devices that hold `level`.

    A device that is measured then shows just what is wanted.
    """
    levels = np.asarray(models.dwmtj.levels.mean, float)
    wanted = np.stack([levels.mean() + difference / 2, levels.mean() - difference / 2])
    shown = chip.at_level(own, level) if settings.shows_devices else levels[level]
    further: np.ndarray = wanted - shown
    return further


def in_use(planned: Plan, walls: Walls) -> np.ndarray:
    """Return the conductances (slices, 2, rows, columns) in S that domain-wall MTJs have when they are used."""
    how = (planned.models, planned.operated, planned.settings)
    used = [
        chip.domain_walls(of_slice(planned.chip_key, index), level, planned.own(index), *how)
        for index, level in enumerate(walls.level)
    ]
    conductance: np.ndarray = np.stack(used) + walls.further
    return conductance


def operated_models(models: DeviceModels, settings: AcceleratorSettings) -> DeviceModels:
    """Return the models at the temperature of use."""
    if "temperature" in settings.ideal or settings.temperature in (None, models.temperature):
        return models
    return models.at_temperature(settings.temperature)


def of_slice(key: jax.Array, index: int) -> jax.Array:
    """Return the key of a slice; the first has the chip's own."""
    return jax.random.fold_in(jax.random.fold_in(key, _SLICES), index) if index else key
