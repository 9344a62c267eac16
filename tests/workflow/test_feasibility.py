"""What no job could do is refused before the first one, with the key, the value and what would be accepted."""

import pytest

from magbayes.data import cited
from magbayes.micromag.devices import domain_wall_mtj
from magbayes.micromag.llg import ensemble
from magbayes.system.cost.table import load_table
from magbayes.workflow import feasibility, forecast
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.tasks import tasks_of
from tests.tracks import SMALL_TRACK

LONG = {"equilibration": 0.0, "duration": 1e-4, "replicas": 65536}


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine of 16 GB, whatever this one has."""
    monkeypatch.setattr(feasibility, "machine_memory", lambda: 16 * 10**9)


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"smtj": {"diameter": 16e-9}}, ["resolution.cells_across: 20", "accepted: 4, 5", "15, 16"]),
        ({"smtj": {"diameter": 3e-9, "cell_size": 1e-9}}, ["resolution.cells_across: 8", "an empty list: []"]),
        ({"smtj": {"cell_size": 1e-9}}, ["variation.smtj.change: 0.05", "1e-09", "smaller change"]),
        ({"smtj": {"diameter": 1e-5, "cell_size": 2.5e-8}}, ["variation.smtj.change", "1e-05"]),
        (
            {"smtj": {"diameter": 8e-6, "cell_size": 1e-9}},
            ["smtj: cell_size 1e-09 m makes 64000000 cells", "1.6e-08 m or"],
        ),
        ({"smtj": {"vcma_coefficient": 0}}, ["smtj.vcma_coefficient: 0"]),
        (
            {"smtj": {"gate_thickness": 4e-9}},
            [
                "smtj.gate_thickness: 4e-09 m leaks",
                "holds for",
                "64 rows (accelerator.rows) takes 6.4e-07 s",
                "thicker",
            ],
        ),
        (
            {"smtj": {"gate_barrier_height": 1.4}},
            ["smtj.gate_thickness: 6e-09 m leaks 2.74e-07 A at 2.43 V", "holds for 2"],
        ),
        ({"dwmtj": {"notch_pitch": 1e-5, "cell_size": 1e-9}}, ["dwmtj: cell_size", "cells; accepted: 262144"]),
        ({"dwmtj": {"notch_depth": 46e-9}}, ["dwmtj: notch_depth 4.6e-08", "two cells", "up to 4.05e-08"]),
        (
            {"dwmtj": {"notch_depth": 1e-9}},
            ["dwmtj: notch_depth 1e-09 m is below one cell of 4.5e-09 m", "accepted: 4.5e-09 m or more"],
        ),
        ({"dwmtj": {"notch_width": 3e-9}}, ["dwmtj: notch_width 3e-09 m is below one cell", "4.5e-09 m or more"]),
        ({"dwmtj": {"interface_anisotropy": 5e-4}}, ["dwmtj: interface_anisotropy 0.0005", "above 0.0006"]),
        (
            {"smtj": {"bloch_temperature": 330.05}},
            ["smtj.renormalise: 330 K: saturation_magnetisation ", "greater than or equal to 10000"],
        ),
        (
            {"dwmtj": {"bloch_temperature": 350.0}, "pulses": {"heating": False}},
            ["retention.other_temperatures: 358 K", "not below bloch_temperature 350 K"],
        ),
        (
            {
                "dwmtj": SMALL_TRACK
                | {"bloch_temperature": 600, "anisotropy_exponent": 4.0, "interface_anisotropy": 7.5e-4},
                "pulses": {"heating": False},
            },
            ["retention.other_temperatures: 358 K: interface_anisotropy 0.00036", "holds no domain"],
        ),
        (
            {"accelerator": {"temperature": 270, "rest": 1.0}},
            ["retention.other_temperatures: walls drift at 270 K", "with that temperature among them"],
        ),
        ({"accelerator": {"temperature": 400}}, ["accelerator.temperature: 400 K", "270 to 330 K"]),
        ({"accelerator": {"temperature": 310}, "fluctuation": {"other_temperatures": []}}, ["300 to 300 K"]),
        (
            {"fluctuation": {"duration": 5e-10}, "accelerator": {"read_time": 1e-10}},
            ["fluctuation.duration: 5e-10 s holds 10 samples", "1e-09 s"],
        ),
        ({"dwmtj": {"notches": 40}}, ["accelerator.slices: slices 2 of 40 levels make 1600 values", "so slices 1"]),
        (
            {"accelerator": {"read_time": 1e-11}},
            ["accelerator.read_time: read_time = 1e-11 s ends", "64 x 32 cells", "0.136 Ohm a cell", "1.29e-11 s"],
        ),
        (
            {"accelerator": {"wire": "gold"}},
            ["accelerator.wire: no table 'gold' in data/wires; there are: copper"],
        ),
        ({"fluctuation": LONG}, ["fluctuation.replicas: 65536 with 2000000 samples", "4.72e+03 GB", "16 GB"]),
        (
            {"fluctuation": {"replicas": 65536}},
            ["fluctuation.replicas: 65536 with 320 samples and 256 draws at 30", "to be fitted"],
        ),
        ({"networks": {"digits": {"hidden": [4] * 33}}}, ["networks.digits.hidden: ", "expected 32 values at most"]),
        ({"resolution": {"duration": 1e-4, "replicas": 2048}}, ["resolution.replicas: 2048", "GB"]),
        (
            {"dwmtj": {"width": 94.5e-9}},
            ["track_resolution.finer: 1.5 does not fit dwmtj; accepted, for instance: 2, 3, 4"],
        ),
        ({"track_resolution": {"finer": [2, 1.5]}}, ["track_resolution: finer [2.0, 1.5] must rise"]),
        (
            {"track_resolution": {"width": 1.02e-9}},
            ["track_resolution: sample_interval 5e-11 s does not divide width + relaxation 1.27e-09 s"],
        ),
        (
            {"track_resolution": {"current_density": 2.6e12}},
            ["track_resolution.current_density: 2.6e+12 A/m^2 for 1e-09 s", "weaker or shorter pulse"],
        ),
        (
            {"track_resolution": {"width": 1e-6, "replicas": 65536}, "pulses": {"heating": False}},
            ["track_resolution.replicas: 65536 with 20005 samples"],
        ),
        ({"resolution": {"voltages": [0.4, 0.0]}}, ["resolution: voltages [0.4, 0.0] must rise"]),
        ({"resolution": {"voltage": 0.0}}, ["resolution.voltage: unknown key", "voltages"]),
        ({"variation": {"smtj": LONG}, "engine": "oommf"}, ["variation.smtj.replicas: 65536 with 2000000 samples"]),
        (
            {"variation": {"smtj": {"replicas": 65536, "draws": 100_000}}},
            ["variation.smtj.replicas: 65536 with 100000 samples"],
        ),
        ({"variation": {"dwmtj": {"duration": 1e-4, "replicas": 4096}}}, ["variation.dwmtj.replicas: 4096"]),
        (
            {"dwmtj": SMALL_TRACK, "pulses": {"current_densities": [1e12, 2.6e12], "widths": [1e-9]}},
            ["pulses.current_densities: 2.6e+12 A/m^2 for 1e-09 s", "heats the track to 949.9 K", "heating: false"],
        ),
        ({"pulses": {"replicas": 65536, "sample_interval": 1e-13}}, ["pulses.replicas: 65536 with 35000 samples"]),
        (
            {"pulses": {"rest_replicas": 65536, "rest_duration": 1e-5}},
            ["pulses.rest_replicas: 65536", "200010 samples"],
        ),
        ({"temperature": 900}, ["smtj.renormalise: temperature 900 K is above", "accepted: 0.3 at most"]),
        (
            {"smtj": {"diameter": 120e-9}},
            ["resolution.cells_across: cell_size 1.5e-08 m", "1.41e-08 m", "renormalise: none"],
        ),
        (
            {
                "dwmtj": SMALL_TRACK | {"interface_anisotropy": 7.2e-4},
                "variation": {"dwmtj": {"interface_anisotropy": 0.2}},
            },
            ["variation.dwmtj.interface_anisotropy: 0.2 makes of 0.00072 J/m^2", "in track"],
        ),
        (
            {"dwmtj": SMALL_TRACK | {"notch_depth": 6e-9}, "variation": {"dwmtj": {"edge_roughness": 7e-9}}},
            ["variation.dwmtj.edge_roughness: 7e-09 m is above half of the neck", "accepted: up to 6e-09 m"],
        ),
        (
            {"dwmtj": SMALL_TRACK | {"notch_depth": 16e-9}, "variation": {"dwmtj": {"edge_roughness": 5e-9}}},
            ["variation.dwmtj.edge_roughness: 5e-09 m", "4e-09 m, or above", "accepted: up to 4e-09 m"],
        ),
        ({"variation": {"dwmtj": {"grain_size": 1e-9}}}, ["variation.dwmtj.grain_size: 1e-09", "equal to 0.000000002"]),
    ],
)
def test_it_is_refused(values, parts):
    with pytest.raises(ConfigurationError) as caught:
        validate(values)
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"smtj": {"diameter": 16e-9}, "resolution": {"cells_across": [4, 8, 16]}},
        {"smtj": {"diameter": 4e-9, "cell_size": 2e-9}, "resolution": {"cells_across": [4]}},
        {"smtj": {"cell_size": 1.25e-9}},
        {"dwmtj": {"notch_depth": 40.5e-9}},
        {"dwmtj": {"width": 94.5e-9}, "track_resolution": {"finer": [2]}},
        {
            "pulses": {"current_densities": [1e12, 2.6e12], "heating": False},
            "track_resolution": {"current_density": 2.6e12},
        },
        {"dwmtj": {"notch_depth": 4.5e-9}},
        {"dwmtj": {"notch_width": 4.5e-9}},
        {"pulses": {"current_densities": [1e12, 2.6e12], "heating": False}},
        {"accelerator": {"temperature": 330}},
        {"accelerator": {"temperature": 270}},
        {"accelerator": {"temperature": 330, "rest": 1.0}},
        {"accelerator": {"temperature": 270, "rest": 1.0, "ideal": ["temperature"]}},
        {"accelerator": {"temperature": 400, "ideal": ["temperature"]}},
        {"fluctuation": {"other_temperatures": [300.0]}},
        {"fluctuation": {"duration": 1e-9}, "accelerator": {"read_time": 0.5e-9}},
        {"fluctuation": {"replicas": 4096}},
        {"networks": {"digits": {"hidden": [4] * 32}}},
        {"variation": {"dwmtj": {"interface_anisotropy": 0.03}}},
        {"variation": {"smtj": LONG}},  # of trajectories, which this engine does not need
    ],
)
def test_what_is_near_is_accepted(values):
    assert validate(values)


def test_pulses_need_what_the_short_track_needs_of_one_sign():
    """Half of the replicas on four of eight notches."""
    pulses = {"replicas": 8192, "widths": [1e-9], "sample_interval": 1e-12}
    need = next(need for need in feasibility.needs(validate({"pulses": pulses})) if need.key == ("pulses", "replicas"))
    assert (need.replicas, need.at_once, need.cells) == (8192, 4096, 120 * 20)
    assert need.bytes == 4096 * (2500 + 2400) * feasibility.RESULT


def test_a_job_needs_at_least_what_is_counted():
    """A configuration is refused for memory only where the engine would refuse it, too."""
    for need in feasibility.needs(validate({})):
        assert need.bytes <= ensemble.memory(need.cells, need.at_once, need.samples, 1)
    assert feasibility.RESULT == 3 * 4 * ensemble.RESULT_STATES


def test_a_stack_is_checked(monkeypatch):
    whole = cited.load("stacks", "cofeb-mgo-vcma")

    def refused(changes):
        cited.load_as.cache_clear()
        monkeypatch.setattr(cited, "_load", lambda folder, name: whole | {"parameters": whole["parameters"] | changes})
        with pytest.raises(ConfigurationError) as caught:
            validate({"dwmtj": {"stack": "w-cofeb-mgo"}})
        return str(caught.value).splitlines()[0]

    try:
        assert "parameters.damping.value: input should be a valid number" in refused({"damping": {"value": "much"}})
        assert "damping.source: field required" in refused({"damping": {"value": 0.1, "unit": "1"}})
    finally:
        cited.load_as.cache_clear()


def test_a_table_of_costs_is_checked(monkeypatch):
    whole = cited.load("peripherals", "cmos")
    load = cited.load
    wrong = whole | {"dac_energy": {**whole["dac_energy"], "value": -1}}
    monkeypatch.setattr(cited, "load", lambda folder, name: wrong if name == "cmos" else load(folder, name))
    cited.load_as.cache_clear()
    load_table.cache_clear()
    try:
        with pytest.raises(ConfigurationError) as caught:
            validate({})
    finally:
        cited.load_as.cache_clear()
        load_table.cache_clear()
    assert "accelerator.cost_table: data/peripherals/cmos.yaml: dac_energy.value: input should be" in str(caught.value)


def test_the_current_in_one_track_is_solved_once_for_all_points(monkeypatch):
    """It takes a tenth of a second, and a study has a thousand points."""
    solved = []
    solve = domain_wall_mtj.sheet_current
    monkeypatch.setattr(domain_wall_mtj, "sheet_current", lambda *args: solved.append(1) or solve(*args))
    monkeypatch.setattr(feasibility, "_tracks", {})
    for voltage in (0.08, 0.09, 0.1):
        validate({"accelerator": {"read_voltage": voltage}}).warnings([])
    assert len(solved) == 1
    validate({"dwmtj": {"notch_depth": 2.7e-8}})
    assert len(solved) == 2


def test_a_parameter_of_no_device_is_named(monkeypatch):
    load = cited.load_as

    def loaded(model, folder, name):
        table = load(model, folder, name)
        if folder != "stacks":
            return table
        return table.model_copy(update={"parameters": table.parameters | {"dampng": table.parameters["damping"]}})

    monkeypatch.setattr(cited, "load_as", loaded)
    with pytest.raises(ConfigurationError, match=r"'dampng' in data/stacks/cofeb-mgo-vcma.yaml is a parameter of no"):
        validate({})


def test_years_are_said_before_the_first_job():
    long = {"duration": 1e-4, "sample_interval": 1e-8, "equilibration": 0, "replicas": 640}
    tasks = tasks_of(validate({"fluctuation": long}), "native")
    said = forecast.warning_of(forecast.amounts([task] for task in tasks.values()), 2)
    assert said.startswith("this run takes about ")
    assert " h (" in said
    usual = tasks_of(validate({}), "native").values()
    assert forecast.warning_of(forecast.amounts([task] for task in usual), 2) == ""
    assert forecast.in_words(1e9) == "2.778e+05 h (31.7 years)"
    assert forecast.in_words(1e6) == "277.8 h (12 days)"


def test_a_free_layer_that_is_no_single_domain_is_refused_before_the_first_job():
    """Its edge is what says so; a thick one and a wide, soft one, and the default's neighbours are not."""
    for change in ({"thickness": 1e-7, "cell_size": 8e-9}, {"exchange_stiffness": 2e-12, "cell_size": 4e-9}):
        with pytest.raises(ConfigurationError, match=r"smtj\.renormalise: a free layer of 4e-08 m is no single domain"):
            validate({"smtj": change, "resolution": {"cells_across": []}})
    assert validate({"smtj": {"diameter": 48e-9}})
