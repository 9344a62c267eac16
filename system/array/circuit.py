"""What the programs of the array need of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from scipy.constants import Boltzmann

from magbayes.system.array.converters import noise_of
from magbayes.system.array.electrical import shot_polynomial, thermal_voltage
from magbayes.system.array.tmr import signal
from magbayes.system.settings import AcceleratorSettings

# Bits of a bit-serial input whose DAC is ideal: below the resolution of single precision there is nothing.
_FINEST = 16


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Circuit:
    """Converters, voltages and electrical noise of an array.

    A JAX pytree, so that other numbers need no other compilation.

    Attributes
    ----------
    read_voltage
        Of a full-scale input, V.
    range_percentile
        Percentile of what a converter sees that becomes its full scale, %.
    dac_bits, adc_bits
        Resolutions, sign included.
    ideal_dac, ideal_adc
        Whether these neither round nor saturate (bool).
    fall
        By which TMR falls with the voltage (module `tmr`), 1/V^2; 0 where it does not.
    made_up
        What of it the steps of the DACs make up for, 1/V^2.
    thermal_voltage
        k T / q, V.
    thermal
        Variance of a read by Johnson noise, a siemens, A^2/S; 0 where there is none.
    shot : (4,), or None
        Coefficients of `shot_polynomial` up to the read voltage, 1 to 1/V^4.
    amplifier
        Variance of the input voltage of a column's amplifier over a read, V^2.
    integrator
        Variance of a read by the k T / C noise of an integrator, a full-scale current, A.
    adc_noise
        Variance of the ADC's noise, in units of its full scale squared.
    serial_bits
        Bits of an input, sign included, that follow each other as reads; 0 where an input is one voltage.
    """

    read_voltage: jax.Array
    range_percentile: jax.Array
    dac_bits: jax.Array
    adc_bits: jax.Array
    ideal_dac: jax.Array
    ideal_adc: jax.Array
    fall: jax.Array
    made_up: jax.Array
    thermal_voltage: jax.Array
    thermal: jax.Array
    shot: jax.Array | None
    amplifier: jax.Array
    integrator: jax.Array
    adc_noise: jax.Array
    serial_bits: int = field(metadata={"static": True})

    @property
    def full_signal(self) -> jax.Array:
        """What a full-scale input is taken to count for where currents are subtracted, V."""
        return signal(self.read_voltage, self.made_up)

    def plane_weights(self, signed: bool) -> np.ndarray:
        """Return what each plane of voltages counts for (planes,): 1, or the bits' values in units of full scale."""
        if not self.serial_bits:
            return np.ones(1)
        bits = self.serial_bits - signed
        weights: np.ndarray = 2.0 ** np.arange(bits) / (2**bits - 1)
        return weights


def circuit_of(settings: AcceleratorSettings, temperature: float, fall: float = 0.0) -> Circuit:
    """Return the circuit that settings describe, at a temperature of use in K; `fall` of TMR in 1/V^2."""
    reading = settings.reading
    energy, amplified = Boltzmann * temperature, "amplifier" not in settings.ideal
    adc_noise = 0.0 if "adc_noise" in settings.ideal else noise_of(settings.effective_bits, settings.adc_bits)
    ideal_dac = "dac" in settings.ideal
    shot = shot_polynomial(settings.read_voltage, thermal_voltage(temperature), fall)
    serial_bits = _FINEST if ideal_dac else settings.dac_bits
    return Circuit(
        jnp.asarray(settings.read_voltage, float),
        jnp.asarray(settings.range_percentile, float),
        jnp.asarray(settings.dac_bits),
        jnp.asarray(settings.adc_bits),
        jnp.asarray(ideal_dac),
        jnp.asarray("adc" in settings.ideal),
        jnp.asarray(fall, float),
        jnp.asarray(fall if settings.predistortion else 0.0, float),
        jnp.asarray(thermal_voltage(temperature), float),
        jnp.asarray(4 * energy / (2 * reading.time) if reading.thermal else 0.0, float),
        None if shot is None else jnp.asarray(shot, float),
        jnp.asarray(reading.amplifier_noise**2 / (2 * reading.time), float),
        jnp.asarray(energy / (settings.integrator_swing * reading.time) if amplified else 0.0, float),
        jnp.asarray(adc_noise, float),
        serial_bits if settings.inputs == "bit_serial" else 0,
    )
