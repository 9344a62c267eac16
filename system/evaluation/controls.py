"""Negative controls: chips whose noise is wrong. Figures that they meet as well say nothing of the noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.data.seeds import generator
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.devices import DeviceModels
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import MOST_READS, device_reads
from magbayes.system.evaluation.prediction import correction_of, every_input, paired, prediction_of, split_inputs
from magbayes.system.evaluation.variants import NOISE_OFF
from magbayes.system.network.posterior import Posterior
from magbayes.system.settings import AcceleratorSettings

FACTORS = (0.5, 2.0)
"""What all stds are multiplied with in two of the controls."""


def _with_stds(posterior: Posterior, stds: list[np.ndarray]) -> Posterior:
    layers = tuple(replace(layer, std=std) for layer, std in zip(posterior.layers, stds, strict=True))
    return replace(posterior, layers=layers)


def controls(
    posterior: Posterior, settings: AcceleratorSettings, seed: int
) -> Iterator[tuple[str, Posterior, AcceleratorSettings]]:
    """Yield controls by name: what is written, and how it is read.

    Stochastic MTJs that do not fluctuate; all stds half as large, or twice; the stds of a layer in another order; one
    std for all weights of a layer, the geometric mean of those above 0.
    """
    stds = [layer.std for layer in posterior.layers]
    yield NOISE_OFF, posterior, settings.model_copy(update={"ideal": settings.ideal | {"noise"}})
    for factor in FACTORS:
        yield f"sigma × {factor:g}", _with_stds(posterior, [factor * std for std in stds]), settings
    rng = generator(seed, "controls")
    yield "sigmas permuted", _with_stds(posterior, [rng.permuted(std, axis=None) for std in stds]), settings
    one = [np.full_like(std, np.exp(np.log(std[std > 0]).mean())) for std in stds]
    yield "one sigma a layer", _with_stds(posterior, one), settings


class Controlled(NamedTuple):
    """What chips with wrong noise do, by control."""

    figures: dict[str, dict[str, Estimate]]
    """Metrics, of inputs from elsewhere too."""
    gaps: dict[str, dict[str, Estimate]]
    """Figures less those of the posterior in software, input by input."""
    bought: dict[str, Estimate]
    """Figures of the chip that is looked at less those of the same chip without noise."""
    left_out: list[str]
    """Which controls could not be made, and why."""


def negative_controls(
    dataset: Dataset,
    posterior: Posterior,
    models: DeviceModels,
    settings: AcceleratorSettings,
    keys: tuple[jax.Array, jax.Array],
    outputs: np.ndarray,
    noise_std: float,
    software: np.ndarray,
    seed: int,
    by_device: bool = False,
) -> Controlled:
    """Look at every control.

    Parameters
    ----------
    dataset, posterior, models, settings
        As of the chip that is looked at.
    keys
        Of that chip and of its noise, which the controls share.
    outputs, software : (samples, inputs, outputs)
        What that chip, and the posterior in software, predict for `every_input`.
    noise_std
        Noise of the targets that is added to what that chip puts out.
    seed
        Of the permutation, and of the intervals.
    by_device
        Whether that chip draws devices and not columns. The controls do, too, if that does not take too long: the same
        program serves them.
    """
    found = Controlled({}, {}, {}, [])
    own, reference = (split_inputs(of, dataset) for of in (outputs, software))
    many = device_reads(posterior, settings.samples * len(dataset.test_inputs)) > MOST_READS
    if by_device and not many:
        settings = settings.model_copy(update={"sampling": "devices"})
    for name, written, read in controls(posterior, settings, seed):
        if many and read.sampling == "devices" and name != NOISE_OFF:
            found.left_out.append(f"{name}: no such control, which would take too many reads of single devices")
            continue
        try:
            chip = Accelerator(written, models, read, keys[0])
        except ValueError as error:
            found.left_out.append(f"{name}: no such control, which the devices do not hold: {error}")
            continue
        correction = correction_of(chip, dataset)
        predicted, noise = correction.of(chip.predict(keys[1], every_input(dataset))), correction.noise_std
        theirs = split_inputs(predicted, dataset)
        found.figures[name] = prediction_of(predicted, noise, dataset, seed).metrics
        found.gaps[name] = paired(theirs, reference, (noise, posterior.noise_std), dataset, seed)
        if name == NOISE_OFF:
            found.bought.update(paired(own, theirs, (noise_std, noise), dataset, seed))
    return found
