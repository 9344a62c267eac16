"""The cell of two terminals, whose stochastic MTJ is tuned and read by one voltage: what a read of it gives.

The voltage is set by sigma, so that it cannot be the input: the length of a read is. A charge collects noise of the
conductance in proportion to its length within the memory, as a weight times an input would, and with the root of it
beyond. Each limit compares with the cell of three terminals of the same device.

Unchecked assumptions: switches and drivers of such cells are ideal, and have no noise of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np
from scipy.constants import Boltzmann

from magbayes.data.estimate import Estimate
from magbayes.system.array.devices import DeviceModels, StochasticModel
from magbayes.system.array.electrical import TYPICAL, offered_ratio, shot_factor, thermal_voltage
from magbayes.system.array.settling import settling_time
from magbayes.system.array.tuning import offered_gates
from magbayes.system.settings import AcceleratorSettings, Reading

TOLERANCE = 0.1
"""Share of the std of a read that a limit may change: generous, as gates of three terminals hold it to 1 or 2 %."""

WARMER = 10.0
"""Distance in K over which the change of sigma with the temperature is taken."""

SHORTEST, TIMES = 1e-3, 150
"""Share of the read time, and number of times from there on, among which a read is looked for that is short enough."""


End = Literal["value", "low", "high"]
"""Value, or end, of the range of an assumption."""


class Response(Protocol):
    """What a current does to m.p."""

    @property
    def mean(self) -> float:
        """Mean of m.p."""
        ...

    @property
    def sigma(self) -> float:
        """Return the std of m.p over that without the current."""
        ...

    @property
    def read(self) -> float:
        """Return the std of a read over that without the current."""
        ...


class Junction(Protocol):
    """A stochastic MTJ of two terminals, with a barrier of one thickness."""

    @property
    def barrier_thickness(self) -> float:
        """Thickness of the barrier, m."""
        ...

    @property
    def resistance_area(self) -> float:
        """RA at small voltage, Ohm m^2."""
        ...

    def voltage(self, gate: float) -> float:
        """Return the voltage over the barrier that tunes as a gate voltage (V) of three terminals does, V."""
        ...

    def conductance(self, voltage: float) -> float:
        """Return the mean conductance at a voltage in V, S."""
        ...

    def torque(self, voltage: float) -> float:
        """Return the spin torque at a voltage in V as a field, A/m."""
        ...

    def rise(self, voltage: float) -> Estimate:
        """Return by how much a voltage in V warms the free layer, K, with its range."""
        ...

    def respond(self, relative_sigma: float, kurtosis: float, voltage: float, time: float) -> Response:
        """Return what the current at a voltage in V does to reads over a time in s.

        `relative_sigma` is the std of an instant's conductance over its mean, without a current, and `kurtosis` its
        excess kurtosis.
        """
        ...


class Bias(NamedTuple):
    """A junction at one sigma.

    Attributes
    ----------
    gate, voltage
        Gate voltage of three terminals, and the voltage over the barrier in its place, V.
    current, torque
        Mean current, A, and spin torque as a field, A/m.
    response
        What the torque does.
    rise, warmed
        How far the free layer warms up, K, and the share by which that changes the std of a read, to first order; None
        where the models know one temperature alone.
    sigma, noise
        Std of the mean current of a read, of the conductance and of electrical noise, A.
    energy
        Of a read, J.
    """

    gate: float
    voltage: float
    current: float
    torque: float
    response: Response
    rise: Estimate
    warmed: Estimate | None
    sigma: float
    noise: float
    energy: float


class Cell(NamedTuple):
    """A barrier, at both ends of the range of sigma that reads of three terminals offer.

    Attributes
    ----------
    thickness, resistance_area
        m, Ohm m^2.
    low, high
        At the smallest and at the largest sigma.
    """

    thickness: float
    resistance_area: float
    low: Bias
    high: Bias

    @property
    def ratio(self) -> float:
        """Largest over smallest std of a read, electrical noise included."""
        shown = [np.hypot(bias.sigma * bias.response.read, bias.noise) for bias in (self.low, self.high)]
        return float(shown[1] / shown[0])

    @property
    def undriven(self) -> bool:
        """Whether the spin torque leaves the stds of reads as they are."""
        return all(abs(bias.response.read - 1) <= TOLERANCE for bias in (self.low, self.high))

    def cool(self, end: End = "value") -> bool | None:
        """Return whether heat leaves them as they are, at an end of its range; None where that is not known."""
        changes = [getattr(bias.warmed, end) for bias in (self.low, self.high) if bias.warmed is not None]
        return all(abs(change) <= TOLERANCE for change in changes) if changes else None

    def quiet(self, least: float) -> bool:
        """Whether the ratio of stds that electrical noise leaves is `least` or more."""
        return self.ratio >= least

    def works(self, least: float, end: End = "value") -> bool:
        """Whether the device is one that a voltage tunes and that a read shows: all of the above."""
        return self.undriven and self.cool(end) is not False and self.quiet(least)


@dataclass(frozen=True)
class Comparison:
    """Cells of two terminals with barriers of several thicknesses, beside that of three.

    Attributes
    ----------
    cells
        By rising thickness of the barrier.
    least
        Ratio of the stds that reads of three terminals show, electrical noise included.
    typical_energy
        Of a typical read of one junction of three terminals, J.
    share
        Input of which the charges' law is judged, over full scale.
    excess
        Std of a charge for that input over the share of that for full scale, at both ends of sigma; 1 is w times x.
    linear_time
        Longest read, up to the read time, over which that is at most 1 + `TOLERANCE`, s; 0 where none is.
    step
        By which such a read would tell one code of an input from the next, s.
    settling
        Time in which the wires of a tile settle, s; 0 where they are ideal.
    """

    cells: Sequence[Cell]
    least: float
    typical_energy: float
    share: float
    excess: tuple[float, float]
    linear_time: float
    step: float
    settling: float

    def working(self, end: End = "value") -> list[Cell]:
        """Return the cells with a device that works, at an end of the range of the heat."""
        return [cell for cell in self.cells if cell.works(self.least, end)]

    @property
    def linear(self) -> bool:
        """Whether the length of a read can be an input: charges go with it as a weight times an input does."""
        return max(self.excess) <= 1 + TOLERANCE

    @property
    def usable(self) -> bool:
        """Whether two terminals would do."""
        return self.linear and bool(self.working())


def charge_excess(smtj: StochasticModel, gate: float, time: float, share: float) -> float:
    """Return the std of a charge that is collected over a share of a time in s, over that share of the whole's.

    1 within the memory, one over the root of the share far beyond it. A precession makes it more than that, where the
    whole read averages it out and a part does not.
    """
    part, whole = (float(smtj.sigma(gate, span).value) for span in (share * time, time))
    return part / whole


def longest_linear(smtj: StochasticModel, gates: Sequence[float], time: float, share: float) -> float:
    """Return the longest read, up to a time in s, whose charges are in proportion to inputs; 0 where none is."""
    longest = 0.0
    for span in np.geomspace(SHORTEST * time, time, TIMES).tolist():
        if max(charge_excess(smtj, gate, span, share) for gate in gates) > 1 + TOLERANCE:
            break
        longest = span
    return longest


def bits_shortfall(bits: int) -> float:
    """Return the smallest std of an input whose bits follow each other as reads, over the input's share of w.

    Each read draws the noise anew, so that bits add in squares: fewest of what the sum says where all of them are on.
    """
    weights = 2.0 ** np.arange(bits - 1)
    return float(np.sqrt((weights**2).sum()) / weights.sum())


def electrical_noise(conductance: float, voltage: float, reading: Reading, temperature: float) -> float:
    """Return the std of the mean current of a read that junction and amplifier make, A.

    Parameters
    ----------
    conductance, voltage
        Of the junction, S and V.
    reading
        With the integration time; its amplifier sees as many junctions as a tile has rows.
    temperature
        K.
    """
    factor = float(shot_factor(jnp.asarray(voltage), thermal_voltage(temperature)))
    density = 4 * Boltzmann * temperature * conductance * factor if reading.thermal else 0.0
    density += reading.amplifier_noise**2 * reading.rows * conductance**2
    return float(np.sqrt(density / (2 * reading.time)))


def _sensitivity(models: DeviceModels, gate: float, time: float) -> float | None:
    """Change of ln sigma of a read with the temperature, 1/K; None where the models know one temperature alone."""
    known = {0.0: models}
    for step in (-WARMER, WARMER):
        try:
            known[step] = models.at_temperature(models.temperature + step)
        except ValueError:  # beyond what was characterised
            continue
    first, last = min(known), max(known)
    if first == last:
        return None
    cold, warm = (float(np.log(known[step].smtj.sigma(gate, time).value)) for step in (first, last))
    return (warm - cold) / (last - first)


class _Point(NamedTuple):
    """What the models say of one gate voltage: std of the conductance over its mean, in a read and at an instant."""

    gate: float
    read: float
    instant: float
    kurtosis: float
    slope: float | None


def _point(models: DeviceModels, gate: float, time: float) -> _Point:
    smtj = models.smtj
    read, instant = (float(smtj.sigma(gate, span).value / smtj.mean(gate)) for span in (time, 0.0))
    return _Point(gate, read, instant, float(smtj.excess_kurtosis_at(gate, 0.0)), _sensitivity(models, gate, time))


def _bias(junction: Junction, point: _Point, reading: Reading, temperature: float) -> Bias:
    voltage = junction.voltage(point.gate)
    conductance, rise = junction.conductance(voltage), junction.rise(voltage)
    return Bias(
        point.gate,
        voltage,
        voltage * conductance,
        junction.torque(voltage),
        junction.respond(point.instant, point.kurtosis, voltage, reading.time),
        rise,
        None if point.slope is None else Estimate(*(point.slope * float(kelvin) for kelvin in rise)),
        abs(voltage) * conductance * point.read,
        electrical_noise(conductance, voltage, reading, temperature),
        voltage**2 * conductance * reading.time,
    )


def compare(junctions: Sequence[Junction], models: DeviceModels, settings: AcceleratorSettings) -> Comparison:
    """Return what cells of two terminals would do with the devices of `models`.

    Parameters
    ----------
    junctions
        By rising thickness of their barrier.
    models
        Of the devices with three terminals; temperature and range of sigma are theirs.
    settings
        Of the array: read time, rows, resolution of the inputs, electrical noise.

    Raises
    ------
    ValueError
        The models refuse the read time or the read voltage.
    """
    reading, smtj = settings.reading, models.smtj
    gates = offered_gates(smtj, reading.time, reading.acting)
    low, high = (_point(models, gate, reading.time) for gate in gates)
    linear = longest_linear(smtj, gates, reading.time, TYPICAL)
    cells = [
        Cell(
            junction.barrier_thickness,
            junction.resistance_area,
            *(_bias(junction, point, reading, models.temperature) for point in (low, high)),
        )
        for junction in junctions
    ]
    return Comparison(
        cells,
        offered_ratio(models, reading),
        (TYPICAL * reading.voltage) ** 2 * float(smtj.mean(gates[1])) * reading.time,
        TYPICAL,
        (charge_excess(smtj, gates[0], reading.time, TYPICAL), charge_excess(smtj, gates[1], reading.time, TYPICAL)),
        linear,
        linear / (2 ** (settings.dac_bits - 1) - 1),
        0.0 if "settling" in settings.ideal else settling_time(settings),
    )
