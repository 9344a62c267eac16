"""What README says was found is what a run found: `tests.docs.record` keeps its numbers."""

import re

import pytest
import yaml

from tests.docs.pages import PAGE
from tests.docs.record import PATH

YEAR = 365.25 * 24 * 3600.0
NUMBER = r"([−+]?[\d.]+)"
INTERVAL = rf"{NUMBER} \({NUMBER} to {NUMBER}\)"

# What a sentence says with its interval, the number's name in the record, and by what it is multiplied there.
CLAIMS = [
    (rf"holds for {NUMBER} years \({NUMBER} to {NUMBER}\)", "dwmtj/retention_worst", 1 / YEAR),
    (rf"accuracy {NUMBER} % \({NUMBER} to {NUMBER}\)", "digits/accuracy", 100),
    (rf"calibration error {NUMBER} % \({NUMBER} to {NUMBER}\)", "digits/ece", 100),
    (rf"in software {NUMBER} and", "digits/range_accuracy", 100),
    (rf"in software {NUMBER.replace('(', '(?:')} and {NUMBER} %", "digits/range_ece", 100),
    (rf"In {NUMBER} of", "targets/met", 1),
    (rf"In [\d]+ of {NUMBER} figures", "targets/all", 1),
    (rf"NLL {NUMBER} nat, in software", "cubic/nll", 1),
    (rf"nat, in software {NUMBER};", "cubic/range_nll", 1),
    (rf"inputs outside is {NUMBER},", "cubic/auroc_outside", 1),
    (r"outside is [\d.]+, in software (\d\.\d+)", "cubic/range_auroc_outside", 1),
    (rf"lower by {INTERVAL} for rotated digits", "digits/bought/auroc_rotation", 1),
    (rf"by {INTERVAL} for patients", "diabetes/bought/auroc_noise", 1),
    (rf"{NUMBER} nJ \({NUMBER} to {NUMBER}\) a prediction", "digits/energy", 1e9),
    (rf"in digital logic takes {INTERVAL} of that", "digits/over_array/sums/digital", 1),
    (rf"sigma grows from {INTERVAL} to", "smtj/sigma_ratio@40", 1),
    (rf"sigma grows from [^)]*\) to {INTERVAL}", "smtj/sigma_ratio@42", 1),
    (rf"NLL of digits changes by {NUMBER} nat \({NUMBER} to {NUMBER}\)", "digits/nll_change@42", 1),
    (rf"2 nm less cost {NUMBER} nat \({NUMBER} to {NUMBER}\)", "digits/nll_change@38", 1),
]
# Numbers that are no results.
GIVEN = ["95 % intervals", "358 K", "10⁵ devices", "From 40 to 42 nm", "2 nm more", "2 nm less"]


def section():
    text = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    return " ".join(text.split("## What it finds")[1].split("\n## ")[0].split())


def agrees(printed, value):
    """Whether a printed number is a value, rounded to its last digit; from 100 on perhaps to two digits."""
    number = float(printed.replace("−", "-"))
    decimals = len(printed.partition(".")[2])
    rounded = f"{value:.{decimals}f}"
    return number == float(rounded) or (abs(number) >= 100 and number == float(f"{value:.2g}"))


def wrong(text, record):
    """Claims that a text does not make, or not as the record has them."""
    found = []
    for pattern, name, scale in CLAIMS:
        match = re.search(pattern, text)
        groups = match.groups() if match else ()
        values = [scale * value for value in record[name]][: len(groups)]
        if not groups or not all(map(agrees, groups, values)):
            found.append((name, groups, values))
    return found


def unexplained(text):
    """Numbers in a text that no claim has."""
    spans = [match.span() for phrase in GIVEN for match in re.finditer(re.escape(phrase), text)]
    for pattern, *_ in CLAIMS:
        for match in re.finditer(pattern, text):
            spans += [match.span(group) for group in range(1, 1 + len(match.groups()))]
    numbers = re.finditer(r"\d[\d.]*", text)
    return [each[0] for each in numbers if not any(low <= each.start() < high for low, high in spans)]


@pytest.fixture(scope="module")
def record():
    return yaml.safe_load(PATH.read_text(encoding="utf-8"))["numbers"]


def test_what_the_readme_found_is_what_a_run_found(record):
    assert wrong(section(), record) == []
    assert unexplained(section()) == []


def test_another_number_is_seen(record):
    text = section()
    for match in list(re.finditer(r"\d+\.\d+", text)):
        changed = f"{text[: match.start()]}{float(match[0]) + 0.3:.2f}{text[match.end() :]}"
        assert wrong(changed, record), match[0]
    assert unexplained(f"{text} It is 12 times better.") == ["12"]
