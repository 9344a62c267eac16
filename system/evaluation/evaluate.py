"""What a trained network does in software and on the accelerator, at what cost, and what each imperfection adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.data.keys import random_key
from magbayes.system import metrics
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.budget import NoiseBudget
from magbayes.system.array.devices import DeviceModels
from magbayes.system.cost.comparison import Comparison, compare
from magbayes.system.cost.energy import Cost
from magbayes.system.cost.rivals import rivals
from magbayes.system.cost.work import Layer
from magbayes.system.datasets import Dataset
from magbayes.system.evaluation.ablation import ablation
from magbayes.system.evaluation.chips import figures_by_chip, noiseless_gaps, without_stds
from magbayes.system.evaluation.completeness import OF_PASSES
from magbayes.system.evaluation.controls import Controlled, negative_controls
from magbayes.system.evaluation.prediction import Prediction, correction_of, every_input, figures_of, prediction_of
from magbayes.system.evaluation.tradeoff import OperatingPoint, operating_points, sample_counts
from magbayes.system.evaluation.variants import (
    ACCELERATOR,
    DETERMINISTIC,
    DEVICE_RANGE,
    DROPOUT,
    ENSEMBLE,
    SOFTWARE,
)
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
    comparison
        Its energy with an interval, beside that of other circuits.
    quality
        Metrics of software networks by the number of passes, by variant.
    tradeoff
        The accelerator with fewer samples, and with other times between them.
    ablation
        Metrics of an ideal chip, and of one with each imperfection alone; empty where it was not asked for.
    controls
        The first chip with wrong noise; empty where that was not asked for.
    warnings
        What of the chip, or of how it is simulated, is less sure.
    budgets
        Noise of a read by its sources, of every layer of the first chip.
    chips : (chips,) by name
        Figures of each chip.
    chip_noise : (chips,)
        Std of the noise of the targets that each chip was given, scaled; 0 in classification.
    noiseless
        Figures of the posterior in software without its stds, less those with them.
    """

    predictions: dict[str, Prediction]
    cost: Cost
    comparison: Comparison
    quality: dict[str, list[tuple[int, dict[str, Estimate]]]]
    tradeoff: list[OperatingPoint]
    ablation: dict[str, dict[str, Estimate]]
    controls: Controlled
    warnings: list[str]
    budgets: Sequence[NoiseBudget]
    chips: Mapping[str, np.ndarray]
    chip_noise: np.ndarray
    noiseless: Mapping[str, Estimate]


def _keys(seed: int, chip: int) -> tuple[jax.Array, jax.Array]:
    """Return keys for a chip and for its noise, of a kind that is faster than the default on one core."""
    return random_key(seed, "chip", chip, impl="rbg"), random_key(seed, "noise", chip, impl="rbg")


class _Sampled(NamedTuple):
    """What a software network puts out for all inputs (samples, inputs, outputs), and the noise of its targets."""

    outputs: np.ndarray
    noise_std: metrics.Noise

    def prediction(self, dataset: Dataset, seed: int) -> Prediction:
        """Return what it predicts."""
        return prediction_of(self.outputs, self.noise_std, dataset, seed)

    def by_samples(self, counts: Sequence[int], dataset: Dataset, seed: int) -> list[tuple[int, dict[str, Estimate]]]:
        """Return passes, and the metrics of that many of its own, `OF_PASSES` alone."""
        test = self.outputs[:, : len(dataset.test_inputs)]
        wanted = OF_PASSES[dataset.task]
        figures = ((count, figures_of(test[:count], self.noise_std, dataset, seed)) for count in counts)
        return [(count, {name: values[name] for name in wanted}) for count, values in figures]


def _software(posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array) -> _Sampled:
    return _Sampled(software_predict(posterior, key, every_input(dataset), samples), posterior.noise_std)


def _baseline(
    ensemble: NetworkEnsemble, posterior: Posterior, dataset: Dataset, samples: int, key: jax.Array
) -> _Sampled:
    kernels = [layer.kernel for layer in posterior.layers]
    return _Sampled(
        ensemble_predict(ensemble, kernels, key, every_input(dataset), samples),
        # One network with dropout has one noise, however often it is sampled.
        ensemble.noise_std[:, None] if len(ensemble.noise_std) > 1 else float(ensemble.noise_std[0]),
    )


