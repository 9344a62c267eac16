"""Noise of the circuits around the cells against theory; statistical tests are two-sided, with false alarms of 1e-4."""

from dataclasses import replace
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.constants import Boltzmann, elementary_charge

from magbayes.system.array import mapping
from magbayes.system.array.accelerator import Accelerator, _percent
from magbayes.system.array.circuit import circuit_of
from magbayes.system.array.converters import noise_of, quantise
from magbayes.system.array.electrical import Floor, offered_ratio, shot_factor
from magbayes.system.array.layer import drive, read, row_voltages
from magbayes.system.array.metal import Wires
from magbayes.system.array.programming import program
from magbayes.system.array.slices import slice_gains
from magbayes.system.array.wires import counted as at_the_ends
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import SOURCES, AcceleratorSettings, Imperfection

FALSE_ALARM = 1e-4
EVERY = frozenset(get_args(Imperfection))
READ, KELVIN = 1e-9, 300.0
SAMPLES = 4000


def layer_of(rows=8, columns=3):
    random = np.random.default_rng(2)
    return Layer(random.normal(size=(rows, columns)), random.uniform(0.05, 0.19, (rows, columns)))


def currents_of(written, voltages, settings, key):
    """Currents (samples, tiles, columns) of as many reads of one layer at the same voltages."""
    circuit = circuit_of(settings, KELVIN if settings.temperature is None else settings.temperature)
    driven = drive(written.layer, jnp.tile(jnp.asarray(voltages, float), (1, SAMPLES, 1)), circuit)
    return np.asarray(read(written.layer, driven, key, None)[1], float)[0]


def agrees(drawn, expected):
    """Chi-squared test of the std of every column, Bonferroni over columns; 4000 samples tell 5 %."""
    statistic = (SAMPLES - 1) * (drawn.std(axis=0, ddof=1) / expected) ** 2
    level = FALSE_ALARM / 2 / statistic.size
    low, high = stats.chi2.ppf([level, 1 - level], SAMPLES - 1)
    return bool(((statistic > low) & (statistic < high)).all())


def shot(voltage, kelvin):
    """Spectral density over conductance, A^2/Hz/S: 2 q v coth(q v / 2 k T), from the definition."""
    x = elementary_charge * voltage / (2 * Boltzmann * kelvin)
    return 2 * elementary_charge * voltage / np.tanh(x)


def test_shot_noise_joins_johnson_noise():
    """4 k T G at 0 V, 2 q I far above k T / q, and no seam where the series ends."""
    thermal = Boltzmann * KELVIN / elementary_charge
    voltage = np.array([0.0, 1e-4, 0.02 * 2 * thermal * 0.999, 0.02 * 2 * thermal * 1.001, 0.05, -0.05, 1.0])
    factor = np.asarray(shot_factor(jnp.asarray(voltage, float), thermal))
    johnson = 4 * Boltzmann * KELVIN
    # Single precision, a few operations.
    np.testing.assert_allclose(factor[1:], shot(np.abs(voltage[1:]), KELVIN) / johnson, rtol=1e-6)
    assert factor[0] == 1
    assert factor[-1] * johnson == pytest.approx(2 * elementary_charge * 1.0, rel=1e-6)


def counted(written, models):
    """Gains (lines, 1, 1) and conductances (lines, rows, columns) of all lines, the two of the sigma columns last."""
    slices = slice_gains(len(models.dwmtj.levels.mean), len(written.means))
    gains = np.repeat([*slices, written.mapping.mirror], 2)[:, None, None]
    return gains, np.concatenate([*written.means, written.noisy])


