"""Speed of the array against CrossSim: ``python -m tests.benchmarks.array [PYTHON]``.

PYTHON is an interpreter that has CrossSim (https://github.com/sandialabs/cross-sim); without it only our times are
printed. Noise of devices is compared with noise of devices, and noise of columns with noise of columns. CrossSim has
that from 3.2.1; to an earlier one it is given here as it is had best: a core for the means and one for the variances,
both without noise of their own, all inputs in one product, and a draw for each column. All times are process time of
one core, the best of some repetitions, so that other programs disturb little.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import numpy as np

from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.circuit import circuit_of
from magbayes.system.array.electrical import shot_factor
from magbayes.system.array.noise import IndependentDevices, by_tile, columns_of
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import FakeModels

ROWS, COLUMNS, INPUTS, REPEATS = 784, 200, 64, 5

CROSSSIM = f"""
import sys
import time
import numpy as np
from simulator import AnalogCore, CrossSimParameters

NOISE = sys.argv[1]
rng = np.random.default_rng(0)


def core(matrix, noise):
    params = CrossSimParameters()
    params.core.style = "BALANCED"
    params.core.rows_max = params.core.cols_max = 1000
    params.xbar.device.read_noise.enable = noise
    params.xbar.device.read_noise.model = "NormalIndependentDevice"
    params.xbar.device.read_noise.magnitude = 0.02
    return AnalogCore(matrix, params=params)


mean = core(rng.normal(size=({COLUMNS}, {ROWS})), NOISE == "devices")
variance = core(rng.uniform(1, 4, size=({COLUMNS}, {ROWS})), False)


def products(x):
    if NOISE != "columns":
        return mean @ x
    expected = mean @ x
    return expected + np.sqrt(variance @ (x * x)) * rng.standard_normal(expected.shape)


# Noise of the devices is drawn once a call, so that a call has one input; the others have as many as ours.
INPUTS = 1 if NOISE == "devices" else {INPUTS}
x = rng.uniform(size=({ROWS}, INPUTS)).squeeze()
CALLS = 10 if NOISE == "devices" else 100
products(x)
times = []
for _ in range({REPEATS}):
    start = time.process_time()
    for _ in range(CALLS):
        products(x)
    times.append((time.process_time() - start) / CALLS / INPUTS)
