"""Barriers against closed forms: a rigid spin, and the reversal of a wire by a wall from its end."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from magbayes.micromag import path
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.paths.landscape import Landscape, norm, turn_between, turned
from tests.micromag import random_systems

MS, EDGE = 1e6, 4e-9
K = 4e5
HK = 2 * K / (mu_0 * MS)
VOLUME = EDGE**3

EXACT = 1e-9
"""Of a saddle's energy where the torque is below 1e-6 of the anisotropy field: its square, and rounding."""


def spin(energy, m=(0, 0, 1)):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(EDGE,) * 3, n=(1, 1, 1))
    return mm.System(name="spin", energy=energy, m=df.Field(mesh, nvdim=3, value=m, norm=MS))


def biaxial(hard):
    easy = mm.UniaxialAnisotropy(K=K, u=(0, 0, 1), name="easy")
    return easy + mm.UniaxialAnisotropy(K=-hard, u=(0, 1, 0), name="hard") if hard else easy


@pytest.mark.parametrize("hard", [0.0, 0.1 * K, 5 * K])
def test_a_rigid_spin_goes_over_the_easier_of_both_hard_axes(hard):
    """The barrier is K V whatever the hardest axis has; over that axis it would be K V + hard V."""
    found = path(spin(biaxial(hard)), (0, 0, 1), (0, 0, -1), images=11)
    assert found.converged
    # Over their scale, here and below: in J all of them are nothing to the absolute tolerance of approx.
    assert found.barrier / (K * VOLUME) == pytest.approx(1, abs=EXACT)
    assert found.barrier_back / (K * VOLUME) == pytest.approx(1, abs=EXACT)
    assert found.saddle.descents == 1
    assert found.saddle.curvature / (K * VOLUME) == pytest.approx(-2, abs=1e-6)
    assert found.coordinate[-1] == pytest.approx(np.pi, rel=1e-2)  # a great circle, to the tolerance of the band
    assert np.linalg.norm(found.states[:, 0, 0, 0], axis=-1) == pytest.approx(np.ones(11), abs=1e-12)


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0, 80.0])
def test_barriers_in_a_tilted_field_are_those_of_stoner_and_wohlfarth(angle):
    """In the plane of field and axis, e = sin^2 t - 2 h cos(t - a): from its minima to its lower maximum."""
    h, a = 0.3, np.deg2rad(180 - angle)
    field = HK * h * np.array([np.sin(a), 0, np.cos(a)])
    found = path(spin(biaxial(0.0) + mm.Zeeman(H=tuple(field))), (0, 0, 1), (0, 0, -1))

    def energy(t, sign=1.0):
        return sign * (np.sin(t) ** 2 - 2 * h * np.cos(t - a))

    def extremum(low, high, sign):
        bounded = minimize_scalar(energy, args=(sign,), bounds=(low, high), method="bounded", options={"xatol": 1e-10})
        return sign * bounded.fun

    start, end = extremum(-0.5, 1.0, 1.0), extremum(2.2, 3.6, 1.0)
    top = extremum(0.5, 2.8, -1.0)  # on the side of the field's own component
    assert found.converged
    barriers = np.array([found.barrier, found.barrier_back]) / (K * VOLUME)
    assert barriers == pytest.approx([top - start, top - end], abs=1e-7)
    # Negative control: a field that is weaker by one part in 10^5.
    weaker = spin(biaxial(0.0) + mm.Zeeman(H=tuple((1 - 1e-5) * field)))
    assert path(weaker, (0, 0, 1), (0, 0, -1)).barrier / (K * VOLUME) != pytest.approx(top - start, abs=1e-7)


A, CELLS, CELL = 1e-11, 60, 1e-9
WIDTH = np.sqrt(A / K)
"""5 nm: the wire is 12 wall widths long, and a nucleus does not feel the other end."""


def wire(h):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(CELLS * CELL, EDGE, EDGE), n=(CELLS, 1, 1))
    energy = mm.Exchange(A=A) + mm.UniaxialAnisotropy(K=K, u=(0, 0, 1)) + mm.Zeeman(H=(0, 0, -h * HK))
    return mm.System(name="wire", energy=energy, m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS))


def wall(place):
    """A wall with the reversed domain on its left."""
    return lambda point: (1 / np.cosh((point[0] - place) / WIDTH), 0, np.tanh((point[0] - place) / WIDTH))


