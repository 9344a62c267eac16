"""The OOMMF engine behind `magbayes.micromag.simulate`: one OOMMF process a replica, its input written by oommfc."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import oommfc
import ubermagtable
from tqdm import tqdm

from magbayes.data.seeds import derive
from magbayes.micromag.engines import EngineError, Ensemble, boxsi
from magbayes.micromag.engines.native import readout_weights
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.inputs import in_metres
from magbayes.micromag.llg.model import from_grid, translate

PATIENCE = 600.0
"""Time in s that any run may take between two outputs, beside what its cells and steps need."""

SLOWEST = 1e-5
"""More time than OOMMF needs for a cell and step, s."""

LONGEST_STEP = 1e-10
"""Default of OOMMF's max_timestep, s."""

_IMAGE = "oommf/oommf:20b0"
_IN_DOCKER = (
    *("run", "--rm", "--workdir", "/io", "--volume", "{folder}:/io"),
    *(f"--env={name}" for name in boxsi.CLEAN_MEMORY),
    _IMAGE,
    *("tclsh", "/usr/local/oommf/oommf/oommf.tcl"),
)

START = "m0.omf"
"""File of the start, as oommfc names it."""

_HEADER = "# MIF 2.2\n"
_STATES = "Schedule Oxs_TimeDriver::Magnetization mags Stage 1\n"


class EngineNotFoundError(ValueError):
    """There is no OOMMF that can run; the message says what was looked for."""


@dataclass(frozen=True)
class Program:
    """How OOMMF is started, and its version.

    `command` has ``{folder}`` for the folder of the run.
    """

    command: tuple[str, ...]
    version: str

    def start(self, folder: Path) -> list[str]:
        """Command for a run in a folder."""
        return [part.replace("{folder}", str(folder)) for part in self.command]


