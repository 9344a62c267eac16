"""The native engine behind `magbayes.micromag.simulate` and `magbayes.micromag.sample`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import micromagneticmodel as mm
import numpy as np

from magbayes.micromag.engines import Ensemble, Equilibrium
from magbayes.micromag.llg import ensemble, equilibrium
from magbayes.micromag.llg.model import Model, from_grid, to_grid, translate


def readout_weights(system: mm.System, region: str | None) -> np.ndarray:
    """Weights (nz, ny, nx) of the cells in a sampled mean: Ms in A/m, of one subregion of the mesh if it is named."""
    weights = to_grid(system.m.norm.array)[0]
    if region is None:
        return weights
    mesh = system.m.mesh
    inside = np.zeros(mesh.n)
    inside[mesh.region2slices(mesh.subregions[region])] = 1.0
    return weights * inside.transpose(2, 1, 0)


def prepared(
    system: mm.System,
    *,
    replicas: int,
    samples: int,
    sample_interval: float,
    readout: str | None,
    time_step: float | None,
) -> Callable[[int, np.ndarray | None], Ensemble]:
    """Make runs of replicas ready; arguments and results are those of `magbayes.micromag.prepared`.

    The wall time of the first run has that of what is done once.
    """
    start = time.perf_counter()
    model = translate(system)
    integrator = ensemble.Integrator(
        model,
        replicas=replicas,
        samples=samples,
        interval=sample_interval,
        readout=readout_weights(system, readout),
        time_step=time_step,
    )
    spent = time.perf_counter() - start

    def run(seed: int, starts: np.ndarray | None) -> Ensemble:
        nonlocal spent
        start, spent = time.perf_counter() - spent, 0.0
        initial = to_grid(system.m.orientation.array) if starts is None else on_grids(starts)
        trajectory = integrator(initial, seed)
        return Ensemble(
            time=sample_interval * np.arange(1, samples + 1),
            magnetisation=trajectory.mean,
            final=from_grid(trajectory.final),
            meta=_meta(model, "midpoint", seed, start, trajectory.mean) | {"time_step": trajectory.time_step},
        )

    return run


def sample(
    system: mm.System,
    *,
    starts: np.ndarray,
    samples: int,
    seed: int,
    interval: int,
    warm_up: int,
    inversions: bool,
    readout: str | None,
) -> Equilibrium:
    """Draw from equilibrium; arguments and result are those of `magbayes.micromag.sample`."""
    start, used = time.perf_counter(), time.process_time()
    model = translate(system)
    drawn = equilibrium.run(
        model,
        on_grids(starts),
        samples=samples,
        seed=seed,
        interval=interval,
        warm_up=warm_up,
        inversions=inversions,
        readout=readout_weights(system, readout),
    )
    return Equilibrium(
        magnetisation=drawn.mean,
        moment=drawn.moment,
        energies=drawn.energies,
        final=from_grid(drawn.final),
        meta=_meta(model, "hamiltonian", seed, start, drawn.final)
        | {
            "processor_time": time.process_time() - used,
            "temperature": model.temperature,
            "acceptance": drawn.acceptance,
            "step": drawn.step,
            "steps": drawn.steps,
        },
    )


def on_grids(states: np.ndarray) -> np.ndarray:
    """Reorder (replicas, nx, ny, nz, 3) to (replicas, 3, nz, ny, nx)."""
    return np.swapaxes(np.moveaxis(states, -1, 1), -1, -3)


def _meta(model: Model, scheme: str, seed: int, start: float, result: np.ndarray) -> dict[str, Any]:
    return {
        "engine": "native",
        "version": f"jax {jax.__version__} on {jax.default_backend()}",
        "scheme": scheme,
        "seed": seed,
        "wall_time": time.perf_counter() - start,
        "cells": int(model.mask.sum()),
        "precision": str(result.dtype),
    }
