"""Negative controls: chips whose noise is wrong. Figures that they meet as well say nothing of the noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.data.seeds import generator
from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.devices import DeviceModels
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import MOST_READS, device_reads
from magbayes.system.evaluation.prediction import every_input, figures_of, split_inputs
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
    std for all weights of a layer, their geometric mean.
    """
    stds = [layer.std for layer in posterior.layers]
    yield NOISE_OFF, posterior, settings.model_copy(update={"ideal": settings.ideal | {"noise"}})
    for factor in FACTORS:
        yield f"sigma × {factor:g}", _with_stds(posterior, [factor * std for std in stds]), settings
    rng = generator(seed, "controls")
    yield "sigmas permuted", _with_stds(posterior, [rng.permuted(std, axis=None) for std in stds]), settings
    one = [np.full_like(std, np.exp(np.log(std).mean())) for std in stds]
    yield "one sigma a layer", _with_stds(posterior, one), settings


def bought(
    with_noise: np.ndarray, without: np.ndarray, noise_std: metrics.Noise, dataset: Dataset, seed: int
) -> dict[str, Estimate]:
    """Return figures of a chip less those of the same chip without noise, with intervals over inputs that both share.

    Both predict `every_input` of the data set: (samples, inputs, outputs).
    """
    (ours, _, ours_shifted), (theirs, _, theirs_shifted) = (split_inputs(of, dataset) for of in (with_noise, without))
    if dataset.task == "regression":
        args = noise_std, dataset.test_targets, dataset.target_scale
        one, other = (metrics.regression_statistics(of[..., 0], *args) for of in (ours, theirs))
        return metrics.differences(one, other, len(dataset.test_targets), seed)
    labels = dataset.test_targets
    one, other = (metrics.classification_statistics(metrics.probabilities(of), labels) for of in (ours, theirs))
    found = metrics.differences(one, other, len(labels), seed)
    for name in dataset.shifted:
        scores = [
            np.concatenate([metrics.entropy(inside).total, metrics.entropy(shifted[name]).total])
            for inside, shifted in ((ours, ours_shifted), (theirs, theirs_shifted))
        ]
        outside = np.arange(len(scores[0])) >= len(labels)
        one, other = ({f"auroc_{name}": metrics.auroc_of(score, outside)} for score in scores)
        found |= metrics.differences(one, other, len(outside), seed)
    return found


def negative_controls(
    dataset: Dataset,
    posterior: Posterior,
    models: DeviceModels,
    settings: AcceleratorSettings,
    keys: tuple[jax.Array, jax.Array],
    outputs: np.ndarray,
    seed: int,
) -> tuple[dict[str, dict[str, Estimate]], dict[str, Estimate], list[str]]:
    """Return the metrics of every control, what the noise buys, and which controls could not be made.

    Parameters
    ----------
    dataset, posterior, models, settings
        As of the chip that is looked at.
    keys
        Of that chip and of its noise, which the controls share.
    outputs : (samples, inputs, outputs)
        What that chip predicts for `every_input`.
    seed
        Of the permutation, and of the intervals.
    """
    found: dict[str, dict[str, Estimate]] = {}
    gained: dict[str, Estimate] = {}
    left_out = []
    many = device_reads(posterior, settings.samples * len(dataset.test_inputs)) > MOST_READS
    for name, written, read in controls(posterior, settings, seed):
        if many and read.sampling == "devices" and name != NOISE_OFF:
            left_out.append(f"{name}: no such control, which would take too many reads of single devices")
            continue
        try:
            chip = Accelerator(written, models, read, keys[0])
        except ValueError as error:
            left_out.append(f"{name}: no such control, which the devices do not hold: {error}")
            continue
        if name == NOISE_OFF:
            quiet = chip.predict(keys[1], every_input(dataset))
            gained = bought(outputs, quiet, posterior.noise_std, dataset, seed)
            of_test = quiet[:, : len(dataset.test_inputs)]
        else:
            of_test = chip.predict(keys[1], dataset.test_inputs)
        found[name] = figures_of(of_test, posterior.noise_std, dataset, seed)
    return found, gained, left_out
