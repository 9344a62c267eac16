"""Numbers as a person reads them."""

from __future__ import annotations

import re

import numpy as np

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.numbers import metric_of

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

LONGEST = 5
"""Digits before the point up to which a number is written out: 1600, and 1.6 × 10⁵."""

YEAR = 3.156e7
"""s."""

SHARES = ("accuracy", "ece", "adaptive_ece", "coverage", "auroc", "yield", "depinning")
"""What the names of numbers start with that lie between 0 and 1."""
PERCENT = ("accuracy", "ece", "adaptive_ece", "coverage")
"""What the names of metrics that are shown in per cent start with."""
POSITIVE = (
    *("brier", "rmse", "crps", "aurc", "aleatoric", "epistemic", "energy", "latency", "area"),
    *("sigma", "barrier", "retention", "threshold_current", "write_energy", "level_spacing"),
)
"""What the names of numbers start with that are never negative."""


def number(value: float, form: str = ".3g") -> str:
    """Format a number for a person: a true minus, powers of ten as such, and no sign of what is rounded to 0."""
    text = format(value, form)
    mantissa, _, exponent = text.rstrip(".").partition("e")
    if exponent and form.endswith("g") and 0 <= int(exponent) < LONGEST:
        mantissa, exponent = format(float(text), "+.0f" if form.startswith("+") else ".0f"), ""
    if float(mantissa) == 0:
        mantissa, exponent = mantissa.lstrip("+-"), ""
    whole = f"{mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else mantissa
    return whole.replace("-", "−")


def span(values: np.ndarray, scale: float = 1.0, form: str = ".3g") -> str:
    """The smallest and the largest of some numbers, or the one that they all are."""
    low, high = (number(scale * float(end), form) for end in (np.min(values), np.max(values)))
    return low if low == high else f"{low} to {high}"


def ranged(value: Estimate, form: str = ".2g") -> str:
    """A number with its interval."""
    middle, low, high = (number(one, form) for one in value)
    return f"{middle} ({low} to {high})"


def duration(time: Estimate) -> str:
    """A time in s with its interval, to one digit, since it is an exponential; in years where it is one or more."""
    factor, unit = (1 / YEAR, "years") if time.value >= YEAR else (1.0, "s")
    return f"{ranged(Estimate(*(factor * end for end in time)), '.1g')} {unit}"


def pretty(text: str) -> str:
    """A sentence with its numbers and units as a page writes them: 3.3 × 10¹¹ A/m² for 3.3e+11 A/m^2."""

    def written(match: re.Match[str]) -> str:
        digits = sum(map(str.isdigit, match[1]))
        return number(float(match[0]), f".{digits}g")

    return re.sub(r"(?<![\w.])(-?\d+(?:\.\d+)?)e[+-]?\d+\b", written, text).replace("^2", "²").replace("^3", "³")


def possible(name: str, value: Estimate) -> Estimate:
    """A number by its name, with the ends of its interval where such a number can be.

    Intervals of resampling, and those that add spreads in squares, may reach beyond: no calibration error is negative.
    """
    own = metric_of(name.rpartition("/")[2])
    low = 0.0 if own.startswith((*SHARES, *POSITIVE)) else -np.inf
    high = 1.0 if own.startswith(SHARES) else np.inf
    return Estimate(value.value, *(float(np.clip(end, low, high)) for end in (value.low, value.high)))
