"""Energy and latency against calibration: fewer or more samples, and shorter or longer times between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.devices import DeviceModels
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import MOST_READS, device_reads
from magbayes.system.evaluation.prediction import prediction_of, test_part
from magbayes.system.network.posterior import Posterior
from magbayes.system.settings import AcceleratorSettings


@dataclass(frozen=True)
class OperatingPoint:
    """One way to use a chip.

    Attributes
    ----------
    samples, interval
        Stochastic passes in a prediction, and seconds between them.
    energy, latency
        Of a prediction, J and s.
    metrics
        By name.
    """

    samples: int
    interval: float
    energy: float
    latency: float
    metrics: dict[str, Estimate]


def sample_counts(samples: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, ... up to `samples`, which is the last."""
    steps = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    return [*(count for count in steps if count < samples), samples]


def _taken(draws: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return `draws` of the same `inputs`, which were predicted before."""
    return draws


def operating_points(
    dataset: Dataset,
    posterior: Posterior,
    models: DeviceModels,
    settings: AcceleratorSettings,
    intervals: Sequence[float],
    keys: tuple[jax.Array, jax.Array],
    seed: int,
) -> tuple[list[OperatingPoint], list[str]]:
    """Return one chip with fewer samples, then with other `intervals` (s) between them; and what had to be left out.

    Fewer samples are the first of many, so that neighbours differ by the samples and not by luck; the same holds for
    the chip, which `keys` (chip, noise) draw.
    """
    test, points, left_out = test_part(dataset), [], []
    # What single devices would take too long for, columns do if they are allowed.
    few = device_reads(posterior, settings.samples * len(dataset.test_inputs)) <= MOST_READS
    for interval in (settings.sample_interval, *intervals):
        own = interval == settings.sample_interval
        sampling = settings.sampling if few or own else "columns"
        chip_settings = settings.model_copy(update={"sample_interval": interval, "sampling": sampling})
        try:
            accelerator = Accelerator(posterior, models, chip_settings, keys[0])
        except ValueError as error:
            left_out.append(f"reads {interval:g} s apart are not looked at: {error}")
            continue
        draws = accelerator.predict(keys[1], test.test_inputs)
        for samples in sample_counts(settings.samples) if own else [settings.samples]:
            cost = accelerator.cost(samples)
            prediction = prediction_of(partial(_taken, draws[:samples]), posterior.noise_std, test, seed)
            points.append(OperatingPoint(samples, interval, cost.total, cost.latency, prediction.metrics))
    return points, left_out
