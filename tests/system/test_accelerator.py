"""The array against the plain product, its noise against theory; statistical tests: false alarms of 1e-4."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models import store
from magbayes.system.array import accelerator as module
from magbayes.system.array.accelerator import Accelerator, _at_most, _percent
from magbayes.system.array.circuit import circuit_of
from magbayes.system.array.layer import drive, read
from magbayes.system.array.programming import program
from magbayes.system.array.ranges import read_once
from magbayes.system.array.slices import slice_gains
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.posterior import Layer, Posterior, forward
from magbayes.system.settings import AcceleratorSettings, Imperfection
from tests.system.conftest import ELECTRICAL

IDEAL = frozenset({"levels", "jitter", "dac", "adc", "noise"}) | ELECTRICAL
CIRCUIT = circuit_of(AcceleratorSettings(ideal=ELECTRICAL), 300.0)
FALSE_ALARM = 1e-4


@pytest.fixture
def posterior():
    random = np.random.default_rng(1)
    shapes = [(7, 5), (6, 3)]
    layers = tuple(Layer(random.normal(size=s), random.uniform(0.05, 0.19, s)) for s in shapes)
    return Posterior(layers, "regression", 1.0, 0.1, random.normal(size=(50, 6)), np.zeros(1))


def plain(posterior, inputs):
    return np.asarray(forward([layer.mean for layer in posterior.layers], jnp.asarray(inputs, float), 1.0))


@pytest.mark.parametrize("rows", [128, 3, 1])
def test_an_ideal_accelerator_is_the_plain_product_however_it_is_tiled(posterior, models, key, rows):
    settings = AcceleratorSettings(ideal=IDEAL, rows=rows, columns=2)
    inputs = posterior.calibration[:11]
    outputs = Accelerator(posterior, models, settings, key).predict(key, inputs, samples=2)
    expected = plain(posterior, inputs)
    # Single precision, relative to the size of the outputs: rounding of some ten additions a layer.
    assert np.abs(outputs - expected).max() < 5e-6 * np.abs(expected).max()


@pytest.mark.parametrize("imperfection", sorted(get_args(Imperfection)))
def test_every_imperfection_changes_the_outputs(posterior, models, key, imperfection):
    """Negative control of the test above: no switch is dead."""
    spoiled = models.with_dwmtj(spread=3e-6, rate=1.0).with_smtj(offset_std=0.02, scale_std=0.05)
    needs_noise = {"noise", "input_voltage", "reads"}
    ideal = frozenset(get_args(Imperfection)) - {imperfection} - (needs_noise & {imperfection} and {"noise"})
    settings = AcceleratorSettings(
        ideal=ideal,
        writing="nominal",  # a measured device of any conductance is what it should be
        adc_bits=5,
        dac_bits=5,
        stuck_low=0.2,
        rest=1.0,
        temperature=350.0,
        wire_resistance=1.0,
        predistortion=False,
    )
    inputs = posterior.calibration[:11]
    outputs = Accelerator(posterior, spoiled, settings, key).predict(key, inputs, samples=1)[0]
    without = settings.model_copy(update={"ideal": ideal | {imperfection}})
    expected = Accelerator(posterior, spoiled, without, key).predict(key, inputs, samples=1)[0]
    assert np.abs(outputs - expected).max() > 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("rows", [128, 3])
def test_bits_that_follow_each_other_make_the_same_product(posterior, models, key, rows):
    """An ideal DAC has 16 bits, so that a row's input is right to 2e-5 of full scale."""
    settings = AcceleratorSettings(ideal=IDEAL, rows=rows, inputs="bit_serial", range_percentile=100)
    inputs = posterior.calibration[:11]
    outputs = Accelerator(posterior, models, settings, key).predict(key, inputs, samples=2)
    expected = plain(posterior, inputs)
    assert np.abs(outputs - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("inputs", ["amplitude", "bit_serial"])
def test_a_convolution_on_the_array_is_the_convolution(models, key, inputs):
    random = np.random.default_rng(4)
    kernel = Kernel((6, 6, 2), 3, pool=2)
    means = [random.normal(size=shape) for shape in ((19, 4), (17, 3))]
    layers = [Layer(mean, np.full(mean.shape, 0.1), k) for mean, k in zip(means, (kernel, None), strict=True)]
    images = random.normal(size=(20, 72))
    posterior = Posterior(tuple(layers), "regression", 1.0, 0.1, images, np.zeros(1))
    # Without clipping: a bit-serial input saturates where an ideal DAC does not.
    settings = AcceleratorSettings(ideal=IDEAL, rows=8, inputs=inputs, range_percentile=100)
    outputs = Accelerator(posterior, models, settings, key).predict(key, images, samples=2)
    expected = np.asarray(forward([jnp.asarray(m, float) for m in means], jnp.asarray(images, float), 1.0, [kernel]))
    assert np.abs(outputs - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize(("sampling", "agrees"), [("columns", True), ("narrow", False)])
def test_predictions_by_columns_have_the_distribution_of_those_by_devices(posterior, models, key, sampling, agrees):
    """Through two layers with a ReLU and converters, read voltage included; 4000 samples of one input."""
    inputs = posterior.calibration[:1]
    outputs = {}
    for name in ("devices", sampling):
        narrow = replace(posterior, layers=tuple(replace(x, std=0.85 * x.std) for x in posterior.layers))
        settings = AcceleratorSettings(sampling="columns" if name == "narrow" else name, ideal={"reads", "jitter"})
        chip = Accelerator(narrow if name == "narrow" else posterior, models, settings, key)
        outputs[name] = chip.predict(jax.random.fold_in(key, len(name)), inputs, samples=4000)[:, 0]
    level = FALSE_ALARM / outputs["devices"].shape[1]
    pairs = zip(outputs["devices"].T, outputs[sampling].T, strict=True)
    assert all(stats.levene(one, other).pvalue > level for one, other in pairs) == agrees


@pytest.mark.parametrize(("slices", "better"), [(1, 3), (2, 15)])
def test_writing_by_what_devices_show_makes_up_for_what_they_are(models, key, slices, better):
    """Levels that scatter by 8 uS, a seventh of their distance, and stochastic MTJs by 5 % of their 90 uS.

    By the mean table the error is that of these spreads; the best of 64 pairs is far nearer than a level's half, but
    for weights at the end of the range, where no pair is left to make up.
    """
    spoiled = models.with_dwmtj(spread=8e-6).with_smtj(scale_std=0.05)
    random = np.random.default_rng(3)
    mean = random.uniform(-1, 1, (40, 30))
    layer, inner = Layer(mean, random.uniform(0.05, 0.19, (40, 30))), np.abs(mean) < 0.7

    def error(ideal=frozenset(), **settings):
        written = program(key, layer, spoiled, AcceleratorSettings(ideal=ELECTRICAL | ideal, slices=slices, **settings))
        held = written.layer.difference + written.layer.mirror * written.layer.offset
        return float(np.std((np.asarray(held) - mean / written.mapping.scale)[inner])), written

    (nominal, table), (measured, device) = error(writing="nominal"), error()
    gains = slice_gains(len(spoiled.dwmtj.levels.mean), slices)
    step = np.diff(spoiled.dwmtj.levels.mean)[0] * gains[-1]
    spread = np.sqrt(2 * 8e-6**2 * (gains**2).sum() + 2 * (table.mapping.mirror * 0.05 * 9e-5) ** 2)
    assert nominal == pytest.approx(np.hypot(spread, step / np.sqrt(12)), rel=0.1)
    assert measured < nominal / better
    # Levels without steps leave nothing of it, while the mean table leaves the spread of the stochastic MTJs.
    assert error(ideal={"levels"})[0] < 1e-3 * nominal
    assert error(ideal={"levels"}, writing="nominal")[0] == pytest.approx(spread, rel=0.1)
    # What it takes: each wall is brought along its track first, each stochastic MTJ is read a thousand times.
    assert device.effort.pulses > 1.5 * table.effort.pulses
    assert device.effort.reads == device.effort.pulses + 1000 * 2 * layer.mean.size
    assert table.effort.reads == table.effort.pulses


@pytest.mark.parametrize(("std", "agrees"), [(6e-6, True), (6.6e-6, False)])
def test_walls_jitter_in_every_read(models, key, std, agrees):
    """Over a nanosecond half as wide; no mirror amplifies it, and successive reads share nothing."""
    layer = Layer(np.linspace(-1, 1, 24).reshape(8, 3), np.full((8, 3), 0.1))
    settings = AcceleratorSettings(ideal=frozenset(get_args(Imperfection)) - {"jitter"})
    written = program(key, layer, models.with_dwmtj(std=std), settings)
    voltages = np.linspace(0.02, 0.1, 8)
    driven = drive(written.layer, jnp.tile(jnp.asarray(voltages, float), (1, 4000, 1)), CIRCUIT)
    currents = np.asarray(read(written.layer, driven, key, None)[1])[0, :, 0]
    expected = np.full(3, np.sqrt(np.sum(2 * (6e-6 / 2) ** 2 * voltages**2)))
    assert _variance_agrees(currents.std(axis=0, ddof=1), expected, 4000) == agrees


def _current_noise(models, key, samples=4000):
    """Return drawn and expected std of the column currents of one layer, and the number of draws."""
    random = np.random.default_rng(2)
    layer = Layer(random.normal(size=(8, 3)), random.uniform(0.05, 0.19, (8, 3)))
    settings = AcceleratorSettings(sampling="devices", ideal={"input_voltage", "jitter"} | ELECTRICAL)
    written = program(key, layer, models, settings)
    voltages = jnp.asarray(random.uniform(-0.1, 0.1, 8), float)
    start_key, read_key = jax.random.split(key)
    state = written.layer.noise.start(start_key, samples)
    driven = drive(written.layer, jnp.tile(voltages, (1, samples, 1)), CIRCUIT)
    currents = np.asarray(read(written.layer, driven, read_key, state)[1])[0, :, 0]
    sigma = np.asarray(models.smtj.sigma(written.mapping.gate[0], 1e-9).value)
    expected = written.mapping.mirror * np.sqrt(np.sum(np.asarray(voltages)[:, None] ** 2 * 2 * sigma**2, axis=0))
    return currents.std(axis=0, ddof=1), expected, samples


def _variance_agrees(drawn, expected, samples):
    """Two-sided chi-squared test of each column, Bonferroni over columns."""
    statistic = (samples - 1) * (drawn / expected) ** 2
    low, high = stats.chi2.ppf([FALSE_ALARM / 2 / len(drawn), 1 - FALSE_ALARM / 2 / len(drawn)], samples - 1)
    return bool(((statistic > low) & (statistic < high)).all())


def test_the_noise_of_a_column_is_the_root_of_the_sum_of_squares(models, key):
    assert _variance_agrees(*_current_noise(models, key))


@pytest.mark.parametrize("factor", [0.5, 1.1])
def test_a_device_with_the_wrong_sigma_fails_that_test(models, key, factor):
    assert not _variance_agrees(*_current_noise(models.with_smtj(sigma_factor=factor), key))


def test_successive_samples_remember_as_long_as_the_device(models, key):
    """One weight: its samples are the device's noise, whose correlation is exp(-interval / time)."""
    posterior = Posterior(
        (Layer(np.array([[1.0], [0.5]]), np.full((2, 1), 0.1)),),
        "regression",
        bias_input=1.0,
        noise_std=0.1,
        calibration=np.ones((4, 1)),
        loss=np.zeros(1),
    )
    settings = AcceleratorSettings(sample_interval=2e-9, ideal={"dac", "adc"} | ELECTRICAL)
    chips, samples = 1000, 20
    outputs = Accelerator(posterior, models, settings, key).predict(key, np.ones((chips, 1)), samples)[..., 0]
    expected = np.exp(-2e-9 / models.smtj.decay_time)
    first, last = outputs[:-1] - outputs.mean(), outputs[1:] - outputs.mean()
    by_chip = (first * last).mean(axis=0) / outputs.var()
    # Chips are independent, so the spread between them gives the error of the mean.
    error = by_chip.std(ddof=1) / np.sqrt(chips)
    assert abs(by_chip.mean() - expected) < stats.norm.ppf(1 - FALSE_ALARM / 2) * error
    assert error < 0.02, "the test must be able to tell 0.67 from white noise and from frozen devices"


def test_the_same_key_gives_the_same_samples(posterior, models, key):
    accelerator = Accelerator(posterior, models, AcceleratorSettings(), key)
    first, again = (accelerator.predict(key, posterior.calibration, samples=3) for _ in range(2))
    assert first.shape == (3, 50, 3)
    assert (first == again).all()


@pytest.mark.parametrize("sampling", ["columns", "devices"])
def test_an_output_does_not_depend_on_the_inputs_that_follow(posterior, models, key, sampling, monkeypatch):
    monkeypatch.setattr(module, "_INPUTS_AT_A_TIME", 20)
    settings = AcceleratorSettings(sampling=sampling, sample_interval=1e-7)
    accelerator = Accelerator(posterior, models, settings, key)
    every = accelerator.predict(key, posterior.calibration, samples=3)
    assert (accelerator.predict(key, posterior.calibration[:30], samples=3) == every[:, :30]).all()


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"adc_bits": 6}, 0),
        ({"dac_bits": 6, "read_voltage": 0.05}, 0),
        ({"sample_interval": 5e-9}, 0),
        ({"ideal": {"adc"}}, 0),
        ({"ideal": {"thermal"}}, 0),
        ({"amplifier_noise": 4e-9, "adc_effective_bits": 6, "temperature": 310.0}, 0),
        ({"adc_offset": 2.0, "driver_resistance": 300.0}, 0),
        # The control: another circuit.
        ({"inputs": "bit_serial"}, 1),
    ],
)
def test_other_numbers_need_no_other_compilation(posterior, models, key, change, more):
    def predict(**changes):
        settings = AcceleratorSettings(**{"sampling": "devices", "sample_interval": 3e-9} | changes)
        return Accelerator(posterior, models, settings, key).predict(key, posterior.calibration, samples=2)

    outputs = predict()
    compiled = module._predict._cache_size()
    assert (predict(**change) != outputs).any()
    assert module._predict._cache_size() == compiled + more


