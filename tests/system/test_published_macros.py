"""Published macros, by the numbers that were read of them, and what this model makes of the same circuit.

Within 30 %: published circuits of one kind differ by more than that from each other.
"""

import numpy as np
import pytest

from magbayes.system.cost import converters, prices
from magbayes.system.cost.energy import LayerActivity, Programming, prediction_cost
from magbayes.system.cost.rivals import rival
from magbayes.system.cost.scaling import energy_factor
from magbayes.system.cost.table import load_table, published_table
from magbayes.system.cost.work import Layer
from magbayes.system.settings import AcceleratorSettings

WITHIN = 0.3

# ISAAC (A. Shafiee et al., ISCA 2016), 32 nm, as hwcomponents_library/isaac.py quotes it: a conversion, a one-bit row
# driver, a shift and addition, J. A 128 x 128 array that is read once has 128 of each.
ISAAC = {"adc": 1.666666667e-12, "dac": 0.41667e-12, "digital": 0.021e-12}
# L. Kull et al., ISSCC 2013, which ISAAC takes: 8 bit at 1.2 GS/s, of which 6.24 are effective (survey).
KULL_BITS, KULL_RATE = 6.24, 1.2e9


def _isaac_read(monkeypatch, bits=KULL_BITS):
    """Energy in J of one read of a 128 x 128 array by converters like ISAAC's, with cells that take nothing."""
    table = published_table("cmos").at(32e-9, 1.0)
    monkeypatch.setattr(prices, "load_table", lambda _: table)
    cells = np.zeros((128, 128))
    layer = LayerActivity(cells, cells, np.zeros(128), np.zeros(128), cells, cells, mirror=1.0, read_time=0.5e-9)
    settings = AcceleratorSettings(
        rows=128,
        columns=128,
        inputs="bit_serial",
        pair_drive="alike",
        adc_effective_bits=bits,
        sample_interval=1 / KULL_RATE,
        read_time=0.5e-9,
    )
    # Of two such layers, the one that is not the last: its outputs are added, scaled and compared with 0.
    parts = prediction_cost([layer] * 2, [Programming(0, 0, 0, 0)] * 2, settings, "regression", 1).energy
    return sum(float(parts[part][0]) for part in ISAAC)


def test_a_read_of_an_isaac_array(monkeypatch):
    published = 128 * sum(ISAAC.values())
    assert _isaac_read(monkeypatch) == pytest.approx(published, rel=WITHIN)


def test_nominal_bits_as_if_they_were_effective_do_not_pass(monkeypatch):
    """What was charged before: 10.1 fJ for each of 2^8 codes; and 8 bits that are all effective."""
    published = 128 * sum(ISAAC.values())
    ours = _isaac_read(monkeypatch)
    before = ours + 128 * (1.01e-14 * 2**8 - converters.converter(KULL_BITS, KULL_RATE).energy.value)
    assert before > (1 + WITHIN) * published
    assert _isaac_read(monkeypatch, bits=8.0) > (1 + WITHIN) * published


# H. Wang et al., VLSI 2022 and IEEE JSSC 58, 1037 (2023), 22 nm, as CiMLoop (wang_vlsi_2022/_tests.py) has it: 64 x 16
# products of 8 bit in a step, TOPS/W by supply, and the share of its 16 converters at 1 V.
WANG = {0.7: 31.998, 0.8: 22.590, 0.9: 18.439, 1.0: 16.376}
WANG_ADC_SHARE, WANG_TOPS = 0.34, 3.596 * 0.124


def _joules(tops_per_watt, products=64 * 16):
    return 2 * products / tops_per_watt * 1e-12


def test_the_survey_knows_the_converters_of_a_macro():
    """8 bit, one conversion a step; the step follows from the throughput. Three more bits do not pass."""
    rate = WANG_TOPS * 1e12 / (2 * 64 * 16)
    published = WANG_ADC_SHARE * _joules(WANG[1.0]) / 16
    assert converters.converter(8.0, rate).energy.value == pytest.approx(published, rel=WITHIN)
    assert converters.converter(10.5, rate).energy.value > (1 + WITHIN) * published


@pytest.mark.parametrize("voltage", [0.7, 0.8, 0.9])
def test_energy_follows_the_supply_of_a_macro(voltage):
    """From what it takes at 1 V, with converters of the survey; without the supply 0.7 V does not pass."""
    rate = WANG_TOPS * 1e12 / (2 * 64 * 16)
    step = 16 * converters.converter(8.0, rate).energy.value + (1 - WANG_ADC_SHARE) * _joules(WANG[1.0])
    factor = energy_factor(22e-9, 1.0, 22e-9, voltage).value
    assert factor * step == pytest.approx(_joules(WANG[voltage]), rel=WITHIN)
    if voltage == 0.7:
        assert step > (1 + WITHIN) * _joules(WANG[voltage])


def _sram_step():
    """Energy in J of 64 x 16 products of 8 bit in the SRAM macro of the table, 22 nm and 0.7 V."""
    settings = AcceleratorSettings()
    one = rival("sram", "deterministic", [Layer(64, 16)], "regression", 1, settings, seconds=0.0)
    return float(one.energy(prices.nominal(prices.coefficients(settings)))["products"])


def test_the_sram_macro_of_the_table_is_the_published_one():
    """32.2 TOPS/W, its best (title)."""
    assert _sram_step() == pytest.approx(_joules(32.2), rel=0.01)


# H. Jia et al., IEEE JSSC 55, 2609 (2020), 65 nm, as CiMLoop (jia_jssc_2020/_tests.py) has it: TOPS/W of products of
# one bit by supply; a product of 8 bit by 8 takes 64 of them.
JIA = {0.85: 400.0, 1.2: 192.0}


@pytest.mark.parametrize("voltage", JIA)
def test_another_macro_from_the_one_of_the_table(voltage):
    """From 22 nm and 0.7 V to 65 nm. Without scaling it does not pass."""
    published = _joules(JIA[voltage] / 64)
    factor = energy_factor(22e-9, 0.7, 65e-9, voltage).value
    assert factor * _sram_step() == pytest.approx(published, rel=WITHIN)
    assert _sram_step() < (1 - WITHIN) * published


def test_memory_is_that_of_its_source():
    """M. Horowitz, ISSCC 2014: 64 bit of 8 kB take 10 pJ, of 32 kB 20 pJ, of 1 MB 100 pJ; not in proportion to size."""
    one = published_table("cmos").memory_energy.value
    for size, published in ((8192, 10e-12), (32768, 20e-12), (2**20, 100e-12)):
        assert 64 * one * np.sqrt(size / 8192) == pytest.approx(published, rel=0.15)
    assert 64 * one * 2**20 / 8192 > 10 * 100e-12


def test_the_table_is_at_one_node():
    table = load_table("cmos")
    scaled = [one for one in table.coefficients().values() if one.scaling != "none"]
    assert scaled
    assert all((one.node, one.voltage) == (table.node, table.supply_voltage.value) for one in scaled)
