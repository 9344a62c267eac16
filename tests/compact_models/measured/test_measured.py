"""Models of measured devices: what errors do, what is missing, and measurements that do not agree with each other."""

import contextlib

import jax
import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from scipy.stats import norm

from magbayes.compact_models.exports import LANGUAGES
from magbayes.compact_models.measured.models import assemble
from magbayes.compact_models.measured.stochastic_mtj import quantiles
from magbayes.compact_models.measured.validation import left_out, predicted, wrong_points
from magbayes.compact_models.numbers import NUMBERS
from magbayes.compact_models.reads import SCORES
from tests.compact_models.measured.published import FOLDER, TABLES, moments

FINE = np.linspace(-6, 6, 20001)


def made(folder):
    return assemble(folder / "smtj.yaml", folder / "dwmtj.yaml", 1)


def rewritten(path, change):
    """Change the rows of a table: `change` takes a row of numbers by column and returns its numbers."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if " / " in line and not line.startswith("#"))
    names = [head.split(" / ")[0] for head in lines[start].split(", ")]
    for i in range(start + 1, len(lines)):
        row = change(dict(zip(names, map(float, lines[i].split(", ")), strict=True)))
        lines[i] = ", ".join(repr(value) for value in row.values())
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("kurtosis", [-1.9, -1.2, -0.5, 0.0, 0.8, 3.0])
def test_a_marginal_has_its_kurtosis(kurtosis):
    # Linear between the scores and beyond them, as reads are drawn.
    values = make_interp_spline(SCORES, quantiles(np.array(kurtosis)), k=1)(FINE)
    weight = norm.pdf(FINE) / norm.pdf(FINE).sum()
    second, fourth = (values**power @ weight for power in (2, 4))
    assert second == pytest.approx(1, abs=1e-3)
    # Straight lines beyond the scores cut heavy tails.
    assert fourth - 3 == pytest.approx(kurtosis, abs=0.05 + max(0, 0.5 * kurtosis))
    assert np.sign(round(fourth - 3, 2)) == np.sign(kurtosis)


def test_errors_travel(sheets):
    narrow = made(sheets).smtj
    rewritten(sheets / "smtj_sigma.csv", lambda row: row | {"sigma_error": 0.02 * row["sigma"]})
    wide = made(sheets).smtj
    relative = (wide.sigma_high - wide.sigma_low) / wide.conductance_sigma
    # 95 %: 1.96 standard errors to either side, from 64 draws, known to 9 %.
    assert relative == pytest.approx(2 * 1.96 * 0.02, rel=0.35)
    assert (relative > (narrow.sigma_high - narrow.sigma_low) / narrow.conductance_sigma).all()
    spread = np.log([wide.draw(np.random.default_rng(i)).conductance_sigma for i in range(200)]).std(axis=0)
    assert spread == pytest.approx(0.02, rel=0.5)


def test_a_common_error_moves_all_alike(sheets):
    text = (sheets / "smtj.yaml").read_text(encoding="utf-8")
    entry = 'common_error: {value: 0.1, unit: "1", source: a test}\n'
    (sheets / "smtj.yaml").write_text(text + entry, encoding="utf-8")
    drawn = np.log(made(sheets).smtj.resampled_sigma)
    assert np.corrcoef(drawn.T).min() > 0.99
    assert drawn.std(axis=0) == pytest.approx(0.1, rel=0.35)


def test_reads_of_several_times_without_an_instant(sheets, template):
    lines = (sheets / "smtj_sigma.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if ", 0, " not in line or " / " in line or line.startswith("#")]
    (sheets / "smtj_sigma.csv").write_text("".join(kept), encoding="utf-8")
    without, model = made(sheets), made(template)
    voltage = model.smtj.voltage
    for time in (1e-10, 1.15e-9):
        assert without.smtj.sigma(voltage, time).value == pytest.approx(model.smtj.sigma(voltage, time).value, rel=1e-9)
    # By the memory, which was fitted to the same record: within 3 % of the measured instant.
    assert without.smtj.sigma(voltage).value == pytest.approx(model.smtj.sigma(voltage).value, rel=0.03)
    assert any("reads shorter than 1e-10 s" in line for line in without.warnings())
    assert without.measured["smtj"]["times"][0] == 1e-10


def test_what_is_missing_is_said_and_never_invented(sheets):
    text = (sheets / "smtj.yaml").read_text(encoding="utf-8")
    cut = text[: text.index("parallel_conductance:\n")]
    (sheets / "smtj.yaml").write_text(cut, encoding="utf-8")
    lines = (sheets / "smtj_bias.csv").read_text(encoding="utf-8").splitlines()
    lines = [line if line.startswith("#") else line.rpartition(",")[0] for line in lines]
    (sheets / "smtj_bias.csv").write_text("\n".join(lines), encoding="utf-8")
    text = (sheets / "dwmtj.yaml").read_text(encoding="utf-8")
    for line in (
        "jitter: dwmtj_jitter.csv\n",
        "barriers: dwmtj_barriers.csv\n",
        text[text.index("settling_time:\n") :],
    ):
        text = text.replace(line, "")
    (sheets / "dwmtj.yaml").write_text(text, encoding="utf-8")
    models = made(sheets)
    said = " ".join(what for about in models.measured.values() for what, _ in about["missing"])
    for what in (
        "leak",
        "offsets",
        "spread of the cond",
        "read voltage",
        "capacitance",
        "barriers",
        "jitter",
        "settling",
    ):
        assert what in said
    assert all("not measured: " in line for line in models.warnings()[:1])
    assert models.smtj.offset_std == models.smtj.scale_std == models.smtj.read_lever == 0
    assert models.smtj.leakage(models.smtj.voltage).max() < 1e-300  # what stands for none
    assert not models.dwmtj.jitter(1e-9).any()
    # What cannot do without is refused.
    with pytest.raises(ValueError, match="no barrier of the domain-wall MTJ is known"):
        models.dwmtj.retention(300.0)
    for name in ("dwmtj/barrier", "dwmtj/retention", "dwmtj/retention_worst"):
        with pytest.raises(ValueError, match="no barrier was measured"):
            NUMBERS[name].of(models)
    with pytest.raises(ValueError, match="accepted: 300 to 300 K"):
        models.at_temperature(310.0)
    for language in LANGUAGES.values():
        with pytest.raises(ValueError, match="gate_capacitance of the stochastic MTJ was not measured"):
            language(models, 0.0)
    assert models.dwmtj.observed_escape_rate.high == np.inf
    # What has a device goes on.
    reads = models.smtj.sample(jax.random.key(0), 0.0, 5e-9, (50, 1000), 1e-10)
    assert float(reads.std()) == pytest.approx(float(models.smtj.sigma(0.0, 1e-10).value), rel=0.03)


def test_a_point_that_its_neighbours_do_not_predict_is_said(sheets):
    left = left_out(made(sheets).smtj)
    assert left.voltage == pytest.approx([-1.2, 0, 1.2])
    assert np.abs(left.residual.value).max() < 0.05  # of voltages 1.2 V apart
    # Control: one number of a table that is 8 % wrong, between sound ones with errors of 1 %.
    rewritten(sheets / "smtj_sigma.csv", lambda row: row | {"sigma_error": 0.01 * row["sigma"]})
    assert not any("other voltages predict at" in line for line in made(sheets).warnings())
    rewritten(
        sheets / "smtj_sigma.csv", lambda row: row | ({"sigma": 1.12 * row["sigma"]} if row["voltage"] == 0 else {})
    )
    (line,) = [line for line in made(sheets).warnings() if "other voltages predict at" in line]
    assert ", 0 V (+" in line


def test_sound_tables_are_seldom_called_wrong():
    # 100 tables of eleven voltages with independent errors of 4 %; 1 % of them are called wrong by design, and more
    # than six with a probability of 1e-4. Control: errors that are stated four times too small.
    rng, voltage = np.random.default_rng(3), np.linspace(-1, 1, 11)
    true = 1e-5 * np.exp(voltage)

    def called(stated):
        count = 0
        for _ in range(100):
            sigma = true * np.exp(0.04 * rng.standard_normal(11))
            drawn = sigma * np.exp(stated * rng.standard_normal((64, 11)))
            count += bool(wrong_points(predicted(voltage, sigma, drawn)))
        return count

    assert called(0.04) <= 6
    assert called(0.01) > 50


def test_reads_that_a_decay_time_does_not_explain_are_said(template, sheets):
    assert not any("times as wide" in line for line in made(template).warnings())
    rewritten(sheets / "smtj_sigma.csv", lambda row: row | {"integration_time": 1000 * row["integration_time"]})
    assert any("times as wide as decay_time" in line for line in made(sheets).warnings())


def test_a_weak_pulse_and_a_rough_barrier_are_said(sheets):
    rewritten(sheets / "dwmtj_pulses.csv", lambda row: row | {"pulses": 100 if row["moves"] == 0 else 5})
    rewritten(sheets / "dwmtj_barriers.csv", lambda row: row | {"barrier_error": 0.1 * row["barrier"]})
    lines = made(sheets).device_warnings("dwmtj")
    assert any("the strongest pulse moves the wall in 5 % of cases" in line for line in lines)
    assert any("the barrier at 300 K is 90 kT to 20 %" in line for line in lines)


def test_voltages_too_close_for_their_errors_are_refused(sheets):
    factors = {-2.4: 1.0, -1.2: 1.001, 0.0: 1.002, 1.2: 1.003, 2.4: 1.004}
    rewritten(
        sheets / "smtj_sigma.csv", lambda row: row | {"sigma": 8e-6 * factors[row["voltage"]], "sigma_error": 7e-6}
    )
    # One of 120 orders of five values rises, so that none of 64 draws does with three seeds of five.
    refused = 0
    for seed in range(12):
        with contextlib.suppress(ValueError):
            assemble(sheets / "smtj.yaml", sheets / "dwmtj.yaml", seed)
            continue
        refused += 1
        with pytest.raises(ValueError, match="sigma rises in none of 64 draws from its errors"):
            assemble(sheets / "smtj.yaml", sheets / "dwmtj.yaml", seed)
    assert 0 < refused < 12


# Published devices.


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_published_devices_are_what_their_numbers_give(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == TABLES[name]()


def test_published_devices_are_sound():
    models = assemble("schnitzspan-2023", "leonard-2022", 1)
    about = models.measured
    assert all(entry["source"] and entry["assumptions"] for entry in about.values())
    assert "arXiv:2301.05694" in about["smtj"]["source"]
    assert "Appl. Phys. Lett. 118, 112401" in about["dwmtj"]["source"]
    assert about["smtj"]["doubts"] == about["dwmtj"]["doubts"] == []
    # 171 % and 29 Ohm um^2, read from the source.
    low, *_, high = models.dwmtj.level_mean
    assert high / low - 1 == pytest.approx(1.71, rel=1e-4)
    assert 0.02e-12 / high == pytest.approx(29e-12, rel=1e-4)
    # The largest sigma of two states is half of what they are apart.
    assert models.smtj.conductance_sigma[-1] == pytest.approx(130.9e-6 / 4, rel=1e-3)


@pytest.mark.parametrize(("share", "time"), [(0.5, 1e-8), (0.2, 1e-8), (0.2, 5e-8)])
def test_moments_of_two_states_are_those_of_a_simulation(share, time):
    rng, decay, count, steps = np.random.default_rng(5), 5e-9, 40_000, 400
    step = time / steps
    forgets = 1 - np.exp(-step / decay)
    state = rng.random(count) < share
    total = np.zeros(count)
    for _ in range(steps):
        total += state
        fresh = rng.random(count) < share
        state = np.where(rng.random(count) < forgets, fresh, state)
    total /= steps
    mean, variance, kurtosis = moments(share, decay, time)
    # Standard errors: of the mean 0.002, of the variance 1 %, of the kurtosis 0.05 at most; four of them.
    assert total.mean() == pytest.approx(mean, abs=0.008)
    assert total.var() == pytest.approx(variance, rel=0.04)
    centred = total - total.mean()
    assert (centred**4).mean() / total.var() ** 2 - 3 == pytest.approx(kurtosis, abs=0.25)
