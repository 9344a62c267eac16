"""Fluctuation of the stochastic MTJ at rest, at each gate voltage."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from magbayes.data.container import Quantity
from magbayes.data.section import Section
from magbayes.data.seeds import derive
from magbayes.micromag.engines import SAMPLERS, Engine, Ensemble, prepared
from magbayes.micromag.protocols import check_divides, check_rising, passages
from magbayes.micromag.protocols.drawing import FEWEST_DRAWS, draw, relative_error, variances_of
from magbayes.micromag.raw import COEFFICIENTS, Draws, RawEnsemble

if TYPE_CHECKING:
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

Voltage = Annotated[float, Field(ge=-5, le=5)]
Temperature = Annotated[float, Field(ge=0.1, le=1000)]


def replicas_for(magnetisation: np.ndarray, precision: float, *, in_plane_symmetric: bool = True) -> int:
    """Replicas that know the width of m·p to a relative margin of `precision`, with 95 % confidence.

    As far as those in hand (replicas, samples, 3) tell by their spread; see `magbayes.micromag.raw.along_reference`.
    """
    from scipy.stats import t as student  # slow, and a configuration is checked without it

    variances = variances_of(magnetisation, in_plane_symmetric)
    margin = student.ppf(0.975, len(variances) - 1) * relative_error(variances)
    return math.ceil(len(variances) * (margin / precision) ** 2)


class Fluctuation(Section):
    """Section ``fluctuation``: states drawn from equilibrium tell the width, and replicas that start from them memory.

    An engine that draws no states runs its replicas from +z: they forget it during `equilibration`, and tell both.
    """

    voltages: tuple[Voltage, ...] = Field(
        (-2.4, -1.8, -1.2, -0.6, 0.0, 0.6, 1.2, 1.8, 2.4, 3.0),
        min_length=4,
        description="gate voltages in rising order, V",
    )
    other_temperatures: tuple[Temperature, ...] = Field(
        (270.0, 330.0), description="temperatures beside the scenario's own at which all voltages are repeated, K"
    )
    replicas: int = Field(64, ge=4, le=65536, description="independent copies at each voltage")
    other_replicas: int = Field(
        48,
        ge=4,
        le=65536,
        description="copies at each voltage at the other temperatures, replicas at most; a change with temperature "
        "needs fewer",
    )
    draws: int = Field(
        256,
        ge=0,
        le=10**6,
        description="states that the native engine draws from equilibrium for each copy; 0: trajectories tell the "
        "width, as with OOMMF",
    )
    precision: float | None = Field(
        None,
        ge=1e-3,
        lt=1,
        description="largest relative margin of sigma (95 %); more states are drawn, or copies run, until it is met",
    )
    equilibration: float = Field(
        10e-9, ge=0, le=1e-5, description="simulated time that is thrown away where no states are drawn, s"
    )
    duration: float = Field(16e-9, gt=1e-10, le=1e-4, description="simulated time that is recorded, s")
    sample_interval: float = Field(50e-12, ge=1e-14, le=1e-8, description="distance of recorded samples, s")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rising("voltages", self.voltages)
        check_rising("other_temperatures", self.other_temperatures)
        check_divides(self.sample_interval, duration=self.duration, equilibration=self.equilibration)
        if 0 < self.draws < FEWEST_DRAWS:
            raise ValueError(f"draws {self.draws} are too few; accepted: 0, or {FEWEST_DRAWS} and more")
        return self

    def replicas_at(self, temperature: float, own: float) -> int:
        """Copies at each voltage at a temperature in K, of a scenario with its `own`."""
        return self.replicas if temperature == own else min(self.replicas, self.other_replicas)

    @property
    def samples(self) -> int:
        """Samples of a replica that are recorded."""
        return round(self.duration / self.sample_interval)

    def draws_with(self, engine: Engine) -> int:
        """States that an engine draws from equilibrium for each replica; 0 if its trajectories must tell the width."""
        return self.draws if engine in SAMPLERS else 0

    def settling(self, engine: Engine) -> float:
        """Simulated time that an engine's replicas take to forget their start, s."""
        return 0.0 if self.draws_with(engine) else self.equilibration

    def temperatures(self, own: float) -> list[float]:
        """All temperatures in rising order, K, with the scenario's `own`."""
        return sorted({own, *self.other_temperatures})

    def _wanted(self, magnetisation: np.ndarray, symmetric: bool) -> int:
        """Replicas as long as those in hand that `precision` asks for; 0 if it asks for none."""
        if self.precision is None:
            return 0
        return replicas_for(magnetisation, self.precision, in_plane_symmetric=symmetric)

    def run(
        self, device: StochasticJunction, voltage: float, *, temperature: float, seed: int, engine: Engine
    ) -> RawEnsemble:
        """Simulate one gate voltage (V) at a temperature (K)."""
        system, symmetric = device.system(voltage=voltage, temperature=temperature), device.in_plane_symmetric
        bare = device.bare(temperature)
        draws, provenance, start, through = None, {}, None, None
        if self.draws_with(engine):
            drawn = draw(
                system,
                replicas=self.replicas,
                draws=self.draws,
                in_plane_symmetric=symmetric,
                seed=seed,
                wanted=lambda magnetisation: self._wanted(magnetisation, symmetric),
            )
            shown = (drawn.magnetisation / bare.moment).astype(np.float32)
            through = passages.softer(device, voltage, temperature, drawn.last, shown, derive(seed, "softer"))
            draws = Draws(
                shown,
                {term: drawn.energies(term).astype(np.float32) for term in COEFFICIENTS},
                device.coefficients(voltage, temperature),
            )
            start = drawn.last.final
            provenance = {"equilibrium": drawn.meta | {"softer_voltage": through and through.voltage}}

        @cache
        def ready(replicas: int, samples: int) -> Callable[[int, np.ndarray | None], Ensemble]:
            return prepared(
                system,
                replicas=replicas,
                duration=samples * self.sample_interval,
                sample_interval=self.sample_interval,
                engine=engine,
            )

        def run(start: np.ndarray | None, replicas: int, samples: int, *name: str | int) -> Ensemble:
            return ready(replicas, samples)(derive(seed, *name), start)

        weights, discard = None, round(self.settling(engine) / self.sample_interval)
        if through is None:
            ensemble = run(start, self.replicas if start is None else len(start), discard + self.samples, "stage", 0)
            magnetisation = ensemble.magnetisation[:, discard:] / bare.moment
        else:
            # Independent passages tell more than long records: half of their length has the longest read.
            followed = passages.follow(
                lambda state, samples, part: run(state, len(state), samples, "part", part),
                passages.independent(system, drawn.last, derive(seed, "independent")),
                through,
                max(2, self.samples // 2),
                bare.moment,
            )
            ensemble, magnetisation, weights = followed.last, followed.magnetisation, followed.weights
        if draws is None:
            # Sequential sampling with a fixed width: Y. S. Chow and H. Robbins, Ann. Math. Stat. 36, 457 (1965).
            for stage in itertools.count(1):
                wanted = self._wanted(magnetisation, symmetric)
                if wanted <= len(magnetisation):
                    break
                further = run(start, wanted - len(magnetisation), discard + self.samples, "stage", stage)
                magnetisation = np.concatenate([magnetisation, further.magnetisation[:, discard:] / bare.moment])
                ensemble.meta["wall_time"] += further.meta["wall_time"]
        return RawEnsemble(
            device_type="stochastic_mtj",
            time=self.sample_interval * np.arange(discard + 1, discard + magnetisation.shape[1] + 1),
            magnetisation=magnetisation[None].astype(np.float32),
            snapshot=ensemble.final[:1].astype(np.float32),
            cell=np.array(device.magnetisation.mesh.cell),
            bias={
                "voltage": Quantity(voltage, "V", "gate voltage"),
                "temperature": Quantity(temperature, "K", "temperature of the device"),
            },
            device={
                "perpendicular_conductance": Quantity(
                    device.perpendicular_conductance(device.area),
                    "S",
                    "conductance with m perpendicular to the reference layer",
                ),
                "polarisation_squared": Quantity(device.polarisation_squared, "1", "spin polarisation squared, P^2"),
                "macrospin_barrier": Quantity(device.barrier(voltage, temperature), "J", "K_eff V of one rigid spin"),
                "area": Quantity(device.area, "m^2", "area of the free layer"),
                "read_lever": Quantity(
                    device.read_lever, "1", "gate voltage that does what 1 V over the tunnel barrier does"
                ),
                "gate_capacitance": Quantity(device.gate.capacitance(device.area), "F", "capacitance of the gate"),
                "gate_conductance": Quantity(
                    device.gate.conductance(voltage, device.area), "S", "current through the gate over its voltage"
                ),
                "in_plane_symmetric": Quantity(
                    device.in_plane_symmetric, "1", "1 where m_x and m_y have one distribution"
                ),
            },
            provenance={"simulation": ensemble.meta, "bare": dataclasses.asdict(bare), **provenance},
            draws=draws,
            weights=weights,
        )
