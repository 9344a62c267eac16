"""How cost and memory grow: ``python -m tests.benchmarks.growth [--only SERIES ...] [--times FILE] [--plot FILE]``.

Every size runs in a fresh process, whose largest resident memory is what it needed; times are process times of one
core. Exponents are slopes of the logarithms over the largest sizes, where constant parts no longer count, with t
intervals; that of N log N over the same sizes stands beside them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

import tests.conftest  # noqa: F401  one thread
from magbayes.data.estimate import Estimate
from tests.benchmarks.clock import best

ROOT = Path(__file__).parents[2]

FITTED = 5
"""Largest sizes whose slope is the exponent."""

LEAST_MEMORY = 20e6
"""Bytes below which the allocator says more than the work."""


Work = tuple[Callable[[], object] | None, Callable[[], object]]
"""Setting up, where it is told apart, and what is timed after it."""


class Cost(NamedTuple):
    """What one size costs: process time in s, of setting up where that is told apart, and bytes above the smallest."""

    time: float
    set_up: float
    memory: float


def cells(size: int) -> Work:
    """A film of so many cells at 300 K, 4 replicas of it: setting up the ensemble, and some steps."""
    from magbayes.micromag.llg import ensemble
    from magbayes.micromag.llg.model import to_grid, translate
    from tests.benchmarks import cases

    side = round(math.sqrt(size))
    system = cases.film(side, side)
    model, start = translate(system), to_grid(system.m.orientation.array)
    steps = STEPS["cells"](size)
    time_step, _ = ensemble.time_step_for(model, 1e-9)
    made: list[ensemble.Integrator] = []

    def set_up() -> None:
        made.append(ensemble.Integrator(model, replicas=4, samples=1, interval=steps * time_step, time_step=time_step))

    return set_up, lambda: made[-1](start, 1)


def replicas(size: int) -> Work:
    """Replicas of the default stochastic MTJ, 20 ps."""
    from magbayes.micromag import simulate
    from tests.benchmarks import cases

    system = cases.disk()
    return None, lambda: simulate(system, replicas=size, duration=2e-11, sample_interval=1e-11, seed=1)


def samples(size: int) -> Work:
    """Successive reads of a compact model, far apart."""
    import jax

    from magbayes import compact_models

    frozen = ROOT / "tests" / "compact_models" / "frozen"
    newest = max(frozen.glob("version*.h5"), key=lambda path: int(path.stem.removeprefix("version")))
    model = compact_models.load(newest).smtj
    voltage = float(np.mean(model.voltage_range))
    return None, lambda: jax.block_until_ready(model.sample(jax.random.key(1), voltage, 1e-6, (size,)))


def inputs(size: int) -> Work:
    """Inputs of an accelerator, 784-200-10 by columns, 10 samples each."""
    import jax

    from tests.benchmarks import array

    chip = array.network()
    images = np.random.default_rng(1).uniform(size=(size, array.ROWS)).astype(np.float32)
    return None, lambda: chip.predict(jax.random.key(1), images, 10)


def points(size: int) -> Work:
    """Points of a study that is planned: two parameters of reads."""
    from magbayes.workflow.studies.plan import make_plan

    steps = math.isqrt(size)
    study = {
        "study": "growth",
        "parameters": {
            "accelerator.read_voltage": {"low": 0.05, "high": 0.15, "steps": steps},
            "accelerator.read_time": {"low": 5e-10, "high": 2e-9, "steps": steps},
        },
        "collect": ["digits/ece"],
    }

    def plan() -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "growth.yaml"
            path.write_text(json.dumps(study), encoding="utf-8")
            return make_plan(path)

    return None, plan


STEPS: Mapping[str, Callable[[int], int]] = {"cells": lambda size: max(2, round(2e5 / size))}
"""Steps of a run, by which its time is divided."""

SERIES = {
    "cells": (cells, (9, 36, 100, 324, 1024, 3136, 10_000, 31_684, 99_856, 315_844, 1_000_000)),
    "replicas": (replicas, (16, 64, 256, 1024, 4096, 16_384, 65_536)),
    "samples": (samples, (1000, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000)),
    "inputs": (inputs, (10, 100, 1000, 3000, 10_000, 30_000, 100_000)),
    "points": (points, (9, 36, 100, 324, 1024)),
}
"""What is run for a size, and the sizes."""

UNITS = {"cells": "step of 4 replicas", "replicas": "run", "samples": "draw", "inputs": "prediction", "points": "plan"}
"""What one time is of."""


def memory() -> float:
    """Largest resident memory of this process so far, bytes."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cost(series: str, size: int) -> Cost:
    """Cost of one size in this process, compilation left out of its times."""
    function, sizes = SERIES[series]

    def run(size: int) -> tuple[float, Callable[[], object]]:
        set_up, action = function(size)
        set_up_time = best(set_up) if set_up else math.nan
        action()
        return set_up_time, action

    run(sizes[0])
    before = memory()  # what libraries and compiling take is in it
    set_up_time, action = run(size)
    return Cost(best(action) / STEPS.get(series, lambda size: 1)(size), set_up_time, memory() - before)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> Estimate:
    """Slope of the logarithm of the values over that of the sizes, the `FITTED` largest, with a t interval.

    Raises
    ------
    ValueError
        There are fewer than three points, or a value is not above 0.
    """
    if len(sizes) < 3 or min(values) <= 0:
        raise ValueError(f"{len(sizes)} sizes; expected 3 or more, with values above 0")
    x, y = np.log(sizes[-FITTED:]), np.log(values[-FITTED:])
    slope, offset = np.polyfit(x, y, 1)
    free = len(x) - 2
    error = math.sqrt(((y - slope * x - offset) ** 2).sum() / free / ((x - x.mean()) ** 2).sum())
    margin = student.ppf(0.975, free) * error
    return Estimate(float(slope), float(slope - margin), float(slope + margin))


