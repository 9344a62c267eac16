"""Exported subcircuits in a real ngspice."""

import dataclasses
import shutil
import subprocess

import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.compact_models import CompactModels
from magbayes.compact_models.exports import spice, tables
from magbayes.compact_models.fit import fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.compact_models.precession import Memory, autocorrelation, variance_function
from magbayes.compact_models.store import save
from magbayes.data.container import provenance
from magbayes.system.array.tmr import fall_of, signal
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.command import main
from tests.compact_models.conftest import CONDUCTANCE, DECAY, FREQUENCY, SHIFT

INSTANCES = 6
LENGTH = 400e-9
SAMPLE = 50e-12

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not on the PATH")


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied, held):
    """Widths fitted; a shift of the frequency that is large enough to be seen."""
    ensembles = [
        fluctuation(v, lambda z, w=w: w * z, seed=i) for i, (v, w) in enumerate(((-1, 0.1), (0, 0.15), (1, 0.3)))
    ]
    source = provenance({"note": "line\nbreak"}, engine={"engine": "none\n.include /etc/passwd"})
    smtj = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
    memory = Memory(*(np.full(3, value) for value in (DECAY, FREQUENCY, 2 * SHIFT)))
    smtj = dataclasses.replace(smtj, **memory._asdict())
    return CompactModels({300.0: smtj}, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0, provenance=source)


def transient(folder, models, circuit, step, length, quantities, integration_time=0.0):
    """Times (n,) and quantities (n, k) of a run that starts from initial conditions."""
    (folder / "models.inc").write_text(spice.netlist(models, integration_time))
    lines = [
        *("* test", ".include models.inc", *circuit, ".control", "set rndseed=11"),
        *(f"tran {step:g} {length:g} 0 {step:g} uic", "set wr_singlescale", f"wrdata out.txt {' '.join(quantities)}"),
        *("quit", ".endc", ".end", ""),
    ]
    (folder / "test.cir").write_text("\n".join(lines))
    answer = subprocess.run(["ngspice", "-b", "test.cir"], cwd=folder, capture_output=True, text=True, timeout=600)
    assert (folder / "out.txt").exists(), answer.stdout + answer.stderr
    found = np.loadtxt(folder / "out.txt")
    return found[:, 0], found[:, 1:]


def statistics(time, conductance):
    """Mean, sigma and autocorrelation (lags,) of independent devices (n, devices), after settling."""
    grid = np.arange(5 * DECAY, time[-1], SAMPLE)
    x = np.stack([np.interp(grid, time, g) for g in conductance.T]) - CONDUCTANCE
    lags = SAMPLE * np.arange(60)
    acf = np.array([(x[:, : x.shape[1] - k] * x[:, k:]).mean() for k in range(60)]) / (x**2).mean()
    return CONDUCTANCE + x.mean(), np.sqrt((x**2).mean()), lags, acf


@pytest.mark.slow
@needs_ngspice
@pytest.mark.parametrize("voltage", [-1.0, 0.5])
def test_noise_has_the_models_width_and_memory(models, voltage, tmp_path):
    """Six devices for 400 ns hold some 1600 decay times: sigma is known to 1.8 %, its autocorrelation to 0.03."""
    circuit = ["Vg g 0 " + str(voltage)]
    for i in range(INSTANCES):
        circuit += [f"X{i} a{i} 0 g smtj", f"V{i} a{i} 0 0.1"]
    time, currents = transient(tmp_path, models, circuit, spice.STEP, LENGTH, [f"i(V{i})" for i in range(INSTANCES)])
    conductance = -currents / 0.1
    mean, sigma, lags, acf = statistics(time, conductance)
    model = models.smtj
    assert mean == pytest.approx(CONDUCTANCE, rel=0.01)
    assert sigma == pytest.approx(float(model.sigma(voltage, read_voltage=0.1).value), rel=0.05)
    assert sigma != pytest.approx(float(model.sigma(0.0).value), rel=0.05)  # the gate does something
    assert acf == pytest.approx(autocorrelation(lags, DECAY, FREQUENCY, 2 * SHIFT), abs=0.1)
    assert np.abs(acf - autocorrelation(lags, DECAY, FREQUENCY, 0.0)).max() > 0.3
    grid = np.arange(5 * DECAY, time[-1], SAMPLE)
    between = np.corrcoef([np.interp(grid, time, g) for g in conductance.T])[np.triu_indices(INSTANCES, 1)]
    assert np.abs(between).max() < 0.4  # devices are independent; some 260 decay times each
    assert not np.allclose(between, 1)


