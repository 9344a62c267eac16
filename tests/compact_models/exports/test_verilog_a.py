"""Exported modules in a real compiler: OpenVAF's, whose equations are evaluated in steps of time.

The compiler gives residuals of the nodes; no simulator on a package index takes a clock, so the test integrates them.
"""

import dataclasses
import re

import numpy as np
import pytest
from scipy.stats import kstest

from magbayes.compact_models import CompactModels
from magbayes.compact_models.exports import tables, verilog_a
from magbayes.compact_models.fit import fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.compact_models.precession import Memory, autocorrelation
from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.store import save
from magbayes.data.container import provenance
from magbayes.workflow.command import main
from tests.compact_models.conftest import CONDUCTANCE, DECAY, FREQUENCY, SHIFT

READ = 0.1


def flat(z):
    """A marginal far from Gaussian: excess kurtosis -0.9."""
    return np.arctan(2 * z)


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied, held):
    """Widths fitted; a memory that is known and equal at all voltages."""
    ensembles = [
        fluctuation(v, lambda z, w=w: w * flat(z), seed=i) for i, (v, w) in enumerate(((-1, 0.1), (0, 0.15), (1, 0.3)))
    ]
    source = provenance({"note": "line\nbreak"}, engine={"engine": "none\nmodule evil; endmodule", "version": "1 \\"})
    memory = Memory(*(np.full(3, value) for value in (DECAY, FREQUENCY, 2 * SHIFT)))
    smtj = dataclasses.replace(fit_stochastic_mtj(ensembles, varied, seed=1)[0], **memory._asdict())
    return CompactModels({300.0: smtj}, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0, provenance=source)


class Module:
    """A compiled module: currents that flow from its nodes, by node."""

    def __init__(self, compiled):
        self.compiled = compiled
        self.nodes = [node["name"] for node in compiled.get_osdi_descriptor()["nodes"]]

    def currents(self, time, seed, **inputs):
        # The binding hands numbers over as the bits of a double, those of an integer parameter too.
        seeded = {"$abstime": time, "seed": float(np.int64(seed).view(float)), "mfactor": 1.0}
        fixed = {"half": tables.NO_FALL, **seeded}
        residuals, _ = self.compiled.run_init_eval(fixed | inputs)
        return dict(zip(self.nodes, (resistive for resistive, _ in residuals), strict=True))


@pytest.fixture(scope="module")
def compiled(models, tmp_path_factory):
    """Modules by name."""
    openvaf = pytest.importorskip("openvaf_py", reason="the OpenVAF compiler (openvaf-py) is not installed")
    file = tmp_path_factory.mktemp("verilog_a") / "models.va"
    file.write_text(verilog_a.library(models))
    return {module.name: Module(module) for module in openvaf.compile_va(str(file))}


def smtj_inputs(gate, score, other=0.0):
    return {"V(g,n)": gate, "V(p,n)": READ, "V(u1)": score, "V(u2)": other}


def deviation(model, voltage, score):
    """Conductance less its mean: the measured marginal at a characterised voltage."""
    i = list(model.voltage).index(voltage)
    return model.conductance_sigma[i] * np.interp(score, SCORES, model.quantiles[i, 0])


def test_a_compiler_takes_both_modules_with_their_ports(compiled):
    assert compiled["smtj"].nodes == ["p", "n", "g", "u1", "u2"]
    assert compiled["dwmtj"].nodes == ["p", "n", "h1", "h2", "moved"]
    assert all(module.compiled.has_bound_step for module in compiled.values())


def test_tmr_falls_with_the_voltage_where_a_half_is_given(models, compiled):
    """A conductance between the states stays at its place between them, TMR / (1 + x^2) apart."""
    half, model, levels = 0.1, models.smtj, models.dwmtj.level_mean
    inputs = smtj_inputs(-READ, 1.3)
    parallel = float(model.mean(0.0) + model.largest_deviation[list(model.voltage).index(0.0)])
    antiparallel = 2 * float(model.mean(0.0)) - parallel
    still = compiled["smtj"].currents(0.0, 1, **inputs)["p"] / READ
    shown = compiled["smtj"].currents(0.0, 1, half=half, **inputs)["p"] / READ
    tmr = (parallel / antiparallel - 1) / (1 + (READ / half) ** 2)
    share = (still - antiparallel) / (parallel - antiparallel)
    # The tables hold nine digits.
    assert shown == pytest.approx(share * parallel + (1 - share) * parallel / (1 + tmr), rel=1e-7)
    assert shown > 1.02 * still
    first = {"V(h1,h2)": 0.0, "V(p,n)": READ, "V(moved)": 0.0, "level": 0.0}
    mean = np.mean([compiled["dwmtj"].currents(k * 1e-9, 3, half=half, **first)["p"] / READ for k in range(400)])
    tmr = (levels[-1] / levels[0] - 1) / (1 + (READ / half) ** 2)
    assert mean == pytest.approx(levels[-1] / (1 + tmr), rel=0.02)
    assert mean > 1.1 * levels[0]


