"""The native engine behind `magbayes.micromag.simulate`."""

from __future__ import annotations

import time

import jax
import micromagneticmodel as mm
import numpy as np

from magbayes.micromag.engines import Ensemble
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.model import from_grid, to_grid, translate


def readout_weights(system: mm.System, region: str | None) -> np.ndarray | None:
    """Weights (nz, ny, nx) that are 1 in a subregion of the mesh, or None for the whole mesh."""
    if region is None:
        return None
    mesh = system.m.mesh
    weights = np.zeros((*mesh.n, 1))
    weights[(*mesh.region2slices(mesh.subregions[region]),)] = 1.0
    return to_grid(weights)[0]


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
    """Run replicas with the native engine; arguments and result are those of `magbayes.micromag.simulate`."""
    start = time.perf_counter()
    model = translate(system)
    trajectory = ensemble.run(
        model,
        to_grid(system.m.orientation.array),
        replicas=replicas,
        samples=samples,
        interval=sample_interval,
        seed=seed,
        readout=readout_weights(system, readout),
        time_step=time_step,
    )
    return Ensemble(
        time=sample_interval * np.arange(1, samples + 1),
        magnetisation=trajectory.mean,
        final=from_grid(trajectory.final),
        meta={
            "engine": "native",
            "version": f"jax {jax.__version__} on {jax.default_backend()}",
            "scheme": "midpoint",
            "time_step": trajectory.time_step,
            "seed": seed,
            "wall_time": time.perf_counter() - start,
            "cells": int(model.mask.sum()),
            "precision": str(trajectory.mean.dtype),
        },
    )
