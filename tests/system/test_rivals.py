"""Other circuits and other networks, by hand; and who takes less, with what is not known of it."""

import numpy as np
import pytest

from magbayes.system.cost import prices
from magbayes.system.cost.comparison import compare
from magbayes.system.cost.energy import LayerActivity, Programming, prediction_cost
from magbayes.system.cost.rivals import generators, rival, rivals
from magbayes.system.cost.table import load_table
from magbayes.system.cost.work import Layer, work
from magbayes.system.settings import AcceleratorSettings

SETTINGS = AcceleratorSettings(predictions_per_write=1e12)
LAYERS = [Layer(100, 32), Layer(33, 4)]
AT = prices.nominal(prices.coefficients(SETTINGS))


def energy(hardware, network, layers=LAYERS, samples=10, generator="gaussian_65nm"):
    return rival(hardware, network, layers, "regression", samples, SETTINGS, 1e-6, generator).energy(AT)


def test_sampled_weights_in_digital_logic_by_hand():
    """3200 + 132 weights: each drawn, made and multiplied in each of ten passes, and loaded once."""
    table, parts = load_table("cmos"), energy("digital", "weights")
    weights = 3200 + 132
    one = table.integer_multiply.value + table.integer_add.value
    assert parts["generator"] == pytest.approx(10 * weights * table.gaussian_65nm.value)
    assert parts["products"] == pytest.approx(10 * 2 * weights * one)
    root = np.sqrt(2 * weights / 8192)
    assert parts["memory"] == pytest.approx(8 * 2 * weights * root * table.memory_energy.value)
    clocked = sum(parts[part] for part in ("memory", "products", "outputs", "buffers"))
    assert parts["control"] == pytest.approx(table.control_share.value * clocked)
    assert parts["leakage"] == pytest.approx(16 * weights * 1e-6 * table.leakage_density.value * table.sram_area.value)


def test_sampled_sums_need_the_first_layer_once():
    table, parts = load_table("cmos"), energy("digital", "sums")
    one = table.integer_multiply.value + table.integer_add.value
    assert parts["generator"] == pytest.approx(10 * (32 + 4) * table.gaussian_65nm.value)
    assert parts["products"] == pytest.approx((2 * 3200 + 10 * 2 * 132) * one)


def test_one_network_in_the_macro_by_hand():
    """100 rows are two steps of 64, 32 columns two of 16; 33 rows and 4 columns one of each."""
    table, parts = load_table("cmos"), energy("sram", "deterministic", samples=1)
    expected = (
        3332 * table.cim_mac_energy.value
        + (100 * 2 + 33) * table.cim_dac_energy.value
        + (32 * 2 + 4) * table.cim_adc_energy.value
        + (4 + 1) * table.cim_control_energy.value
    )
    assert parts["products"] == pytest.approx(expected)
    assert parts["generator"] == 0


def test_an_ensemble_is_so_many_networks():
    one, five = (energy("sram", network, samples=n) for network, n in (("deterministic", 1), ("ensemble", 5)))
    for part in ("products", "outputs", "leakage"):
        assert five[part] == pytest.approx(5 * one[part])


def test_dropout_needs_the_first_layer_once():
    dropped, one = energy("sram", "dropout"), energy("sram", "deterministic", samples=1)
    first = energy("sram", "deterministic", LAYERS[:1], samples=1)["products"]
    assert dropped["products"] == pytest.approx(first + 10 * (one["products"] - first))


def test_a_convolution_draws_its_weights_once_a_pass_or_its_sums_at_every_position():
    """6 weights at five positions behind another layer, ten passes."""
    layer = Layer(3, 2, 5)
    weights, sums = work("weights", layer, False, 10), work("sums", layer, False, 10)
    assert (weights.draws, weights.weighing, weights.matrices) == (60, 60, 50)
    assert (sums.draws, sums.matrices) == (100, 100)


def test_without_reuse_it_would_take_more():
    """A control of what keeps weights: loading them in every pass, as digital networks were charged before."""
    kept = energy("digital", "sums")
    loaded = kept["memory"] * 10
    assert sum(kept.values()) - kept["memory"] + loaded > 1.3 * sum(kept.values())


def test_an_unknown_generator_is_refused():
    with pytest.raises(ValueError, match="no generator 'dice'; there are: gaussian_65nm"):
        energy("digital", "weights", generator="dice")


@pytest.fixture(scope="module")
def comparison():
    layers = [
        LayerActivity(
            np.full(layer[:2], 1e-4),
            np.full(layer[:2], 5e-5),
            np.full(layer.rows, 2e-3),
            np.full(layer.rows, 0.03),
            np.full((2, *layer[:2]), -0.5),
            np.full((2, *layer[:2]), 1e-14),
            mirror=2.0,
            read_time=SETTINGS.read_time,
        )
        for layer in LAYERS
    ]
    cost = prediction_cost(layers, [Programming(1, 1e-12, 1e-8, 1)] * 2, SETTINGS, "regression", 10)
    others = rivals(LAYERS, "regression", [1, 10], SETTINGS, cost.latency, members=5, dropout=True)
    return cost, others, compare(cost, others, SETTINGS)


def test_every_network_is_on_every_circuit(comparison):
    found = [(one.hardware, one.network, one.generator, one.samples) for one in comparison[1]]
    assert len(set(found)) == len(found) == 2 * (2 + 2 * (1 + 2 * len(generators())))


def test_intervals_hold_their_values_and_ratios_know_what_is_shared(comparison):
    cost, _, compared = comparison
    assert compared.array.value == cost.total
    assert compared.array.low < compared.array.value < compared.array.high
    for other in compared.rivals:
        assert sum(other.parts.values()) == pytest.approx(other.total.value)
        assert other.ratio.value == pytest.approx(other.total.value / cost.total)
        assert other.total.low <= other.total.value <= other.total.high
    # Two circuits that share everything: their ratio would be exact, where that of their intervals is not.
    assert compared.array.high / compared.array.low > 1.5


def test_each_coefficient_at_its_ends(comparison):
    """The converter's energy moves the total by its own range; the interval lies within all ends together."""
    cost, _, compared = comparison
    known = prices.coefficients(SETTINGS)["adc_energy"]
    low, high = compared.ends[compared.coefficients.index("adc_energy")]
    conversions = cost.counts["adc_conversions"] * (1 + load_table("cmos").control_share.value)
    assert high - low == pytest.approx(conversions * (known.high - known.low), rel=1e-3)
    exact = {name for name, one in prices.coefficients(SETTINGS).items() if one.low == one.high}
    assert not exact & set(compared.coefficients)


def test_the_draws_lie_in_their_ranges_with_the_value_in_the_middle():
    known = prices.coefficients(SETTINGS)
    for name, values in prices.drawn(known).items():
        one = known[name]
        if one.low < one.high:
            # 512 points of Sobol's sequence: a half of them on either side, to a few points.
            assert abs(np.mean(values < one.value) - 0.5) < 0.02
            assert values.min() >= one.low * (1 - 1e-12)
            assert values.max() <= one.high * (1 + 1e-12)
