"""Functions of a configuration that are worked out once for those that share what is read."""

import pytest

from magbayes.workflow.configuration import validate
from magbayes.workflow.remembered import once
from magbayes.workflow.studies.study import Configurations, configured
from tests.workflow.conftest import TINY


def counted(function):
    """The function, remembered, and the arguments of its calls."""
    calls = []

    @once
    def remembered(configuration, *args):
        calls.append(args)
        return function(configuration, *args)

    return remembered, calls


def test_it_is_called_again_if_what_it_read_is_another_and_only_then():
    over = Configurations(validate(TINY).model_dump(mode="json"))
    points = [{"temperature": t, "accelerator.read_voltage": v} for v in (0.1, 0.2) for t in (300.0, 310.0)]
    configurations = [over.of(point) for point in points]
    volts, calls = counted(lambda c: c.accelerator.read_voltage)
    assert [volts(c) for c in configurations] == [0.1, 0.1, 0.2, 0.2]
    assert len(calls) == 2
    # By way of a method, and beside arguments.
    seeds, calls = counted(lambda c, name: c.seed_for(f"{name}/{c.temperature}"))
    assert [seeds(c, "a") for c in configurations] == [c.seed_for(f"a/{c.temperature}") for c in configurations]
    assert len(calls) == 2
    assert seeds(configurations[0], "b") != seeds(configurations[0], "a")
    assert len(calls) == 3
    # What is read may depend on what was read before.
    either, calls = counted(lambda c: c.smtj.damping if c.temperature > 305 else c.accelerator.read_voltage)
    assert [either(c) for c in configurations] == [0.1, 0.3, 0.2, 0.3]
    assert len(calls) == 3


def test_configurations_of_their_own_share_nothing():
    values = validate(TINY).model_dump(mode="json")
    volts, calls = counted(lambda c: c.accelerator.read_voltage)
    assert [volts(configured(values, {})) for _ in range(3)] == [0.1] * 3
    assert len(calls) == 3


def test_an_error_is_raised_again():
    over = Configurations(validate(TINY).model_dump(mode="json"))

    def refuse(configuration):
        raise ValueError(f"{configuration.temperature:g} K")

    refused, calls = counted(refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match="300 K"):
            refused(over.of({"temperature": 300.0}))
    assert len(calls) == 2


def test_more_values_than_are_kept_are_right_too(monkeypatch):
    monkeypatch.setattr("magbayes.workflow.remembered.MOST", 3)
    over = Configurations(validate(TINY).model_dump(mode="json"))
    kelvins = [300.0 + i for i in range(10)]
    doubled, calls = counted(lambda c: 2 * c.temperature)
    for _ in range(2):
        assert [doubled(over.of({"temperature": kelvin})) for kelvin in kelvins] == [2 * kelvin for kelvin in kelvins]
    assert len(calls) == 20


def test_sections_are_those_that_the_point_alone_would_have():
    values = validate(TINY).model_dump(mode="json")
    over = Configurations(values)
    points = [
        {"smtj.damping": 0.4, "networks.digits.hidden": [8]},
        {"networks.digits.hidden": [8], "networks.cubic": None},
        {"smtj": {"type": "disk", "diameter": 48e-9}},
        {"smtj.damping": 0.4, "temperature": 310},
        {},
    ]
    for point in [*points, *reversed(points)]:
        assert over.of(point) == configured(values, point)
