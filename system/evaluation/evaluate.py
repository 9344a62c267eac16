"""What a trained network does in software and on the accelerator, at what cost, and what each imperfection adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.data.keys import random_key
from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.budget import NoiseBudget
from magbayes.system.array.devices import DeviceModels
from magbayes.system.cost.digital import DigitalCost, digital_costs
from magbayes.system.cost.energy import Cost
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import ablation
from magbayes.system.evaluation.prediction import Prediction, every_input, figures_of, prediction_of
from magbayes.system.evaluation.tradeoff import OperatingPoint, operating_points
from magbayes.system.evaluation.variants import ACCELERATOR, DETERMINISTIC, DEVICE_RANGE, SOFTWARE
from magbayes.system.network.ensemble import NetworkEnsemble, ensemble_predict
from magbayes.system.network.posterior import Posterior, TrainedNetworks, software_predict
from magbayes.system.settings import AcceleratorSettings


@dataclass(frozen=True)
class Evaluation:
    """All that is known of one network.

    Attributes
    ----------
    predictions
        Of every variant.
    cost
        Of a prediction on the accelerator.
    digital
        Of the same network and samples in digital logic, by name.
    tradeoff
        The accelerator with fewer samples, and with other times between them.
    ablation
        Metrics of an ideal chip, and of one with each imperfection alone; empty where it was not asked for.
    warnings
        What of the chip, or of how it is simulated, is less sure.
    budgets
        Noise of a read by its sources, of every layer of the first chip.
    """

    predictions: dict[str, Prediction]
    cost: Cost
    digital: dict[str, DigitalCost]
    tradeoff: list[OperatingPoint]
    ablation: dict[str, dict[str, Estimate]]
    warnings: list[str]
    budgets: Sequence[NoiseBudget]


def _keys(seed: int, chip: int) -> tuple[jax.Array, jax.Array]:
    """Return keys for a chip and for its noise, of a kind that is faster than the default on one core."""
    return random_key(seed, "chip", chip, impl="rbg"), random_key(seed, "noise", chip, impl="rbg")


def _software(posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array, seed: int) -> Prediction:
    return prediction_of(lambda x: software_predict(posterior, key, x, samples), posterior.noise_std, dataset, seed)


def _baseline(
    ensemble: NetworkEnsemble, posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array, seed: int
) -> Prediction:
    kernels = [layer.kernel for layer in posterior.layers]
    return prediction_of(
        lambda x: ensemble_predict(ensemble, kernels, key, x, samples),
        # One network with dropout has one noise, however often it is sampled.
        ensemble.noise_std[:, None] if len(ensemble.noise_std) > 1 else float(ensemble.noise_std[0]),
        dataset,
        seed,
    )


def _over_chips(first: Prediction, further: Sequence[Mapping[str, Estimate]]) -> Prediction:
    """Return the `first` chip's predictions; figures that every chip has are means with intervals over all chips."""
    figures = dict(first.metrics)
    for name in figures:
        if all(name in chip for chip in further):
            largest = 1.0 if name.startswith(metrics.SHARES) else np.inf
            figures[name] = metrics.over_chips([first.metrics[name], *(chip[name] for chip in further)], largest)
    return replace(first, metrics=figures)


def evaluate(
    dataset: Dataset,
    trained: TrainedNetworks,
    models: DeviceModels,
    settings: AcceleratorSettings,
    seed: int,
    baselines: Mapping[str, NetworkEnsemble] | None = None,
    chips: int = 1,
    intervals: Sequence[float] = (),
    with_ablation: bool = False,
) -> Evaluation:
    """Compare the software networks with the accelerator on the test part of `dataset`.

    The variants (see `variants`): ``deterministic``; those of `baselines` (``dropout``, ``ensemble``, ``nuts``);
    ``software``, the unconstrained posterior; ``software (device range)``, the device-range posterior, in floating
    point; and ``accelerator``, that one on the devices. The accelerator's figures are means over
    `chips`, each with devices and noise of its own, and their intervals hold the spread between chips beside that over
    inputs; what it predicts is that of the first chip. At other `intervals` (s) between samples, and for the ablation,
    that chip is looked at again.

    The noise of the software variants and that of the first chip come from one key, since they differ in nothing else
    that is random; so do the inputs that intervals are resampled from.
    """
    chip_key, noise_key = keys = _keys(seed, 0)
    samples = settings.samples
    predictions = {DETERMINISTIC: _software(trained.deterministic, dataset, 1, noise_key, seed)}
    for name, ensemble in (baselines or {}).items():
        predictions[name] = _baseline(ensemble, trained.posterior, dataset, samples, noise_key, seed)
    predictions[SOFTWARE] = _software(trained.unconstrained, dataset, samples, noise_key, seed)
    predictions[DEVICE_RANGE] = _software(trained.posterior, dataset, samples, noise_key, seed)
    accelerator = Accelerator(trained.posterior, models, settings, chip_key)
    noise_std = trained.posterior.noise_std
    draws = accelerator.predict(noise_key, every_input(dataset))
    first, further = prediction_of(lambda _: draws, noise_std, dataset, seed), []
    # Shifts are told apart on the first chip only: they would double the work on every further one.
    for index in range(1, chips):
        chip, noise = _keys(seed, index)
        outputs = Accelerator(trained.posterior, models, settings, chip).predict(noise, dataset.test_inputs)
        further.append(figures_of(outputs, noise_std, dataset, seed))
    predictions[ACCELERATOR] = _over_chips(first, further)
    chip_inputs = (dataset, trained.posterior, models, settings)
    of_test = draws[:, : len(dataset.test_inputs)]
    points, unlooked = operating_points(dataset, accelerator, of_test, models, intervals, keys, seed)
    table, left_out = ablation(*chip_inputs, keys, seed) if with_ablation else ({}, [])
    return Evaluation(
        predictions,
        accelerator.cost(),
        digital_costs(trained.posterior, settings),
        points,
        table,
        [*accelerator.warnings(), *unlooked, *left_out],
        accelerator.noise_budgets,
    )
