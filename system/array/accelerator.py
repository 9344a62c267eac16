"""The accelerator: a posterior on arrays of devices, read as often as a prediction wants samples."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data.shapes import InputsNumpy, OutputSamples, RandomKey
from magbayes.system.array.budget import NoiseBudget, noise_budget
from magbayes.system.array.circuit import Circuit, circuit_of
from magbayes.system.array.correction import Correction, measured_correction
from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.expected import expected_drives
from magbayes.system.array.layer import (
    ArrayLayer,
    Driven,
    drive,
    matrices_of,
    outputs_of,
    read,
    row_voltages,
    sampled,
    samples_columns,
)
from magbayes.system.array.loop import LOOP_INPUTS, MEASUREMENTS, in_the_loop
from magbayes.system.array.metal import load_metal
from magbayes.system.array.noise import RememberingDevices
from magbayes.system.array.programming import built
from magbayes.system.array.ranges import calibrate, read_once
from magbayes.system.array.tmr import fall_of
from magbayes.system.array.writing import operated_models, plan, write
from magbayes.system.cost import energy
from magbayes.system.network.posterior import Posterior, software_predict
from magbayes.system.settings import AcceleratorSettings

# Conductances kept at a time: few enough for the cache of a core, enough to hide the overhead of the loop.
_DEVICES_AT_A_TIME = 200_000
# Row voltages at a time: enough inputs for an efficient matrix product.
_VOLTAGES_AT_A_TIME = 600_000
# Relative excess of the variance of a layer's weights from which it is said.
_EXCESS = 0.02
# Correlation of reads, or distance of two distributions, below which its size is not said.
_NEGLIGIBLE = 1e-3
# Inputs at a time: as many for any number of inputs, so that one compilation serves all.
_INPUTS_AT_A_TIME = 256
# Training inputs by which the noise of the circuits is measured, at most.
_NOISE_INPUTS = 256
# Draws of the posterior in software that they are compared with. All inputs share one draw: variances are known to 4 %.
_DRAWS = 1000
# Reads of single devices that a prediction may take, half a day on one core; and the time that one takes, s.
_MOST_READS, _READ = 4e11, 1e-7


@partial(jax.jit, static_argnames=("samples", "signed", "bias_input"))
def _predict(
    layers: tuple[ArrayLayer, ...],
    key: jax.Array,
    inputs: jax.Array,
    samples: int,
    signed: tuple[bool, ...],
    bias_input: float,
    circuits: tuple[Circuit, ...],
) -> jax.Array:
    """Return outputs (samples, inputs, outputs); memory does not grow with samples but for these."""
    # Behind a ReLU no voltage is below 0. The first layer is driven once, whatever that takes.
    matrices = tuple(
        matrices_of(layer, circuit, positive=index > 0)
        for index, (layer, circuit) in enumerate(zip(layers, circuits, strict=True))
    )

    def driven(index: int, inputs: jax.Array) -> Driven:
        layer, circuit = layers[index], circuits[index]
        voltages = row_voltages(layer, inputs, bias_input, signed[index], circuit)
        return drive(layer, voltages, circuit, matrices[index])

    start_key, scan_key = jax.random.split(key)
    # A prediction finds the devices in equilibrium, and keeps their memory from one sample to the next.
    states = tuple(
        None if layer.noise is None else layer.noise.start(k, len(inputs) * layer.positions)
        for k, layer in zip(jax.random.split(start_key, len(layers)), layers, strict=True)
    )
    # The first layer is driven alike in every sample.
    first = driven(0, inputs)

    def one_sample(states: tuple[Any, ...], sample_key: jax.Array) -> tuple[tuple[Any, ...], jax.Array]:
        hidden, after = inputs, []
        keys = jax.random.split(sample_key, len(layers))
        for index, (layer, state, layer_key) in enumerate(zip(layers, states, keys, strict=True)):
            under = first if index == 0 else driven(index, jax.nn.relu(hidden))
            if samples_columns(layer, len(under.voltages)):
                hidden = sampled(layer, under, layer_key, signed[index], circuits[index])
            else:
                state, currents = read(layer, under, layer_key, state)
                hidden = outputs_of(layer, currents, signed[index], circuits[index])
            after.append(state)
        return tuple(after), hidden

    outputs: jax.Array = jax.lax.scan(one_sample, states, jax.random.split(scan_key, samples))[1]
    return outputs


def _percent(share: float) -> str:
    """Return a share in %, in two digits: 930, where the format alone gives 9.3e+02."""
    return f"{float(f'{100 * share:.2g}'):g}"


def _at_most(value: float) -> str:
    """Return a bound in words: what is smaller than anyone asks for is the same for all chips."""
    return f"up to {value:.1g}" if value >= _NEGLIGIBLE else f"less than {_NEGLIGIBLE:g}"


class Accelerator:
    """A Bayesian neural network on domain-wall and stochastic MTJs.

    Pairs of devices hold every weight. When the object is made, they are programmed and the converters' ranges are
    calibrated on the posterior's calibration inputs; that is one chip, and another key is another chip.

    Parameters
    ----------
    posterior
        What to hold; trained with the device's range of stds.
    models
        The devices.
    settings
        Array, converters and sampling.
    key
        Gives the chip (what differs from device to device, and the programming errors) and the noise during
        calibration.

    Raises
    ------
    ValueError
        The devices cannot hold the posterior, or their reads do not allow the sampling that is asked for; the message
        says what would be accepted.
    """

    def __init__(
        self, posterior: Posterior, models: DeviceModels, settings: AcceleratorSettings, key: RandomKey
    ) -> None:
        self.posterior = posterior
        self.settings = settings
        program_key, calibration_key = jax.random.split(key)
        self._noise_key = jax.random.fold_in(calibration_key, 1)
        keys = jax.random.split(program_key, len(posterior.layers))
        # The first layer's inputs may have either sign; behind a ReLU there is none below 0.
        signed_inputs = bool((posterior.calibration < 0).any())
        temperature = operated_models(models, settings).temperature
        fall = fall_of(models, settings)
        circuit = circuit_of(settings, temperature, fall)
        self.signed = tuple(signed_inputs and index == 0 for index in range(len(posterior.layers)))
        drives = expected_drives(posterior, self.signed, settings.rows, circuit)
        plans = [
            plan(k, layer, models, settings, driven)
            for k, layer, driven in zip(keys, posterior.layers, drives, strict=True)
        ]
        walls = [write(planned) for planned in plans]
        self.programmed = tuple(built(planned, held) for planned, held in zip(plans, walls, strict=True))
        self._circuits = tuple(circuit_of(planned.reading, temperature, fall) for planned in plans)
        written_layers = tuple(written.layer for written in self.programmed)
        ranged, activities = calibrate(
            read_once(written_layers, self._circuits),
            calibration_key,
            jnp.asarray(posterior.calibration, float),
            self.signed,
            posterior.bias_input,
            self._circuits,
            settings.zero_reads,
            "mismatch" not in settings.ideal,
        )
        self.layers = tuple(
            replace(layer, noise=written.noise) for layer, written in zip(ranged, written_layers, strict=True)
        )
        if settings.in_the_loop:
            loop_key, passes = jax.random.fold_in(calibration_key, 2), settings.loop_passes
            self.programmed, self.layers = in_the_loop(
                plans, walls, self.programmed, self.layers, self.signed, self._circuits, posterior, loop_key, passes
            )
        self.noise_budgets: tuple[NoiseBudget, ...] = tuple(
            noise_budget(layer, activity, written.widths, circuit)
            for written, activity, layer, circuit in zip(
                self.programmed, activities, self.layers, self._circuits, strict=True
            )
        )
        self._activity = tuple(
            energy.LayerActivity(
                written.means.sum(axis=(0, 1)),
                written.noisy.sum(axis=0),
                np.asarray(activity.square),
                np.asarray(activity.size),
                written.gate_voltage,
                written.gate_leakage,
                float(layer.mirror),
                written.settings.read_time,
                len(circuit.plane_weights(signed)),
                layer.positions,
                written.mirrored,
                1 + settings.slices,
            )
            for written, activity, layer, signed in zip(
                self.programmed, activities, self.layers, self.signed, strict=True
            )
        )

    @property
    def _devices(self) -> int:
        """Reads of single devices that one pass of one input takes."""
        return sum(
            2 * layer.difference.size * layer.positions
            for layer in self.layers
            if isinstance(layer.noise, RememberingDevices)
        )

    @property
    def draws_devices(self) -> bool:
        """Whether single devices are drawn, each with its memory, in some layer."""
        return self._devices > 0

    def _require_end(self, passes: int) -> None:
        reads = float(self._devices * passes)
        if reads > _MOST_READS:
            correlation = max(written.aggregation.correlation for written in self.programmed)
            # As two digits say it, it is enough.
            tolerance = 1.06 * max(correlation, *(written.aggregation.distance for written in self.programmed))
            raise ValueError(
                f"{reads:.2g} reads of single devices would take {reads * _READ / 86_400:.2g} days; accepted: a longer "
                f"sample_interval (now {self.settings.sample_interval:g} s, at which reads are correlated by up to "
                f"{correlation:.2g}), a sampling_tolerance of {tolerance:.2g} (now "
                f"{self.settings.sampling_tolerance:g}), from which on columns are drawn, or fewer inputs "
                "(data.test_limit, data.shift_limit) or samples"
            )

    def _inputs_at_a_time(self) -> int:
        driven = sum(layer.difference.shape[0] * layer.positions for layer in self.layers)
        few = min(_DEVICES_AT_A_TIME // max(self._devices, 1), _VOLTAGES_AT_A_TIME // driven, _INPUTS_AT_A_TIME)
        return max(1, int(few))

    def predict(self, key: RandomKey, inputs: InputsNumpy, samples: int | None = None) -> OutputSamples:
        """Return `samples` stochastic outputs for every input.

        Parameters
        ----------
        key
            Gives the noise of the devices.
        inputs : (inputs, features)
            Scaled as in training.
        samples
            Successive reads, `settings.sample_interval` apart; ``settings.samples`` by default.

        Returns
        -------
        outputs : (samples, inputs, outputs)
            Logits, or scaled targets.

        Raises
        ------
        ValueError
            Reads of single devices are so many that they would take days.
        """
        samples = self.settings.samples if samples is None else samples
        self._require_end(len(inputs) * samples)
        chunk = self._inputs_at_a_time()
        padded = np.pad(inputs, ((0, -len(inputs) % chunk), (0, 0)))
        outputs = [
            np.asarray(
                _predict(
                    self.layers,
                    jax.random.fold_in(key, start),
                    jnp.asarray(padded[start : start + chunk], float),
                    samples,
                    self.signed,
                    self.posterior.bias_input,
                    self._circuits,
                )
            )
            for start in range(0, len(padded), chunk)
        ]
        return np.concatenate(outputs, axis=1)[:, : len(inputs)]

    @property
    def _measures_noise(self) -> bool:
        measured = self.settings.target_noise == "measured" and self.settings.samples > 1
        return measured and self.posterior.noise_std > 0

    @property
    def _measured_passes(self) -> int:
        """Passes of single inputs that measure the chip after, or while, it is written."""
        passes = _NOISE_INPUTS * self.settings.samples if self._measures_noise else 0
        if self.settings.in_the_loop:
            inputs = min(len(self.posterior.calibration), LOOP_INPUTS)
            passes += MEASUREMENTS * inputs * self.settings.loop_passes
        return passes

    def correction(self, inputs: InputsNumpy, unit: float = 1.0) -> Correction:
        """Return what makes outputs of this chip for a regression those of its posterior; nothing in classification.

        It is measured with the last training inputs, the first being those by which a chip is calibrated. Without a
        measurement the noise of the targets is the posterior's own, and outputs are as they are.

        Parameters
        ----------
        inputs : (inputs, features)
            Of the training part, scaled.
        unit
            Root mean square over them of what the noise of the targets is multiplied by.
        """
        own: float = self.posterior.noise_std
        if not self._measures_noise:
            return Correction(own)
        inputs = inputs[-_NOISE_INPUTS:]
        chip_key, software_key = jax.random.split(self._noise_key)
        chip, software = (
            self.predict(chip_key, inputs),
            software_predict(self.posterior, software_key, inputs, _DRAWS),
        )
        return measured_correction(chip[..., 0].astype(float), software[..., 0].astype(float), own, unit)

    def _current_density(self, index: int) -> tuple[float, float]:
        """Return the largest mean current density of a layer's row lines, and what its metal allows, A/m^2.

        The current is that of a read, whichever its sign, and reads take their share of the sample interval.
        """
        metal, activity = load_metal(self.settings.wire), self._activity[index]
        current = float((activity.mean_voltage / activity.planes * self.programmed[index].lines.conductance).max())
        share = activity.read_time / self.settings.sample_interval
        return share * current / metal.cross_section, metal.current_density.value

    def warnings(self) -> list[str]:
        """Return what of this chip, or of the way it is simulated, is less sure than the rest."""
        lines = []
        for index, (written, layer) in enumerate(zip(self.programmed, self.layers, strict=True)):
            if written.failed:
                lines.append(
                    f"layer {index}: {_percent(written.failed)} % of the domain-wall MTJs do not hold their level: "
                    "the pulses that were characterised did not bring the wall there"
                )
            if written.clamped:
                lines.append(
                    f"layer {index}: {_percent(written.clamped)} % of the stochastic MTJs are clamped to the end of "
                    "the characterised range of voltages, by their offset or by the read voltage"
                )
            if written.mapping.excess > _EXCESS:
                lines.append(
                    f"layer {index}: its weights show {_percent(written.mapping.excess)} % more variance than those of "
                    "the posterior: electrical noise of their reads, and walls at rest, leave no room for smaller stds"
                )
            if written.lines.left > _EXCESS:
                lines.append(
                    f"layer {index}: wires take up to {_percent(1 - written.lines.smallest)} % of a device's "
                    f"current, and weights are off by {_percent(written.lines.left)} % of their variance for what "
                    "writing cannot know of it; smaller tiles (accelerator.rows, columns) or devices of more "
                    "resistance lose less"
                )
            density, limit = self._current_density(index)
            if density > limit:
                lines.append(
                    f"layer {index}: a row line carries {density:.2g} A/m^2 on average, where electromigration "
                    f"allows {limit:.2g} A/m^2; fewer accelerator.columns, devices of more resistance, a lower "
                    "read_voltage or a longer sample_interval make it less"
                )
            aggregated = written.widths is not None and not isinstance(layer.noise, RememberingDevices)
            if aggregated and "reads" not in self.settings.ideal:
                lines.append(
                    f"layer {index}: columns are drawn as Gaussians; successive reads of a device are correlated by "
                    f"{_at_most(written.aggregation.correlation)}, and a column's distribution function is "
                    f"{_at_most(written.aggregation.distance)} from a Gaussian's"
                )
        return lines

    def cost(self, samples: int | None = None) -> energy.Cost:
        """Return energy, latency and area of one prediction of `samples` passes, by part and by layer."""
        return energy.prediction_cost(
            self._activity,
            [written.effort for written in self.programmed],
            self.settings,
            self.posterior.task,
            self.settings.samples if samples is None else samples,
            self._measured_passes,
        )
