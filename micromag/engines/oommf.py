"""The OOMMF engine behind `micromag.simulate`: one OOMMF process a replica, driven through oommfc."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import oommfc

from micromag.engines import Ensemble
from micromag.engines.native import readout_weights
from micromag.llg import ensemble
from micromag.llg.model import from_grid, translate

SEEDS = 2**16 - 3
"""OOMMF's thermal evolvers take seeds of 16 bits; 0 and 1 are special."""


class EngineNotFoundError(ValueError):
    """There is no OOMMF that can run; the message says what was looked for."""


def require() -> None:
    """Check that OOMMF can run here.

    Raises
    ------
    EngineNotFoundError
        It is not found, or the user is root, as whom OOMMF refuses to run.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        raise EngineNotFoundError("OOMMF refuses to run as root; run as another user, or use engine native")
    try:
        oommfc.runner.autoselect_runner()
    except OSError:
        raise EngineNotFoundError(
            "OOMMF not found: OOMMFTCL names no oommf.tcl, no 'oommf' is on the PATH, and docker does not answer; "
            "install it (conda install -c conda-forge oommf, or from source) or use engine native"
        ) from None


def _evolver(system: mm.System, time_step: float, seed: int) -> mm.Evolver | None:
    """Evolver that the system needs; None leaves the choice to oommfc, which is right without temperature."""
    if system.T == 0:
        return None
    if system.dynamics.get(type=mm.ZhangLi):
        raise NotImplementedError("OOMMF has no evolver for the term 'zhangli' at a temperature above 0")
    fixed = {"min_timestep": time_step, "max_timestep": time_step, "uniform_seed": seed}
    if system.dynamics.get(type=mm.Slonczewski):
        return oommfc.Xf_ThermSpinXferEvolver(**fixed)
    return oommfc.Xf_ThermHeunEvolver(**fixed)


def run(
    system: mm.System,
    *,
    replicas: int,
    samples: int,
    sample_interval: float,
    seed: int,
    readout: str | None,
    time_step: float | None,
) -> Ensemble:
    """See `micromag.simulate`. Replicas run one after another, each with one thread, in a folder of its own.

    OOMMF 2.1a0 does not repeat its noise: two runs with the same ``uniform_seed`` differ. Statistics are reproducible,
    bits are not.
    """
    start = time.perf_counter()
    require()
    step, _ = ensemble.time_step_for(translate(system), sample_interval, time_step, scheme="heun")
    seeds = np.random.SeedSequence(seed).generate_state(replicas) % SEEDS + 2
    mask = system.m.norm.array > 0
    weights = mask.astype(float)
    if (region := readout_weights(system, readout)) is not None:
        weights = weights * from_grid(region[None])
    weights /= weights.sum()
    means, finals = [], []
    for replica_seed in seeds:
        start_state = df.Field(system.m.mesh, nvdim=3, value=system.m, norm=system.m.norm)
        case = mm.System(name=system.name, energy=system.energy, dynamics=system.dynamics, m=start_state, T=system.T)
        evolver = _evolver(system, step, int(replica_seed))
        driver = oommfc.TimeDriver(**({} if evolver is None else {"evolver": evolver}))
        with tempfile.TemporaryDirectory() as folder:
            driver.drive(case, t=samples * sample_interval, n=samples, dirname=folder, n_threads=1, verbose=0)
            states = sorted(Path(folder).rglob(f"{system.name}-*.omf"))
            directions = [df.Field.from_file(str(path)).orientation.array for path in states]
        means.append([(weights * direction).sum(axis=(0, 1, 2)) for direction in directions])
        finals.append(directions[-1] * mask)
    return Ensemble(
        time=sample_interval * np.arange(1, samples + 1),
        magnetisation=np.array(means),
        final=np.array(finals),
        meta={
            "engine": "oommf",
            "version": oommfc.runner.runner.version,
            "time_step": step,
            "seed": seed,
            "wall_time": time.perf_counter() - start,
            "cells": int(mask.sum()),
            "precision": "float64",
        },
    )
