"""Width of the stochastic MTJ's fluctuation in equilibrium: from the sampler, or from trajectories without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from magbayes.data.estimate import Estimate
from magbayes.data.section import Section
from magbayes.micromag.engines import SAMPLERS, Engine, simulate
from magbayes.micromag.protocols.drawing import FEWEST_DRAWS, draw, relative_error, variances_of

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

INTERVAL = 50e-12
"""Distance of a trajectory's samples, s; averages are all that is kept of them."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Width:
    """Fluctuation of a device at one gate voltage.

    Attributes
    ----------
    variances
        (replicas,), mean square of m along the reference layer. Replicas are independent, their samples need not be.
    moment
        Root mean square of the mean magnetisation over the film's Ms.
    final
        (replicas, nx, ny, nz, 3), unit vectors of the last states.
    meta
        What the engine says of the run.
    """

    variances: np.ndarray
    moment: float
    final: np.ndarray
    meta: dict[str, Any]

    @property
    def sigma(self) -> float:
        """std(m along the reference layer)."""
        return float(np.sqrt(self.variances.mean()))

    @property
    def relative_error(self) -> float:
        """Standard error of sigma over sigma, from the spread between replicas."""
        return relative_error(self.variances)

    @property
    def estimate(self) -> Estimate:
        """Sigma with its 95 % interval."""
        from scipy.stats import sem  # slow, and a configuration is checked without it
        from scipy.stats import t as student

        mean = self.variances.mean()
        margin = student.ppf((1 + CONFIDENCE) / 2, len(self.variances) - 1) * sem(self.variances)
        return Estimate(*(float(np.sqrt(x)) for x in (mean, max(mean - margin, 0.0), mean + margin)))


class InEquilibrium(Section):
    """Keys of a protocol that measures widths in equilibrium."""

    replicas: int = Field(64, ge=4, le=65536, description="independent copies of each device at each voltage")
    draws: int = Field(
        200, ge=FEWEST_DRAWS, le=1_000_000, description="states of each copy, of an engine that has a sampler"
    )
    damping: float = Field(
        0.2,
        ge=1e-5,
        le=1,
        description="damping of trajectories, in place of the device's own: a high one forgets faster, and the "
        "equilibrium is the same",
    )
    equilibration: float = Field(
        1e-9, ge=0, le=1e-5, description="time thrown away, of trajectories of an engine that has no sampler, s"
    )
    duration: float = Field(
        8e-9, gt=0, le=1e-4, description="time recorded, of trajectories of an engine that has no sampler, s"
    )

    @property
    def discarded(self) -> int:
        """Samples of a trajectory that are thrown away."""
        return round(self.equilibration / INTERVAL)

    @property
    def recorded(self) -> int:
        """Samples of a trajectory that count."""
        return max(1, round(self.duration / INTERVAL))

    def samples(self, engine: Engine) -> int:
        """Samples of a replica, those that are thrown away included."""
        return self.draws if engine in SAMPLERS else self.discarded + self.recorded

    def width(
        self, device: StochasticJunction, voltage: float, *, temperature: float, seed: int, engine: Engine
    ) -> Width:
        """Width under a gate voltage in V at a temperature in K."""
        if engine not in SAMPLERS:
            return self.trajectories(device, voltage, temperature=temperature, seed=seed, engine=engine)
        drawn = draw(
            device.system(voltage, temperature),
            replicas=self.replicas,
            draws=self.draws,
            in_plane_symmetric=device.in_plane_symmetric,
            seed=seed,
        )
        return _width(device, temperature, drawn.magnetisation, drawn.last.final, drawn.meta)

    def trajectories(
        self,
        device: StochasticJunction,
        voltage: float,
        *,
        temperature: float,
        seed: int,
        engine: Engine,
        time_step: float | None = None,
        start: np.ndarray | None = None,
    ) -> Width:
        """Width from trajectories, with steps of `time_step` (s).

        From states in equilibrium, `start` (replicas, nx, ny, nz, 3), nothing is thrown away.
        """
        discarded = self.discarded if start is None else 0
        ensemble = simulate(
            device.changed(damping=self.damping).system(voltage, temperature),
            replicas=self.replicas,
            duration=(discarded + self.recorded) * INTERVAL,
            sample_interval=INTERVAL,
            seed=seed,
            engine=engine,
            time_step=time_step,
            start=start,
        )
        return _width(device, temperature, ensemble.magnetisation[:, discarded:], ensemble.final, ensemble.meta)


def _width(
    device: StochasticJunction, temperature: float, magnetisation: np.ndarray, final: np.ndarray, meta: dict[str, Any]
) -> Width:
    m = magnetisation.astype(float) / device.bare(temperature).moment
    moment = float(np.sqrt((m**2).sum(axis=-1).mean()))
    return Width(variances_of(m, device.in_plane_symmetric), moment, final, meta)
