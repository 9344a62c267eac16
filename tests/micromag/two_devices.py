"""Ensembles where XLA has two devices, for `test_devices`: ``python -m tests.micromag.two_devices FILE``.

Writes to FILE the mean magnetisation of ensembles of two and of three batches that run as they are, and on the second
device alone; and on which devices each ran.
"""

import json
import sys
from unittest import mock

import jax
import numpy as np

from magbayes.micromag import simulate
from magbayes.micromag.llg import ensemble
from tests.benchmarks import cases

BATCH = 16


def means(batches):
    """Mean magnetisation of the replicas of so many batches, and the numbers of the devices that held the results."""
    devices = set()

    def watched(program):
        def call(*args, **kwargs):
            results = program(*args, **kwargs)
            if not isinstance(results[0], jax.core.Tracer):
                devices.update(device.id for result in results for device in result.devices())
            return results

        return call

    with (
        mock.patch.object(ensemble, "_run", watched(ensemble._run)),
        mock.patch.object(ensemble, "_dealt", lambda devices, dealt=ensemble._dealt: watched(dealt(devices))),
        mock.patch.object(ensemble, "fastest_batch", return_value=BATCH),
    ):
        found = simulate(cases.disk(), replicas=BATCH * batches, duration=2e-11, sample_interval=1e-11, seed=1)
    return found.magnetisation, sorted(devices)


def main() -> None:
    """Run the ensembles."""
    ways = {"two batches": means(2), "three batches": means(3)}
    with jax.default_device(jax.devices()[1]):
        ways["second device"] = means(2)
    np.savez(sys.argv[1], **{way: found for way, (found, _) in ways.items()})
    print(json.dumps({way: devices for way, (_, devices) in ways.items()}))


if __name__ == "__main__":
    main()
