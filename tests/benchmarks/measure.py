"""Time and memory of the engine's compiled program, and the time of other programs."""

import contextlib
import inspect
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import jax
import jax.numpy as jnp
import micromagneticmodel as mm

from magbayes import micromag
from magbayes.micromag.llg import ensemble, folded, linear
from magbayes.micromag.llg.model import from_grid, to_grid, translate
from tests.benchmarks.clock import best, child_time, difference, times

LIMITS = {"dense": (math.inf, math.inf), "folded": (0, math.inf), "fourier": (0, 0)}
"""`DENSE_LIMIT` and `LONGEST` that choose a method for the demagnetising field."""

USUAL_STEP = 0.25e-12
"""Time step of thermal runs in OOMMF at cells of 4 nm, s."""


class _Stop(Exception):
    pass


@dataclass(kw_only=True)
class Cost:
    """Cost of a step."""

    time_step: float
    step_time: float
    """Process time of a replica and step, s."""

    @property
    def speed(self) -> float:
        """Simulated replica-nanoseconds a second."""
        return 1e9 * self.time_step / self.step_time


@dataclass(kw_only=True)
class Program(Cost):
    """The engine's program for one system: its size, cost and memory."""

    cells: int
    batch: int
    """Replicas that run together."""
    compile_time: float
    """Tracing and compiling, s of process time."""
    temporary: int
    """Bytes of intermediates."""
    arguments: int
    output: int

    @property
    def cell_memory(self) -> float:
        """Bytes of intermediates for a replica and cell."""
        return self.temporary / (self.batch * self.cells)


def program(
    system: mm.System,
    *,
    batch: int | None = None,
    scheme: ensemble.Scheme = "midpoint",
    method: str | None = None,
    work: float = 2e6,
    run: bool = True,
) -> Program:
    """Compile the engine's program for one batch and time it.

    Parameters
    ----------
    system
        What to run.
    batch
        Replicas that run together; the engine's own choice if left out.
    scheme
        Of integration.
    method
        A key of `LIMITS` forces that method for the demagnetising field.
    work
        Cells times replicas times steps of a run, about.
    run
        False compiles only; times of a step are then nan.
    """
    ensemble._run.clear_cache()  # models of one material count as equal, whatever the limits were
    model = translate(system)
    step, _ = ensemble.time_step_for(model, 1e-9, scheme=scheme)
    cells = int(model.mask.sum())
    dense, longest = LIMITS[method] if method else (linear.DENSE_LIMIT, folded.LONGEST)
    with (
        mock.patch.object(linear, "DENSE_LIMIT", dense),
        mock.patch.object(folded, "LONGEST", longest),
        mock.patch.object(ensemble, "_run", side_effect=_Stop) as call,
        contextlib.suppress(_Stop),
    ):
        size = batch or ensemble.fastest_batch(cells, ensemble.least_batch(model))
        steps = max(4, round(work / (cells * size)))
        ensemble.run(
            model,
            to_grid(system.m.orientation.array),
            replicas=size,
            samples=1,
            interval=steps * step,
            seed=1,
            time_step=step,
            scheme=scheme,
        )
    bound = inspect.signature(ensemble._run).bind(*call.call_args.args, **call.call_args.kwargs)
    bound.arguments["replicas"] = jnp.arange(size)[None]
    start = time.process_time()
    with mock.patch.object(folded, "LONGEST", longest):
        compiled = ensemble._run.lower(*bound.args, **bound.kwargs).compile()
    compile_time = time.process_time() - start
    arrays = {name: value for name, value in bound.kwargs.items() if name not in ensemble.STATIC}
    duration = best(lambda: jax.block_until_ready(compiled(*bound.args, **arrays))) if run else math.nan
    memory = compiled.memory_analysis()
    return Program(
        cells=cells,
        batch=size,
        time_step=step,
        compile_time=compile_time,
        step_time=duration / (size * steps),
        temporary=memory.temp_size_in_bytes,
        arguments=memory.argument_size_in_bytes,
        output=memory.output_size_in_bytes,
    )


@dataclass(kw_only=True)
class Other(Cost):
    """Cost of a step of another program, and what it needs beside the steps."""

    start: float
    """Wall time without any step, s."""
    version: str


def oommf(system: mm.System, steps: int) -> Other:
    """OOMMF's cost of a step: that of `steps` more, so that start and end drop out; nan if those are too few to tell.

    Takes `USUAL_STEP`, or the largest step validated for Heun's scheme if that is shorter.
    """
    largest, _ = ensemble.time_step_for(translate(system), 1e-9, scheme="heun")
    step = min(USUAL_STEP, largest)
    version = ""

    def run(count: int) -> None:
        nonlocal version
        duration = count * step
        found = micromag.simulate(
            system,
            replicas=1,
            duration=duration,
            sample_interval=duration,
            seed=1,
            engine="oommf",
            time_step=step,
        )
        version = found.meta["version"]

    few = max(1, steps // 10)
    longer, shorter = (times(partial(run, count), child_time) for count in (few + steps, few))
    step_time = difference(longer, shorter) / steps
    start = best(lambda: run(1), time.perf_counter)
    return Other(time_step=step, step_time=step_time, start=start, version=version)


def magnumnp(system: mm.System, steps: int) -> Other | None:
    """magnum.np's cost of a Heun step of a disk, at the time step of `oommf`; None where it is not installed.

    It runs in the interpreter named by MAGNUMNP_PYTHON, or in this one.
    """
    model = translate(system)
    largest, _ = ensemble.time_step_for(model, 1e-9, scheme="heun")
    step = min(USUAL_STEP, largest)
    disk = {
        "n": [int(n) for n in system.m.mesh.n],
        "cell": model.cell,
        "mask": from_grid(model.mask[None])[..., 0].tolist(),
        "saturation": float(model.saturation.max()),
        "exchange": system.energy.exchange.A,
        "anisotropy": system.energy.uniaxialanisotropy.K,
        "damping": system.dynamics.damping.alpha,
        "temperature": system.T,
        "time_step": step,
    }
    script = Path(__file__).with_name("magnumnp_disk.py")
    command = [os.environ.get("MAGNUMNP_PYTHON", sys.executable), str(script), str(steps), json.dumps(disk)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = answer.stdout.splitlines()
    # Without all it depends on, magnum.np ends the interpreter without an error.
    if answer.returncode or not lines or not lines[-1].startswith("{"):
        return None
    return Other(time_step=step, **json.loads(lines[-1]))