def require() -> Program:
    """The OOMMF that runs here: that of OOMMFTCL, ``oommf`` on the PATH (a conda environment's), or of docker.

    oommfc would find the same, and leave a server behind for each process that asks it where there is no display.

    Raises
    ------
    EngineNotFoundError
        It is not found, or the user is root, as whom OOMMF refuses to run.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        raise EngineNotFoundError("OOMMF refuses to run as root; run as another user, or use engine native")
    tcl, program, docker = os.environ.get("OOMMFTCL"), shutil.which("oommf"), shutil.which("docker")
    candidates: list[tuple[str, ...] | None] = [
        ("tclsh", tcl) if tcl else None,
        (program,) if program else None,
        (docker, *_IN_DOCKER) if docker else None,
    ]
    for command in candidates:
        if command and (version := _version(command)):
            return Program(command, version)
    raise EngineNotFoundError(
        f"OOMMF not found: OOMMFTCL {f'is {tcl!r} and does not start' if tcl else 'is not set'}, "
        f"'oommf' {'on the PATH does not start' if program else 'is not on the PATH'}, "
        f"docker {'has no ' + _IMAGE if docker else 'is not installed'}; install it (snakemake --sdm conda, "
        "conda install -c conda-forge oommf, or from source) or use engine native"
    )


@cache
def _version(command: tuple[str, ...]) -> str | None:
    """What OOMMF says of itself, such as ``2.1a0``; None if it does not start."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            answer = subprocess.run(
                [*Program(command, "").start(Path(folder)), "+version"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    said = (answer.stdout + answer.stderr).split("OOMMF")
    return said[-1].strip() if answer.returncode == 0 and len(said) > 1 else None


def processes() -> int:
    """OOMMF processes at a time: NPROC, or the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(os.environ.get("NPROC") or cores)


def _evolver(system: mm.System, time_step: float, duration: float) -> mm.Evolver | None:
    """Evolver that the system needs for a run of `duration` s; None leaves the choice to oommfc."""
    if system.T == 0:
        return _quiet_evolver(system, duration)
    if system.dynamics.get(type=mm.ZhangLi):
        raise NotImplementedError("OOMMF has no evolver for the term 'zhangli' at a temperature above 0")
    # A little more than the step, or rounding leaves a sliver of a step at the end of each sample.
    fixed = {"min_timestep": time_step * (1 + 1e-9), "max_timestep": time_step * (1 + 1e-9)}
    if system.dynamics.get(type=mm.Slonczewski):
        return oommfc.Xf_ThermSpinXferEvolver(**fixed)
    return oommfc.Xf_ThermHeunEvolver(**fixed)


def _quiet_evolver(system: mm.System, duration: float) -> mm.Evolver | None:
    """Evolver without temperature, whose steps do not pass over a pulse."""
    step = LONGEST_STEP
    for profile in translate(system).profiles:
        step = profile.resolving_step(duration, step)
    if step >= min(LONGEST_STEP, duration):
        return None
    if system.dynamics.get(type=mm.ZhangLi):
        return oommfc.SpinTEvolver(max_timestep=step)
    if system.dynamics.get(type=mm.Slonczewski):
        return oommfc.SpinXferEvolver(max_timestep=step)
    return oommfc.RungeKuttaEvolver(max_timestep=step)


def mif(system: mm.System, folder: Path, *, samples: int, interval: float, time_step: float, states: bool) -> str:
    """Text of a system's MIF file, but for the seed; the magnetisation it starts from goes into `folder` as m0.omf.

    `states` asks for the magnetisation at every sample, not only at the end.

    Raises
    ------
    ValueError
        A name that is no plain word.
    NotImplementedError
        OOMMF has no evolver for the system, or oommfc cannot write a function of time.
    """
    for name in (system.name, *system.m.mesh.subregions):
        if not re.fullmatch(r"[A-Za-z_]\w*", name, flags=re.ASCII):  # it becomes part of a Tcl script
            raise ValueError(f"name {name!r} of a system or subregion: OOMMF takes letters, digits and underscores")
    for term in system.energy.get(type=mm.Zeeman):
        if callable(term.func) and not isinstance(term.H, dict | df.Field) and np.size(term.func(0.0)) > 1:
            raise NotImplementedError(  # the script would be no Tcl
                f"oommfc takes a matrix as func of the term {term.name!r} only where H is a dictionary or a field; "
                f"H is {term.H}"
            )
    start = df.Field(system.m.mesh, nvdim=3, value=system.m, norm=system.m.norm)
    case = mm.System(name=system.name, energy=system.energy, dynamics=system.dynamics, m=start, T=system.T)
    evolver = _evolver(system, time_step, samples * interval)
    driver = oommfc.TimeDriver(**({} if evolver is None else {"evolver": evolver}))
    driver.write_mif(case, dirname=str(folder), t=samples * interval, n=samples)
    (file,) = folder.glob("*.mif")
    text = file.read_text(encoding="utf-8")
    file.unlink()
    if text.count(_STATES) != 1 or not text.startswith(_HEADER):
        raise EngineError(f"oommfc {oommfc.__version__} writes MIF files of another form than this version knows")
    return text if states else text.replace(_STATES, _STATES.replace("Stage 1", "Done"))


def seeded(text: str, seed: int) -> str:
    """The MIF file with a seed.

    OOMMF seeds its generator anew from the clock after the evolver has read ``uniform_seed`` (2.1a0), unless the file
    says otherwise.
    """
    return text.replace(_HEADER, f"{_HEADER}RandomSeed {seed}\n", 1)


def prepared(system: mm.System, **keys: Any) -> Callable[[int, np.ndarray | None], Ensemble]:
    """Make runs of replicas ready; nothing is done before the first. Arguments are those of `run` but two."""
    return lambda seed, starts: run(system, seed=seed, starts=starts, **keys)


def run(
    system: mm.System,
    *,
    replicas: int,
    samples: int,
    sample_interval: float,
    seed: int,
    readout: str | None,
    time_step: float | None,
    starts: np.ndarray | None,
) -> Ensemble:
    """Run replicas with OOMMF; arguments and result are those of `magbayes.micromag.simulate`.

    Replicas are processes with one thread each, `processes` at a time. The folder of a replica is removed
    once it is read; that of one that failed stays.
    """
    begin = time.perf_counter()
    program = require()
    system = in_metres(system)
    model = translate(system)
    step, steps = ensemble.time_step_for(model, sample_interval, time_step, "heun", samples)
    # The table has the mean of M over the mesh, which is that of m where Ms is the same everywhere.
    states = readout is not None or np.ptp(model.saturation[model.mask]) > 0
    weights = readout_weights(system, readout)
    cancel = threading.Event()
    root = Path(tempfile.mkdtemp(prefix="oommf-"))

    def replica(index: int) -> tuple[np.ndarray, np.ndarray]:
        folder = root / f"{index:05d}"
        folder.mkdir()
        for field in root.glob("*.o[mv]f"):  # the start, and parameters that vary in space
            shutil.copy(field, folder)
        if starts is not None:
            state = df.Field(system.m.mesh, nvdim=3, value=starts[index], norm=system.m.norm)
            state.to_file(str(folder / START))
        file = folder / f"{system.name}.mif"
        file.write_text(seeded(text, derive(seed, "replica", index)), encoding="utf-8")
        try:
            patience = PATIENCE + SLOWEST * steps * model.mask.size
            boxsi.run(program.start(folder), file, patience=patience, cancel=cancel)
            read = _read(folder, samples, weights / weights.sum() if states else None)
        except boxsi.Cancelled:
            shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)
        return read

    try:
        text = mif(system, root, samples=samples, interval=sample_interval, time_step=step, states=states)
        with ThreadPoolExecutor(min(processes(), replicas)) as pool, tqdm(total=replicas, unit="replica") as progress:
            futures = [pool.submit(replica, index) for index in range(replicas)]
            for future in futures:
                future.add_done_callback(lambda _: progress.update())
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                cancel.set()
                pool.shutdown(cancel_futures=True)
        failures = [error for future in futures if not future.cancelled() and (error := future.exception())]
        for error in failures:
            if not isinstance(error, boxsi.Cancelled):
                raise error
        means, finals = zip(*(future.result() for future in futures), strict=True)
    finally:
        for path in root.iterdir():
            if path.is_file():
                path.unlink()
        with contextlib.suppress(OSError):  # the folder of a replica that failed is left
            root.rmdir()
    magnetisation, final = np.array(means), np.array(finals)
    ensemble.check_finite(magnetisation, final, sample_interval)
    return Ensemble(
        time=sample_interval * np.arange(1, samples + 1),
        magnetisation=magnetisation,
        final=final,
        meta={
            "engine": "oommf",
            "version": program.version,
            "mif_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "scheme": "heun",
            "time_step": step,
            "seed": seed,
            "wall_time": time.perf_counter() - begin,
            "cells": int(model.mask.sum()),
            "precision": "float64",
        },
    )


def _read(folder: Path, samples: int, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Means (samples, 3) and final unit vectors (nx, ny, nz, 3) of a run.

    `weights` (nz, ny, nx) ask for means over the states; without them they come from the table.
    """
    files = sorted(folder.glob("*-Magnetization-*.omf"))
    if weights is None:
        tables = [ubermagtable.Table.fromfile(str(file), x="t").data for file in folder.glob("*.odt")]
        means = tables[0][["mx", "my", "mz"]].to_numpy() if tables else np.zeros((0, 3))
    else:
        spread = from_grid(weights[None])
        means = np.array([(spread * _directions(file)).sum(axis=(0, 1, 2)) for file in files])
    if len(means) != samples or not files:
        raise EngineError(f"OOMMF ended before its time: {len(means)} of {samples} samples are in {folder}")
    return means, _directions(files[-1])


def _directions(file: Path) -> np.ndarray:
    field = df.Field.from_file(str(file))
    return field.orientation.array * (field.norm.array > 0)
