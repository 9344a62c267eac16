"""Energy and latency against calibration: fewer or more samples, and shorter or longer times between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.correction import Correction
from magbayes.system.array.devices import DeviceModels
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import MOST_READS, device_reads
from magbayes.system.evaluation.prediction import correction_of, figures_of


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


def operating_points(
    dataset: Dataset,
    chip: Accelerator,
    draws: np.ndarray,
    correction: Correction,
    models: DeviceModels,
    intervals: Sequence[float],
    keys: tuple[jax.Array, jax.Array],
    seed: int,
) -> tuple[list[OperatingPoint], list[str]]:
    """Return a chip with fewer samples, then with other `intervals` (s) between them; and what had to be left out.

    Fewer samples are the first of many, so that neighbours differ by the samples and not by luck: of `draws` (samples,
    inputs, outputs), what `chip` puts out for the test inputs, uncorrected; `correction` is that chip's. With another
    interval it is the same chip again, whose devices and noise `keys` (chip, noise) give.
    """
    posterior, settings = chip.posterior, chip.settings

    def point(chip: Accelerator, draws: np.ndarray, samples: int, correction: Correction) -> OperatingPoint:
        cost = chip.cost(samples)
        metrics = figures_of(correction.of(draws[:samples]), correction.noise_std, dataset, seed)
        return OperatingPoint(samples, chip.settings.sample_interval, cost.total, cost.latency, metrics)

    left_out = []
    points = [point(chip, draws, samples, correction) for samples in sample_counts(settings.samples)]
    # What single devices would take too long for, columns do if they are allowed.
    few = device_reads(posterior, settings.samples * len(dataset.test_inputs)) <= MOST_READS
    for interval in intervals:
        if interval == settings.sample_interval:
            continue
        sampling = settings.sampling if few else "columns"
        chip_settings = settings.model_copy(update={"sample_interval": interval, "sampling": sampling})
        try:
            other = Accelerator(posterior, models, chip_settings, keys[0])
        except ValueError as error:
            left_out.append(f"reads {interval:g} s apart are not looked at: {error}")
            continue
        of_test = other.predict(keys[1], dataset.test_inputs)
        points.append(point(other, of_test, settings.samples, correction_of(other, dataset)))
    return points, left_out