@pytest.mark.slow
@needs_ngspice
def test_averages_have_the_width_that_was_measured_for_them(models, tmp_path):
    """Over 1 ns, 4800 times: to 13 %, four times what is known of it.

    The simulator does not repeat its noise: widths of half the length had a standard deviation of 4.8 % in eleven runs.
    The ensemble is said to have 1.7 times the variance that precession leaves after 1 ns, by noise of low frequency.
    """
    read, voltage = 1e-9, 0.0
    memory = (np.full(3, value) for value in (DECAY, FREQUENCY, 2 * SHIFT))
    times = models.smtj.integration_time
    alone = np.stack([variance_function(float(t), DECAY, FREQUENCY, 2 * SHIFT) for t in times])
    share = np.tile(alone * (1 + 0.7 * np.minimum(times / read, 1)), (3, 1))
    smtj = dataclasses.replace(models.smtj, variance_function=share, **Memory(*memory)._asdict())
    said = dataclasses.replace(models, stochastic={300.0: smtj})
    circuit = ["Vg g 0 " + str(voltage - 0.1)]
    for i in range(INSTANCES):
        circuit += [f"X{i} a{i} 0 g smtj", f"V{i} a{i} 0 0.1"]
    names = [f"i(V{i})" for i in range(INSTANCES)]
    time, currents = transient(tmp_path, said, circuit, spice.STEP, 2 * LENGTH, names, read)
    grid = np.arange(5 * DECAY, time[-1], spice.STEP)
    conductance = np.stack([np.interp(grid, time, g) for g in -currents.T / 0.1]) - CONDUCTANCE
    total = np.cumsum(conductance, axis=1)
    length = round(read / spice.STEP)
    width = np.sqrt(np.mean(((total[:, length:] - total[:, :-length]) / length) ** 2))
    expected = float(smtj.sigma(voltage, read).value)
    assert width == pytest.approx(expected, rel=0.13)
    # Controls: what precession alone would give, and an instant.
    instant = float(smtj.sigma(voltage).value)
    assert expected > 1.25 * instant * np.sqrt(variance_function(read, DECAY, FREQUENCY, 2 * SHIFT))
    assert width < 0.5 * instant


@needs_ngspice
@pytest.mark.parametrize(("conductance", "kept"), [(1e-6, np.exp(-1.0)), (0.0, 1.0)])
def test_a_held_gate_droops_by_what_leaks(models, conductance, kept, tmp_path):
    """5 fF and the gate's 0.02 fF through 1 uS for a time constant; the control leaks nothing."""
    smtj = dataclasses.replace(models.smtj, gate_conductance=np.full(3, conductance))
    said = dataclasses.replace(models, stochastic={300.0: smtj})
    circuit = ["Chold g 0 5e-15 IC=-1", "X0 a 0 g smtj", "V0 a 0 0.1"]
    _, voltage = transient(tmp_path, said, circuit, 5e-12, 5.02e-9, ["v(g)"])
    assert voltage[-1, 0] == pytest.approx(-kept, rel=0.02)


def decay_of_the_score(folder, models, step):
    """Decay time (s) of the precession from a score of 1 without noise, whose points stay where they are."""
    amplitude = f"TRNOISE({tables.noise_amplitude(spice.STEP):.9g}"
    text = spice.netlist(models).replace(amplitude, "TRNOISE(1e-9")
    assert amplitude not in text
    assert "Cu1 u1 0 1e-09 IC=0" in text
    text = text.replace("Cu1 u1 0 1e-09 IC=0", "Cu1 u1 0 1e-09 IC=1")
    lines = [text, "Vg g 0 0", "X0 a 0 g smtj", "V0 a 0 0.1", ".control", f"tran 1e-11 5e-9 0 {step:g} uic"]
    lines += ["set wr_singlescale", "wrdata out.txt v(x0.u1) v(x0.u2)", "quit", ".endc", ".end", ""]
    (folder / "decay.cir").write_text("* decay\n" + "\n".join(lines))
    subprocess.run(["ngspice", "-b", "decay.cir"], cwd=folder, capture_output=True, timeout=600, check=False)
    time, *scores = np.loadtxt(folder / "out.txt").T
    return -1 / np.polyfit(time, np.log(np.hypot(*scores)), 1)[0]