print(min(times))
"""


def crosssim(python: str, noise: str) -> float:
    """Process time of one product in CrossSim, with noise of ``devices``, of ``columns`` or ``none``, s."""
    return float(subprocess.run([python, "-c", CROSSSIM, noise], capture_output=True, text=True, check=True).stdout)


def process_time(function: Callable, *arguments: object, calls: int = 1) -> float:
    """Process time of one call without compilation, s."""
    compiled = jax.jit(function)
    jax.block_until_ready(compiled(*arguments))
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        for _ in range(calls):
            answer = compiled(*arguments)
        jax.block_until_ready(answer)
        times.append((time.process_time() - start) / calls)
    return min(times)


def ours() -> dict[str, float]:
    """Process time of one product by way of drawing, s."""
    rng = np.random.default_rng(0)
    sigma = jnp.asarray(rng.uniform(5e-6, 13e-6, (2, ROWS, COLUMNS)), jnp.float32)
    means = jnp.asarray(rng.normal(size=(ROWS, COLUMNS)) * 1e-4, jnp.float32)
    voltages = jnp.asarray(rng.uniform(0, 0.1, (INPUTS, ROWS)), jnp.float32)
    devices = IndependentDevices(sigma, None, ROWS)
    columns = columns_of(devices)
    key = jax.random.key(0)

    def by_device(key: jax.Array, voltages: jax.Array) -> jax.Array:
        return by_tile(voltages, means, ROWS) + devices.draw(key, None, voltages)[1]

    def by_column(key: jax.Array, voltages: jax.Array) -> jax.Array:
        return by_tile(voltages, means, ROWS) + columns.draw(key, None, columns.prepare(voltages))[1]

    def another_sample(key: jax.Array, mean: jax.Array, std: jax.Array) -> jax.Array:
        return mean + columns.draw(key, None, std)[1]

    mean, std = by_tile(voltages, means, ROWS), columns.prepare(voltages)
    circuit = circuit_of(AcceleratorSettings(), 300.0)
    junctions = jnp.asarray(rng.uniform(1e-4, 1e-3, (ROWS, COLUMNS)), jnp.float32)

    def with_electrical_noise(key: jax.Array, voltages: jax.Array) -> jax.Array:
        thermal = by_tile(shot_factor(voltages, circuit.thermal_voltage), circuit.thermal * junctions, ROWS)
        std = jnp.sqrt(columns.variances(voltages) + thermal + circuit.amplifier)
        return by_tile(voltages, means, ROWS) + columns.draw(key, None, std)[1]

    return {
        "every device": process_time(by_device, key, voltages) / INPUTS,
        "columns, every input new": process_time(by_column, key, voltages, calls=20) / INPUTS,
        "columns and electrical noise, every input new": process_time(with_electrical_noise, key, voltages, calls=20)
        / INPUTS,
        "columns, further samples of an input": process_time(another_sample, key, mean, std, calls=200) / INPUTS,
    }


DENSE: dict[tuple[int, int], Kernel | None] = {(ROWS + 1, COLUMNS): None, (COLUMNS + 1, 10): None}
LENET: dict[tuple[int, int], Kernel | None] = {
    (26, 6): Kernel((28, 28, 1), 5, 2, 2),
    (151, 16): Kernel((14, 14, 6), 5, 0, 2),
    (401, 120): None,
    (121, 84): None,
    (85, 10): None,
}
"""Shape and kernel of every layer: 784-200-10, and LeNet-5."""


def network(shapes: dict[tuple[int, int], Kernel | None] = DENSE) -> Accelerator:
    """A network of these layers with random weights, white reads drawn by column, all else as by default."""
    rng = np.random.default_rng(0)
    layers = tuple(
        Layer(rng.normal(size=shape) / np.sqrt(shape[0]), rng.uniform(0.02, 0.06, shape), kernel)
        for shape, kernel in shapes.items()
    )
    posterior = Posterior(layers, "classification", 1.0, 0.0, rng.uniform(size=(200, ROWS)), np.zeros(1))
    settings = AcceleratorSettings(ideal=frozenset({"reads"}))
    return Accelerator(posterior, FakeModels(), settings, jax.random.key(0))


def predictions(accelerator: Accelerator, inputs: int, samples: int) -> tuple[float, float]:
    """Process and wall time of a prediction, compiled before, s."""
    images = np.random.default_rng(1).uniform(size=(inputs, ROWS)).astype(np.float32)
    accelerator.predict(jax.random.key(0), images, samples)
    process, wall = time.process_time(), time.perf_counter()
    accelerator.predict(jax.random.key(1), images, samples)
    return time.process_time() - process, time.perf_counter() - wall


def main() -> None:
    """Print a table, and what predictions of whole networks take as inputs and samples grow."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {ROWS} x {COLUMNS}, pairs, noise of each device")
    others = {kind: crosssim(sys.argv[1], kind) for kind in ("devices", "columns", "none")} if len(sys.argv) > 1 else {}
    for kind, seconds in others.items():
        print(f"{f'CrossSim, noise: {kind}':48s} {1e6 * seconds:9.2f} us a product")
    for name, seconds in ours().items():
        times = "".join(f", {other / seconds:7.2f} x its {kind}" for kind, other in others.items())
        print(f"{name:48s} {1e6 * seconds:9.2f} us a product{times}")
    for name, shapes in (("784-200-10", DENSE), ("LeNet-5", LENET)):
        accelerator = network(shapes)
        for inputs, samples in ((1000, 20), (1000, 100), (10_000, 20), (10_000, 100)):
            process, wall = predictions(accelerator, inputs, samples)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(
                f"{name}, {inputs:6d} inputs, {samples:4d} samples {process:9.2f} s of processors, {wall:9.2f} s, "
                f"{1e6 * process / inputs / samples:6.2f} us a pass, peak memory {memory:.2f} GB",
                flush=True,
            )


if __name__ == "__main__":
    main()
