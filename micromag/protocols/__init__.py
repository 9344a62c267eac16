"""Protocols: what is done to a device, and what of it is recorded."""

from collections.abc import Sequence
from itertools import pairwise


def check_rising(name: str, points: Sequence[float]) -> None:
    """Refuse bias points that do not rise, or that share their first six digits, which name their files."""
    for a, b in pairwise(points):
        if b <= a or f"{a:g}" == f"{b:g}":
            shown = list(points) if len(points) <= 20 else f"[..., {a!r}, {b!r}, ...]"
            raise ValueError(f"{name} {shown} must rise, and differ in their first six digits")


def check_divides(sample_interval: float, **durations: float) -> None:
    """Refuse a sample interval that does not divide every duration (s)."""
    for name, duration in durations.items():
        samples = duration / sample_interval
        if abs(samples - round(samples)) > 1e-6:
            raise ValueError(f"sample_interval {sample_interval:g} s does not divide {name} {duration:g} s")