@pytest.mark.parametrize(
    ("voltage", "kelvin", "slices"), [(0.0, KELVIN, 1), (0.1, KELVIN, 1), (0.1, 350.0, 1), (0.1, KELVIN, 2)]
)
def test_the_thermal_noise_of_a_column_is_that_of_all_its_junctions(models, key, voltage, kelvin, slices):
    """Both kinds; the mirror amplifies that of the sigma columns. A variance of S / t, or without the mirror, fails."""
    settings = AcceleratorSettings(ideal=EVERY - {"thermal", "temperature"}, temperature=kelvin, slices=slices)
    written = program(key, layer_of(), models, settings)
    drawn = currents_of(written, np.full(8, voltage), settings, key)[:, 0]
    density = shot(voltage, kelvin) if voltage else 4 * Boltzmann * kelvin
    gains, lines = counted(written, models)
    every = (gains**2 * lines).sum(axis=(0, 1))
    sigma = lines[-2:].sum(axis=(0, 1))
    mirrored = written.mapping.mirror**2
    walls = every - mirrored * sigma

    def expected(sums, window):
        return np.sqrt(density * sums / window)

    assert agrees(drawn, expected(every, 2 * READ))
    assert not agrees(drawn, expected(every, READ))
    assert not agrees(drawn, expected(walls + sigma, 2 * READ))
    assert not agrees(drawn, expected(mirrored * sigma, 2 * READ))


def test_wires_of_a_column_have_johnson_noise_too():
    """The conductance that counts at the end of a column adds up to what is seen there, whose noise is 4 k T G."""
    loads, resistance = np.random.default_rng(0).uniform(1e-4, 1e-3, (2, 12, 1)), 2.0
    seen = 0.0
    for load in loads.sum(axis=(0, 2)):
        seen = seen / (1 + resistance * seen) + load
    ends = at_the_ends(loads, Wires(0.0, resistance, 0.0), (12, 1), True).sum()
    # No resistance is 1 micro-ohm.
    assert ends == pytest.approx(seen, rel=1e-6)
    assert ends < 0.95 * loads.sum()


@pytest.mark.parametrize(("slices", "pair_drive"), [(1, "alike"), (2, "alike"), (2, "opposite")])
def test_an_amplifiers_noise_drives_all_that_hangs_on_its_column(models, key, slices, pair_drive):
    """e_n times the conductance of a line, two a pair or one; their sum as one conductance, or no mirror, fails."""
    settings = AcceleratorSettings(
        ideal=EVERY - {"amplifier"}, amplifier_noise=3e-9, rows=5, slices=slices, pair_drive=pair_drive
    )
    written = program(key, layer_of(), models, settings)
    drawn = currents_of(written, np.zeros(8), settings, key)
    gains, conductance = counted(written, models)
    lines = np.stack([part.sum(axis=1) for part in np.split(conductance, [5], axis=1)])
    if pair_drive == "opposite":
        lines, gains = lines[:, ::2] + lines[:, 1::2], gains[::2]
    squares = (gains[:, 0] * lines) ** 2
    assert agrees(drawn, 3e-9 / np.sqrt(2 * READ) * np.sqrt(squares.sum(axis=1)))
    assert not agrees(drawn, 3e-9 / np.sqrt(2 * READ) * lines.sum(axis=1))


def test_an_integrator_holds_its_full_scale_with_the_noise_of_its_capacitor(models, key):
    """The charge of a read varies by k T C with C = I t / swing; 0 before the range is known."""
    settings = AcceleratorSettings(ideal=EVERY - {"amplifier"}, amplifier_noise=0.0, integrator_swing=0.01)
    written = program(key, layer_of(), models, settings)
    assert currents_of(written, np.zeros(8), settings, key).std() == 0
    ranged = replace(written, layer=replace(written.layer, current_range=jnp.asarray(2e-4)))
    capacitance = 2e-4 * READ / 0.01
    assert agrees(
        currents_of(ranged, np.zeros(8), settings, key)[:, 0], np.sqrt(Boltzmann * KELVIN * capacitance) / READ
    )


def effective_bits(noise, bits=8):
    """By the definition: a full-scale sine over what is added to one, 6.02 bits + 1.76 dB.

    The sine stays 5 stds of the noise below full scale, since what saturates has less noise.
    """
    random = np.random.default_rng(4)
    sine = (1 - 5 * noise) * np.sin(2 * np.pi * random.random(400_000))
    noisy = jnp.asarray(sine + noise * random.standard_normal(sine.size))
    error = np.asarray(quantise(noisy, jnp.asarray(1.0), bits, signed=True)) - sine
    return (10 * np.log10(0.5 / np.mean(error**2)) - 1.76) / 6.02


