"""Small oscillations: Kittel's ferromagnetic resonance and its decay, and spin waves with and without DMI."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.runge_kutta import integrate
from tests.physics.test_demag import aharoni

MS, GAMMA0 = 8e5, 2.211e5
TILT = 1e-3
"""Amplitude; beyond the linear theory frequencies shift by TILT^2."""
FREQUENCY = 1e-4
"""What a straight line through the phase keeps of its wobble, over tens of periods."""
DECAY = 2e-3
"""What a straight line through the logarithm of the amplitude keeps of it."""


def oscillation(energy, damping, edges, axis, bc):
    """Frequency and decay rate in rad/s of one cell about `axis`."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=edges, n=(1, 1, 1), bc=bc)
    system = mm.System(
        name="resonance",
        energy=energy,
        dynamics=mm.Precession(gamma0=GAMMA0) + mm.Damping(alpha=damping),
        m=df.Field(mesh, nvdim=3, value=tuple(np.roll([1.0, TILT, 0.0], axis)), norm=MS),
    )
    interval, count = 1e-11, 200
    start = to_grid(system.m.orientation.array)
    stages = integrate(translate(system), start, duration=interval, stages=count, tolerance=1e-8)
    _, one, other = np.roll([stage.m.ravel() for stage in stages], -axis, axis=1).T
    time = interval * np.arange(1, count + 1)
    # The path is an ellipse; made a circle, it turns and decays evenly.
    wave = one / np.abs(one).max() + 1j * other / np.abs(other).max()
    frequency, _ = np.polyfit(time, np.unwrap(np.angle(wave)), 1)
    decay, _ = np.polyfit(time, -np.log(np.abs(wave)), 1)
    return frequency, decay


def kittel(one, other, damping):
    """Frequency and decay rate for the two fields in A/m that pull the magnetisation back, to all orders in damping.

    C. Kittel, Phys. Rev. 73, 155 (1948), with the roots of the linear LLG equation: both rates of
    (gamma0 / (1 + alpha^2)) [[-alpha a, -b], [a, -alpha b]].
    """
    rate = GAMMA0 / (1 + damping**2)
    decay = rate * damping * (one + other) / 2
    return np.sqrt((1 + damping**2) * rate**2 * one * other - decay**2), decay


FIELD, K = 1e5, 6e5
PRISM = (100e-9, 50e-9, 5e-9)
FACTORS = [aharoni(*np.roll(PRISM, shift)) for shift in (2, 1, 0)]
CASES = {
    # A film magnetised in its plane, one perpendicular to it by its anisotropy, and a cell with three demag factors.
    "film": (mm.Zeeman(H=(FIELD, 0, 0)), 0, "xy", (FIELD, FIELD + MS), (FIELD, FIELD)),
    "perpendicular film": (
        mm.Zeeman(H=(0, 0, FIELD)) + mm.UniaxialAnisotropy(K=K, u=(0, 0, 1)),
        2,
        "xy",
        (FIELD + 2 * K / (mu_0 * MS) - MS,) * 2,
        (FIELD + 2 * K / (mu_0 * MS),) * 2,
    ),
    "prism": (
        mm.Zeeman(H=(FIELD, 0, 0)),
        0,
        "",
        tuple(FIELD + (FACTORS[i] - FACTORS[0]) * MS for i in (1, 2)),
        (FIELD, FIELD),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("damping", [0.01, 0.05])
@pytest.mark.parametrize(("energy", "axis", "bc", "stiffness", "without_demag"), CASES.values(), ids=CASES)
def test_resonance(energy, axis, bc, stiffness, without_demag, damping):
    frequency, decay = oscillation(energy + mm.Demag(), damping, PRISM, axis, bc)
    expected = kittel(*stiffness, damping)
    assert frequency == pytest.approx(expected[0], rel=FREQUENCY)
    assert decay == pytest.approx(expected[1], rel=DECAY)
    # Negative controls: without the film's own field; without demagnetisation in the engine; half the damping.
    assert frequency != pytest.approx(kittel(*without_demag, damping)[0], rel=0.1)
    assert oscillation(energy, damping, PRISM, axis, bc)[0] != pytest.approx(expected[0], rel=0.1)
    assert decay != pytest.approx(kittel(*stiffness, damping / 2)[1], rel=0.1)


A, D, CELL, COUNT = 1.3e-11, 2e-3, 2e-9, 40


def spin_wave(mode, axis, dmi):
    """Frequency in rad/s of exp(i k x) along a chain that closes on itself, with k of `mode` periods."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(COUNT * CELL, CELL, CELL), n=(COUNT, 1, 1), bc="x")
    phase = 2 * np.pi * mode * (np.arange(COUNT) + 0.5) / COUNT
    wave = np.roll([np.ones(COUNT), TILT * np.cos(phase), TILT * np.sin(phase)], axis, axis=0)
    direction = tuple(np.roll([1.0, 0.0, 0.0], axis))
    system = mm.System(
        name="wave",
        energy=mm.Exchange(A=A) + mm.Zeeman(H=tuple(FIELD * np.array(direction))),
        dynamics=mm.Precession(gamma0=GAMMA0),
        m=df.Field(mesh, nvdim=3, value=direction, norm=MS),
    )
    if dmi:
        system.energy += mm.DMI(D=D, crystalclass=dmi)
    interval = 5e-13
    stages = list(integrate(translate(system), wave[:, None, None, :], duration=interval, stages=40, tolerance=1e-9))
    one, other = (np.array([np.roll(stage.m[:, 0, 0], -axis, axis=0)[c] for stage in stages]) for c in (1, 2))
    turned = ((one + 1j * other) * np.exp(-1j * phase)).mean(axis=1)
    return np.polyfit(interval * np.arange(len(stages)), np.unwrap(np.angle(turned)), 1)[0]


# Axis of the magnetisation, and the sign of the shift: bulk DMI acts on waves along the magnetisation, interfacial DMI
# on those across it. With D m . curl m and D (m_x dm_z/dx - m_z dm_x/dx), a wave of amplitude a costs -D k a^2.
CLASSES = {None: (0, 0), "T": (0, -1), "Cnv_z": (1, -1)}


@pytest.mark.parametrize("dmi", CLASSES)
@pytest.mark.parametrize("mode", [2, -2, 4])
def test_spin_wave(mode, dmi):
    """gamma0 (H + 2 A k^2 / (mu0 Ms) - 2 D k / (mu0 Ms)).

    J.-H. Moon et al., Phys. Rev. B 88, 184404 (2013); D. Cortes-Ortuno et al., New J. Phys. 20, 113015 (2018).
    """
    k = 2 * np.pi * mode / (COUNT * CELL)
    axis, sign = CLASSES[dmi]

    def law(square, linear):
        return GAMMA0 * (FIELD + 2 * (A * square + sign * D * linear) / (mu_0 * MS))

    frequency = spin_wave(mode, axis, dmi)
    lattice = law((2 - 2 * np.cos(k * CELL)) / CELL**2, np.sin(k * CELL) / CELL)
    assert frequency == pytest.approx(lattice, rel=FREQUENCY)
    # Differences on the lattice fall short of derivatives by (k cell)^2 / 6 at most; both terms may add up.
    assert frequency == pytest.approx(law(k**2, k), rel=0, abs=(k * CELL) ** 2 / 6 * law(k**2, sign * abs(k)))
    if dmi:
        assert frequency != pytest.approx(law(k**2, -k), rel=0.1)
    assert frequency != pytest.approx(law(0, k), rel=0.1)
