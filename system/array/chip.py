"""What fabrication, rest and temperature make of the devices that were written, one chip at a time.

Each difference between devices is drawn by a generator of its own name, so that a chip without one of them has the
others as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from scipy.linalg import expm

from magbayes.data.keys import generator_of
from magbayes.data.shapes import Pair
from magbayes.system.array.devices import DeviceModels, DomainWallModel, StochasticModel
from magbayes.system.array.tuning import Tuning, tuning
from magbayes.system.settings import AcceleratorSettings


def walls_after(rng: np.random.Generator, level: np.ndarray, rates: np.ndarray, seconds: float) -> np.ndarray:
    """Return the levels of walls that rest for `seconds`, from `level` (any shape) and the `rates` of leaving, 1/s.

    A wall that leaves goes to either neighbour alike, and from an end to its only one: a Markov chain.
    """
    last = len(rates) - 1
    generator = np.diag(-np.asarray(rates, float))
    for source, rate in enumerate(rates):
        goals = [goal for goal in (source - 1, source + 1) if 0 <= goal <= last]
        generator[source, goals] = rate / len(goals)
    cumulative = np.cumsum(expm(generator * seconds), axis=1)
    after: np.ndarray = np.minimum((rng.random(level.shape)[..., None] > cumulative[level]).sum(axis=-1), last)
    return after


def own_levels(
    key: jax.Array, shape: tuple[int, ...], model: DomainWallModel, settings: AcceleratorSettings
) -> np.ndarray:
    """Return the levels (*shape, levels) in S that each of the domain-wall MTJs of the chip `key` shows."""
    nominal = np.asarray(model.levels.mean, float)
    levels: np.ndarray = np.tile(nominal, (*shape, 1))
    if "level_spread" in settings.ideal:
        return levels
    drawn = generator_of(key, "level_spread").standard_normal(levels.shape)
    spread = settings.spread("levels") * np.asarray(model.level_spread)
    # A conductance is positive; at 20 % of the lowest level this cuts off what lies four and a half stds below.
    shown: np.ndarray = np.maximum(levels + spread * drawn, 0.1 * nominal.min())
    return shown


def at_level(own: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the conductances in S of devices at `level` (...), one of their `own` (..., levels)."""
    shown: np.ndarray = np.take_along_axis(own, level[..., None], axis=-1)[..., 0]
    return shown


def domain_walls(
    key: jax.Array,
    level: np.ndarray,
    own: np.ndarray,
    models: DeviceModels,
    operated: DeviceModels,
    settings: AcceleratorSettings,
) -> Pair:
    """Return the conductances in S that domain-wall MTJs have when they are used.

    Parameters
    ----------
    key
        Gives the chip.
    level : (2, rows, columns)
        Number of the level that was written.
    own : (2, rows, columns, levels)
        Levels of each device, see `own_levels`.
    models
        The devices at the temperature of writing.
    operated
        The same at the temperature of use.
    settings
        Says what is ideal, how long the walls have rested, and how many are stuck.
    """
    levels = np.asarray(models.dwmtj.levels.mean, float)
    if "drift" not in settings.ideal and settings.drifting > 0:
        rates = np.full(len(levels), operated.dwmtj.escape_rate(operated.temperature).value)
        level = walls_after(generator_of(key, "drift"), level, rates, settings.drifting)
    used: np.ndarray = at_level(own, level) + np.asarray(operated.dwmtj.levels.mean)[level] - levels[level]
    if "stuck" not in settings.ideal:
        draw = generator_of(key, "stuck").random(level.shape)
        used = np.where(draw < settings.stuck_low, levels[0], used)
        used = np.where(draw > 1 - settings.stuck_high, levels[-1], used)
    return used


