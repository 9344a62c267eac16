from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from pydantic import ValidationError

from magbayes.system.cost import prices
from magbayes.system.cost.comparison import compare
from magbayes.system.cost.converters import converter
from magbayes.system.cost.energy import CLOCKED, PARTS, LayerActivity, Programming, moved, prediction_cost
from magbayes.system.cost.table import CostTable, load_table, published_table
from magbayes.system.settings import AcceleratorSettings

SETTINGS = AcceleratorSettings(
    rows=2,
    columns=1,
    dac_bits=4,
    adc_effective_bits=6.0,
    sample_interval=10e-9,
    read_time=2e-9,
    predictions_per_write=1e3,
)
LAYER = LayerActivity(
    np.full((3, 2), 1e-3),
    np.full((3, 2), 2e-4),
    np.array([0.01, 0.0, 0.04]),
    np.array([0.1, 0.0, 0.2]),
    np.full((2, 6), 0.5),
    np.array([[1e-13, 9e-13, 1e-13, 1e-13, 1e-13, 1e-13]] * 2),
    mirror=3.0,
    read_time=2e-9,
)
WRITTEN = Programming(5, 1e-12, 1e-8, 20)
CONVERSION = converter(6.0, 1e8)
CODES = 3 * 4 * np.sqrt(64 / 8192) * load_table("cmos").memory_energy.value
"""Codes of four bits pass through a table, which is a small memory: once, since inputs stay."""
approx = partial(pytest.approx, rel=1e-9, abs=0)
"""Energies are far below what pytest takes for nothing."""


def cost(samples=10, task="regression"):
    return prediction_cost([LAYER], [WRITTEN], SETTINGS, task, samples)


def test_a_small_layer_by_hand():
    """Three rows of two lines in two tiles, two columns in two tiles, ten samples."""
    table, energy = load_table("cmos"), cost().energy
    charge = 10 * 2e-9 * (0.1 + 0.2) * 2
    assert energy["cells"][0] == approx(10 * 2e-9 * (0.01 + 0.04) * 2 * 1.2e-3)
    assert energy["drivers"][0] == approx(charge * 1.2e-3 * table.driver_headroom.value)
    assert energy["mirror"][0] == approx(charge * 3 * 2e-4 * table.supply_voltage.value)
    assert energy["adc"][0] == approx(10 * 4 * (CONVERSION.energy.value + table.summing_energy.value))
    line = 2 * table.cell_pitch.value * table.wire_capacitance.value * 0.05
    assert energy["dac"][0] == approx(10 * (12 * table.dac_energy.value / 2 + 2 * line) + CODES)
    # Partial sums of two tiles, and the offsets.
    operations = 2 * (2 * table.integer_add.value + table.integer_multiply.value + table.float_multiply.value)
    assert energy["digital"][0] == approx(10 * (operations + 4 * table.float_add.value))
    # Inputs once, to two tiles, and outputs in every pass; memories of 64 bytes at least.
    bits, root = 8 * (3 + 10 * 2), np.sqrt(64 / 8192)
    bus = 8 * (3 * 2 + 10 * 2)
    expected = bits * root * table.memory_energy.value + bus * table.bus_energy.value
    assert energy["buffers"][0] == approx(expected)
    clocked = sum(energy[part][0] for part in ("dac", "adc", "digital", "buffers"))
    assert energy["control"][0] == approx(table.control_share.value * clocked)
    area = sum(part[0] for part in cost().area.values())
    assert energy["leakage"][0] == approx(area * table.leakage_density.value * 10 * 10e-9)
    assert cost().counts["dac_conversions"] == 120
    assert cost().counts["adc_conversions"] == 40
    assert cost().latency == approx(10 * 10e-9)


def test_parts_are_the_total():
    """To rounding: at the coefficients as they are, and in every draw of them; a part too many does not pass."""
    one, known = cost(), prices.coefficients(SETTINGS)
    assert sum(part.sum() for part in one.energy.values()) == approx(one.total, rel=1e-12)
    draws = prices.with_actions(prices.drawn(known))
    parts = prices.energies(one.amounts, draws, PARTS, CLOCKED)
    each = [number.sum() * draws[action] for _, action, number in one.amounts]
    clocked = [number.sum() * draws[action] for part, action, number in one.amounts if part in CLOCKED]
    whole = sum(each) + draws["control_share"] * sum(clocked)
    np.testing.assert_allclose(sum(parts.values()), whole, rtol=1e-12)
    twice = sum(parts.values()) + parts["adc"]
    assert not np.allclose(twice, whole, rtol=1e-3, atol=0)


def test_held_gates_are_refreshed_as_often_as_the_leakiest_needs():
    """The leakiest of 12 gates and its switch, 1 pA in all, take 15 mV from 5 fF in 75 us; a line is two rows long."""
    table = load_table("cmos")
    line = 2 * table.cell_pitch.value * table.wire_capacitance.value
    refresh = 12 * (5e-15 * 15e-3 * 0.5 + line * 0.25 + table.dac_energy.value)
    assert cost().energy["gate"][0] == approx(refresh * 100e-9 / 75e-6)
    tight = replace(LAYER, gate_leakage=np.full((2, 6), 1e-13))
    held = prediction_cost([tight], [WRITTEN], SETTINGS, "regression", 10)
    assert held.energy["gate"][0] == approx(cost().energy["gate"][0] / 5)


