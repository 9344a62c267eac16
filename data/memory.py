"""What is asked of memory, against what there is, before it is taken: of the machine, or of a device."""

from __future__ import annotations

import psutil


class MemoryShortageError(ValueError):
    """Something does not fit into memory; the message says what it needs and what may be used."""


def free_memory() -> int:
    """Memory of this machine that nothing uses now, bytes."""
    return int(psutil.virtual_memory().available)


def require_memory(what: str, needed: float, room: float | None = None, share: float = 1.0, instead: str = "") -> None:
    """Refuse what needs more bytes than it may take.

    Parameters
    ----------
    what
        What asks, with the keys or numbers that decide how much it needs.
    needed
        Bytes.
    room
        Bytes that there are; those that are free now on this machine if left out.
    share
        Part of `room` that may be taken.
    instead
        What a person can do.

    Raises
    ------
    MemoryShortageError
        One line: `what`, the bytes that it needs, those that may be used, and `instead`.
    """
    most = share * (free_memory() if room is None else room)
    if needed > most:
        remedy = f"; {instead}" if instead else ""
        raise MemoryShortageError(
            f"{what}: needs {needed / 1e9:.3g} GB of memory, and {most / 1e9:.3g} GB may be used{remedy}"
        )
