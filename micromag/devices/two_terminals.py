"""A stochastic MTJ of two terminals: its tunnel barrier is its gate, so that the voltage that tunes drives a current.

The barrier takes the gate's place: its resistance goes on from the device's own barrier, by `gate_decay_length`, and
falls with the voltage as that of the gate's dielectric does. The current exerts a torque on the free layer. In a
symmetric junction it goes with the voltage and with the sine of the angle alone (J. C. Slonczewski, Phys. Rev. B 71,
024411 (2005), abstract): hbar / 2 e times P times the current density at m.p = 0, P^2 = TMR / (2 + TMR).

Unchecked assumptions, in favour of such a device: TMR does not fall with the voltage; no torque along p, which goes
with the square of the voltage; no breakdown. Further: a torque of one size for both signs of the voltage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

from pydantic import Field, model_validator
from scipy.constants import e, hbar, mu_0

from magbayes.data import cited
from magbayes.data.estimate import Estimate
from magbayes.data.section import Section
from magbayes.micromag.devices.dielectric import Dielectric
from magbayes.micromag.devices.rigid_spin import AngleError, RigidSpin, driven, spin_like
from magbayes.micromag.devices.stochastic_mtj import StochasticJunction

THICKER = 12
"""Decay lengths by which barriers are thicker than the device's own: each makes RA larger by e."""


class Ranged(Section):
    """An assumption with its range."""

    value: float
    low: float = Field(gt=0)
    high: float
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"value {self.value:g} must lie within low {self.low:g} and high {self.high:g}")
        return self


class Pillar(Section):
    """What is around a free layer: ``data/junctions/pillar.yaml``."""

    thermal_resistance_area: Ranged


class Response(NamedTuple):
    """What a current does to m.p of one rigid spin.

    Attributes
    ----------
    mean
        Of m.p; 0 without the current.
    sigma, read
        Std of m.p, and of its average over a read, over those without the current. 0, with a mean of 1, where the
        current holds m in too small an angle to be resolved.
    """

    mean: float
    sigma: float
    read: float


@dataclass(frozen=True)
class TwoTerminalMTJ:
    """A device whose barrier is its gate.

    Attributes
    ----------
    device
        Whose material, free layer and reference layer it has.
    barrier_thickness
        m.
    temperature
        K.
    """

    device: StochasticJunction
    barrier_thickness: float
    temperature: float

    @cached_property
    def barrier(self) -> Dielectric:
        """The barrier, in the parallel state."""
        own = self.device
        return Dielectric(
            self.barrier_thickness,
            own.gate_permittivity,
            own.resistance_area,
            own.barrier_thickness,
            own.gate_decay_length,
            own.gate_barrier_height,
        )

    @property
    def resistance_area(self) -> float:
        """RA of the parallel state at small voltage, Ohm m^2."""
        return 1 / float(self.barrier.conductance(0.0, 1.0))

    @property
    def _contrast(self) -> float:
        """P^2, by which the conductance follows m.p."""
        tmr = self.device.tunnel_magnetoresistance
        return tmr / (2 + tmr)

    def voltage(self, gate: float) -> float:
        """Return the voltage over the barrier with the field that a gate voltage (V) of three terminals has, V.

        Raises
        ------
        ValueError
            A voltage over the barrier does nothing to the anisotropy.
        """
        lever = self.device.changed(barrier_thickness=self.barrier_thickness).read_lever
        if lever == 0:
            raise ValueError("barrier_vcma_coefficient 0 J/(V m) tunes nothing through the barrier; accepted: above 0")
        return gate / lever

    def conductance(self, voltage: float) -> float:
        """Return the mean conductance, which is that at m.p = 0, at a voltage in V, S."""
        return float(self.barrier.conductance(voltage, self.device.area)) / (1 + self._contrast)

    def torque(self, voltage: float) -> float:
        """Return a of the field ``a m x p`` of the current at a voltage in V, A/m."""
        density = voltage * self.conductance(voltage) / self.device.area
        moment = self.device.at(self.temperature).saturation_magnetisation * self.device.thickness
        return hbar * self._contrast**0.5 * density / (2 * e * mu_0 * moment)

    def rise(self, voltage: float) -> Estimate:
        """Return by how much a voltage in V that stays warms the free layer, K, over the range of the assumption.

        Over 35 nm of metal heat is steady after some 0.3 ns, so that a read of a nanosecond is as warm.
        """
        over = cited.load_as(Pillar, "junctions", "pillar").thermal_resistance_area
        heat = voltage**2 * self.conductance(voltage) / self.device.area
        return Estimate(over.value * heat, over.low * heat, over.high * heat)

    def spin(self, relative_sigma: float, kurtosis: float) -> RigidSpin:
        """Return the rigid spin whose m.p gives a conductance its std, over its mean, and its excess kurtosis."""
        along, across = self.device.barriers(0.0, self.temperature)
        return spin_like(
            relative_sigma / self._contrast,
            kurtosis,
            sideways=across - along,
            damping=self.device.damping,
            moment=self.device.at(self.temperature).saturation_magnetisation * self.device.volume,
            temperature=self.temperature,
        )

    def respond(self, relative_sigma: float, kurtosis: float, voltage: float, time: float) -> Response:
        """Return what the current at a voltage in V does to reads over a time in s.

        Parameters
        ----------
        relative_sigma, kurtosis
            Std of an instant's conductance over its mean, and its excess kurtosis, without a current.
        """
        spin = self.spin(relative_sigma, kurtosis)
        still = driven(spin, 0.0, time)
        try:
            moved = driven(spin, self.torque(abs(voltage)), time)
        except AngleError:
            return Response(1.0, 0.0, 0.0)
        return Response(moved.mean, moved.sigma / still.sigma, moved.read / still.read)


def barriers(device: StochasticJunction, temperature: float) -> list[TwoTerminalMTJ]:
    """Return devices from their own barrier on, each a decay length thicker, at a temperature in K."""
    own, step = device.barrier_thickness, device.gate_decay_length
    return [TwoTerminalMTJ(device, own + count * step, temperature) for count in range(THICKER + 1)]