@dataclass(frozen=True)
class Stochastic:
    """The stochastic MTJs of one layer as they are used.

    Attributes
    ----------
    gate, scale : (2, rows, columns)
        Effective gate voltage in V, offset included, and the conductance relative to a nominal device's: 0 of devices
        that are left out.
    applied : (2, rows, columns)
        Gate voltage that is held, V.
    held : (rows, columns)
        Which weights have stochastic MTJs.
    response : (2, 2, rows, columns), or None
        q1 and q2 (`magbayes.system.array.noise`) of each device in the voltage of its row, 1/V and 1/V^2.
    clamped
        Share of the devices on their lines whose gate, offset and read voltages leave the characterised range, whose
        end then counts, or of which no gate voltage makes what they are to show.
    """

    gate: np.ndarray
    scale: np.ndarray
    applied: np.ndarray
    held: np.ndarray
    response: np.ndarray | None
    clamped: float


def stochastic(
    key: jax.Array,
    gate: Pair,
    models: DeviceModels,
    operated: DeviceModels,
    settings: AcceleratorSettings,
    tuned: Tuning | None = None,
    held: np.ndarray | None = None,
    share: Pair | float = 1.0,
) -> Stochastic:
    """Return the stochastic MTJs of the chip `key` whose nominal gate voltages are `gate` (2, rows, columns), V.

    Where each is written by what it shows, its gate voltage is moved until `trim_reads` reads have the nominal std.

    Parameters
    ----------
    key, gate
        The chip, and the voltages by the mean of all devices.
    models
        The devices at the temperature of writing.
    operated
        The same at the temperature of use.
    settings
        Says what is ideal, and how devices are written.
    tuned
        Widths by gate voltage in the reads by which devices are trimmed; by default those without a voltage.
    held : (rows, columns)
        Which weights have stochastic MTJs; by default all.
    share : (2, rows, columns)
        What these reads show of a device, by its place in the tile.
    """
    model = models.smtj
    held = np.ones(gate.shape[1:], bool) if held is None else held
    low, high = model.voltage_range
    scale, offset = np.ones_like(gate), np.zeros_like(gate)
    applied, outside = gate, np.zeros(gate.shape, bool)
    if "sigma_spread" not in settings.ideal:
        offset = settings.spread("offset") * model.offset_std * generator_of(key, "offset").standard_normal(gate.shape)
        # An area is positive; at 10 % this cuts off what lies five stds below the mean.
        of_scale = settings.spread("scale") * model.scale_std
        scale = np.maximum(1 + of_scale * generator_of(key, "scale").standard_normal(gate.shape), 0.5)
        if settings.shows_devices:
            read = 1 + generator_of(key, "trim").standard_normal(gate.shape) / np.sqrt(2 * settings.trim_reads)
            tuned = tuned or tuning(model, settings)
            wanted = tuned.sigma(gate) * read / (scale * share)
            found = tuned.voltage_for(wanted) - offset
            outside = ~tuned.within(wanted) | (found < low) | (found > high)
            applied = np.clip(found, low, high)
    effective = applied + offset
    outside |= (effective < low) | (effective > high)
    effective = np.clip(effective, low, high)
    response = None
    if "input_voltage" not in settings.ideal:
        response, beyond = voltage_response(effective, operated.smtj, settings.read_voltage, settings.read_time)
        if settings.opposite:
            response[0, 1] *= -1
        outside |= beyond
    clamped = float(outside[:, held].mean()) if held.any() else 0.0
    return Stochastic(effective, scale * held, applied, held, response, clamped)


def voltage_response(
    gate: np.ndarray, model: StochasticModel, read_voltage: float, read_time: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return q1 and q2 (2, ...) of devices at gate voltages `gate` (...), and where the range was left.

    The parabola 1 + q1 v + q2 v^2 goes through the variances of reads over `read_time` at -read_voltage, 0 and
    read_voltage (relative to that at 0), which acts as `read_lever` times as much at the gate. Mean and memory stay
    those of the gate voltage.
    """
    low, high = model.voltage_range
    acting = model.read_lever * read_voltage
    below, above = gate - acting, gate + acting
    variance = np.asarray(model.sigma(gate, read_time).value) ** 2
    less, more = (
        np.asarray(model.sigma(np.clip(v, low, high), read_time).value) ** 2 / variance for v in (below, above)
    )
    first, second = (more - less) / (2 * read_voltage), (more + less - 2) / (2 * read_voltage**2)
    return np.stack([first, second]), (below < low) | (above > high)
