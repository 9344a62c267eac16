"""How hard the rows of a network's layers will be driven, before there is a chip: from its means, in software."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.array.circuit import Circuit
from magbayes.system.array.electrical import Drive
from magbayes.system.array.layer import voltages_of
from magbayes.system.array.ranges import Activity, activity_of, input_range
from magbayes.system.array.tmr import signal
from magbayes.system.network.convolution import Kernel, pooled
from magbayes.system.network.posterior import Posterior


@partial(jax.jit, static_argnames=("kernels", "signed", "bias_input"))
def _activities(
    means: tuple[jax.Array, ...],
    inputs: jax.Array,
    kernels: tuple[Kernel | None, ...],
    signed: tuple[bool, ...],
    bias_input: float,
    circuit: Circuit,
) -> list[Activity]:
    hidden, activities = inputs, []
    for index, (mean, kernel) in enumerate(zip(means, kernels, strict=True)):
        largest = input_range(hidden, index, bias_input, circuit)
        voltages = voltages_of(kernel, largest, hidden, bias_input, signed[index], circuit)
        weights = jnp.asarray(circuit.plane_weights(signed[index]), voltages.dtype)
        activities.append(activity_of(voltages, weights, circuit))
        counted = jnp.tensordot(weights, signal(voltages, circuit.fall), axes=1)
        summed = counted @ mean * largest / circuit.full_signal
        if kernel is not None:
            summed = pooled(kernel, summed.reshape(len(hidden), -1, summed.shape[-1]))
        hidden = jax.nn.relu(summed)
    return activities


def _typical(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `Drive.typical` and `Drive.lean` of rows by moments (3, rows) of their voltages."""
    second, third, fourth = moments
    driven = np.maximum(second, np.finfo(float).tiny)
    return np.sqrt(fourth / driven), third / driven


def expected_drives(posterior: Posterior, signed: tuple[bool, ...], tile: int, circuit: Circuit) -> list[Drive]:
    """Return how the rows of every layer are driven on average over the calibration inputs, in tiles of `tile` rows."""
    activities = _activities(
        tuple(jnp.asarray(layer.mean, float) for layer in posterior.layers),
        jnp.asarray(posterior.calibration, float),
        tuple(layer.kernel for layer in posterior.layers),
        signed,
        posterior.bias_input,
        circuit,
    )
    return [
        Drive(
            np.asarray(activity.moments[0], float),
            float(activity.factor.mean()),
            # Amplifiers add noise once a bit, as junctions do.
            min(tile, len(layer.mean)) * float(activity.planes),
            *_typical(np.asarray(activity.moments, float)),
        )
        for activity, layer in zip(activities, posterior.layers, strict=True)
    ]
