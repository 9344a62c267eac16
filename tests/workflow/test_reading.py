"""Numbers as a person reads them: no needless powers of ten, no signed zeros, no ends of intervals that cannot be."""

import re

import numpy as np
import pytest

from magbayes.data.estimate import Estimate
from magbayes.workflow.report import reading
from magbayes.workflow.report.tables import quality, study


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0, ".3g", "0"),
        (-1.25e-5, ".3g", "−1.25 × 10⁻⁵"),
        (1234.0, ".3g", "1230"),
        (100.0, ".1g", "100"),
        (160.0, ".2g", "160"),
        (930.0, ".2g", "930"),
        (-1640.0, "+.2g", "−1600"),
        (1640.0, "+.2g", "+1600"),
        (330.0, "#.2g", "330"),
        (99999.0, ".2g", "1 × 10⁵"),
        (99999.0, ".0e", "1 × 10⁵"),
        (-0.004, "+.1f", "0.0"),
        (-0.004, ".2f", "0.00"),
        (0.0, "+.3f", "0.000"),
        (0.05, "+.1f", "+0.1"),
    ],
)
def test_numbers_for_a_person(value, form, text):
    assert reading.number(value, form) == text


def test_no_number_below_100_000_has_a_power_of_ten():
    """The control is Python's own format, which gives 160 as 1.6e+02."""
    values = np.geomspace(1e-3, 9.4e4, 300)
    for form in (".1g", ".2g", "#.3g", "+.2g"):
        assert not any("×" in reading.number(value, form) for value in values)
        assert any("e+" in format(value, form) for value in values)


def test_spans_and_durations():
    assert reading.span(np.array([1.0, 1.0])) == "1"
    assert reading.span(np.array([2e-9, 1e-9]), 1e9) == "1 to 2"
    assert reading.duration(Estimate(4e9, 2e8, 6e10)) == "100 (6 to 2000) years"
    assert reading.duration(Estimate(20.0, 3.0, 100.0)) == "20 (3 to 100) s"


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("adaptive_ece", (0.0, 0.5)),
        ("digits/software_ece", (0.0, 0.5)),
        ("auroc_noise", (0.0, 0.5)),
        ("digits/ece", (0.0, 0.5)),
        ("energy", (0.0, 0.5)),
        ("nll", (-0.1, 0.5)),  # of a density below 0 at times
        ("digits/nll", (-0.1, 0.5)),
    ],
)
def test_an_interval_ends_where_such_a_number_can_be(name, ends):
    shown = reading.possible(name, Estimate(0.2, -0.1, 0.5))
    assert (shown.low, shown.high) == ends


def test_tables_print_no_end_that_cannot_be():
    ends = Estimate(0.99, -0.02, 1.03)
    assert quality.metric("coverage_90", ends).detail == "0.0 to 100.0"
    assert quality.change("coverage_90", ends).detail == "−2.0 to 103.0"  # the control: a difference may be below 0
    assert quality.metric("brier", Estimate(0.01, -0.02, 0.03)).detail.startswith("0.00 to")
    values = {"smtj/sigma_smallest": np.array([[1e-6, -1e-7, 2e-6]]), "digits/software_ece": np.array([[0.5, -1, 2]])}
    (row,) = study.results([{"temperature": 300.0}], values, [[]]).rows
    assert [cell.detail for cell in row[2:]] == ["0.00 to 2.00", "0.00 to 100"]
    assert not any(re.search("e[+-]", cell.text) for cell in row)
