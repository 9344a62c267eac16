"""Converters by effective bits and rate, and technology scaling."""

import numpy as np
import pytest

from magbayes.system.cost import converters
from magbayes.system.cost.converters import converter, fastest, survey
from magbayes.system.cost.scaling import area_factor, energy_factor
from magbayes.workflow.configuration import ConfigurationError, validate

# Murmann's survey: effective bits, rate, J.
KNOWN = {
    "ISSCC 2013 26.4": (6.24, 1.2e9, 2.55e-12),
    "ISSCC 2017 28.5": (8.03, 1.5e9, 4.61e-12),
    "ISSCC 2023 17.7": (7.33, 2.7e9, 1.11e-12),
    "VLSI 2015 11.2": (6.35, 80e6, 0.30e-12),
}


def test_converters_that_are_known_are_in_the_survey():
    points = {row[0]: row[3:6] for row in survey().points}
    for name, known in KNOWN.items():
        assert points[name] == pytest.approx(known, rel=0.01)


def test_half_of_the_converters_take_more_and_three_quarters_lie_below_the_range():
    """Of 58 that are fitted: a median has half on either side, but for the three points that it goes through."""
    known = survey()
    within = [
        row
        for row in known.points
        if known.bits[0] <= row[3] <= known.bits[1] and known.rate[0] <= row[4] <= known.rate[1]
    ]
    assert len(within) > 50
    (line, low, high) = converters._lines()["energy"]
    rows = np.array([row[3:6] for row in within], float)
    expected = line[0] + line[1] * (rows[:, 0] - 7) + line[2] * np.log10(rows[:, 1] / 50e6)
    above = np.log10(rows[:, 2]) - expected
    assert abs(np.mean(above > 1e-9) - 0.5) <= 3 / len(rows)
    assert np.mean(above < low) == pytest.approx(0.1, abs=2 / len(rows))
    assert np.mean(above > high) == pytest.approx(0.25, abs=2 / len(rows))


def test_more_bits_and_more_speed_take_more():
    base = converter(7.0, 50e6)
    for other in (converter(8.0, 50e6), converter(7.0, 500e6)):
        assert other.energy.value > 1.2 * base.energy.value
        assert other.area.value > base.area.value
    assert converter(3.0, 1e3) == converter(4.0, 1e6)


def test_a_converter_that_nobody_built_is_refused():
    limit = fastest(8.0)
    assert converter(8.0, limit)
    with pytest.raises(ValueError, match=r"no converter of 8 effective bits that converts 2e\+11 times"):
        converter(8.0, 2e11)
    with pytest.raises(ValueError, match=r"no converter of 12 effective bits is priced; accepted: up to 10.5"):
        converter(12.0, 1e6)


@pytest.mark.parametrize(
    ("sections", "parts"),
    [
        (
            {"accelerator": {"adc_effective_bits": 12, "adc_bits": 14}},
            ["accelerator.adc_effective_bits", "12", "accepted: up to 10.5"],
        ),
        (
            {"accelerator": {"sample_interval": 2e-11, "read_time": 1e-11}},
            ["accelerator.adc_effective_bits", "7.33 effective bits every 2e-11 s", "accepted: up to"],
        ),
        ({"evaluation": {"intervals": [5e-9, 2e-11]}}, ["evaluation.intervals", "every 2e-11 s", "accepted: up to"]),
    ],
)
def test_it_is_refused_before_any_job_starts(sections, parts):
    assert validate({"accelerator": {"adc_effective_bits": 8}})
    with pytest.raises(ConfigurationError) as caught:
        validate(sections)
    message = str(caught.value)
    assert "\n" not in message.strip()
    assert all(part in message for part in parts)


def test_scaling_is_that_of_its_source():
    """Energy of 45 nm to 32 nm at 0.9 V by the parabolas of Stillmaker and Baas; nothing where nothing changes."""
    source = (0.9559 * 0.81 - 0.7823 * 0.9 + 0.471) / (1.103 * 0.81 - 0.362 * 0.9 + 0.2767)
    factor = energy_factor(45e-9, 0.9, 32e-9, 0.9)
    assert factor.value == pytest.approx(source)
    assert (factor.low, factor.high) == pytest.approx((source, 32 / 45))
    assert energy_factor(45e-9, 0.9, 45e-9, 0.9) == (1.0, 1.0, 1.0)
    # Their table of areas, rounded to two digits: 0.46 from 45 to 32 nm, and 0.46 from 32 to 20 nm.
    assert area_factor(45e-9, 32e-9).value == pytest.approx(0.46, rel=0.03)
    assert area_factor(32e-9, 20e-9).value == pytest.approx(0.46, rel=0.03)
    with pytest.raises(ValueError, match="no scaling to or from 180 nm; accepted: 7 to 130 nm"):
        energy_factor(180e-9, 1.8, 45e-9, 0.9)
