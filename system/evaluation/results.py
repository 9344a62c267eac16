"""The file of an evaluation: predictions, metrics with intervals, curves, cost, ablation."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from magbayes.data import container
from magbayes.data.container import Contents, Quantity
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.completeness import METRICS, SCORE_UNITS, TEXTS, forms
from magbayes.system.evaluation.cost_file import comparison_data, cost_data, quality_data
from magbayes.system.evaluation.prediction import QUANTILES
from magbayes.system.metrics import Reliability, mean_confidence_gap
from magbayes.system.settings import SOURCES

if TYPE_CHECKING:
    from magbayes.system.array.budget import NoiseBudget
    from magbayes.system.datasets import Dataset
    from magbayes.system.evaluation.evaluate import Evaluation
    from magbayes.system.evaluation.prediction import Prediction
    from magbayes.system.evaluation.tradeoff import OperatingPoint

FORMAT, VERSION = "magbayes accelerator", 11
_INTERVAL = "value, then its 95 % interval"
_UNITS = {name: unit for units in METRICS.values() for name, unit in units.items()}


def _estimates(group: str, metrics: Mapping[str, Estimate]) -> Iterator[tuple[str, Quantity]]:
    for name, estimate in metrics.items():
        unit = _UNITS.get(name.partition("_blend_")[0], "1")
        yield f"{group}/{name}", Quantity(np.array(estimate), unit, f"{name}: {_INTERVAL}")


def _variant(group: str, prediction: Prediction) -> Iterator[tuple[str, Quantity]]:
    yield from _estimates(f"{group}/metrics", prediction.metrics)
    for name, values in prediction.values.items():
        unit = {"probability": "1", "aleatoric": "nat", "epistemic": "nat", "nll": "nat"}.get(name, "original")
        yield (
            f"{group}/test/{name}",
            Quantity(values, unit, f"{name} of the predictive distribution of the test inputs"),
        )
    for name, values in prediction.scores.items():
        unit = SCORE_UNITS.get(name, "1")
        text = f"{name} of the test inputs on every chip, by which points of a study are paired"
        yield f"{group}/scores/{name}", Quantity(values.astype(np.float32), unit, text)
    for name, values in prediction.band.items():
        yield (
            f"{group}/band/{name}",
            Quantity(values, "original", f"{name} of the predictive distribution along the grid"),
        )
    if prediction.reliability is not None:
        for name, values in prediction.reliability._asdict().items():
            yield f"{group}/reliability/{name}", Quantity(values, "1", f"{name} of the bins of a reliability diagram")
    for name, values in prediction.shifted.items():
        of = "std of the draws for" if prediction.reliability is None else "entropy of the predictive distribution of"
        unit = "original" if prediction.reliability is None else "nat"
        yield f"{group}/shifted/{name}", Quantity(values, unit, f"{of} the inputs of the shift {name}")
    if prediction.blended:
        ladder = prediction.blended
        yield f"{group}/blend/fraction", Quantity(np.array(list(ladder)), "1", "fraction of other images in the inputs")
        for name in ladder[0.0]:
            # Of inputs without errors there is no AUROC of errors.
            if all(name in figures for figures in ladder.values()):
                values = np.array([figures[name] for figures in ladder.values()])
                text = f"{name} of inputs that are mixed with other images, by fraction; {_INTERVAL}"
                yield f"{group}/blend/{name}", Quantity(values, _UNITS.get(name, "1"), text)
    for fraction, scores in prediction.blended_scores.items():
        for name, values in scores.items():
            text = f"{name} of the inputs that are mixed with other images, on every chip"
            path = f"{group}/blend_scores/{fraction:g}/{name}"
            yield path, Quantity(values.astype(np.float32), SCORE_UNITS.get(name, "1"), text)
    for name, curve in prediction.curves.items():
        for axis, values in curve.items():
            squared = axis == "risk" and prediction.reliability is None
            yield (
                f"{group}/{name}/{axis}",
                Quantity(values, "original^2" if squared else "1", f"{axis} of the {name} curve"),
            )


def _noise(budgets: Sequence[NoiseBudget]) -> Iterator[tuple[str, Quantity]]:
    for source in SOURCES:
        values = np.array([budget.variance[source] for budget in budgets])
        yield f"noise/variance/{source}", Quantity(values, "A^2", f"variance of a column's current by layer: {source}")
    full_scale = np.array([budget.full_scale for budget in budgets])
    yield "noise/full_scale", Quantity(full_scale, "A", "current that drives the ADC of each layer to its last code")


def _tradeoff(points: Sequence[OperatingPoint]) -> Iterator[tuple[str, Quantity]]:
    meanings = {
        "samples": ("1", "stochastic passes in one prediction"),
        "interval": ("s", "time between two reads of a device"),
        "energy": ("J", "energy of one prediction"),
        "latency": ("s", "latency of one prediction"),
    }
    for name, (unit, meaning) in meanings.items():
        values = np.array([getattr(point, name) for point in points])
        yield f"tradeoff/{name}", Quantity(values, unit, f"{meaning}, for each way to use the chip")
    for name in points[0].metrics:
        estimates = np.array([point.metrics[name] for point in points])
        yield (
            f"tradeoff/metrics/{name}",
            Quantity(estimates, _UNITS.get(name, "1"), f"{name} of each way to use the chip; {_INTERVAL}"),
        )


def _data(dataset: Dataset) -> Iterator[tuple[str, Quantity]]:
    yield "name", Quantity([dataset.name], "1", "data set")
    yield "task", Quantity([dataset.task], "1", "classification or regression")
    yield "quantiles", Quantity(np.array(QUANTILES), "1", "levels of the predictive quantiles")
    targets = dataset.test_targets
    if dataset.task == "regression":
        targets = targets * dataset.target_scale + dataset.target_mean
    yield "test/target", Quantity(targets, "original", "true targets of the test inputs")
    if len(dataset.grid):
        for name, inputs in {"grid": dataset.grid, "train": dataset.train_inputs}.items():
            original = (inputs * dataset.feature_scale + dataset.feature_mean)[:, 0]
            yield f"{name}/input", Quantity(original, "original", f"inputs of the {name}")
            if name == "grid" and dataset.truth:
                yield "grid/truth", Quantity(dataset.truth(original), "original", "the function under the noise")
        train = dataset.train_targets * dataset.target_scale + dataset.target_mean
        yield "train/target", Quantity(train, "original", "targets of the train inputs")


def write_evaluation(
    path: str | os.PathLike[str], evaluation: Evaluation, dataset: Dataset, provenance: Mapping[str, Any]
) -> None:
    """Write `evaluation` of `dataset`, without the raw samples."""
    data = dict(_data(dataset))
    data["variants/names"] = Quantity(list(evaluation.predictions), "1", "variants in the order of reading")
    for name, prediction in evaluation.predictions.items():
        data.update(_variant(f"variants/{name}", prediction))
    for name, metrics in evaluation.ablation.items():
        data.update(_estimates(f"ablation/{name}", metrics))
    for name, metrics in evaluation.controls.figures.items():
        data.update(_estimates(f"controls/{name}", metrics))
    for name, metrics in evaluation.controls.gaps.items():
        data.update(_estimates(f"control_gaps/{name}", metrics))
    data.update(_estimates("bought", evaluation.controls.bought))
    data.update(_estimates("noiseless/software", evaluation.noiseless))
    for name, values in evaluation.chips.items():
        unit = _UNITS.get(name.partition("_blend_")[0], "1")
        data[f"chips/{name}"] = Quantity(values, unit, f"{name} of each chip")
    if dataset.task == "regression":
        values = evaluation.chip_noise * dataset.target_scale
        data["chips/noise_std"] = Quantity(
            values, "original", "std of the noise of the targets that each chip was given"
        )
    data.update(cost_data(evaluation.cost))
    data.update(comparison_data(evaluation.comparison))
    data.update(quality_data(evaluation.quality, _UNITS))
    data.update(_noise(evaluation.budgets))
    data.update(_tradeoff(evaluation.tradeoff))
    warnings = np.array(evaluation.warnings, h5py.string_dtype())  # of an empty list the kind is not seen
    data["warnings"] = Quantity(warnings, "1", "what of the chip, or of its simulation, is less sure")
    container.write(path, FORMAT, VERSION, data, provenance)


def read_evaluation(path: str | os.PathLike[str]) -> Contents:
    """Read what `write_evaluation` wrote; `metrics_of` and `reliability_of` take the result.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The file is absent, damaged, foreign or incomplete.
    """
    contents = container.read(path, FORMAT, VERSION, TEXTS)
    contents.require(forms(contents))
    return contents


def metrics_of(contents: Contents, group: str) -> dict[str, dict[str, Estimate]]:
    """Return metrics by variant: `group` is one of variants, ablation, controls, control_gaps and noiseless."""
    metrics: dict[str, dict[str, Estimate]] = {}
    for path, values in contents.data.items():
        parts = path.split("/")
        if parts[0] == group and parts[1] != "names" and (group != "variants" or parts[2] == "metrics"):
            metrics.setdefault(parts[1], {})[parts[-1]] = Estimate(*(float(value) for value in values))
    if group == "variants":
        return {str(name): metrics[str(name)] for name in contents["variants/names"]}
    return metrics


def scores_of(contents: Contents, variant: str, fraction: str = "") -> dict[str, np.ndarray]:
    """Return the scores (chips, inputs) of a variant by name, see `magbayes.system.metrics.paired`.

    With a `fraction`, as it is written in names, those of the inputs that are mixed with as much of others.
    """
    start = f"variants/{variant}/blend_scores/{fraction}/" if fraction else f"variants/{variant}/scores/"
    return {path.removeprefix(start): values for path, values in contents.data.items() if path.startswith(start)}


def bought_of(contents: Contents) -> dict[str, Estimate]:
    """Return figures of the first chip less those of the same chip without noise; none without controls."""
    found = {path.removeprefix("bought/"): of for path, of in contents.data.items() if path.startswith("bought/")}
    return {name: Estimate(*(float(value) for value in values)) for name, values in found.items()}


def blend_of(contents: Contents, variant: str) -> dict[str, np.ndarray]:
    """Return ``fraction`` (fractions,) and metrics (fractions, 3) of inputs mixed with others; empty without any."""
    start = f"variants/{variant}/blend/"
    return {path.removeprefix(start): values for path, values in contents.data.items() if path.startswith(start)}


def curve_of(contents: Contents, variant: str, curve: str) -> dict[str, np.ndarray]:
    """Return ``risk_coverage`` (coverage, risk) or ``calibration`` (level, observed) of a variant."""
    start = f"variants/{variant}/{curve}/"
    return {path.removeprefix(start): values for path, values in contents.data.items() if path.startswith(start)}


def selection_of(contents: Contents, variant: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of inputs kept, the most certain ones, and their error rate, or RMSE for a regression."""
    curve = curve_of(contents, variant, "risk_coverage")
    return curve["coverage"], np.sqrt(curve["risk"]) if contents["task"][0] == "regression" else curve["risk"]


def confidence_gap_of(contents: Contents, variant: str) -> float:
    """Return mean confidence less accuracy of a variant of a classification."""
    return mean_confidence_gap(contents[f"variants/{variant}/test/probability"], contents["test/target"])


def reliability_of(contents: Contents, variant: str) -> Reliability:
    """Return the reliability diagram of a variant of a classification."""
    return Reliability(*(contents[f"variants/{variant}/reliability/{name}"] for name in Reliability._fields))
