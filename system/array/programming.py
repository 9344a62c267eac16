"""From the Gaussians of one layer to programmed cells."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.array import chip, periphery
from magbayes.system.array.devices import DeviceModels, DomainWallModel, StochasticModel
from magbayes.system.array.electrical import Drive, line_squares
from magbayes.system.array.layer import ArrayLayer
from magbayes.system.array.mapping import Targets, level_pairs, map_layer, measured_pairs, nearest_level
from magbayes.system.array.noise import Columns, IndependentDevices, Noise, RememberingDevices, columns_of
from magbayes.system.array.sampling import Aggregation, aggregation, by_columns
from magbayes.system.array.settling import settled
from magbayes.system.array.tuning import tuning
from magbayes.system.array.wires import attenuation
from magbayes.system.cost.energy import Programming
from magbayes.system.network.posterior import Layer
from magbayes.system.settings import AcceleratorSettings


@dataclass(frozen=True)
class Programmed:
    """One layer in devices.

    Attributes
    ----------
    layer
        With open ranges of its converters, 1 and 0, until they are calibrated.
    mapping
        The targets.
    conductance : (4, rows, columns)
        Means of the domain-wall MTJs and of the stochastic MTJs, positive and negative, S.
    gate_voltage, gate_leakage : (2, rows, columns)
        That the gates of the stochastic MTJs are held at, V, and the current through them, A.
    effort
        What writing took.
    failed
        Share of domain-wall MTJs that do not hold the level that was to be written.
    clamped
        Share of stochastic MTJs beyond the characterised range.
    aggregation
        How far the reads are from independent and Gaussian.
    widths
        Noise of the stochastic MTJs as a column adds it up, however it is drawn; None where sigma is 0.
    """

    layer: ArrayLayer
    mapping: Targets
    conductance: np.ndarray
    gate_voltage: np.ndarray
    gate_leakage: np.ndarray
    effort: Programming
    failed: float
    clamped: float
    aggregation: Aggregation
    widths: Columns | None


def program(
    key: jax.Array, layer: Layer, models: DeviceModels, settings: AcceleratorSettings, driven: Drive | None = None
) -> Programmed:
    """Write one layer, whose rows will be `driven` so, into devices of a chip that `key` draws.

    Raises
    ------
    ValueError
        The devices cannot hold the layer, their reads do not allow the sampling that is asked for, or end before the
        wires have settled.
    """
    tuned = tuning(models.smtj, settings, driven)
    mapping = map_layer(layer, models, settings, driven, tuned)
    chip_key, write_key = jax.random.split(key)
    operated = operated_models(models, settings)
    shape = layer.mean.shape
    mirrors = periphery.mirror_gains(chip_key, shape, settings)
    noisy = chip.stochastic(chip_key, mapping.gate, models, operated, settings, tuned)
    fixed = noisy.scale * np.asarray(models.smtj.mean(noisy.gate))
    own = chip.own_levels(chip_key, mapping.gate.shape, models.dwmtj, settings)
    difference = mapping.difference
    if settings.writing == "measured":
        shown = mirrors * fixed
        difference = difference - mapping.mirror * (shown[0] - shown[1])
    level, effort, failed = _levels(write_key, difference, own, models, settings)
    walls = chip.domain_walls(chip_key, level, own, models, operated, settings)
    if "levels" in settings.ideal:
        walls = walls + _unquantised(difference, level, own, models, settings)
    conductance = np.concatenate([walls, noisy.scale * np.asarray(operated.smtj.mean(noisy.gate))])
    factors = np.ones_like(conductance)
    if "wires" not in settings.ideal:
        factors = attenuation(conductance, settings.wire_resistance, settings.rows, settings.columns)
    junctions = factors * conductance
    # Settling and the DACs act on what a row's voltage does, mirrors on what the sigma columns do.
    factors = factors * settled(shape, settings) * periphery.row_gains(chip_key, shape, settings)
    factors[2:] *= mirrors
    counted = factors * conductance
    adc_gain, adc_offset = periphery.adc_errors(chip_key, shape, settings)
    reads = aggregation(noisy.gate, operated.smtj, settings, driven)
    scale, mirror, open_range = (jnp.asarray(value, float) for value in (mapping.scale, mapping.mirror, 1.0))
    independent = _independent(noisy, noisy.scale * factors[2:], operated.smtj, settings)
    lines = [line_squares(pair, settings.rows) for pair in (junctions[:2], junctions[2:])]
    return Programmed(
        ArrayLayer(
            difference=jnp.asarray(counted[0] - counted[1], float),
            offset=jnp.asarray(counted[2] - counted[3], float),
            noise=_noise(noisy, noisy.scale * factors[2:], operated.smtj, reads, independent, settings),
            jitter=_jitter(level, factors[:2], operated.dwmtj, settings),
            conductance=jnp.asarray(junctions.reshape(2, 2, *shape).sum(axis=1), float),
            line_squares=jnp.asarray(np.stack(lines), float),
            adc_gain=jnp.asarray(adc_gain, float),
            adc_offset=jnp.asarray(adc_offset, float),
            scale=scale,
            mirror=mirror,
            input_range=open_range,
            current_range=jnp.zeros_like(open_range),
            tile=settings.rows,
            kernel=layer.kernel,
        ),
        mapping,
        conductance,
        noisy.applied,
        np.asarray(models.smtj.leakage(noisy.applied)),
        effort,
        failed,
        noisy.clamped,
        reads,
        None if independent is None else columns_of(independent),
    )


def operated_models(models: DeviceModels, settings: AcceleratorSettings) -> DeviceModels:
    """Return the models at the temperature of use."""
    if "temperature" in settings.ideal or settings.temperature in (None, models.temperature):
        return models
    return models.at_temperature(settings.temperature)


def _levels(
    key: jax.Array,
    difference: np.ndarray,
    own: np.ndarray,
    models: DeviceModels,
    settings: AcceleratorSettings,
) -> tuple[np.ndarray, Programming, float]:
    """Write the domain-wall MTJs: numbers of the levels (2, rows, columns) that are held, the effort, and what failed.

    `difference` (rows, columns) in S is what the two of a weight are to differ by. Where devices are measured, each is
    first brought through all of its levels, and that difference makes up for what the mean conductances of the
    stochastic MTJs differ by. Every pulse is followed by a read, and every stochastic MTJ has been read `trim_reads`
    times.
    """
    levels = np.asarray(models.dwmtj.levels.mean, float)
    runs, start = [], np.zeros(own.shape[:-1], int)
    if settings.writing == "measured":
        goal = measured_pairs(own, difference)
        runs.append(models.dwmtj.program(jax.random.fold_in(key, 1), np.full(start.shape, levels[-1]), start))
        start = np.full(start.shape, len(levels) - 1)
    else:
        goal = nearest_level(levels, level_pairs(levels, difference))
    written = models.dwmtj.program(key, levels[goal], start)
    runs.append(written)
    pulses, energy, latency = (
        sum(float(np.sum(getattr(run, name))) for run in runs) for name in ("pulses", "energy", "latency")
    )
    trimmed = settings.writing == "measured" and "sigma_spread" not in settings.ideal
    reads = pulses + (settings.trim_reads * start.size if trimmed else 0)
    held = nearest_level(levels, np.asarray(written.conductance))
    return held, Programming(pulses, energy, latency, reads), float(np.mean(written.failed))


def _unquantised(
    difference: np.ndarray, level: np.ndarray, own: np.ndarray, models: DeviceModels, settings: AcceleratorSettings
) -> np.ndarray:
    """Return what (2, rows, columns) in S levels without steps would add to devices that hold `level`.

    A device that is measured then shows just what is wanted.
    """
    levels = np.asarray(models.dwmtj.levels.mean, float)
    wanted = np.stack([levels.mean() + difference / 2, levels.mean() - difference / 2])
    shown = chip.at_level(own, level) if settings.writing == "measured" else levels[level]
    further: np.ndarray = wanted - shown
    return further


def _jitter(
    level: np.ndarray, factors: np.ndarray, model: DomainWallModel, settings: AcceleratorSettings
) -> Columns | None:
    """Return the noise of walls at rest; they forget within a nanosecond, so that reads are independent."""
    if "jitter" in settings.ideal:
        return None
    variance = ((factors * np.asarray(model.jitter(settings.read_time))[level]) ** 2).sum(axis=0)
    return Columns(jnp.asarray(variance[None], float), settings.rows)


def _independent(
    devices: chip.Stochastic, gain: np.ndarray, model: StochasticModel, settings: AcceleratorSettings
) -> IndependentDevices | None:
    """Return the stochastic MTJs as Gaussians without memory; None where sigma is 0."""
    if "noise" in settings.ideal:
        return None
    response = None if devices.response is None else jnp.asarray(devices.response, float)
    sigma = jnp.asarray(gain * np.asarray(model.sigma(devices.gate, settings.read_time).value), float)
    return IndependentDevices(sigma, response, settings.rows)


def _noise(
    devices: chip.Stochastic,
    gain: np.ndarray,
    model: StochasticModel,
    aggregated: Aggregation,
    independent: IndependentDevices | None,
    settings: AcceleratorSettings,
) -> Noise | None:
    if independent is None:
        return None
    white = "reads" in settings.ideal
    columns = settings.sampling != "devices" if white else by_columns(aggregated, settings)
    if not columns and not white:
        reads = model.at(devices.gate.ravel(), settings.sample_interval, settings.read_time)
        mean = jnp.asarray(model.mean(devices.gate), float)
        return RememberingDevices(reads, mean, jnp.asarray(gain, float), independent.response, settings.rows)
    return columns_of(independent) if columns else independent