@pytest.mark.parametrize("wanted", [7.33, 6.0])
def test_rounding_and_noise_together_have_the_effective_bits(wanted):
    """400 000 samples tell 0.002 bits; noise without regard to rounding fails, and so does none."""
    assert effective_bits(np.sqrt(noise_of(wanted, 8))) == pytest.approx(wanted, abs=0.01)
    assert abs(effective_bits(np.sqrt(4.0**-wanted / 3)) - wanted) > 0.02
    # 255 codes, one less than 2^8.
    assert effective_bits(0.0) == pytest.approx(np.log2(254), abs=0.02)
    assert noise_of(8.0, 8) == 0


def posterior_of(rows=20, columns=6, inputs=40):
    random = np.random.default_rng(1)
    layer = Layer(random.normal(size=(rows + 1, columns)), random.uniform(0.05, 0.15, (rows + 1, columns)))
    return Posterior((layer,), "regression", 1.0, 0.1, random.normal(size=(inputs, rows)), np.zeros(1))


def variance_of_reads(chip, key, reads=400):
    """Variance of a column's current, all tiles together, mean over calibration inputs and columns, A^2."""
    layer, circuit = chip.layers[0], chip._circuits[0]
    voltages = row_voltages(layer, jnp.asarray(chip.posterior.calibration, float), 1.0, chip.signed[0], circuit)
    driven = drive(layer, voltages, circuit)

    def one(key):
        return read(layer, driven, key, None)[1].sum(axis=(0, 2))

    currents = np.asarray(jax.lax.map(one, jax.random.split(key, reads)), float)
    return currents.var(axis=0, ddof=1).mean()


@pytest.mark.parametrize("sampling", ["columns", "devices"])
def test_the_noise_budget_adds_up_to_what_is_drawn(models, key, sampling):
    """400 reads of 40 inputs and 6 columns tell a variance to 0.5 %, two tiles with a loud ADC; each source counts."""
    settings = AcceleratorSettings(
        ideal={"reads", "adc"}, sampling=sampling, rows=12, read_time=1e-10, adc_effective_bits=5, amplifier_noise=4e-9,
        leave_out=False,
    )  # fmt: skip
    loud = models.with_dwmtj(std=2e-5)
    chip = Accelerator(posterior_of(), loud, settings, key)
    budget = chip.noise_budgets[0].variance
    assert tuple(budget) == SOURCES
    drawn, error = variance_of_reads(chip, key), np.sqrt(2 / (400 * 40 * 6))
    limit = stats.norm.ppf(1 - FALSE_ALARM / 2) * error
    total = sum(budget.values())
    assert abs(drawn / total - 1) < limit
    for source in SOURCES:
        assert abs(drawn / (total - budget[source]) - 1) > limit, source


def test_bits_that_follow_each_other_have_a_budget(models, key):
    """Weighed as they are added, noise of each bit anew."""
    settings = AcceleratorSettings(ideal={"reads", "adc"}, inputs="bit_serial", dac_bits=4, sampling="columns")
    chip = Accelerator(posterior_of(), models, settings, key)
    layer, circuit = chip.layers[0], chip._circuits[0]
    voltages = row_voltages(layer, jnp.asarray(chip.posterior.calibration, float), 1.0, chip.signed[0], circuit)
    weights = circuit.plane_weights(chip.signed[0])
    std = np.stack(drive(layer, voltages, circuit).std, axis=2).astype(float)
    expected = np.tensordot(weights**2, std**2, axes=1).sum(axis=1).mean()
    assert sum(chip.noise_budgets[0].variance.values()) == pytest.approx(expected, rel=1e-4)


def output_variance(models, key, **settings):
    """Variance of outputs over that of the posterior, mean over calibration inputs; stds that leave room for noise."""
    posterior = posterior_of()
    std = np.random.default_rng(5).uniform(0.12, 0.15, posterior.layers[0].std.shape)
    std[0] = 0.05
    posterior = replace(posterior, layers=(replace(posterior.layers[0], std=std),))
    ideal = EVERY - {"noise", "thermal", "amplifier"}
    chip = Accelerator(posterior, models, AcceleratorSettings(ideal=ideal, **settings), key)
    outputs = chip.predict(key, posterior.calibration, samples=400).astype(float)
    biased = np.column_stack([posterior.calibration, np.ones(len(posterior.calibration))])
    wanted = biased**2 @ posterior.layers[0].std ** 2
    return outputs.var(axis=0, ddof=1).mean() / wanted.mean()


