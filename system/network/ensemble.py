"""Networks whose predictions are averaged: what the baselines are, and the file that keeps them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import jax
import jax.numpy as jnp
import numpy as np

from magbayes.data import container
from magbayes.data.container import Form, Quantity
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.model import dropped
from magbayes.system.network.posterior import forward, predict_by_sample

FORMAT, VERSION = "magbayes baselines", 3


@dataclass(frozen=True)
class NetworkEnsemble:
    """Networks of one shape: members that were trained apart, draws of a posterior, or one with dropout.

    Attributes
    ----------
    weights : (members, inputs + 1, outputs) by layer
        The last row is the bias. A layer that all members share is there once: (1, inputs + 1, outputs).
    noise_std : (members,)
        Std of the Gaussian likelihood in scaled target units; 0 for classification.
    dropout
        Rate at which hidden units are left out, anew for every input and sample.
    bias_input
        The constant that drives the bias row of every layer.
    temperature
        What the outputs are divided by.
    """

    weights: tuple[np.ndarray, ...]
    noise_std: np.ndarray
    dropout: float
    bias_input: float
    temperature: float = 1.0


def ensemble_predict(
    ensemble: NetworkEnsemble, kernels: Sequence[Kernel | None], key: jax.Array, inputs: np.ndarray, samples: int
) -> np.ndarray:
    """Return outputs (samples, inputs, outputs): of every member once, or of the one with dropout `samples` times."""
    members = [jnp.asarray(weight, float) for weight in ensemble.weights]

    def draw(index: jax.Array, x: jax.Array) -> jax.Array:
        own = [weight[index if len(weight) > 1 else 0] for weight in members]
        return forward(own, x, ensemble.bias_input, kernels) / ensemble.temperature

    def draw_dropped(sample_key: jax.Array, x: jax.Array) -> jax.Array:
        weights = [weight[0] for weight in members]
        return forward(weights, x, ensemble.bias_input, kernels, dropped(sample_key, ensemble.dropout))

    if ensemble.dropout:
        return predict_by_sample(draw_dropped, jax.random.split(key, samples), inputs)
    return predict_by_sample(draw, jnp.arange(len(ensemble.noise_std)), inputs)


def write_baselines(
    path: str | os.PathLike[str], baselines: Mapping[str, NetworkEnsemble], provenance: Mapping[str, Any]
) -> None:
    """Write ensembles, each in a group of its own name; there may be none."""
    data = {"names": Quantity(np.array(list(baselines), h5py.string_dtype()), "1", "baselines in this file")}
    for name, ensemble in baselines.items():
        for index, weight in enumerate(ensemble.weights):
            data[f"{name}/weight{index}"] = Quantity(
                weight, "1", "weights; members, or 1 that they share, then inputs and the bias, outputs"
            )
        data[f"{name}/noise_std"] = Quantity(ensemble.noise_std, "1", "std of the likelihood, scaled target units")
        data[f"{name}/dropout"] = Quantity(ensemble.dropout, "1", "rate at which hidden units are left out")
        data[f"{name}/temperature"] = Quantity(ensemble.temperature, "1", "what the outputs are divided by")
        data[f"{name}/bias_input"] = Quantity(ensemble.bias_input, "1", "constant input of the bias row")
    container.write(path, FORMAT, VERSION, data, provenance)


def read_baselines(path: str | os.PathLike[str]) -> dict[str, NetworkEnsemble]:
    """Read what `write_baselines` wrote.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The file is absent, damaged, foreign or incomplete.
    """
    contents = container.read(path, FORMAT, VERSION, {"names": Form("1", ("*",), text=True)})
    data, names = contents.data, [str(name) for name in contents["names"]]
    ensembles = {}
    for name in names:
        count = max(1, sum(key.startswith(f"{name}/weight") for key in data))
        weights = [f"{name}/weight{index}" for index in range(count)]
        members = f"members of {name}"
        # A layer that all members share.
        lengths = {key: "1" if key in data and len(np.atleast_1d(data[key])) == 1 else members for key in weights}
        contents.require(
            {
                f"{name}/noise_std": Form("1", (members,)),
                f"{name}/dropout": Form("1", ()),
                f"{name}/bias_input": Form("1", ()),
                f"{name}/temperature": Form("1", ()),
                **{key: Form("1", (length, "*", "*")) for key, length in lengths.items()},
            }
        )
        ensembles[name] = NetworkEnsemble(
            tuple(data[key] for key in weights),
            data[f"{name}/noise_std"],
            float(data[f"{name}/dropout"]),
            float(data[f"{name}/bias_input"]),
            float(data[f"{name}/temperature"]),
        )
    shapes = {name: [weight.shape[1:] for weight in ensemble.weights] for name, ensemble in ensembles.items()}
    for name in names:
        if shapes[name] != shapes[names[0]]:
            raise container.FileFormatError(
                f"{path}: {name} has weights {shapes[name]}; {names[0]} has {shapes[names[0]]}"
            )
    return ensembles