def test_the_score_is_mapped_to_the_measured_marginal(models, compiled):
    """Gate and read voltage together are characterised; the tables hold nine digits."""
    model = models.smtj
    for voltage in model.voltage:
        for score in (-2.9, -1.0, 0.1, 1.3, 2.4):
            current = compiled["smtj"].currents(0.0, 1, **smtj_inputs(voltage - READ, score))["p"]
            expected = model.mean(voltage) + deviation(model, voltage, score)
            assert current / READ == pytest.approx(float(expected), rel=1e-7)
    # Beyond the characterised range the end is held.
    beyond, end = (compiled["smtj"].currents(0.0, 1, **smtj_inputs(v - READ, 1.0))["p"] for v in (3.0, 1.0))
    assert beyond == end


def test_the_gate_leaks_and_the_read_voltage_acts_by_its_lever(models, compiled, tmp_path):
    """To the accuracy of 65 straight lines; without a voltage, and of a gate that is not there, nothing leaks."""
    module, model = compiled["smtj"], models.smtj
    for gate in (-0.7, 0.0, 0.4):
        current = module.currents(0.0, 1, **smtj_inputs(gate, 0.3))["g"]
        assert current == pytest.approx(np.sign(gate) * model.leakage(gate), rel=1e-3, abs=1e-20)
    openvaf = pytest.importorskip("openvaf_py")
    levered = dataclasses.replace(models, stochastic={300.0: dataclasses.replace(model, read_lever=4.0)})
    (tmp_path / "levered.va").write_text(verilog_a.library(levered))
    other = {m.name: Module(m) for m in openvaf.compile_va(str(tmp_path / "levered.va"))}["smtj"]
    shown = other.currents(0.0, 1, **smtj_inputs(1.0 - 4 * READ, 1.0))["p"] / READ
    assert shown == pytest.approx(float(model.mean(1.0)) + deviation(model, 1.0, 1.0), rel=1e-7)
    assert shown != pytest.approx(module.currents(0.0, 1, **smtj_inputs(1.0 - 4 * READ, 1.0))["p"] / READ, rel=1e-3)


def noise(module, seed, points, start=0):
    """White noise of both components (points, 2), in units of its standard deviation."""
    found = [module.currents((start + k) * tables.STEP, seed, **smtj_inputs(0.0, 0.0)) for k in range(points)]
    scale = np.sqrt(2 / (1e9 * DECAY)) * tables.noise_amplitude(tables.STEP)
    return -np.array([[c["u1"], c["u2"]] for c in found]) / scale


def test_noise_is_gaussian_white_and_its_own_in_every_instance(compiled):
    """4000 points: correlations are known to 0.016, so 0.07 is over four errors; a width off by 5 % is seen."""
    x = noise(compiled["smtj"], 1, 4000)
    for component in x.T:
        assert kstest(component, "norm").pvalue > 1e-3
        assert component.std() == pytest.approx(1, abs=0.05)
        assert all(abs(np.corrcoef(component[k:], component[:-k])[0, 1]) < 0.07 for k in (1, 2, 3, 10))
    assert abs(np.corrcoef(x.T)[0, 1]) < 0.07
    others = [noise(compiled["smtj"], seed, 1000) for seed in (2, 3, 2**25 - 1)]
    for other in others:  # four errors of 1000 points
        assert np.abs(np.corrcoef(x[:1000].T, other.T)[:2, 2:]).max() < 0.14
    assert np.array_equal(noise(compiled["smtj"], 1, 10), x[:10])


def test_noise_goes_straight_between_its_points(compiled):
    a, between, b = (noise(compiled["smtj"], 7, 1, start=k)[0] for k in (5, 5.25, 6))
    assert between == pytest.approx(0.75 * a + 0.25 * b, rel=1e-6)


def integrate(module, seed, gate, steps):
    """Conductances (steps,), `STEP` apart, by Heun's scheme: it takes the mean of noise that goes straight."""
    u, conductance = np.zeros(2), np.empty(steps)

    def slope(point, u):
        currents = module.currents(point * tables.STEP, seed, **smtj_inputs(gate, *u))
        return -np.array([currents["u1"], currents["u2"]]) / tables.CAPACITANCE, currents["p"] / READ

    for k in range(steps):
        here, conductance[k] = slope(k, u)
        there, _ = slope(k + 1, u + tables.STEP * here)
        u = u + tables.STEP * (here + there) / 2
    return conductance