def test_pairs_that_see_one_voltage_take_half_the_lines_and_a_mirror_more():
    alike = SETTINGS.model_copy(update={"pair_drive": "alike"})
    energy = prediction_cost([LAYER], [WRITTEN], alike, "regression", 10).energy
    assert energy["dac"][0] - CODES == approx((cost().energy["dac"][0] - CODES) / 2)
    more = 10 * 2e-9 * (0.1 + 0.2) * 2 * 1.2e-3 / 2 * load_table("cmos").supply_voltage.value
    assert energy["mirror"][0] == approx(cost().energy["mirror"][0] + more)


def test_energy_is_linear_in_samples():
    """But for the share of writing, and the inputs that are fetched once."""
    fixed = ("writing", "dac", "buffers", "control")
    ten, thirty = cost(10), cost(30)
    for part in PARTS:
        if part not in fixed:
            assert thirty.energy[part][0] == approx(3 * ten.energy[part][0])
    assert thirty.energy["writing"][0] == approx(ten.energy["writing"][0])
    assert thirty.energy["buffers"][0] < 3 * ten.energy["buffers"][0]
    assert thirty.energy["dac"][0] - CODES == approx(3 * (ten.energy["dac"][0] - CODES))


def test_codes_of_steps_that_are_even_pass_through_no_table():
    even = SETTINGS.model_copy(update={"predistortion": False})
    one = prediction_cost([LAYER], [WRITTEN], even, "regression", 10)
    assert one.energy["dac"][0] == approx(cost().energy["dac"][0] - CODES)
    assert one.area["dac"][0] == approx(cost().area["dac"][0] - 64 * load_table("cmos").sram_area.value)


def test_a_further_slice_by_hand():
    """Half as many devices and lines again, and a mirror of its own."""
    wider = replace(LAYER, pairs=3, mirrored_means=np.full((3, 2), 5e-5))
    one, two = (prediction_cost([layer], [WRITTEN], SETTINGS, "regression", 10) for layer in (LAYER, wider))
    table = load_table("cmos")
    charge = 10 * 2e-9 * (0.1 + 0.2) * 2
    assert two.energy["mirror"][0] - one.energy["mirror"][0] == approx(charge * 5e-5 * table.supply_voltage.value)
    line = 2 * table.cell_pitch.value * table.wire_capacitance.value * 0.05
    assert two.energy["dac"][0] - one.energy["dac"][0] == pytest.approx(10 * line, rel=1e-6, abs=0)
    extra = two.energy["adc"][0] - one.energy["adc"][0]
    assert extra == pytest.approx(10 * 4 * table.summing_energy.value / 2, rel=1e-6, abs=0)
    bits = 6 * table.sram_area.value
    assert two.area["cells"][0] - bits == approx(1.5 * (one.area["cells"][0] - bits))
    # The same conductance in more devices: each takes less while it is read alone.
    conversions = 20 * one.prices["adc_energy"]
    heats = [done.programming.energy - WRITTEN.energy - conversions for done in (one, two)]
    assert heats[1] == pytest.approx(heats[0] / 1.5, rel=1e-6, abs=0)


def test_zero_reads_are_converted_once():
    """They have no heat, and a refresh does not repeat them."""
    zeroed = replace(WRITTEN, zero_reads=1000.0)
    settings = SETTINGS.model_copy(update={"refresh_interval": 1.0})
    plain, more = (prediction_cost([LAYER], [w], settings, "regression", 10) for w in (WRITTEN, zeroed))
    spent = 1000 * plain.prices["adc_energy"]
    assert more.programming.energy - plain.programming.energy == pytest.approx(spent, rel=1e-6, abs=0)
    share = spent / settings.predictions_per_write
    assert more.energy["writing"][0] - plain.energy["writing"][0] == pytest.approx(share, rel=1e-6, abs=0)
    assert more.energy["refresh"][0] == plain.energy["refresh"][0]
    assert more.programming.latency - plain.programming.latency == approx(1000 * settings.sample_interval)


def test_programming_is_reported_and_shared():
    """Twenty reads: a conversion each, and a device of 0.3 mS at 0.1 V for 2 ns, every 10 ns; for 1000 predictions."""
    expected = (5, 1e-12 + 20 * (CONVERSION.energy.value + 0.3e-3 * 0.01 * 2e-9), 1e-8 + 20 * 10e-9, 20)
    written = cost().programming
    assert (written.pulses, written.energy, written.latency, written.reads) == approx(expected)
    assert cost(1).programming == cost(100).programming
    assert cost().energy["writing"][0] == approx(written.energy / 1e3)