@pytest.fixture(scope="module")
def precessing():
    """Stochastic MTJs that precess, so that reads remember several before them."""
    return store.load(str(Path(__file__).parents[1] / "compact_models/frozen/version11.h5")).smtj


def test_one_read_takes_one_program_whatever_devices_remember(posterior, models, key, precessing):
    """Where bits follow each other, each is a read; and the control is what a prediction reads."""
    settings = AcceleratorSettings(sampling="devices", sample_interval=3e-9)
    layers = Accelerator(posterior, models, settings, key).layers
    gates = np.full(layers[0].noise.mean.size, precessing.voltage_range[1])

    def shapes(interval, once=True, **changes):
        circuit = circuit_of(settings.model_copy(update=changes), 300.0)
        own = replace(layers[0], noise=replace(layers[0].noise, reads=precessing.at(gates, interval, 1e-9)))
        (found,) = read_once([own], [circuit]) if once else [own]
        return jax.tree.structure(found), [np.shape(leaf) for leaf in jax.tree.leaves(found)]

    assert shapes(1e-9) == shapes(20e-9)
    assert shapes(1e-9, once=False) != shapes(20e-9, once=False)
    assert shapes(1e-9, inputs="bit_serial") == shapes(1e-9, once=False)


def test_a_read_without_memory_has_the_distribution_of_any_other(precessing):
    """Of 40 000 reads: std and kurtosis to 5 standard errors, and nothing of the state before them."""
    reads = precessing.at(np.full(40_000, precessing.voltage_range[1]), 1e-9, 1e-9)

    def following(of):
        state = of.start(jax.random.key(1), (40_000,))
        return np.asarray(of.conductance(state)), np.asarray(of.advance(jax.random.key(2), state)[1])

    (before, own), (earlier, lesser) = following(reads), following(reads.forgetful())
    assert lesser.std() == pytest.approx(own.std(), rel=5 / np.sqrt(40_000))
    assert abs(stats.kurtosis(lesser) - stats.kurtosis(own)) < 5 * np.sqrt(2 * 24 / 40_000)
    assert abs(np.corrcoef(earlier, lesser)[0, 1]) < 5 / np.sqrt(40_000)
    assert abs(np.corrcoef(before, own)[0, 1]) > 5 / np.sqrt(40_000)  # the control


