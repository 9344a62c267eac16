"""Ablation: an ideal chip, and chips that have one imperfection each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import jax

from magbayes.data.estimate import Estimate
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.devices import DeviceModels
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.prediction import correction_of, figures_of
from magbayes.system.evaluation.variants import IDEAL, ONLY
from magbayes.system.network.posterior import Posterior
from magbayes.system.settings import AcceleratorSettings, Imperfection

# Each is added alone to an ideal chip, whose noise is white, Gaussian and of the right width.
IMPERFECTIONS: tuple[Imperfection, ...] = tuple(name for name in get_args(Imperfection) if name != "noise")
MOST_READS = 2_000_000_000
"""Reads of single devices that a table may take, about 100 ns each; what takes more is left out, and said."""


def device_reads(posterior: Posterior, predictions: int) -> float:
    """Return how many reads of single stochastic MTJs `predictions` passes take."""
    return float(sum(2 * layer.mean.size * layer.positions for layer in posterior.layers) * predictions)


def _chips(settings: AcceleratorSettings) -> Iterator[tuple[str, AcceleratorSettings]]:
    ideal = settings.ideal.union(IMPERFECTIONS)
    yield IDEAL, settings.model_copy(update={"ideal": ideal})
    for name in IMPERFECTIONS:
        if name not in settings.absent | settings.ideal:
            # Columns stand for reads that are white and Gaussian: what these cost only single devices can tell.
            sampling = "devices" if name == "reads" else settings.sampling
            yield f"{ONLY}{name}", settings.model_copy(update={"ideal": ideal - {name}, "sampling": sampling})


def ablation(
    dataset: Dataset,
    posterior: Posterior,
    models: DeviceModels,
    settings: AcceleratorSettings,
    keys: tuple[jax.Array, jax.Array],
    seed: int,
) -> tuple[dict[str, dict[str, Estimate]], list[str]]:
    """Return the metrics of an ideal chip and of one with each imperfection alone, and what had to be left out.

    All chips share their `keys` (chip, noise), so that they differ by the imperfection and not by luck.
    """
    results, left_out = {}, []
    reads = device_reads(posterior, settings.samples * len(dataset.test_inputs))
    for name, chip_settings in _chips(settings):
        if chip_settings.sampling == "devices" and reads > MOST_READS:
            left_out.append(f"{name}: not in the ablation, which would take {reads:.1g} reads of single devices")
            continue
        accelerator = Accelerator(posterior, models, chip_settings, keys[0])
        correction = correction_of(accelerator, dataset)
        outputs = correction.of(accelerator.predict(keys[1], dataset.test_inputs))
        results[name] = figures_of(outputs, correction.noise_std, dataset, seed)
    return results, left_out