def n_log_n(sizes: Sequence[float]) -> float:
    """The exponent that N log N has over the same sizes."""
    return exponent(sizes, [size * math.log(size) for size in sizes]).value


def told(sizes: Sequence[float], values: Sequence[float]) -> str:
    """Exponent and interval in words, beside that of N log N; why there is none if values are missing."""
    try:
        found = exponent(sizes, values)
    except ValueError as error:
        return f"not measured: {error}"
    fitted = sizes[-FITTED:]
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}); N log N {n_log_n(sizes):.2f}; from {fitted[0]:g}"


def measured(series: str, sizes: Sequence[int]) -> dict[int, Cost]:
    """Cost of each size, in a process of its own; a size whose process fails is left out and named."""
    found = {}
    for size in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.growth", "--point", series, str(size)]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if answer.returncode:
            last = (answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"])[-1]
            print(f"{series} {size}: not measured: {last}", flush=True)
            continue
        found[size] = Cost(*json.loads(answer.stdout.splitlines()[-1]))
        print(f"{series} {size}: {found[size].time:.3g} s, {found[size].memory / 1e6:.0f} MB", flush=True)
    return found


def columns(costs: Mapping[int, Cost]) -> dict[str, tuple[list[int], list[float]]]:
    """Sizes and values of time, of setting up and of memory, without what could not be measured."""
    pairs = {
        "time": [(size, cost.time) for size, cost in costs.items()],
        "setting up": [(size, cost.set_up) for size, cost in costs.items()],
        "memory": [(size, cost.memory) for size, cost in costs.items() if cost.memory > LEAST_MEMORY],
    }
    return {
        name: ([size for size, _ in some], [value for _, value in some])
        for name, values in pairs.items()
        if (some := [(size, value) for size, value in values if not math.isnan(value)])
    }


def draw(costs: Mapping[str, Mapping[int, Cost]], file: Path) -> None:
    """Plot times and memory against sizes, a panel for each, with a line that grows as N log N."""
    import matplotlib.pyplot as plt

    with plt.style.context("default"):  # discretisedfield sets a style of its own
        figure, (times, bytes_) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
        for (series, found), marker in zip(costs.items(), "osD^v", strict=False):
            for name, (sizes, values) in columns(found).items():
                axes = bytes_ if name == "memory" else times
                scale, style = (1e-6, "-") if name == "memory" else (1.0, "--" if name == "setting up" else "-")
                label = series if name == "memory" else f"{series}: {name if style == '--' else UNITS[series]}"
                axes.loglog(sizes, scale * np.array(values), marker + style, ms=4, label=label)
        for axes, ylabel in ((times, "process time / s"), (bytes_, "memory above that of the smallest size / MB")):
            n = np.geomspace(1e3, 1e6, 20)
            low = axes.get_ylim()[0]
            axes.loglog(n, 3 * low * n * np.log(n) / (n[0] * np.log(n[0])), "k:", label="N log N")
            axes.set(xlabel="size N", ylabel=ylabel)
            axes.grid(alpha=0.3)
            axes.legend(frameon=False, fontsize=7)
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print exponents, and draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SERIES, default=list(SERIES), help="all series if left out")
    parser.add_argument("--largest", type=float, default=math.inf, help="sizes above it are left out")
    parser.add_argument("--times", type=Path, metavar="FILE", help="where costs are kept; those in it are not repeated")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="for the figure")
    parser.add_argument("--point", nargs=2, metavar=("SERIES", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.point:
        print(json.dumps(cost(options.point[0], int(options.point[1]))))
        return
    now = datetime.datetime.now(datetime.UTC)
    print(f"{now:%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    kept = options.times.is_file() if options.times else False
    known = json.loads(options.times.read_text(encoding="utf-8")) if kept else {}
    costs = {series: {int(size): Cost(*value) for size, value in found.items()} for series, found in known.items()}
    for series in options.only:
        sizes = [size for size in SERIES[series][1] if size <= options.largest and size not in costs.get(series, {})]
        costs[series] = dict(sorted((costs.get(series, {}) | measured(series, sizes)).items()))
        if options.times:
            options.times.write_text(json.dumps(costs), encoding="utf-8")
    print("\n| series | what | exponent |\n| --- | --- | --- |")
    for series, found in costs.items():
        for name, (sizes, values) in columns(found).items():
            print(f"| {series} | {name} | {told(sizes, values)} |")
    if options.plot:
        draw(costs, options.plot)


if __name__ == "__main__":
    main()
