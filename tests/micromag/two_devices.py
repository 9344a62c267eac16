"""Ensembles where XLA has two devices, for `test_devices`: ``python -m tests.micromag.two_devices FILE``.

Writes to FILE the mean magnetisation of an ensemble that runs as it is, on the second device, and with its batches
shared out over both; and on which devices each ran.
"""

import json
import sys
from functools import partial
from unittest import mock

import jax
import numpy as np
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

from magbayes.micromag import simulate
from magbayes.micromag.llg import ensemble
from tests.benchmarks import cases

REPLICAS, BATCH = 32, 16

STATIC = ("colours", "grid_field", "steps", "noisy", "scheme")

run = ensemble._run
body = run.__wrapped__


@partial(jax.jit, static_argnames=STATIC)
def shared_out(c, start, seed, replicas, *rest, **static):
    """The engine's program, whose batches are dealt to all devices."""
    mesh = jax.make_mesh((jax.local_device_count(),), ("batches",), axis_types=(AxisType.Auto,))

    def some(start, replicas, c, seed, *rest):
        return body(c, start, seed, replicas, *rest, **static)

    specs = (P("batches"), P("batches"), P(), P(), *(P() for _ in rest))
    dealt = jax.shard_map(some, mesh=mesh, in_specs=specs, out_specs=P("batches"), check_vma=False)
    return dealt(start, replicas, c, seed, *rest)


def means(program=run):
    """Mean magnetisation of the replicas, and the numbers of the devices that held the results."""
    devices = set()

    def watched(*args, **kwargs):
        results = program(*args, **kwargs)
        devices.update(device.id for result in results for device in result.devices())
        return results

    with (
        mock.patch.object(ensemble, "_run", watched),
        mock.patch.object(ensemble, "fastest_batch", return_value=BATCH),
    ):
        found = simulate(cases.disk(), replicas=REPLICAS, duration=2e-11, sample_interval=1e-11, seed=1)
    return found.magnetisation, sorted(devices)


def main() -> None:
    """Run the ensemble in three ways."""
    ways = {"as it is": means(), "batches shared out": means(shared_out)}
    with jax.default_device(jax.devices()[1]):
        ways["second device"] = means()
    np.savez(sys.argv[1], **{way: found for way, (found, _) in ways.items()})
    print(json.dumps({way: devices for way, (_, devices) in ways.items()}))


if __name__ == "__main__":
    main()
