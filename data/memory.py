"""What is asked of memory, against what there is, before it is taken."""

from __future__ import annotations

import psutil


class MemoryShortageError(ValueError):
    """Something does not fit into memory; the message says what it needs and what there is."""


def require_memory(what: str, needed: float) -> None:
    """Refuse what needs more bytes than are free.

    Raises
    ------
    MemoryShortageError
        One line: `what`, the bytes that it needs, and those that are free.
    """
    free = psutil.virtual_memory().available
    if needed > free:
        raise MemoryShortageError(f"{what} needs {needed / 1e9:.3g} GB of memory, and {free / 1e9:.3g} GB are free")
