"""What `path`, `rate`, `forward_flux` and `wall_position` take, refuse and return; their physics is in
tests/physics."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest

from magbayes.micromag import PathWarning, forward_flux, path, rate, wall_position
from magbayes.micromag.llg.model import UnsupportedError

MS, CELL, K = 8e5, 2e-9, 3e5
UP, DOWN = (0, 0, 1), (0, 0, -1)


def strip(n=(8, 1, 1), norm=MS, temperature=300.0):
    """A film with its easy axis along z."""
    left = df.Region(p1=(0, 0, 0), p2=(CELL,) * 3)
    mesh = df.Mesh(p1=(0, 0, 0), p2=np.multiply(n, CELL), n=n, subregions={"left": left})
    return mm.System(
        name="strip",
        energy=mm.Exchange(A=1e-11) + mm.UniaxialAnisotropy(K=K, u=(0, 0, 1)),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.5),
        m=df.Field(mesh, nvdim=3, value=UP, norm=norm),
        T=temperature,
    )


@pytest.fixture(scope="module")
def system():
    return strip(norm=lambda point: MS * (point[0] < 7 * CELL))


@pytest.fixture(scope="module")
def found(system):
    return path(system, UP, DOWN, images=7)


def test_shapes_and_units(system, found):
    assert found.coordinate.shape == found.energies.shape == (7,)
    assert found.states.shape == (7, 8, 1, 1, 3)
    assert not found.states[:, 7].any()
    assert found.energies[found.top] == found.energies.max() == found.saddle.energy
    assert found.barrier == found.energies[found.top] - found.energies[0]
    assert found.saddle_field.norm.array[0, 0, 0, 0] == pytest.approx(MS)
    assert found.saddle_field.mesh == system.m.mesh
    assert found.image(0).orientation.array[0, 0, 0] == pytest.approx([0, 0, 1], abs=1e-6)
    assert system.m.orientation.array[0, 0, 0] == pytest.approx(UP)
    assert {"iterations", "wall_time", "cells"} <= set(found.meta)


def test_states_may_be_fields_arrays_or_functions(system, found):
    array = np.zeros((8, 1, 1, 3))
    array[..., 2] = -2.0
    same = path(system, system.m, array, images=7)
    assert np.array_equal(same.energies, found.energies)
    by_function = path(system, lambda point: UP, df.Field(system.m.mesh, nvdim=3, value=DOWN), images=7)
    assert np.array_equal(by_function.energies, found.energies)


def test_fixed_subregions_stay(system):
    system = strip(norm=lambda point: MS * (point[0] < 7 * CELL))
    system.energy.exchange.A = 1e-13  # what is held would else take the rest along
    with pytest.warns(PathWarning, match="valleys of their own"):  # a wall between any two cells
        held = path(system, UP, lambda p: UP if p[0] < CELL else DOWN, images=9, fixed_subregions=["left"])
    assert np.ptp(held.states[:, 0], axis=0) == pytest.approx(np.zeros((1, 1, 3)), abs=1e-12)
    assert held.meta["cells"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": 4}, "images 4 must be an integer of at least 5"),
        ({"images": 7.0}, "images 7.0 must be an integer"),
        ({"iterations": 0}, "iterations 0 must be"),
        ({"end": UP}, "start and end relax to the same state.*given as one state; give states on both sides"),
        ({"end": (0.3, 0, 1)}, r"are 0\.\d+ rad apart as given.*no valley of its own"),
        ({"end": (0, 0, 0)}, r"end has no direction in cell \(0, 0, 0\)"),
        ({"end": np.ones((3, 1, 1, 3))}, r"end is no magnetisation of \(8, 1, 1\) cells"),
        ({"initial": [(0, 0, np.nan)]}, r"initial\[0\] has no direction in cell"),
    ],
)
def test_what_makes_no_path_is_refused(system, arguments, message):
    with pytest.raises(ValueError, match=message):
        path(system, **{"start": UP, "end": DOWN, **arguments})


def test_a_field_on_other_cells_is_refused(system):
    with pytest.raises(ValueError, match=r"end has 3 components on \(4, 1, 1\) cells; accepted: 3 on \(8, 1, 1\)"):
        path(system, UP, strip((4, 1, 1)).m)


def test_terms_without_energy_are_refused(system):
    torque = strip()
    torque.dynamics += mm.Slonczewski(J=1e10, mp=(0, 1, 0), P=0.3, Lambda=1)
    with pytest.raises(UnsupportedError, match=r"torque 'slonczewski' has no energy"):
        path(torque, UP, DOWN)
    wave = strip()
    wave.energy += mm.Zeeman(H=(0, 0, 1e3), func="sin", f=1e9, t0=0)
    with pytest.raises(UnsupportedError, match=r"'zeeman' varies in time"):
        path(wave, UP, DOWN)


def test_states_of_one_flat_valley_have_no_barrier_between():
    flat = strip()
    flat.energy.uniaxialanisotropy.K = -K
    with pytest.raises(ValueError, match=r"no barrier lies between start and end: of 7 images the highest is"):
        path(flat, (1, 0, 0), (0, 1, 0), images=7)


def test_a_band_that_has_not_converged_says_so(system):
    with pytest.warns(PathWarning, match=r"the band is not converged: .* A/m across the path after 2 iterations"):
        rough = path(system, UP, DOWN, images=7, iterations=2)
    assert not rough.converged
    assert rough.warnings


def test_a_valley_on_the_way_is_reported():
    """Two cells without exchange that turn one after the other."""
    pair = strip((2, 1, 1))
    pair.energy -= pair.energy.exchange
    with pytest.warns(PathWarning, match=r"images \[\d+\] lie in valleys of their own"):
        found = path(pair, UP, DOWN, images=21, initial=[lambda point: DOWN if point[0] < CELL else UP])
    assert len(found.minima) == 1
    single = K * CELL**3
    assert found.barrier / single == pytest.approx(1, abs=1e-6)
    assert found.energies[found.minima[0]] / single == pytest.approx(found.energies[0] / single, abs=1e-2)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf])
def test_a_rate_needs_a_temperature(found, temperature):
    with pytest.raises(ValueError, match=r"temperature .* must be above 0 K"):
        rate(found, temperature=temperature)


def test_rates_follow_arrhenius(found):
    low, high = (rate(found, temperature=t) for t in (100.0, 200.0))
    assert low.prefactor != 0
    assert np.log(high.langer / low.langer) == pytest.approx(
        found.barrier / 1.380649e-23 * (1 / 100 - 1 / 200) + np.log(high.prefactor / low.prefactor), rel=1e-9
    )
    assert low.barrier == found.barrier


def test_a_low_barrier_is_said(found):
    with pytest.warns(PathWarning, match=r"the barrier is .* kT: rates by harmonic theory want 5 kT or more"):
        rate(found, temperature=1500.0)


def test_a_rate_needs_precession(system):
    still = strip()
    still.dynamics -= still.dynamics.precession
    with pytest.raises(UnsupportedError, match="Precession"):
        rate(path(still, UP, DOWN, images=5))


def mz(m):
    return m[..., 2].mean(axis=(1, 2, 3))


KEYS = {"seed": 1, "trials": 20, "replicas": 20}


@pytest.mark.parametrize(
    ("order", "arguments", "message"),
    [
        (mz, {"trials": 25}, "trials 25 must be a multiple of 10, and at least 20"),
        (mz, {"replicas": 0}, "replicas 0 must be"),
        (mz, {"interval": -1.0}, r"interval -1.0 s must be a positive number"),
        (mz, {"seed": -1}, "seed -1 must be"),
        (lambda m: m[..., 0].mean(axis=(1, 2, 3)), {}, "order parameter is 0 at the start and at the end"),
        (lambda m: m[..., 2], {}, r"gives the shape \(2, 8, 1, 1\) for 2 states"),
        (lambda m: mz(m) / 0.0, {}, "or numbers that are not finite"),
        # Of one cell at the end that a field does not hold: it tells nothing of where the others are.
        (lambda m: m[:, 0, 0, 0, 0] - 0.01 * m[:, 0, 0, 0, 2], {}, "does not tell both states apart|does not hold"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
def test_what_makes_no_forward_flux_is_refused(order, arguments, message):
    with pytest.raises(ValueError, match=message):
        forward_flux(strip(), order, UP, DOWN, **{**KEYS, **arguments})


def test_states_that_do_not_hold_are_refused():
    falling = strip()
    falling.energy += mm.Zeeman(H=(0, 0, -3 * K / (4e-7 * np.pi * MS)))
    with pytest.raises(ValueError, match=r"start does not hold: after .* s \d+% of the replicas are nearer to"):
        forward_flux(falling, mz, UP, DOWN, **KEYS)


def test_forward_flux_needs_noise():
    with pytest.raises(UnsupportedError, match=r"needs thermal noise: T = 0 K and damping 0.5"):
        forward_flux(strip(temperature=0.0), mz, UP, DOWN, **KEYS)


def test_wall_position_is_that_of_a_wall():
    system = strip((40, 2, 1), norm=lambda point: MS * (point[1] < CELL or point[0] < 20 * CELL))

    def step(place, sign):
        return lambda point: (0, 0, sign * np.sign(point[0] - place))

    for sign in (1, -1):
        system.m = df.Field(system.m.mesh, nvdim=3, value=step(42e-9, sign), norm=system.m.norm)
        order = wall_position(system)
        for cells in (5, 20, 31):
            state = df.Field(system.m.mesh, nvdim=3, value=step(cells * CELL, sign)).array * (system.m.norm.array > 0)
            assert order(state[None]) == pytest.approx([cells * CELL], rel=1e-9)
    with pytest.raises(ValueError, match=r"there is no wall between; set system.m"):
        wall_position(strip())
    with pytest.raises(ValueError, match=r"axis 'w' is none of x, y, z"):
        wall_position(system, axis="w")
