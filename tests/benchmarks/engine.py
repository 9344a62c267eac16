"""Benchmarks of the native engine: speed beside other programs, cost by mesh size, memory, start-up.

Run ``python -m tests.benchmarks.engine [--quick] [--plot FILE]``. Times are process times on one core, the best of
three, so that other work on the machine shows little; nothing is judged by them.
"""

import argparse
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt
import micromagneticmodel as mm

import tests.conftest  # noqa: F401  one thread
from magbayes.micromag.engines.oommf import EngineNotFoundError, require
from magbayes.micromag.llg import ensemble
from tests.benchmarks import cases, measure
from tests.benchmarks.clock import child_time

SIDES = (3, 6, 10, 16, 20, 24, 32, 48, 64, 100, 316)
"""Cells along a square film."""

LARGEST = {"dense": 32, "folded": 150, "fourier": math.inf}
"""Sides up to which a method is tried."""

TRACKS = ((80, 10), (320, 10), (1000, 10), (320, 32))
"""Cells along and across films on which folded and fourier are compared."""

BATCHES = (8, 16, 32, 64, 128)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown; floats with 3 digits, and a dash for what could not be measured."""

    def text(value: object) -> str:
        if not isinstance(value, float):
            return str(value)
        if math.isnan(value):
            return "–"
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"

    print(f"\n## {title}\n\n| {' | '.join(header)} |\n|{' --- |' * len(header)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(text(value) for value in row)} |", flush=True)


def cpu_model() -> str:
    """Name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def oommf_or_reason() -> str | None:
    """Why OOMMF cannot run; None if it can."""
    try:
        require()
    except EngineNotFoundError as error:
        return str(error)
    return None


def speed(systems: dict[str, mm.System], quick: bool) -> None:
    """Simulated time a second of both schemes, and of other programs."""
    reason = oommf_or_reason()

    def rows() -> Iterable[Sequence[object]]:
        for name, system in systems.items():
            runs: dict[str, tuple[measure.Program | measure.Other, float, object, str]] = {}
            if reason is None:
                found = measure.oommf(system, 100 if quick else 1500)
                runs["OOMMF " + found.version] = found, found.start, 1, "start-up"
            for scheme in ("midpoint",) if quick else ("midpoint", "heun"):
                found = measure.program(system, scheme=scheme, work=2e5 if quick else 4e6)
                runs[f"native, {scheme}"] = found, found.compile_time, found.batch, "compilation"
            if name == "disk" and not quick and (other := measure.magnumnp(system, 300)):
                runs["magnum.np " + other.version] = other, other.start, 1, "start-up"
            reference = next(iter(runs.values()))[0].speed if reason is None else math.nan
            for program, (found, once, batch, kind) in runs.items():
                fine = found.step_time * 1e6
                ratio = found.speed / reference
                yield name, program, found.time_step * 1e12, batch, fine, found.speed, ratio, f"{once:.1f} ({kind})"

    header = ("system", "program", "time step / ps", "batch", "replica-step / µs", "replica-ns / s", "times OOMMF")
    table("Speed on one core", (*header, "once / s"), rows())
    if reason is not None:
        print(f"\nOOMMF did not run: {reason}")


def sizes(sides: Sequence[int], plot: Path | None) -> None:
    """Cost of a replica and step against the number of cells, by the method for the demagnetising field."""
    costs: dict[str, dict[int, float]] = {method: {} for method in measure.LIMITS}

    def rows() -> Iterable[Sequence[object]]:
        for side in sides:
            system, fields = cases.film(side, side), []
            for method, cost in costs.items():
                if side <= LARGEST[method]:
                    found = measure.program(system, method=method, work=5e5)
                    cost[side**2] = found.step_time * 1e6
                    fields.append(found)
            cost_of = [cost.get(side**2, math.nan) for cost in costs.values()]
            best = min(fields, key=lambda found: found.step_time)
            yield side**2, best.batch, *cost_of, 1e3 * min(cost for cost in cost_of if cost > 0) / side**2

    header = ("cells", "batch", *(f"{method} / µs" for method in costs), "best, a cell / ns")
    table("Cost of a replica and step of the midpoint scheme, square films", header, rows())
    if plot is not None:
        draw(costs, plot)