@pytest.mark.slow
def test_a_transient_run_has_the_models_width_marginal_and_memory(models, compiled):
    """Four instances of 250 ns hold 660 decay times: sigma is known to 2 %, the autocorrelation to 0.05."""
    gate, settled = 1.0 - READ, round(5 * DECAY / tables.STEP)
    x = np.stack([integrate(compiled["smtj"], seed, gate, 25_000)[settled:] for seed in (1, 2, 3, 4)])
    model = models.smtj
    assert x.mean() == pytest.approx(CONDUCTANCE, rel=0.01)
    x = x - CONDUCTANCE
    sigma = np.sqrt((x**2).mean())
    assert sigma == pytest.approx(float(model.sigma(gate, read_voltage=READ).value), rel=0.05)
    assert sigma != pytest.approx(float(model.sigma(gate).value), rel=0.05)  # the read voltage counts
    kurtosis = (x**4).mean() / sigma**4 - 3
    assert kurtosis == pytest.approx(model.excess_kurtosis[-1, 0], abs=0.2)
    assert kurtosis < -0.5
    i = -1
    scores = np.interp(x, model.conductance_sigma[i] * model.quantiles[i, 0], SCORES)
    lags = np.arange(0, 300, 5)
    acf = np.array([(scores[:, : scores.shape[1] - k] * scores[:, k:]).mean() for k in lags]) / (scores**2).mean()
    assert acf == pytest.approx(autocorrelation(lags * tables.STEP, DECAY, FREQUENCY, 2 * SHIFT), abs=0.15)
    assert np.abs(acf - autocorrelation(lags * tables.STEP, DECAY, FREQUENCY, 0.0)).max() > 0.3


def moved(module, model, current, width, level=1.0):
    """Level after a current in the metal (A) for a time `width` (s)."""
    place, step = 0.0, width / 200
    metal = current * model.metal_resistance
    for k in range(200):
        inputs = {"V(h1,h2)": metal, "V(p,n)": READ, "V(moved)": place, "level": level}
        place -= step * module.currents(k * step, 1, **inputs)["moved"] / tables.CAPACITANCE
    return level + place


def test_pulse_moves_the_level_by_what_was_measured(models, compiled):
    model, module = models.dwmtj, compiled["dwmtj"]
    currents = model.metal_cross_section * model.current_density
    mean_moves, width = model.mean_moves[0], model.pulse_width[0]
    for current, move in [(0.9 * currents[0], 0.0), *zip(currents, mean_moves, strict=True)]:
        assert moved(module, model, current, width) == pytest.approx(1 + move, abs=0.01)
        assert moved(module, model, -current, width) == pytest.approx(1 - move, abs=0.01)
    assert mean_moves[-1] > 0.5
    # One step of 1/200 of the pulse beyond the ends of the track, at most.
    ends = moved(module, model, currents[-1], 10 * width), moved(module, model, -currents[-1], 1e-8)
    assert ends == pytest.approx((3, 0), abs=0.1)


def test_level_has_its_conductance_and_jitter(models, compiled):
    """1000 times a tenth of a noise step apart from any other: mean to 3 %, width to 2.5 % of the jitter."""
    model, module = models.dwmtj, compiled["dwmtj"]
    read = {"V(p,n)": READ, "V(h1,h2)": 0.0, "V(moved)": 0.0}
    for level in (0, 2):
        times = (np.arange(1000) * 1.1 + 0.05) * tables.JITTER_STEP
        x = np.array([module.currents(t, 3, level=float(level), **read)["p"] / READ for t in times])
        mean, jitter = (values[level] for values in model.levels)
        assert x.mean() == pytest.approx(mean, abs=0.15 * jitter)
        assert x.std() == pytest.approx(jitter, rel=0.12)
    between = module.currents(0.0, 3, level=1.5, **read)["p"] / READ
    ends = [module.currents(0.0, 3, level=level, **read)["p"] / READ for level in (1.0, 2.0)]
    assert ends[0] < between < ends[1]


def test_what_a_file_says_of_itself_stays_a_comment(models):
    text = verilog_a.library(models)
    assert re.findall(r"^module .*$", text, flags=re.MULTILINE) == [
        "module smtj(p, n, g);",
        "module dwmtj(p, n, h1, h2);",
    ]
    assert "evil" in text
    assert "\\" not in text


def test_export_from_the_command_line(models, tmp_path, capsys):
    save(tmp_path / "models.h5", models)
    assert main(["export", str(tmp_path / "models.h5"), "--to", "verilog-a"]) == 0
    assert capsys.readouterr().out == verilog_a.library(models)


def test_the_command_line_refuses_another_language(capsys):
    with pytest.raises(SystemExit):
        main(["export", "models.h5", "--to", "vhdl"])
    assert "spice" in capsys.readouterr().err
