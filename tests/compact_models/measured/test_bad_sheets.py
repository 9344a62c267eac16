"""Sheets and tables that are wrong end in one line that names file, line, value and what is accepted."""

import pytest

from magbayes.compact_models.measured.models import assemble
from magbayes.compact_models.measured.sheet import read_sheet
from magbayes.compact_models.measured.units import FACTORS, factor

HEAD = "voltage / V, integration_time / s, sigma / S, sigma_error / S, excess_kurtosis / 1"
PULSES = "width / s, current_density / A/m^2, moves / 1, pulses / 1"

# File, text of the template, what stands in its place, and words of the line.
WRONG = [
    # Units: of another quantity, swapped, not those of the numbers, none.
    ("smtj_sigma.csv", "sigma / S,", "sigma / mV,", ("line 7", "'sigma'", "'mV'", "expected S, mS, uS, nS")),
    (
        "smtj_sigma.csv",
        HEAD,
        HEAD.replace("voltage / V", "voltage / S").replace("sigma / S", "sigma / V"),
        ("'voltage'",),
    ),
    (
        "smtj_sigma.csv",
        HEAD,
        HEAD.replace("sigma / S", "x / S").replace("sigma_error / S", "sigma / S"),
        ("'x'", "sigma_"),
    ),
    ("smtj_sigma.csv", "integration_time / s", "integration_time / ms", ()),
    (
        "smtj_sigma.csv",
        "sigma / S, sigma_error / S",
        "sigma / uS, sigma_error / uS",
        ("line 10: sigma: 4.411e-13 S", "the unit in the head row"),
    ),
    ("smtj_bias.csv", "mean / S", "mean / S/m", ("'mean'", "'S/m'", "expected S")),
    ("smtj_bias.csv", "mean / S", "mean", ("'mean' has no unit",)),
    ("dwmtj_pulses.csv", PULSES, PULSES.replace("/ A/m^2", "/ A"), ("'current_density'", "expected A/m^2", "MA/cm^2")),
    ("dwmtj_pulses.csv", "width / s", "width / A/m^2", ("'width'",)),
    ("dwmtj_levels.csv", "conductance / S,", "conductance / Ohm,", ("'conductance'", "'Ohm'")),
    (
        "smtj_bias.csv",
        "9.326e-05, 1.905e-09",
        "0.09326, 1.905e-09",
        ("sigma is 5.7e-05 of the mean", "units in the head"),
    ),
    # Columns.
    ("smtj_bias.csv", "gate_current / A", "leak / A", ("unknown column 'leak'", "gate_current / A")),
    ("smtj_bias.csv", "decay_time_error / s", "decay_time / s", ("'decay_time' stands twice",)),
    ("smtj_sigma.csv", "sigma_error / S, ", "", ("no column 'sigma_error / S'", "standard error")),
    ("smtj_sigma.csv", HEAD, HEAD.replace(",", ";"), ("no commas",)),
    # Rows.
    (
        "smtj_sigma.csv",
        "-1.2, 0, 5.959e-06, 9.087e-09, -0.001231\n",
        "",
        ("no row of voltage -1.2, integration_time 0",),
    ),
    (
        "smtj_sigma.csv",
        "\n0, 0, 6.962e-06",
        "\n-2, 0, 6.962e-06",
        ("line 14", "voltage -2 after -1.2", "rising voltage"),
    ),
    ("smtj_sigma.csv", "\n0, 1e-10,", "\n0, 0,", ("line 15", "integration_time 0 after 0")),
    ("smtj_sigma.csv", "6.962e-06", "6.962e-06 S", ("line 14: sigma", "is no number")),
    ("smtj_sigma.csv", "6.962e-06", '"6,962e-06"', ("decimals stand behind a point",)),
    ("smtj_sigma.csv", "6.962e-06", "nan", ("line 14: sigma: nan",)),
    ("smtj_sigma.csv", "6.962e-06", "5.9e-06", ("line 14", "sigma does not rise from -1.2 V", "leave the others out")),
    ("smtj_sigma.csv", "6.962e-06", "9.9e-05", ("is not below the mean",)),
    ("smtj_sigma.csv", "1.081e-08", "1.081e-05", ("sigma_error", "is not below sigma")),
    ("smtj_sigma.csv", "1.081e-08", "0", ("sigma_error",)),
    ("smtj_bias.csv", "3.294e-09, 4.602e-10", "3.294e-09, 4.602e-09", ("line 13", "decay_time_error is not below")),
    (
        "smtj_bias.csv",
        "\n0, 9.326e-05, 3.294e-09",
        "\n0.1, 9.326e-05, 3.294e-09",
        ("other voltages than", "-2.4, -1.2, 0,"),
    ),
    ("smtj_bias.csv", "\n0, 9.326e-05, 3.294e-09", "\n0, 9.326e-03, 3.294e-09", ("line 13", "not below parallel_cond")),
    ("dwmtj_levels.csv", "2, 0.0002103", "2, 0.0001603", ("line 9", "expected rising levels")),
    ("dwmtj_levels.csv", "\n1, 0.0001647", "\n4, 0.0001647", ("level 2 after 4",)),
    ("dwmtj_levels.csv", "\n3, 0.000256", "\n5, 0.000256", ("levels [0, 1, 2, 5]", "0, 1, and so on")),
    ("dwmtj_pulses.csv", "2.6e+11, 1, 5", "2.6e+11, 1, 5.5", ("pulses: 5.5", "a whole number")),
    ("dwmtj_pulses.csv", "2e-09, 3e+11, 1, 32", "2e-09, 3e+11, 1, 0", ("no pulse of this width and current",)),
    ("dwmtj_jitter.csv", "3, 0, 1.982e-07\n3, 3e-10, 7.499e-08\n3, 1e-09, 2.609e-08\n", "", ("other levels than",)),
    # Sheets.
    ("smtj.yaml", "\nmarginal: measured", "\nmarginal: gaussian", ("marginal: 'gaussian' beside a column",)),
    ("smtj.yaml", "\nmarginal: measured", "\nmarginal: any", ("marginal: 'any' is not accepted", "'measured'")),
    ("smtj.yaml", "\nmarginal: measured", "\n", ("marginal: missing", "an assumption")),
    ("smtj.yaml", "sigma: smtj_sigma.csv", "sigma: smtj_nowhere.csv", ("smtj_nowhere.csv: cannot be read",)),
    ("smtj.yaml", "gate_capacitance:", "capacitance:", ("capacitance: unknown key", "gate_capacitance")),
    ("smtj.yaml", "unit: F", "unit: V", ("gate_capacitance", "'V'", "expected F")),
    ("smtj.yaml", "value: 0.161", "value: 161", ("offset_spread", "161 V", "0 to 10 V")),
    ("smtj.yaml", "device: stochastic_mtj", "device: domain_wall_mtj", ("device: 'domain_wall_mtj'",)),
    ("dwmtj.yaml", "value: 300.0", "value: 310.0", ("known at 310 K", "accepted: 300 K")),
    (
        "dwmtj.yaml",
        "\nmetal_resistance:",
        "\nmetal_resistance: {value: 1, unit: Ohm}\nother:",
        ("metal_resistance", "assumption"),
    ),
]


