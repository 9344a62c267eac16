"""One function, two engines: `simulate` runs an ensemble of replicas of a ubermag system."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from magbayes.data import seeds
from magbayes.data.errors import EngineError

if TYPE_CHECKING:
    import micromagneticmodel as mm

__all__ = ["Engine", "EngineError", "Ensemble", "simulate"]

Engine = Literal["native", "oommf"]


@dataclass(frozen=True)
class Ensemble:
    """Replicas of one system.

    Attributes
    ----------
    time
        (samples,), s; the first sample is one interval after the start.
    magnetisation
        (replicas, samples, 3), mean unit vector over the magnetic cells (of the readout region, if one is named).
    final
        (replicas, nx, ny, nz, 3), unit vectors at the end; zero outside the material.
    meta
        engine, version, time_step in s, seed, wall_time in s, cells, precision.
    """

    time: np.ndarray
    magnetisation: np.ndarray
    final: np.ndarray
    meta: dict[str, Any]


def simulate(
    system: mm.System,
    *,
    replicas: int,
    duration: float,
    sample_interval: float,
    seed: int,
    engine: Engine = "native",
    readout: str | None = None,
    time_step: float | None = None,
) -> Ensemble:
    """Run `replicas` independent copies of a system from its present magnetisation.

    Parameters
    ----------
    system
        Any system whose terms the engine honours; it is not changed.
    replicas
        Number of copies.
    duration, sample_interval
        Simulated time and distance of samples, s.
    seed
        With a replica's index it gives the replica's noise; the same call gives the same bits. An integer from 0 to
        2^32 - 1.
    engine
        ``"native"`` (JAX, this package) or ``"oommf"`` (through oommfc).
    readout
        Name of the mesh's subregion whose mean magnetisation is sampled; the whole mesh if left out.
    time_step
        s; the largest step that the engine was validated for, if left out.

    Raises
    ------
    ValueError
        An argument is out of its range, or the time step is too large for the mesh.
    NotImplementedError
        The engine cannot honour a term of the system.
    EngineError
        The engine's program failed, or a state is not finite.
    """
    seeds.checked(seed)
    if not isinstance(replicas, Integral) or replicas < 1:
        raise ValueError(f"replicas {replicas} must be an integer of at least 1")
    for name, value in (("duration", duration), ("sample_interval", sample_interval)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} {value} s must be a positive number")
    samples = round(duration / sample_interval)
    if samples < 1 or abs(samples * sample_interval - duration) > 1e-6 * duration:
        raise ValueError(f"sample_interval {sample_interval:g} s does not divide duration {duration:g} s")
    if readout is not None and readout not in system.m.mesh.subregions:
        raise ValueError(
            f"readout {readout!r} is no subregion of the mesh; there are: {list(system.m.mesh.subregions)}"
        )
    if engine not in ("native", "oommf"):
        raise ValueError(f"engine {engine!r} is unknown; accepted: 'native', 'oommf'")
    return import_module(f"magbayes.micromag.engines.{engine}").run(
        system,
        replicas=replicas,
        samples=samples,
        sample_interval=sample_interval,
        seed=seed,
        readout=readout,
        time_step=time_step,
    )
