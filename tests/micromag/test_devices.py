"""Replicas where XLA has more than one device: which of them run, and that the numbers do not depend on it."""

import json
import os
import subprocess
import sys

import jax
import numpy as np
import pytest

from magbayes.micromag.llg import ensemble
from tests.micromag import two_devices


@pytest.fixture(scope="module")
def on_two(tmp_path_factory):
    """Means by way of running, and the devices of each."""
    file = tmp_path_factory.mktemp("devices") / "means.npz"
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    command = [sys.executable, "-m", "tests.micromag.two_devices", str(file)]
    answer = subprocess.run(command, env=os.environ | {"XLA_FLAGS": flags}, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    return np.load(file), json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def on_one():
    """Means of three batches, of which the first two are those of two."""
    assert jax.local_device_count() == 1
    return two_devices.means(3)[0]


@pytest.mark.parametrize(
    ("way", "devices", "batches"), [("two batches", [0, 1], 2), ("three batches", [0, 1], 3), ("second device", [1], 2)]
)
def test_an_ensemble_has_the_same_bits_on_any_devices(on_one, on_two, way, devices, batches):
    """Whole batches are dealt to all devices, or run on that of `jax.default_device`."""
    found, used = on_two
    assert used[way] == devices
    np.testing.assert_array_equal(found[way], on_one[: batches * two_devices.BATCH])


def test_another_order_of_replicas_is_seen(on_one, on_two):
    """As a wrong way to deal out batches would give it."""
    assert (np.roll(on_two[0]["three batches"], two_devices.BATCH, axis=0) != on_one).any()


@pytest.mark.parametrize(("batches", "devices"), [(1, 1), (2, 2), (5, 3), (6, 3), (7, 4), (8, 4), (9, 3)])
def test_batches_take_as_many_devices_as_shorten_the_run(monkeypatch, batches, devices):
    monkeypatch.setattr(jax, "local_devices", lambda: 4 * jax.devices())
    assert len(ensemble.devices_for(batches)) == devices