def _figures_over_chips(chips: Sequence[Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """Return figures of the first chip; those that every chip has are means with intervals over all chips."""
    figures = dict(chips[0])
    for name in figures:
        if all(name in chip for chip in chips):
            largest = 1.0 if name.startswith(metrics.SHARES) else np.inf
            figures[name] = metrics.over_chips([chip[name] for chip in chips], largest)
    return figures


def _over_chips(chips: Sequence[Prediction]) -> Prediction:
    """Return the first chip's predictions with the figures over all chips, and the scores of each."""
    return replace(
        chips[0],
        metrics=_figures_over_chips([chip.metrics for chip in chips]),
        scores=_scores_of_chips([chip.scores for chip in chips]),
        blended={f: _figures_over_chips([chip.blended[f] for chip in chips]) for f in chips[0].blended},
        blended_scores={f: _scores_of_chips([chip.blended_scores[f] for chip in chips]) for f in chips[0].blended},
    )


def _scores_of_chips(chips: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return scores (chips, inputs) of those of each chip (1, inputs), by name."""
    return {name: np.concatenate([chip[name] for chip in chips]) for name in chips[0]}


def _check_fit(posterior: Posterior, dataset: Dataset) -> None:
    """Refuse networks of another task, or for another number of inputs."""
    if posterior.task != dataset.task:
        raise ValueError(f"the networks are of a {posterior.task}, the data set is of a {dataset.task}")
    first, inputs = posterior.layers[0], dataset.test_inputs.shape[1]
    if first.kernel is None and len(first.mean) != inputs + 1:
        raise ValueError(f"the networks have {len(first.mean) - 1} inputs, the data set has {inputs}")


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
    with_controls: bool = False,
) -> Evaluation:
    """Compare the software networks with the accelerator on the test part of `dataset`.

    The variants (see `variants`): ``deterministic``; those of `baselines` (``temperature``, ``dropout``, ``ensemble``,
    ``laplace``, ``nuts``);
    ``software``, the unconstrained posterior; ``software (device range)``, the device-range posterior, in floating
    point; and ``accelerator``, that one on the devices. The accelerator's figures are means over
    `chips`, each with devices and noise of its own, and their intervals hold the spread between chips beside that over
    inputs; what it predicts is that of the first chip. At other `intervals` (s) between samples, and for the ablation,
    that chip is looked at again.

    The noise of the software variants and that of the first chip come from one key, since they differ in nothing else
    that is random; so do the inputs that intervals are resampled from.

    Raises
    ------
    ValueError
        There is no chip, or the networks are not of these data.
    """
    if chips < 1:
        raise ValueError(f"chips: {chips}; at least 1")
    _check_fit(trained.posterior, dataset)
    chip_key, noise_key = keys = _keys(seed, 0)
    samples = settings.samples
    baselines, counts = baselines or {}, sample_counts(samples)
    predictions: dict[str, Prediction] = {}
    quality: dict[str, list[tuple[int, dict[str, Estimate]]]] = {}

    def add(name: str, sampled: _Sampled) -> None:
        predictions[name] = sampled.prediction(dataset, seed)
        if name in (SOFTWARE, DROPOUT):
            quality[name] = sampled.by_samples(counts, dataset, seed)

    add(DETERMINISTIC, _software(trained.deterministic, dataset, 1, noise_key))
    for name, ensemble in baselines.items():
        add(name, _baseline(ensemble, trained.posterior, dataset, samples, noise_key))
    add(SOFTWARE, _software(trained.unconstrained, dataset, samples, noise_key))
    in_range = _software(trained.posterior, dataset, samples, noise_key)
    add(DEVICE_RANGE, in_range)
    accelerator = Accelerator(trained.posterior, models, settings, chip_key)
    noise_std = trained.posterior.noise_std
    without = _software(without_stds(trained.posterior), dataset, 1, noise_key)
    draws = accelerator.predict(noise_key, every_input(dataset))
    correction = correction_of(accelerator, dataset)
    outputs = correction.of(draws)
    made, noises = [prediction_of(outputs, correction.noise_std, dataset, seed)], [correction.noise_std]
    for index in range(1, chips):
        of_chip, of_noise = _keys(seed, index)
        another = Accelerator(trained.posterior, models, settings, of_chip)
        corrected = correction_of(another, dataset)
        drawn = corrected.of(another.predict(of_noise, every_input(dataset)))
        noises.append(corrected.noise_std)
        made.append(prediction_of(drawn, noises[-1], dataset, seed))
    predictions[ACCELERATOR] = _over_chips(made)
    chip_inputs = (dataset, trained.posterior, models, settings)
    of_test = draws[:, : len(dataset.test_inputs)]
    points, unlooked = operating_points(dataset, accelerator, of_test, correction, models, intervals, keys, seed)
    table, left_out = ablation(*chip_inputs, keys, seed) if with_ablation else ({}, [])
    wrong = Controlled({}, {}, {}, [])
    if with_controls:
        wrong = negative_controls(
            *chip_inputs, keys, outputs, noises[0], in_range.outputs, seed, accelerator.draws_devices
        )
    cost = accelerator.cost()
    others = rivals(
        [Layer(len(layer.mean), layer.mean.shape[1], layer.positions) for layer in trained.posterior.layers],
        dataset.task,
        counts,
        settings,
        cost.latency,
        len(baselines[ENSEMBLE].noise_std) if ENSEMBLE in baselines else 0,
        DROPOUT in baselines,
    )
    return Evaluation(
        predictions,
        cost,
        compare(cost, others, settings),
        quality,
        points,
        table,
        wrong,
        [*accelerator.warnings(), *unlooked, *left_out, *wrong.left_out],
        accelerator.noise_budgets,
        figures_by_chip(made),
        np.array(noises),
        noiseless_gaps(without.outputs, in_range.outputs, noise_std, dataset, seed),
    )
