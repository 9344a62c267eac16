"""Figures chip by chip, and how far a posterior without stds is off: what the yield of a design is told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.prediction import paired, split_inputs

if TYPE_CHECKING:
    from magbayes.system.datasets import Dataset
    from magbayes.system.evaluation.prediction import Prediction
    from magbayes.system.network.posterior import Posterior


def without_stds(posterior: Posterior) -> Posterior:
    """Return the posterior whose weights are its means."""
    return replace(posterior, layers=tuple(replace(of, std=np.zeros_like(of.std)) for of in posterior.layers))


def noiseless_gaps(
    outputs: np.ndarray, software: np.ndarray, noise_std: float, dataset: Dataset, seed: int
) -> dict[str, Estimate]:
    """Return figures of a posterior without stds less those of the same with them, input by input.

    Parameters
    ----------
    outputs, software : (samples, inputs, outputs)
        What either puts out for `every_input`.
    """
    one, other = (split_inputs(of, dataset) for of in (outputs, software))
    return paired(one, other, (noise_std, noise_std), dataset, seed)


def figures_by_chip(chips: Sequence[Prediction]) -> dict[str, np.ndarray]:
    """Return figures (chips,) by name, of those that every chip has; of mixed inputs ``<metric>_blend_<fraction>``."""
    own = [
        {name: figure.value for name, figure in chip.metrics.items()}
        | {f"{name}_blend_{f:g}": figure.value for f, of in chip.blended.items() for name, figure in of.items()}
        for chip in chips
    ]
    return {name: np.array([of[name] for of in own]) for name in own[0] if all(name in of for of in own)}
