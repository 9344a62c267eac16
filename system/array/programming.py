"""From the Gaussians of one layer to programmed cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.array import chip, periphery
from magbayes.system.array.devices import DeviceModels, DomainWallModel, StochasticModel
from magbayes.system.array.electrical import Drive, line_squares
from magbayes.system.array.layer import ArrayLayer
from magbayes.system.array.lines import LineLoad, at_the_ends, line_load
from magbayes.system.array.mapping import Targets
from magbayes.system.array.noise import Columns, IndependentDevices, Noise, RememberingDevices, columns_of
from magbayes.system.array.sampling import Aggregation, aggregation, by_columns
from magbayes.system.array.settling import settled
from magbayes.system.array.writing import Plan, Walls, in_use, plan, write
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
    settings
        How it is read: a layer without stochastic MTJs longer than others.
    mapping
        The targets.
    means : (slices, 2, rows, columns)
        Conductances of the domain-wall MTJs, positive and negative, S.
    mirrored : (rows, columns)
        Those of slices after the first, summed as their mirrors count them, S.
    noisy : (2, rows, columns)
        Mean conductances of the stochastic MTJs, positive and negative, S.
    gate_voltage, gate_leakage : (2, devices)
        That the gates of the stochastic MTJs are held at, V, and the current through them, A; not of those left out.
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
    lines
        What the wires do.
    """

    layer: ArrayLayer
    settings: AcceleratorSettings
    mapping: Targets
    means: np.ndarray
    mirrored: np.ndarray
    noisy: np.ndarray
    gate_voltage: np.ndarray
    gate_leakage: np.ndarray
    effort: Programming
    failed: float
    clamped: float
    aggregation: Aggregation
    widths: Columns | None
    lines: LineLoad


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
    planned = plan(key, layer, models, settings, driven)
    return built(planned, write(planned))


def built(planned: Plan, walls: Walls) -> Programmed:
    """Return a layer whose domain-wall MTJs are written so."""
    layer, mapping, noisy, settings = planned.layer, planned.mapping, planned.noisy, planned.settings
    models, operated, reading, expected = planned.models, planned.operated, planned.reading, planned.expected
    chip_key, shape = planned.chip_key, planned.layer.mean.shape
    gains = planned.gains[:, None, None, None]
    conductance = np.concatenate(
        [in_use(planned, walls), noisy.scale * np.asarray(operated.smtj.mean(noisy.gate))[None]]
    )
    junctions = at_the_ends(conductance, settings)
    load = line_load(conductance, junctions, expected, gains, layer.std / mapping.scale, settings)
    # Settling and the DACs act on what a row's voltage does, mirrors on what their columns do.
    behind_wires = settled(shape, reading) * periphery.row_gains(chip_key, shape, settings)
    behind_wires = behind_wires * np.concatenate([planned.behind, planned.mirrors[None]])
    counted = behind_wires * junctions
    # Devices that are left out conduct nothing, and have no noise.
    own = np.divide(junctions, conductance, out=np.zeros_like(junctions), where=conductance > 0)
    factors = behind_wires * own
    means = (gains * (counted[:-1, :1] - counted[:-1, 1:])).sum(axis=(0, 1))
    adc_gain, adc_offset = periphery.adc_errors(chip_key, shape, settings)
    reads = aggregation(noisy.gate, operated.smtj, settings, planned.driven, noisy.held)
    numbers = (mapping.scale / expected.mean, mapping.mirror, 1.0)
    scale, mirror, open_range = (jnp.asarray(value, float) for value in numbers)
    independent = _independent(noisy, noisy.scale * factors[-1], operated.smtj, settings)
    squares = np.stack([line_squares(pair, settings) for pair in junctions])
    gate_voltage = noisy.applied[:, noisy.held]
    return Programmed(
        ArrayLayer(
            difference=jnp.asarray(means, float),
            offset=jnp.asarray(counted[-1, 0] - counted[-1, 1], float),
            noise=_noise(noisy, noisy.scale * factors[-1], operated.smtj, reads, independent, settings),
            jitter=_jitter(walls.level, gains * factors[:-1], operated.dwmtj, reading),
            conductance=_with_noise(gains**2, junctions.sum(axis=1)),
            line_squares=_with_noise(gains**2, squares),
            adc_gain=jnp.asarray(adc_gain, float),
            adc_offset=jnp.asarray(adc_offset, float),
            adc_zero=jnp.zeros(adc_offset.shape),
            scale=scale,
            mirror=mirror,
            column_gain=jnp.ones(shape[1]),
            column_offset=jnp.zeros(shape[1]),
            input_range=open_range,
            current_range=jnp.zeros_like(open_range),
            tile=settings.rows,
            kernel=layer.kernel,
        ),
        reading,
        mapping,
        conductance[:-1],
        (gains * conductance[:-1])[1:].sum(axis=(0, 1)),
        conductance[-1],
        gate_voltage,
        np.asarray(models.smtj.leakage(gate_voltage)),
        _calibrated(walls.effort, gate_voltage.size, adc_offset.size, settings),
        walls.failed,
        noisy.clamped,
        reads,
        None if independent is None else columns_of(independent),
        load,
    )


def _with_noise(squared_gains: np.ndarray, squares: np.ndarray) -> jax.Array:
    """Add up slices (slices + 1, ...) of what is a variance by their gains, and keep the last, the stochastic MTJs'."""
    return jnp.asarray(np.stack([(squared_gains[..., 0] * squares[:-1]).sum(axis=0), squares[-1]]), float)


def _calibrated(written: Programming, devices: int, converters: int, settings: AcceleratorSettings) -> Programming:
    """Add the reads by which so many stochastic MTJs are set to what they show, and ADCs to their zero."""
    trimmed = settings.shows_devices and "sigma_spread" not in settings.ideal
    zeroed = "mismatch" not in settings.ideal
    return replace(
        written,
        reads=written.reads + trimmed * settings.trim_reads * devices,
        zero_reads=zeroed * float(settings.zero_reads * converters),
    )


def _jitter(level: np.ndarray, factors: np.ndarray, model: DomainWallModel, settings: AcceleratorSettings) -> Columns:
    """Return the noise of walls at rest; they forget within a nanosecond, so that reads are independent.

    Zeros where they hold still, so that such an array is no other program.
    """
    jitter = np.asarray(model.jitter(settings.read_time)) * ("jitter" not in settings.ideal)
    variance = ((factors * jitter[level]) ** 2).sum(axis=(0, 1))
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
) -> Noise:
    if independent is None:  # no noise, and no other program than that of columns
        return Columns(jnp.zeros((3, *gain.shape[1:])), settings.rows)
    white = "reads" in settings.ideal
    columns = settings.sampling != "devices" if white else by_columns(aggregated, settings)
    if not columns and not white:
        reads = model.at(devices.gate.ravel(), settings.sample_interval, settings.read_time)
        mean = jnp.asarray(model.mean(devices.gate), float)
        # Zeros where no read voltage acts, so that such an array is no other program.
        response = jnp.zeros((2, *gain.shape)) if independent.response is None else independent.response
        return RememberingDevices(reads, mean, jnp.asarray(gain, float), response, settings.rows)
    return columns_of(independent) if columns else independent
