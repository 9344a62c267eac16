"""Training in fresh processes, which shuffle Python's sets in different ways: the same programs, the same bits."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
import numpy as np
import numpyro
from magbayes.system.datasets import Dataset
from magbayes.system.network import baselines, training
from magbayes.system.network.settings import Baselines, NetworkSettings

x = np.linspace(-1, 1, 20)[:, None]
one = np.ones(1)
data = Dataset("line", "regression", x, x[:, 0], x, x[:, 0], 0 * one, one, 0.0, 1.0, x, np.empty((0, 1)), 1)
settings = NetworkSettings(hidden=(2,), steps=100, baselines=Baselines(ensemble=2, dropout=0.1))
if sys.argv[1] == "shuffled":
    training.TraceMeanField_ELBO = lambda *_, **__: numpyro.infer.Trace_ELBO()
    networks, ensembles = {"deterministic": training.train_deterministic(data, settings, 1, None)}, {}
else:
    networks = vars(training.train(data, settings, 4.0, seed=1))
    ensembles = baselines.train_baselines(data, settings, 1)
for name, network in networks.items():
    print(name, network.loss.tobytes().hex(), *(layer.mean.tobytes().hex() for layer in network.layers))
for name, ensemble in ensembles.items():
    print(name, *(weight.tobytes().hex() for weight in ensemble.weights))
"""


def outcome(cache, loss, hash_seed):
    """What training gives in a process of its own, and the programs in the cache after it."""
    settings = {
        "PYTHONHASHSEED": str(hash_seed),
        "JAX_COMPILATION_CACHE_DIR": str(cache),  # the names of its files are hashes of the programs
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    answer = subprocess.run(
        [sys.executable, "-c", CODE, loss], capture_output=True, text=True, check=True, env={**os.environ, **settings}
    )
    lines = dict(line.split(" ", 1) for line in answer.stdout.splitlines())
    return lines, {path.name for path in cache.iterdir() if path.name.startswith(("jit_alone", "jit_run"))}


@pytest.mark.slow
def test_two_processes_train_the_same_networks(tmp_path):
    # The first compiles, the second takes its programs from the cache: as a job of the workflow that is run again.
    one, programs = outcome(tmp_path, "ours", 1)
    two, after = outcome(tmp_path, "ours", 2)
    assert set(one) == {"posterior", "unconstrained", "deterministic", "dropout", "ensemble", "laplace"}
    assert {name for name in one if one[name] != two[name]} == set()
    assert len(programs) == len(one) - 1  # the Laplace approximation is fitted to the deterministic network
    assert after == programs


@pytest.mark.slow
def test_the_check_sees_a_loss_that_is_added_up_in_the_order_of_a_set(tmp_path):
    _, programs = outcome(tmp_path, "shuffled", 1)
    _, after = outcome(tmp_path, "shuffled", 2)
    assert after > programs
