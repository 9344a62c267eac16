from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from magbayes.system.cost.digital import digital_cost
from magbayes.system.cost.energy import LayerActivity, Programming, prediction_cost
from magbayes.system.cost.table import CostTable, load_table
from magbayes.system.settings import AcceleratorSettings

SETTINGS = AcceleratorSettings(rows=2, columns=1, dac_bits=4, adc_bits=6, sample_interval=10e-9, read_time=2e-9)
LAYER = LayerActivity(
    np.full((3, 2), 1e-3),
    np.full((3, 2), 2e-4),
    np.array([0.01, 0.0, 0.04]),
    np.array([0.1, 0.0, 0.2]),
    np.full((2, 3, 2), 0.5),
    np.array([[[1e-13, 9e-13], [1e-13, 1e-13], [1e-13, 1e-13]]] * 2),
    1e-15,
    mirror=3.0,
)


def cost(samples=10, task="regression"):
    return prediction_cost([LAYER], [Programming(5, 1e-12, 1e-8, 20)], SETTINGS, task, samples)


def test_a_small_layer_by_hand():
    """Three rows in two tiles, two columns in two tiles, ten samples."""
    table, energy = load_table("cmos"), cost().energy
    assert energy["cells"][0] == pytest.approx(10 * 2e-9 * (0.01 + 0.04) * 2 * 1.2e-3)
    assert energy["mirror"][0] == pytest.approx(10 * 2e-9 * 3 * (0.1 + 0.2) * 2 * 2e-4 * table.supply_voltage.value)
    assert energy["adc"][0] == pytest.approx(10 * 4 * 64 * table.adc_energy_per_code.value)
    line = 2 * table.cell_pitch.value * table.wire_capacitance.value * 0.05
    assert energy["dac"][0] == pytest.approx(10 * (6 * 16 * table.dac_unit_capacitance.value + line))
    operations = 2 * (table.integer_add.value + table.integer_multiply.value + table.float_multiply.value)
    assert energy["digital"][0] == pytest.approx(10 * (operations + 4 * table.float_add.value))
    assert cost().counts["dac_conversions"] == 60
    assert cost().counts["adc_conversions"] == 40
    assert cost().latency == pytest.approx(10 * 10e-9)


def test_held_gates_are_refreshed_as_often_as_the_leakiest_needs():
    """The leakiest of 12 gates and its switch, 1 pA in all, take 15 mV from 6 fF in 90 us; a line is two rows long."""
    line = 2 * load_table("cmos").cell_pitch.value * load_table("cmos").wire_capacitance.value
    refresh = 12 * (6e-15 * 15e-3 * 0.5 + line * 0.25 + 256 * load_table("cmos").dac_unit_capacitance.value)
    assert cost().energy["gate"][0] == pytest.approx(refresh * 100e-9 / 90e-6)
    tight = replace(LAYER, gate_leakage=np.full((2, 3, 2), 1e-13))
    held = prediction_cost([tight], [Programming(5, 1e-12, 1e-8, 20)], SETTINGS, "regression", 10)
    assert held.energy["gate"][0] == pytest.approx(cost().energy["gate"][0] / 5)


def test_energy_is_linear_in_samples():
    assert cost(30).total == pytest.approx(3 * cost(10).total)


def test_programming_is_reported_apart():
    """Twenty reads: a conversion of 6 bit each, and a device of 0.3 mS at 0.1 V for 2 ns, one every 10 ns."""
    conversion = 64 * load_table("cmos").adc_energy_per_code.value
    expected = (5, 1e-12 + 20 * (conversion + 0.3e-3 * 0.01 * 2e-9), 1e-8 + 20 * 10e-9, 20)
    written = cost().programming
    assert (written.pulses, written.energy, written.latency, written.reads) == pytest.approx(expected)
    assert cost(1).programming == cost(100).programming


def test_refresh_is_paid_by_predictions():
    """All that writing takes, as often as it falls into the time of a prediction."""
    settings = SETTINGS.model_copy(update={"refresh_interval": 1e-3})
    refreshed = prediction_cost([LAYER], [Programming(5, 1e-12, 1e-8, 20)], settings, "regression", 10)
    written = refreshed.programming
    assert refreshed.energy["refresh"][0] == pytest.approx(written.energy * refreshed.latency / 1e-3)
    assert refreshed.total == pytest.approx(cost().total + refreshed.energy["refresh"][0])
    assert cost().energy["refresh"][0] == 0
    settings = SETTINGS.model_copy(update={"refresh_interval": 1e-7})
    with pytest.raises(ValueError, match=r"accelerator.refresh_interval 1e-07 s is shorter than a layer takes"):
        prediction_cost([LAYER], [Programming(5, 1e-12, 1e-8, 20)], settings, "regression", 10)


