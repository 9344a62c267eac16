"""What is here to simulate with: ``magbayes info``."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import platform
import re
import shutil
import tempfile
import textwrap
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import psutil

from magbayes.micromag.engines import oommf, simulate
from magbayes.micromag.llg import ensemble
from magbayes.workflow import terminal

WORKFLOW_CACHE = Path(".snakemake/jax")
"""Where the workflow's jobs keep compiled programs, in the folder of a run."""

WIDTH = 100
"""Characters of a line behind its title."""

CHECK = 0.5
"""Time in s that the disk is written to."""

TOLERANCE = 1e-3
"""Largest error of m_z in the self-check. Its steps make one of 1e-5; an engine that is wrong makes one of 0.1."""


def packages() -> str:
    """Versions of what the package requires."""
    names = [re.split(r"[<>=!~;\[ ]", entry)[0] for entry in metadata.requires("magbayes") or () if ";" not in entry]
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def native_engine() -> Iterator[str]:
    """The native engine: library, devices, precision."""
    devices = ", ".join(f"{device.device_kind} ({device.platform})" for device in jax.devices())
    precision = jnp.result_type(float)
    yield f"jax {jax.__version__} on {devices}; ensembles in {precision}, single fields and energies in float64"
    if jax.default_backend() == "cpu" and shutil.which("nvidia-smi"):
        yield 'there is an NVIDIA driver, and this jax does not use it: pip install "jax[cuda12]"'


def oommf_engine() -> Iterator[str]:
    """OOMMF: version and how it is started, or why not and what to do."""
    try:
        program = oommf.require()
    except oommf.EngineNotFoundError as error:
        yield f"none: {error}"
    else:
        yield f"{program.version}, started as: {' '.join(program.command)}"
        yield f"{oommf.processes()} processes at a time (NPROC)"


def memory() -> str:
    """Memory of the machine, and what an ensemble may take of it or of its device."""
    machine = psutil.virtual_memory()
    free = f"{machine.available / 1e9:.1f} of {machine.total / 1e9:.1f} GB are free"
    return f"{free}; an ensemble may take {ensemble.SHARE * ensemble.room() / 1e9:.1f} GB"


def compilation_cache() -> str:
    """Where compiled programs are kept, and how many there are."""
    named = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    folder = Path(named) if named else WORKFLOW_CACHE.absolute()
    files = [path for path in folder.glob("*") if path.is_file()]
    held = f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.0f} MB"
    who = "JAX_COMPILATION_CACHE_DIR" if named else "jobs of the workflow; Python by itself keeps none"
    return f"{folder} ({who}): {held}"


def disk(folder: Path) -> str:
    """Free space of a folder, and how fast it is written.

    Raises
    ------
    OSError
        It cannot be written to.
    """
    block, written = bytes(2**22), 0
    with tempfile.TemporaryFile(dir=folder) as file:
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < CHECK:
            written += file.write(block)
            file.flush()
            os.fsync(file.fileno())
    free = shutil.disk_usage(folder).free
    return f"{free / 1e9:.1f} GB free, written at {written / elapsed / 1e6:.0f} MB/s in {folder}"


def spin_error() -> float:
    """Error of m_z of one spin that damping turns into a field, against its closed solution; compilation included.

    m_z = tanh(damping gamma0 H t / (1 + damping^2)) from the plane: e.g. d'Aquino et al., J. Comput. Phys. 209, 730
    (2005).
    """
    damping, strength, duration = 0.1, 1e6, 20e-12
    mesh = df.Mesh(p1=(0, 0, 0), p2=(4e-9, 4e-9, 4e-9), n=(1, 1, 1))
    system = mm.System(
        name="spin",
        energy=mm.Zeeman(H=(0, 0, strength)),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping),
        m=df.Field(mesh, nvdim=3, value=(1, 0, 0), norm=1e6),
        T=0,
    )
    ensemble = simulate(
        system, replicas=1, duration=duration, sample_interval=duration, seed=1, time_step=duration / 400
    )
    exact = np.tanh(damping * mm.consts.gamma0 * strength * duration / (1 + damping**2))
    return float(abs(ensemble.magnetisation[0, -1, 2] - exact))


def info() -> int:
    """Print what is here; returns 0 if all that is needed works."""
    failed = False

    def say(title: str, *texts: str) -> None:
        lines = [line for text in texts for line in textwrap.wrap(text, WIDTH, break_long_words=False)]
        for label, line in zip_longest([title], lines, fillvalue=""):
            terminal.say(f"{label:<18} {line}")

    say("magbayes", f"{metadata.version('magbayes')}, Python {platform.python_version()}, {platform.platform()}")
    say("packages", packages())
    say("native engine", *native_engine())
    say("OOMMF", *oommf_engine())
    say("cores", f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} may be used")
    say("memory", memory())
    say("compiled programs", compilation_cache())
    try:
        say("disk", disk(Path.cwd()))
    except OSError as error:
        failed = True
        say("disk", f"{Path.cwd()} cannot be written to ({error.strerror}); run in a folder of your own")
    start = time.perf_counter()
    off = spin_error()
    seconds = time.perf_counter() - start
    failed |= not off < TOLERANCE
    verdict = "right" if off < TOLERANCE else f"WRONG, more than {TOLERANCE:g}: its numbers are not to be trusted"
    say("self-check", f"a spin turns into its field, off by {off:.0e}: {verdict} ({seconds:.1f} s)")
    return int(failed)
