"""Networks that are read in ways of their own: what that is asked of, and how it is refused."""

import pytest

from magbayes.workflow import guard
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.report import statements
from magbayes.workflow.sources import DEFAULT, Given, over, read_file
from magbayes.workflow.tasks import scenario_tasks
from tests.workflow.test_measured import READS, configuration, refusal

OWN = {"read_voltage": 0.2, "read_time": 5e-10, "range_percentile": 100.0}


def cubic(accelerator=None, **reads):
    """Return the default scenario with reads of its own for one network."""
    given = {"networks": {"cubic": {"reads": reads}}, "accelerator": accelerator or {}}
    return over(read_file(DEFAULT).values, [Given(given, {})]).values


def test_one_network_is_read_otherwise_and_trained_for_that():
    before, after = (scenario_tasks(validate(values)) for values in (cubic(), cubic(**OWN)))
    changed = {name for name in after if after[name].params != before[name].params}
    assert changed == {"networks/cubic", "accelerator/cubic", "report"}  # no device, no baseline, no other network
    settings = after["accelerator/cubic"].params["settings"]
    assert {key: settings[key] for key in OWN} == OWN
    assert after["accelerator/digits"].params["settings"] == before["accelerator/digits"].params["settings"]
    reading = after["networks/cubic"].params["reading"]
    assert (reading["voltage"], reading["acting"], reading["time"]) == (0.2, 0.2, 5e-10)


def test_what_is_not_given_is_that_of_the_accelerator():
    configured = validate(cubic({"read_voltage": 0.15}, read_time=2e-9))
    settings = configured.accelerator_of("cubic")
    assert (settings.read_voltage, settings.read_time) == (0.15, 2e-9)
    assert configured.accelerator_of("digits") is configured.accelerator is configured.accelerator_of(None)


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        ({"read_time": 3e-8}, "networks.cubic.reads.read_time: 3e-08 s is too long; accepted: 2e-08 s"),
        ({"read_time": 1e-12}, "networks.cubic.reads.read_time: read_time = 1e-12 s ends before rows and columns"),
        ({"read_voltage": 0.9}, "networks.cubic.reads.read_voltage: 0.9 V acts as"),
        ({"read_voltage": 2.0}, "networks.cubic.reads.read_voltage: 2.0 is not accepted"),
        ({"range_percentile": 20}, "networks.cubic.reads.range_percentile: 20 is not accepted"),
        ({"samples": 20}, "networks.cubic.reads.samples: unknown key; accepted: range_percentile, read_time, read_vol"),
    ],
)
def test_what_a_chip_cannot_do_is_refused_by_the_networks_key(reads, message):
    with pytest.raises(ConfigurationError) as refused:
        validate(cubic(**reads))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_given_devices_are_asked_what_each_network_reads():
    for reads, message in (
        ({"read_time": 9e-7}, "networks.cubic.reads.read_time: 9e-07 s is not within the times over which sigma"),
        ({"read_voltage": 0.2}, "networks.cubic.reads.read_voltage: 0.2 V acts as 0.2 V"),
    ):
        networks = {"digits": None, "diabetes": None, "cubic": {"reads": reads}}
        assert message in refusal(networks=networks, accelerator=READS | {"sample_interval": 1e-6})
    guard.require_devices([configuration(accelerator=READS)])  # the control: without reads of its own


def test_how_a_network_is_read_is_said():
    settings = validate(cubic(**OWN)).accelerator_of("cubic")
    assert statements.read_as(settings) == "A full-scale input is 0.2 V, and a read takes 0.5 ns."