@pytest.mark.parametrize(("file", "before", "after", "words"), WRONG)
def test_what_is_wrong_is_one_line(sheets, edit, file, before, after, words):
    edit(sheets / file, before, after)
    if not words:  # a unit that may be meant: the times are then a thousand times shorter
        assert read_sheet("smtj", str(sheets / "smtj.yaml")).tables["sigma"].axes[1][-1] == pytest.approx(1.15e-12)
        return
    with pytest.raises(ValueError, match=r"\S") as raised:
        assemble(sheets / "smtj.yaml", sheets / "dwmtj.yaml", 1)
    line = str(raised.value)
    assert "\n" not in line
    assert file.partition(".")[0].partition("_")[0] in line
    for word in words:
        assert word in line, line


def test_an_assumption_has_a_range(sheets, edit):
    text = (sheets / "smtj.yaml").read_text(encoding="utf-8")
    source = text.rpartition("source: ")[2].strip()
    start = text.rpartition("source: ")[0]
    (sheets / "smtj.yaml").write_text(f"{start}assumption: {source}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="gate_capacitance: low and high are needed"):
        read_sheet("smtj", str(sheets / "smtj.yaml"))
    (sheets / "smtj.yaml").write_text(
        f"{start}assumption: {source}\n  low: 1.0e-17\n  high: 2.0e-17\n", encoding="utf-8"
    )
    (said,) = assemble(sheets / "smtj.yaml", sheets / "dwmtj.yaml", 1).measured["smtj"]["assumptions"]
    assert said.startswith("gate_capacitance 1.817e-17 F (1e-17 to 2e-17): ")


def test_no_such_device_names_those_that_are_published():
    with pytest.raises(ValueError, match="schnitzspan-2023") as raised:
        read_sheet("smtj", "nobody-1900")
    assert str(raised.value).startswith("nobody-1900: no such file")


@pytest.mark.parametrize(
    ("unit", "si", "expected"),
    [
        ("µS", "S", 1e-6),
        ("μS", "S", 1e-6),
        ("uS", "S", 1e-6),
        ("MA/cm²", "A/m^2", 1e10),
        ("Ω", "Ohm", 1.0),
        ("%", "1", 0.01),
    ],
)
def test_units_are_read_as_they_are_written(unit, si, expected):
    assert factor(unit, si) == pytest.approx(expected, rel=1e-15)
    # A number in the unit itself is left alone.
    assert FACTORS[si][si] == 1.0


def test_a_table_in_other_units_is_the_same_device(sheets, template, edit):
    path = sheets / "smtj_sigma.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, row in enumerate(rows) if row.startswith("voltage / V"))
    rows[start] = "voltage / mV, integration_time / ns, sigma / µS, sigma_error / nS, excess_kurtosis / %"
    scales = (1e3, 1e9, 1e6, 1e9, 1e2)
    for i in range(start + 1, len(rows)):
        cells = map(float, rows[i].split(","))
        rows[i] = ", ".join(repr(scale * value) for scale, value in zip(scales, cells, strict=True))
    path.write_text("\n".join(rows), encoding="utf-8")
    one, other = (assemble(folder / "smtj.yaml", folder / "dwmtj.yaml", 1).smtj for folder in (template, sheets))
    assert one.conductance_sigma == pytest.approx(other.conductance_sigma, rel=1e-12)
    assert one.excess_kurtosis == pytest.approx(other.excess_kurtosis, rel=1e-9, abs=1e-12)
