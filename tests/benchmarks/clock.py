"""Times of work, and what can be said of their difference."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Sequence

REPEATS = 3


def times(
    action: Callable[[], object], clock: Callable[[], float] = time.process_time, repeats: int = REPEATS
) -> list[float]:
    """Times in s of some calls."""
    taken = []
    for _ in range(repeats):
        start = clock()
        action()
        taken.append(clock() - start)
    return taken


def best(action: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Shortest time in s of some calls."""
    return min(times(action, clock))


def child_time() -> float:
    """Process time in s of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def difference(longer: Sequence[float], shorter: Sequence[float]) -> float:
    """What a longer run takes above a shorter one, from times in s of either; nan where they do not tell.

    Start-up drops out of it, but its scatter does not: the difference of the shortest times counts if it exceeds the
    ranges of both.
    """
    found = min(longer) - min(shorter)
    scatter = max(longer) - min(longer) + max(shorter) - min(shorter)
    return found if found > scatter else math.nan