def nucleation_barrier(h):
    """Energy over the cross-section of the smallest nucleus at a free end, 4 sqrt(A K) (tanh R - R / cosh^2 R).

    cosh^2 R = 1/h: half of the pair of walls of H.-B. Braun, Phys. Rev. B 50, 16501 (1994), as a free end is a mirror.
    For no field it is the energy of one wall.
    """
    r = np.arccosh(h**-0.5)
    return 4 * np.sqrt(A * K) * (np.tanh(r) - r * h)


@pytest.mark.parametrize("h", [0.05, 0.3])
def test_a_wire_reverses_by_a_wall_from_its_end(h):
    closed = nucleation_barrier(h)
    # The same as the area under the profile of the nucleus: 2 int sqrt(A V) dt, V = K (1 - cos t)(1 + cos t - 2 h).
    turning = np.arccos(2 * h - 1)
    profile = quad(lambda t: np.sqrt(max((1 - np.cos(t)) * (1 + np.cos(t) - 2 * h), 0)), 0, turning)[0]
    assert 2 * np.sqrt(A * K) * profile == pytest.approx(closed, rel=1e-6)
    # Cells take (cell / width)^2 / 24 or so off the wall's energy, 0.2 %; a nucleus is as wide as the wall or wider.
    tolerance = (CELL / WIDTH) ** 2 / 8
    between = [wall(place) for place in CELLS * CELL * np.linspace(0, 1, 12)]
    found = path(wire(h), (0, 0, 1), (0, 0, -1), images=19, initial=between)
    assert found.converged
    assert found.barrier / (closed * EDGE**2) == pytest.approx(1, abs=tolerance)
    # Negative controls: coherent reversal, K (1 - h)^2 for the volume, and the energy of a wire with 5 % more exchange.
    assert found.barrier < 0.5 * K * (1 - h) ** 2 * CELLS * CELL * EDGE**2
    assert found.barrier / (np.sqrt(1.05) * closed * EDGE**2) != pytest.approx(1, abs=tolerance)
    # Neither the number of images nor the first guess matters: three walls, and half as many images.
    few = path(wire(h), (0, 0, 1), (0, 0, -1), images=11, initial=between[::4])
    assert few.barrier / found.barrier == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("number", [5, 7, 11])
def test_gradient_and_hessian_are_derivatives_of_the_energy(number):
    """Of all kinds of terms, along random turns, by central differences."""
    drawn = random_systems.system(number, oommf=True)  # fields that are constant in time
    system = mm.System(name="energies", energy=drawn.energy, m=drawn.m)
    model = translate(system)
    landscape = Landscape(model)
    m = to_grid(system.m.orientation.array)
    rng = np.random.default_rng(number)
    turn = landscape.across(m, rng.normal(size=m.shape))
    turn /= np.abs(turn).max()
    step = 1e-4
    states = np.stack([turned(m, s * step * turn) for s in (-1, 0, 1)])
    energies, gradients = landscape(states)
    hessian = landscape.hessian(m)
    scale = landscape.mean_weight * model.largest_field(0.0) * norm(turn)
    # Rounding leaves 1e-16 of the whole energy over the step, and differences its square.
    along = (energies[2] - energies[0]) / (2 * step)
    assert (gradients[1] * turn).sum() == pytest.approx(along, rel=0, abs=1e-6 * scale)
    curvature = float((turn * hessian(turn[None])[0]).sum())
    change = ((gradients[2] - gradients[0]) * turn).sum() / (2 * step)
    assert curvature == pytest.approx(change, rel=0, abs=1e-6 * scale * norm(turn))
    # Negative control: without the radial derivative.
    assert curvature + float((hessian._along * turn**2).sum()) != pytest.approx(
        change, rel=0, abs=1e-6 * scale * norm(turn)
    )
    if len(landscape.cells) <= 60:
        matrix = hessian.matrix()
        amplitudes = hessian.amplitudes(turn[None])[0]
        assert amplitudes @ matrix @ amplitudes == pytest.approx(curvature, rel=1e-9, abs=1e-9 * scale * norm(turn))


def test_great_circles_lead_from_state_to_state():
    rng = np.random.default_rng(0)
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in rng.normal(size=(2, 4, 3, 2, 2, 2)))
    assert turned(a, turn_between(a, b)) == pytest.approx(b, abs=1e-12)