def test_levels_that_were_not_written_are_said(posterior, models, key):
    """Pulses that are too weak leave walls where they were, and the layer computes with them."""

    def said(**changes):
        return [
            line
            for line in Accelerator(posterior, models.with_dwmtj(**changes), AcceleratorSettings(), key).warnings()
            if "do not hold their level" in line
        ]

    assert said() == []
    lines = said(highest=3)
    assert [line.partition(":")[0] for line in lines] == ["layer 0", "layer 1"]
    share = float(lines[0].partition(": ")[2].partition(" %")[0])
    assert 5 < share < 60


def test_reads_of_single_devices_that_would_take_days_are_refused(posterior, models, key):
    """A pass reads 106 devices; the message says what would let columns be drawn, and so it does."""
    inputs, days = np.zeros((1, 6)), 4e9
    settings = AcceleratorSettings(sample_interval=20e-9, sampling_tolerance=1e-3)
    with pytest.raises(
        ValueError, match=r"4.2e\+11 reads of single devices would take 0.49 days; .*_tolerance of"
    ) as said:
        Accelerator(posterior, models, settings, key).predict(key, inputs, samples=int(days))
    tolerance = float(str(said.value).split("sampling_tolerance of ")[1].split()[0])
    allowed = settings.model_copy(update={"sampling_tolerance": tolerance})
    assert Accelerator(posterior, models, allowed, key).predict(key, inputs, samples=2).shape == (2, 1, 3)
    assert not Accelerator(posterior, models, allowed, key)._devices


def test_numbers_of_warnings_are_written_out():
    assert [_percent(share) for share in (9.3, 0.0034, 0.2, 1.13)] == ["930", "0.34", "20", "110"]
    assert f"{100 * 9.3:.2g}" == "9.3e+02"  # the control: Python's own format
    # What nobody asks for is the same for all chips, so that points of a study share the remark.
    assert {_at_most(size) for size in (0.0, 1e-14, 9e-4)} == {"less than 0.001"}
    assert _at_most(0.04) == "up to 0.04"
