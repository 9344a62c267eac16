"""Dynamics: Runge-Kutta without temperature, an ensemble of stochastic trajectories with it."""

from __future__ import annotations

import math
import secrets
import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar

import micromagneticmodel as mm
import numpy as np

from magbayes.data import seeds
from magbayes.micromag.calculator.driver import Driver, Row, check_number, directions, magnetisation
from magbayes.micromag.calculator.evolver import NOISY, RungeKuttaEvolver, noise_options, solver_options
from magbayes.micromag.calculator.observer import Observer, mean_columns
from magbayes.micromag.llg import ensemble, runge_kutta
from magbayes.micromag.llg.model import Model

DEGREES_PER_NANOSECOND = math.radians(1e9)
"""1 deg/ns in rad/s."""


class EarlyRestWarning(UserWarning):
    """A drive came to rest before a function of time had ended; the message says when."""


class TimeDriver(Driver):
    """Drive a system in time: ``drive(system, t=, n=)`` keeps n states, t / n apart.

    With temperature, the table has n rows too, but only the last state is kept. Further arguments of `drive` then:

    seed : int
        Seed of the noise; it has no default, so that no run is random in silence. The same call gives the same bits.
    replicas : int
        Copies of the system, each with its own noise, run as one program. The drive shows replica 0 in all that a drive
        without replicas has: `system.m`, the state on disk, the columns mx, my, mz. Replica r adds the columns mx_r,
        my_r, mz_r and its last state as ``replicas/<name>-<r>.omf``.
    time_step : float
        s; the largest validated one if left out.

    Parameters
    ----------
    evolver : RungeKuttaEvolver, or an evolver of oommfc
        Method and tolerance, for T = 0; of oommfc's evolvers for T > 0 the seed, which is drawn and recorded where
        there is none, and the time step. OOMMF's ways to find a step change nothing; what else they ask is refused.
    stopping_dm_dt : float
        deg/ns; each of the n intervals ends early once no cell turns faster. For T = 0.
    """

    _allowed_attributes: ClassVar[list[str]] = ["evolver", "stopping_dm_dt"]
    _options: ClassVar[dict[str, Any]] = {
        **Driver._options,
        "t": None,
        "n": None,
        "seed": None,
        "replicas": 1,
        "time_step": None,
    }
    _x = "t"

    def _check_arguments(self, system: mm.System, arguments: dict[str, Any]) -> None:
        t, n, replicas = arguments["t"], arguments["n"], arguments["replicas"]
        if not isinstance(t, Real) or not 0 < float(t) < math.inf:
            raise ValueError(f"t {t!r} must be a finite time above 0 s")
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"n {n!r} must be an integer of at least 1")
        if not isinstance(replicas, Integral) or replicas < 1:
            raise ValueError(f"replicas {replicas} must be an integer of at least 1")
        check_number("stopping_dm_dt", getattr(self, "stopping_dm_dt", 0.0), "deg/ns")
        noisy = [key for key in ("seed", "replicas", "time_step") if arguments[key] != self._options[key]]
        quiet = [key for key in self._allowed_attributes if hasattr(self, key)]
        if isinstance(getattr(self, "evolver", None), NOISY):
            quiet.remove("evolver")
        if system.T == 0 and noisy:
            raise ValueError(f"{noisy[0]} is for T > 0, and T is 0 K")
        if system.T > 0 and quiet:
            raise ValueError(f"{quiet[0]} is for T = 0, and T is {system.T:g} K")
        if system.T > 0 and arguments["seed"] is None:
            raise RuntimeError(f"T {system.T:g} K is above 0: give the noise a seed, drive(..., seed=1)")
        if system.T > 0:
            seeds.checked(arguments["seed"])

    def _check_system(self, system: mm.System) -> None:
        if len(system.dynamics) == 0:
            raise RuntimeError("System's dynamics is not defined")
        super()._check_system(system)

    def _given(self, system: mm.System, arguments: dict[str, Any]) -> dict[str, Any]:
        if system.T == 0 or not isinstance(getattr(self, "evolver", None), NOISY):
            return {}
        given = noise_options(self.evolver, system)
        if arguments.get("seed") is None and "seed" not in given:
            given["seed"] = secrets.randbits(31)
            name = type(self.evolver).__name__
            warnings.warn(f"{name} has no uniform_seed: the seed is {given['seed']}, as info.json says", stacklevel=3)
        return given

    def _states(self, system: mm.System, model: Model, **arguments: Any) -> Iterator[tuple[np.ndarray | None, Row]]:
        t, n, replicas = float(arguments["t"]), int(arguments["n"]), int(arguments["replicas"])  # as Python has them
        # Without precession a model with temperature has no damping, and so no noise.
        if model.temperature > 0 and (model.precession or replicas > 1):
            return self._trajectory(system, model, **arguments | {"t": t, "n": n, "replicas": replicas})
        return self._solution(system, model, t, n)

    def _solution(self, system: mm.System, model: Model, t: float, n: int) -> Iterator[tuple[np.ndarray, Row]]:
        observer, steps = Observer(model), 0
        evolver: Any = getattr(self, "evolver", RungeKuttaEvolver())
        stages = runge_kutta.integrate(
            model,
            directions(system),
            duration=t / n,
            stages=n,
            stopping_rate=getattr(self, "stopping_dm_dt", 0.0) * DEGREES_PER_NANOSECOND,
            **solver_options(evolver, system),
        )
        for index, stage in enumerate(stages):
            steps += stage.steps
            row = {
                "E_calc_count": stage.evaluations,
                "max_dm/dt": stage.fastest / DEGREES_PER_NANOSECOND,
                "iteration": steps,
                "stage_iteration": stage.steps,
                "stage": index,
                "last_time_step": stage.last_step,
                "t": stage.time,
            }
            yield stage.m, observer.row(stage.m, stage.time) | row
        if model.profiles and stage.time < t * (1 - 1e-9):
            warnings.warn(
                f"at rest by stopping_dm_dt, the drive ended at {stage.time:.4g} s of {t:.4g} s: what a function of "
                "time does later did not act",
                EarlyRestWarning,
                stacklevel=2,
            )

    def _trajectory(
        self,
        system: mm.System,
        model: Model,
        t: float,
        n: int,
        seed: int,
        replicas: int,
        time_step: float | None,
    ) -> Iterator[tuple[np.ndarray | None, Row]]:
        trajectory = ensemble.run(
            model,
            directions(system),
            replicas=replicas,
            samples=n,
            interval=t / n,
            seed=seed,
            readout=model.saturation,
            time_step=time_step,
        )
        first, *others = trajectory.final
        for replica, m in enumerate(others, start=1):
            Path("replicas").mkdir(exist_ok=True)
            magnetisation(system, m).to_file(f"replicas/{system.name}-{replica:04d}.omf", **self._format)
        for index in range(n):
            row = {"stage": index, "last_time_step": trajectory.time_step, "t": (index + 1) * t / n}
            for replica, means in enumerate(trajectory.mean):
                row |= mean_columns(means[index], f"_{replica}" if replica else "")
            yield (first if index == n - 1 else None), row
