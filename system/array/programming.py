"""From the Gaussians of one layer to programmed cells."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.array import chip
from magbayes.system.array.devices import DeviceModels, StochasticModel
from magbayes.system.array.layer import ArrayLayer
from magbayes.system.array.mapping import Targets, map_layer
from magbayes.system.array.noise import IndependentDevices, Noise, RememberingDevices, columns_of
from magbayes.system.array.sampling import Aggregation, aggregation, by_columns
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
        With open ranges (1) of its converters until they are calibrated.
    mapping
        The targets.
    conductance : (4, rows, columns)
        Means of the domain-wall MTJs and of the stochastic MTJs, positive and negative, S.
    effort
        What writing took.
    failed
        Share of domain-wall MTJs that do not hold the level that was to be written.
    clamped
        Share of stochastic MTJs beyond the characterised range.
    aggregation
        How far the reads are from independent and Gaussian.
    """

    layer: ArrayLayer
    mapping: Targets
    conductance: np.ndarray
    effort: Programming
    failed: float
    clamped: float
    aggregation: Aggregation


def program(key: jax.Array, layer: Layer, models: DeviceModels, settings: AcceleratorSettings) -> Programmed:
    """Write one layer into devices of a chip that `key` draws.

    Raises
    ------
    ValueError
        The devices cannot hold the layer, or their reads do not allow the sampling that is asked for.
    """
    mapping = map_layer(layer, models, settings)
    chip_key, write_key = jax.random.split(key)
    written = models.dwmtj.program(write_key, mapping.pair)
    verified = mapping.exact if "levels" in settings.ideal else mapping.pair
    if "spread" not in settings.ideal:
        verified = verified + (np.asarray(written.conductance) - mapping.pair)
    operated = _operated(models, settings)
    walls = chip.domain_walls(chip_key, verified, models, operated.dwmtj, settings)
    noisy = chip.stochastic(chip_key, mapping.gate, operated.smtj, settings)
    conductance = np.concatenate([walls, noisy.scale * np.asarray(operated.smtj.mean(noisy.gate))])
    factors = np.ones_like(conductance)
    if "wires" not in settings.ideal:
        factors = attenuation(conductance, settings.wire_resistance, settings.rows, settings.columns)
    counted = factors * conductance
    reads = aggregation(noisy.gate, operated.smtj, settings)
    scale, mirror, open_range = (jnp.asarray(value, float) for value in (mapping.scale, mapping.mirror, 1.0))
    return Programmed(
        ArrayLayer(
            difference=jnp.asarray(counted[0] - counted[1], float),
            offset=jnp.asarray(counted[2] - counted[3], float),
            noise=_noise(noisy, noisy.scale * factors[2:], operated.smtj, reads, settings),
            scale=scale,
            mirror=mirror,
            input_range=open_range,
            current_range=open_range,
            tile=settings.rows,
            kernel=layer.kernel,
        ),
        mapping,
        conductance,
        Programming(*(float(np.sum(part)) for part in (written.pulses, written.energy, written.latency))),
        float(np.mean(written.failed)),
        noisy.clamped,
        reads,
    )


def _operated(models: DeviceModels, settings: AcceleratorSettings) -> DeviceModels:
    """Return the models at the temperature of use."""
    if "temperature" in settings.ideal or settings.temperature in (None, models.temperature):
        return models
    return models.at_temperature(settings.temperature)


def _noise(
    devices: chip.Stochastic,
    gain: np.ndarray,
    model: StochasticModel,
    aggregated: Aggregation,
    settings: AcceleratorSettings,
) -> Noise | None:
    if "noise" in settings.ideal:
        return None
    response = None if devices.response is None else jnp.asarray(devices.response, float)
    white = "reads" in settings.ideal
    columns = settings.sampling != "devices" if white else by_columns(aggregated, settings)
    if not columns and not white:
        reads = model.at(devices.gate.ravel(), settings.sample_interval, settings.read_time)
        mean = jnp.asarray(model.mean(devices.gate), float)
        return RememberingDevices(reads, mean, jnp.asarray(gain, float), response, settings.rows)
    sigma = jnp.asarray(gain * np.asarray(model.sigma(devices.gate, settings.read_time).value), float)
    independent = IndependentDevices(sigma, response, settings.rows)
    return columns_of(independent) if columns else independent
