"""Two functions, two engines: `simulate` runs replicas of a ubermag system in time, `sample` draws from equilibrium.

`prepared` is `simulate` in two steps, for a system that is run again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from magbayes.data import seeds
from magbayes.data.errors import EngineError

if TYPE_CHECKING:
    import micromagneticmodel as mm

__all__ = ["SAMPLERS", "Engine", "EngineError", "Ensemble", "Equilibrium", "prepared", "sample", "simulate"]

Engine = Literal["native", "oommf"]

SAMPLERS: tuple[Engine, ...] = ("native",)
"""Engines that `sample` accepts."""

UNIT = 1e-3
"""Largest error of the length of a vector that a start is given with; single precision has 1e-6."""


@dataclass(frozen=True)
class Ensemble:
    """Replicas of one system.

    Attributes
    ----------
    time
        (samples,), s; the first sample is one interval after the start.
    magnetisation
        (replicas, samples, 3), mean over the magnetic cells (of the readout region, if one is named) of the unit
        vectors, weighted by Ms: the moment over that of the saturated cells.
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
    start: np.ndarray | None = None,
) -> Ensemble:
    """Run `replicas` independent copies of a system from its present magnetisation, or from states of their own.

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
    start
        Unit vectors (nx, ny, nz, 3) or (replicas, nx, ny, nz, 3) to start from, such as `Equilibrium.final`, from which
        nothing has to equilibrate; the present magnetisation if left out.

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
    run = prepared(
        system,
        replicas=replicas,
        duration=duration,
        sample_interval=sample_interval,
        engine=engine,
        readout=readout,
        time_step=time_step,
    )
    return run(seed, start)


def prepared(
    system: mm.System,
    *,
    replicas: int,
    duration: float,
    sample_interval: float,
    engine: Engine = "native",
    readout: str | None = None,
    time_step: float | None = None,
) -> Callable[[int, np.ndarray | None], Ensemble]:
    """Make `simulate` ready for several runs of a system, which differ in `seed` and `start` alone.

    What is returned takes these two. Arguments, and the errors of either, are those of `simulate`.
    """
    if not isinstance(replicas, Integral) or replicas < 1:
        raise ValueError(f"replicas {replicas} must be an integer of at least 1")
    for name, value in (("duration", duration), ("sample_interval", sample_interval)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} {value} s must be a positive number")
    samples = round(duration / sample_interval)
    if samples < 1 or abs(samples * sample_interval - duration) > 1e-6 * duration:
        raise ValueError(f"sample_interval {sample_interval:g} s does not divide duration {duration:g} s")
    _check_readout(system, readout)
    _check_engine(engine)
    ready = import_module(f"magbayes.micromag.engines.{engine}").prepared(
        system,
        replicas=replicas,
        samples=samples,
        sample_interval=sample_interval,
        readout=readout,
        time_step=time_step,
    )

    def run(seed: int, start: np.ndarray | None = None) -> Ensemble:
        starts = None if start is None else starting_states(system, start, replicas)
        return ready(seeds.checked(seed), starts)

    return run


@dataclass(frozen=True)
class Equilibrium:
    """Samples of a system's Boltzmann distribution, by replicas, which are independent chains.

    Attributes
    ----------
    magnetisation
        (replicas, samples, 3), mean over the magnetic cells (of the readout region, if one is named) of the unit
        vectors, weighted by Ms: the moment over that of the saturated cells.
    moment
        (replicas, samples, 3), magnetic moment of the system, A m^2: the conjugate of mu0 H of a uniform field.
    energies
        (replicas, samples) in J of each term of the energy by its name. Each is proportional to its parameter, so that
        energy / parameter is that parameter's conjugate. A term that has two parameters gives two, such as
        ``"uniaxialanisotropy.K1"`` and ``"uniaxialanisotropy.K2"``, ``"rkky.sigma"`` and ``"rkky.sigma2"``.
    final
        (replicas, nx, ny, nz, 3), unit vectors of the last states; zero outside the material.
    meta
        engine, version, scheme, temperature in K, seed, wall_time and processor_time in s, cells, precision;
        acceptance (replicas,), step and steps: how the proposals went.
    """

    magnetisation: np.ndarray
    moment: np.ndarray
    energies: dict[str, np.ndarray]
    final: np.ndarray
    meta: dict[str, Any]


def sample(
    system: mm.System,
    *,
    replicas: int,
    samples: int,
    seed: int,
    interval: int = 1,
    warm_up: int = 180,
    start: np.ndarray | None = None,
    inversions: bool = True,
    engine: Engine = "native",
    readout: str | None = None,
) -> Equilibrium:
    """Draw states of a system in thermal equilibrium, without their motion in time.

    Every energy term counts that `simulate` knows, whatever the dynamics.

    Parameters
    ----------
    system
        Any system with a temperature above 0 and without torques; it is not changed.
    replicas, samples
        Number of independent chains, and of samples of each.
    seed
        The same call gives the same bits.
    interval
        Updates of the whole state from one sample to the next; one gives samples that are nearly independent where the
        anisotropy holds m.
    warm_up
        Updates that are thrown away: the start is forgotten in them, and the method set to the system.
    start
        Unit vectors (nx, ny, nz, 3) or (replicas, nx, ny, nz, 3) to start from; the present magnetisation if left out.
    inversions
        Whether the inversion m -> -m is tried too, which crosses barriers of any height. Without it replicas stay where
        a high barrier holds them, as trajectories do.
    engine
        ``"native"``; OOMMF has no such method.
    readout
        Name of the mesh's subregion whose mean magnetisation is sampled; the whole mesh if left out.

    Raises
    ------
    ValueError
        An argument is out of its range.
    NotImplementedError
        The system has no equilibrium (a torque, a field that varies in time, 0 K), a term is not known, or the engine
        has no such method.
    EngineError
        An energy is not finite.
    """
    seeds.checked(seed)
    for name, value in (("replicas", replicas), ("samples", samples), ("interval", interval), ("warm_up", warm_up)):
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} {value} must be an integer of at least 1")
    _check_readout(system, readout)
    _check_engine(engine)
    if engine not in SAMPLERS:
        accepted = ", ".join(map(repr, SAMPLERS))
        raise NotImplementedError(f"engine {engine!r} draws no equilibrium states; accepted: {accepted}, or `simulate`")
    return import_module(f"magbayes.micromag.engines.{engine}").sample(
        system,
        starts=starting_states(system, start, replicas),
        samples=samples,
        seed=seed,
        interval=interval,
        warm_up=warm_up,
        inversions=inversions,
        readout=readout,
    )


def starting_states(system: mm.System, start: np.ndarray | None, replicas: int) -> np.ndarray:
    """Unit vectors (replicas, nx, ny, nz, 3) that replicas start from; zero outside the material.

    Raises
    ------
    ValueError
        `start` has another shape, or is not of length 1 in some cell.
    """
    mesh, material = tuple(int(n) for n in system.m.mesh.n), system.m.norm.array > 0
    shape = (replicas, *mesh, 3)
    if start is None:
        return np.broadcast_to(system.m.orientation.array, shape)
    states = np.asarray(start, np.float64)
    if states.shape not in (shape, shape[1:]):
        raise ValueError(f"start has the shape {states.shape}; accepted: {shape[1:]} or {shape}")
    states = np.where(material, states, 0.0)
    lengths = np.broadcast_to(np.linalg.norm(states, axis=-1, keepdims=True), (*states.shape[:-1], 1))
    wrong = np.broadcast_to(material, lengths.shape) & ~(np.abs(lengths - 1) < UNIT)
    if wrong.any():
        raise ValueError(
            f"start has vectors of length {float(lengths[wrong][0]):.6g}; accepted: unit vectors in all magnetic cells"
        )
    return np.broadcast_to(states / np.where(material, lengths, 1.0), shape)


def _check_readout(system: mm.System, readout: str | None) -> None:
    if readout is not None and readout not in system.m.mesh.subregions:
        raise ValueError(
            f"readout {readout!r} is no subregion of the mesh; there are: {list(system.m.mesh.subregions)}"
        )


def _check_engine(engine: str) -> None:
    if engine not in ("native", "oommf"):
        raise ValueError(f"engine {engine!r} is unknown; accepted: 'native', 'oommf'")