def test_refresh_is_paid_by_predictions():
    """All that writing takes, as often as it falls into the time of a prediction."""
    settings = SETTINGS.model_copy(update={"refresh_interval": 1e-3})
    refreshed = prediction_cost([LAYER], [WRITTEN], settings, "regression", 10)
    written = refreshed.programming
    assert refreshed.energy["refresh"][0] == approx(written.energy * refreshed.latency / 1e-3)
    assert refreshed.total == approx(cost().total + refreshed.energy["refresh"][0])
    assert cost().energy["refresh"][0] == 0
    settings = SETTINGS.model_copy(update={"refresh_interval": 1e-7})
    with pytest.raises(ValueError, match=r"accelerator.refresh_interval 1e-07 s is shorter than a layer takes"):
        prediction_cost([LAYER], [WRITTEN], settings, "regression", 10)


def test_every_coefficient_says_where_it_comes_from():
    """And what is assumed has a range, unless it is a matter of choice."""
    chosen = {"hold_write_time"}
    for name, coefficient in published_table("cmos").coefficients().items():
        assert coefficient.source
        assert coefficient.note
        exact = coefficient.low == coefficient.high
        assert not exact or coefficient.checked or name in chosen


def test_a_missing_table_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="no table 'gaas' in data/peripherals; there are: cmos"):
        load_table("gaas")


def test_an_incomplete_table_is_refused():
    with pytest.raises(ValidationError, match="dac_energy"):
        CostTable.model_validate({})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": 2.0}, "value 1 must lie within low 2 and high 3, above 0"),
        ({"scaling": "energy"}, "scaling energy needs the node and the voltage it was published for"),
    ],
)
def test_an_inconsistent_coefficient_is_refused(change, message):
    from magbayes.system.cost.table import Coefficient

    good = {"value": 1.0, "low": 0.5, "high": 3.0, "unit": "J", "source": "a", "year": 2026}
    good |= {"checked": True, "note": "b"}
    assert Coefficient.model_validate(good).high == 3
    with pytest.raises(ValidationError, match=message):
        Coefficient.model_validate(good | change)


def test_bits_and_positions_are_reads_of_their_own():
    """Four bits at 25 positions: a hundred times the conversions and the time; the cells' energy by position."""
    settings = SETTINGS.model_copy(update={"inputs": "bit_serial"})
    layer = replace(LAYER, planes=4, positions=25)
    many = prediction_cost([layer], [WRITTEN], settings, "regression", 10)
    assert many.counts["adc_conversions"] == 100 * cost().counts["adc_conversions"]
    assert many.passing == approx([100 * 10e-9])
    assert many.latency == approx(1000 * 10e-9)
    assert many.energy["cells"] == approx(25 * cost().energy["cells"])
    table = load_table("cmos")
    line = 2 * table.cell_pitch.value * table.wire_capacitance.value * 0.05
    assert many.energy["dac"][0] == approx(10 * 25 * (4 * 12 * table.row_driver_energy.value + 2 * line))


def test_the_slowest_layer_sets_the_pace():
    layers = [replace(LAYER, positions=25), LAYER]
    both = prediction_cost(layers, [WRITTEN] * 2, SETTINGS, "regression", 10)
    assert both.latency == approx((250 + 1) * 10e-9)


def test_areas_by_hand():
    """Three rows in two tiles of rows, two columns in two of columns; 4 bits of inputs."""
    table, area = load_table("cmos"), cost().area
    assert area["cells"][0] == approx(6 * (table.cell_pitch.value**2 + table.sram_area.value))
    assert area["dac"][0] == approx(12 * table.dac_area.value / 2 + 16 * 4 * table.sram_area.value)
    assert area["adc"][0] == approx(4 * CONVERSION.area.value)
    assert area["digital"][0] == approx(4 * table.shift_add_area.value)


def test_the_interval_of_an_area_is_that_of_its_coefficients():
    """So few rows a tile are mostly converters; draws are those of the energy."""
    found = compare(cost(), (), SETTINGS)
    assert found.area.value == approx(sum(part.sum() for part in cost().area.values()))
    drawn = prices.drawn(prices.coefficients(SETTINGS))
    by_hand = 6 * drawn["cell_pitch"] ** 2 + 70 * drawn["sram_area"] + 6 * drawn["dac_area"]
    by_hand = by_hand + 4 * (drawn["adc_area"] + drawn["shift_add_area"])
    np.testing.assert_allclose(found.area_drawn, by_hand, rtol=1e-12)
    assert found.area[1:] == approx(tuple(np.quantile(by_hand, (0.025, 0.975))))
    # With converters of one size the draws are others.
    others = by_hand + 4 * (np.median(drawn["adc_area"]) - drawn["adc_area"])
    assert np.abs(found.area_drawn / others - 1).max() > 0.1


def test_a_larger_memory_takes_more_a_bit():
    small, large = (moved(rows, 1, 1, 1.0, 0.0)["memory_energy"] / rows for rows in (100, 400))
    assert large == approx(2 * small)
