"""Cases on which two checkouts are compared: ``python -m tests.benchmarks.compared CHECKOUT [CASE ...]``.

`tests.benchmarks.compare` starts it, with the package of one checkout; what is called is public and old, so that both
have it. Prints a JSON object: of each case the process time in s, or why there is none.
Processes compile alike, or find on disk what one of them has compiled.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import tests.conftest  # noqa: F401  one thread
from tests.benchmarks.clock import times

if TYPE_CHECKING:
    import micromagneticmodel as mm

CALLS = 2
"""Calls after the one that compiles; the shorter counts, and scatter shows between processes."""

Case = Callable[[], Callable[[], object]]
"""Makes ready, and returns what is timed."""


def disk_ensemble() -> Callable[[], object]:
    """128 replicas of the default stochastic MTJ, 1 ns."""
    from tests.benchmarks import cases

    return _ensemble(cases.disk(), 128, 1e-9)


def track_ensemble() -> Callable[[], object]:
    """8 replicas of the default domain-wall MTJ under a pulse, 30 ps, of which setting up takes the most."""
    from tests.benchmarks import cases

    return _ensemble(cases.track(), 8, 3e-11)


def _ensemble(system: mm.System, replicas: int, duration: float) -> Callable[[], object]:
    from magbayes.micromag import simulate

    return lambda: simulate(system, replicas=replicas, duration=duration, sample_interval=duration / 10, seed=1)


def reference_track() -> Callable[[], object]:
    """16 replicas of a track of 64 x 12 cells with DMI, 0.1 ns."""
    from tests.benchmarks import cases

    return _ensemble(cases.reference_track(), 16, 1e-10)


def training() -> Callable[[], object]:
    """4000 steps of training a Bayesian network on digits, with the tracing before the first."""
    from magbayes.system.datasets import load_dataset
    from magbayes.system.network.settings import NetworkSettings
    from magbayes.system.network.training import train_unconstrained

    digits, settings = load_dataset("digits", 1), NetworkSettings(steps=4000)
    return lambda: train_unconstrained(digits, settings, 1)


def accelerator() -> Callable[[], object]:
    """20 samples of 1000 inputs through 784-200-10, by columns."""
    import jax
    import numpy as np

    from tests.benchmarks import array

    chip = array.network()
    images = np.random.default_rng(1).uniform(size=(1000, array.ROWS)).astype(np.float32)
    return lambda: chip.predict(jax.random.key(0), images, 20)


CASES: dict[str, Case] = {
    "disk": disk_ensemble,
    "track": track_ensemble,
    "reference-track": reference_track,
    "training": training,
    "accelerator": accelerator,
}


def main() -> None:
    """Time the cases, each in turn: a call that compiles, and the shortest of some more."""
    checkout, *names = sys.argv[1:]
    # Elsewhere than in the checkout, a package that is installed would be compared with itself.
    import magbayes.micromag

    place = Path(magbayes.micromag.__file__).resolve()
    if not place.is_relative_to(Path(checkout).resolve()):
        sys.exit(f"{place}: not the package of {checkout}")
    found: dict[str, float | str] = {}
    for name in names:
        try:
            action = CASES[name]()
            action()
            found[name] = min(times(action, repeats=CALLS))
        # Whatever an older checkout lacks makes one case of it unmeasurable, and not all.
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
