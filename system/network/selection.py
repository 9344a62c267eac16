"""The prior and the weight of the KL term, chosen without the test part: by training inputs that are set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import sem

from magbayes.data.keys import random_key
from magbayes.data.seeds import generator
from magbayes.system import metrics
from magbayes.system.datasets import Dataset
from magbayes.system.network.candidates import Selection
from magbayes.system.network.posterior import Posterior, software_predict
from magbayes.system.network.settings import NetworkSettings
from magbayes.system.network.training import train_unconstrained

_SAMPLES = 100
"""Weight samples of a prediction, of every candidate with the same noise."""


def divided(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Return the data without a share of the training inputs, and these inputs and targets, drawn by `seed`.

    Raises
    ------
    ValueError
        There are too few to divide.
    """
    inputs, targets = dataset.train_inputs, dataset.train_targets
    apart, rest = np.split(generator(seed, "validation").permutation(len(targets)), [round(share * len(targets))])
    if not len(apart) or not len(rest):
        raise ValueError(
            f"{dataset.name}: of {len(targets)} training inputs a share of {share:g} leaves {len(apart)} to choose by; "
            "accepted: one or more, or a number in place of the list of candidates"
        )
    return replace(dataset, train_inputs=inputs[rest], train_targets=targets[rest]), inputs[apart], targets[apart]


def _scores(posterior: Posterior, dataset: Dataset, inputs: np.ndarray, targets: np.ndarray, seed: int) -> np.ndarray:
    """Return the negative log predictive density (inputs,) of each target in nat, in original units of a regression."""
    draws = software_predict(posterior, random_key(seed, "validation"), inputs, _SAMPLES).astype(float)
    if dataset.task == "regression":
        noise = dataset.noise_of(posterior.noise_std, inputs)
        return metrics.nll_scores(draws[..., 0], noise, targets, dataset.target_scale)
    likelihood = metrics.probabilities(draws)[np.arange(len(targets)), targets]
    scores: np.ndarray = -np.log(np.maximum(likelihood, np.finfo(float).tiny))
    return scores


def _table(candidates: Sequence[NetworkSettings], scores: np.ndarray) -> Selection:
    nll = scores.mean(axis=1)
    excess = scores - scores[nll.argmin()]
    return Selection(
        np.array([candidate.kl_weight for candidate in candidates]),
        np.array([candidate.prior_std for candidate in candidates]),
        nll,
        # Of one input nothing is known of others.
        sem(excess, axis=1) if scores.shape[1] > 1 else np.full(len(nll), np.inf),
        scores.shape[1],
    )


def select(dataset: Dataset, settings: NetworkSettings, seed: int) -> Selection:
    """Train the unconstrained posterior of each candidate on a part of the training inputs, and score it on the rest.

    All candidates have the same part, first weights and batches. The test inputs are not looked at.

    Raises
    ------
    ValueError
        There are too few training inputs.
    FloatingPointError
        Training diverged.
    """
    part, inputs, targets = divided(dataset, settings.validation, seed)
    candidates = settings.candidates()
    posteriors = (train_unconstrained(part, candidate, seed) for candidate in candidates)
    return _table(candidates, np.array([_scores(each, part, inputs, targets, seed) for each in posteriors]))


def settled(dataset: Dataset, settings: NetworkSettings, seed: int) -> tuple[NetworkSettings, Selection | None]:
    """Return settings with one number in place of each list of candidates, and how it was chosen; see `select`."""
    if not settings.chooses:
        return settings, None
    selection = select(dataset, settings, seed)
    return selection.of(settings), selection