@needs_ngspice
def test_steps_of_4_ps_do_not_damp(models, tmp_path):
    """The variance of the score is in proportion; at the distance of the noise's points every step begins anew."""
    assert decay_of_the_score(tmp_path, models, 4e-12) == pytest.approx(DECAY, rel=1e-3)
    assert decay_of_the_score(tmp_path, models, spice.STEP) < 0.998 * DECAY


@needs_ngspice
def test_pulse_moves_the_level_by_what_was_measured(models, tmp_path):
    """After a pulse of each current, the conductance is that of the mean level; a small current moves nothing."""
    model = models.dwmtj
    current = model.metal_cross_section * model.current_density
    quiet = dataclasses.replace(models, dwmtj=dataclasses.replace(model, level_std=0 * model.level_std))
    circuit, expected = [], []
    mean_move, width = model.mean_moves[0], model.pulse_width[0]
    for i, (amplitude, move) in enumerate([(0.9 * current[0], 0.0), *zip(current, mean_move, strict=True)]):
        pulse = f"PULSE(0 {amplitude:.9g} 1n 1p 1p {width - 1e-12:.9g} 1)"
        circuit += [f"X{i} p{i} 0 h{i} 0 dwmtj level=1", f"V{i} p{i} 0 0.1", f"I{i} 0 h{i} DC 0 {pulse}"]
        expected.append(np.interp(1 + move, np.arange(4), model.level_mean))
    _, currents = transient(tmp_path, quiet, circuit, 5e-12, 3e-9, [f"i(V{i})" for i in range(3)])
    assert -currents[-1] / 0.1 == pytest.approx(np.array(expected), rel=0.01)
    assert -currents[1] / 0.1 == pytest.approx(np.full(3, model.level_mean[1]), rel=1e-3)
    assert expected[2] > 1.2 * expected[0]


@needs_ngspice
def test_a_pair_under_opposite_voltages_counts_as_the_array_has_it(models, tmp_path):
    """Levels 2 and 0, whose currents meet, at 0.3 V: half of TMR at 0.5 V takes a tenth of the difference."""
    levels = models.dwmtj.level_mean
    quiet = dataclasses.replace(models, dwmtj=dataclasses.replace(models.dwmtj, level_std=0 * models.dwmtj.level_std))
    circuit = []
    for i, half in enumerate(("", "half=0.5")):
        circuit += [f"Vp{i} p{i} 0 0.3", f"Vm{i} m{i} 0 -0.3", f"Vs{i} s{i} 0 0"]
        circuit += [f"Xp{i} p{i} s{i} 0 0 dwmtj level=2 {half}", f"Xm{i} m{i} s{i} 0 0 dwmtj level=0 {half}"]
    _, currents = transient(tmp_path, quiet, circuit, 1e-11, 1e-10, ["i(Vs0)", "i(Vs1)"])
    alike = 0.3 * (levels[2] - levels[0])
    fall = fall_of(quiet, AcceleratorSettings(tmr_half_voltage=0.5))
    assert currents[-1, 0] == pytest.approx(alike, rel=1e-6)
    assert currents[-1, 1] == pytest.approx(float(signal(jnp.asarray(0.3), fall)) * (levels[2] - levels[0]), rel=1e-6)
    assert currents[-1, 1] < 0.95 * alike


def test_what_a_file_says_of_itself_stays_a_comment(models):
    text = spice.netlist(models)
    assert not [line for line in text.splitlines() if line.startswith(".include")]
    assert [line for line in text.splitlines() if line.startswith(".subckt")] == [
        ".subckt smtj p n g half=1e+09",
        ".subckt dwmtj p n h1 h2 level=0 half=1e+09",
    ]


def test_export_from_the_command_line(models, tmp_path, capsys):
    save(tmp_path / "models.h5", models)
    assert main(["export", str(tmp_path / "models.h5"), "--to", "spice"]) == 0
    assert capsys.readouterr().out == spice.netlist(models)
    assert main(["export", str(tmp_path / "models.h5"), "--to", "spice", "--integration-time", "1e-9"]) == 0
    assert capsys.readouterr().out == spice.netlist(models, 1e-9) != spice.netlist(models)
    assert main(["export", str(tmp_path / "models.h5"), "--to", "spice", "--integration-time", "1e-6"]) == 1
    assert "integration time 1e-06 s is not within the record" in capsys.readouterr().err
