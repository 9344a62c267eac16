"""What the torque of the read current does to the stochastic MTJ: the largest change, by mean and by width."""

import pytest

from magbayes.micromag.devices.stochastic_mtj import StochasticMTJ
from magbayes.micromag.devices.two_terminals import TwoTerminalMTJ
from magbayes.system.array.read_torque import NOTICED, ReadTorque, read_torque
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report import statements
from tests.system.conftest import FakeModels
from tests.system.test_two_terminals import Answer, FakeJunction

SETTINGS = AcceleratorSettings()


def test_the_largest_of_all_changes_counts():
    """A device is wider the higher the gate voltage, and this torque acts on wide ones alone."""

    class Seen(FakeJunction):
        def respond(self, relative_sigma, kurtosis, voltage, time):
            seen.append((relative_sigma, voltage, time))
            return Answer(-0.1 if relative_sigma > 0.2 else 0.0, 1.0, 0.9 if relative_sigma > 0.2 else 1.0)

    seen: list[tuple[float, float, float]] = []
    moved = read_torque(Seen(), 0.375, FakeModels(), SETTINGS)
    assert moved == pytest.approx(ReadTorque(0.1, 0.0375, 0.1))
    widths, voltages, times = (set(values) for values in zip(*seen, strict=True))
    assert min(widths) < 0.2 < max(widths)
    # 0.2 V of the gate and 0.1 V of the read, 0.8 V, where the range ends: 2.5e-5 S/V of 9e-5 S.
    assert max(widths) == pytest.approx(0.8 * 2.5e-5 / 9e-5)
    assert min(widths) == pytest.approx(0.3 * 2.5e-5 / 9e-5)
    assert (voltages, times) == ({SETTINGS.read_voltage}, {SETTINGS.read_time})


@pytest.mark.parametrize(
    ("answer", "noticed"),
    [(Answer(), False), (Answer(read=1.005), False), (Answer(read=1.02), True), (Answer(read=0.98), True),
     (Answer(mean=0.02), False), (Answer(mean=0.04), True), (Answer(mean=-0.04), True)],
)  # fmt: skip
def test_one_percent_is_noticed_and_said(answer, noticed):
    moved = read_torque(FakeJunction(answer=answer), 0.375, FakeModels(), SETTINGS)
    assert moved.noticed == noticed


def test_what_is_said():
    text = statements.read_torque(["cubic"], ReadTorque(0.2, 0.0234, 0.0527))
    assert "at full scale, 0.2 V, by up to 5.3 % and the mean conductance by 2.3 %" in text
    assert text.startswith("cubic: ")


def test_a_thicker_barrier_has_less_of_it():
    """The default disk: its 9.8 Ohm um^2 at 0.3 V, and a barrier that is six decay lengths thicker."""
    device = StochasticMTJ()
    own = device.barrier_thickness

    settings = AcceleratorSettings(read_voltage=0.3)

    def moved(thickness):
        junction = TwoTerminalMTJ(device, thickness, 300.0)
        return max(read_torque(junction, device.polarisation_squared, FakeModels(), settings)[1:])

    assert moved(own) > 5 * NOTICED
    assert moved(own + 6 * device.gate_decay_length) < NOTICED
