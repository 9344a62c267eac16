"""One figure from several repetitions of an experiment: other folds of the data, or other seeds.

What folds share is told apart from what seeds share, since a spread knows only what differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from magbayes.data.estimate import Estimate
from magbayes.system.metrics.paired import by_chip, scores_in

_TAIL = 0.025


class Pooled(NamedTuple):
    """A number over repetitions."""

    estimate: Estimate
    """Mean, with its interval."""
    spread: float
    """Standard deviation between the repetitions."""
    repetitions: int
    """How many there are."""


def pooled(repetitions: Sequence[Estimate], estimate: Estimate) -> Pooled:
    """Return repetitions with their pooled estimate."""
    values = [one.value for one in repetitions]
    return Pooled(estimate, float(np.std(values, ddof=1)), len(values))


def _half(values: np.ndarray, share: float) -> float:
    """Half-width of Student's interval of the mean of values (n,), whose variance is a `share` of theirs."""
    if len(values) < 2:
        return 0.0
    return float(student.ppf(1 - _TAIL, len(values) - 1) * values.std(ddof=1) * np.sqrt(share))


def over_folds(metric: str, values: Sequence[float], pairing: Sequence[Mapping[str, np.ndarray]]) -> Estimate:
    """Return the mean of a metric over the folds of one division of the data, each of which is tested on once.

    The spread between folds holds trainings and inputs. Two trainings share most of their rows, so that the variance of
    the mean is not theirs over n, but more by 1 / (n - 1) of it, the rows of a test part over those of its train part
    (C. Nadeau and Y. Bengio, Mach. Learn. 52, 239 (2003)). Chips of one number have the same devices in every fold; by
    what they differ in the mean is added in squares.

    Parameters
    ----------
    metric
        Its name in `magbayes.system.metrics.paired.SCORES`, where there are scores.
    values
        Of each fold.
    pairing
        Scores (chips, inputs) of each fold by name; empty where there are none.
    """
    own = np.asarray(values, float)
    count = len(own)
    half = _half(own, 1 / count + (1 / (count - 1) if count > 1 else 0.0))
    if all(scores_in(each) for each in pairing) and pairing:
        chips = np.mean([by_chip(metric, each) for each in pairing], axis=0)
        half = float(np.hypot(half, _half(chips, 1 / len(chips))))
    mean = float(own.mean())
    return Estimate(mean, mean - half, mean + half)


def over_repeats(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of repetitions that may share test inputs: seeds, or published splits.

    The spread between them holds trainings. Inputs are in the repetitions' own intervals, and as all may be tested on
    the same ones, their usual half-width is added in squares as it is.
    """
    values, low, high = np.array(estimates, float).T
    half, mean = _half(values, 1 / len(values)), float(values.mean())
    below, above = (float(np.hypot(half, np.median(side))) for side in (values - low, high - values))
    return Estimate(mean, mean - below, mean + above)
