"""Textures that DMI winds: canted edges and spirals.

Energies: bulk D m . curl m; interfacial D (m . grad m_z - m_z div m). Along a wire both turn by an angle theta, with
the energy A theta'^2 - D theta' + K sin^2 theta for the sense of rotation that D > 0 favours.
"""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ellipe, ellipk

from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import to_grid, translate

A, D, MS = 13e-12, 3e-3, 0.86e6
"""Of D. Cortes-Ortuno et al., New J. Phys. 20, 113015 (2018), with K = 0.4 MJ/m^3 along z."""
K = 0.4e6


def wire(start, length, count, energy, bc=""):
    """Model of a wire along x, and its start (3, 1, 1, count)."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(length, 1e-9, 1e-9), n=(count, 1, 1), bc=bc)
    system = mm.System(name="wire", energy=energy, m=df.Field(mesh, nvdim=3, value=start, norm=MS))
    return translate(system), to_grid(system.m.orientation.array)


def minimum(model, start):
    found = Minimiser(model)(start, tolerance=1e-2)
    assert found.converged
    return found.m


# Component that the angle turns z into, and the sign: the sense of rotation follows from the energies above.
SENSES = {"Cnv_z": (0, 1), "T": (1, -1)}


@pytest.mark.parametrize("crystal_class", SENSES)
def test_edges_of_a_wire(crystal_class):
    """At a free edge theta' = D / (2 A), so that sin theta = D / (2 sqrt(A K)) and tan(theta / 2) decays inwards.

    S. Rohart and A. Thiaville, Phys. Rev. B 88, 184422 (2013); section 2 of Cortes-Ortuno et al.
    """
    length, count = 100e-9, 200
    component, sign = SENSES[crystal_class]

    def angles(dmi, exchange=A):
        energy = mm.Exchange(A=exchange) + mm.UniaxialAnisotropy(K=K, u=(0, 0, 1))
        m = minimum(*wire((0, 0, 1), length, count, energy + mm.DMI(D=dmi, crystalclass=crystal_class)))
        assert m[1 - component] == pytest.approx(0, abs=1e-6)  # all else stays out of it
        return sign * np.arctan2(m[component], m[2]).ravel()

    inwards = length / count * (np.arange(count // 2) + 0.5) / np.sqrt(A / K)
    edge = np.arcsin(D / (2 * np.sqrt(A * K)))
    expected = 2 * np.arctan(np.tan(edge / 2) * np.exp(-inwards))
    theta = angles(D)
    # The boundary condition holds to second order in cell / width = 0.09; relative to the angle at the edge.
    tolerance = 2e-3 * edge
    assert theta[: count // 2] == pytest.approx(-expected, abs=tolerance)
    assert theta[::-1][: count // 2] == pytest.approx(expected, abs=tolerance)
    # Negative controls: the other sense, and 2 % less of D or of A.
    assert angles(-D) == pytest.approx(-theta, abs=1e-5)
    assert angles(0.98 * D)[-1] != pytest.approx(expected[0], abs=2 * tolerance)
    assert angles(D, 0.98 * A)[-1] != pytest.approx(expected[0], abs=2 * tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("crystal_class", SENSES)
def test_period_of_a_spiral(crystal_class):
    """Without anisotropy the period is 4 pi A / D; a wire with free ends takes it, whatever it starts from."""
    length, count = 100e-9, 100
    component, sign = SENSES[crystal_class]
    expected = 4 * np.pi * A / D

    def spiral(point):
        turned = 2 * np.pi * point[0] / (0.8 * expected)
        m = [0.0, 0.0, np.cos(turned)]
        m[component] = sign * np.sin(turned)
        return m

    def period(dmi):
        m = minimum(*wire(spiral, length, count, mm.Exchange(A=A) + mm.DMI(D=dmi, crystalclass=crystal_class)))
        turn = np.diff(np.unwrap(sign * np.arctan2(m[component], m[2]).ravel()))
        assert np.ptp(turn) < 1e-4 * turn.mean()
        return 2 * np.pi * length / count / turn.mean()

    # tan(turn) = D cell / (2 A) on the lattice; its expansion says how far that is from the continuum.
    step = D * length / count / (2 * A)
    assert period(D) == pytest.approx(expected * step / np.arctan(step), rel=1e-5)
    assert period(D) == pytest.approx(expected, rel=0.35 * step**2)
    assert period(0.98 * D) != pytest.approx(expected, rel=2 * 0.35 * step**2)


@pytest.mark.slow
def test_period_of_a_spiral_with_anisotropy():
    """The period of least energy follows from elliptic integrals: I. E. Dzyaloshinskii, Sov. Phys. JETP 20, 665 (1965).

    A theta'^2 = K sin^2 theta + C, and the energy density is least, -C, where the integral of sqrt(A (K sin^2 + C))
    over a turn is pi D.
    """
    anisotropy = 0.7 * np.pi**2 * D**2 / (16 * A)  # of what makes the period infinite
    constant = brentq(
        lambda c: 4 * np.sqrt(A * c) * ellipe(-anisotropy / c) - np.pi * D, 1e-4 * anisotropy, 10 * anisotropy
    )
    expected = 4 * np.sqrt(A / constant) * ellipk(-anisotropy / constant)
    assert expected > 1.1 * 4 * np.pi * A / D  # anisotropy does matter

    def density(length, strength):
        """Energy density of one turn in `length`."""

        def turn(point):
            return np.sin(2 * np.pi * point[0] / length), 0, np.cos(2 * np.pi * point[0] / length)

        energy = mm.Exchange(A=A) + mm.DMI(D=D, crystalclass="Cnv_z")
        model, start = wire(turn, length, 128, energy + mm.UniaxialAnisotropy(K=strength, u=(0, 0, 1)), "x")
        found = sum(energies(model, minimum(model, start)).values()) / (length * 1e-18)
        return found + strength  # ubermag counts -K cos^2, theory K sin^2

    def best(strength):
        lengths = expected * np.linspace(0.9, 1.1, 5)
        fit = np.polynomial.Polynomial.fit(lengths, [density(length, strength) for length in lengths], 3)
        stationary = fit.deriv().roots()
        least = min((root.real for root in stationary if abs(root - expected) < 0.1 * expected), key=fit, default=0.0)
        return least, fit(least)

    length, energy = best(anisotropy)
    # The turn of a cell, 2 pi / 128, squared and over 12, is 2e-4 of the exchange energy, which is about D^2 / (4 A).
    assert energy == pytest.approx(-constant, rel=0, abs=1e-3 * D**2 / (4 * A))
    assert length == pytest.approx(expected, rel=2e-3)
    assert best(0.95 * anisotropy)[0] != pytest.approx(expected, rel=6e-3)
