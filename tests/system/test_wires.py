"""The wires of a tile against SPICE, and against a network that is put together resistor by resistor."""

import re
import shutil
import subprocess
from typing import get_args

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from magbayes.system.array.accelerator import Accelerator, _percent
from magbayes.system.array.metal import Wires, load_metal, wires_of
from magbayes.system.array.programming import program
from magbayes.system.array.wires import counted
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings, Imperfection

EVERY = frozenset(get_args(Imperfection))
WIRES = Wires(3.0, 2.0, 5.0)
DRIVES = [True, False]


@pytest.fixture
def conductance():
    """Three pairs in a cell."""
    return np.random.default_rng(0).uniform(1e-4, 3e-4, (6, 7, 5))


def resistors(conductance, wires, opposite):
    """Yield the names of two nodes and a resistance, of all that a tile has; rows are driven at i, columns end at o."""
    lines, rows, columns = conductance.shape
    for r in range(rows):
        for line in ("p", "n") if opposite else ("p",):
            for c in range(columns):
                before = f"i{line}{r}" if c == 0 else f"x{line}_{r}_{c - 1}"
                yield before, f"x{line}_{r}_{c}", wires.terminal if c == 0 else wires.row
    for c in range(columns):
        for line in range(lines // 2 if opposite else lines):
            for r in range(rows):
                last = r == rows - 1
                below = f"o{line}_{c}" if last else f"y{line}_{r + 1}_{c}"
                yield f"y{line}_{r}_{c}", below, wires.terminal if last else wires.column
    for device in range(lines):
        of_row, of_column = ("pn"[device % 2], device // 2) if opposite else ("p", device)
        for r in range(rows):
            for c in range(columns):
                yield f"x{of_row}_{r}_{c}", f"y{of_column}_{r}_{c}", 1 / conductance[device, r, c]


def nodal(conductance, wires, opposite):
    """Return what `counted` is to be, (lines, rows, columns), by Kirchhoff's law at every node."""
    lines, rows, columns = conductance.shape
    parts = list(resistors(conductance, wires, opposite))
    inner = sorted({node for part in parts for node in part[:2] if node[0] in "xy"})
    index = {node: number for number, node in enumerate(inner)}
    matrix, driven = sparse.lil_array((len(inner), len(inner))), {}
    for one, other, ohm in parts:
        for here, there in ((one, other), (other, one)):
            if here in index:
                matrix[index[here], index[here]] += 1 / ohm
                if there in index:
                    matrix[index[here], index[there]] -= 1 / ohm
                elif there[0] == "i":
                    driven[there] = (index[here], 1 / ohm)
    potential = {}
    for source, (node, siemens) in driven.items():
        injected = np.zeros(len(inner))
        injected[node] = siemens
        potential[source] = spsolve(matrix.tocsc(), injected)
    result = np.empty(conductance.shape)
    for device in range(lines):
        of_row, of_column = ("pn"[device % 2], device // 2) if opposite else ("p", device)
        for r in range(rows):
            for c in range(columns):
                end = index[f"y{of_column}_{rows - 1}_{c}"]
                result[device, r, c] = potential[f"i{of_row}{r}"][end] / wires.terminal
    return result


def spice(folder, conductance, wires, opposite, voltages):
    """Return the currents (column lines, columns) that ngspice finds at the ends, A."""
    _, rows, columns = conductance.shape
    ends = [(line, c) for line in range(len(conductance) // (2 if opposite else 1)) for c in range(columns)]
    cards = ["a tile"]
    for number, (one, other, ohm) in enumerate(resistors(conductance, wires, opposite)):
        cards.append(f"R{number} {one} {other} {ohm:.17g}")
    for r in range(rows):
        cards.append(f"VP{r} ip{r} 0 {voltages[r]:.17g}")
        if opposite:
            cards.append(f"VN{r} in{r} 0 {-voltages[r]:.17g}")
    cards += [f"VO{line}_{c} o{line}_{c} 0 0" for line, c in ends]
    printed = "\n".join(f"print i(vo{line}_{c})" for line, c in ends)
    cards += [".control", "set numdgt=12", "op", printed, ".endc", ".end"]
    (folder / "tile.cir").write_text("\n".join(cards) + "\n")
    answer = subprocess.run(["ngspice", "-b", "tile.cir"], cwd=folder, capture_output=True, text=True, timeout=120)
    found = {name: float(value) for name, value in re.findall(r"i\(vo(\d+_\d+)\) = (\S+)", answer.stdout)}
    return np.array([found[f"{line}_{c}"] for line, c in ends]).reshape(-1, columns)


def currents(conductance, wires, opposite, voltages):
    """Return those by ours."""
    of_devices = counted(conductance, wires, conductance.shape[1:], opposite) * voltages[:, None]
    lines = of_devices.sum(axis=1)
    return lines[::2] - lines[1::2] if opposite else lines


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not on the PATH")
@pytest.mark.parametrize("opposite", DRIVES)
def test_currents_are_those_of_spice(conductance, tmp_path, opposite):
    """To 1e-6 of the largest, for rows of either sign; one segment of 35 with 1 % more resistance fails."""
    voltages = np.random.default_rng(1).uniform(-0.1, 0.1, conductance.shape[1])
    expected = spice(tmp_path, conductance, WIRES, opposite, voltages)
    ours = currents(conductance, WIRES, opposite, voltages)
    assert np.abs(ours - expected).max() < 1e-6 * np.abs(expected).max()
    wrong = currents(conductance, WIRES._replace(row=1.01 * WIRES.row), opposite, voltages)
    assert np.abs(wrong - expected).max() > 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("opposite", DRIVES)
@pytest.mark.parametrize("tall", [True, False])
def test_every_share_is_that_of_the_network(conductance, opposite, tall):
    """Of tiles that are driven from either side to be solved; the product of two ladders without detours fails."""
    devices = conductance if tall else np.moveaxis(conductance, 1, 2)
    exact = nodal(devices, WIRES, opposite)
    np.testing.assert_allclose(counted(devices, WIRES, devices.shape[1:], opposite), exact, rtol=1e-9)
    rows_alone, columns_alone = (
        counted(devices, wires, devices.shape[1:], opposite) / devices
        for wires in (Wires(WIRES.row, 0.0, 0.0), Wires(0.0, WIRES.column, 0.0))
    )
    without = nodal(devices, WIRES._replace(terminal=1e-6), opposite)
    assert np.abs(rows_alone * columns_alone * devices / without - 1).max() > 1e-4


def test_no_resistance_takes_nothing(conductance):
    np.testing.assert_array_equal(counted(conductance, Wires(0.0, 0.0, 0.0), (4, 3), True), conductance)
    almost = counted(conductance, Wires(0.0, 0.0, 1e-3), (7, 5), True)
    np.testing.assert_allclose(almost, conductance, rtol=1e-4)


def test_tiles_do_not_see_each_other(conductance):
    tiled = counted(conductance, WIRES, (4, 3), True)
    alone = counted(conductance[:, 4:, 3:], WIRES, (4, 3), True)
    np.testing.assert_array_equal(tiled[:, 4:, 3:], alone)
    assert (counted(conductance[:, 3:, 3:], WIRES, (4, 3), True)[:, 1:] != alone).all()


@pytest.mark.parametrize(
    ("opposite", "one_sign", "bound"),
    [(True, True, 0.1), (True, False, 0.1), (False, False, 0.1), (False, True, 0.25)],
)
def test_noise_of_a_device_counts_by_its_share(conductance, opposite, one_sign, bound):
    """What a small change of a device does to its column: root mean square error over the loss of the worst device.

    Others lower the voltage over it, too, by what they send through its lines: 5 % of the loss, or 15 % where all rows
    have one sign and are not opposed. A device that counts whole fails.
    """
    random = np.random.default_rng(2)
    shares = counted(conductance, WIRES, conductance.shape[1:], opposite) / conductance
    voltages = random.uniform(0.09 if one_sign else -0.1, 0.1, conductance.shape[1])
    before, errors, whole = currents(conductance, WIRES, opposite, voltages), [], []
    for _ in range(60):
        line, row, column = (int(random.integers(size)) for size in conductance.shape)
        changed = conductance.copy()
        change = 1e-3 * conductance[line, row, column]
        changed[line, row, column] += change
        end, sign = (line // 2, (-1) ** line) if opposite else (line, 1)
        seen = (currents(changed, WIRES, opposite, voltages) - before)[end, column] / change * sign
        errors.append(seen - shares[line, row, column] * voltages[row])
        whole.append(seen - voltages[row])
    typical = np.sqrt(np.mean(voltages**2)) * (1 - shares.min())
    assert np.sqrt(np.mean(np.square(errors))) < bound * typical
    assert np.sqrt(np.mean(np.square(whole))) > 2 * bound * typical


def test_the_metal_gives_the_resistance():
    """By hand, of copper of 0.3 x 0.54 um^2 and a cell 1 um high and, with three pairs, 1.5 um wide."""
    wires = wires_of(AcceleratorSettings())
    assert wires.column == pytest.approx(2.2e-8 * 1e-6 / (0.3e-6 * 0.54e-6))
    assert wires.row == pytest.approx(1.5 * wires.column)
    assert wires_of(AcceleratorSettings(wire_resistance=0.5, slices=1)) == Wires(0.5, 0.5, 1.0)
    assert wires_of(AcceleratorSettings(ideal={"wires"})) == Wires(0.0, 0.0, 0.0)
    assert "wires" in AcceleratorSettings(wire_resistance=0.0, terminal_resistance=0.0).absent
    assert "wires" not in AcceleratorSettings().absent
    with pytest.raises(ValueError, match="no table 'gold' in data/wires; there are: copper"):
        load_metal("gold")


def written_layer(models, key, **settings):
    layer = Layer(np.random.default_rng(3).normal(size=(40, 30)), np.full((40, 30), 0.2))
    chosen = AcceleratorSettings(ideal=EVERY - {"wires"}, **{"wire_resistance": 0.5} | settings)
    return program(key, layer, models, chosen), layer


@pytest.mark.parametrize(("slices", "pair_drive"), [(1, "opposite"), (2, "opposite"), (1, "alike")])
def test_a_chip_has_the_network_in_it(models, key, slices, pair_drive):
    """What a layer multiplies with are the devices' shares of whole tiles, with the gains of slices and mirror."""
    written, layer = written_layer(models, key, rows=25, columns=16, slices=slices, pair_drive=pair_drive)
    devices = np.concatenate([written.means.reshape(-1, *layer.mean.shape), written.noisy])
    wires = Wires((1 + slices) / 2 * 0.5, 0.5, 1.0)
    ends = counted(devices, wires, (25, 16), pair_drive == "opposite")
    differences = ends[::2] - ends[1::2]
    expected = sum(8.0**-index * differences[index] for index in range(slices))
    # Single precision.
    np.testing.assert_allclose(np.asarray(written.layer.difference, float), expected, rtol=1e-5, atol=1e-11)
    np.testing.assert_allclose(np.asarray(written.layer.offset, float), differences[-1], rtol=1e-5, atol=1e-11)


def off(written, layer):
    """By how much a layer's means are off, as a share of the root mean square mean."""
    held = np.asarray(written.layer.scale * (written.layer.difference + written.layer.mirror * written.layer.offset))
    return np.sqrt(np.mean((held - layer.mean) ** 2) / np.mean(layer.mean**2))


def test_writing_by_what_devices_show_makes_up_for_wires(models, key):
    """But for what neighbours hold: a tenth of the variance is left where a fifth of the current is lost.

    A scale that is right on average, all that there is without measuring, leaves the rest.
    """
    measured, layer = written_layer(models, key, wire_resistance=0.1)
    nominal, _ = written_layer(models, key, wire_resistance=0.1, writing="nominal")
    assert measured.lines.smallest < 0.85
    assert off(nominal, layer) > 2 * off(measured, layer)
    assert nominal.lines.left > 5 * measured.lines.left
    # In units of the std, 0.2 of that of the means.
    assert np.sqrt(measured.lines.left) == pytest.approx(5 * off(measured, layer), rel=0.25)


def chip_of(models, key, **settings):
    random = np.random.default_rng(1)
    layer = Layer(random.normal(size=(41, 60)), np.full((41, 60), 0.1))
    posterior = Posterior((layer,), "regression", 1.0, 0.1, random.normal(size=(30, 40)), np.zeros(1))
    return Accelerator(posterior, models, AcceleratorSettings(sampling="columns", ideal={"reads"}, **settings), key)


def test_lines_that_carry_too_much_are_said(models, key):
    """60 columns of 3 devices of 0.1 to 0.7 mS, at 0.1 V a nanosecond in twenty, or all the time at 0.9 V."""
    chip = chip_of(models, key, columns=60, wire_resistance=0.01)
    written = chip.programmed[0]
    line = written.lines.conductance
    assert line.shape == (41,)
    devices = np.concatenate([written.means, written.noisy[None]]).sum(axis=(0, 3))
    # What is lost in 60 segments of 0.015 Ohm and a terminal is some percent.
    assert line == pytest.approx(devices.max(axis=0), rel=0.15)
    assert not [line for line in chip.warnings() if "electromigration" in line]
    loud = chip_of(
        models, key, columns=60, wire_resistance=0.01, read_voltage=0.9, tmr_half_voltage=2.0, sample_interval=1e-9
    )
    (warning,) = [line for line in loud.warnings() if "electromigration" in line]
    size = np.asarray(loud._activity[0].mean_voltage)
    density = float((size * loud.programmed[0].lines.conductance).max()) / (0.3e-6 * 0.54e-6)
    assert f"{density:.2g} A/m^2" in warning
    assert density > 1e10


def test_what_writing_cannot_make_up_for_is_said(models, key):
    """Wires that take a third, of which it knows nothing."""
    assert not [line for line in chip_of(models, key, wire_resistance=0.01).warnings() if "wires" in line]
    chip = chip_of(models, key, wire_resistance=0.5, writing="nominal")
    (warning,) = [line for line in chip.warnings() if "wires" in line]
    load = chip.programmed[0].lines
    assert f"{100 * (1 - load.smallest):.0f} %" in warning
    assert f"{_percent(load.left)} %" in warning
