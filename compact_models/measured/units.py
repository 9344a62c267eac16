"""Units in which a data sheet may state numbers, and their factors to SI."""

from __future__ import annotations

PREFIXES = {
    "T": 1e12,
    "G": 1e9,
    "M": 1e6,
    "k": 1e3,
    "": 1.0,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
    "a": 1e-18,
    "z": 1e-21,
}


def _with_prefixes(unit: str, prefixes: str) -> dict[str, float]:
    """Factors of a unit and of those with prefixes; that without one first."""
    return {f"{prefix}{unit}": PREFIXES[prefix] for prefix in ("", *prefixes)}


FACTORS: dict[str, dict[str, float]] = {
    "1": {"1": 1.0, "%": 1e-2},
    "V": _with_prefixes("V", "mu"),
    "S": _with_prefixes("S", "munp"),
    "s": _with_prefixes("s", "munpf"),
    "A": _with_prefixes("A", "munpf"),
    "F": _with_prefixes("F", "npfa"),
    "K": {"K": 1.0},
    "Hz": _with_prefixes("Hz", "kMG"),
    "1/s": {"1/s": 1.0, "1/ns": 1e9},
    "Ohm": _with_prefixes("Ohm", "mkM"),
    "J": {**_with_prefixes("J", "pfaz"), "eV": 1.602176634e-19, "meV": 1.602176634e-22},
    "m^2": {"m^2": 1.0, "um^2": 1e-12, "nm^2": 1e-18},
    "A/m^2": {**_with_prefixes("A/m^2", "MGT"), "A/cm^2": 1e4, "MA/cm^2": 1e10},
}
"""Factors to each SI unit; the electronvolt is exact since 2019."""

_SPELLINGS = str.maketrans({"µ": "u", "μ": "u", "²": "^2", "\u03a9": "Ohm", "\u2126": "Ohm"})


def factor(unit: str, si: str) -> float:
    """Factor by which numbers in `unit` are multiplied to be in the unit `si`.

    Raises
    ------
    ValueError
        It is no unit of the same quantity; the message says which are.
    """
    found = FACTORS[si].get(unit.strip().translate(_SPELLINGS))
    if found is None:
        raise ValueError(f"unit {unit.strip()[:40]!r} is not accepted; expected {', '.join(FACTORS[si])}")
    return found
