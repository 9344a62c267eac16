"""Whether a record is in equilibrium: whether what it holds is the same all along, as far as its replicas tell.

Replicas start alike and are independent. In equilibrium what any of them shows in one part of the record is
distributed as in any other part, so that a contrast between parts has mean 0, however long its memory. Split R-hat of
m·p cannot see a fluctuation that still widens: its mean is 0 from the start.

A few short records cannot show a drift. They show their memory, though, and a start that is known fades with it: so
what the start leaves missing is told from the memory, the time that was thrown away and the length of the record. A
record that is far from equilibrium shows less than its whole memory: this is the least that is missing.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import combine_pvalues, ttest_1samp

PARTS = 5
"""Parts of a record that are compared."""

FALSE_ALARM = 1e-3
"""P-value of a drift below which a record is called out of equilibrium: how often one in equilibrium is."""


LONGEST = 17.0
"""Longest memory that is told, in lengths of the record: means of replicas then differ as single samples do."""


def p_text(p_value: float) -> str:
    """A p-value in a sentence."""
    return f"= {p_value:.1g}" if p_value >= 1e-12 else "< 1e-12"


def by_parts(values: np.ndarray) -> np.ndarray:
    """Means (replicas, parts) of values (replicas, samples) in equal parts of the record; its last samples may be left.

    As many parts as samples, if these are fewer than `PARTS`.
    """
    replicas, samples = values.shape
    parts = min(PARTS, samples)
    means: np.ndarray = values[:, : samples - samples % parts].reshape(replicas, parts, -1).mean(axis=-1)
    return means


def drift_p_value(parts: np.ndarray) -> float:
    """P-value of the two-sided test that values (replicas, parts) have no trend along the record; 1 if none can be.

    Student's t-test of the replicas' slopes. A relaxation towards equilibrium goes one way, so that a slope shows it.
    """
    steps = np.arange(parts.shape[1]) - (parts.shape[1] - 1) / 2
    slopes = parts @ steps
    if len(slopes) < 2 or not slopes.any():
        return 1.0
    if np.ptp(slopes) == 0:
        return 0.0
    return float(ttest_1samp(slopes, 0.0).pvalue)


def joint_p_value(p_values: list[float]) -> float:
    """P-value of independent tests together, by R. A. Fisher's method; 1 of none."""
    if not p_values or min(p_values) == 0:
        return float(min(p_values, default=1.0))
    return float(combine_pvalues(p_values).pvalue)


def relaxation_time(values: np.ndarray, duration: float) -> float:
    """Memory in s of values (replicas, samples) that were recorded for `duration` in s, as if it were exponential.

    From the variance of the replicas' means over that of single samples, which is 2 q (1 - q (1 - exp(-1 / q))) with q
    the memory in lengths of the record: right for short records too, where a sum of autocorrelations is not. At most
    `LONGEST` records.
    """
    spread = values.var()
    share = values.mean(axis=1).var(ddof=1) / spread if spread else 0.0

    def excess(log_length: float) -> float:
        q = np.exp(log_length)
        return float(2 * q * (1 + q * np.expm1(-1 / q)) - share)

    low, high = -12.0, float(np.log(LONGEST))
    if excess(high) <= 0:
        return LONGEST * duration
    return duration * float(np.exp(brentq(excess, low, high))) if excess(low) < 0 else 0.0


def missing_of_start(memory: float, discarded: float, duration: float) -> float:
    """Share of a mean over a record that is missing if it grew from 0 with a memory; all times in s.

    `discarded` is what was thrown away before the record.
    """
    if not memory:
        return 0.0
    return float(memory / duration * np.exp(-discarded / memory) * -np.expm1(-duration / memory))
