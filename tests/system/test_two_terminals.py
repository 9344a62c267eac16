"""The cell of two terminals: charges of reads of any length, noise, and that every limit can pass and fail."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pytest

from magbayes.data import cited
from magbayes.data.estimate import Estimate
from magbayes.micromag.devices.stochastic_mtj import StochasticMTJ
from magbayes.micromag.devices.two_terminals import barriers
from magbayes.system.array.two_terminals import (
    TOLERANCE,
    bits_shortfall,
    charge_excess,
    compare,
    electrical_noise,
    longest_linear,
)
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import FakeModels, FakeStochastic, exactly
from tests.system.test_foreign_model import narrowed

SETTINGS = AcceleratorSettings()
NANOSECOND = 1e-9


class Answer(NamedTuple):
    mean: float = 0.0
    sigma: float = 1.0
    read: float = 1.0


STILL = Answer()


@dataclass(frozen=True)
class FakeJunction:
    """Tuned by the voltage that would be at the gate; warms up by so many K, and feels so much of a torque."""

    barrier_thickness: float = 1e-9
    resistance_area: float = 1e-11
    siemens: float = 1e-4
    kelvin: float = 0.1
    answer: Answer = STILL

    def voltage(self, gate):
        return gate

    def conductance(self, voltage):
        return self.siemens

    def torque(self, voltage):
        return 0.0

    def rise(self, voltage):
        return Estimate(self.kelvin, self.kelvin / 5, self.kelvin * 4)

    def respond(self, relative_sigma, kurtosis, voltage, time):
        return self.answer


@dataclass(frozen=True)
class Forgetful(FakeStochastic):
    """An Ornstein-Uhlenbeck process: reads narrow with their length."""

    def sigma(self, voltage, integration_time):
        q = integration_time / self.decay_time
        return exactly(super().sigma(voltage, 0.0).value * (narrowed(q) if q else 1.0) ** 0.5)


@dataclass(frozen=True)
class WarmModels(FakeModels):
    """Sigma follows the temperature by 1 % a kelvin."""

    def at_temperature(self, temperature):
        factor = np.exp(0.01 * (temperature - self.temperature))
        return replace(self, temperature=temperature, smtj=Scaled(factor=factor))


@dataclass(frozen=True)
class Scaled(FakeStochastic):
    factor: float = 1.0

    def sigma(self, voltage, integration_time):
        return exactly(self.factor * super().sigma(voltage, integration_time).value)


def judged(junction=None, models=None):
    return compare([junction or FakeJunction()], models or WarmModels(), SETTINGS)


def test_two_terminals_would_do_for_a_device_that_remembers_and_stays_cool():
    """The control of all that follows: no limit is one that nothing passes."""
    found = judged()
    assert found.usable
    assert found.excess == pytest.approx((1.0, 1.0))
    assert found.linear_time == pytest.approx(SETTINGS.read_time)


@pytest.mark.parametrize(
    ("junction", "fault"),
    [
        (FakeJunction(answer=Answer(read=1.2)), "undriven"),
        (FakeJunction(answer=Answer(read=0.8)), "undriven"),
        (FakeJunction(kelvin=15.0), "cool"),
        (FakeJunction(siemens=1e-10), "quiet"),
    ],
    ids=["wider", "narrower", "hot", "resistive"],
)
def test_each_limit_rules_a_device_out_alone(junction, fault):
    found = judged(junction)
    (cell,) = found.cells
    passed = {"undriven": cell.undriven, "cool": cell.cool(), "quiet": cell.quiet(found.least)}
    assert [name for name, good in passed.items() if not good] == [fault]
    assert found.linear
    assert not found.usable


def test_the_range_of_the_heat_is_a_range_of_verdicts():
    """15 K move sigma by 15 %; the low end of their range by 3 %."""
    found = judged(FakeJunction(kelvin=15.0))
    assert found.working("low")
    assert not found.working()
    assert not found.working("high")
    assert found.cells[0].high.warmed.value == pytest.approx(0.15, rel=1e-6)


@pytest.mark.parametrize("side", [-1, 1])
def test_one_further_temperature_is_enough_to_tell_what_heat_does(side):
    class OneSide(WarmModels):
        def at_temperature(self, temperature):
            if side * (temperature - self.temperature) < 0:
                raise ValueError("on one side alone")
            return super().at_temperature(temperature)

    found = judged(FakeJunction(kelvin=5.0), OneSide())
    assert found.cells[0].low.warmed.value == pytest.approx(0.05, rel=1e-6)


def test_models_of_one_temperature_say_nothing_of_heat():
    class OneTemperature(FakeModels):
        def at_temperature(self, temperature):
            raise ValueError("one temperature")

    found = judged(FakeJunction(kelvin=1000.0), OneTemperature())
    assert found.cells[0].low.warmed is None
    assert found.cells[0].cool() is None
    assert found.usable


def test_a_device_that_forgets_rules_out_inputs_as_lengths():
    models = replace(WarmModels(), smtj=Forgetful(decay_time=0.1 * NANOSECOND))
    found = judged(models=models)
    assert found.working()
    assert not found.linear
    assert 0 < found.linear_time < 0.2 * NANOSECOND
    assert found.step == pytest.approx(found.linear_time / 127)


@pytest.mark.parametrize(
    ("memory", "expected"), [(1e-5, 1.0), (1e-13, 0.2**-0.5)], ids=["within the memory", "far beyond it"]
)
def test_charges_go_with_the_length_or_with_its_root(memory, expected):
    """The corrections of both limits are of the order of read and memory's ratio, 1e-4 and 2e-3 here."""
    excess = charge_excess(Forgetful(decay_time=memory), 0.5, NANOSECOND, 0.2)
    assert excess == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_charges_of_trajectories(share):
    """40 000 trajectories of a conductance, summed over a part of a read: stds to 0.35 %, of which four are allowed."""
    memory, steps = 0.3 * NANOSECOND, 400
    step = NANOSECOND / steps
    rng = np.random.default_rng(1)
    kept = np.exp(-step / memory)
    now = rng.normal(size=40_000)
    charge = np.zeros(now.size)
    for _ in range(round(share * steps)):
        after = kept * now + np.sqrt(1 - kept**2) * rng.normal(size=now.size)
        charge += (now + after) / 2 * step
        now = after
    model = Forgetful(decay_time=memory)
    whole = float(model.sigma(0.5, NANOSECOND).value / model.sigma(0.5, 0.0).value) * NANOSECOND
    wanted = share * whole
    assert charge.std() / wanted == pytest.approx(charge_excess(model, 0.5, NANOSECOND, share), rel=0.015)
    # Control: what an input times a weight would have.
    assert share == 1.0 or charge.std() / wanted > 1.3


