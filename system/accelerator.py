"""The accelerator: a posterior on arrays of devices, read as often as a prediction wants samples."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from system import energy
from system.array import ArrayLayer, column_currents, input_voltages, outputs_of, program
from system.calibration import calibrate
from system.devices import DeviceModels
from system.posterior import Posterior
from system.settings import AcceleratorSettings

# Conductances drawn at a time: few enough for the cache of a core, enough to hide the overhead of the loop.
_DRAWS_AT_A_TIME = 200_000


@partial(jax.jit, static_argnames=("samples", "signed", "bias_input", "settings"))
def _predict(
    layers: tuple[ArrayLayer, ...],
    key: jax.Array,
    chunks: jax.Array,
    samples: int,
    signed: tuple[bool, ...],
    bias_input: float,
    settings: AcceleratorSettings,
) -> jax.Array:
    """Return outputs (chunks, samples, chunk, outputs); memory does not grow with samples but for these."""
    noisy = "noise" not in settings.ideal

    def one_chunk(arguments: tuple[jax.Array, jax.Array]) -> jax.Array:
        chunk_key, inputs = arguments
        start_key, scan_key = jax.random.split(chunk_key)
        # A prediction finds the devices in equilibrium, and keeps their memory from one sample to the next.
        states = tuple(
            layer.reads.start(k, (inputs.shape[0], 2, *layer.difference.shape)) if noisy else None
            for k, layer in zip(jax.random.split(start_key, len(layers)), layers, strict=True)
        )

        def one_sample(states: tuple[Any, ...], sample_key: jax.Array) -> tuple[tuple[Any, ...], jax.Array]:
            hidden, after = inputs, []
            keys = jax.random.split(sample_key, len(layers))
            for index, (layer, state, layer_key) in enumerate(zip(layers, states, keys, strict=True)):
                hidden = hidden if index == 0 else jax.nn.relu(hidden)
                state, conductance = layer.reads.advance(layer_key, state) if noisy else (None, None)
                after.append(state)
                voltages = input_voltages(layer, hidden, bias_input, signed[index], settings)
                hidden = outputs_of(layer, column_currents(layer, voltages, conductance, settings), settings)
            return tuple(after), hidden

        return jax.lax.scan(one_sample, states, jax.random.split(scan_key, samples))[1]

    return jax.lax.map(one_chunk, (jax.random.split(key, chunks.shape[0]), chunks))


class Accelerator:
    """A Bayesian neural network on domain-wall and stochastic MTJs.

    Every weight is four devices. When the object is made, they are programmed and the converters' ranges are
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
        Gives the programming errors and the noise during calibration.

    Raises
    ------
    ValueError
        The devices cannot hold the posterior; the message says what would be accepted.
    """

    def __init__(
        self, posterior: Posterior, models: DeviceModels, settings: AcceleratorSettings, key: jax.Array
    ) -> None:
        self.posterior = posterior
        self.settings = settings
        program_key, calibration_key = jax.random.split(key)
        keys = jax.random.split(program_key, len(posterior.layers))
        written = [program(k, layer, models, settings) for k, layer in zip(keys, posterior.layers, strict=True)]
        self.mappings = tuple(mapping for _, mapping, _, _ in written)
        self.programming = tuple(cost for *_, cost in written)
        # The first layer's inputs may have either sign; behind a ReLU there is none below 0.
        signed_inputs = bool((posterior.calibration < 0).any())
        # The other imperfections are in the programmed layers; leaving them out here spares compilations.
        circuit = settings.ideal & {"dac", "adc", "noise"}
        self._circuit = settings.model_copy(update={"ideal": circuit})
        self.signed = tuple(signed_inputs and index == 0 for index in range(len(written)))
        self.layers, squares = calibrate(
            tuple(layer for layer, *_ in written),
            calibration_key,
            jnp.asarray(posterior.calibration, float),
            self.signed,
            posterior.bias_input,
            self._circuit,
        )
        self._activity = tuple(
            energy.LayerActivity(
                conductance.sum(axis=0),
                np.asarray(models.smtj.mean(mapping.gate)).sum(axis=0),
                np.asarray(square),
                mapping.gate[0],
                mapping.mirror,
            )
            for (_, mapping, conductance, _), square in zip(written, squares, strict=True)
        )

    def predict(self, key: jax.Array, inputs: np.ndarray, samples: int | None = None) -> np.ndarray:
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
        """
        samples = self.settings.samples if samples is None else samples
        devices = sum(2 * layer.difference.size for layer in self.layers)
        chunk = int(np.clip(_DRAWS_AT_A_TIME // devices, 1, len(inputs)))
        padding = -len(inputs) % chunk
        padded = np.concatenate([inputs, np.zeros((padding, inputs.shape[1]))]) if padding else np.asarray(inputs)
        chunks = jnp.asarray(padded.reshape(-1, chunk, inputs.shape[1]), float)
        outputs = _predict(self.layers, key, chunks, samples, self.signed, self.posterior.bias_input, self._circuit)
        flat = np.moveaxis(np.asarray(outputs), 1, 0).reshape(samples, len(padded), -1)
        return flat[:, : len(inputs)]

    def cost(self, samples: int | None = None) -> energy.Cost:
        """Return energy and latency of one prediction of `samples` passes, by part and by layer."""
        return energy.prediction_cost(
            self._activity,
            self.programming,
            self.settings,
            self.posterior.task,
            self.settings.samples if samples is None else samples,
        )