def draw(costs: dict[str, dict[int, float]], file: Path) -> None:
    """Plot of cost in µs against cells, by method."""
    with plt.style.context("default"):  # discretisedfield sets a style of its own
        figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
        for (method, cost), marker in zip(costs.items(), "osD", strict=True):
            axes.loglog(cost.keys(), cost.values(), f"{marker}-", ms=4, label=method)
        axes.set(xlabel="cells", ylabel="time of a replica and step / µs")
        axes.legend(title="demagnetising field", frameon=False)
        axes.grid(alpha=0.3)
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)


def tracks(meshes: Sequence[tuple[int, int]]) -> None:
    """The folded transform against that of a padded mesh, on long films."""

    def rows() -> Iterable[Sequence[object]]:
        for nx, ny in meshes:
            found = [measure.program(cases.film(nx, ny), method=method, work=5e5) for method in ("folded", "fourier")]
            yield f"{nx} x {ny}", *(one.step_time * 1e6 for one in found)

    table("Cost of a replica and step, long films", ("cells", "folded / µs", "fourier / µs"), rows())


def batches(systems: dict[str, mm.System], numbers: Sequence[int]) -> None:
    """Cost of a replica and step against the number of replicas that run together."""

    def rows() -> Iterable[Sequence[object]]:
        for number in numbers:
            yield number, *(measure.program(one, batch=number, work=2e6).step_time * 1e6 for one in systems.values())

    table("Cost of a replica and step / µs, by batch", ("batch", *systems), rows())


def memory(
    shapes: dict[str, tuple[mm.System, Sequence[int]]], schemes: Sequence[ensemble.Scheme] = ("midpoint", "heun")
) -> None:
    """Memory of the compiled program; scratch of the CPU's Fourier transforms is not in it."""

    def rows() -> Iterable[Sequence[object]]:
        for name, (system, numbers) in shapes.items():
            for scheme in schemes:
                for number in numbers:
                    found = measure.program(system, batch=number, scheme=scheme, run=False)
                    megabytes = [size / 1e6 for size in (found.temporary, found.arguments, found.output)]
                    yield name, found.cells, scheme, number, *megabytes, found.cell_memory

    header = ("system", "cells", "scheme", "batch", "temporary / MB", "arguments / MB", "output / MB")
    table("Memory", (*header, "temporary / (byte a replica and cell)"), rows())


def start_up() -> None:
    """Wall time of a short job by phase."""
    command = [sys.executable, "-m", "tests.benchmarks.startup"]
    for _ in range(2):  # the first one fills the disk's cache
        start, used = time.perf_counter(), child_time()
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        wall, used = time.perf_counter() - start, child_time() - used
    rows = [*json.loads(answer.stdout).items(), ("whole job", wall), ("whole job, process time", used)]
    table(
        "Start-up: 8 replicas of the disk for 1 ns, wall time (what is above `simulate` is part of it)",
        ("phase", "s"),
        rows,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few and short runs, to see that they work")
    parser.add_argument("--plot", type=Path, help="file for the plot of cost against cells")
    options = parser.parse_args(arguments)
    now = datetime.datetime.now(datetime.UTC)
    programs = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "numpy", "oommfc"))
    print(f"{now:%Y-%m-%d %H:%M} UTC; {cpu_model()}; Python {platform.python_version()}, {programs}")
    disk, track = cases.disk(), cases.track()
    if options.quick:
        film = cases.film(4, 4)
        speed({"film": film}, quick=True)
        sizes((4,), options.plot)
        tracks(((8, 4),))
        memory({"film": (film, (4,))}, schemes=("heun",))
        return
    speed({"disk": disk, "track": track, "reference track": cases.reference_track()}, quick=False)
    sizes(SIDES, options.plot)
    tracks(TRACKS)
    batches({"disk": disk, "track": track}, BATCHES)
    shapes = {"disk": (disk, (8, 128)), "track": (track, (8, 64))}
    memory(shapes | {f"film {n} x {n}": (cases.film(n, n), (4,)) for n in (100, 300)})
    start_up()


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):  # one core for this process and all that it starts
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    main()