def test_the_longest_read_whose_charges_are_inputs():
    model = Forgetful(decay_time=0.1 * NANOSECOND)
    longest = longest_linear(model, (0.3, 0.7), NANOSECOND, 0.2)
    assert charge_excess(model, 0.3, longest, 0.2) <= 1 + TOLERANCE
    assert charge_excess(model, 0.3, 1.06 * longest, 0.2) > 1 + TOLERANCE
    assert longest_linear(Forgetful(decay_time=1e-16), (0.5,), NANOSECOND, 0.2) == 0


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_bits_that_follow_each_other_fall_short_at_most_by_as_much(bits):
    """Every code of a magnitude: bits draw their noise apart, and add in squares."""
    codes = np.arange(1, 2 ** (bits - 1))
    on = (codes[:, None] >> np.arange(bits - 1)) & 1
    stds = np.sqrt((on * 4.0 ** np.arange(bits - 1)).sum(axis=1)) / codes
    assert stds.min() == pytest.approx(bits_shortfall(bits))
    assert stds.max() == 1


def test_longer_reads_help_against_electrical_noise_within_the_memory_alone():
    """Beyond it both fall with the root of the time: a hundred times longer a read gains nothing."""
    model = Forgetful(decay_time=NANOSECOND)

    def noise(time):
        reading = SETTINGS.reading._replace(time=time)
        return electrical_noise(1e-4, 0.5, reading, 300.0) / float(model.sigma(0.5, time).value)

    assert noise(0.1 * NANOSECOND) / noise(0.01 * NANOSECOND) == pytest.approx(0.1**0.5, rel=0.05)
    assert noise(10_000 * NANOSECOND) / noise(100 * NANOSECOND) == pytest.approx(1, rel=0.01)


def test_electrical_noise_is_johnson_s_at_rest_and_shot_noise_under_a_voltage():
    quiet = SETTINGS.reading._replace(amplifier_noise=0.0)
    johnson = np.sqrt(4 * 1.380649e-23 * 300 * 1e-4 / (2 * quiet.time))
    shot = np.sqrt(2 * 1.602176634e-19 * 1e-4 * 1.0 / (2 * quiet.time))
    assert electrical_noise(1e-4, 0.0, quiet, 300.0) == pytest.approx(johnson, rel=1e-5)
    assert electrical_noise(1e-4, 1.0, quiet, 300.0) == pytest.approx(shot, rel=1e-5)
    assert electrical_noise(1e-4, 1.0, SETTINGS.reading, 300.0) > shot
    assert electrical_noise(1e-4, 1.0, quiet._replace(thermal=False), 300.0) == 0


@dataclass(frozen=True)
class Recorded:
    """The default disk from recorded reads (data/reads), at the two gate voltages between which it is used here."""

    read_lever = 5.71
    offset_std = scale_std = 0.0
    voltage_range = (0.8, 2.4)

    def sigma_range(self, integration_time, read_voltage=0.0):
        return tuple(float(self.sigma(v, integration_time).value) for v in self.voltage_range)

    def voltage_for(self, sigma, integration_time):
        return np.array(self.voltage_range)

    def mean(self, voltage):
        return np.full(np.shape(voltage), 93.257e-6)

    def excess_kurtosis_at(self, voltage, integration_time):
        return np.interp(voltage, self.voltage_range, (0.0, -0.35))

    def sigma(self, voltage, integration_time):
        table = cited.load("reads", "disk")
        widths = {gate["voltage"]: [1.0, *gate["width"]] for gate in table["gates"]}
        shares = [np.interp(integration_time, [0.0, *table["times"]], widths[v]) for v in self.voltage_range]
        instants = 34.97e-6 * np.array([0.228, 0.357])
        return exactly(np.interp(voltage, self.voltage_range, instants * shares))


def test_the_default_device_is_ruled_out_by_its_inputs_and_not_by_its_barrier():
    """Some barriers let the junction work, and no barrier the inputs."""

    class Models(FakeModels):
        def at_temperature(self, temperature):
            raise ValueError("one temperature")

    found = compare(barriers(StochasticMTJ(), 300.0), Models(smtj=Recorded()), SETTINGS)
    assert not found.cells[0].undriven
    assert found.cells[0].quiet(found.least)
    assert found.working()
    assert min(found.excess) > 1.2
    assert max(found.excess) > 4
    assert not found.linear
    assert not found.usable
    assert found.step < found.settling