def test_a_weights_std_has_the_electrical_noise_in_it(models, key, monkeypatch):
    """On average over inputs: 400 reads tell 1.8 %. A mapping that knows no electrical noise shows 12 % more."""
    limit = stats.norm.ppf(1 - FALSE_ALARM / 2) * np.sqrt(2 / (400 * 40 * 6))
    loud = {"read_time": 5e-10}
    assert abs(output_variance(models, key, **loud) - 1) < limit
    monkeypatch.setattr(mapping, "floor", lambda *_: Floor(0.0, 0.0))
    assert output_variance(models, key, **loud) > 1 + 3 * limit


def test_what_there_is_no_room_for_is_said(models, key):
    """Stds down to the least of the device, in loud reads: what weights show too much is what outputs vary too much."""
    settings = AcceleratorSettings(
        ideal=EVERY - {"noise", "thermal", "amplifier"}, read_time=2e-10, amplifier_noise=2e-9, dac_bits=12,
        quiet_read_time=None,
    )  # fmt: skip
    posterior = posterior_of()
    chip = Accelerator(posterior, models, settings, key)
    outputs = chip.predict(key, posterior.calibration, samples=400).astype(float)
    biased = np.column_stack([posterior.calibration, np.ones(len(posterior.calibration))])
    shown = outputs.var(axis=0, ddof=1).mean() / (biased**2 @ posterior.layers[0].std ** 2).mean() - 1
    excess = chip.programmed[0].mapping.excess
    # All weights alike, and as their inputs are driven: rows differ.
    assert shown == pytest.approx(excess, abs=0.03)
    assert excess > 0.1
    assert any(f"show {_percent(excess)} % more variance" in line for line in chip.warnings())
    quiet = Accelerator(posterior, models, AcceleratorSettings(), key)
    assert quiet.programmed[0].mapping.excess < 0.02
    assert not any("more variance" in line for line in quiet.warnings())


def test_the_range_of_stds_shrinks_with_electrical_noise(models):
    """4 without; shorter reads are louder, and nothing is left of what is switched off."""
    quiet = AcceleratorSettings(ideal={"thermal", "amplifier"})
    assert offered_ratio(models, quiet.reading) == pytest.approx(4.0)
    ratios = [offered_ratio(models, AcceleratorSettings(read_time=time).reading) for time in (1e-8, 1e-9, 1e-10)]
    assert 4 > ratios[0] > ratios[1] > ratios[2] > 1
    # By hand, at 0.2 of 0.1 V without amplifiers: the noise of 90 uS over 0.4 mV^2.
    noise = shot(0.02, KELVIN) * 9e-5 / (2 * READ) / 0.02**2
    by_hand = np.sqrt((4e-10 + noise) / (2.5e-11 + noise))
    thermal = AcceleratorSettings(ideal={"amplifier"})
    assert offered_ratio(models, thermal.reading) == pytest.approx(by_hand, rel=1e-5)


def test_a_network_trained_for_that_range_is_mapped(models, key):
    """Whatever its inputs: mapping refuses by rows at full scale, the best there is."""
    ratio = offered_ratio(models, AcceleratorSettings().reading)
    posterior = posterior_of()
    layer = replace(
        posterior.layers[0], std=np.linspace(0.05, 0.05 * ratio, posterior.layers[0].std.size).reshape(21, 6)
    )
    dim = replace(posterior, layers=(layer,), calibration=np.vstack([posterior.calibration * 1e-3, np.ones((1, 20))]))
    Accelerator(dim, models, AcceleratorSettings(), key)
    wider = replace(dim, layers=(replace(layer, std=layer.std**1.2),))
    with pytest.raises(ValueError, match="train with sigma_ratio at most"):
        Accelerator(wider, models, AcceleratorSettings(), key)