def test_every_coefficient_says_where_it_comes_from():
    for coefficient in vars(load_table("cmos")).values():
        assert coefficient.source
        assert coefficient.note


def test_a_missing_table_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="no table 'gaas' in data/peripherals; there are: cmos"):
        load_table("gaas")


def test_an_incomplete_table_is_refused():
    with pytest.raises(ValidationError, match="adc_time"):
        CostTable.model_validate({})


def test_bits_and_positions_are_reads_of_their_own():
    """Four bits at 25 positions: a hundred times the conversions and the time; the cells' energy by position."""
    settings = SETTINGS.model_copy(update={"inputs": "bit_serial"})
    layer = replace(LAYER, planes=4, positions=25)
    many = prediction_cost([layer], [Programming(5, 1e-12, 1e-8, 20)], settings, "regression", 10)
    assert many.counts["adc_conversions"] == 100 * cost().counts["adc_conversions"]
    assert many.passing == pytest.approx([100 * 10e-9])
    assert many.latency == pytest.approx(1000 * 10e-9)
    assert many.energy["cells"] == pytest.approx(25 * cost().energy["cells"])


def test_the_slowest_layer_sets_the_pace():
    layers = [replace(LAYER, positions=25), LAYER]
    both = prediction_cost(layers, [Programming(5, 1e-12, 1e-8, 20)] * 2, SETTINGS, "regression", 10)
    assert both.latency == pytest.approx((250 + 1) * 10e-9)


def test_areas_by_hand():
    """Three rows in two tiles of rows, two columns in two of columns; 4 and 6 bits."""
    table, area = load_table("cmos"), cost().area
    assert area["cells"][0] == pytest.approx(6 * table.cell_pitch.value**2)
    assert area["dac"][0] == pytest.approx(6 * table.dac_area.value * 8)
    assert area["adc"][0] == pytest.approx(4 * table.adc_area.value / 4)
    assert area["digital"][0] == pytest.approx(4 * table.shift_add_area.value)


def test_a_digital_network_by_hand():
    """A layer of 3 x 2 weights, ten passes."""
    table = load_table("cmos")
    weights = digital_cost([(3, 2)], "regression", 10, "cmos", "gaussian_65nm")
    assert weights.energy["generator"][0] == pytest.approx(60 * 360e-15)
    assert weights.energy["memory"][0] == pytest.approx(10 * 12 * table.byte_load.value)
    products = 12 * table.integer_multiply.value + 12 * table.integer_add.value
    assert weights.energy["products"][0] == pytest.approx(10 * products)
    sums = digital_cost([(3, 2), (3, 2)], "regression", 10, "cmos", "gaussian_65nm", sampled="sums")
    assert sums.energy["generator"].tolist() == pytest.approx([20 * 360e-15] * 2)
    # The first layer's sums are the same in every pass.
    assert sums.energy["memory"].tolist() == pytest.approx([12 * table.byte_load.value, 120 * table.byte_load.value])
    assert sums.total < weights.total * 2


def test_a_convolution_draws_its_weights_once_a_pass_or_its_sums_at_every_position():
    """3 x 2 weights at five positions, ten passes."""
    table = load_table("cmos")
    weights, sums = (
        digital_cost([(3, 2), (3, 2)], "regression", 10, "cmos", "gaussian_65nm", sampled, positions=[1, 5]).energy
        for sampled in ("weights", "sums")
    )
    one = table.integer_multiply.value + table.integer_add.value
    assert weights["generator"].tolist() == pytest.approx([60 * 360e-15] * 2)
    assert weights["memory"][1] == pytest.approx(10 * (12 + 30) * table.byte_load.value)
    assert weights["products"][1] == pytest.approx(10 * (6 + 30) * one)
    assert sums["generator"][1] == pytest.approx(100 * 360e-15)
    assert sums["memory"][1] == pytest.approx(10 * 60 * table.byte_load.value)
    assert sums["products"][1] == pytest.approx(10 * 60 * one)


def test_an_unknown_generator_is_refused():
    with pytest.raises(ValueError, match="no generator 'dice'; there are: gaussian_65nm"):
        digital_cost([(3, 2)], "regression", 10, "cmos", "dice")
