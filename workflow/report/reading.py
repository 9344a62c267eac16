"""Numbers as a person reads them."""

from __future__ import annotations

import numpy as np

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, form: str = ".3g") -> str:
    """Format a number for a person: a true minus, and powers of ten as such."""
    mantissa, _, exponent = format(value + 0.0, form).rstrip(".").partition("e")
    text = f"{mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else mantissa
    return text.replace("-", "−")


def span(values: np.ndarray, scale: float = 1.0, form: str = ".3g") -> str:
    """The smallest and the largest of some numbers, or the one that they all are."""
    low, high = (number(scale * float(end), form) for end in (np.min(values), np.max(values)))
    return low if low == high else f"{low} to {high}"
