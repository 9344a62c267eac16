"""Text from anywhere, a file's name or a library's error, on one line that a person can read."""

from __future__ import annotations

from typing import Any


def one_line(text: str, most: int = 1000) -> str:
    """Return `text` with what cannot be printed spelt out, and no longer than `most` characters."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def shown(value: Any) -> str:
    """Return a value of a file as it is quoted in an error."""
    return one_line(repr(value), 60)


def reason(error: BaseException) -> str:
    """Return what an exception of a library says, or its kind where it says nothing."""
    return one_line(" ".join(str(error).split()) or type(error).__name__, 200)
