"""Whether the least sure predictions are the ones to distrust: AUROC, and the risk of what is kept."""

from __future__ import annotations

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.resampling import Statistic, bootstrapped

POINTS = 50


def auroc_of(scores: np.ndarray, positive: np.ndarray) -> Statistic:
    """Return the statistic that is the AUROC of `scores` (inputs,) for `positive` (inputs,), ties counting half.

    It is NaN where all inputs, or none, are positive.
    """
    values, group = np.unique(scores, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(values)))

    def statistic(weights: np.ndarray) -> np.ndarray:
        sorted_weights = weights[:, order].astype(float)
        ours = np.add.reduceat(sorted_weights * positive[order], starts, axis=1)
        theirs = np.add.reduceat(sorted_weights * ~positive[order], starts, axis=1)
        below = np.cumsum(theirs, axis=1) - theirs / 2
        with np.errstate(invalid="ignore"):
            return (ours * below).sum(axis=1) / (ours.sum(axis=1) * theirs.sum(axis=1))

    return statistic


def auroc(scores: np.ndarray, positive: np.ndarray, seed: int) -> Estimate | None:
    """Return the probability that a positive input has the higher score; None if all, or none, are positive."""
    if positive.all() or not positive.any():
        return None
    return bootstrapped(auroc_of(scores, positive), len(scores), seed)


def shift_aurocs(inside: np.ndarray, outside: dict[str, np.ndarray], seed: int) -> dict[str, Estimate]:
    """Return auroc_<shift>: how well an uncertainty tells test inputs (inputs,) from those of each shift."""
    aurocs = {}
    for name, values in outside.items():
        scores = np.concatenate([inside, values])
        estimate = auroc(scores, np.arange(len(scores)) >= len(inside), seed)
        if estimate is not None:
            aurocs[f"auroc_{name}"] = estimate
    return aurocs


def shift_ratios(inside: np.ndarray, outside: dict[str, np.ndarray], seed: int) -> dict[str, Estimate]:
    """Return epistemic_ratio_<shift>: mean uncertainty of the inputs of each shift over that of test inputs (inputs,).

    None of a network that is sure of all test inputs.
    """
    ratios = {}
    for name, values in outside.items() if inside.any() else ():
        scores = np.concatenate([inside, values])
        weight = np.concatenate([np.zeros(len(inside)), np.ones(len(values))])
        sums = np.stack([scores * weight, weight, scores * (1 - weight), 1 - weight], axis=1)

        whole = values.mean() / inside.mean()

        def ratio(weights: np.ndarray, sums: np.ndarray = sums, whole: float = whole) -> np.ndarray:
            there, several, here, others = (weights @ sums).T
            # Of a few inputs a resample may have none from either place, or none here that is unsure.
            known = (several > 0) & (here > 0)
            one, other = there / np.where(known, several, 1), here / np.where(known, others, 1)
            return np.where(known, one / np.where(known, other, 1), whole)

        ratios[f"epistemic_ratio_{name}"] = bootstrapped(ratio, len(scores), seed)
    return ratios


def risk_coverage(uncertainty: np.ndarray, loss: np.ndarray) -> dict[str, np.ndarray]:
    """Return `coverage` and `risk` (points,): the mean loss of the share of inputs that is the most certain."""
    order = np.argsort(uncertainty, kind="stable")
    kept = np.unique(np.ceil(np.linspace(1 / POINTS, 1, POINTS) * len(loss)).astype(int))
    return {"coverage": kept / len(loss), "risk": np.cumsum(loss[order])[kept - 1] / kept}


def aurc_of(uncertainty: np.ndarray, loss: np.ndarray) -> Statistic:
    """Return the statistic that is the area under the risk-coverage curve: 0 is perfect, the mean loss is chance."""
    order = np.argsort(uncertainty, kind="stable")

    def statistic(weights: np.ndarray) -> np.ndarray:
        sorted_weights = weights[:, order].astype(float)
        kept = np.cumsum(sorted_weights, axis=1)
        risk = np.cumsum(sorted_weights * loss[order], axis=1) / np.maximum(kept, 1)
        return (sorted_weights * risk).sum(axis=1) / kept[:, -1]

    return statistic
